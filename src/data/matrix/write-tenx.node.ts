import { createWriteStream } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, gzipSync } from 'node:zlib';
import type { Column, Table } from '../../types/table.ts';
import { inFolder, type Replacement, replaceFiles, writeFully } from '../replace-file.node.ts';
import { cellBlocks, knownEntries, type WritableMatrix } from './cell-blocks.ts';
import { DEFAULT_FEATURE_TYPE } from './features.ts';

/** Text is handed to the compressor in pieces of about this size. */
const PIECE_BYTES = 1 << 20;
/** Room for three whole numbers and their separators. */
const LONGEST_ENTRY = 64;
/** Width of the count of entries in a header that is written before they are counted. */
const COUNT_WIDTH = 16;

/**
 * Writes a 10x folder: `matrix.mtx.gz`, `features.tsv.gz`, `barcodes.tsv.gz` as CellRanger 3 does, and `obs.tsv` with the
 * annotation, barcode first. Files get their names when they are complete. Blocks are taken one at a time; where the number
 * of entries is not known beforehand the header is a gzip member of its own, filled in at the end.
 */
export async function writeTenx(folder: string, matrix: WritableMatrix): Promise<void> {
  await inFolder(folder, () => replaceFiles(tenxFiles(folder, matrix)));
}

/** The files of a 10x folder, to be written together; see {@link writeTenx}. */
export function tenxFiles(folder: string, matrix: WritableMatrix): Replacement[] {
  const { names, genes, rowNames, obs } = matrix;
  const features = names.map((name, j) => `${name}\t${genes?.[j] ?? name}\t${DEFAULT_FEATURE_TYPE}\n`).join('');
  const barcodes = rowNames.map((name) => `${name}\n`).join('');
  const file = (name: string, bytes: () => Uint8Array): Replacement => ({
    path: join(folder, name),
    write: (path) => writeFile(path, bytes()),
  });
  return [
    { path: join(folder, 'matrix.mtx.gz'), write: (path) => writeMatrix(path, matrix) },
    file('features.tsv.gz', () => gzipSync(features)),
    file('barcodes.tsv.gz', () => gzipSync(barcodes)),
    file('obs.tsv', () => Buffer.from(obsText(obs, rowNames))),
  ];
}

async function writeMatrix(path: string, matrix: WritableMatrix): Promise<void> {
  const announced = knownEntries(matrix);
  let entries = 0;
  let whole = true;
  const blocks = cellBlocks(matrix, path);
  const first = await blocks.next();
  if (!first.done) whole = first.value.values instanceof Int32Array;
  const header = (count: number) =>
    `%%MatrixMarket matrix coordinate ${whole ? 'integer' : 'real'} general\n${matrix.names.length} ${matrix.rows} ${
      announced === undefined ? String(count).padStart(COUNT_WIDTH) : count
    }\n`;
  async function* text(): AsyncGenerator<Uint8Array> {
    if (announced !== undefined) yield Buffer.from(header(announced));
    let cell = 0;
    for (let next = first; !next.done; next = await blocks.next()) {
      const { pointers, indices, values } = next.value;
      yield* entryText(cell, pointers, indices, values);
      cell += pointers.length - 1;
      entries += indices.length;
    }
  }
  // Stored, not deflated: the member keeps its length when the count changes.
  const member = (count: number) => gzipSync(header(count), { level: 0 });
  await writeFile(path, announced === undefined ? member(0) : '');
  await pipeline(Readable.from(text()), createGzip({ level: 4 }), createWriteStream(path, { flags: 'a' }));
  if (announced !== undefined) return;
  const file = await open(path, 'r+');
  try {
    await writeFully(file, member(entries), 0);
  } finally {
    await file.close();
  }
}

/** Lines `feature cell value`, from 1, in pieces of bytes. */
function* entryText(
  firstCell: number,
  pointers: Float64Array | Int32Array,
  indices: Int32Array,
  values: Int32Array | Float32Array | Float64Array,
): Generator<Uint8Array> {
  let bytes = Buffer.allocUnsafe(PIECE_BYTES);
  let used = 0;
  for (let k = 0; k + 1 < pointers.length; k++) {
    const cell = ` ${firstCell + k + 1} `;
    for (let e = pointers[k]; e < pointers[k + 1]; e++) {
      if (used + LONGEST_ENTRY > PIECE_BYTES) {
        yield bytes.subarray(0, used);
        bytes = Buffer.allocUnsafe(PIECE_BYTES);
        used = 0;
      }
      used = putNumber(bytes, used, indices[e] + 1);
      for (let c = 0; c < cell.length; c++) bytes[used++] = cell.charCodeAt(c);
      used = putNumber(bytes, used, values[e]);
      bytes[used++] = 10;
    }
  }
  yield bytes.subarray(0, used);
}

/** Decimal digits of a number; returns where they end. Small whole numbers, nearly all there are, without a string. */
function putNumber(bytes: Uint8Array, at: number, value: number): number {
  if (!(value >= 0 && value < 1e9 && Number.isInteger(value))) {
    const digits = String(value);
    for (let c = 0; c < digits.length; c++) bytes[at + c] = digits.charCodeAt(c);
    return at + digits.length;
  }
  let width = 1;
  for (let power = 10; value >= power; power *= 10) width++;
  let rest = value;
  for (let c = at + width - 1; c >= at; c--) {
    bytes[c] = 48 + (rest % 10);
    rest = Math.trunc(rest / 10);
  }
  return at + width;
}

function obsText(obs: Table, rowNames: readonly string[]): string {
  const columns = [...obs.columns];
  const lines = [['barcode', ...columns.map(([name]) => name)].map(field).join('\t')];
  for (let i = 0; i < obs.rows; i++) {
    lines.push([rowNames[i], ...columns.map(([, column]) => cellText(column, i))].map(field).join('\t'));
  }
  return `${lines.join('\n')}\n`;
}

/** One field of a TSV record, quoted where a tab, a quote or a line end would break it. */
function field(text: string): string {
  return /["\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function cellText(column: Column, row: number): string {
  if (column.kind === 'factor') return column.codes[row] < 0 ? 'NA' : column.levels[column.codes[row]];
  const value = column.values[row];
  if (Number.isNaN(value)) return 'NA';
  return column.kind === 'logical' ? (value === 1 ? 'TRUE' : 'FALSE') : String(value);
}
