/**
 * Tables as Parquet: strings, doubles, 32-bit integers and booleans, all nullable; a missing value is null. The library is
 * loaded when bytes are asked for.
 */
import type { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { MISSING_INTEGER, type OutputColumn, type OutputTable } from './output-table.ts';

const parquetTypes = { string: 'STRING', number: 'DOUBLE', integer: 'INT32', logical: 'BOOLEAN' } as const;

/** The bytes of a table that comes in runs of rows: one row group a run, then the footer. */
export async function* parquetBytes(runs: Iterable<OutputTable>): AsyncGenerator<Uint8Array> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const bytes = new ByteWriter();
  let writer: ParquetWriter | null = null;
  for (const run of runs) {
    writer ??= new ParquetWriter({
      writer: bytes,
      schema: schemaFromColumnData({
        columnData: run.columns.map(({ name, kind }) => ({ name, data: [], type: parquetTypes[kind], nullable: true })),
      }),
      createdBy: 'webgpu-lmm',
    });
    if (run.rows > 0) {
      const columnData = run.columns.map((column) => ({ name: column.name, data: columnValues(column) }));
      // Without a flush() of its own the writer works at once and returns nothing to wait for.
      void writer.write({ columnData, rowGroupSize: run.rows });
    }
    yield takeBytes(bytes);
  }
  if (!writer) return;
  void writer.finish();
  yield takeBytes(bytes);
}

/** The bytes so far; the writer goes on with an empty buffer, its offset counting all. */
function takeBytes(bytes: ByteWriter): Uint8Array {
  const taken = bytes.getBytes().slice();
  bytes.index = 0;
  return taken;
}

function columnValues(column: OutputColumn): Float64Array | Int32Array | (string | number | boolean | null)[] {
  switch (column.kind) {
    case 'string':
      return [...column.values];
    case 'number':
      return column.values.some(Number.isNaN)
        ? Array.from(column.values, (value) => (Number.isNaN(value) ? null : value))
        : column.values;
    case 'integer':
      return column.values.includes(MISSING_INTEGER)
        ? Array.from(column.values, (value) => (value === MISSING_INTEGER ? null : value))
        : column.values;
    case 'logical':
      return Array.from(column.values, (value) => (value === MISSING_INTEGER ? null : value !== 0));
  }
}
