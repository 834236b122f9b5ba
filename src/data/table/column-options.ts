import Papa from 'papaparse';
import { FitError, nearestName } from '../../errors.ts';
import { type Column, columnNamesOf, type FactorColumn, type Table } from '../../types/table.ts';
import { parseNumberText } from './number-text.ts';
import { asLevels } from './table-rows.ts';

export interface ColumnOptions {
  /** Values of `--factor`: `COL` or `COL=L1,L2`. */
  readonly factor?: readonly string[];
  /** Values of `--ordered`, likewise. */
  readonly ordered?: readonly string[];
}

/** A parsed `COL` or `COL=L1,L2`; `levels` null where none are listed. */
export interface ColumnSpec {
  readonly column: string;
  readonly levels: readonly string[] | null;
}

/**
 * Parses `COL` or `COL=L1,L2`; the levels are one CSV record (`COL="a,b",c`). A column whose own name holds `=` is found
 * among `columns`.
 *
 * @throws FitError OptionError for an unknown column, an empty list, a repeated level or malformed quotes
 */
export function parseColumnSpec(
  spec: string,
  columns: Iterable<string>,
  option: 'factor' | 'ordered',
  known?: readonly string[],
): ColumnSpec {
  const names = [...columns];
  if (names.includes(spec)) return { column: spec, levels: null };
  const prefix = names
    .filter((name) => spec.startsWith(name + '='))
    .reduce<string | null>(
      (longest, name) => (longest === null || name.length > longest.length ? name : longest),
      null,
    );
  const equals = spec.indexOf('=');
  const column = prefix ?? (equals < 0 ? spec : spec.slice(0, equals));
  if (prefix === null) {
    const near = nearestName(column, known ?? names);
    const remedy = near === undefined ? 'name a column of the table' : `did you mean '${near}'?`;
    throw optionError(option, spec, `no column '${column}'; ${remedy}`, remedy);
  }
  const levels = parseRecord(spec.slice(column.length + 1), option, spec);
  for (const [i, level] of levels.entries()) {
    if (levels.indexOf(level) < i)
      throw optionError(option, spec, `level '${level}' is listed twice`, 'list each once');
  }
  return { column, levels };
}

/** The fields of one CSV record that an option holds. @throws FitError OptionError when it is empty or its quotes are malformed */
export function parseRecord(text: string, option: string, spec: string): string[] {
  const result = Papa.parse<string[]>(text, { delimiter: ',', newline: '\n' });
  if (text === '' || result.errors.length > 0 || result.data.length !== 1) {
    const what = text === '' ? 'nothing is listed' : 'the list is not one CSV record';
    throw optionError(option, spec, what, 'write values separated by commas, in double quotes where they hold a comma');
  }
  return result.data[0];
}

/**
 * The table with the types and level orders that `--factor` and `--ordered` ask for. Without listed levels a factor keeps
 * its order, numbers are ordered by number, logicals FALSE, TRUE. Listed levels are matched by text, or as numbers where
 * both sides are (1 and 1.0); those without rows stay as unused levels.
 *
 * @throws FitError OptionError for an unknown column, a column given twice, or a value in the data that is not listed
 */
export function applyColumnOptions(table: Table, options: ColumnOptions): Table {
  const columns = new Map(table.columns);
  const done = new Set<string>();
  for (const option of ['factor', 'ordered'] as const) {
    for (const spec of options[option] ?? []) {
      const { column: name, levels } = parseColumnSpec(spec, table.columns.keys(), option, columnNamesOf(table));
      if (done.has(name)) throw optionError(option, spec, `column '${name}' is given twice`, 'give each column once');
      done.add(name);
      columns.set(name, toFactor(table.columns.get(name)!, levels, option, spec));
    }
  }
  return { ...table, columns };
}

function toFactor(
  column: Column,
  listed: readonly string[] | null,
  option: 'factor' | 'ordered',
  spec: string,
): FactorColumn {
  const { levels, codes } = asLevels(column);
  const ordered = option === 'ordered' || (listed === null && column.kind === 'factor' && column.ordered);
  if (listed === null) return { kind: 'factor', levels, codes: codes.slice(), ordered };
  const target = matchLevels(levels, listed, column.kind === 'logical');
  const result = new Int32Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] < 0 ? -1 : target[codes[row]];
    if (code < 0 && codes[row] >= 0) {
      const value = levels[codes[row]];
      throw optionError(option, spec, `the column also holds '${value}'`, `list '${value}' too`);
    }
    result[row] = code;
  }
  return { kind: 'factor', levels: listed, codes: result, ordered };
}

/** Index in `listed` of each level, -1 where it is not listed. */
function matchLevels(levels: readonly string[], listed: readonly string[], logical: boolean): Int32Array {
  const byText = new Map(listed.map((level, i) => [logical ? level.toUpperCase() : level, i]));
  const byNumber = new Map<number, number>();
  for (const [i, level] of listed.entries()) {
    const value = parseNumberText(level);
    if (!Number.isNaN(value) && !byNumber.has(value)) byNumber.set(value, i);
  }
  return Int32Array.from(levels, (level) => byText.get(level) ?? byNumber.get(parseNumberText(level)) ?? -1);
}

function optionError(option: string, spec: string, what: string, remedy: string): FitError {
  return new FitError('OptionError', `“${option}: ${spec}”: ${what}`, { option, source: spec, remedy });
}
