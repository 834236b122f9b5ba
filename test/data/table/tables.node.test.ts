import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { AsyncBuffer } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { joinObs } from '../../../src/data/table/join.ts';
import { matchBulk } from '../../../src/data/table/match-bulk.ts';
import { parquetColumns, readParquet } from '../../../src/data/table/parquet.ts';
import { columnTexts } from '../../../src/data/table/table-rows.ts';
import { type FitError, isFitError } from '../../../src/errors.ts';
import { readBulk, readNameList, readObsTable, readTable, tableColumns } from '../../../src/reading/tables.node.ts';
import { itUnless, realData } from '../../requirements.ts';

const folder = mkdtempSync(join(tmpdir(), 'webgpu-lmm-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

const reference = new URL('../../reference/', import.meta.url).pathname;
const { path: real } = realData('');

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function failure(promise: Promise<unknown>): Promise<FitError> {
  const error = await promise.then(
    () => null,
    (e: unknown) => e,
  );
  if (!isFitError(error, 'DataError')) throw new Error(`expected a DataError, got ${String(error)}`);
  return error;
}

interface Meta {
  readonly file: string;
  readonly rows: number;
  readonly columns: Record<string, { readonly kind: string; readonly levels?: string[]; readonly missing?: number }>;
}

describe('reference tables', () => {
  const metas = readdirSync(join(reference, 'data')).filter((name) => name.endsWith('.meta.json'));

  it.each(metas)('%s: kinds, levels and missing values', async (name) => {
    const meta = JSON.parse(readFileSync(join(reference, 'data', name), 'utf8')) as Meta;
    const path = join(reference, 'data', meta.file);
    const table = await readTable(path);
    expect(table.rows).toBe(meta.rows);
    expect([...table.columns.keys()]).toEqual(Object.keys(meta.columns));
    expect(await tableColumns(path)).toEqual(Object.keys(meta.columns));
    for (const [column, expected] of Object.entries(meta.columns)) {
      const found = table.columns.get(column)!;
      if (expected.levels === undefined) {
        expect(found.kind).toBe(expected.kind);
        const missing = found.kind === 'factor' ? -1 : found.values.filter(Number.isNaN).length;
        expect(missing).toBe(expected.missing ?? 0);
      } else {
        // R's own order, and whether digits are a factor, is not in the file; the set of levels is.
        const texts = new Set(columnTexts(found).filter((text) => text !== null));
        expect([...texts].sort()).toEqual([...expected.levels].sort());
        expect(found.kind).toBe(expected.levels.every((level) => /^\d+$/.test(level)) ? 'numeric' : 'factor');
      }
    }
  });

  it('reads the weighted batch in the bulk layout', async () => {
    const batch = (name: string) => join(reference, 'batches', `sim_weighted.${name}.tsv`);
    const obs = await readObsTable(batch('obs'));
    const [bulk, weights] = await Promise.all([readBulk(batch('y')), readBulk(batch('w'))]);
    const { responses, rows, notes } = matchBulk(bulk, obs.rowNames!, weights, obs.path);
    expect(responses).toMatchObject({ rows: 96, kind: 'dense' });
    expect(responses.names).toHaveLength(200);
    expect(rows).toHaveLength(96);
    expect(notes).toEqual([]);
    expect([responses.values[0], responses.values[97], responses.weights![0]]).toEqual([5.447158, 7.419065, 1.41029]);
    const fields = readFileSync(batch('y'), 'utf8').trim().split('\n').at(-1)!.split('\t');
    expect([...responses.values.subarray(199 * 96)]).toEqual(fields.slice(1).map(Number));
  });

  itUnless(realData('shock_bulk').lacking, 'reads the real bulk data', async () => {
    const file = (name: string) => join(real, 'shock_bulk', name);
    const [bulk, weights, obs] = await Promise.all([
      readBulk(file('logcpm.tsv.gz')),
      readBulk(file('voom_weights.tsv.gz')),
      readObsTable(file('samples.tsv')),
    ]);
    const { responses } = matchBulk(bulk, obs.rowNames!, weights);
    expect([responses.names.length, responses.rows]).toEqual([2000, 33]);
    expect(responses.weights!.every((weight) => weight > 0)).toBe(true);
    const counts = await readBulk(file('counts.tsv.gz'));
    expect([counts.names.length, counts.samples.length]).toEqual([13123, 33]);
  });

  itUnless(realData('kang_subset').lacking, 'joins real annotation to its barcodes', async () => {
    const barcodes = await readNameList(join(real, 'kang_subset', 'barcodes.tsv'));
    const obs = await readObsTable(join(real, 'kang_subset', 'obs.tsv'));
    const joined = joinObs(barcodes, obs);
    expect(joined).toMatchObject({ unmatchedMatrix: 0, unmatchedObs: 0, notes: [] });
    expect(joined.rows).toHaveLength(barcodes.length);
  });
});

describe('files', () => {
  const text = 'id,x\nb,1\na,2\n';

  it('reads plain and gzipped files, also of several members, whatever they are called', async () => {
    const members = Buffer.concat([gzipSync(text.slice(0, 6)), gzipSync(text.slice(6))]);
    for (const path of [
      write('a.csv', text),
      write('a.csv.gz', gzipSync(text)),
      write('b.csv.gz', members),
      write('c.csv', members),
    ]) {
      const table = await readTable(path);
      expect(columnTexts(table.columns.get('id')!)).toEqual(['b', 'a']);
      expect(table.path).toBe(path);
      expect(await tableColumns(path)).toEqual(['id', 'x']);
    }
  });

  it('refuses a gzip that was cut or changed', async () => {
    const long = gzipSync(`a,b\n${Array.from({ length: 2000 }, (_, i) => `${i},${i ** 3}`).join('\n')}\n`);
    const changed = Buffer.from(long);
    changed[1000] ^= 255;
    for (const bytes of [long.subarray(0, 2000), long.subarray(0, long.length - 4), long.subarray(0, 5), changed]) {
      const path = write('cut.csv.gz', bytes);
      const error = await failure(readTable(path));
      expect(error.fields).toMatchObject({ path, unreadable: true });
      expect(error.message).toContain('truncated or corrupt');
    }
  });

  it.each(['none.csv', 'none.parquet', 'no/such.tsv.gz'])('says that %s is not there', async (name) => {
    const path = join(folder, name);
    const error = await failure(readTable(path));
    expect(error.message).toBe(`no such file: ${path}`);
    expect(error.fields.unreadable).toBe(true);
  });

  it('refuses folders and unknown extensions', async () => {
    expect((await failure(readTable(folder))).message).toContain('is a folder');
    const error = await failure(readTable(write('a.xlsx', text)));
    expect(error.message).toContain('the extension is not that of a table');
    expect(error.fields.unreadable).toBeUndefined();
  });

  it('calls an empty file empty, gzipped too', async () => {
    for (const path of [write('e.csv', ''), write('e.csv.gz', gzipSync(''))]) {
      expect((await failure(readTable(path))).message).toBe(`${path} is empty`);
      expect((await failure(readBulk(path))).message).toBe(`${path}: the table is empty`);
    }
  });

  it('stops reading early for the header', async () => {
    // Some pieces of a stream, the last of which cannot be read.
    const rows = 50_000;
    const path = write('long.csv', `a,b\n${'1,2\n'.repeat(rows)}1,2,3\n`);
    expect(await tableColumns(path)).toEqual(['a', 'b']);
    expect((await failure(readTable(path))).message).toMatch(/50002/);
    const whole = write('whole.csv', `a,b\n${'1,2\n'.repeat(rows)}`);
    const table = await readTable(whole, { columns: ['b'] });
    expect([...table.columns.keys()]).toEqual(['b']);
    expect(table.rows).toBe(rows);
  });
});

describe('parquet', () => {
  const columnData = [
    { name: 'id', data: ['b', 'a', null, 'NA'], type: 'STRING' as const },
    { name: 'x', data: [1.5, null, 3, NaN], type: 'DOUBLE' as const },
    { name: 'n', data: [1n, -2n, null, 9007199254740991n], type: 'INT64' as const },
    { name: 'k', data: [1, 2, 3, 4], type: 'INT32' as const },
    { name: 'l', data: [true, false, null, true], type: 'BOOLEAN' as const },
    {
      name: 't',
      data: ['2024-01-31', '2024-01-31', null, '2023-05-01T10:00:00Z'].map((d) => (d === null ? null : new Date(d))),
      type: 'TIMESTAMP' as const,
    },
  ];
  const bytes = new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 3 }));

  it('reads each type, over row groups', async () => {
    const path = write('t.parquet', bytes);
    const table = await readTable(path);
    expect(await tableColumns(path)).toEqual(['id', 'x', 'n', 'k', 'l', 't']);
    expect(table.rows).toBe(4);
    expect(table.columns.get('id')).toEqual({
      kind: 'factor',
      levels: ['a', 'b'],
      codes: Int32Array.of(1, 0, -1, -1),
      ordered: false,
    });
    expect(table.columns.get('x')).toEqual({ kind: 'numeric', values: Float64Array.of(1.5, NaN, 3, NaN) });
    expect(table.columns.get('n')).toEqual({ kind: 'numeric', values: Float64Array.of(1, -2, NaN, 9007199254740991) });
    expect(table.columns.get('k')).toEqual({ kind: 'numeric', values: Float64Array.of(1, 2, 3, 4) });
    expect(table.columns.get('l')).toEqual({ kind: 'logical', values: Float64Array.of(1, 0, NaN, 1) });
    expect(table.columns.get('t')).toMatchObject({ levels: ['2023-05-01T10:00:00.000Z', '2024-01-31'] });
  });

  it('reads single columns, and names the nearest of an unknown one', async () => {
    const path = write('t.parquet', bytes);
    expect([...(await readTable(path, { columns: ['k', 'id'] })).columns.keys()]).toEqual(['id', 'k']);
    expect((await failure(readTable(path, { columns: ['idd'] }))).message).toContain("did you mean 'id'?");
  });

  it('refuses integers that a double cannot hold', async () => {
    const big = parquetWriteBuffer({ columnData: [{ name: 'n', data: [2n ** 53n + 1n], type: 'INT64' }] });
    expect((await failure(readTable(write('big.parquet', new Uint8Array(big))))).message).toContain('9007199254740993');
  });

  it('passes over nested columns unless they are asked for', async () => {
    const nested = parquetWriteBuffer({
      columnData: [
        { name: 'x', data: [1, 2], type: 'DOUBLE' },
        { name: 'group', data: [{ a: 1 }, { a: 2 }], type: 'VARIANT' },
      ],
    });
    const path = write('nested.parquet', new Uint8Array(nested));
    expect([...(await readTable(path)).columns.keys()]).toEqual(['x']);
    expect((await failure(readTable(path, { columns: ['group'] }))).message).toContain("column 'group' is nested");
  });

  it('gives the first column as row names of an annotation, or the index of pandas', async () => {
    const path = write('t.parquet', bytes);
    const obs = await readObsTable(path, ['k']);
    expect([...obs.columns.keys()]).toEqual(['k']);
    expect(obs.rowNames).toEqual(['b', 'a', '', '']);
    const pandas = parquetWriteBuffer({
      columnData: [
        { name: 'x', data: [1, 2], type: 'DOUBLE' },
        { name: '__index_level_0__', data: ['c1', 'c2'], type: 'STRING' },
      ],
    });
    const indexed = await readObsTable(write('pandas.parquet', new Uint8Array(pandas)));
    expect(indexed.rowNames).toEqual(['c1', 'c2']);
    expect([...indexed.columns.keys()]).toEqual(['x']);
  });

  it('reads the bulk layout', async () => {
    const bulk = parquetWriteBuffer({
      columnData: [
        { name: 'gene', data: ['g1', 'g2'], type: 'STRING' },
        { name: 's1', data: [1, 2], type: 'DOUBLE' },
        { name: 's2', data: [3, 4], type: 'INT32' },
      ],
    });
    expect(await readBulk(write('bulk.parquet', new Uint8Array(bulk)))).toMatchObject({
      names: ['g1', 'g2'],
      samples: ['s1', 's2'],
      values: Float64Array.of(1, 3, 2, 4),
    });
  });

  it('calls a corrupt file unreadable', async () => {
    const path = write('cut.parquet', bytes);
    truncateSync(path, bytes.length - 20);
    expect((await failure(readTable(path))).fields).toMatchObject({ path, unreadable: true });
    expect((await failure(readTable(write('text.parquet', 'a,b\n1,2\n')))).fields.unreadable).toBe(true);
  });

  // Changed bytes inside pages are not tried: page headers with nonsense sizes can send hyparquet into an endless loop.
  it('makes column names or a FitError of changed bytes', async () => {
    const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const copy = bytes.slice();
        for (const { at, to } of changes) copy[at] = to;
        await parquetColumns(buffer(copy)).catch((error: unknown) => {
          expect(isFitError(error, 'DataError'), String(error)).toBe(true);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('refuses every truncation', async () => {
    for (let end = 0; end < bytes.length; end += 3) {
      expect((await failure(readParquet(buffer(bytes.slice(0, end))))).fields.unreadable, `cut at ${end}`).toBe(true);
    }
  });
});

function buffer(content: Uint8Array): AsyncBuffer {
  return { byteLength: content.length, slice: (start, end) => Uint8Array.from(content).slice(start, end).buffer };
}
