import { CERTIFICATE } from './screen.ts';

/**
 * Minimises the profiled criterion of a model with one scalar random term over u = log gamma, gamma = theta^2.
 *
 * With z_j^2 = w_j^2 / lambda_j, t = 1 / (1 + gamma lambda), h = 1 - t:
 *
 *     S(u)    = r_w + sum z^2 t                                  residual quadratic form
 *     f - f0  = sum log(1 + gamma mu) + d log(S / S(0))          mu = lambda (REML) or the eigenvalues of Z'WZ (ML)
 *     f'      = sum h_mu - d A,   A = sum z^2 h t / S
 *     f''     = sum h_mu t_mu - d (sum z^2 h t (1 - 2 h) / S + A^2)
 *
 * All sums are of positive terms. A coarse grid, whose t_j are computed once per design, finds every bracket of a
 * minimum, so that a second optimum (it exists in tiny designs) is not missed; Newton's method, kept inside the
 * bracket, does the rest. gamma = 0 is a minimum when the slope there in gamma is not negative.
 */
export interface SpectralSpace {
  /** Non-zero eigenvalues of Z'MZ, length J. */
  readonly lambda: Float64Array;
  /** Eigenvalues in the log-determinant: lambda for REML, those of Z'WZ for ML. */
  readonly mu: Float64Array;
  /** n - p for REML, n for ML. */
  readonly d: number;
  readonly grid: readonly { readonly u: number; readonly t: Float64Array; readonly sumH: number }[];
  readonly sumMu: number;
}

export interface SpectralOptimum {
  gamma: number;
  u: number;
  S: number;
  /** Criterion relative to gamma = 0. */
  difference: number;
  /** d log S / du with the sign turned: A. */
  A: number;
  slope: number;
  curvature: number;
  evaluations: number;
  converged: boolean;
}

export function emptyOptimum(): SpectralOptimum {
  return {
    gamma: 0,
    u: 0,
    S: 0,
    difference: 0,
    A: 0,
    slope: 0,
    curvature: 0,
    evaluations: 0,
    converged: false,
  };
}

/** Grid of log10(gamma * mean(lambda)). */
export const GRID_DECADES = [-3, -2, -1, -0.25, 0.5, 1.25, 2, 3, 4.5] as const;
const MAXIMAL_ITERATIONS = 60;
/** A search on another machine must have come this near in log gamma, and end after so many steps, for its point to be finished. */
const FINISHING_STEP = 0.5;
const FINISHING_STEPS = 3;
/** A further step of this size in log gamma would be lost in the rounding of what is computed from it. */
const NEGLIGIBLE_STEP = 1e-10;
/** The finish ends this near the minimum, or not at all. */
const SETTLED_STEP = 1e-7;

export function spectralSpace(lambda: Float64Array, mu: Float64Array, d: number): SpectralSpace {
  let mean = 0;
  for (const value of lambda) mean += value / lambda.length;
  const grid = GRID_DECADES.map((decade) => {
    const gamma = 10 ** decade / mean;
    const t = Float64Array.from(lambda, (value) => 1 / (1 + gamma * value));
    let sumH = 0;
    for (const value of mu) sumH += (gamma * value) / (1 + gamma * value);
    return { u: Math.log(gamma), t, sumH };
  });
  let sumMu = 0;
  for (const value of mu) sumMu += value;
  return { lambda, mu, d, grid, sumMu };
}

