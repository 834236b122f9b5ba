/** Which column of a table of repeated measures is the course of time, and which is how long each row was watched. */
import { tableColumn } from '../data/table/table-rows.ts';
import type { Table } from '../types/table.ts';
import { type ColumnFacts, isTime } from './roles.ts';
import { type VisitOrder, visitOrders } from './visit-order.ts';

/** Names that say how long a row was watched: `days_at_risk`, `person_years`, `observation.time`. */
const WATCHED =
  /at[ ._-]?risk|person[ ._-]?(time|days|weeks|months|years)|(observ|follow[ ._-]?up|monitor|record|watch|expos)\w*[ ._-]?(time|days|weeks|months|years|hours)|(time|days|weeks|months|years|hours)[ ._-]?(of[ ._-]?)?(observ|follow|monitor|record|watch|expos)/i;
/** Lengths that counts are taken over; years and weeks that stay are ages as well. */
const LENGTH = /^(days|hours|minutes)$/i;
/** Units of which fewer have times that go back from one visit to the next are mistaken about a visit. */
const LEAST_SHARE = 0.25;
/** Rows that were not watched at all, at most. */
const MOST_UNWATCHED = 0.1;
/** Planned times are few, and units share them. */
const MOST_PLANNED = 12;
/** Of the range of times: so near its start one begins anew. */
const ANEW = 0.05;

/** The course of time, and the exposure; empty where there is none. */
export interface Course {
  readonly time: string;
  readonly exposure: string;
  /** The column whose visits tell; empty where names or values alone do. */
  readonly visits: string;
  /** Rows whose exposure is 0, of which the logarithm is not finite. */
  readonly unwatched: number;
  /** The exposure is the same in all rows of each unit. */
  readonly constant: boolean;
}

/** Independent units. */
interface Units {
  /** The unit of each row looked at; below 0 missing. */
  readonly codes: Int32Array;
  /** Rows looked at; all without it. */
  readonly rows: Int32Array | undefined;
}

/** The rows of a unit: visit and time. */
type Visits = readonly (readonly [visit: number, time: number])[];

/**
 * Time goes on from visit to visit, whether these are numbered, named or dated. A column of days or hours that goes back within a
 * quarter of the units is no course: it says how long each row was watched. Nor is one that stays within all units: of counts
 * (`counted`) it is how long each unit was watched where its visits move on, or where hardly two units share a value. Times that
 * begin anew, with each period or cycle, are a course.
 */
export function courseOf(
  table: Table,
  facts: readonly ColumnFacts[],
  time: string,
  units: Units,
  { counted, response }: { readonly counted: boolean; readonly response: string },
): Course {
  const none: Course = { time, exposure: '', visits: '', unwatched: 0, constant: false };
  const numbers = facts.filter(({ name, kind, distinct }) => kind === 'numeric' && distinct > 2 && name !== response);
  const orders = visitOrders(table, facts).filter(({ name, places }) => name !== response && moves(places, units));
  const times = numbers.filter(({ name }) => isTime(name) && !orders.some((order) => order.name === name));
  const moving = times.filter(({ name }) => moves(valuesOf(table, name), units));
  const next = (exposure: string): string => {
    const other = time !== exposure && moving.some(({ name }) => name === time) ? time : '';
    const visit = orders.find(({ name, numeric }) => numeric && numbers.some((fact) => fact.name === name));
    return other || (moving.find(({ name }) => name !== exposure)?.name ?? visit?.name ?? '');
  };
  // Where nothing numbers visits, planned times do beside those that are measured.
  const plannedTimes = (name: string): VisitOrder[] =>
    moving.flatMap(({ name: other, distinct }) => {
      if (other === name || distinct > MOST_PLANNED || distinct >= distinctIn(numbers, name)) return [];
      return [{ name: other, numeric: true, places: valuesOf(table, other) }];
    });
  for (const { name } of [...numbers.filter((fact) => counted && WATCHED.test(fact.name)), ...times]) {
    const values = valuesOf(table, name);
    const seen = seenOf(values, units);
    if (seen.least < 0 || seen.zeros > MOST_UNWATCHED * seen.rows) continue;
    const order =
      orders.find((own) => back(own, values, units)) ?? plannedTimes(name).find((own) => back(own, values, units));
    const stays = counted && !moves(values, units) && LENGTH.test(name);
    const alone = seen.distinct > Math.min(MOST_PLANNED, seen.units / 2);
    if (
      !(counted && WATCHED.test(name)) &&
      order === undefined &&
      !(stays && (orders.length > 0 || moving.length > 0 || alone))
    )
      continue;
    return {
      ...{ exposure: name, time: time === '' ? '' : next(name), visits: order?.name ?? '' },
      ...{ unwatched: seen.zeros, constant: stays },
    };
  }
  // A time that stays within units is no course of theirs.
  return time === '' || moves(valuesOf(table, time), units) ? none : { ...none, time: next(time) || time };
}

