import { FitError } from '../errors.ts';
import { undrawnFamily } from '../fit/family-options.ts';
import { choosesStructure, NO_STRUCTURE } from '../formula/residual.ts';
import { type Adjustment, adjustPValues, splitFamilies } from '../infer/adjust.ts';
import { chosen } from '../options/entries.ts';
import type { Run } from '../prepare/run.ts';
import type { OutputTable } from '../result/output-table.ts';
import { familyText } from '../types/family.ts';
import { STATUSES } from '../types/fit-table.ts';
import { comparedModels } from './compared-models.ts';
import {
  bestTable,
  hasFamilies,
  modelTable,
  type RankedBy,
  type ReportedTests,
  ratioTable,
  summaryTable,
} from './comparison-tables.ts';
import {
  countAsReplicates,
  type ModelFamily,
  modelFamily,
  modelMoments,
  notesByModel,
  refuseStructures,
} from './model-family.ts';
import { type ComparisonFitOptions, fitModel, type ModelFits } from './model-fits.ts';
import { differentResiduals } from './nested-covariances.ts';
import { sameNumbers } from './nested-models.ts';
import { bootstrapRatio } from './ratio-bootstrap.ts';
import { type ModelDesigns, type NestedPair, nestedPairs, testRatio } from './ratio-tests.ts';

/** Options of tests between models. */
export interface ComparisonOptions extends ComparisonFitOptions {
  /**
   * REML (default) where all models have the same fixed effects; where they differ, with `ML`, and under a family, maximum
   * likelihood, as restricted likelihoods of different fixed effects cannot be compared.
   */
  readonly method?: 'REML' | 'ML' | undefined;
  /** The criterion of the ranking (AIC; AICc where the best structure is chosen, `structures: auto`). */
  readonly rankBy?: RankedBy | undefined;
  readonly adjust?: Adjustment | undefined;
  /** Adjust p over the responses of one split (default) or over all. */
  readonly adjustAcross?: 'within' | 'all' | undefined;
  /**
   * Hold variances that the smaller model lacks against mixtures of chi-squared distributions (default). False gives plain
   * chi-squared throughout, as `anova` and `ranova` of R have it.
   */
  readonly boundary?: boolean | undefined;
  /** Parametric bootstrap of the likelihood ratios under the smaller model. */
  readonly bootstrap?: { readonly draws: number; readonly seed?: number } | undefined;
  /** Called with draws done and draws in all while ratios are bootstrapped; without it `onProgress` is, as of fits. */
  readonly onDraws?: ((done: number, total: number) => void) | undefined;
}

/** What became of a comparison, as tables. */
export interface Comparison {
  readonly method: 'REML' | 'ML';
  /** The criterion of the ranking. */
  readonly rankBy: RankedBy;
  /** One row a model and response, see `modelTable`. */
  readonly models: OutputTable;
  /** One row a nested pair of models and response, see `ratioTable`. */
  readonly tests: OutputTable;
  /** One row a model, over the responses. */
  readonly summary: OutputTable;
  /** One row a response: its first model, see `bestTable`. */
  readonly best: OutputTable;
  readonly notes: readonly string[];
  /**
   * By model: its rows count as replicates of what they share, as its notes say. A criterion does not see that: such a model may
   * rank first where units are few or alike, and its p-values are still too small where they differ.
   */
  readonly replicates: readonly boolean[];
  /** The fits behind the tables. */
  readonly fits: readonly ModelFits[];
  readonly pairs: readonly ReportedTests[];
}

/** `compare` (`comparisons.ts`) on data that are at hand already. */
export async function compareData(
  data: Run,
  formulas: readonly string[],
  options: ComparisonOptions,
): Promise<Comparison> {
  const auto = choosesStructure(data.options.structures);
  return compareFamily(await modelFamily(data, comparedModels(formulas, data.options)), options, auto);
}

