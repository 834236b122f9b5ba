/** Kenward and Roger's sum_kl W_kl Q_kl, Q_kl = X'O V_k O V_l O X, of strata of variance (symbols in `strata-part.ts`). */
import type { StrataPart } from './strata-part.ts';

/** Adds it to a p x p matrix, after an evaluation with the Hessian. */
export function addStrataAdjustment(part: StrataPart, W: Float64Array, out: Float64Array): void {
  const { rows, count, place, w, l, zeta, mu, h, U, tau } = part;
  const { p, strata, levels, triangle, starts, places, columns, first, stratum, sums } = rows;
  const weights = new Float64Array(strata);
  for (let j = 0; j < strata; j++) {
    let sum = 0;
    for (let c = starts[j]; c < starts[j + 1]; c++) {
      for (let e = starts[j]; e < starts[j + 1]; e++) sum += columns[c] * columns[e] * W[places[c] * count + places[e]];
    }
    weights[j] = 4 * w[j] * sum;
    let from = j * triangle;
    for (let c = 0; c < p; c++) {
      for (let e = 0; e <= c; e++, from++) {
        out[c * p + e] += weights[j] * sums[from];
        if (e < c) out[e * p + c] += weights[j] * sums[from];
      }
    }
  }
  const weighted = new Float64Array(p);
  for (let d = 0; d < levels; d++) {
    for (let a = first[d]; a < first[d + 1]; a++)
      addProduct(out, p, weights[stratum[a]], U, a * (p + 1), U, a * (p + 1));
    if (place < 0) continue;
    part.fillLevel(d, true);
    const own = 2 * l * mu[d] * mu[d];
    for (let k = 0; k < place; k++) {
      weighted.fill(0);
      for (let e = 0; e < place; e++) {
        const value = W[k * count + e];
        for (let i = 0; i < p; i++) weighted[i] += value * tau[e * p + i];
      }
      addProduct(out, p, -l * l * mu[d], tau, k * p, weighted, 0);
      const crossed = own * W[k * count + place];
      addProduct(out, p, crossed, tau, k * p, h, d * p);
      addProduct(out, p, crossed, h, d * p, tau, k * p);
    }
    addProduct(out, p, own * own * mu[d] ** -1 * zeta[d] * W[place * count + place], h, d * p, h, d * p);
  }
}

/** Adds value x y' to a p x p matrix. */
function addProduct(
  out: Float64Array,
  p: number,
  value: number,
  x: Float64Array,
  atX: number,
  y: Float64Array,
  atY: number,
): void {
  for (let i = 0; i < p; i++) {
    const left = value * x[atX + i];
    for (let j = 0; j < p; j++) out[i * p + j] += left * y[atY + j];
  }
}
