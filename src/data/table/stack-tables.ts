/** The rows of several tables, one table after the other. */
import { FitError } from '../../errors.ts';
import type { MatrixSource } from '../../types/responses.ts';
import { type Column, columnNamesOf, type FactorColumn, type Table } from '../../types/table.ts';
import { factorInOrder, orderLevels } from './level-order.ts';
import { asLevels } from './table-rows.ts';

/** A table, and the file that it is of. */
export interface StackedTable {
  readonly table: Table;
  readonly path: string;
}

/**
 * One table of the rows of several, with the columns that all of them have. Levels of factors stand as in each of the tables; where
 * two tables order them in different ways, by code point, with a note. A column of numbers in one and text in another
 * becomes a factor, as in a text file with the rows of both.
 *
 * @throws DataError for a factor that is ordered in some tables only
 */
export function stackTables(
  parts: readonly StackedTable[],
  path: string,
): { readonly table: Table; readonly notes: string[] } {
  const notes: string[] = [];
  const [first] = parts;
  const shared = (names: readonly string[], of: (table: Table) => ReadonlySet<string>): string[] => {
    const sets = parts.map(({ table }) => of(table));
    return names.filter((name) => sets.every((set) => set.has(name)));
  };
  const columns = new Map<string, Column>();
  for (const name of shared([...first.table.columns.keys()], ({ columns: own }) => new Set(own.keys()))) {
    columns.set(name, stackColumns(name, parts, notes));
  }
  const rowNames = parts.every(({ table }) => table.rowNames !== undefined)
    ? parts.flatMap(({ table }) => table.rowNames ?? [])
    : undefined;
  const table: Table = {
    rows: parts.reduce((sum, { table: own }) => sum + own.rows, 0),
    columns,
    columnNames: shared(columnNamesOf(first.table), (own) => new Set(columnNamesOf(own))),
    ...(rowNames === undefined ? {} : { rowNames }),
    path,
  };
  return { table, notes };
}

/** A column of every table. */
function stackColumns(name: string, parts: readonly StackedTable[], notes: string[]): Column {
  const columns = parts.map(({ table }) => table.columns.get(name) as Column); // the caller knows that all have it
  const filled = columns.flatMap((column, k) => (hasValues(column) ? [k] : []));
  const kinds = new Set((filled.length > 0 ? filled : [0]).map((k) => columns[k].kind));
  const [kind] = kinds;
  if (kinds.size > 1) {
    const [one, other] = [filled[0], filled.find((k) => columns[k].kind !== columns[filled[0]].kind) ?? 0];
    notes.push(
      `WARNING: column '${name}' is ${KINDS[columns[one].kind]} in ${parts[one].path}, ${KINDS[columns[other].kind]} in ${parts[other].path}: it is taken as a factor`,
    );
  }
  if (kinds.size === 1 && kind !== 'factor') {
    const values = new Float64Array(columns.reduce((sum, column) => sum + lengthOf(column), 0));
    let at = 0;
    for (const column of columns) {
      if (column.kind === 'factor') values.fill(Number.NaN, at, at + column.codes.length);
      else values.set(column.values, at);
      at += lengthOf(column);
    }
    return { kind, values };
  }
  const factors = columns.map((column): FactorColumn => {
    return { kind: 'factor', ordered: column.kind === 'factor' && column.ordered, ...asLevels(column) };
  });
  return stackFactors(
    name,
    parts.map(({ path }) => path),
    factors,
    notes,
  );
}

const KINDS = { numeric: 'a column of numbers', logical: 'logical', factor: 'text' } as const;

function stackFactors(
  name: string,
  paths: readonly string[],
  factors: readonly FactorColumn[],
  notes: string[],
): FactorColumn {
  const filled = factors.flatMap((factor, k) => (factor.levels.length > 0 ? [k] : []));
  const ordered = filled.length > 0 && filled.every((k) => factors[k].ordered);
  const odd = filled.find((k) => factors[k].ordered !== factors[filled[0]].ordered);
  if (odd !== undefined) {
    throw new FitError(
      'DataError',
      `'${name}' is an ordered factor in one of ${paths[filled[0]]} and ${paths[odd]}, not in the other`,
      { path: paths[odd], remedy: `Say which with “factor: ${name}” or “ordered: ${name}=L1,L2”.` },
    );
  }
  const { levels, conflict } = mergeLevels(factors.map((factor) => factor.levels));
  if (conflict !== null) {
    const [a, b] = conflict;
    notes.push(
      `the levels of '${name}' stand in different orders in ${paths[a]} and ${paths[b]}: they are taken in the order of their texts; “factor: ${name}=L1,L2” says which order is meant`,
    );
  }
  const place = new Map(levels.map((level, k) => [level, k]));
  const codes = new Int32Array(factors.reduce((sum, factor) => sum + factor.codes.length, 0));
  let at = 0;
  for (const factor of factors) {
    const target = Int32Array.from(factor.levels, (level) => place.get(level) ?? -1);
    for (const code of factor.codes) codes[at++] = code < 0 ? -1 : target[code];
  }
  return { kind: 'factor', levels, codes, ordered };
}

