/** Rows by unit and level of a condition, summed up by level. Pure. */

import type { Crosstab } from '../protocol/protocol.ts';
import { count } from './number-text.ts';

/**
 * A line for each level: how many units have rows there, how many rows these are, and from how many to how many a unit has; the
 * last line is of all units.
 *
 * @param units what several units are called
 */
export function crosstabSummary(
  { rows, columns, counts }: Crosstab,
  units: string,
  rowNoun: string,
): { readonly titles: readonly string[]; readonly lines: readonly (readonly string[])[] } {
  const width = columns.length;
  const lineOf = (name: string, own: readonly number[]): string[] => {
    const present = own.filter((value) => value > 0);
    const all = present.reduce((sum, value) => sum + value, 0);
    const least = present.reduce((smallest, value) => Math.min(smallest, value), Number.POSITIVE_INFINITY);
    const most = present.reduce((largest, value) => Math.max(largest, value), 0);
    const each = present.length === 0 ? '–' : least === most ? count(most) : `${count(least)} to ${count(most)}`;
    return [name, count(present.length), count(all), each];
  };
  const at = (i: number, k: number): number => counts[i * width + k];
  const places = [...rows.keys()];
  return {
    titles: [units, rowNoun, `${rowNoun} of each`],
    lines: [
      ...columns.map((name, k) =>
        lineOf(
          name,
          places.map((i) => at(i, k)),
        ),
      ),
      lineOf(
        'all',
        places.map((i) => columns.reduce((sum, _, k) => sum + at(i, k), 0)),
      ),
    ],
  };
}
