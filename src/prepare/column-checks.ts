/** Checksums of the columns that a model reads, by which a part is known to be the file that its design was made of. */
import { asLevels } from '../data/table/table-rows.ts';
import { FitError } from '../errors.ts';
import { checksum } from '../moments/parts/part-file.ts';
import type { Column, Table } from '../types/table.ts';

/** Kind and checksum of some columns over some rows. */
export function columnChecks(table: Table, names: Iterable<string>, rows: Int32Array): Record<string, string> {
  const checks: Record<string, string> = {};
  for (const name of names) {
    const column = table.columns.get(name);
    if (column !== undefined) checks[name] = `${column.kind} ${columnChecksum(column, rows)}`;
  }
  return checks;
}

/**
 * Checksum of the values of a column: of factors of their texts, whatever levels there are beside them and in whatever order.
 */
function columnChecksum(column: Column, rows: Int32Array): string {
  if (column.kind !== 'factor') {
    const values = Float64Array.from(rows, (row) =>
      Number.isNaN(column.values[row]) ? Number.NaN : column.values[row],
    );
    return checksum(new Uint8Array(values.buffer));
  }
  const numbers = new Map<number, number>();
  const codes = Int32Array.from(rows, (row) => {
    const code = column.codes[row];
    if (code < 0) return -1;
    let number = numbers.get(code);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(code, number);
    }
    return number;
  });
  const texts = JSON.stringify([...numbers.keys()].map((code) => column.levels[code]));
  return `${checksum(new TextEncoder().encode(texts))}${checksum(new Uint8Array(codes.buffer))}`;
}

/**
 * The table with columns of the kinds that they have in the whole data set: a file may hold numbers where another has text, or
 * nothing at all.
 */
export function asInWhole(table: Table, checks: Readonly<Record<string, string>>): Table {
  const columns = new Map(table.columns);
  for (const [name, check] of Object.entries(checks)) {
    const column = columns.get(name);
    const [kind] = check.split(' ');
    if (column === undefined || column.kind === kind) continue;
    if (kind === 'factor') columns.set(name, { kind, ordered: false, ...asLevels(column) });
    else if ((kind === 'numeric' || kind === 'logical') && isEmpty(column)) {
      columns.set(name, { kind, values: new Float64Array(table.rows).fill(Number.NaN) });
    }
  }
  return { ...table, columns };
}

function isEmpty(column: Column): boolean {
  return column.kind === 'factor' ? column.codes.every((code) => code < 0) : column.values.every(Number.isNaN);
}

/** @throws DataError that names a column whose values are others than when the design was made */
export function requireSameColumns(table: Table, checks: Readonly<Record<string, string>>, path: string): void {
  const rows = Int32Array.from({ length: table.rows }, (_, i) => i);
  const found = columnChecks(table, Object.keys(checks), rows);
  const changed = Object.keys(checks).find((name) => found[name] !== checks[name]);
  if (changed === undefined) return;
  throw new FitError('DataError', `${path}: column '${changed}' holds other values than when the design was made`, {
    path,
    remedy: 'Give the file that the design was made of, or make the design anew from all files.',
  });
}
