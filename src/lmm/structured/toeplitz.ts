/**
 * Correlations by lag from partial autocorrelations tanh(phi_k), by the recursion of Durbin and Levinson: every positive definite
 * Toeplitz matrix, and no other (Barndorff-Nielsen and Schou, On the parametrization of autoregressive models by partial
 * autocorrelations, 1973).
 */
import { STEP, type Structure, setBoth } from './structure.ts';

export function toeplitz(visits: number): Structure {
  const lags = Math.max(0, visits - 1);
  // Correlations by lag and their derivatives; the prediction coefficients of the recursion and theirs.
  const r = new Float64Array(lags + 1);
  const dr = new Float64Array((lags + 1) * lags);
  const [a, before] = [new Float64Array(lags + 1), new Float64Array(lags + 1)];
  const [da, dBefore] = [new Float64Array((lags + 1) * lags), new Float64Array((lags + 1) * lags)];
  const dv = new Float64Array(lags);
  // Blocks of one group come one after another with the same parameters: what depends on these alone is kept.
  const last = new Float64Array(lags).fill(Number.NaN);
  const bentAt = new Float64Array(lags).fill(Number.NaN);
  const bends = new Float64Array((lags + 1) * lags * lags);
  const weights = new Float64Array(lags + 1);
  const isAt = (known: Float64Array, phi: Float64Array, at: number) => known.every((value, k) => value === phi[at + k]);

  /** r_k = pi_k v_{k-1} + sum_j a_j r_{k-j}, a_j <- a_j - pi_k a_{k-j}, a_k = pi_k, v_k = v_{k-1} (1 - pi_k^2). */
  function correlations(phi: Float64Array, at: number): void {
    if (isAt(last, phi, at)) return;
    last.set(phi.subarray(at, at + lags));
    dv.fill(0);
    r.fill(0);
    dr.fill(0);
    a.fill(0);
    da.fill(0);
    r[0] = 1;
    let v = 1;
    for (let k = 1; k <= lags; k++) {
      const pi = Math.tanh(phi[at + k - 1]);
      const slope = 1 - pi * pi;
      r[k] = pi * v;
      for (let j = 1; j < k; j++) r[k] += a[j] * r[k - j];
      for (let e = 0; e < k; e++) {
        let sum = pi * dv[e] + (e === k - 1 ? slope * v : 0);
        for (let j = 1; j < k; j++) sum += da[j * lags + e] * r[k - j] + a[j] * dr[(k - j) * lags + e];
        dr[k * lags + e] = sum;
      }
      before.set(a);
      dBefore.set(da);
      for (let j = 1; j < k; j++) {
        a[j] = before[j] - pi * before[k - j];
        for (let e = 0; e < k; e++) {
          da[j * lags + e] =
            dBefore[j * lags + e] - pi * dBefore[(k - j) * lags + e] - (e === k - 1 ? slope * before[k - j] : 0);
        }
      }
      a[k] = pi;
      da[k * lags + k - 1] = slope;
      for (let e = 0; e < k; e++) dv[e] = dv[e] * (1 - pi * pi) - (e === k - 1 ? 2 * pi * slope * v : 0);
      v *= 1 - pi * pi;
    }
  }

  /** Second derivatives of the correlations by central differences, as in {@link withCurvature}. */
  function curvatures(phi: Float64Array, at: number): void {
    if (isAt(bentAt, phi, at)) return;
    bentAt.set(phi.subarray(at, at + lags));
    bends.fill(0);
    for (let l = 0; l < lags; l++) {
      const whole = phi[at + l];
      for (const sign of [1, -1]) {
        phi[at + l] = whole + sign * STEP;
        correlations(phi, at);
        for (let lag = 1; lag <= lags; lag++) {
          for (let k = 0; k < lags; k++) {
            const part = (sign * dr[lag * lags + k]) / (4 * STEP);
            bends[(lag * lags + k) * lags + l] += part;
            bends[(lag * lags + l) * lags + k] += part;
          }
        }
      }
      phi[at + l] = whole;
    }
  }

  return {
    parameters: lags,
    addCurvature(phi, at, positions, m, Y, out, to, stride) {
      curvatures(phi, at);
      weights.fill(0);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < m; j++) weights[Math.abs(positions[i] - positions[j])] += Y[i * m + j];
      }
      for (let lag = 1; lag <= lags; lag++) {
        for (let k = 0; k < lags; k++) {
          const from = (lag * lags + k) * lags;
          for (let l = 0; l < lags; l++) out[to + k * stride + l] += weights[lag] * bends[from + l];
        }
      }
    },
    evaluate(phi, at, positions, m, K, dK) {
      correlations(phi, at);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j <= i; j++) {
          const lag = Math.abs(positions[i] - positions[j]);
          setBoth(K, 0, m, i, j, r[lag]);
          if (dK) for (let e = 0; e < lags; e++) setBoth(dK, e * m * m, m, i, j, dr[lag * lags + e]);
        }
      }
    },
    start(phi, at, correlation) {
      // Correlations of an autoregression; partial ones beyond the first lag are zero.
      phi.fill(0, at, at + lags);
      if (lags > 0) phi[at] = Math.atanh(correlation);
    },
    natural(phi, at) {
      correlations(phi, at);
      return Array.from({ length: lags }, (_, k) => ({ name: `rho.${k + 1}`, value: r[k + 1] }));
    },
  };
}
