/**
 * The two quantities out of which densities of the gamma and beta families are put together without cancellation
 * (C. Loader, "Fast and accurate computation of binomial probabilities", 2000).
 */

/** From here on six terms of Stirling's series reach double precision. */
const ASYMPTOTIC = 16;

/** Binet's function: log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2, for x > 0. */
export function binet(x: number): number {
  let shift = 0;
  let y = x;
  while (y < ASYMPTOTIC) {
    shift += (y + 0.5) * Math.log1p(1 / y) - 1;
    y++;
  }
  const v = 1 / (y * y);
  return shift + (1 / 12 - v * (1 / 360 - v * (1 / 1260 - v * (1 / 1680 - v * (1 / 1188 - (v * 691) / 360360))))) / y;
}

/** x log(x / m) + m - x for x, m > 0, without cancellation where x is near m. */
export function devianceTerm(x: number, m: number): number {
  const difference = x - m;
  if (Math.abs(difference) >= 0.1 * (x + m)) return x * Math.log(x / m) + m - x;
  // With v = (x - m) / (x + m): log(x / m) = 2 (v + v^3/3 + ...).
  const v = difference / (x + m);
  const square = v * v;
  let sum = difference * v;
  let power = 2 * x * v;
  for (let k = 1; k < 1000; k++) {
    power *= square;
    const next = sum + power / (2 * k + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
