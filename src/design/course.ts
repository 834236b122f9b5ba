/** Which column of a table of repeated measures is the course of time, and which is how long each row was watched. */
import { tableColumn } from '../data/table/table-rows.ts';
import type { Table } from '../types/table.ts';
import type { ColumnFacts } from './roles.ts';

/** A column that numbers the rows of a unit in their order. */
const NUMBERED = /^visit[ ._-]?(no|num(ber)?)?$/i;
/** Units of which fewer have times that go back from one visit to the next are mistaken about a visit. */
const LEAST_SHARE = 0.25;

/** The course of time, and the exposure; empty where there is none. */
export interface Course {
  readonly time: string;
  readonly exposure: string;
}

/**
 * Time goes on from visit to visit. A column of days or hours that goes back within a quarter of the units, where another column
 * numbers their visits, is no course: it says how long each row was watched, and the visits are the course.
 */
export function courseOf(
  table: Table,
  facts: readonly ColumnFacts[],
  time: string,
  { codes, rows }: { readonly codes: Int32Array; readonly rows: Int32Array | undefined },
): Course {
  const asGuessed = { time, exposure: '' };
  const visit = facts.find(
    ({ name, kind, distinct }) => kind === 'numeric' && distinct > 2 && NUMBERED.test(name),
  )?.name;
  if (time === '' || visit === undefined || visit === time) return asGuessed;
  const [times, visits] = [tableColumn(table, time), tableColumn(table, visit)];
  if (times.kind !== 'numeric' || visits.kind !== 'numeric') return asGuessed;
  const ofUnit = new Map<number, [visit: number, time: number][]>();
  let positive = true;
  codes.forEach((unit, i) => {
    const row = rows ? rows[i] : i;
    const [at, value] = [visits.values[row], times.values[row]];
    if (unit < 0 || Number.isNaN(at) || Number.isNaN(value)) return;
    if (!(value > 0)) positive = false;
    const own = ofUnit.get(unit);
    if (own) own.push([at, value]);
    else ofUnit.set(unit, [[at, value]]);
  });
  let seen = 0;
  let back = 0;
  for (const own of ofUnit.values()) {
    if (own.length < 2) continue;
    own.sort(([a], [b]) => a - b);
    seen++;
    if (goesBack(own)) back++;
  }
  if (!positive || seen === 0 || back < LEAST_SHARE * seen) return asGuessed;
  return { time: visit, exposure: time };
}

/** Whether a row's time is before one of an earlier visit, of rows by visit; those of one visit come in any order. */
function goesBack(rows: readonly (readonly [visit: number, time: number])[]): boolean {
  let [earlier, own, current] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (const [visit, time] of rows) {
    if (visit !== current) [earlier, own, current] = [Math.max(earlier, own), Number.NEGATIVE_INFINITY, visit];
    if (time < earlier) return true;
    own = Math.max(own, time);
  }
  return false;
}
