import { subsetDesign } from '../formula/subset.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import type { DenseResponses } from '../types/responses.ts';
import type { DenseBatch } from './accumulate.ts';
import { addDenseResponse } from './dense.ts';
import { projectDesign } from './design-moments.ts';
import { type DesignMoments, emptyResponseMoments, type MomentBatch, type ResponseMoments } from './moments.ts';

/**
 * What each level of the one grouping factor of a design adds to its moments, so that the moments without a level follow
 * from those with it and no row is visited again. With W^(1/2) X = Q R and residuals r of the weighted least-squares fit,
 * and Q_i, r_i their rows of level i:
 *
 *     A_i = Q_i'Q_i     c_i = Q_i'r_i     s_i = r_i'r_i
 */
export interface LevelMoments {
  readonly design: DesignMoments;
  readonly responses: ResponseMoments;
  /** Rows of each level, and sum of log w there. */
  readonly rows: Int32Array;
  readonly logDetW: Float64Array;
  /** levels x p x p. */
  readonly crossProduct: Float64Array;
  /** responses x levels x p, and responses x levels. */
  readonly residualProduct: Float64Array;
  readonly residualSquares: Float64Array;
}

/** The moments of a batch and of its levels, from its rows in one pass. `source[m]` is the response of model m. */
export function levelMoments(batch: DenseBatch, responses: DenseResponses, source: Int32Array | null): LevelMoments {
  const design = batch.keep ? subsetDesign(batch.whole, batch.keep) : batch.whole;
  const members = Array.from(batch.index, (model) => (source ? source[model] : model));
  const { rows: stride, values, weights } = responses;
  const own = weights
    ? Float64Array.from(design.rows, (row, i) => weights[members[0] * stride + row] * (design.weights?.[i] ?? 1))
    : undefined;
  const projector = projectDesign(design, null, own);
  const { m, q, rootWeight, factors, moments } = projector;
  const { p } = moments;
  const [{ codes }] = factors;
  const levels = moments.factors[0].levels.length;
  const rows = new Int32Array(levels);
  const logDetW = new Float64Array(levels);
  const crossProduct = new Float64Array(levels * p * p);
  for (let i = 0; i < m; i++) {
    const level = codes[i];
    rows[level]++;
    if (rootWeight) logDetW[level] += 2 * Math.log(rootWeight[i]);
    for (let a = 0; a < p; a++) {
      for (let b = 0; b < p; b++) crossProduct[(level * p + a) * p + b] += q[a * m + i] * q[b * m + i];
    }
  }
  const count = members.length;
  const out = emptyResponseMoments(moments, count);
  const residualProduct = new Float64Array(count * levels * p);
  const residualSquares = new Float64Array(count * levels);
  const y = new Float64Array(m);
  const residual = new Float64Array(m);
  members.forEach((response, k) => {
    for (let i = 0; i < m; i++) y[i] = values[response * stride + design.rows[i]];
    addDenseResponse(projector, y, 0, out, k, residual); // leaves the weighted residuals in its workspace
    for (let i = 0; i < m; i++) {
      const at = k * levels + codes[i];
      residualSquares[at] += residual[i] * residual[i];
      for (let a = 0; a < p; a++) residualProduct[at * p + a] += q[a * m + i] * residual[i];
    }
  });
  return { design: moments, responses: out, rows, logDetW, crossProduct, residualProduct, residualSquares };
}

/** Below this share of its information left, a coefficient cannot be told without the level. */
const INFORMATION_LEFT = 1e-9;

/**
 * Moments of the same responses without level i. The columns of X without its rows are Q_(i) = Q_n T with
 * T'T = I - A_i; the least-squares fit moves by e = -T^-T c_i in their basis:
 *
 *     R_n = T R,  q_n = T q + e,  rss_n = rss - s_i - |e|^2,  Z_j'W r_n = Z_j'W r - (Z_j'W Q_n) e
 *
 * Null when a coefficient cannot be estimated without the level.
 */
export function withoutLevel(whole: LevelMoments, level: number, index: Int32Array): MomentBatch | null {
  const { design, responses, rows, logDetW, crossProduct, residualProduct, residualSquares } = whole;
  const { p, r } = design;
  const [factor] = design.factors;
  const J = factor.levels.length;
  const q = factor.q;
  const L = new Float64Array(p * p); // T'
  for (let a = 0; a < p; a++) {
    for (let b = 0; b < p; b++) L[a * p + b] = (a === b ? 1 : 0) - crossProduct[(level * p + a) * p + b];
  }
  if (Number.isNaN(choleskyInPlace(L, p))) return null;
  for (let a = 0; a < p; a++) if (!(L[a * p + a] ** 2 > INFORMATION_LEFT)) return null;
  const R = new Float64Array(p * p);
  for (let a = 0; a < p; a++) {
    for (let b = a; b < p; b++) {
      for (let l = a; l <= b; l++) R[a * p + b] += L[l * p + a] * r[l * p + b];
    }
  }
  const kept = Array.from({ length: J }, (_, j) => j).filter((j) => j !== level);
  const ztz = new Float64Array(kept.length * q * q);
  const ztx = new Float64Array(kept.length * q * p);
  kept.forEach((j, to) => {
    ztz.set(factor.ztz.subarray(j * q * q, (j + 1) * q * q), to * q * q);
    ztx.set(factor.ztx.subarray(j * q * p, (j + 1) * q * p), to * q * p);
    for (let a = 0; a < q; a++) forwardSolve(L, p, ztx, (to * q + a) * p);
  });
  const left: DesignMoments = {
    ...design,
    n: design.n - rows[level],
    r: R,
    logDetW: design.logDetW - logDetW[level],
    factors: [{ ...factor, levels: kept.map((j) => factor.levels[j]), ztz, ztx }],
    q: kept.length * q,
  };
  const out = emptyResponseMoments(left, responses.count);
  const e = new Float64Array(p);
  for (let k = 0; k < responses.count; k++) {
    const at = k * J + level;
    for (let a = 0; a < p; a++) e[a] = -residualProduct[at * p + a];
    forwardSolve(L, p, e);
    let rss = responses.rss[k] - residualSquares[at];
    for (let a = 0; a < p; a++) {
      rss -= e[a] * e[a];
      let sum = e[a];
      for (let b = a; b < p; b++) sum += L[b * p + a] * responses.qty[k * p + b];
      out.qty[k * p + a] = sum;
    }
    out.rss[k] = Math.max(0, rss);
    kept.forEach((j, to) => {
      for (let a = 0; a < q; a++) {
        let sum = responses.ztr[(k * J + j) * q + a];
        for (let b = 0; b < p; b++) sum -= ztx[(to * q + a) * p + b] * e[b];
        out.ztr[(k * kept.length + to) * q + a] = sum;
      }
    });
  }
  return { design: left, responses: out, index };
}
