import type { ResponseMoments } from '../../moments/moments.ts';
import { type GammaCurve, lowestValue } from '../gamma-curve.ts';
import type { SpectralDesign } from '../spectral-design.ts';
import type { SpectralResponse } from '../spectral-response.ts';

/**
 * Profiled deviances (maximum likelihood) of a model with one scalar random term, in the symbols of `spectral-search.ts`:
 * t = 1 / (1 + gamma lambda), h = 1 - t, u = log gamma, n rows. Minimised over everything but the parameter that is held:
 *
 *     coefficient  l'b = c      sum log(1 + gamma mu) + n log(S + (c - l'b(gamma))^2 / l'C(gamma)l)
 *     residual     s^2 = v      n log v + sum log(1 + gamma mu) + S(gamma) / v
 *     random       s^2 gamma = a^2    the same with v = a^2 / gamma
 *
 * the first with the residual variance at its minimum. Each is a function of gamma alone whose derivatives cost O(Q).
 * Values are relative to the deviance at gamma = 0, so that differences keep their digits.
 */
export interface SpectralProfile {
  /** Takes a response that has been projected. */
  load(response: SpectralResponse, responses: ResponseMoments, k: number): void;
  /** Deviance at log gamma = u (-Infinity for gamma = 0) without constraints. */
  deviance(u: number): number;
  coefficient(column: number, c: number): number;
  /** `v` is the residual variance. */
  residual(v: number): number;
  /** `a` is the standard deviation of the random effect in the design's own units; 0 is allowed. */
  random(a: number): number;
}

/** Far enough below the largest number for one more factor. */
const LARGE_PRODUCT = 1e150;

