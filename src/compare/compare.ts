import { FitError } from '../errors.ts';
import { type Adjustment, adjustPValues, splitFamilies } from '../infer/adjust.ts';
import { chosen } from '../options/entries.ts';
import type { ResponseMatrix } from '../prepare/given-data.ts';
import { prepare, type Run } from '../prepare/run.ts';
import type { OutputTable } from '../result/output-table.ts';
import type { Design } from '../types/design.ts';
import type { Table } from '../types/table.ts';
import { modelTable, type RankedBy, type ReportedTests, ratioTable, summaryTable } from './comparison-tables.ts';
import type { ComparisonDataOptions } from './model-family.ts';
import { comparedModels, type ModelFamily, modelFamily, modelMoments, notesByModel } from './model-family.ts';
import { type ComparisonFitOptions, fitModel, type ModelFits } from './model-fits.ts';
import { sameNumbers } from './nested-models.ts';
import { bootstrapRatio } from './ratio-bootstrap.ts';
import { type NestedPair, nestedPairs, testRatio } from './ratio-tests.ts';
import { joinFormulas } from './reduced-formulas.ts';

/** Options of tests between models. */
export interface ComparisonOptions extends ComparisonFitOptions {
  /**
   * REML (default) where all models have the same fixed effects; where they differ, and with `ML`, maximum likelihood, as
   * restricted likelihoods of different fixed effects cannot be compared.
   */
  readonly method?: 'REML' | 'ML' | undefined;
  /** The criterion of the ranking (AIC). */
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
}

/** What became of a comparison, as tables. */
export interface Comparison {
  readonly method: 'REML' | 'ML';
  /** One row a model and response, see `modelTable`. */
  readonly models: OutputTable;
  /** One row a nested pair of models and response, see `ratioTable`. */
  readonly tests: OutputTable;
  /** One row a model, over the responses. */
  readonly summary: OutputTable;
  readonly notes: readonly string[];
  /** The fits behind the tables. */
  readonly fits: readonly ModelFits[];
  readonly pairs: readonly ReportedTests[];
}

/**
 * Fits several models to the same rows of the same responses and compares them: log-likelihood, AIC, BIC, AICc, R2 and ICC,
 * ranks, and likelihood-ratio tests of those that are nested.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse, AbortError when the signal fires.
 */
export async function compare(
  data: Table | ResponseMatrix,
  options: ComparisonOptions & ComparisonDataOptions & { readonly formulas: readonly string[] },
): Promise<Comparison> {
  if (comparedModels(options.formulas, options).length < 2) {
    throw new FitError('OptionError', 'a comparison needs at least two models', {
      option: 'formula',
      remedy: 'Give the models to compare, one formula each, or several “structures” of one.',
    });
  }
  return compareFamily(
    await modelFamily(
      await prepare(data, { ...options, formula: joinFormulas(options.formulas) }, options.onProgress, options.signal),
      comparedModels(options.formulas, options),
    ),
    options,
  );
}

/** {@link compare} on data that are at hand already. */
export async function compareData(
  data: Run,
  formulas: readonly string[],
  options: ComparisonOptions,
): Promise<Comparison> {
  return compareFamily(await modelFamily(data, comparedModels(formulas, data.options)), options);
}

async function compareFamily(family: ModelFamily, options: ComparisonOptions): Promise<Comparison> {
  const by = chosen('rankBy', options.rankBy);
  const adjust = chosen('adjust', options.adjust);
  const asked = chosen('method', options.method);
  const notes = [...family.notes];
  const designs = family.formulas.map((_, k) => family.parts.map((part) => part.designs[k]));
  const method = asked === 'REML' && !sameFixedEffects(designs) ? 'ML' : asked;
  if (method !== asked) {
    notes.push(
      'the models differ in their fixed effects: all of them are fitted by maximum likelihood, as restricted likelihoods of different fixed effects cannot be compared',
    );
  }
  const fits: ModelFits[] = [];
  for (const own of designs) fits.push(await fitModel(modelMoments(family, own), method, options));
  for (const note of notesByModel(fits)) if (!notes.includes(note)) notes.push(note);
  const { pairs, equal } = nestedPairs(designs);
  for (const { small, large } of equal) {
    notes.push(`models ${small + 1} and ${large + 1} are the same model: there is nothing to test between them`);
  }
  const tests = await testPairs(family, pairs, designs, fits, adjust, options);
  return {
    method,
    models: modelTable(fits, by),
    tests: ratioTable(fits[0].moments, tests),
    summary: summaryTable(fits, by),
    notes,
    fits,
    pairs: tests,
  };
}

/** Likelihood-ratio tests of some pairs of models, with their bootstrap where one is asked for. */
export async function testPairs(
  family: ModelFamily,
  pairs: readonly NestedPair[],
  designs: readonly (readonly Design[])[],
  fits: readonly ModelFits[],
  adjust: Adjustment,
  { adjustAcross, boundary = true, bootstrap, signal, onProgress }: ComparisonOptions,
): Promise<ReportedTests[]> {
  const families = splitFamilies(fits[0].moments.splits, chosen('adjustAcross', adjustAcross));
  const tests: ReportedTests[] = [];
  for (const [p, pair] of pairs.entries()) {
    const two = [designs[pair.small], designs[pair.large]] as const;
    const fitted = [fits[pair.small], fits[pair.large]] as const;
    const test = testRatio(family, pair, two, fitted, { adjust, families, boundary });
    if (!bootstrap) {
      tests.push({ ...test, bootstrapP: null, bootstrapAdjustedP: null });
      continue;
    }
    const bootstrapP = await bootstrapRatio(family, test, two, fitted, {
      ...bootstrap,
      signal,
      onProgress: (done, total) => onProgress?.('fit', p * total + done, pairs.length * total),
    });
    tests.push({ ...test, bootstrapP, bootstrapAdjustedP: adjustPValues(bootstrapP, adjust, families) });
  }
  return tests;
}

/** Whether all models have the same columns of X, on every part. */
export function sameFixedEffects(designs: readonly (readonly Design[])[]): boolean {
  const [first] = designs;
  return designs.every((own) =>
    own.every(({ fixed }, s) => {
      const other = first[s].fixed;
      return fixed.names.join('\n') === other.names.join('\n') && sameNumbers(fixed.x, other.x);
    }),
  );
}
