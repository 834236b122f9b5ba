/** Responses of generalised models: successes of trials, categories in order, counts with their exposures. */
import { rowTotals } from '../data/min-counts.ts';
import { tableColumn } from '../data/table/table-rows.ts';
import { FitError } from '../errors.ts';
import { evaluate } from '../formula/expression.ts';
import type { Formula } from '../formula/parse.ts';
import { formulaSource } from '../formula/source.ts';
import { type Expression, standaloneText } from '../formula/syntax.ts';
import type { FactorValue, Value } from '../formula/value.ts';
import { tableResponses } from '../moments/table-moments.ts';
import { chosen, chosenIfGiven } from '../options/entries.ts';
import { type FamilyChoice, isCounts, LINKS_OF } from '../types/family.ts';
import type { DenseResponses, MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import type { DataOptions } from './data-options.ts';

/** The column that `offset: library` makes. */
export const LIBRARY = 'library';

/**
 * The family that options name; null for gaussian responses.
 *
 * @throws OptionError for a link that the family does not have
 */
export function familyOf(options: Pick<DataOptions, 'family' | 'link'>): FamilyChoice | null {
  const family = chosen('family', options.family);
  if (family === 'gaussian') return null;
  const links = LINKS_OF[family];
  const link = chosenIfGiven('link', options.link) ?? links[0];
  if (links.includes(link)) return { family, link };
  throw new FitError('OptionError', `“link: ${link}” is none of the family ${family}`, {
    option: 'link',
    remedy: `Use ${links.join(', ')}.`,
  });
}

/**
 * The responses that the left side of a formula names, with their trials or categories where the family has them:
 * `cbind(successes, failures)`, two levels of which the second counts as success, categories in the order of their levels.
 *
 * @throws DataError for columns that the family cannot read
 */
export function leftSideResponses(
  formula: Formula,
  table: Table,
  options: Pick<DataOptions, 'family' | 'link' | 'trials'>,
): { readonly responses: DenseResponses; readonly notes: readonly string[] } {
  const choice = familyOf(options);
  if (choice?.family === 'binomial') return binomialResponses(formula, table, options.trials);
  if (choice?.family === 'cumulative') return ordinalResponses(formula, table);
  return { responses: tableResponses(formula, table), notes: [] };
}

/**
 * The same of columns that are named beside the formula: each is a response of its own.
 *
 * @throws DataError for columns that the family cannot read
 */
export function namedResponses(
  columns: readonly string[],
  table: Table,
  options: Pick<DataOptions, 'family' | 'link' | 'trials'>,
): Read {
  const responses = columns.map((name) => ({ name, expression: { type: 'name', name, position: 1 } as const }));
  const left = { responses, source: columns.join(', ') };
  if (familyOf(options)?.family === 'cumulative') return ordinalResponses(left, table);
  return binomialResponses(left, table, options.trials, false);
}

type Read = ReturnType<typeof leftSideResponses>;
type LeftSide = Pick<Formula, 'responses' | 'source'>;

function binomialResponses(formula: LeftSide, table: Table, trialsColumn: string | undefined, joined = true): Read {
  const { rows } = table;
  const { responses: parts, source } = formula;
  const read = parts.map(({ expression }) => binaryValues(expression, evaluateLeft(expression, table, source), source));
  const isPair = joined && parts.length === 2 && trialsColumn === undefined && read.every(({ note }) => note === null);
  if (isPair) {
    const [successes, failures] = read.map(({ values }) => values);
    const trials = successes.map((count, i) => count + failures[i]);
    const name = `cbind(${parts.map((part) => part.name).join(', ')})`;
    return { responses: { kind: 'dense', rows, names: [name], values: successes, trials }, notes: [] };
  }
  const values = new Float64Array(read.length * rows);
  read.forEach((part, k) => {
    values.set(part.values, k * rows);
  });
  const names = parts.map(({ name }) => name);
  const notes = read.flatMap(({ note }) => (note === null ? [] : [note]));
  if (trialsColumn === undefined) return { responses: { kind: 'dense', rows, names, values }, notes };
  const column = tableColumn(table, trialsColumn);
  if (column.kind !== 'numeric') {
    throw new FitError('OptionError', `“trials: ${trialsColumn}”: the column is not numeric`, { option: 'trials' });
  }
  const trials = new Float64Array(values.length);
  for (let k = 0; k < names.length; k++) trials.set(column.values, k * rows);
  const missing = values.map((value, at) => (Number.isNaN(trials[at]) ? Number.NaN : value));
  return { responses: { kind: 'dense', rows, names, values: missing, trials }, notes };
}

/** Numbers as they are, logicals as 0 and 1, and a factor of two levels as 0 and 1, which a note says. */
function binaryValues(
  expression: Expression,
  value: Value,
  source: string,
): { readonly values: Float64Array; readonly note: string | null } {
  if (value.kind === 'numeric' || value.kind === 'logical') return { values: value.values, note: null };
  const name = standaloneText(expression);
  if (value.kind === 'factor') {
    const { levels, codes } = usedLevels(value);
    if (levels.length <= 2) {
      const values = Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : code));
      return { values, note: `'${name}': '${levels[1] ?? levels[0]}' is success, '${levels[0]}' is not` };
    }
    throw new FitError(
      'DataError',
      `the response '${name}' has ${levels.length} levels: ${levels.slice(0, 5).join(', ')}`,
      {
        source,
        remedy: `A binomial response has two; write I(${name} == '${levels[0]}'), or take the family cumulative for levels in order.`,
      },
    );
  }
  throw notReadable(name, source);
}

