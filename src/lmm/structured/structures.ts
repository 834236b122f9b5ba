/**
 * What rows of a subject are to each other as a function of free parameters phi: a matrix K over positions (visits by
 * number, or times) with ones on its diagonal, save for `us`. A covariance is S K S, S the diagonal of scales, which have
 * parameters of their own (`covariance-blocks.ts`).
 *
 *     cs, csh     K_ij = rho,  rho = a + (1 - a) / (1 + exp(-phi)),  a = -1 / (m - 1), so that K is positive definite
 *     ar1, ar1h   K_ij = rho^|i - j|,  rho = tanh(phi)
 *     ad, adh     K_ij = rho_i rho_{i+1} ... rho_{j-1},  rho_k = tanh(phi_k)       (ante-dependence of order one)
 *     toep, toeph K_ij = r_|i - j|, r from partial autocorrelations tanh(phi_k) by the recursion of Durbin and Levinson:
 *                 every positive definite Toeplitz matrix, and no other (Barndorff-Nielsen and Schou 1973)
 *     sp_exp      K_ij = exp(-|t_i - t_j| / range),  range = exp(phi)
 *     us          K = L L', L lower triangular with ones on its diagonal, phi its elements below it, by rows; beside a dispersion
 *                 model K over the roots of its diagonal, so that the scales are standard deviations
 */
import type { StructureName } from '../../types/residual.ts';

export interface Structure {
  readonly parameters: number;
  /**
   * K over the first `m` of some positions into `K` (m x m row-major), and its derivatives into `dK` (parameters x m x m) unless
   * that is null. The parameters stand in `phi` from `at` on.
   */
  evaluate(
    phi: Float64Array,
    at: number,
    positions: Float64Array,
    m: number,
    K: Float64Array,
    dK: Float64Array | null,
  ): void;
  /** Adds sum_ij Y_ij d2K_ij / dphi_k dphi_l to element (k, l) of `out`, rows `stride` apart from `to` on; Y symmetric. */
  addCurvature(
    phi: Float64Array,
    at: number,
    positions: Float64Array,
    m: number,
    Y: Float64Array,
    out: Float64Array,
    to: number,
    stride: number,
  ): void;
  /** Sets the parameters so that neighbours have about this correlation; `spacing` is that of neighbouring times. */
  start(phi: Float64Array, at: number, correlation: number, spacing: number): void;
  /** Correlations or the range that users know the parameters by. */
  natural(phi: Float64Array, at: number): { readonly name: string; readonly value: number }[];
}

/** Equal correlations of means of c rows (position c) and of deviations from them (position 0), one row a block. */
export function turnedExchangeable(visits: number): Structure {
  const plain = exchangeable(visits);
  return withCurvature({
    ...plain,
    evaluate(phi, at, positions, m, K, dK) {
      pair[0] = 0;
      pair[1] = 1;
      plain.evaluate(phi, at, pair, 2, square, dK ? slopes : null);
      for (let i = 0; i < m; i++) {
        const others = positions[i] > 0 ? positions[i] - 1 : -1;
        for (let j = 0; j <= i; j++) {
          setBoth(K, 0, m, i, j, i === j ? 1 + others * square[1] : 0);
          if (dK) setBoth(dK, 0, m, i, j, i === j ? others * slopes[1] : 0);
        }
      }
    },
  });
}

const [pair, square, slopes] = [new Float64Array(2), new Float64Array(4), new Float64Array(4)];

/** The structure of a name over `visits` visits (any number for times). */
export function structureOf(name: StructureName, visits: number): Structure {
  switch (name) {
    case 'us':
      return unstructured(visits);
    case 'cs':
    case 'csh':
      return withCurvature(exchangeable(visits));
    case 'ar1':
    case 'ar1h':
      return withCurvature(autoregressive());
    case 'ad':
    case 'adh':
      return withCurvature(anteDependence(visits));
    case 'toep':
    case 'toeph':
      return withCurvature(toeplitz(visits));
    case 'sp_exp':
      return withCurvature(exponential());
    case 'diag':
      return withCurvature(independent());
  }
}

type FirstOrder = Omit<Structure, 'addCurvature'>;

/** Step of the differences that give second derivatives: errors of 1e-10 from its square and from rounding alike. */
const STEP = 2 ** -16;

