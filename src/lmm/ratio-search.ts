import { CERTIFICATE } from './screen.ts';

/**
 * Minimises the profiled criterion f of a model with one scalar random term over u = log gamma, gamma = theta^2. The slope
 * at the points of a coarse grid, save where its sign is proved beforehand (`steadyTo`, `risesFrom`), finds every bracket of a
 * minimum, so that a second optimum (it exists in tiny designs) is not missed; Newton's method, kept inside the bracket, does
 * the rest. gamma = 0 is a minimum when the slope there in gamma is not negative.
 */
export interface RatioProfile {
  /** u at the points of the grid, increasing. */
  readonly grid: Float64Array;
  /** df/dgamma at gamma = 0. */
  slopeAtZero(): number;
  /** df/du at point g of the grid. */
  slopeOnGrid(g: number): number;
  /** A u up to which the slope provably keeps the sign of `slope0`, the slope at zero: points of the grid below are passed over. */
  steadyTo?(slope0: number): number;
  /** Whether the criterion provably rises from point g, the last that was asked for, to the end of the grid. */
  risesFrom?(g: number): boolean;
  /** Fills `gamma`, `u`, `S`, `A`, `slope` and `curvature`. */
  evaluate(u: number, out: RatioOptimum): void;
  /** f(u) - f(gamma = 0). */
  difference(u: number): number;
  /** S at gamma = 0. */
  readonly S0: number;
}

export interface RatioOptimum {
  gamma: number;
  u: number;
  /** y'P y. */
  S: number;
  /** Criterion relative to gamma = 0. */
  difference: number;
  /** d log S / du with the sign turned. */
  A: number;
  /** df/du and d2f/du2. */
  slope: number;
  curvature: number;
  evaluations: number;
  converged: boolean;
}

