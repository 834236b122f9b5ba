/** Responses of yes or no over time: lines between 0 and 1 hide what a share is, dots show it. Pure. */

/** Values of a subject over time. */
interface Line {
  readonly condition: number;
  readonly time: Float64Array;
  readonly value: Float64Array;
}

export interface ObservedShare {
  readonly condition: number;
  readonly time: number;
  readonly share: number;
  /** Values behind it. */
  readonly count: number;
}

/** Times up to which each has a share of its own. */
const MOST_TIMES = 40;

/** Mean of 0 and 1 by condition and time, in this order; null where other values, or too many times, are among them. */
export function observedShares(lines: readonly Line[]): ObservedShare[] | null {
  const cells = new Map<string, { condition: number; time: number; sum: number; count: number }>();
  const times = new Set<number>();
  for (const { condition, time, value } of lines) {
    for (let k = 0; k < value.length; k++) {
      if (value[k] !== 0 && value[k] !== 1) return null;
      times.add(time[k]);
      const key = `${condition} ${time[k]}`;
      const cell = cells.get(key) ?? { condition, time: time[k], sum: 0, count: 0 };
      cells.set(key, cell);
      cell.sum += value[k];
      cell.count += 1;
    }
    if (times.size > MOST_TIMES) return null;
  }
  // One value alone is a constant, no answer of two.
  if (cells.size === 0 || times.size < 2) return null;
  return [...cells.values()]
    .sort((a, b) => a.condition - b.condition || a.time - b.time)
    .map(({ condition, time, sum, count }) => ({ condition, time, share: sum / count, count }));
}