/** With `auto` a model that does not converge is no choice, and one that is another's equal is not fitted. */
async function compareFamily(family: ModelFamily, options: ComparisonOptions, auto: boolean): Promise<Comparison> {
  const rankBy = chosen('rankBy', options.rankBy ?? (auto ? 'AICc' : undefined));
  const rule = { by: rankBy, onlyOk: auto };
  const adjust = chosen('adjust', options.adjust);
  const asked = chosen('method', options.method);
  const notes = [...family.notes];
  if (options.bootstrap) refuseBootstrap(family);
  const all = modelDesigns(family);
  const models = auto ? withoutEquals(all, notes) : all;
  const likelihood = asked === 'REML' && !sameFixedEffects(models) ? 'ML' : asked;
  const method = family.data.family ? 'ML' : likelihood;
  if (likelihood !== asked && !family.data.family) {
    notes.push(
      'the models differ in their fixed effects: all of them are fitted by maximum likelihood, as restricted likelihoods of different fixed effects cannot be compared',
    );
  }
  const fits = await fitModels(family, models, method, options);
  for (const note of notesByModel(fits)) if (!notes.includes(note)) notes.push(note);
  const { pairs, equal } = nestedPairs(models);
  for (const { small, large } of equal) {
    notes.push(`models ${small + 1} and ${large + 1} are the same model: there is nothing to test between them`);
  }
  notes.push(...structureNotes(models, method), ...familyNotes(fits), ...(auto ? leftOutNotes(fits) : []));
  const tests = await testPairs(family, pairs, models, fits, adjust, options);
  return {
    method,
    rankBy,
    models: modelTable(fits, rule),
    tests: ratioTable(fits[0].moments, tests),
    summary: summaryTable(fits, rule),
    best: bestTable(fits, rule),
    notes,
    replicates: countAsReplicates(models.map(({ designs }) => designs)),
    fits,
    pairs: tests,
  };
}

/** The designs of the models of a family, by part, with their families. */
export function modelDesigns({ models, parts }: ModelFamily): ModelDesigns[] {
  return models.map(({ family }, k) => ({ designs: parts.map((part) => part.designs[k]), family }));
}

/** Fits of some models, one after the other. */
export async function fitModels(
  family: ModelFamily,
  models: readonly ModelDesigns[],
  method: 'REML' | 'ML',
  options: ComparisonOptions,
): Promise<ModelFits[]> {
  const fits: ModelFits[] = [];
  for (const { designs, family: choice } of models) {
    fits.push(await fitModel(await modelMoments(family, designs, choice), method, options));
  }
  return fits;
}

/** @throws OptionError where responses of a model cannot be drawn */
export function refuseBootstrap(family: ModelFamily): void {
  for (const { moments } of family.parts) {
    const why = undrawnFamily(moments);
    if (why === null) continue;
    throw new FitError('OptionError', `“bootstrap” does not go with these models: ${why}`, {
      option: 'bootstrap',
      remedy:
        'Leave “bootstrap” out: likelihood ratios are held against chi-squared and its mixtures; offsets of a few “responses” are kept as they are.',
    });
  }
  refuseStructures(
    family,
    'bootstrap',
    'likelihood ratios of models with structured covariances cannot be drawn',
    'Leave “bootstrap” out: ratios between structures of residuals are held against chi-squared.',
  );
}

/** The models without those that are another one before them. */
function withoutEquals(models: readonly ModelDesigns[], notes: string[]): ModelDesigns[] {
  const same = new Set(nestedPairs(models).equal.map(({ large }) => large));
  if (same.size > 0) {
    const texts = [...same].sort((a, b) => a - b).map((k) => models[k].designs[0].residual?.text ?? NO_STRUCTURE);
    notes.push(`over these visits ${texts.join(', ')} are no models of their own: left out`);
  }
  return models.filter((_, k) => !same.has(k));
}

