import { FitError } from '../errors.ts';
import { fitMoments } from '../fit/fit-moments.ts';
import { withFittedValues } from '../fit/fitted-values.ts';
import { librarySizes, logCountsPerMillion, logSize } from '../moments/library-size.ts';
import { trimmedMeanFactors } from '../moments/norm-factors.ts';
import { type PrecisionTrend, precisionTrend, precisionWeight } from '../moments/precision-trend.ts';
import { denseMoments } from '../moments/table-moments.ts';
import { chosen } from '../options/entries.ts';
import type { Design } from '../types/design.ts';
import type { Progress } from '../types/fit-result.ts';
import type { DenseResponses } from '../types/responses.ts';

/** How precision weights of counts are found. */
export interface VoomOptions {
  /** Library size of each row of the counts; the sums over all responses given without it. */
  readonly librarySizes?: Float64Array | undefined;
  /** `tmm` multiplies library sizes by the trimmed-mean factors of edgeR; `none` (default) takes them as they are. */
  readonly normFactors?: 'tmm' | 'none' | undefined;
  /** Share of the responses that each point of the trend uses; 0.5. */
  readonly span?: number | undefined;
  readonly threads?: number | undefined;
  readonly onProgress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Counts with their precision weights, and the trend that these were read from. */
export interface Voom {
  /** log2 counts per million with precision weights, ready for {@link fitDesign}; weights of rows outside the design are 1. */
  readonly responses: DenseResponses & { readonly weights: Float64Array };
  readonly trend: PrecisionTrend;
  /** Effective library sizes. */
  readonly librarySizes: Float64Array;
  readonly notes: readonly string[];
}

/** Weights beyond it say that the trend has no hold where it was read. */
const LARGEST_WEIGHT = 1e8;

/**
 * Precision weights of counts, as variancePartition's `voomWithDreamWeights` forms them: log2 counts per million are fitted
 * without weights, by maximum likelihood with the design's random effects (limma's own `voom`, by least squares, where it
 * has none), and the weight of each count is read off the trend of the residual standard deviations at its fitted value,
 * random effects included.
 *
 * Rejects with DataError for counts that are missing or negative and for fewer than two responses that can be fitted,
 * OptionError for options that make no sense.
 */
export async function voom(counts: DenseResponses, design: Design, options: VoomOptions = {}): Promise<Voom> {
  const { rows, names } = counts;
  const { span = 0.5 } = options;
  const normFactors = chosen('normFactors', options.normFactors);
  if (!(span > 0 && span <= 1)) {
    throw new FitError('OptionError', `span ${span} is not between 0 and 1`, { remedy: 'Give a share such as 0.5.' });
  }
  const sums = librarySizes(counts);
  const given = options.librarySizes ?? sums;
  if (given.length !== rows) {
    throw new FitError('OptionError', `${given.length} library sizes for ${rows} samples`, {
      remedy: 'Give one a row of the counts.',
    });
  }
  const factors = normFactors === 'tmm' ? trimmedMeanFactors(counts, given) : null;
  const sizes = factors ? given.map((size, i) => size * factors[i]) : given;
  const values = logCountsPerMillion(counts, sizes);
  const { sigma, mean, fitted } = await firstPass({ kind: 'dense', rows, names, values }, design, options);

  let offset = 0;
  for (const row of design.rows) offset += logSize(sizes[row]) / design.n;
  const seen = Int32Array.from(names.keys()).filter(
    (k) => sigma[k] > 0 && design.rows.some((row) => counts.values[k * rows + row] > 0),
  );
  if (seen.length < 2) {
    throw new FitError('DataError', `${seen.length} responses can be fitted, too few for a trend of their variances`, {
      option: 'weights',
      remedy: 'Give voom at least two responses with counts, better some hundreds.',
    });
  }
  const trend = precisionTrend(
    Float64Array.from(seen, (k) => mean[k] + offset),
    Float64Array.from(seen, (k) => sigma[k]),
    span,
  );
  const weights = new Float64Array(values.length).fill(1);
  let largest = 0;
  for (let k = 0; k < names.length; k++) {
    const own = fitted(k);
    for (const row of design.rows) {
      const weight = precisionWeight(trend, (own ? own[row] : mean[k]) + logSize(sizes[row]));
      weights[k * rows + row] = weight;
      largest = Math.max(largest, weight);
    }
  }
  const notes =
    largest > LARGEST_WEIGHT
      ? [`WARNING: precision weights up to ${largest.toExponential(1)}: the trend of variances does not hold there`]
      : [];
  return { responses: { ...counts, values, weights }, trend, librarySizes: sizes, notes };
}

interface FirstPass {
  /** Residual standard deviation of each response; NaN without a fit. */
  readonly sigma: Float64Array;
  readonly mean: Float64Array;
  /** Fitted values over the rows of the responses; null without a fit. */
  fitted(response: number): Float64Array | null;
}

async function firstPass(
  responses: DenseResponses,
  design: Design,
  { threads, onProgress, signal }: VoomOptions,
): Promise<FirstPass> {
  const moments = denseMoments(design, responses);
  // Least squares has its own degrees of freedom, as limma takes them.
  const method = design.random.length === 0 ? 'REML' : 'ML';
  const fits = await fitMoments(moments, { method, ddf: 'asymptotic', threads, onProgress, signal });
  const result = withFittedValues(fits, moments.batches, responses);
  return {
    sigma: result.table.sigma,
    mean: result.table.mean,
    fitted: (k) => result.fittedValues(k)?.fitted ?? null,
  };
}
