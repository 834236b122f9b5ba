/** The order of the rows of a unit: columns that number, name or date its visits. */
import { tableColumn } from '../data/table/table-rows.ts';
import { isVisitName, visitPlaces } from '../formula/visit-names.ts';
import type { Table } from '../types/table.ts';
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
      const places = dated ? datePlaces(levels) : ordered ? [...levels.keys()] : visitPlaces(levels);
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
    return own || levels.every(isVisitName) ? [name] : [];
  });
}

/** Named visits are often called by their unit. */
const TIMED = /^(time|days?|weeks?|months?|hours?|years?)$/i;

/** ISO dates stand in the order of their text. */
function datePlaces(levels: readonly string[]): number[] {
  const sorted = [...levels].sort();
  return levels.map((level) => sorted.indexOf(level));
}
