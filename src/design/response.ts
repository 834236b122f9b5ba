/** Which column of a table is the response, where nobody has said it. */

import { meantNumbers } from '../data/table/stray-text.ts';
import { asLevels, tableColumn } from '../data/table/table-rows.ts';
import type { Column, Table } from '../types/table.ts';
import { isConstantWithin, pairsOf } from './crosstab.ts';
import { columnFacts } from './layout.ts';
import { guessRoles, isCellType, isTime, numbersUnits } from './roles.ts';

/** Names of responses, whatever they hold. */
const RESPONSE = /^(y|y1|response|outcome|value|score|reaction|grade|rating|event)$/i;
/** Last words of names that number or sort rows: units, what was processed together, places, occasions. */
const IDENTIFIER =
  /(^|[_. -])(id|nr|no|index|row|rep|repl|replicates?|sample|subject|patient|participant|donor|animal|mouse|batch|plate|lane|run|chip|pool|library|site|cent(er|re)|cage|litter|family|block|room|session|trial|visit|occasion|order|seq|sequence|item|date)([_. -]?(id|no|nr|num|number))?$/i;
/** Names of what stands beside a response that was measured: traits, doses, values before treatment. */
const COVARIATE =
  /^(age|sex|gender|height|weight|bmi|dose|conc(entration)?|base(line)?|bsl|bl|pre)$|^base(line)?[_. -]|^(time|days?|weeks?|months?|hours?|minutes?|years?)[_. -]/i;

/** Distinct whole numbers from which on they are as good as measured. */
const MANY_NUMBERS = 60;
/** Levels of texts that can be a response. */
const MOST_GRADES = 10;
/** Measured columns up to which the last is taken: of many none is the one. */
const MOST_RESPONSES = 12;
/** Of the units that have a planned value, at least. */
const PLANNED_SHARE = 0.75;

/** What is known of a table before its response is. */
export interface ResponseQuestion {
  readonly donor?: string | undefined;
  readonly condition?: string | undefined;
  readonly covariates?: readonly string[] | undefined;
  /** Rows looked at; all without it. */
  readonly rows?: Int32Array | undefined;
}

interface Candidate {
  readonly name: string;
  readonly at: number;
  /** Values that a number can be: null for texts. */
  readonly number: { readonly measured: boolean; readonly distinct: number } | null;
  /** By its name or its values rather a covariate. */
  readonly beside: boolean;
}

/**
 * The column that is most likely the response: one named so, else the last measured one, else what follows the columns of the
 * design (subject, condition, time), numbers before texts. Never one that is constant within the units or that numbers rows; a
 * column that a stray text has made text counts as the numbers that it means. Empty where nothing tells.
 */
export function guessResponse(table: Table, question: ResponseQuestion = {}): string {
  const { rows } = question;
  const count = rows?.length ?? table.rows;
  const facts = columnFacts(table, rows);
  const roles = guessRoles(facts, count);
  const donor = question.donor ?? roles.donor;
  const condition = question.condition ?? roles.condition;
  if (!table.columns.has(donor)) return '';
  const design = [donor, condition, roles.time, ...(question.covariates ?? [])];
  const codes = (name: string): Int32Array => {
    const all = asLevels(tableColumn(table, name)).codes;
    return rows ? Int32Array.from(rows, (row) => all[row]) : all;
  };
  const units = codes(donor);
  const samples = table.columns.has(condition) ? pairsOf(units, codes(condition)).codes : units;
  const candidates = facts.flatMap(({ name, distinct }, at): Candidate[] => {
    const isNamed = RESPONSE.test(name);
    if (!isNamed && (design.includes(name) || isTime(name) || IDENTIFIER.test(name) || numbersUnits(name))) return [];
    if (name === donor || distinct < 2 || isCellType(name)) return [];
    const column = tableColumn(table, name);
    const meant = meantNumbers(column);
    const values = rowsOf(meant ?? textValues(column), rows);
    if (isConstantWithin(values, units)) return [];
    const planned = [units, samples].some((groups) => isPlanned(values, groups, distinct));
    if (!meant) {
      const graded = column.kind === 'logical' || distinct <= MOST_GRADES;
      return graded ? [{ name, at, number: null, beside: planned }] : [];
    }
    const number = numberFacts(values);
    if (number.numbersRows) return [];
    return [{ name, at, number, beside: planned || COVARIATE.test(name) }];
  });
  const named = candidates.filter(({ name }) => RESPONSE.test(name));
  if (named.length > 0) return (named.find(({ number }) => number) ?? named[0]).name;
  const own = candidates.filter(({ beside }) => !beside);
  const measured = own.filter(({ number }) => number?.measured);
  if (measured.length > 0) return measured.length > MOST_RESPONSES ? '' : measured[measured.length - 1].name;
  const last = Math.max(...facts.map(({ name }, at) => (design.includes(name) || isTime(name) ? at : -1)));
  const behind = own.filter(({ at }) => at > last);
  const found = behind.find(({ number }) => number && number.distinct > 2) ?? behind[0];
  if (found) return found.name;
  const rest = own.length > 0 ? own : candidates;
  return rest.length === 1 ? rest[0].name : '';
}

/** Levels as numbers, NaN where missing. */
function textValues(column: Column): Float64Array {
  if (column.kind !== 'factor') return column.values;
  return Float64Array.from(column.codes, (code) => (code < 0 ? Number.NaN : code));
}

function rowsOf(values: Float64Array, rows: Int32Array | undefined): Float64Array {
  return rows ? Float64Array.from(rows, (row) => values[row]) : values;
}

function numberFacts(values: Float64Array): { measured: boolean; distinct: number; numbersRows: boolean } {
  const known = values.filter((value) => !Number.isNaN(value));
  const distinct = new Set(known).size;
  const whole = known.every((value) => value % 1 === 0);
  const [low, high] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  const numbersRows = whole && distinct === values.length && high - low === values.length - 1;
  return { measured: !whole || distinct > MANY_NUMBERS, distinct, numbersRows };
}

/** Whether a column numbers the rows of each group, or holds their planned times, doses or treatments: each value once, most in every group. */
function isPlanned(values: Float64Array, groups: Int32Array, distinct: number): boolean {
  const seen = new Map<number, Set<number>>();
  const once = values.every((value, i) => {
    if (groups[i] < 0 || Number.isNaN(value)) return true;
    const own = seen.get(groups[i]) ?? new Set();
    if (own.has(value)) return false;
    seen.set(groups[i], own.add(value));
    return true;
  });
  const cells = [...seen.values()].reduce((sum, own) => sum + own.size, 0);
  return once && seen.size > 1 && cells > seen.size && cells >= PLANNED_SHARE * distinct * seen.size;
}
