/**
 * Derivatives of log Gamma at positive x: recurrence upwards to x >= 12, then the asymptotic series in 1/x^2
 * (Abramowitz and Stegun 6.3.5, 6.3.18, 6.4.6, 6.4.12). Absolute errors near 1e-15 of the largest term.
 */

/** From here on eight terms of the series reach double precision. */
const ASYMPTOTIC = 12;

/** psi(x), the derivative of log Gamma. */
export function digamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < ASYMPTOTIC) shift += 1 / y++;
  const v = 1 / (y * y);
  const series =
    v *
    (1 / 12 -
      v *
        (1 / 120 -
          v * (1 / 252 - v * (1 / 240 - v * (1 / 132 - v * (691 / 32760 - v * (1 / 12 - (v * 3617) / 8160)))))));
  return Math.log(y) - 0.5 / y - series - shift;
}

/** psi'(x). */
export function trigamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < ASYMPTOTIC) {
    shift += 1 / (y * y);
    y++;
  }
  const v = 1 / (y * y);
  const series =
    v *
    (1 / 6 -
      v * (1 / 30 - v * (1 / 42 - v * (1 / 30 - v * (5 / 66 - v * (691 / 2730 - v * (7 / 6 - (v * 3617) / 510)))))));
  return (1 + 0.5 / y + series) / y + shift;
}

/** psi''(x), negative. */
export function tetragamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < ASYMPTOTIC) {
    shift -= 2 / (y * y * y);
    y++;
  }
  const v = 1 / (y * y);
  const series =
    v *
    (1 / 2 - v * (1 / 6 - v * (1 / 6 - v * (3 / 10 - v * (5 / 6 - v * (691 / 210 - v * (35 / 2 - (v * 3617) / 30)))))));
  return -v * (1 + 1 / y + series) + shift;
}

/** psi'''(x). */
export function pentagamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < ASYMPTOTIC) {
    const square = y * y;
    shift += 6 / (square * square);
    y++;
  }
  const v = 1 / (y * y);
  const series = v * (2 - v * (1 - v * (4 / 3 - v * (3 - v * (10 - v * (691 / 15 - v * (280 - (v * 10851) / 5)))))));
  return (v / y) * (2 + 3 / y + series) + shift;
}

/** Beyond these psi' is 1/x^2 (large values) or 1/x (small ones) to eight digits, where limma stops too. */
const LARGE = 1e7;
const SMALL = 1e-6;

/**
 * The y > 0 with psi'(y) = x. Newton on 1 / psi'(y), which is convex and nearly linear, from a start that lies below the
 * root (Smyth 2004, appendix). NaN for x < 0.
 */
export function trigammaInverse(x: number): number {
  if (!(x >= 0)) return Number.NaN;
  if (x > LARGE) return 1 / Math.sqrt(x);
  if (x < SMALL) return 1 / x;
  let y = 0.5 + 1 / x;
  for (let step = 0; step < 50; step++) {
    const value = trigamma(y);
    const change = (value * (1 - value / x)) / tetragamma(y);
    y += change;
    if (Math.abs(change) < 1e-14 * y) break;
  }
  return y;
}
