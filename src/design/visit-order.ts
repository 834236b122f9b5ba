/** The order of the rows of a unit: columns that number, name or date its visits. */
import { tableColumn } from '../data/table/table-rows.ts';
import type { Table } from '../types/table.ts';
import { wordsOf } from './level-order.ts';
import type { ColumnFacts } from './roles.ts';

/** A column that orders visits. */
export interface VisitOrder {
  readonly name: string;
  /** False for visits that are named or dated. */
  readonly numeric: boolean;
  /** Place of each row of the table among the visits; NaN missing. */
  readonly places: ArrayLike<number>;
}

const VISIT =
  /^(study|clinic|scheduled|planned)?[ ._-]?(visits?|time[ ._-]?points?|periods?|cycles?|waves?|sessions?|occasions?|assessments?|rounds?)[ ._-]?(no|nr|num(ber)?|id|name|label)?$/i;
const DATE = /^(visit|study|assessment|exam(ination)?|measurement|observation|start)?[ ._-]?date$/i;
const ISO = /^\d{4}-\d\d(-\d\d([T ][\d:.]+(Z|[+-][\d:]+)?)?)?$/;
/** Words of names before all numbers, and after them. */
const TIERS: readonly (readonly string[])[] = [
  ['screening', 'screen'],
  ['baseline', 'before', 'pre', 'predose', 'pretreatment', 'entry', 'enrolment', 'enrollment', 'admission'],
  ['during', 'mid', 'middle', 'treatment'],
  ['after', 'post', 'end', 'final', 'exit', 'discharge', 'eot'],
  ['followup', 'fu', 'washout'],
];
const ORDINALS = 'first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(' ');
/** Days of what a number counts. */
const DAYS: Readonly<Record<string, number>> = {
  ...{ w: 7, wk: 7, wks: 7, week: 7, weeks: 7, mo: 30, mth: 30, month: 30, months: 30, m: 30 },
  ...{ y: 365, yr: 365, yrs: 365, year: 365, years: 365 },
};
/** Between tiers; more than the days of any name. */
const TIER = 1e6;

/** Columns that order visits, the most telling first: numbers of visits, their names, their dates. */
export function visitOrders(table: Table, facts: readonly ColumnFacts[]): VisitOrder[] {
  const numbers: VisitOrder[] = [];
  const names: VisitOrder[] = [];
  const dates: VisitOrder[] = [];
  for (const { name, kind, distinct } of facts) {
    if (distinct < 2 || kind === 'logical') continue;
    const column = tableColumn(table, name);
    if (column.kind === 'numeric') {
      if (VISIT.test(name)) numbers.push({ name, numeric: true, places: column.values });
    } else if (column.kind === 'factor') {
      const { levels, codes, ordered } = column;
      const dated = levels.every((level) => ISO.test(level));
      if (dated ? !DATE.test(name) && !VISIT.test(name) : !VISIT.test(name) && !TIMED.test(name)) continue;
      const places = dated ? datePlaces(levels) : namePlaces(levels, ordered);
      if (places === null) continue;
      (dated ? dates : names).push({
        ...{ name, numeric: false },
        places: Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : places[code])),
      });
    }
  }
  return [...numbers, ...names, ...dates];
}

/**
 * Columns whose levels are visits that units have in common, in the order of the table: words (`baseline`, `week 4`), whether their
 * names tell an order or not, and two numbers, which have no course.
 */
export function namedVisits(table: Table, facts: readonly ColumnFacts[]): string[] {
  return facts.flatMap(({ name, kind, distinct }) => {
    if (distinct < 2 || kind === 'logical') return [];
    const column = tableColumn(table, name);
    const own = VISIT.test(name) || TIMED.test(name);
    if (column.kind !== 'factor') return own && distinct === 2 ? [name] : [];
    const { levels } = column;
    if (levels.every((level) => ISO.test(level))) return [];
    return own || levels.every(isVisit) ? [name] : [];
  });
}

/** Whether a level is a visit by its own words: `pre`, `week 4`, `day7`. */
function isVisit(level: string): boolean {
  const words = wordsOf(level);
  if (TIERS.some((names) => words.some((word) => names.includes(word)))) return true;
  return /\d/.test(level) && words.some((word) => LENGTHS.includes(word));
}

/** What the number of a visit counts. */
const LENGTHS = 'visit day days week weeks month months year years hour hours'.split(' ');
/** Named visits are often called by their unit. */
const TIMED = /^(time|days?|weeks?|months?|hours?|years?)$/i;

/** ISO dates stand in the order of their text. */
function datePlaces(levels: readonly string[]): number[] {
  const sorted = [...levels].sort();
  return levels.map((level) => sorted.indexOf(level));
}

/** Places that the names of visits tell: `baseline`, `week 2`, `C1D15`, `follow-up 1`; null where one tells none. */
function namePlaces(levels: readonly string[], ordered: boolean): number[] | null {
  if (ordered) return [...levels.keys()];
  const places = levels.map((level) => {
    const words = wordsOf(level);
    const tier = TIERS.findIndex((names) => words.some((word) => names.includes(word)));
    const numbers = words.some((word) => ORDINALS.includes(word))
      ? words.flatMap((word) => (ORDINALS.includes(word) ? [String(ORDINALS.indexOf(word) + 1)] : []))
      : (level.match(/\d+(?:[.,]\d+)?/g) ?? []);
    if (tier < 0 && numbers.length === 0) return Number.NaN;
    const unit = words.find((word) => word in DAYS);
    const days = unit === undefined ? 1 : DAYS[unit];
    // Of two numbers the second is within the first: days of a cycle.
    const value = numbers.reduce((sum, text) => 1000 * sum + Number(text.replace(',', '.')) * days, 0);
    return (tier < 0 ? 2 : tier) * TIER + Math.min(value, TIER - 1);
  });
  return places.some(Number.isNaN) || new Set(places).size < levels.length ? null : places;
}