function ordinalResponses(formula: LeftSide, table: Table): Read {
  const { rows } = table;
  const { responses: parts, source } = formula;
  if (parts.length > 1) {
    throw new FitError('FormulaError', 'an ordinal model has one response', {
      source,
      position: 1,
      remedy: 'Run the command once for each.',
    });
  }
  const [{ name, expression }] = parts;
  const value = evaluateLeft(expression, table, source);
  if (value.kind === 'factor') {
    const values = Float64Array.from(value.codes, (code) => (code < 0 ? Number.NaN : code + 1));
    const notes = value.ordered
      ? []
      : [`'${name}' has no order of its own: its categories are taken as ${value.levels.join(' < ')}`];
    return { responses: { kind: 'dense', rows, names: [name], values, categories: value.levels }, notes };
  }
  if (value.kind !== 'numeric' && value.kind !== 'logical') throw notReadable(name, source);
  const grades = [...new Set(value.values)].filter((grade) => !Number.isNaN(grade)).sort((a, b) => a - b);
  const numbers = new Map(grades.map((grade, k) => [grade, k + 1]));
  const values = value.values.map((grade) => numbers.get(grade) ?? Number.NaN);
  const categories = grades.map(String);
  const notes =
    grades.length > MANY_CATEGORIES
      ? [`WARNING: '${name}' has ${grades.length} distinct values, each of which is a category with a threshold`]
      : [];
  return { responses: { kind: 'dense', rows, names: [name], values, categories }, notes };
}

/** More categories than that are seldom grades. */
const MANY_CATEGORIES = 20;

function evaluateLeft(expression: Expression, table: Table, source: string): Value {
  return evaluate(expression, { table, source: formulaSource(source) });
}

function usedLevels({ levels, codes }: FactorValue): { readonly levels: string[]; readonly codes: Int32Array } {
  const used = [...new Set(codes)].filter((code) => code >= 0).sort((a, b) => a - b);
  const places = new Map(used.map((code, k) => [code, k]));
  return { levels: used.map((code) => levels[code]), codes: codes.map((code) => places.get(code) ?? -1) };
}

function notReadable(name: string, source: string): FitError {
  return new FitError('DataError', `the response '${name}' is not one column`, {
    source,
    remedy: 'Name a column of the table.',
  });
}

/**
 * The table with the logarithm of each row's counts over all responses as the column that `offset: library` names.
 *
 * @throws DataError for a row without counts
 */
