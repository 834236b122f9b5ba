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
export function lowestValue(curve: GammaCurve, grid: ArrayLike<number>): number {
  const atZero = curve.slopeAtZero();
  let best = atZero >= 0 ? curve.value(Number.NEGATIVE_INFINITY) : Number.POSITIVE_INFINITY;
  let falling = atZero < 0;
  let from = Number.NEGATIVE_INFINITY;
  for (let g = 0; g < grid.length + FAR_STEPS; g++) {
    if (g >= grid.length && !falling) break;
    const u = g < grid.length ? grid[g] : from + FAR_STEP;
    curve.move(u);
    const rising = curve.slope >= 0;
    if (falling && rising) {
      const low = from === Number.NEGATIVE_INFINITY ? fallingBelow(curve, u) : from;
      best = Math.min(best, curve.value(minimumBetween(curve, low, u)));
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
function minimumBetween(curve: GammaCurve, from: number, to: number): number {
  let low = from;
  let high = to;
  let u = 0.5 * (low + high);
  for (let k = 0; k < MAXIMAL_ITERATIONS; k++) {
    curve.move(u);
    if (curve.slope < 0) low = u;
    else high = u;
    let next = u - curve.slope / curve.curvature;
    if (!(curve.curvature > 0 && next >= low && next <= high)) next = 0.5 * (low + high);
    const step = Math.abs(next - u);
    u = next;
    if (step < NEGLIGIBLE_STEP) break;
  }
  return u;
}
