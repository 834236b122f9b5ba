/**
 * Log density of a response under given parameters, from moments alone: with r = y - X b, G = L L' relative covariances,
 *
 *     -2 log N(r; 0, s^2 (Z G Z' + W^-1)) = n log(2 pi s^2) - log|W| + log|M| + (r'Wr - v'M^-1 v) / s^2
 *     M = I + L'Z'WZ L,  v = L'Z'Wr
 *
 * Conditional on some of the rows the density of the others is the difference of two such, at the same parameters. The
 * predictions of the random effects are u = L M^-1 v.
 */

import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import { mixedModelEquations, timesTransposed } from './mixed-model-equations.ts';

/** W^(1/2) (y - X b) as far as it matters: its square, and Z'W(y - X b) in the basis of zt. */
export interface ResidualMoments {
  readonly square: number;
  readonly ztr: Float64Array;
}

/** Q'y - R b of response k into `left`, for raw coefficients b; returns the square of W^(1/2) (y - X b). */
export function residualSquare(
  { p, r }: Pick<DesignMoments, 'p' | 'r'>,
  { qty, rss }: ResponseMoments,
  k: number,
  beta: Float64Array,
  left: Float64Array,
): number {
  let square = rss[k];
  for (let i = 0; i < p; i++) {
    let sum = qty[k * p + i];
    for (let j = i; j < p; j++) sum -= r[i * p + j] * beta[j];
    left[i] = sum;
    square += sum * sum;
  }
  return square;
}

export function residualMoments(
  design: DesignMoments,
  responses: ResponseMoments,
  k: number,
  beta: Float64Array,
): ResidualMoments {
  const { p, factors, q } = design;
  const left = new Float64Array(p);
  const square = residualSquare(design, responses, k, beta, left);
  const ztr = responses.ztr.slice(k * q, (k + 1) * q);
  for (const { offset, ztx, levels, q: width } of factors) {
    for (let row = 0; row < levels.length * width; row++) {
      for (let j = 0; j < p; j++) ztr[offset + row] += ztx[row * p + j] * left[j];
    }
  }
  return { square, ztr };
}

/** log|M|, v'M^-1 v and the predictions u in the basis of zt, from the equations without their fixed part. */
export interface SolvedEffects {
  readonly logDet: number;
  readonly explained: number;
  /** By column of Z. */
  readonly effects: Float64Array;
}

/** Solves for the random effects at theta (lower triangles of the terms by columns), for Z'Wr. */
export function solveEffects(design: DesignMoments, ztr: Float64Array, theta: Float64Array): SolvedEffects {
  const { factors } = design;
  const { choice, factors: L, pivots, logDet, touched, halves, S } = mixedModelEquations(design)(theta);
  const { factor: own, others, zColumns, border } = choice;
  const effects = new Float64Array(design.q);
  const v = new Float64Array(zColumns);
  for (const { factor, offset, q, levels } of others) {
    for (let i = 0; i < levels; i++) {
      const from = factors[factor].offset + i * q;
      v.set(timesTransposed(L[factor], ztr.subarray(from, from + q), q, 1), offset + i * q);
    }
  }
  let explained = 0;
  const solved = touched.map((columns, i) => {
    const { q, offset } = factors[own];
    const s = timesTransposed(L[own], ztr.subarray(offset + i * q, offset + (i + 1) * q), q, 1);
    forwardSolve(pivots, q, s, 0, 1, i * q * q, q);
    for (const value of s) explained += value * value;
    columns.forEach((column, k) => {
      if (column >= zColumns) return;
      for (let a = 0; a < q; a++) v[column] -= halves[i][a * columns.length + k] * s[a];
    });
    return s;
  });
  const rest = choleskyInPlace(S, zColumns, 0, border);
  forwardSolve(S, zColumns, v, 0, 1, 0, border);
  for (const value of v) explained += value * value;
  backwardSolve(S, zColumns, v, 0, 1, 0, border);
  for (const { factor, offset, q, levels } of others) {
    for (let i = 0; i < levels; i++)
      applyFactor(L[factor], q, v, offset + i * q, effects, factors[factor].offset + i * q);
  }
  solved.forEach((s, i) => {
    const { q, offset } = factors[own];
    const columns = touched[i];
    columns.forEach((column, k) => {
      if (column >= zColumns) return;
      for (let a = 0; a < q; a++) s[a] -= halves[i][a * columns.length + k] * v[column];
    });
    backwardSolve(pivots, q, s, 0, 1, i * q * q, q);
    applyFactor(L[own], q, s, 0, effects, offset + i * q);
  });
  return { logDet: logDet + rest, explained, effects };
}

/** out = L x for the q x q factor of a level. */
function applyFactor(L: Float64Array, q: number, x: Float64Array, at: number, out: Float64Array, to: number): void {
  for (let a = 0; a < q; a++) {
    let sum = 0;
    for (let b = 0; b < q; b++) sum += L[a * q + b] * x[at + b];
    out[to + a] = sum;
  }
}
