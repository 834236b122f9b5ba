/** Maps from data to pixels, with the ticks that suit them. */
import { formatNumber, linearTicks, logTicks, type Tick } from './ticks.ts';

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Pixel of a value; values outside the domain land on its border. */
  at(value: number): number;
  ticks(count: number): Tick[];
}

/** What a scale is linear in. */
export type Transform = 'linear' | 'square-root' | 'log';

/** Maps [low, high] to the pixels [from, to]; the square root is of non-negative domains, the logarithm of positive ones. */
export function createScale(transform: Transform, low: number, high: number, from: number, to: number): Scale {
  const forward = FORWARD[transform];
  const start = forward(low);
  const slope = (to - from) / (forward(high) - start);
  const least = Math.min(from, to);
  const most = Math.max(from, to);
  return {
    low,
    high,
    at: (value) => Math.min(most, Math.max(least, from + slope * (forward(value) - start))),
    ticks: (count) => {
      if (transform === 'log') return logTicks(low, high, count);
      if (transform === 'linear') return linearTicks(low, high, count);
      return squareRootTicks(low, high, count);
    },
  };
}

const FORWARD: Readonly<Record<Transform, (value: number) => number>> = {
  linear: (value) => value,
  'square-root': (value) => Math.sqrt(Math.max(0, value)),
  log: (value) => Math.log10(value),
};

/** Numbers of one digit and zeros, the rounder ones first, each where the square-root scale has room for it. */
function squareRootTicks(low: number, high: number, count: number): Tick[] {
  const gap = (Math.sqrt(high) - Math.sqrt(low)) / (count + 1);
  const top = Math.ceil(Math.log10(high));
  const chosen: number[] = low <= 0 ? [0] : [];
  for (const digits of [[1], [5, 2], [3, 4, 7]]) {
    for (let exponent = top; exponent >= top - 4; exponent--) {
      for (const digit of digits) {
        const value = exponent < 0 ? digit / 10 ** -exponent : digit * 10 ** exponent;
        const free = chosen.every((other) => Math.abs(Math.sqrt(other) - Math.sqrt(value)) >= gap);
        if (value >= low && value <= high && free) chosen.push(value);
      }
    }
  }
  return chosen.sort((a, b) => a - b).map((value) => ({ value, label: formatNumber(value) }));
}

/** Least and greatest of the finite values; null when there are none. */
export function extentOf(values: ArrayLike<number>): readonly [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/** An extent with a share of its width added on both sides; never of width zero. */
export function padded(extent: readonly [number, number] | null, share: number): readonly [number, number] {
  if (extent === null) return [0, 1];
  const [low, high] = extent;
  const width = high - low;
  if (!(width > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) {
    const margin = low === 0 ? 1 : Math.abs(low) / 10;
    return [low - margin, high + margin];
  }
  return [low - share * width, high + share * width];
}
