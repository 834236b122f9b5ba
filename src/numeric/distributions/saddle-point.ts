/**
 * Pieces of densities that stay exact for shapes up to millions and far into the tails, after C. Loader, "Fast and
 * accurate computation of binomial probabilities" (2000): the error of Stirling's formula, and deviances that are
 * formed from the small difference of observed and expected, never from logarithms of large numbers.
 */

/** From here on the asymptotic series has all digits. */
const LARGE_SHAPE = 15;

/** log Gamma(a + 1) - (a + 1/2) log a + a - log(2 pi)/2, for a > 0. */
export function stirlingError(a: number): number {
  let shape = a;
  let sum = 0;
  // delta(a) = delta(a + 1) + (a + 1/2) log(1 + 1/a) - 1
  while (shape < LARGE_SHAPE) {
    sum += (shape + 0.5) * Math.log1p(1 / shape) - 1;
    shape += 1;
  }
  const v = 1 / (shape * shape);
  const series =
    (1 / 12 - v * (1 / 360 - v * (1 / 1260 - v * (1 / 1680 - v * (1 / 1188 - v * (691 / 360360 - v / 156)))))) / shape;
  return sum + series;
}

/** Beyond it log(1 + u) - u loses no digits. */
const SMALL = 0.4;

/** log(1 + u) - u, without cancellation; `onePlus` is 1 + u, given apart because u near -1 no longer tells it. */
export function logOnePlusLessU(u: number, onePlus: number): number {
  if (Math.abs(u) > SMALL) return Math.log(onePlus) - u;
  // With r = u / (2 + u): log(1 + u) = 2 (r + r^3/3 + r^5/5 + ...) and 2 r - u = -u r.
  const r = u / (2 + u);
  const r2 = r * r;
  let term = 2 * r * r2;
  let sum = 0;
  for (let k = 3; ; k += 2) {
    const next = sum + term / k;
    if (next === sum) return sum - u * r;
    sum = next;
    term *= r2;
  }
}
