import { emptyTermTests, layoutTermTests, prepareHypotheses, termTests } from '../infer/anova.ts';
import { type DesignTests, methodOfCode } from '../infer/design-tests.ts';
import type { AnovaType } from '../infer/hypotheses.ts';
import { cellWeights, type MarginalGrid, type MarginalOptions, marginalGrid } from '../infer/marginal-rows.ts';
import { emptyMarginalColumns, marginalKey, marginalTests } from '../infer/marginal-tests.ts';
import { numberIfGiven } from '../options/entries.ts';
import { planTests } from '../plan/plan.ts';
import type { Progress } from '../types/fit-result.ts';
import type { DdfMethod, HeldTests } from '../types/inference.ts';
import { type MomentFit, modelLocator } from './readable-fit.ts';
import { defaultThreads } from './run-batches.ts';

/** Which tests to find for all models of a fit. */
export interface AskedTests {
  /** F tests of terms by hypotheses of a type. */
  readonly anova?: AnovaType | undefined;
  /** Marginal means and their comparisons; of a fit whose moments came without a recipe there are none. */
  readonly means?: MarginalOptions | undefined;
}

/** What a run of tests may take, and what it reports to. */
export interface TestRunLimits {
  /** Threads at most; less work takes fewer. Default: the processors there are. */
  readonly threads?: number | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The fit with tests of all its models, found on several threads where that is worth it; `anovaTable` of that type and
 * `marginalMeans` with the same options then take them. The numbers are those that they would find by themselves, one model
 * after another.
 *
 * Rejects with OptionError as `marginalMeans` does, AbortError when the signal fires.
 */
export async function withTests(
  result: MomentFit,
  { anova, means }: AskedTests,
  { threads: asked, onProgress, signal }: TestRunLimits = {},
): Promise<MomentFit> {
  const grid = means && result.recipe ? marginalGrid(result.recipe, means) : null;
  const layout = anova && layoutTermTests(result, anova);
  const pairs = grid ? grid.comparisons.pairs.length / 2 : 0;
  const plan = planTests(result.moments, {
    threads: numberIfGiven('threads', asked) ?? defaultThreads(),
    tests:
      (layout ? layout.term.length / Math.max(1, result.table.models) : 0) + (grid?.comparisons.cells ?? 0) + pairs,
    ranges: grid?.comparisons.adjust === 'tukey' && grid.comparisons.means.some((count) => count > 2) ? pairs : 0,
  });
  // Means of latent variables take more than the tests of coefficients that threads form.
  const latent = grid !== null && result.table.family?.thresholds;
  const held =
    plan.threads > 1 && !latent
      ? await onThreads(result, plan, { anova, means, grid, layout, onProgress, signal })
      : null;
  return { ...result, tests: held ?? here(result, { anova, means }, grid) };
}

/** On this thread. */
function here(result: MomentFit, { anova, means }: AskedTests, grid: MarginalGrid | null): HeldTests {
  return {
    ...(anova ? { terms: termTests(result, anova) } : {}),
    ...(means && grid ? { means: marginalTests(result, means, grid) } : {}),
  };
}

/** On threads; null where the platform has none. */
async function onThreads(
  result: MomentFit,
  plan: ReturnType<typeof planTests>,
  asked: AskedTests &
    Pick<TestRunLimits, 'onProgress' | 'signal'> & {
      readonly grid: MarginalGrid | null;
      readonly layout: ReturnType<typeof layoutTermTests> | undefined;
    },
): Promise<HeldTests | null> {
  const { table, moments } = result;
  const { anova, means, grid, layout, onProgress, signal } = asked;
  const { modelsOf } = modelLocator(result);
  const weightsOf = means && grid && cellWeights(means, grid);
  const prepared = moments.batches.map(({ design, index }): DesignTests | null => {
    // Which terms a design has is told by any of its fitted models.
    const model = index.find((m) => Number.isFinite(table.sigma[m]));
    if (model === undefined) return null;
    const hypotheses = anova ? result.hypotheses(model, anova) : null;
    const weights = weightsOf ? weightsOf(result.recipeOf(model), design.coefficients) : null;
    if (!hypotheses && !weights) return null;
    return {
      terms: hypotheses && prepareHypotheses({ r: design.r, names: design.coefficients }, hypotheses),
      means: weights && grid && { weights, comparisons: grid.comparisons },
    };
  });
  const { testOnThreads } = await import('../backend/threads/test-run.ts');
  const chunks = await testOnThreads(moments.batches, plan, {
    method: table.method,
    ddf: table.ddf,
    information: table.structured?.information,
    nodes: table.family?.nodes,
    testsOf: (b) => prepared[b],
    modelsOf,
    onProgress,
    signal,
  });
  if (!chunks) return null;
  const method = new Array<DdfMethod | null>(table.models).fill(null);
  const termColumns = emptyTermTests(layout?.term.length ?? 0);
  const marginal = grid && emptyMarginalColumns(table.models, grid.comparisons);
  const cells = grid?.comparisons.cells ?? 0;
  const pairs = grid ? grid.comparisons.pairs.length / 2 : 0;
  for (const { batch, from, tested } of chunks) {
    const { index } = moments.batches[batch];
    const hypotheses = prepared[batch]?.terms?.weights.length ?? 0;
    for (let k = 0; k < tested.method.length; k++) {
      const model = index[from + k];
      method[model] = methodOfCode(tested.method[k]);
      if (tested.terms && layout) copyRows(tested.terms, k * hypotheses, termColumns, layout.first[model], hypotheses);
      if (!tested.means || !marginal) continue;
      copyRows(tested.means.mean, k * cells, marginal.mean, model * cells, cells);
      copyRows(tested.means.pair, k * pairs, marginal.pair, model * pairs, pairs);
    }
  }
  return {
    ...(anova && layout ? { terms: { type: anova, ...layout, method, columns: termColumns } } : {}),
    ...(means && marginal ? { means: { asked: marginalKey(means), method, columns: marginal } } : {}),
  };
}

/** Copies `count` rows of each column. */
function copyRows<K extends string>(
  source: Readonly<Record<K, Float64Array>>,
  from: number,
  target: Readonly<Record<K, Float64Array>>,
  to: number,
  count: number,
): void {
  for (const name in source) for (let i = 0; i < count; i++) target[name][to + i] = source[name][from + i];
}
