/** Where searches of covariance parameters begin, and how the parameters move with the unit of the response. */
import type { CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../../numeric/cholesky.ts';
import { type CovarianceParameters, correlationsAt } from './covariance-parameters.ts';

/** Share of the standard deviation that the random terms begin with. */
const RANDOM_SHARE = 0.5;

/**
 * Parameters with about this correlation of neighbours and this standard deviation of all residuals, random effects together
 * with them. Scales are in the units of the response times `scale` (see {@link rescale}).
 */
export function startParameters(
  parameters: CovarianceParameters,
  flat: Float64Array,
  deviation: number,
  correlation: number,
  scale: number,
  share = RANDOM_SHARE,
): Float64Array {
  const { count, scales, structure, terms, layout } = parameters;
  const t = new Float64Array(count);
  const random = terms.length === 0 ? 0 : share / Math.sqrt(terms.length);
  const own = deviation * Math.sqrt(1 - terms.length * random * random);
  // The log standard deviation is `own` on average; `us` has a factor whose rows are longer than one.
  for (let c = 0; c < scales; c++) t[c] = flat[c] * Math.log(own / scale);
  for (let g = 0; g < layout.groups.length; g++) {
    structure.start(t, correlationsAt(parameters, g), correlation, layout.spacing);
  }
  if (layout.structure === 'us' && layout.dispersion === 0) {
    for (let g = 0; g < layout.groups.length; g++) shrinkRows(parameters, t, g);
  }
  for (const { q, structure: given, offset, deviations } of terms) {
    const size = random * deviation;
    if (given) {
      for (let k = 0; k < deviations; k++) t[offset + k] = Math.log(size);
      given.start(t, offset + deviations, correlation, 1);
    } else for (let a = 0; a < q; a++) t[offset + (a * (a + 1)) / 2 + a] = size;
  }
  return t;
}

/** Takes the lengths of the rows of the factors of `us` from the log standard deviations of their visits. */
function shrinkRows({ layout, structure, scales }: CovarianceParameters, t: Float64Array, group: number): void {
  const m = layout.visits.length;
  const from = scales + group * structure.parameters;
  for (let v = 0; v < m; v++) {
    const column = layout.scaleOf[group * m + v];
    if (column < 0) continue;
    let square = 1;
    for (let j = 0; j < v; j++) square += t[from + (v * (v - 1)) / 2 + j] ** 2;
    t[column] -= Math.log(square) / 2;
  }
}

/** Coefficients whose combination of the columns of scales is nearest to one in all rows. */
export function flatScales(parameters: CovarianceParameters, evidence: CovarianceBlocks): Float64Array {
  return nearestScales(parameters, evidence, () => 1);
}

/** Coefficients whose combination of the columns of scales is nearest to what is wanted of each row of each block. */
export function nearestScales(
  { scales }: CovarianceParameters,
  { blocks }: CovarianceBlocks,
  wanted: (block: number, a: number) => number,
): Float64Array {
  const gram = new Float64Array(scales * scales);
  const sums = new Float64Array(scales);
  for (const [b, { size, count, scales: rows }] of blocks.entries()) {
    for (let a = 0; a < size; a++) {
      const target = wanted(b, a);
      for (let c = 0; c < scales; c++) {
        const value = count * rows[a * scales + c];
        sums[c] += value * target;
        for (let e = 0; e < scales; e++) gram[c * scales + e] += value * rows[a * scales + e];
      }
    }
  }
  for (let c = 0; c < scales; c++) if (gram[c * scales + c] === 0) gram[c * scales + c] = 1; // in no row
  if (Number.isNaN(choleskyInPlace(gram, scales))) return sums.fill(0);
  forwardSolve(gram, scales, sums);
  backwardSolve(gram, scales, sums);
  return sums;
}

/** Parameters of the random terms for a response times `factor`; log standard deviations of residuals are shifted elsewhere. */
export function rescale({ terms }: CovarianceParameters, t: Float64Array, factor: number): Float64Array {
  const out = t.slice();
  for (const { structure, offset, deviations, parameters } of terms) {
    if (structure) for (let k = 0; k < deviations; k++) out[offset + k] += Math.log(factor);
    else for (let k = 0; k < parameters; k++) out[offset + k] *= factor;
  }
  return out;
}

/** A power of two that brings the residual variance of a response near 1, so that no square overflows. */
export function responseScale(rss: number, degrees: number): number {
  return 2 ** -Math.round(Math.log2(rss / degrees) / 2);
}

/** t of a response from that of the response times `scale`. */
export function inUserUnits(t: ArrayLike<number>, flat: Float64Array, scale: number): Float64Array {
  const log = Math.log(scale);
  return Float64Array.from(t, (value, k) => (k < flat.length ? value - flat[k] * log : value));
}