/** Second derivatives by central differences of the first ones, which are exact: K is small and smooth. */
function withCurvature(first: FirstOrder): Structure {
  const { parameters, evaluate } = first;
  let [K, dK] = [new Float64Array(0), new Float64Array(0)];
  return {
    ...first,
    addCurvature(phi, at, positions, m, Y, out, to, stride) {
      const size = m * m;
      if (K.length < size) [K, dK] = [new Float64Array(size), new Float64Array(parameters * size)];
      for (let l = 0; l < parameters; l++) {
        const whole = phi[at + l];
        for (const sign of [1, -1]) {
          phi[at + l] = whole + sign * STEP;
          evaluate(phi, at, positions, m, K, dK);
          for (let k = 0; k < parameters; k++) {
            let sum = 0;
            for (let i = 0; i < size; i++) sum += Y[i] * dK[k * size + i];
            // Both halves, so that the matrix stays symmetric.
            const part = (sign * sum) / (4 * STEP);
            out[to + k * stride + l] += part;
            out[to + l * stride + k] += part;
          }
        }
        phi[at + l] = whole;
      }
    },
  };
}

function independent(): FirstOrder {
  return {
    parameters: 0,
    evaluate(_phi, _at, _positions, m, K) {
      K.fill(0, 0, m * m);
      for (let i = 0; i < m; i++) K[i * m + i] = 1;
    },
    start: () => undefined,
    natural: () => [],
  };
}

function exchangeable(visits: number): FirstOrder {
  const least = visits > 1 ? -1 / (visits - 1) : 0;
  const rho = (phi: number) => least + (1 - least) / (1 + Math.exp(-phi));
  return {
    parameters: 1,
    evaluate(phi, at, _positions, m, K, dK) {
      const value = rho(phi[at]);
      K.fill(value, 0, m * m);
      for (let i = 0; i < m; i++) K[i * m + i] = 1;
      if (!dK) return;
      const share = 1 / (1 + Math.exp(-phi[at]));
      dK.fill((1 - least) * share * (1 - share), 0, m * m);
      for (let i = 0; i < m; i++) dK[i * m + i] = 0;
    },
    start(phi, at, correlation) {
      const share = (correlation - least) / (1 - least);
      phi[at] = Math.log(share / (1 - share));
    },
    natural: (phi, at) => [{ name: 'rho', value: rho(phi[at]) }],
  };
}

function autoregressive(): FirstOrder {
  return {
    parameters: 1,
    evaluate(phi, at, positions, m, K, dK) {
      const rho = Math.tanh(phi[at]);
      const slope = 1 - rho * rho;
      for (let i = 0; i < m; i++) {
        for (let j = 0; j <= i; j++) {
          const lag = Math.abs(positions[i] - positions[j]);
          setBoth(K, 0, m, i, j, rho ** lag);
          if (dK) setBoth(dK, 0, m, i, j, lag === 0 ? 0 : lag * rho ** (lag - 1) * slope);
        }
      }
    },
    start(phi, at, correlation) {
      phi[at] = Math.atanh(correlation);
    },
    natural: (phi, at) => [{ name: 'rho', value: Math.tanh(phi[at]) }],
  };
}

function anteDependence(visits: number): FirstOrder {
  const parameters = Math.max(0, visits - 1);
  return {
    parameters,
    evaluate(phi, at, positions, m, K, dK) {
      if (dK) dK.fill(0, 0, parameters * m * m);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j <= i; j++) {
          const from = Math.min(positions[i], positions[j]);
          const to = Math.max(positions[i], positions[j]);
          setBoth(K, 0, m, i, j, product(phi, at, from, to, -1));
          if (!dK) continue;
          for (let k = from; k < to; k++) {
            const rho = Math.tanh(phi[at + k]);
            setBoth(dK, k * m * m, m, i, j, (1 - rho * rho) * product(phi, at, from, to, k));
          }
        }
      }
    },
    start(phi, at, correlation) {
      phi.fill(Math.atanh(correlation), at, at + parameters);
    },
    natural: (phi, at) =>
      Array.from({ length: parameters }, (_, k) => ({ name: `rho.${k + 1}`, value: Math.tanh(phi[at + k]) })),
  };
}

/** Product of the correlations of neighbours between two visits, but for one of them. */
function product(phi: Float64Array, at: number, from: number, to: number, without: number): number {
  let value = 1;
  for (let k = from; k < to; k++) if (k !== without) value *= Math.tanh(phi[at + k]);
  return value;
}

