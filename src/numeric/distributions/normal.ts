import { scaledErfc } from './error-function.ts';
import { studentQuantile } from './student-quantile.ts';

/** P(Z <= x) for a standard normal Z, with all digits in both tails. */
export function normalProbability(x: number): number {
  const s = Math.abs(x) * Math.SQRT1_2;
  const tail = 0.5 * scaledErfc(s) * Math.exp(-s * s);
  return x > 0 ? 1 - tail : tail;
}

/** The x with P(Z <= x) = probability; infinite for 0 and 1, NaN outside. */
export function normalQuantile(probability: number): number {
  return studentQuantile(probability, Number.POSITIVE_INFINITY);
}
