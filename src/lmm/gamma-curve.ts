/** A criterion over u = log gamma, gamma >= 0 the relative variance of the only random effect. */
export interface GammaCurve {
  /** First and second derivative in u at the point last moved to. */
  slope: number;
  curvature: number;
  move(u: number): void;
  /** The criterion at u; -Infinity stands for gamma = 0. */
  value(u: number): number;
  /** Derivative in gamma at gamma = 0; -Infinity where the criterion has no value there. */
  slopeAtZero(): number;
  /** Derivative in u at point g of the grid: cheap, from sums that do not change between searches. */
  slopeOnGrid(g: number): number;
  /** Where the last minimum was; NaN before. */
  last: number;
}

/** Steps of the search beyond the grid, each a factor of 100 in gamma. */
const FAR_STEP = Math.log(100);
const FAR_STEPS = 20;
const MAXIMAL_ITERATIONS = 50;
/** A step in log gamma that changes the value at the minimum by less than rounding: half its square times the curvature. */
const NEGLIGIBLE_STEP = 1e-7;

/**
 * The lowest value of a curve. Every bracket of a minimum between points of the ascending grid is refined, and gamma = 0
 * counts where the curve rises from there: small designs have two minima.
 */
export function lowestValue(curve: GammaCurve, grid: Float64Array): number {
  const atZero = curve.slopeAtZero();
  const guess = curve.last;
  let best = Number.POSITIVE_INFINITY;
  if (atZero >= 0) {
    best = curve.value(Number.NEGATIVE_INFINITY);
    curve.last = Number.NEGATIVE_INFINITY;
  }
  let falling = atZero < 0;
  let from = Number.NEGATIVE_INFINITY;
  for (let g = 0; g < grid.length + FAR_STEPS; g++) {
    if (g >= grid.length && !falling) break;
    const u = g < grid.length ? grid[g] : from + FAR_STEP;
    let rising: boolean;
    if (g < grid.length) rising = curve.slopeOnGrid(g) >= 0;
    else {
      curve.move(u);
      rising = curve.slope >= 0;
    }
    if (falling && rising) {
      const low = from === Number.NEGATIVE_INFINITY ? fallingBelow(curve, u) : from;
      const at = minimumBetween(curve, low, u, guess);
      const value = curve.value(at);
      if (value < best) {
        best = value;
        curve.last = at;
      }
    }
    falling = !rising;
    from = u;
  }
  return best;
}

/** A point below `high` where the curve falls. */
function fallingBelow(curve: GammaCurve, high: number): number {
  let u = high;
  for (let k = 0; k < FAR_STEPS; k++) {
    u -= FAR_STEP;
    curve.move(u);
    if (curve.slope < 0) break;
  }
  return u;
}

/** Newton's method kept between a point where the curve falls and one where it rises. */
function minimumBetween(curve: GammaCurve, from: number, to: number, guess: number): number {
  let low = from;
  let high = to;
  let u = guess > low && guess < high ? guess : 0.5 * (low + high);
  for (let k = 0; k < MAXIMAL_ITERATIONS; k++) {
    curve.move(u);
    if (curve.slope < 0) low = u;
    else high = u;
    let next = u - curve.slope / curve.curvature;
    const newton = curve.curvature > 0 && next >= low && next <= high;
    if (!newton) next = 0.5 * (low + high);
    const step = Math.abs(next - u);
    u = next;
    // Convergence is quadratic: behind a step of 1e-4 by Newton's method lies one far below what the value can show.
    if (step < NEGLIGIBLE_STEP || (newton && step < SETTLING_STEP)) break;
  }
  return u;
}

const SETTLING_STEP = 1e-4;
