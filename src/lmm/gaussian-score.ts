/**
 * Log density of a response under given parameters, from moments alone: with r = y - X b, G = L L' relative covariances,
 *
 *     -2 log N(r; 0, s^2 (Z G Z' + W^-1)) = n log(2 pi s^2) - log|W| + log|M| + (r'Wr - v'M^-1 v) / s^2
 *     M = I + L'Z'WZ L,  v = L'Z'Wr
 *
 * Conditional on some of the rows the density of the others is the difference of two such, at the same parameters.
 */

import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { mixedModelEquations, timesTransposed } from './mixed-model-equations.ts';

/** Parameters of one model in the user's units. */
export interface ModelParameters {
  /** Raw coefficients over `design.coefficients`. */
  readonly beta: Float64Array;
  /** Relative covariance factors of the terms, lower triangles by columns, one term after another. */
  readonly theta: Float64Array;
  readonly sigma: number;
}

/** W^(1/2) (y - X b) as far as it matters: its square, and Z'W(y - X b) in the basis of zt. */
export interface ResidualMoments {
  readonly square: number;
  readonly ztr: Float64Array;
}

export function residualMoments(
  design: DesignMoments,
  responses: ResponseMoments,
  k: number,
  beta: Float64Array,
): ResidualMoments {
  const { p, r, factors, q } = design;
  const left = new Float64Array(p); // Q'y - R b
  let square = responses.rss[k];
  for (let i = 0; i < p; i++) {
    let sum = responses.qty[k * p + i];
    for (let j = i; j < p; j++) sum -= r[i * p + j] * beta[j];
    left[i] = sum;
    square += sum * sum;
  }
  const ztr = responses.ztr.slice(k * q, (k + 1) * q);
  for (const { offset, ztx, levels, q: width } of factors) {
    for (let row = 0; row < levels.length * width; row++) {
      for (let j = 0; j < p; j++) ztr[offset + row] += ztx[row * p + j] * left[j];
    }
  }
  return { square, ztr };
}

export function gaussianLogDensity(
  design: DesignMoments,
  responses: ResponseMoments,
  k: number,
  { beta, theta, sigma }: ModelParameters,
): number {
  const { square, ztr } = residualMoments(design, responses, k, beta);
  const { n, logDetW } = design;
  const { logDet, explained } = eliminate(design, ztr, theta);
  const s2 = sigma * sigma;
  return -0.5 * (n * Math.log(2 * Math.PI * s2) - logDetW + logDet + (square - explained) / s2);
}

/** log|M| and v'M^-1 v, from the equations without their fixed part. */
function eliminate(
  design: DesignMoments,
  ztr: Float64Array,
  theta: Float64Array,
): { logDet: number; explained: number } {
  const { factors } = design;
  const { choice, factors: L, pivots, logDet, touched, halves, S } = mixedModelEquations(design)(theta);
  const { factor: own, others, zColumns, border } = choice;
  const v = new Float64Array(zColumns);
  for (const { factor, offset, q, levels } of others) {
    for (let i = 0; i < levels; i++) {
      const from = factors[factor].offset + i * q;
      v.set(timesTransposed(L[factor], ztr.subarray(from, from + q), q, 1), offset + i * q);
    }
  }
  let explained = 0;
  touched.forEach((columns, i) => {
    const { q, offset } = factors[own];
    const s = timesTransposed(L[own], ztr.subarray(offset + i * q, offset + (i + 1) * q), q, 1);
    forwardSolve(pivots, q, s, 0, 1, i * q * q, q);
    for (const value of s) explained += value * value;
    columns.forEach((column, k) => {
      if (column >= zColumns) return;
      for (let a = 0; a < q; a++) v[column] -= halves[i][a * columns.length + k] * s[a];
    });
  });
  const rest = choleskyInPlace(S, zColumns, 0, border);
  forwardSolve(S, zColumns, v, 0, 1, 0, border);
  for (const value of v) explained += value * value;
  return { logDet: logDet + rest, explained };
}