/** Fills `out` with the lowest minimum. `z2` has length J; `rw` is the residual sum of squares inside the levels. */
export function searchSpectral(space: SpectralSpace, z2: Float64Array, rw: number, out: SpectralOptimum): void {
  const { lambda, grid, d, sumMu } = space;
  const J = lambda.length;
  let S0 = rw;
  let slope0 = 0;
  for (let j = 0; j < J; j++) {
    S0 += z2[j];
    slope0 += z2[j] * lambda[j];
  }
  slope0 = sumMu - (d * slope0) / S0; // derivative in gamma at gamma = 0
  out.evaluations = 1;
  let bestDifference = slope0 >= 0 ? 0 : Number.POSITIVE_INFINITY;
  let bestU = Number.NEGATIVE_INFINITY;
  let previousU = Number.NEGATIVE_INFINITY;
  let previousSlope = slope0;
  for (let g = 0; g <= grid.length; g++) {
    let u: number;
    let slope: number;
    if (g < grid.length) {
      u = grid[g].u;
      slope = gridSlope(grid[g].t, grid[g].sumH, z2, rw, d, J);
    } else {
      if (previousSlope >= 0) break;
      u = previousU;
      do {
        u += Math.log(100);
        evaluate(space, z2, rw, u, out);
        out.evaluations++;
      } while (out.slope < 0 && u - previousU < 50);
      slope = out.slope;
      if (slope < 0) break; // falls for ever: the residual variance is zero, and the caller has screened that
    }
    if (previousSlope < 0 && slope >= 0) {
      const low = previousU === Number.NEGATIVE_INFINITY ? lowerBracket(space, z2, rw, u, out) : previousU;
      refine(space, z2, rw, low, u, previousSlope, slope, previousU === Number.NEGATIVE_INFINITY, out);
      const difference = criterionDifference(space, z2, rw, out.u, S0);
      if (difference < bestDifference) {
        bestDifference = difference;
        bestU = out.u;
      }
    }
    previousU = u;
    previousSlope = slope;
  }
  if (bestU === Number.NEGATIVE_INFINITY) {
    setBoundary(S0, out);
    out.converged = slope0 >= 0;
    return;
  }
  evaluate(space, z2, rw, bestU, out);
  out.difference = bestDifference;
  out.converged = out.curvature > 0 && (out.slope * out.slope) / (2 * out.curvature) <= CERTIFICATE;
}

/**
 * Finishes in float64 a minimum that was searched elsewhere: `u` is its log gamma, -Infinity for gamma = 0. False where
 * the point does not hold: the slope at gamma = 0 contradicts it, the curvature is not positive, Newton's method does
 * not settle nearby, or gamma = 0 is lower. `out` then means nothing. Evaluations are added to those in `out`.
 */
export function finishSpectral(
  space: SpectralSpace,
  z2: Float64Array,
  rw: number,
  u: number,
  out: SpectralOptimum,
): boolean {
  const { lambda, d, sumMu } = space;
  let S0 = rw;
  let slope0 = 0;
  for (let j = 0; j < lambda.length; j++) {
    S0 += z2[j];
    slope0 += z2[j] * lambda[j];
  }
  slope0 = sumMu - (d * slope0) / S0;
  if (u === Number.NEGATIVE_INFINITY) {
    setBoundary(S0, out);
    out.converged = true;
    return slope0 >= 0;
  }
  let at = u;
  let step = 0;
  for (let k = 0; k <= FINISHING_STEPS; k++) {
    at += step;
    evaluate(space, z2, rw, at, out);
    out.evaluations++;
    step = -out.slope / out.curvature;
    if (!(out.curvature > 0 && Math.abs(step) < FINISHING_STEP)) return false;
    if (Math.abs(step) < NEGLIGIBLE_STEP) break;
  }
  // The certificate alone would let pass what is not yet known to the digits that users get.
  if (Math.abs(step) > SETTLED_STEP) return false;
  out.difference = criterionDifference(space, z2, rw, at, S0);
  out.converged = (out.slope * out.slope) / (2 * out.curvature) <= CERTIFICATE;
  return out.converged && (slope0 < 0 || out.difference < 0);
}

/** Stands at log gamma = u, -Infinity for gamma = 0, without a step; false where there is no minimum to be. */
export function standSpectral(
  space: SpectralSpace,
  z2: Float64Array,
  rw: number,
  u: number,
  out: SpectralOptimum,
): boolean {
  let S0 = rw;
  for (const value of z2) S0 += value;
  out.evaluations++;
  if (u === Number.NEGATIVE_INFINITY) {
    setBoundary(S0, out);
    out.converged = true;
    return true;
  }
  evaluate(space, z2, rw, u, out);
  out.difference = criterionDifference(space, z2, rw, u, S0);
  out.converged = (out.slope * out.slope) / (2 * out.curvature) <= CERTIFICATE;
  return out.curvature > 0;
}

function setBoundary(S0: number, out: SpectralOptimum): void {
  out.gamma = 0;
  out.u = Number.NEGATIVE_INFINITY;
  out.S = S0;
  out.A = 0;
  out.difference = 0;
  out.slope = 0;
  out.curvature = 0;
}