function toeplitz(visits: number): FirstOrder {
  const lags = Math.max(0, visits - 1);
  // Correlations by lag and their derivatives; the prediction coefficients of the recursion and theirs.
  const r = new Float64Array(lags + 1);
  const dr = new Float64Array((lags + 1) * lags);
  const [a, before] = [new Float64Array(lags + 1), new Float64Array(lags + 1)];
  const [da, dBefore] = [new Float64Array((lags + 1) * lags), new Float64Array((lags + 1) * lags)];

  /** r_k = pi_k v_{k-1} + sum_j a_j r_{k-j}, a_j <- a_j - pi_k a_{k-j}, a_k = pi_k, v_k = v_{k-1} (1 - pi_k^2). */
  function correlations(phi: Float64Array, at: number): void {
    r.fill(0);
    dr.fill(0);
    a.fill(0);
    da.fill(0);
    r[0] = 1;
    let v = 1;
    const dv = new Float64Array(lags);
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
  return {
    parameters: lags,
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

function exponential(): FirstOrder {
  return {
    parameters: 1,
    evaluate(phi, at, positions, m, K, dK) {
      const range = Math.exp(phi[at]);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j <= i; j++) {
          const distance = Math.abs(positions[i] - positions[j]) / range;
          const value = Math.exp(-distance);
          setBoth(K, 0, m, i, j, value);
          if (dK) setBoth(dK, 0, m, i, j, distance === 0 ? 0 : distance * value);
        }
      }
    },
    start(phi, at, correlation, spacing) {
      phi[at] = Math.log(-spacing / Math.log(correlation));
    },
    natural: (phi, at) => [{ name: 'range', value: Math.exp(phi[at]) }],
  };
}

/** Place of element (i, j), j < i, of a lower triangle without its diagonal, by rows. */
function below(i: number, j: number): number {
  return (i * (i - 1)) / 2 + j;
}

function unstructured(visits: number): Structure {
  const parameters = (visits * (visits - 1)) / 2;
  const element = (phi: Float64Array, at: number, i: number, j: number) =>
    i === j ? 1 : j > i ? 0 : phi[at + below(i, j)];
  return {
    parameters,
    evaluate(phi, at, positions, m, K, dK) {
      for (let a = 0; a < m; a++) {
        for (let b = 0; b <= a; b++) {
          const [i, j] = [positions[a], positions[b]];
          let sum = 0;
          for (let c = 0; c <= Math.min(i, j); c++) sum += element(phi, at, i, c) * element(phi, at, j, c);
          setBoth(K, 0, m, a, b, sum);
        }
      }
      if (!dK) return;
      dK.fill(0, 0, parameters * m * m);
      for (let a = 0; a < m; a++) {
        const i = positions[a];
        for (let c = 0; c < i; c++) {
          const from = below(i, c) * m * m;
          for (let b = 0; b < m; b++) {
            const value = element(phi, at, positions[b], c);
            dK[from + a * m + b] += value;
            dK[from + b * m + a] += value;
          }
        }
      }
    },
    /** d2K / dL_ic dL_jc has ones at (i, j) and (j, i), nothing else. */
    addCurvature(_phi, _at, positions, m, Y, out, to, stride) {
      for (let a = 0; a < m; a++) {
        for (let b = 0; b < m; b++) {
          const [i, j] = [positions[a], positions[b]];
          for (let c = 0; c < Math.min(i, j); c++) out[to + below(i, c) * stride + below(j, c)] += 2 * Y[a * m + b];
        }
      }
    },
    start(phi, at, correlation) {
      // The factor of equal correlations, its rows over their diagonal elements.
      for (let j = 0, taken = 0; j < visits; j++) {
        const own = Math.sqrt(1 - taken);
        const entry = (correlation - taken) / own;
        for (let i = j + 1; i < visits; i++) phi[at + below(i, j)] = entry;
        taken += entry * entry;
      }
      for (let i = 0; i < visits; i++) {
        let rest = 1;
        for (let j = 0; j < i; j++) rest -= phi[at + below(i, j)] ** 2;
        for (let j = 0; j < i; j++) phi[at + below(i, j)] /= Math.sqrt(rest);
      }
    },
    natural: () => [],
  };
}

/** Correlations of {@link unstructured}. */
export function unstructuredCorrelations(visits: number): Structure {
  const plain = unstructured(visits);
  const { parameters } = plain;
  let [whole, slopes] = [new Float64Array(0), new Float64Array(0)];
  return withCurvature({
    ...plain,
    evaluate(phi, at, positions, m, K, dK) {
      const size = m * m;
      if (whole.length < size) [whole, slopes] = [new Float64Array(size), new Float64Array(parameters * size)];
      plain.evaluate(phi, at, positions, m, whole, dK ? slopes : null);
      const root = (i: number) => Math.sqrt(whole[i * m + i]);
      for (let i = 0; i < m; i++) {
        for (let j = 0; j <= i; j++) {
          const value = i === j ? 1 : whole[i * m + j] / (root(i) * root(j));
          setBoth(K, 0, m, i, j, value);
          if (!dK) continue;
          for (let e = 0; e < parameters; e++) {
            const from = e * size;
            const shrink =
              (slopes[from + i * m + i] / whole[i * m + i] + slopes[from + j * m + j] / whole[j * m + j]) / 2;
            setBoth(dK, from, m, i, j, i === j ? 0 : slopes[from + i * m + j] / (root(i) * root(j)) - value * shrink);
          }
        }
      }
    },
  });
}

function setBoth(A: Float64Array, at: number, m: number, i: number, j: number, value: number): void {
  A[at + i * m + j] = value;
  A[at + j * m + i] = value;
}