export function emptyOptimum(): RatioOptimum {
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

/** Grid of log10(gamma lambda), lambda the mean of the eigenvalues of Z'MZ that are not zero. */
export const GRID_DECADES = [-3, -2, -1, -0.25, 0.5, 1.25, 2, 3, 4.5] as const;
const MAXIMAL_ITERATIONS = 60;
/** A search on another machine must have come this near in log gamma, and end after so many steps, for its point to be finished. */
const FINISHING_STEP = 0.5;
const FINISHING_STEPS = 3;
/** A further step of this size in log gamma would be lost in the rounding of what is computed from it. */
const NEGLIGIBLE_STEP = 1e-10;
/** The finish ends this near the minimum, or not at all. */
const SETTLED_STEP = 1e-7;

/** Fills `out` with the lowest minimum. */
export function searchRatio(profile: RatioProfile, out: RatioOptimum): void {
  const { grid } = profile;
  const slope0 = profile.slopeAtZero();
  out.evaluations = 1;
  let bestDifference = slope0 >= 0 ? 0 : Number.POSITIVE_INFINITY;
  let bestU = Number.NEGATIVE_INFINITY;
  let previousU = Number.NEGATIVE_INFINITY;
  let previousSlope = slope0;
  const steady = profile.steadyTo?.(slope0) ?? Number.NEGATIVE_INFINITY;
  let risesOn = false;
  for (let g = 0; g <= grid.length && !risesOn; g++) {
    // Of points where the criterion falls the last is the lower end of a bracket.
    if (g + 1 < grid.length && grid[slope0 < 0 ? g + 1 : g] <= steady) continue;
    let u: number;
    let slope: number;
    if (g < grid.length) {
      u = grid[g];
      slope = profile.slopeOnGrid(g);
      risesOn = slope >= 0 && (profile.risesFrom?.(g) ?? false);
    } else {
      if (previousSlope >= 0) break;
      u = previousU;
      do {
        u += Math.log(100);
        profile.evaluate(u, out);
        out.evaluations++;
      } while (out.slope < 0 && u - previousU < 50);
      slope = out.slope;
      if (slope < 0) break; // falls for ever: the residual variance is zero, and the caller has screened that
    }
    if (previousSlope < 0 && slope >= 0) {
      const low = previousU === Number.NEGATIVE_INFINITY ? lowerBracket(profile, u, out) : previousU;
      refine(profile, low, u, previousSlope, slope, previousU === Number.NEGATIVE_INFINITY, out);
      const difference = profile.difference(out.u);
      if (difference < bestDifference) {
        bestDifference = difference;
        bestU = out.u;
      }
    }
    previousU = u;
    previousSlope = slope;
  }
  if (bestU === Number.NEGATIVE_INFINITY) {
    setBoundary(profile, out);
    out.converged = slope0 >= 0;
    return;
  }
  profile.evaluate(bestU, out);
  out.difference = bestDifference;
  out.converged = out.curvature > 0 && (out.slope * out.slope) / (2 * out.curvature) <= CERTIFICATE;
}

/**
 * Finishes in float64 a minimum that was searched elsewhere: `u` is its log gamma, -Infinity for gamma = 0. False where
 * the point does not hold: the slope at gamma = 0 contradicts it, the curvature is not positive, Newton's method does
 * not settle nearby, or gamma = 0 is lower. `out` then means nothing. Evaluations are added to those in `out`.
 */
export function finishRatio(profile: RatioProfile, u: number, out: RatioOptimum): boolean {
  const slope0 = profile.slopeAtZero();
  if (u === Number.NEGATIVE_INFINITY) {
    setBoundary(profile, out);
    out.converged = true;
    return slope0 >= 0;
  }
  let at = u;
  let step = 0;
  for (let k = 0; k <= FINISHING_STEPS; k++) {
    at += step;
    profile.evaluate(at, out);
    out.evaluations++;
    step = -out.slope / out.curvature;
    if (!(out.curvature > 0 && Math.abs(step) < FINISHING_STEP)) return false;
    if (Math.abs(step) < NEGLIGIBLE_STEP) break;
  }
  // The certificate alone would let pass what is not yet known to the digits that users get.
  if (Math.abs(step) > SETTLED_STEP) return false;
  out.difference = profile.difference(at);
  out.converged = (out.slope * out.slope) / (2 * out.curvature) <= CERTIFICATE;
  return out.converged && (slope0 < 0 || out.difference < 0);
}

/** Stands at log gamma = u, -Infinity for gamma = 0, without a step; false where there is no minimum to be. */
export function standRatio(profile: RatioProfile, u: number, out: RatioOptimum): boolean {
  out.evaluations++;
  if (u === Number.NEGATIVE_INFINITY) {
    setBoundary(profile, out);
    out.converged = true;
    return true;
  }
  profile.evaluate(u, out);
  out.difference = profile.difference(u);
  out.converged = (out.slope * out.slope) / (2 * out.curvature) <= CERTIFICATE;
  return out.curvature > 0;
}

/** The optimum at gamma = 0. */
export function setBoundary({ S0 }: RatioProfile, out: RatioOptimum): void {
  out.gamma = 0;
  out.u = Number.NEGATIVE_INFINITY;
  out.S = S0;
  out.A = 0;
  out.difference = 0;
  out.slope = 0;
  out.curvature = 0;
}

/** A point below `high` where the criterion falls: goes down by factors of 100 in gamma. */
function lowerBracket(profile: RatioProfile, high: number, out: RatioOptimum): number {
  let u = high;
  for (let k = 0; k < 12; k++) {
    u -= Math.log(100);
    profile.evaluate(u, out);
    out.evaluations++;
    if (out.slope < 0) return u;
  }
  return u;
}

function refine(
  profile: RatioProfile,
  from: number,
  to: number,
  slopeFrom: number,
  slopeTo: number,
  bisectFirst: boolean,
  out: RatioOptimum,
): void {
  let low = from;
  let high = to;
  let u = bisectFirst ? 0.5 * (low + high) : low + ((high - low) * slopeFrom) / (slopeFrom - slopeTo);
  if (!(u > low && u < high)) u = 0.5 * (low + high);
  let lastStep = Number.POSITIVE_INFINITY;
  for (let k = 0; k < MAXIMAL_ITERATIONS; k++) {
    profile.evaluate(u, out);
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
