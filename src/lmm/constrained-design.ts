import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';

/**
 * The model with l'b held at a value c: one fixed effect fewer. In the orthonormal basis Q of X the estimate is row . Q'y;
 * with u = row / |row| the first of a rotated basis Q H (H a Householder reflection), holding it means
 *
 *     y = (c / |row|) Q u + Q H_rest b_rest + Z u + e
 *
 * so the residual of the least-squares fit of what is left is r + delta Q u, delta = u'Q'y - c / |row|, and its moments
 * follow from those of r: nothing is subtracted. Only moments that a fit by maximum likelihood reads are formed.
 */
export interface ConstrainedDesign {
  readonly design: DesignMoments;
  /** Moments of response k with l'b = c, as those of one response. */
  respond(responses: ResponseMoments, k: number, c: number): ResponseMoments;
}

/** @param row l'R^-1, length p, not zero */
export function constrainDesign(design: DesignMoments, row: Float64Array): ConstrainedDesign {
  const { p } = design;
  let norm = 0;
  for (let i = 0; i < p; i++) norm += row[i] * row[i];
  norm = Math.sqrt(norm);
  const u = Float64Array.from(row, (value) => value / norm);
  // H = I - 2 v v' / v'v with v = u + sign(u_0) e_0 maps e_0 to -sign(u_0) u; its other columns complete the basis.
  const v = u.slice();
  v[0] += u[0] >= 0 ? 1 : -1;
  let square = 0;
  for (let i = 0; i < p; i++) square += v[i] * v[i];
  /** Rotated rows: p values to p - 1. */
  const rotate = (source: Float64Array, from: number, out: Float64Array, to: number): void => {
    let along = 0;
    for (let i = 0; i < p; i++) along += source[from + i] * v[i];
    for (let i = 1; i < p; i++) out[to + i - 1] = source[from + i] - (2 * along * v[i]) / square;
  };
  const direction = new Float64Array(design.q); // Z'Q u
  const factors = design.factors.map((factor) => {
    const columns = factor.levels.length * factor.q;
    const ztx = new Float64Array(columns * (p - 1));
    for (let i = 0; i < columns; i++) {
      rotate(factor.ztx, i * p, ztx, i * (p - 1));
      for (let l = 0; l < p; l++) direction[factor.offset + i] += factor.ztx[i * p + l] * u[l];
    }
    return { ...factor, ztx };
  });
  const identity = new Float64Array((p - 1) * (p - 1));
  for (let i = 0; i < p - 1; i++) identity[i * p] = 1;
  const reduced: DesignMoments = {
    ...design,
    p: p - 1,
    coefficients: Array.from({ length: p - 1 }, (_, i) => `rotated ${i + 1}`),
    dropped: 0,
    r: identity,
    factors,
    xtxCentred: new Float64Array((p - 1) * (p - 1)),
  };
  const moments: ResponseMoments = {
    count: 1,
    qty: new Float64Array(p - 1),
    ztr: new Float64Array(design.q),
    rss: new Float64Array(1),
    mean: new Float64Array(1),
    constant: new Uint8Array(1),
    expressed: new Int32Array(1).fill(-1),
  };
  return {
    design: reduced,
    respond(responses, k, c) {
      let delta = -c / norm;
      for (let i = 0; i < p; i++) delta += u[i] * responses.qty[k * p + i];
      for (let i = 0; i < design.q; i++) moments.ztr[i] = responses.ztr[k * design.q + i] + delta * direction[i];
      moments.rss[0] = responses.rss[k] + delta * delta;
      return moments;
    },
  };
}
