/**
 * The scaled complementary error function, after W. J. Cody, "Rational Chebyshev approximation for the error
 * function", Math. Comp. 23 (1969) and his program CALERF: relative error below 1e-15.
 */

/** 1 / sqrt(pi). */
export const inverseSqrtPi = 0.5641895835477563;

/** erf on [0, 0.46875]: x (...) / (...) in x^2. */
function smallErf(x: number): number {
  const y = x * x;
  const numerator =
    (((0.18577770618460315 * y + 3.1611237438705655) * y + 113.86415415105016) * y + 377.485237685302) * y +
    3209.3775891384694;
  const denominator =
    (((y + 23.601290952344122) * y + 244.02463793444417) * y + 1282.6165260773723) * y + 2844.236833439171;
  return (x * numerator) / denominator;
}

/** exp(x^2) erfc(x) on [0.46875, 4]. */
function middle(x: number): number {
  const numerator =
    (((((((2.1531153547440383e-8 * x + 0.5641884969886701) * x + 8.883149794388377) * x + 66.11919063714163) * x +
      298.6351381974001) *
      x +
      881.952221241769) *
      x +
      1712.0476126340707) *
      x +
      2051.0783778260716) *
      x +
    1230.3393547979972;
  const denominator =
    (((((((x + 15.744926110709835) * x + 117.6939508913125) * x + 537.1811018620099) * x + 1621.3895745666903) * x +
      3290.7992357334597) *
      x +
      4362.619090143247) *
      x +
      3439.3676741437216) *
      x +
    1230.3393548037495;
  return numerator / denominator;
}

/** exp(x^2) erfc(x) beyond 4. */
function large(x: number): number {
  const y = 1 / (x * x);
  const numerator =
    ((((0.016315387137302097 * y + 0.30532663496123236) * y + 0.36034489994980445) * y + 0.12578172611122926) * y +
      0.016083785148742275) *
      y +
    0.0006587491615298378;
  const denominator =
    ((((y + 2.568520192289822) * y + 1.8729528499234673) * y + 0.5279051029514285) * y + 0.06051834131244132) * y +
    0.0023352049762686918;
  return (inverseSqrtPi - (y * numerator) / denominator) / x;
}

/** exp(x^2) erfc(x) for x >= 0; no underflow for any x. */
export function scaledErfc(x: number): number {
  if (x <= 0.46875) return Math.exp(x * x) * (1 - smallErf(x));
  return x <= 4 ? middle(x) : large(x);
}
