import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Column, Table } from '../../src/types/table.ts';

const DATA = resolve(import.meta.dirname, '../reference/data');

interface Meta {
  readonly columns: Readonly<Record<string, { readonly kind: string; readonly levels?: readonly string[] }>>;
}

/** True where the reference data are there. */
export function hasReference(file: string): boolean {
  return existsSync(resolve(DATA, file));
}

/** Reads a small quoted CSV file of the reference, with types and level orders from its description. */
export function referenceTable(file: string, folder = DATA): Table {
  const meta: Meta = JSON.parse(readFileSync(resolve(folder, file.replace(/\.csv$/, '.meta.json')), 'utf8'));
  const lines = readFileSync(resolve(folder, file), 'utf8').trimEnd().split('\n').map(fields);
  const [header, ...records] = lines;
  const columns = new Map<string, Column>();
  for (const [j, name] of header.entries()) {
    const texts = records.map((record) => record[j]);
    const { kind, levels } = meta.columns[name];
    columns.set(name, kind === 'numeric' ? numeric(texts) : factor(texts, levels ?? [], kind === 'ordered'));
  }
  return { rows: records.length, columns, path: file };
}

export function numeric(texts: readonly (string | number)[]): Column {
  return { kind: 'numeric', values: Float64Array.from(texts, (text) => (text === 'NA' ? Number.NaN : Number(text))) };
}

export function factor(
  texts: readonly string[],
  levels: readonly string[] = [...new Set(texts)].sort(),
  ordered = false,
): Column {
  return { kind: 'factor', levels, codes: Int32Array.from(texts, (text) => levels.indexOf(text)), ordered };
}

export function table(columns: Record<string, Column>): Table {
  const [first] = Object.values(columns);
  const rows = first.kind === 'factor' ? first.codes.length : first.values.length;
  return { rows, columns: new Map(Object.entries(columns)) };
}

/** Columns of an n x p column-major matrix. */
export function columnsOf(values: Float64Array, n: number): number[][] {
  return Array.from({ length: n === 0 ? 0 : values.length / n }, (_, j) => [...values.subarray(j * n, (j + 1) * n)]);
}

function fields(line: string): string[] {
  return [...line.matchAll(/"((?:[^"]|"")*)"|([^,]+)|(?<=,|^)(?=,|$)/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  );
}