export function spectralProfile({
  design: { p },
  lambda,
  zeros,
  space,
  rows,
  k: K,
  variance0,
}: SpectralDesign): SpectralProfile {
  const { lambda: positive, mu, d: n, grid: spaceGrid, sumMu } = space;
  const Q = lambda.length;
  const J = positive.length;
  const grid = Float64Array.from(spaceGrid, ({ u }) => u);
  const points = grid.length;
  // Sums over the eigenvalues at the points of the grid, of the response and of one of its columns.
  const gridS = new Float64Array(points);
  const gridSlopeOfS = new Float64Array(points);
  const gridDelta = new Float64Array(points); // without delta0
  const gridSlopeOfDelta = new Float64Array(points);
  const gridVariance = new Float64Array(points);
  const gridSlopeOfVariance = new Float64Array(points);
  let gridColumn = -1;
  let leastSquares = 0; // l'b_ols of that column
  let w: Float64Array = new Float64Array(Q);
  let z2: Float64Array = new Float64Array(J);
  let within = 0;
  let S0 = 0;
  let slopeOfS0 = 0; // dS / dgamma at 0
  let qty: Float64Array = new Float64Array(p);

  const logDet = (gamma: number): number => {
    // Few logarithms: of products that stay in range. Differences of deviances matter, to their absolute rounding.
    let sum = 0;
    let product = 1;
    for (let j = 0; j < mu.length; j++) {
      product *= 1 + gamma * mu[j];
      if (product < LARGE_PRODUCT) continue;
      sum += Math.log(product);
      product = 1;
    }
    return sum + Math.log(product);
  };
  const quadratic = (gamma: number): number => {
    let S = within;
    for (let j = 0; j < J; j++) S += z2[j] / (1 + gamma * positive[j]);
    return S;
  };

  // At one gamma, shared by the curves: S, S', S'' and the log-determinant's two derivatives in u. In an array: numbers
  // that closures share and write are boxed.
  const sums = new Float64Array(5);
  const differentiate = (gamma: number): void => {
    let S = within;
    let dS = 0; // -sum z2 h t
    let ddS = 0; // -sum z2 h t (1 - 2h)
    let dLog = 0;
    let ddLog = 0;
    for (let j = 0; j < J; j++) {
      const gl = gamma * positive[j];
      const t = 1 / (1 + gl);
      const h = gl * t;
      const zt = z2[j] * t;
      S += zt;
      dS -= zt * h;
      ddS -= zt * h * (1 - 2 * h);
    }
    for (let j = 0; j < mu.length; j++) {
      const gm = gamma * mu[j];
      const t = 1 / (1 + gm);
      dLog += gm * t;
      ddLog += gm * t * t;
    }
    sums[0] = S;
    sums[1] = dS;
    sums[2] = ddS;
    sums[3] = dLog;
    sums[4] = ddLog;
  };

  let v = 1;
  const residualCurve: GammaCurve = {
    slope: 0,
    curvature: 0,
    last: Number.NaN,
    move(u) {
      differentiate(Math.exp(u));
      residualCurve.slope = sums[3] + sums[1] / v;
      residualCurve.curvature = sums[4] + sums[2] / v;
    },
    value(u) {
      const gamma = Math.exp(u);
      return n * (Math.log((v / S0) * n) - 1) + logDet(gamma) + quadratic(gamma) / v;
    },
    slopeAtZero: () => sumMu + slopeOfS0 / v,
    slopeOnGrid: (g) => spaceGrid[g].sumH + gridSlopeOfS[g] / v,
  };

  let a2 = 1;
  const randomCurve: GammaCurve = {
    slope: 0,
    curvature: 0,
    last: Number.NaN,
    move(u) {
      // gamma S has the derivatives gamma (S + S') and gamma (S + 2 S' + S'').
      const gamma = Math.exp(u);
      differentiate(gamma);
      const scale = gamma / a2;
      randomCurve.slope = sums[3] - n + scale * (sums[0] + sums[1]);
      randomCurve.curvature = sums[4] + scale * (sums[0] + 2 * sums[1] + sums[2]);
    },
    value(u) {
      const gamma = Math.exp(u);
      return n * (Math.log((a2 / S0) * n) - u - 1) + logDet(gamma) + (gamma / a2) * quadratic(gamma);
    },
    slopeAtZero: () => Number.NEGATIVE_INFINITY,
    slopeOnGrid: (g) => spaceGrid[g].sumH - n + (Math.exp(grid[g]) / a2) * (gridS[g] + gridSlopeOfS[g]),
  };

  let row = 0; // column * Q
  let variance00 = 0; // l'(X'X)^-1 l
  let delta0 = 0; // c - l'b_ols
  const coefficientCurve: GammaCurve = {
    slope: 0,
    curvature: 0,
    last: Number.NaN,
    move(u) {
      const gamma = Math.exp(u);
      differentiate(gamma);
      let delta = delta0;
      let dDelta = 0;
      let ddDelta = 0;
      let variance = variance00;
      let dVariance = 0;
      let ddVariance = 0;
      for (let j = 0; j < Q; j++) {
        const gl = gamma * lambda[j];
        const t = 1 / (1 + gl);
        const kj = K[row + j];
        const one = kj * gamma * t;
        const two = one * t;
        const three = two * (1 - 2 * gl * t);
        variance += kj * one;
        dVariance += kj * two;
        ddVariance += kj * three;
        if (j < zeros) continue; // w = 0
        delta += w[j] * one;
        dDelta += w[j] * two;
        ddDelta += w[j] * three;
      }
      const ratio = delta / variance;
      const share = dVariance / variance;
      const E = delta * ratio;
      const dE = 2 * ratio * dDelta - E * share;
      const ddE =
        (2 * (dDelta * dDelta)) / variance +
        2 * ratio * ddDelta -
        4 * ratio * dDelta * share +
        E * (2 * share * share - ddVariance / variance);
      const total = sums[0] + E;
      const relative = (sums[1] + dE) / total;
      coefficientCurve.slope = sums[3] + n * relative;
      coefficientCurve.curvature = sums[4] + n * ((sums[2] + ddE) / total - relative * relative);
    },
    value(u) {
      const gamma = Math.exp(u);
      let delta = delta0;
      let variance = variance00;
      for (let j = 0; j < Q; j++) {
        const one = (K[row + j] * gamma) / (1 + gamma * lambda[j]);
        variance += K[row + j] * one;
        delta += w[j] * one;
      }
      return logDet(gamma) + n * Math.log((quadratic(gamma) + (delta * delta) / variance) / S0);
    },
    slopeAtZero() {
      let dDelta = 0;
      let dVariance = 0;
      for (let j = 0; j < Q; j++) {
        dDelta += K[row + j] * w[j];
        dVariance += K[row + j] ** 2;
      }
      const ratio = delta0 / variance00;
      const dE = 2 * ratio * dDelta - ratio * ratio * dVariance;
      return sumMu + (n * (slopeOfS0 + dE)) / (S0 + delta0 * ratio);
    },
    slopeOnGrid(g) {
      const delta = delta0 + gridDelta[g];
      const ratio = delta / gridVariance[g];
      const dE = 2 * ratio * gridSlopeOfDelta[g] - ratio * ratio * gridSlopeOfVariance[g];
      return spaceGrid[g].sumH + (n * (gridSlopeOfS[g] + dE)) / (gridS[g] + delta * ratio);
    },
  };

  function sumOnGrid(): void {
    for (let g = 0; g < points; g++) {
      const { t } = spaceGrid[g];
      gridS[g] = within;
      gridSlopeOfS[g] = 0;
      for (let j = 0; j < J; j++) {
        const zt = z2[j] * t[j];
        gridS[g] += zt;
        gridSlopeOfS[g] -= zt * (1 - t[j]);
      }
    }
  }

  function sumColumnOnGrid(column: number): void {
    gridColumn = column;
    row = column * Q;
    variance00 = variance0[column];
    let estimate = 0;
    for (let i = 0; i < p; i++) estimate += rows[column * p + i] * qty[i];
    leastSquares = estimate;
    for (let g = 0; g < points; g++) {
      const gamma = Math.exp(grid[g]);
      gridDelta[g] = 0;
      gridSlopeOfDelta[g] = 0;
      gridVariance[g] = variance00;
      gridSlopeOfVariance[g] = 0;
      for (let j = 0; j < Q; j++) {
        const t = j < zeros ? 1 : spaceGrid[g].t[j - zeros];
        const one = K[row + j] * gamma * t;
        gridVariance[g] += K[row + j] * one;
        gridSlopeOfVariance[g] += K[row + j] * one * t;
        gridDelta[g] += w[j] * one;
        gridSlopeOfDelta[g] += w[j] * one * t;
      }
    }
  }

  return {
    load(response, responses, k) {
      ({ w, z2, within } = response);
      qty = responses.qty.subarray(k * p, (k + 1) * p);
      S0 = quadratic(0);
      slopeOfS0 = 0;
      for (let j = 0; j < J; j++) slopeOfS0 -= z2[j] * positive[j];
      sumOnGrid();
      gridColumn = -1;
      for (const curve of [residualCurve, randomCurve, coefficientCurve]) curve.last = Number.NaN;
    },
    deviance(u) {
      const gamma = Math.exp(u);
      return logDet(gamma) + n * Math.log(quadratic(gamma) / S0);
    },
    coefficient(column, c) {
      if (column !== gridColumn) sumColumnOnGrid(column);
      delta0 = c - leastSquares;
      return lowestValue(coefficientCurve, grid);
    },
    residual(variance) {
      v = variance;
      return lowestValue(residualCurve, grid);
    },
    random(a) {
      if (a === 0) return 0; // gamma = 0 and the residual variance at its minimum
      a2 = a * a;
      return lowestValue(randomCurve, grid);
    },
  };
}