/** How structures are compared, where the models have several. */
function structureNotes(models: readonly ModelDesigns[], method: 'REML' | 'ML'): string[] {
  const [first] = models[0].designs;
  if (!models.some(({ designs: [own] }) => differentResiduals(own, first))) return [];
  const how = method === 'REML' ? 'restricted likelihood, as the fixed effects are the same' : 'maximum likelihood';
  return [
    `structures of residuals are compared by ${how}; a structure inside another is tested against chi-squared, as its parameters lie inside their ranges (save for sp_exp), and those that do not hold each other are ranked alone`,
  ];
}

/** How families are compared, where the models have several. */
function familyNotes(fits: readonly ModelFits[]): string[] {
  if (!hasFamilies(fits)) return [];
  const names = new Set(fits.map(({ family }) => familyText(family)));
  const dispersed = ['nbinom2', 'nbinom1'].filter((name) => names.has(name));
  const inside =
    names.has('poisson') && dispersed.length > 0
      ? `; poisson lies inside ${dispersed.join(' and ')}, at the edge of the range of the dispersion`
      : '';
  return [
    `families are compared by maximum likelihood, with all constants${inside}; those that do not hold each other are ranked alone`,
  ];
}

/** How many responses each model is no choice for, and why. */
function leftOutNotes(fits: readonly ModelFits[]): string[] {
  const parts = fits.flatMap(({ residual, formula, status }) => {
    const counts = new Map<string, number>();
    for (const code of status) {
      if (STATUSES[code] !== 'ok') counts.set(STATUSES[code], (counts.get(STATUSES[code]) ?? 0) + 1);
    }
    if (counts.size === 0) return [];
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return [
      `${residual ?? formula} for ${total} (${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')})`,
    ];
  });
  if (parts.length === 0) return [];
  const { models } = fits[0];
  return [`left out, of ${models} ${models === 1 ? 'response' : 'responses'}: ${parts.join('; ')}`];
}

/** Likelihood-ratio tests of some pairs of models, with their bootstrap where one is asked for. */
export async function testPairs(
  family: ModelFamily,
  pairs: readonly NestedPair[],
  models: readonly ModelDesigns[],
  fits: readonly ModelFits[],
  adjust: Adjustment,
  { adjustAcross, boundary = true, bootstrap, threads, signal, onProgress, onDraws }: ComparisonOptions,
): Promise<ReportedTests[]> {
  const { splits } = fits[0].moments;
  const families = splitFamilies(splits, chosen('adjustAcross', adjustAcross));
  const within = splitFamilies(splits, 'within');
  const tests: ReportedTests[] = [];
  for (const [p, pair] of pairs.entries()) {
    const two = [models[pair.small], models[pair.large]] as const;
    const fitted = [fits[pair.small], fits[pair.large]] as const;
    const test = testRatio(family, pair, two, fitted, { adjust, families, boundary });
    const bothAdjustedP = splits
      ? { within: adjustPValues(test.pValue, adjust, within), all: adjustPValues(test.pValue, adjust) }
      : null;
    if (!bootstrap) {
      tests.push({ ...test, bothAdjustedP, bootstrapP: null, bootstrapAdjustedP: null });
      continue;
    }
    const bootstrapP = await bootstrapRatio(family, test, two, fitted, {
      ...bootstrap,
      threads,
      signal,
      onProgress(done, total) {
        const [before, all] = [p * total + done, pairs.length * total];
        if (onDraws) onDraws(before, all);
        else onProgress?.('fit', before, all);
      },
    });
    const bootstrapAdjustedP = adjustPValues(bootstrapP, adjust, families);
    tests.push({ ...test, bothAdjustedP, bootstrapP, bootstrapAdjustedP });
  }
  return tests;
}

/** Whether all models have the same columns of X, on every part. */
function sameFixedEffects(models: readonly ModelDesigns[]): boolean {
  const [first] = models;
  return models.every(({ designs }) =>
    designs.every(({ fixed }, s) => {
      const other = first.designs[s].fixed;
      return fixed.names.join('\n') === other.names.join('\n') && sameNumbers(fixed.x, other.x);
    }),
  );
}