function distinctIn(facts: readonly ColumnFacts[], wanted: string): number {
  return facts.find(({ name }) => name === wanted)?.distinct ?? 0;
}

function valuesOf(table: Table, name: string): ArrayLike<number> {
  const column = tableColumn(table, name);
  return column.kind === 'factor' ? column.codes : column.values;
}

function* rowsOf({ codes, rows }: Units): Generator<readonly [unit: number, row: number]> {
  for (const [i, unit] of codes.entries()) if (unit >= 0) yield [unit, rows ? rows[i] : i];
}

/** Whether a column varies within any unit. */
function moves(values: ArrayLike<number>, units: Units): boolean {
  const first = new Map<number, number>();
  for (const [unit, row] of rowsOf(units)) {
    if (Number.isNaN(values[row])) continue;
    const own = first.get(unit);
    if (own === undefined) first.set(unit, values[row]);
    else if (own !== values[row]) return true;
  }
  return false;
}

function seenOf(values: ArrayLike<number>, units: Units) {
  let [rows, zeros, least] = [0, 0, Number.POSITIVE_INFINITY];
  const [distinct, seen] = [new Set<number>(), new Set<number>()];
  for (const [unit, row] of rowsOf(units)) {
    const value = values[row];
    if (Number.isNaN(value)) continue;
    rows++;
    if (value === 0) zeros++;
    least = Math.min(least, value);
    distinct.add(value);
    seen.add(unit);
  }
  return { rows, zeros, least, distinct: distinct.size, units: seen.size };
}

/** Whether a column goes back from visit to visit in a quarter of the units, and does not begin anew. */
function back({ places }: VisitOrder, values: ArrayLike<number>, units: Units): boolean {
  const ofUnit = new Map<number, [visit: number, time: number][]>();
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [unit, row] of rowsOf(units)) {
    const [visit, time] = [places[row], values[row]];
    if (Number.isNaN(visit) || Number.isNaN(time)) continue;
    [low, high] = [Math.min(low, time), Math.max(high, time)];
    const own = ofUnit.get(unit);
    if (own) own.push([visit, time]);
    else ofUnit.set(unit, [[visit, time]]);
  }
  const start = low + ANEW * (high - low);
  let [seen, backs, anew] = [0, 0, 0];
  for (const own of ofUnit.values()) {
    if (own.length < 2) continue;
    own.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    seen++;
    if (!goesBack(own)) continue;
    backs++;
    if (beginsAnew(own, start)) anew++;
  }
  return seen > 0 && backs >= LEAST_SHARE * seen && 2 * anew < backs;
}

/** Whether a row's time is before one of an earlier visit, of rows by visit; those of one visit come in any order. */
function goesBack(rows: Visits): boolean {
  let [earlier, own, current] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN];
  for (const [visit, time] of rows) {
    if (visit !== current) [earlier, own, current] = [Math.max(earlier, own), Number.NEGATIVE_INFINITY, visit];
    if (time < earlier) return true;
    own = Math.max(own, time);
  }
  return false;
}

/** Whether times start at the first of all and go back to it only, of rows by visit and time. */
function beginsAnew(rows: Visits, start: number): boolean {
  return rows.every(([, time], i) => (i > 0 && time >= rows[i - 1][1]) || time <= start);
}
