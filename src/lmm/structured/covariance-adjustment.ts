/** Kenward and Roger's adjustment of the covariance of the coefficients, summed over blocks (symbols in `blocks-objective.ts`). */
import type { CovarianceBlock } from '../../moments/covariance-evidence.ts';
import type { BlockCovariance } from './block-covariance.ts';
import type { FrameState } from './block-states.ts';
import { multiply, multiplySymmetric, packed, surround } from './matrix-products.ts';

/** sum_kl W_kl (Q_kl - M^k C M^l), p x p, from `changes` = M^k and C where the frames stand. */
export function covarianceAdjustment(
  frames: readonly FrameState[],
  changes: Float64Array,
  covariance: Float64Array,
  W: Float64Array,
  p: number,
): Float64Array {
  const k = p === 0 ? 0 : changes.length / (p * p);
  const out = new Float64Array(p * p);
  for (const { covariance: V, members, sums } of frames) {
    const weighed = sums?.weigh(V.changes, V.places, W, k) ?? null;
    for (const { block, inverse, places } of members) {
      const { size: m } = block;
      const middle =
        weighed && sums
          ? middleOfElements(weighed, sums.elements, inverse, places, m)
          : middleOfBlock(V, inverse, W, k);
      const D = new Float64Array(m * m);
      surround(inverse, symmetric(middle, m), m, new Float64Array(m * m), D);
      addCrossProducts(block, D, p, out);
    }
  }
  const weighted = new Float64Array(p * p);
  const product = new Float64Array(p * p);
  const whole = new Float64Array(p * p);
  for (let e = 0; e < k; e++) {
    weighted.fill(0);
    for (let f = 0; f < k; f++) {
      const w = W[e * k + f];
      for (let i = 0; i < p * p; i++) weighted[i] += w * changes[f * p * p + i];
    }
    multiply(changes, e * p * p, covariance, 0, p, product);
    multiply(product, 0, weighted, 0, p, whole);
    for (let i = 0; i < p * p; i++) out[i] -= whole[i];
  }
  return out;
}

/** sum_kl W_kl V_k O V_l of a block, from weights over pairs of elements of its frame. */
function middleOfElements(
  weighed: Float64Array,
  elements: number,
  O: Float64Array,
  places: Int32Array,
  m: number,
): Float64Array {
  const out = new Float64Array(m * m);
  for (let a = 0; a < m; a++) {
    for (let d = 0; d < m; d++) {
      let sum = 0;
      for (let b = 0; b < m; b++) {
        const row = places[packed(a, b)] * elements;
        for (let c = 0; c < m; c++) sum += weighed[row + places[packed(c, d)]] * O[b * m + c];
      }
      out[a * m + d] = sum;
    }
  }
  return out;
}

/** The same of a large block, from its own dV/dt. */
function middleOfBlock(
  { size: m, places, changes }: BlockCovariance,
  O: Float64Array,
  W: Float64Array,
  k: number,
): Float64Array {
  const out = new Float64Array(m * m);
  const weighted = new Float64Array(m * m);
  const [product, both] = [new Float64Array(m * m), new Float64Array(m * m)];
  for (let e = 0; e < places.length; e++) {
    weighted.fill(0);
    for (let f = 0; f < places.length; f++) {
      const w = W[places[e] * k + places[f]];
      for (let i = 0; i < m * m; i++) weighted[i] += w * changes[f * m * m + i];
    }
    multiplySymmetric(changes, e * m * m, O, m, product, 0);
    multiplySymmetric(product, 0, weighted, m, both, 0);
    for (let i = 0; i < m * m; i++) out[i] += both[i];
  }
  return out;
}

function symmetric(A: Float64Array, m: number): Float64Array {
  return A.map((value, i) => (value + A[(i % m) * m + Math.floor(i / m)]) / 2);
}

/** Adds sum_ab D_ab S_ab,qq to a p x p matrix. */
function addCrossProducts(
  { size: m, sums, q, count }: CovarianceBlock,
  D: Float64Array,
  p: number,
  out: Float64Array,
): void {
  if (sums) {
    let at = 0;
    for (let a = 0; a < m; a++) {
      for (let b = 0; b <= a; b++) {
        const value = D[a * m + b];
        for (let c = 0; c < p; c++) {
          for (let f = 0; f < c; f++) {
            out[c * p + f] += value * q[at];
            out[f * p + c] += value * q[at++];
          }
          out[c * p + c] += value * q[at++];
        }
      }
    }
    return;
  }
  for (let s = 0; s < count; s++) {
    const rows = s * m * p;
    for (let a = 0; a < m; a++) {
      for (let b = 0; b < m; b++) {
        const value = D[a * m + b];
        for (let c = 0; c < p; c++) {
          const left = value * q[rows + a * p + c];
          for (let f = 0; f < p; f++) out[c * p + f] += left * q[rows + b * p + f];
        }
      }
    }
  }
}
