/**
 * Where a profile crosses its limit. With D(x) the profiled deviance and D^ its minimum, the signed root
 * zeta(x) = sqrt(D(x) - D^) is nearly a straight line in x (D. M. Bates and D. G. Watts, Nonlinear Regression Analysis,
 * 1988, section 6.1), so that secants between bracketing points settle in a handful of evaluations.
 */
export interface Crossing {
  /** Minimiser of D. */
  readonly from: number;
  /** First guess of the crossing; its side says which way to go. */
  readonly guess: number;
  /** End of the parameter's range on that side; where D stays below the limit up to there, it is the bound. */
  readonly end: number;
  /** The value of zeta sought: a normal quantile. */
  readonly z: number;
}

/** zeta is found to this share of z: the bound then has seven digits of the interval's half width. */
const TOLERANCE = 1e-8;
/** A deviance this far below the minimum is another, lower minimum; less is rounding. */
const LOWER_MINIMUM = 1e-6;
const MAXIMAL_EXPANSIONS = 60;
const MAXIMAL_STEPS = 80;
/** Largest factor by which the distance from the minimum grows at once. */
const LARGEST_EXPANSION = 4;

/**
 * The nearest x on the guess's side of the minimum at which the profile reaches the limit, or `end`. `excess` returns
 * D(x) - D^, NaN where D cannot be formed. NaN where the profile fails, does not reach the limit in range, or finds a
 * minimum below D^.
 */
export function findCrossing(excess: (x: number) => number, { from, guess, end, z }: Crossing): number {
  const evaluate = (x: number): number => {
    const value = excess(x);
    return value < -LOWER_MINIMUM ? Number.NaN : Math.sqrt(Math.max(0, value)) - z;
  };
  const within = (x: number): number => (end >= from ? Math.min(x, end) : Math.max(x, end));
  const small = TOLERANCE * z;
  let low = from; // zeta below z
  let fLow = -z;
  let high = within(guess);
  let fHigh = evaluate(high);
  for (let k = 0; fHigh < -small; k++) {
    if (high === end) return end;
    if (k >= MAXIMAL_EXPANSIONS) return Number.NaN;
    const slope = (fHigh - fLow) / (high - low);
    const secant = high - fHigh / slope;
    const distance = Math.abs(high - from);
    const sign = Math.sign(high - from);
    // A little beyond the secant, so that the next point brackets.
    const wanted = Number.isFinite(secant) ? Math.abs(secant - from) * 1.02 : Number.POSITIVE_INFINITY;
    low = high;
    fLow = fHigh;
    const grown = Math.min(Math.max(wanted, 1.1 * distance), LARGEST_EXPANSION * distance);
    high = within(from + sign * grown);
    fHigh = evaluate(high);
  }
  if (Number.isNaN(fHigh)) return Number.NaN;
  if (fHigh <= small) return high;
  let kept = 0;
  for (let k = 0; k < MAXIMAL_STEPS; k++) {
    // Illinois: the false position, halving the value of an end that stays.
    let x = low + ((high - low) * fLow) / (fLow - fHigh);
    if (!(Math.min(low, high) <= x && x <= Math.max(low, high))) x = 0.5 * (low + high);
    const f = evaluate(x);
    if (Number.isNaN(f)) return Number.NaN;
    if (Math.abs(f) <= small || Math.abs(high - low) <= 1e-14 * Math.max(Math.abs(low), Math.abs(high))) return x;
    if (f < 0) {
      low = x;
      fLow = f;
      if (kept === 1) fHigh *= 0.5;
      kept = 1;
    } else {
      high = x;
      fHigh = f;
      if (kept === -1) fLow *= 0.5;
      kept = -1;
    }
  }
  return 0.5 * (low + high);
}
