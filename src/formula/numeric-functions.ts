/** Functions of one number that formulas may call; a missing value (NaN) stays missing. */

/** Functions of one number, by R's names. */
export const NUMERIC_FUNCTIONS: ReadonlyMap<string, (x: number) => number> = new Map([
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['log1p', Math.log1p],
  ['sqrt', Math.sqrt],
  ['exp', Math.exp],
  ['abs', Math.abs],
  ['sign', Math.sign],
  ['floor', Math.floor],
  ['ceiling', Math.ceil],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
  ['asin', Math.asin],
  ['acos', Math.acos],
  ['atan', Math.atan],
  ['tanh', Math.tanh],
  ['sinpi', sinpi],
  ['cospi', cospi],
]);

/** sin(pi x), exact at multiples of one half. */
function sinpi(x: number): number {
  const rest = x % 2; // exact, in (-2, 2)
  const turn = rest <= -1 ? rest + 2 : rest > 1 ? rest - 2 : rest;
  if (turn === 0 || turn === 1) return 0;
  if (Math.abs(turn) === 0.5) return Math.sign(turn);
  return Math.sin(Math.PI * turn);
}

/** cos(pi x), exact at multiples of one half. */
function cospi(x: number): number {
  const turn = Math.abs(x % 2);
  if (turn === 0.5 || turn === 1.5) return 0;
  if (turn === 1) return -1;
  return Math.cos(Math.PI * turn);
}

/** Significant digits that a double carries whatever its value. */
const DOUBLE_DIGITS = 15;

/**
 * The nearer of the two numbers with so many decimal places on either side of x, both as doubles; the even one where they
 * are equally near (R's rule since 4.0.0).
 */
export function roundTo(x: number, digits: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  // the middle of the binade of x, as R estimates how many digits stand before the point
  const before = Math.LOG10E * Math.LN2 * (0.5 + Math.floor(Math.log2(Math.abs(x))));
  if (digits > 0 && digits + before > DOUBLE_DIGITS) return x;
  if (digits < -before - 1) return 0;
  const power = 10 ** Math.abs(digits);
  const [up, down] = digits >= 0 ? [power, 1] : [1, power];
  const below = Math.floor((x * up) / down);
  const [low, high] = [below, Math.ceil((x * up) / down)].map((whole) => (whole * down) / up);
  const [fromLow, toHigh] = [x - low, high - x];
  return fromLow < toHigh || (fromLow === toHigh && below % 2 === 0) ? low : high;
}