function gridSlope(t: Float64Array, sumH: number, z2: Float64Array, rw: number, d: number, J: number): number {
  let S = rw;
  let zht = 0;
  for (let j = 0; j < J; j++) {
    const zt = z2[j] * t[j];
    S += zt;
    zht += zt * (1 - t[j]);
  }
  return sumH - (d * zht) / S;
}

/** A point below `high` where the criterion falls: goes down by factors of 100 in gamma. */
function lowerBracket(space: SpectralSpace, z2: Float64Array, rw: number, high: number, out: SpectralOptimum): number {
  let u = high;
  for (let k = 0; k < 12; k++) {
    u -= Math.log(100);
    evaluate(space, z2, rw, u, out);
    out.evaluations++;
    if (out.slope < 0) return u;
  }
  return u;
}

function refine(
  space: SpectralSpace,
  z2: Float64Array,
  rw: number,
  from: number,
  to: number,
  slopeFrom: number,
  slopeTo: number,
  bisectFirst: boolean,
  out: SpectralOptimum,
): void {
  let low = from;
  let high = to;
  let u = bisectFirst ? 0.5 * (low + high) : low + ((high - low) * slopeFrom) / (slopeFrom - slopeTo);
  if (!(u > low && u < high)) u = 0.5 * (low + high);
  let lastStep = Number.POSITIVE_INFINITY;
  for (let k = 0; k < MAXIMAL_ITERATIONS; k++) {
    evaluate(space, z2, rw, u, out);
    out.evaluations++;
    const { slope, curvature } = out;
    if (slope < 0) low = u;
    else high = u;
    let next = u - slope / curvature;
    const newton = curvature > 0 && next >= low && next <= high;
    if (!newton) next = 0.5 * (low + high);
    const step = Math.abs(next - u);
    // Past the point where steps still shrink only rounding is left.
    if (newton && (step < 1e-12 || (step < 1e-7 && step >= 0.5 * lastStep))) break;
    if (high - low < 1e-13 * Math.max(1, Math.abs(u))) break;
    lastStep = newton ? step : Number.POSITIVE_INFINITY;
    if (newton && step < 1e-6) {
      u = next; // quadratic convergence: the next error is below 1e-12
      break;
    }
    u = next;
  }
  out.u = u;
}

/** Fills gamma, u, S, A, slope and curvature of `out` at a finite u. */
export function evaluate(space: SpectralSpace, z2: Float64Array, rw: number, u: number, out: SpectralOptimum): void {
  const { lambda, mu, d } = space;
  const gamma = Math.exp(u);
  let S = rw;
  let zht = 0;
  let zht2 = 0;
  let sumH = 0;
  let sumHT = 0;
  const J = lambda.length;
  const same = mu === lambda;
  for (let j = 0; j < J; j++) {
    const gl = gamma * lambda[j];
    const t = 1 / (1 + gl);
    const h = gl * t;
    const zt = z2[j] * t;
    const ht = zt * h;
    S += zt;
    zht += ht;
    zht2 += ht * (1 - 2 * h);
    if (same) {
      sumH += h;
      sumHT += h * t;
    }
  }
  if (!same) {
    for (let j = 0; j < mu.length; j++) {
      const gm = gamma * mu[j];
      const t = 1 / (1 + gm);
      sumH += gm * t;
      sumHT += gm * t * t;
    }
  }
  const A = zht / S;
  out.gamma = gamma;
  out.u = u;
  out.S = S;
  out.A = A;
  out.slope = sumH - d * A;
  out.curvature = sumHT - d * (zht2 / S + A * A);
}

function criterionDifference(space: SpectralSpace, z2: Float64Array, rw: number, u: number, S0: number): number {
  const { lambda, mu, d } = space;
  const gamma = Math.exp(u);
  let D = 0;
  for (let j = 0; j < lambda.length; j++) {
    const gl = gamma * lambda[j];
    D += (z2[j] * gl) / (1 + gl);
  }
  let logDet = 0;
  for (let j = 0; j < mu.length; j++) logDet += Math.log1p(gamma * mu[j]);
  // log1p keeps the digits of small differences, the direct sum those of large ones.
  if (D < 0.5 * S0) return logDet + d * Math.log1p(-D / S0);
  let direct = rw;
  for (let j = 0; j < lambda.length; j++) direct += z2[j] / (1 + gamma * lambda[j]);
  return logDet + d * Math.log(direct / S0);
}