/**
 * The levels of several lists in one order that has the orders of all: of the levels that may come next always the first by
 * number or code point, so that the order of the lists does not matter. Where they contradict each other all are ordered so,
 * and `conflict` names two that do.
 */
export function mergeLevels(lists: readonly (readonly string[])[]): {
  readonly levels: readonly string[];
  readonly conflict: readonly [number, number] | null;
} {
  const [first = []] = lists;
  const same = (list: readonly string[]) =>
    list.length === first.length && list.every((level, k) => level === first[k]);
  if (lists.every(same)) return { levels: first, conflict: null };
  const sorted = orderLevels([...new Set(lists.flat())]);
  const rank = new Map(sorted.map((level, k) => [level, k]));
  const ranks = lists.map((list) => list.map((level) => rank.get(level) ?? -1));
  if (ranks.every((own) => own.every((r, k) => k === 0 || r > own[k - 1]))) return { levels: sorted, conflict: null };
  // Kahn's algorithm over the pairs of neighbours.
  const after: Set<number>[] = sorted.map(() => new Set());
  const waiting = new Int32Array(sorted.length);
  for (const own of ranks) {
    for (let k = 1; k < own.length; k++) {
      if (after[own[k - 1]].has(own[k])) continue;
      after[own[k - 1]].add(own[k]);
      waiting[own[k]]++;
    }
  }
  const ready = new Set(Array.from(waiting.keys()).filter((r) => waiting[r] === 0));
  const order: string[] = [];
  while (ready.size > 0) {
    const next = Math.min(...ready);
    ready.delete(next);
    order.push(sorted[next]);
    for (const r of after[next]) {
      waiting[r]--;
      if (waiting[r] === 0) ready.add(r);
    }
  }
  return order.length === sorted.length
    ? { levels: order, conflict: null }
    : { levels: sorted, conflict: contradiction(ranks) };
}

/** Two lists of which one has a pair of levels in the other order; of longer circles the first two lists. */
function contradiction(ranks: readonly (readonly number[])[]): readonly [number, number] {
  for (let a = 0; a < ranks.length; a++) {
    const place = new Map(ranks[a].map((r, k) => [r, k]));
    for (let b = a + 1; b < ranks.length; b++) {
      const both = ranks[b].flatMap((r) => place.get(r) ?? []);
      if (both.some((k, i) => i > 0 && k < both[i - 1])) return [a, b];
    }
  }
  return [0, 1];
}

function hasValues(column: Column): boolean {
  if (column.kind === 'factor') return column.codes.some((code) => code >= 0);
  return column.values.some((value) => !Number.isNaN(value));
}

function lengthOf(column: Column): number {
  return column.kind === 'factor' ? column.codes.length : column.values.length;
}

/** The table of one file with a column that names it. @throws OptionError where it has such a column */
export function withSampleColumn(table: Table, name: string, sample: string): Table {
  return withSamples(table, name, { names: [sample], of: new Int32Array(table.rows) });
}

/** The table with a column that names the file of each row; `rows` are its rows among those that `of` is about. */
export function withSamples(
  table: Table,
  name: string,
  { names, of }: NonNullable<MatrixSource['samples']>,
  rows?: Int32Array,
): Table {
  requireNewColumn(name, columnNamesOf(table), table.path ?? 'the annotation');
  const codes = rows ? rows.map((row) => of[row]) : of;
  const levels = orderLevels(names);
  const columns = new Map([...table.columns, [name, factorInOrder(names, codes, levels)] as const]);
  const { columnNames } = table;
  return { ...table, columns, ...(columnNames === undefined ? {} : { columnNames: [...columnNames, name] }) };
}

/** @throws OptionError where a file has the column that is to name it */
export function requireNewColumn(name: string | undefined, columns: readonly string[], path: string): void {
  if (name === undefined || !columns.includes(name)) return;
  throw new FitError('OptionError', `“sampleColumn: ${name}”: ${path} has a column of that name`, {
    option: 'sampleColumn',
    remedy: 'Choose another name, or use the column as it is.',
  });
}

/** @throws DataError for a column that some files have and others lack, of those that are needed */
export function requireEverywhere(
  needed: ReadonlySet<string>,
  files: readonly { readonly path: string; readonly columns: readonly string[] }[],
): void {
  for (const name of needed) {
    const having = files.find(({ columns }) => columns.includes(name));
    const lacking = files.find(({ columns }) => !columns.includes(name));
    if (!having || !lacking) continue;
    throw new FitError('DataError', `${lacking.path} has no column '${name}', which ${having.path} has`, {
      path: lacking.path,
      remedy: `Add the column to ${lacking.path}, or leave it out of the model.`,
    });
  }
}
