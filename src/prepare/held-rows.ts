/**
 * Parts whose rows travel: what a model reads of each file is kept, and the moments are formed of all rows together, as one run
 * over all files forms them.
 */
import type { InputFiles } from '../data/input-files.ts';
import { stackTables } from '../data/table/stack-tables.ts';
import { FitError } from '../errors.ts';
import { parseFormula } from '../formula/parse.ts';
import type { Moments } from '../moments/moments.ts';
import { completeMoments } from '../moments/parts/complete-part.ts';
import { type HeldRows, type MomentsPart, requireComplete } from '../moments/parts/part.ts';
import { withPresentNames } from '../options/former-names.ts';
import type { DenseResponses } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import type { InputOptions } from './data-options.ts';
import { LIBRARY, withLibraryOffset } from './family-responses.ts';
import type { Input } from './input.ts';
import { heldResponses, noResponses, prepareMoments } from './prepare-moments.ts';
import { readInput } from './read-input.ts';

/** The rows of one file: of a table its columns, of a matrix the annotation and the responses as they enter the model. */
export async function heldRows(
  { table, responses, matrixRows, select, notes }: Input,
  options: InputOptions,
  signal: AbortSignal | undefined,
): Promise<Pick<MomentsPart, 'held' | 'notes'>> {
  if (responses.kind === 'dense' || !matrixRows) {
    // The name of the file is told when the files are joined.
    const columns = [...table.columns].filter(([name]) => name !== options.sampleColumn);
    return { held: [{ rows: table.rows, columns, values: null }], notes };
  }
  const own = options.offset === LIBRARY ? await withLibraryOffset(table, responses, matrixRows, signal) : table;
  const { responses: held } = await heldResponses(responses, { table, matrixRows, select }, options, signal);
  return { held: [{ rows: table.rows, columns: [...own.columns], values: held.values }], notes };
}

/**
 * The moments of a whole data set from its parts.
 *
 * Rejects with DataError that names the files that are not among them; of rows as `prepareMoments` does.
 */
export async function completeParts(part: MomentsPart, path?: string): Promise<Moments> {
  const { whole, held } = part;
  requireComplete(part, path);
  const options: InputOptions = { ...withPresentNames(whole.options), formula: whole.formula };
  if (whole.kind === 'sums') {
    const moments = completeMoments(part, path);
    if (moments.names.length === 0) throw noResponses(options.minCells ?? 0);
    return moments;
  }
  const tables = held.map((rows, k) => ({ table: tableOf(rows, whole.files[k].path), path: whole.files[k].path }));
  const input = whole.matrix
    ? matrixInput(part, tables)
    : await readInput(
        whole.files.map((file) => file.path),
        options,
        heldFiles(tables),
      );
  const { moments, notes } = await prepareMoments(input, whole.matrix ? withoutCounts(options) : options);
  return { ...moments, notes: [...new Set([...part.notes, ...notes])] };
}

interface HeldTable {
  readonly table: Table;
  readonly path: string;
}

function tableOf({ rows, columns }: HeldRows, path: string): Table {
  return { rows, columns: new Map(columns), path };
}

/** All rows of a matrix, its responses in memory. */
function matrixInput({ whole, held }: MomentsPart, tables: readonly HeldTable[]): Input {
  const { table, notes } = stackTables(tables, 'the parts');
  const { names, genes } = whole;
  const values = new Float64Array(names.length * table.rows);
  let from = 0;
  for (const { rows, values: own } of held) {
    for (let g = 0; own && g < names.length; g++) {
      values.set(own.subarray(g * rows, (g + 1) * rows), g * table.rows + from);
    }
    from += rows;
  }
  const responses: DenseResponses = { kind: 'dense', rows: table.rows, names, ...(genes ? { genes } : {}), values };
  return {
    formula: parseFormula(whole.formula),
    table,
    responses,
    matrixRows: null,
    select: null,
    notes,
    close: async () => {},
  };
}

/** Options without what has been done to counts already. */
function withoutCounts({ normalize: _, totals: __, ...options }: InputOptions): InputOptions {
  return options;
}

/** Tables as files, which is all that a run over tables reads. */
function heldFiles(tables: readonly HeldTable[]): InputFiles {
  const tableAt = (path: string): Table => {
    const found = tables.find((one) => one.path === path);
    if (found) return found.table;
    throw new FitError('DataError', `${path} is none of the parts`, { path });
  };
  const none = (path: string): never => {
    throw new FitError('DataError', `${path} is no table of the parts`, { path });
  };
  return {
    exists: (path) => tables.some((one) => one.path === path),
    isMatrix: () => false,
    openMatrix: async (path) => none(path),
    readTable: async (path, { columns } = {}) => {
      const table = tableAt(path);
      const names = [...table.columns.keys()];
      const kept = [...table.columns].filter(([name]) => columns === undefined || columns.includes(name));
      return { ...table, columns: new Map(kept), columnNames: names };
    },
    readObsTable: async (path) => none(path),
    tableColumns: async (path) => [...tableAt(path).columns.keys()],
    readBulk: async (path) => none(path),
    readNameList: async (path) => none(path),
  };
}
