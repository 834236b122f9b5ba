/**
 * What rows of a subject are to each other as a function of free parameters phi: a matrix K over positions (visits by
 * number, or times) with ones on its diagonal, save for `us`. A covariance is S K S, S the diagonal of scales, which have
 * parameters of their own (`covariance-blocks.ts`).
 *
 *     cs, csh     K_ij = rho,  rho = a + (1 - a) / (1 + exp(-phi)),  a = -1 / (m - 1), so that K is positive definite
 *     ar1, ar1h   K_ij = rho^|i - j|,  rho = tanh(phi)
 *     ad, adh     K_ij = rho_i rho_{i+1} ... rho_{j-1},  rho_k = tanh(phi_k)       (ante-dependence of order one)
 *     toep, toeph K_ij = r_|i - j|, r from partial autocorrelations tanh(phi_k) by the recursion of Durbin and Levinson:
 *                 every positive definite Toeplitz matrix, and no other (`toeplitz.ts`)
 *     sp_exp      K_ij = exp(-|t_i - t_j| / range),  range = exp(phi)
 *     us          K = L L', L lower triangular with ones on its diagonal, phi its elements below it, by rows; beside a dispersion
 *                 model K over the roots of its diagonal, so that the scales are standard deviations
 */
import type { StructureName } from '../../types/residual.ts';
import { type FirstOrder, type Structure, setBoth, withCurvature } from './structure.ts';
import { toeplitz } from './toeplitz.ts';

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
      return toeplitz(visits);
    case 'sp_exp':
      return withCurvature(exponential());
    case 'diag':
      return withCurvature(independent());
  }
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
