import { FitError } from '../../errors.ts';
import type { MatrixSource } from '../../types/responses.ts';
import type { Table } from '../../types/table.ts';
import { columnTexts, selectRows } from './table-rows.ts';

/** Examples of unmatched names that a note shows. */
const EXAMPLES = 3;

export interface JoinedObs {
  /** The annotation of the matched rows, in the order of the matrix; `rowNames` are its barcodes. */
  readonly table: Table;
  /** Matrix row of each row of `table`, increasing. */
  readonly rows: Int32Array;
  /** Rows of the matrix without annotation. */
  readonly unmatchedMatrix: number;
  /** Rows of the annotation without a row in the matrix. */
  readonly unmatchedObs: number;
  readonly notes: readonly string[];
}

/** Identifiers of the rows of a table: its row names, else the texts of its first column ('' where missing). */
export function rowIdentifiers(table: Table): readonly string[] {
  if (table.rowNames !== undefined) return table.rowNames;
  const first = table.columns.values().next();
  if (first.done === true)
    throw new FitError('DataError', `${table.path ?? 'the annotation'} has no columns`, pathOf(table));
  return columnTexts(first.value).map((text) => text ?? '');
}

/**
 * Joins the annotation of cells or samples to the rows of a matrix by barcode: the row names of `obs`, else its first
 * column. Rows without a partner on the other side are left out and counted.
 *
 * @throws FitError DataError for barcodes repeated in `obs`, or when no barcode is on both sides
 */
export function joinObs(rowNames: readonly string[], obs: Table): JoinedObs {
  const index = indexNames(rowIdentifiers(obs), obs);
  const twice = repeatedName(rowNames);
  if (twice !== null) {
    throw new FitError(
      'DataError',
      `the name '${twice}' is repeated in the data, so ${obs.path ?? 'the annotation'} cannot be joined by it`,
      {
        ...pathOf(obs),
        remedy:
          'make the names unique, for example by a suffix for each sample, or put the annotation into the file itself',
      },
    );
  }
  const matrixRows: number[] = [];
  const obsRows: number[] = [];
  const lonelyMatrix: string[] = [];
  const matched = new Uint8Array(obs.rows);
  let unmatchedMatrix = 0;
  for (const [row, name] of rowNames.entries()) {
    const obsRow = index.get(name);
    if (obsRow === undefined) {
      unmatchedMatrix += 1;
      if (lonelyMatrix.length < EXAMPLES) lonelyMatrix.push(name);
      continue;
    }
    matrixRows.push(row);
    obsRows.push(obsRow);
    matched[obsRow] = 1;
  }
  if (matrixRows.length === 0) throw nothingMatches(rowNames, [...index.keys()], obs);
  const lonelyObs = [...index].filter(([, row]) => matched[row] === 0).map(([name]) => name);
  const notes: string[] = [];
  const where = obs.path === undefined ? 'the annotation' : obs.path;
  if (unmatchedMatrix > 0) {
    notes.push(
      `${countOf(unmatchedMatrix, 'row')} of the matrix not in ${where}, left out (${examples(lonelyMatrix, unmatchedMatrix)})`,
    );
  }
  if (lonelyObs.length > 0) {
    notes.push(
      `${countOf(lonelyObs.length, 'row')} of ${where} not in the matrix (${examples(lonelyObs, lonelyObs.length)})`,
    );
  }
  const rows = Int32Array.from(matrixRows);
  const table = { ...selectRows(obs, Int32Array.from(obsRows)), rowNames: matrixRows.map((row) => rowNames[row]) };
  return { table, rows, unmatchedMatrix, unmatchedObs: lonelyObs.length, notes };
}

/**
 * Gives every row of stacked matrices the annotation of its file: the row of `obs` that has the name of the file. Rows of a file
 * without one are left out and counted.
 *
 * @throws FitError DataError for names repeated in `obs`, or when none is that of a file
 */
export function joinSamples({ names, of }: NonNullable<MatrixSource['samples']>, obs: Table): JoinedObs {
  const index = indexNames(rowIdentifiers(obs), obs);
  const place = Int32Array.from(names, (name) => index.get(name) ?? -1);
  const rows = Int32Array.from(of.keys()).filter((row) => place[of[row]] >= 0);
  if (rows.length === 0) throw nothingMatches(names, [...index.keys()], obs);
  const lonelyFiles = names.filter((_, k) => place[k] < 0);
  const lonelyObs = [...index.keys()].filter((name) => !names.includes(name));
  const where = obs.path ?? 'the annotation';
  const notes = [`the rows of ${where} are those of the files, by name`];
  if (lonelyFiles.length > 0) {
    const list = examples(lonelyFiles, lonelyFiles.length);
    notes.push(`${countOf(lonelyFiles.length, 'file')} not in ${where}, left out (${list})`);
  }
  if (lonelyObs.length > 0) {
    const list = examples(lonelyObs, lonelyObs.length);
    notes.push(`${countOf(lonelyObs.length, 'row')} of ${where} without a file (${list})`);
  }
  const { rowNames: _, ...table } = selectRows(
    obs,
    rows.map((row) => place[of[row]]),
  );
  return { table, rows, unmatchedMatrix: of.length - rows.length, unmatchedObs: lonelyObs.length, notes };
}

/** The first name that comes again; null for none. */
function repeatedName(names: readonly string[]): string | null {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return null;
}

/** Row of each identifier. @throws FitError DataError naming an identifier that repeats */
export function indexNames(names: readonly string[], table: Table): Map<string, number> {
  const index = new Map<string, number>();
  for (const [row, name] of names.entries()) {
    const before = index.get(name);
    if (before !== undefined) {
      const what = name === '' ? 'have no name' : `are both named '${name}'`;
      throw new FitError('DataError', `${table.path ?? 'the annotation'}: rows ${before + 1} and ${row + 1} ${what}`, {
        ...pathOf(table),
        remedy: 'its first column must name each row once',
      });
    }
    index.set(name, row);
  }
  return index;
}

/** The error when two lists of names share none. */
export function nothingMatches(left: readonly string[], right: readonly string[], obs: Table): FitError {
  const where = obs.path ?? 'the annotation';
  const shown = (names: readonly string[]) => (names.length === 0 ? 'no names' : `'${names[0]}'`);
  const message = `no name in the data matches the first column of ${where}: ${shown(left)} there, ${shown(right)} here`;
  return new FitError('DataError', message, {
    ...pathOf(obs),
    remedy: 'the first column of the annotation must hold the names of the cells or samples',
  });
}

/** `3 rows`, `1 row`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Examples in quotes, with dots where there are more. */
export function examples(names: readonly string[], total: number, most = EXAMPLES): string {
  const shown = names.slice(0, most).map((name) => `'${name}'`);
  return shown.join(', ') + (total > shown.length ? ', ...' : '');
}

function pathOf(table: Table): { path?: string } {
  return table.path === undefined ? {} : { path: table.path };
}