export async function withLibraryOffset(
  table: Table,
  responses: DenseResponses | MatrixSource,
  matrixRows: Int32Array | null,
  signal: AbortSignal | undefined,
): Promise<Table> {
  if (responses.kind === 'dense' && responses.names.length === 1) {
    throw new FitError(
      'OptionError',
      `“offset: library” adds up the responses of a row, and '${responses.names[0]}' is the only one`,
      {
        option: 'offset',
        remedy: 'Name a column of logarithms, or write offset(log(exposure)) in the formula.',
      },
    );
  }
  const totals = await rowTotals(responses, signal);
  return withLibrary(table, matrixRows ? Float64Array.from(matrixRows, (row) => totals[row]) : totals);
}

/**
 * The same with totals of the rows of the table.
 *
 * @throws DataError for a row without counts
 */
export function withLibrary(table: Table, totals: Float64Array): Table {
  const values = totals.map(Math.log);
  const empty = values.findIndex((value) => !Number.isFinite(value));
  if (empty >= 0) {
    throw new FitError('DataError', `row ${table.rowNames?.[empty] ?? empty + 1} has no counts, and so no offset`, {
      option: 'offset',
      remedy: 'Leave such rows out with “minCounts: 1”.',
    });
  }
  return { ...table, columns: new Map([...table.columns, [LIBRARY, { kind: 'numeric', values }]]) };
}

/** What a run of counts without an offset is told; null where there is nothing to say. */
export function noOffsetNote(
  choice: FamilyChoice | null,
  responses: DenseResponses | MatrixSource,
  formula: Formula,
  offset: string | undefined,
): string | null {
  if (!takesCounts(choice) || offset !== undefined || formula.fixed.offsets.length > 0) return null;
  if (responses.kind === 'dense' && responses.names.length < MANY_COUNTS) return null;
  return 'counts without an offset: rows with more counts in all have more of each; “offset: library” takes the log of the counts of each row';
}

/** Whether responses are to be counts. */
export function takesCounts(choice: FamilyChoice | null): boolean {
  return choice !== null && isCounts(choice.family);
}

/** A warning of an offset that is a number of days or people, where its logarithm is meant; null where it is none. */
export function rawOffsetNote(choice: FamilyChoice | null, offset: Float64Array | undefined): string | null {
  if (!choice || !offset || LINKS_OF[choice.family][0] !== 'log') return null;
  const [low, high] = [offset.reduce((a, b) => Math.min(a, b)), offset.reduce((a, b) => Math.max(a, b))];
  if (high - low < 1 || !offset.every((value) => Number.isInteger(value))) return null;
  return `WARNING: the offset is ${low} to ${high}, whole numbers, and it is added to the logarithm of the mean: rows differ ${Math.exp(high - low).toPrecision(2)}-fold by it; for an exposure write offset(log(exposure))`;
}

/** Share of the counts of a library from which on a response is a part of it that others feel. */
const LARGE_SHARE = 0.1;
/** Responses that a note names at most. */
const NAMED_RESPONSES = 5;

/**
 * What is said of responses that hold much of the libraries whose logarithm is the offset; null where none does.
 *
 * @param counts of each response in all
 * @param total of all libraries
 */
export function compositionNote(names: readonly string[], counts: ArrayLike<number>, total: number): string | null {
  const large = [...names.keys()]
    .filter((m) => counts[m] > LARGE_SHARE * total)
    .sort((a, b) => counts[b] - counts[a] || a - b);
  if (large.length === 0) return null;
  const named = large.slice(0, NAMED_RESPONSES).map((m) => `'${names[m]}' ${((100 * counts[m]) / total).toFixed(0)} %`);
  const more = large.length > named.length ? ` and ${large.length - named.length} more` : '';
  const [them, grow] = large.length === 1 ? ['it', 'it grows'] : ['them', 'they grow'];
  return `${named.join(', ')}${more} of all counts: “offset: library” depends on ${them}, and where ${grow} all others seem to fall; an offset column with the logarithm of totals without ${them} does not`;
}

/** From so many responses on a table of counts is one of libraries. */
const MANY_COUNTS = 20;
