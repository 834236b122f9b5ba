/**
 * c(z) = log(1 + z) / z for z >= 0 and its derivatives, finite at z = 0:
 *
 *     c(0) = 1      c' = -sum_j (-z)^j (j+1)/(j+2)      c'' = sum_j (-z)^j (j+1)(j+2)/(j+3)
 *
 * Closed forms lose digits like 1/z and 1/z^2, so that the series stands in for them near zero. Each takes what its
 * closed form is made of.
 */

/** Below this twelve terms of the series reach double precision. */
const SERIES = 0.03;

/** c(z), given log1p(z). */
export function log1pQuotient(z: number, log1p: number): number {
  return z > 0 ? log1p / z : 1;
}

/** c'(z), given 1 / (1 + z) and c(z). */
export function log1pQuotientSlope(z: number, inverse: number, quotient: number): number {
  if (z > SERIES) return (inverse - quotient) / z;
  return -(
    1 / 2 -
    z *
      (2 / 3 -
        z *
          (3 / 4 - z * (4 / 5 - z * (5 / 6 - z * (6 / 7 - z * (7 / 8 - z * (8 / 9 - z * (9 / 10 - (z * 10) / 11))))))))
  );
}

/** c''(z), given 1 / (1 + z) and c'(z). */
export function log1pQuotientCurvature(z: number, inverse: number, slope: number): number {
  if (z > SERIES) return -(inverse * inverse + 2 * slope) / z;
  return (
    2 / 3 -
    z *
      (6 / 4 -
        z *
          (12 / 5 -
            z * (20 / 6 - z * (30 / 7 - z * (42 / 8 - z * (56 / 9 - z * (72 / 10 - z * (90 / 11 - (z * 110) / 12))))))))
  );
}
