/**
 * Competitive test of gene sets from one statistic a gene, with a stated correlation between genes: CAMERA on ranked
 * statistics (D. Wu, G. K. Smyth, Nucleic Acids Research 40, 2012, e133; limma's `cameraPR`).
 */
import { FitError } from '../errors.ts';
import { NormalUpperTail } from '../numeric/distributions/log-tails.ts';
import { normalQuantile } from '../numeric/distributions/normal.ts';
import { twoSidedT } from '../numeric/distributions/student-t.ts';
import { adjustPValues } from './adjust.ts';

/** limma's default of the correlation between the genes of a set. */
export const INTER_GENE_CORRELATION = 0.01;

/** Tests of gene sets, one number a set; NaN for sets that cannot be tested, `messages`. */
export interface GeneSetTests {
  /** Genes of the set that have a statistic. */
  readonly size: Int32Array;
  /** Mean statistic of the set less that of all other genes, in the units of the statistic. */
  readonly difference: Float64Array;
  /** Student's t of the difference. */
  readonly statistic: Float64Array;
  /** Degrees of freedom, the same for all sets: genes with a statistic less two. */
  readonly df: number;
  /** Two-sided. */
  readonly pValue: Float64Array;
  readonly log10P: Float64Array;
  /** Benjamini and Hochberg over the sets. */
  readonly adjustedP: Float64Array;
  /** Why a set has no test; null for those that have one. */
  readonly messages: readonly (string | null)[];
}

/**
 * Tests whether the genes of each set have higher or lower statistics than the genes outside. With G genes, m of them in
 * the set, m' = G - m outside, and a correlation rho between genes of a set,
 *
 *     d = mean inside - mean outside         s^2 = ((G - 1) var - d^2 m m' / G) / (G - 2)
 *     t = d / sqrt(s^2 (VIF / m + 1 / m'))   VIF = 1 + (m - 1) rho
 *
 * against Student's t with G - 2 degrees of freedom. Any statistic that is alike for all genes under the null serves: where
 * degrees of freedom differ between genes take {@link zScores}.
 *
 * @param statistic one a gene; NaN (not tested) is left out.
 * @param sets places of the genes of each set in `statistic`, each once.
 * @param correlation rho, above -1 and below 1; limma's 0.01 unless told. 0 takes genes for independent, which finds too much.
 *   A set of more than 1 - 1 / rho genes, which cannot all have a rho below 0 with each other, has no test.
 * @throws DataError for fewer than three statistics, OptionError for another correlation.
 */
export function cameraRanked(
  statistic: Float64Array,
  sets: readonly Int32Array[],
  correlation: number = INTER_GENE_CORRELATION,
): GeneSetTests {
  if (!(Math.abs(correlation) < 1)) {
    throw new FitError('OptionError', `the correlation between genes is ${correlation}`, {
      remedy: `Give a number between -1 and 1; ${INTER_GENE_CORRELATION} is usual.`,
    });
  }
  let genes = 0;
  let total = 0;
  for (const value of statistic) {
    if (Number.isNaN(value)) continue;
    genes += 1;
    total += value;
  }
  if (genes < 3) {
    throw new FitError('DataError', `gene sets need the statistics of three genes, there are ${genes}`, {
      remedy: 'Fit more genes.',
    });
  }
  const mean = total / genes;
  let squares = 0;
  for (const value of statistic) if (!Number.isNaN(value)) squares += (value - mean) ** 2;
  const df = genes - 2;
  const size = new Int32Array(sets.length);
  const messages = new Array<string | null>(sets.length).fill(null);
  const [difference, t, pValue, log10P] = [0, 0, 0, 0].map(() => new Float64Array(sets.length).fill(Number.NaN));
  const most = mostGenes(correlation);
  for (const [k, places] of sets.entries()) {
    let inside = 0;
    let m = 0;
    for (const at of places) {
      const value = statistic[at];
      if (Number.isNaN(value)) continue;
      m += 1;
      inside += value - mean;
    }
    size[k] = m;
    const outside = genes - m;
    if (m === 0 || outside === 0) {
      messages[k] = m === 0 ? 'no gene of the set has a test' : NONE_OUTSIDE;
      continue;
    }
    difference[k] = (genes / outside) * (inside / m);
    const variance = Math.max(0, (squares - (difference[k] ** 2 * m * outside) / genes) / df);
    if (m > most) {
      messages[k] = `more than ${most} genes cannot all have the correlation ${correlation} with each other`;
      continue;
    }
    const inflation = Math.max(0, 1 + (m - 1) * correlation);
    t[k] = difference[k] / Math.sqrt(variance * (inflation / m + 1 / outside));
    if (Number.isNaN(t[k]))
      messages[k] = Number.isFinite(squares) ? 'all genes have one statistic' : 'a gene has an infinite statistic';
    const tail = twoSidedT(t[k], df);
    pValue[k] = tail.p;
    log10P[k] = tail.log10P;
  }
  return { size, difference, statistic: t, df, pValue, log10P, adjustedP: adjustPValues(pValue, 'BH'), messages };
}

const NONE_OUTSIDE = 'the set has all genes with a test: there are none to compare it with';

/** What 1 + (m - 1) rho has of rounding where rho is the bound itself, -1/(m - 1). */
const BOUND_ROUNDING = 1e-12;

/** The most numbers that can all have a correlation with each other: m of them have none below -1/(m - 1). */
function mostGenes(correlation: number): number {
  return correlation < 0 ? Math.floor(1 - (1 + BOUND_ROUNDING) / correlation) : Number.POSITIVE_INFINITY;
}

/**
 * Standard normal deviates with the p-values and signs of tests: comparable between genes whatever their degrees of freedom.
 *
 * @param estimate their signs count; NaN gives NaN.
 * @param log10P log10 of two-sided p-values, right also where these underflow.
 */
export function zScores(estimate: Float64Array, log10P: Float64Array): Float64Array {
  const tail = new NormalUpperTail();
  // A negative zero is none.
  return Float64Array.from(estimate, (value, i) => Math.sign(value) * deviate(log10P[i], tail) + 0);
}

/** Below it p / 2 comes near the smallest double. */
const SMALLEST_LOG10 = -290;

/** The z above 0 whose two tails have the probability 10^log10P. */
function deviate(log10P: number, tail: NormalUpperTail): number {
  if (!(log10P < SMALLEST_LOG10)) return -normalQuantile(10 ** log10P / 2);
  if (log10P === -Infinity) return Infinity;
  const wanted = log10P * Math.LN10 - Math.LN2;
  // log Q is nearly -z^2 / 2 there, and concave: Newton's steps on it converge at once.
  let z = Math.sqrt(-2 * wanted);
  for (let step = 0; step < 20; step++) {
    tail.evaluate(z, 1);
    const move = (tail.value - wanted) / tail.d1;
    z -= move;
    if (Math.abs(move) <= 1e-14 * z) break;
  }
  return z;
}
