/** Maps from data to pixels, with the ticks that suit them. */
import { linearTicks, logTicks, type Tick } from './ticks.ts';

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

/** Round numbers that lie about evenly on the square-root scale: those next to the squares of even steps. */
function squareRootTicks(low: number, high: number, count: number): Tick[] {
  const fine = linearTicks(low, high, count * 12);
  const coarse = linearTicks(low, high, count);
  const gap = (Math.sqrt(high) - Math.sqrt(low)) / (count + 1);
  const chosen: Tick[] = [];
  let last = -Infinity;
  for (const tick of fine) {
    const root = Math.sqrt(tick.value);
    const round = coarse.some(({ value }) => value === tick.value);
    if (root - last < (round ? 0.7 : 1) * gap) continue;
    chosen.push(tick);
    last = root;
  }
  return chosen;
}

/** Least and greatest of the finite values; null when there are none. */
export function extentOf(values: Iterable<number>): readonly [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
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
