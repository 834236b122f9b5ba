/**
 * Moderated tests of many mixed models, by the rules of the Bioconductor package variancePartition (Hoffman and Roussos,
 * "Dream: powerful differential expression analysis for repeated measures designs", Bioinformatics 37, 2021; versions from
 * 1.28 on) and limma (Smyth 2004):
 *
 *  1. residual variances s_g^2 with d_g = trace (I - H)^2 degrees of freedom (`residual-df.ts`) are squeezed towards a
 *     common value, or a trend with mean expression: posterior variances, d_0 prior degrees of freedom;
 *  2. t = estimate / (u sqrt(posterior variance)) with u the standard error over s_g: all variances of a model are scaled
 *     by the same factor, the ratio of random effects to residuals is kept;
 *  3. its degrees of freedom are Satterthwaite's of that estimate plus d_0.
 *
 * Models of one split are one family. With prior weights s_g^2 is the variance of an observation of weight 1.
 */
import type { Moments } from '../../moments/moments.ts';
import { fillTwoSided } from '../../numeric/distributions/student-t.ts';
import {
  type FitTable,
  type ModeratedTests,
  type ModerationTable,
  STATUSES,
  type TestColumns,
} from '../../types/fit-table.ts';
import { thetaPlaces } from '../../types/parameters.ts';
import { type Adjustment, adjustColumns } from '../adjust.ts';
import { effectOdds } from './effect-odds.ts';
import { residualDegrees } from './residual-df.ts';
import { squeezeVariances } from './squeeze-variance.ts';

/** Residual degrees of freedom up to that are the rounding of none: such a response says nothing of the others' variances. */
const LEAST_DF = 1e-6;

/** How residual variances are moderated (empirical Bayes, as limma does it). */
export interface ModerationOptions {
  /** Outlying variances are squeezed less (limma's `robust`). */
  readonly robust?: boolean | undefined;
  /** The prior variance follows mean expression (limma's `trend`). */
  readonly trend?: boolean | undefined;
}

/** Moderated tests of all coefficients and contrasts; NaN for models without a fit. */
export function moderateFits(
  table: FitTable,
  moments: Moments,
  options: ModerationOptions,
  adjust: { readonly method: Adjustment; readonly across: 'within' | 'all' },
): ModerationTable {
  const { models } = table;
  const numbers = (length: number) => new Float64Array(length).fill(Number.NaN);
  const residualDf = modelDegrees(table, moments);
  const priorDf = numbers(models);
  const priorVariance = numbers(models);
  const posteriorVariance = numbers(models);
  const families = modelsBySplit(table.splits, models);
  const coefficients = emptyTests(table.coefficients);
  const contrasts = emptyTests(table.contrasts);
  // A search that did not end at a minimum has no variance to share.
  const unconverged = STATUSES.indexOf('not_converged');
  for (const family of families) {
    const members = family.filter(
      (m) => table.sigma[m] > 0 && residualDf[m] > LEAST_DF && table.status[m] !== unconverged,
    );
    if (members.length === 0) continue;
    const pick = (values: Float64Array) => Float64Array.from(members, (m) => values[m]);
    const squeezed = squeezeVariances(
      pick(table.sigma).map((value) => value * value),
      pick(residualDf),
      { robust: options.robust, covariate: options.trend ? pick(table.mean) : undefined },
    );
    members.forEach((m, i) => {
      priorDf[m] = squeezed.df[i];
      priorVariance[m] = squeezed.variance[i];
      posteriorVariance[m] = squeezed.posterior[i];
    });
    const pooled = pick(residualDf).reduce((sum, value) => sum + value, 0);
    for (const [tests, target] of [
      [table.coefficients, coefficients],
      [table.contrasts, contrasts],
    ] as const) {
      tests.names.forEach((_, k) => {
        const width = tests.names.length;
        // What has no test by itself has none with others' degrees of freedom.
        const unscaled = Float64Array.from(members, (m) =>
          Number.isNaN(tests.pValue[m * width + k]) ? Number.NaN : tests.standardError[m * width + k] / table.sigma[m],
        );
        const statistic = Float64Array.from(
          members,
          (m, i) => tests.estimate[m * width + k] / (unscaled[i] * Math.sqrt(squeezed.posterior[i])),
        );
        const odds = effectOdds({
          statistic,
          unscaled,
          df: Float64Array.from(members, (m, i) => Math.min(residualDf[m] + squeezed.df[i], pooled)),
          priorDf: squeezed.df,
          priorVariance: squeezed.variance,
        });
        members.forEach((m, i) => {
          const at = m * width + k;
          target.statistic[at] = statistic[i];
          target.df[at] = tests.df[at] + squeezed.df[i];
          target.logOdds[at] = odds[i];
        });
      });
    }
  }
  const splitOf = adjust.across === 'all' ? undefined : codesOf(families, models);
  for (const tests of [coefficients, contrasts]) finishTests(tests, adjust.method, splitOf);
  const { robust = false, trend = false } = options;
  return { robust, trend, residualDf, priorDf, priorVariance, posteriorVariance, coefficients, contrasts };
}

