/** Quantiles of distributions from their tails, by brackets: for single draws and limits. */
import type { Tails } from './response-distribution.ts';

/** Relative width of a bracket at which a continuous quantile is found. */
const RESOLUTION = 1e-12;
const MOST_STEPS = 400;

/** Whether P(Y <= y) >= probability, decided in the tail that has the digits. */
function reaches({ lower, upper }: Tails, probability: number): boolean {
  return probability < 0.5 ? lower >= probability : upper <= 1 - probability;
}

/** The least whole number y >= 0 with P(Y <= y) >= probability, searched from `start` on in steps that double. */
export function wholeQuantile(probability: number, upTo: (y: number) => Tails, start: number, step: number): number {
  let high = Math.max(0, Math.floor(start));
  let low = high;
  let width = Math.max(1, Math.ceil(step));
  // `low` lies below the quantile, `high` does not; -1 always lies below.
  if (reaches(upTo(high), probability)) {
    do {
      high = low;
      low = Math.max(-1, low - width);
      width *= 2;
    } while (low >= 0 && reaches(upTo(low), probability));
  } else {
    do {
      low = high;
      high += width;
      width *= 2;
    } while (!reaches(upTo(high), probability));
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(upTo(middle), probability)) high = middle;
    else low = middle;
  }
  return high;
}

/** The t with P(Y <= value(t)) = probability, searched from `start` on in steps that double; `value` increases. */
export function realQuantile(
  probability: number,
  upTo: (y: number) => Tails,
  value: (t: number) => number,
  start: number,
): number {
  const below = (t: number): boolean => !reaches(upTo(value(t)), probability);
  let [low, high] = [start, start];
  let width = 0.5;
  for (let k = 0; k < MOST_STEPS && below(high); k++, width *= 2) [low, high] = [high, high + width];
  width = 0.5;
  for (let k = 0; k < MOST_STEPS && !below(low); k++, width *= 2) [low, high] = [low - width, low];
  for (let k = 0; k < MOST_STEPS && high - low > RESOLUTION * (1 + Math.abs(low)); k++) {
    const middle = (low + high) / 2;
    if (below(middle)) low = middle;
    else high = middle;
  }
  return value((low + high) / 2);
}
