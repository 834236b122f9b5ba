/**
 * Where a search begins that reads its parameters off the residuals of least squares: their mean squares by stratum of scales, the
 * products of neighbours, of `us` those of all pairs of visits, and beside strata of variance what a random effect adds. Most of
 * the way to the minimum is then behind it. It is for designs of enough rows and subjects, whose criterion has one minimum.
 */
import type { CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../../numeric/cholesky.ts';
import { areStrata, type CovarianceParameters, correlationsAt } from './covariance-parameters.ts';
import { packed } from './matrix-products.ts';

/** Correlations that a start may have, and that of a group without pairs. */
const RANGE = { least: 0.01, most: 0.95, unknown: 0.3 };
/** Least variance of a stratum and of a random effect, over the mean variance of the residuals. */
const LEAST = { stratum: 1e-4, random: 2.5e-3 };
/** Rows of a stratum beside no random effect from which their variance is its own. */
const ENOUGH_ROWS = 3;
/** What the covariances of `us` shrink by until visits with missing values give a positive definite matrix, and how often. */
const SHRINK = { by: 0.8, most: 8 };

/** Products r_a r_b of one pair of rows, b <= a, of the blocks of a kind: one sum of a response, or rows of it. */
interface Products {
  readonly offset: number;
  readonly size: number;
  /** Blocks that have rows; 0 for a sum. */
  readonly members: number;
  readonly a: number;
  readonly b: number;
  /** Blocks that it counts for. */
  readonly count: number;
  readonly strata: readonly [number, number];
  readonly group: number;
  /** Element of the covariance of visits. */
  readonly element: number;
  /** z^2 of the random effect of a row, and whether a row is a deviation of equal correlations. */
  readonly square: number;
  readonly deviation: boolean;
}

/** t of a response whose numbers stand in `data` from `from` on and are multiplied by `scale`; null where they say too little. */
export type ObservedStart = (data: Float64Array, from: number, scale: number) => Float64Array | null;

/** Null for models of which these residuals do not say enough. `p` coefficients. */
export function observedStart(
  parameters: CovarianceParameters,
  { blocks }: CovarianceBlocks,
  p: number,
): ObservedStart | null {
  const { count, scales, structure, terms, layout } = parameters;
  const unstructured = layout.structure === 'us';
  if (unstructured && layout.dispersion > 0) return null;
  if (terms.length > 0 && !areStrata(parameters, blocks)) return null;
  const { strata, rows, pairs } = productsOf(parameters, blocks, p);
  const visits = layout.visits.length;
  const elements = (visits * (visits + 1)) / 2;
  const gram = new Float64Array(scales * scales);
  const total = new Float64Array(strata.length);
  for (const { strata: own, count: alike } of rows) total[own[0]] += alike;
  strata.forEach((x, j) => {
    for (let c = 0; c < scales; c++) for (let e = 0; e < scales; e++) gram[c * scales + e] += total[j] * x[c] * x[e];
  });
  for (let c = 0; c < scales; c++) if (gram[c * scales + c] === 0) gram[c * scales + c] = 1; // in no row
  if (Number.isNaN(choleskyInPlace(gram, scales))) return null;

  /** Log standard deviations nearest to some variances, weighted by their rows, into t. */
  function fillScales(t: Float64Array, variance: Float64Array, least: number, scale: number): void {
    const sums = new Float64Array(scales);
    strata.forEach((x, j) => {
      // The mean of the logarithm of a mean square lies below that of the variance.
      const bias = (1 + 1 / (3 * total[j])) / (2 * total[j]);
      const log = Math.log(Math.max(variance[j], least)) / 2 + bias - Math.log(scale);
      for (let c = 0; c < scales; c++) sums[c] += total[j] * x[c] * log;
    });
    forwardSolve(gram, scales, sums);
    backwardSolve(gram, scales, sums);
    t.set(sums);
  }

  function fillCorrelations(t: Float64Array, products: Float64Array, variance: Float64Array): void {
    const groups = layout.groups.length;
    const [sums, counts] = [new Float64Array(groups), new Float64Array(groups)];
    pairs.forEach(({ strata: [j, l], group, count: alike, deviation }, i) => {
      const own = products[i] / Math.sqrt(variance[j] * variance[l]);
      // Deviations of c rows have variance 1 - rho each.
      sums[group] += deviation ? alike - own : own;
      counts[group] += alike;
    });
    for (let g = 0; g < groups; g++) {
      const correlation = counts[g] > 0 ? sums[g] / counts[g] : RANGE.unknown;
      const inside = Math.min(Math.max(correlation, RANGE.least), RANGE.most);
      structure.start(t, correlationsAt(parameters, g), inside, layout.spacing);
    }
  }

  /** The factors of `us`; false where there are none. */
  function fillFactors(t: Float64Array, products: Float64Array, squares: Float64Array, scale: number): boolean {
    const V = new Float64Array(visits * visits);
    const sums = new Float64Array(layout.groups.length * elements);
    const counts = new Float64Array(sums.length);
    for (const [list, values] of [
      [rows, squares],
      [pairs, products],
    ] as const) {
      list.forEach(({ group, element, count: alike }, i) => {
        sums[group * elements + element] += values[i];
        counts[group * elements + element] += alike;
      });
    }
    for (let g = 0; g < layout.groups.length; g++) {
      const at = g * elements;
      let found = false;
      for (let round = 0, shrink = 1; round < SHRINK.most && !found; round++, shrink *= SHRINK.by) {
        for (let i = 0; i < visits; i++) {
          for (let j = 0; j <= i; j++) {
            const seen = counts[at + packed(i, j)];
            const value = seen > 0 ? sums[at + packed(i, j)] / seen : 0;
            V[i * visits + j] = i === j ? (seen > 0 ? value : 1) : shrink * value;
          }
        }
        found = !Number.isNaN(choleskyInPlace(V, visits));
      }
      if (!found) return false;
      for (let i = 0; i < visits; i++) {
        const own = V[i * (visits + 1)];
        const column = layout.scaleOf[g * visits + i];
        if (column >= 0) t[column] = Math.log(own / scale);
        const phi = correlationsAt(parameters, g) + (i * (i - 1)) / 2;
        for (let j = 0; j < i; j++) t[phi + j] = V[i * visits + j] / own;
      }
    }
    return true;
  }

  return (data, from, scale) => {
    const squares = Float64Array.from(rows, (products) => sumOf(products, data, from, scale));
    const [sums, free, freeCount] = [total, total, total].map(() => new Float64Array(strata.length));
    let whole = 0;
    let n = 0;
    rows.forEach(({ strata: [j], square, count: alike }, i) => {
      sums[j] += squares[i];
      whole += squares[i];
      n += alike;
      if (square !== 0) return;
      free[j] += squares[i];
      freeCount[j] += alike;
    });
    const mean = whole / n;
    if (!(mean > 0 && Number.isFinite(mean))) return null;
    const t = new Float64Array(count);
    const products = Float64Array.from(pairs, (own) => sumOf(own, data, from, scale));
    if (unstructured) return fillFactors(t, products, squares, scale) ? t : null;
    const least = LEAST.stratum * mean;
    const variance = sums.map((sum, j) => {
      const own = terms.length > 0 && freeCount[j] >= ENOUGH_ROWS ? free[j] / freeCount[j] : sum / total[j];
      return Math.max(own, least);
    });
    fillScales(t, variance, least, scale);
    fillCorrelations(t, products, variance);
    for (const { offset } of terms) {
      let [left, weight] = [0, 0];
      rows.forEach(({ strata: [j], square, count: alike }, i) => {
        if (square === 0) return;
        left += squares[i] - alike * variance[j];
        weight += alike * square;
      });
      t[offset] = Math.sqrt(Math.max(weight > 0 ? left / weight : 0, LEAST.random * mean));
    }
    return t.every((value) => Number.isFinite(value)) ? t : null;
  };
}

/** Strata of scales, and the products of rows with themselves and with others that a start is made of. */
function productsOf({ scales, layout }: CovarianceParameters, blocks: CovarianceBlocks['blocks'], p: number) {
  const strata: Float64Array[] = [];
  const known = new Map<string, number>();
  const rows: Products[] = [];
  const pairs: Products[] = [];
  for (const { size, sums, offset, scales: columns, effects, positions, subjects, group, sign, count } of blocks) {
    const own = Array.from({ length: size }, (_, a) => {
      const row = columns.slice(a * scales, (a + 1) * scales);
      const key = row.join();
      const found = known.get(key) ?? strata.push(row) - 1;
      known.set(key, found);
      return found;
    });
    const means = layout.form === 'means';
    const made = (a: number, b: number): Products => ({
      offset: offset + (sums ? packed(a, b) * (p + 1) + p : 0),
      ...{ size, a, b, count, group },
      members: sums ? 0 : count,
      strata: [own[a], own[b]],
      element: layout.structure === 'us' ? packed(positions[a], positions[b]) : 0,
      square: effects.length > 0 ? effects[0].z[a] ** 2 : 0,
      deviation: means && positions[a] === 0,
    });
    for (let a = 0; a < size; a++) {
      const row = made(a, a);
      rows.push(row);
      if (row.deviation) pairs.push(row);
      const first = layout.structure === 'us' ? 0 : Math.max(0, a - 1);
      for (let b = first; b < a && sign > 0; b++) if (subjects[a] === subjects[b]) pairs.push(made(a, b));
    }
  }
  return { strata, rows, pairs };
}

function sumOf({ offset, size, members, a, b }: Products, data: Float64Array, from: number, scale: number): number {
  const at = from + offset;
  // Sums have both orders of a pair.
  if (members === 0) return (a === b ? 1 : 0.5) * scale * scale * data[at];
  let sum = 0;
  for (let s = 0; s < members; s++) sum += scale * data[at + s * size + a] * scale * data[at + s * size + b];
  return sum;
}