/** What moderation found, for the user: one line, or one a split. */
export function moderationNotes(table: FitTable, moderation: ModerationTable): string[] {
  return modelsBySplit(table.splits, table.models).flatMap((family) => {
    const members = family.filter((m) => !Number.isNaN(moderation.priorDf[m]));
    if (members.length === 0) return [];
    const middle = (values: Float64Array) => Float64Array.from(members, (m) => values[m]).sort()[members.length >> 1];
    const prior = middle(moderation.priorDf);
    const name = table.splits ? `${table.splits[members[0]]}: ` : '';
    const degrees = prior === Infinity ? 'infinitely many' : prior.toPrecision(3);
    return [
      `${name}moderated variances of ${members.length} models: ${degrees} prior degrees of freedom beside ${middle(moderation.residualDf).toPrecision(4)} of the residuals, prior sd ${Math.sqrt(middle(moderation.priorVariance)).toPrecision(3)}`,
    ];
  });
}

function emptyTests({ names, estimate }: TestColumns): ModeratedTests {
  const numbers = () => new Float64Array(estimate.length).fill(Number.NaN);
  return {
    names,
    statistic: numbers(),
    df: numbers(),
    pValue: numbers(),
    log10P: numbers(),
    adjustedP: numbers(),
    logOdds: numbers(),
  };
}

function finishTests(tests: ModeratedTests, method: Adjustment, splitOf: Int32Array | undefined): void {
  fillTwoSided(tests.statistic, tests.df, tests.pValue, tests.log10P);
  const width = tests.names.length;
  tests.adjustedP.set(adjustColumns(tests.pValue, width, method, splitOf));
}

/** Models of each split, in order of first appearance. */
function modelsBySplit(splits: readonly string[] | null, models: number): number[][] {
  const families = new Map<string, number[]>();
  for (let m = 0; m < models; m++) {
    const split = splits ? splits[m] : '';
    const family = families.get(split);
    if (family) family.push(m);
    else families.set(split, [m]);
  }
  return [...families.values()];
}

function codesOf(families: readonly number[][], models: number): Int32Array {
  const codes = new Int32Array(models);
  families.forEach((family, code) => {
    for (const m of family) codes[m] = code;
  });
  return codes;
}

/** Degrees of freedom of the residuals of each model; NaN without a fit. */
function modelDegrees(table: FitTable, moments: Moments): Float64Array {
  const out = new Float64Array(table.models).fill(Number.NaN);
  for (const { design, index } of moments.batches) {
    const degrees = residualDegrees(design, index.length);
    const place = thetaPlaces(table.terms, design.terms);
    const theta = new Float64Array(place.length);
    const width = table.theta.length / Math.max(1, table.models);
    for (const m of index) {
      if (Number.isNaN(table.sigma[m])) continue;
      for (let i = 0; i < place.length; i++) theta[i] = table.theta[m * width + place[i]];
      out[m] = degrees(theta);
    }
  }
  return out;
}
