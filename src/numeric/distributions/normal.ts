import { scaledErfc } from './error-function.ts';
import { studentQuantile } from './student-t.ts';

/** P(Z <= x) for a standard normal Z, with all digits in both tails. */
export function normalProbability(x: number): number {
  const s = Math.abs(x) * Math.SQRT1_2;
  const tail = 0.5 * scaledErfc(s) * Math.exp(-s * s);
  return x > 0 ? 1 - tail : tail;
}

/** Nearer to 1/2 than this the series below has all digits. */
const NEAR_MIDDLE = 0.01;

/** The x with P(Z <= x) = probability; infinite for 0 and 1, NaN outside. */
export function normalQuantile(probability: number): number {
  const middle = probability - 0.5;
  if (!(Math.abs(middle) < NEAR_MIDDLE)) return studentQuantile(probability, Number.POSITIVE_INFINITY);
  // Inverse of sqrt(2 pi) (P - 1/2) = x - x^3 / 6 + x^5 / 40 - ...: the quantile of Student's t is 0 here.
  const y = middle * Math.sqrt(2 * Math.PI);
  const square = y * y;
  return y * (1 + square * (1 / 6 + square * (7 / 120 + square * (127 / 5040))));
}
