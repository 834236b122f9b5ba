import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFiles } from '../../src/data/input-files.browser.ts';
import { openMatrixHere } from '../../src/data/matrix/open.node.ts';
import { diskFiles } from '../../src/reading/input-files.node.ts';
import type { MatrixSource } from '../../src/types/responses.ts';
import { collect, failure, readDense, temporaryFolder } from './matrix/collect.ts';

/** Written by anndata, and as version 3 stores the same: fixtures/make_stores.py. */
const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), 'matrix', 'fixtures');
const H5AD = join(FIXTURES, 'columns.h5ad');
const root = temporaryFolder();

function filesOf(version: string): Record<string, Uint8Array> {
  const entries = Object.entries(unzipSync(readFileSync(join(FIXTURES, `columns-${version}.zarr.zip`))));
  return Object.fromEntries(entries.filter(([name]) => !name.endsWith('/')));
}

/** A folder with the files, changed. */
function unpack(name: string, version: string, change: (files: Record<string, Uint8Array>) => void = () => {}): string {
  const files = filesOf(version);
  change(files);
  for (const [file, bytes] of Object.entries(files)) {
    const path = join(root, name, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  return join(root, name);
}

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const json = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;

const openers: Record<string, (options?: { layer?: string }) => Promise<MatrixSource>> = {};
const opened: MatrixSource[] = [];
afterAll(() => Promise.all(opened.map((source) => source.close())));

async function open(door: string, options?: { layer?: string }): Promise<MatrixSource> {
  const source = await openers[door](options);
  opened.push(source);
  return source;
}
beforeAll(() => {
  for (const version of ['v2', 'v3']) {
    const folder = unpack(`${version}.zarr`, version);
    const zip = join(FIXTURES, `columns-${version}.zarr.zip`);
    const blobs = () => {
      const files = Object.entries(filesOf(version));
      return openFiles(files.map(([name, bytes]) => [`a/b.zarr/${name}`, new Blob([bytes.slice()])] as const));
    };
    openers[`folder ${version}`] = (options) => openMatrixHere(folder, options);
    openers[`zip ${version}`] = (options) => openMatrixHere(zip, options);
    openers[`blobs ${version}`] = (options) => blobs().openMatrix('a/b.zarr', options);
    openers[`zip blob ${version}`] = (options) =>
      openFiles([['s.zarr.zip', new Blob([readFileSync(zip)])]]).openMatrix('s.zarr.zip', options);
  }
});

const DOORS = ['folder', 'zip', 'blobs', 'zip blob'].flatMap((door) => ['v2', 'v3'].map((v) => `${door} ${v}`));

describe('a zarr store', () => {
  it.each(DOORS)('is what the .h5ad is: %s', async (door) => {
    const expected = await openMatrixHere(H5AD);
    const source = await open(door);
    expect(source).toMatchObject({ kind: 'matrix', rows: 6, names: expected.names, genes: expected.genes });
    expect(source.entries).toBe(expected.entries);
    expect(await source.rowNames()).toEqual(await expected.rowNames());
    expect(await source.repeatedRowNames?.()).toBe(false);
    expect(source.layers).toEqual(expect.arrayContaining([...(expected.layers ?? [])]));
    const [table, columns] = [await source.readObs(expected.obsColumns), (await expected.readObs()).columns];
    expect([...table.columns]).toEqual([...columns]);
    for (const layer of [undefined, ...(expected.layers ?? [])]) {
      const options = layer === undefined ? {} : { layer };
      const [one, other] = [await open(door, options), await openMatrixHere(H5AD, options)];
      expect(one.names).toEqual(other.names);
      for (const maxEntries of [1, 5, 100]) {
        const [read, wanted] = [await collect(one, { maxEntries }), await collect(other, { maxEntries })];
        expect(read.map((block) => ({ ...block, values: Array.from(block.values) }))).toEqual(
          wanted.map((block) => ({ ...block, values: Array.from(block.values) })),
        );
      }
      await other.close();
    }
    await expected.close();
  });

  it.each(DOORS)('reads other orders, half floats and missing values: %s', async (door) => {
    const dense = await readDense(await openMatrixHere(H5AD, { layer: 'dense' }));
    expect(await readDense(await open(door, { layer: 'columns_first' }))).toEqual(dense);
    const halves = dense.map((row) => row.map((value) => (value === 1e-3 ? 0.5 : value)));
    expect(await readDense(await open(door, { layer: 'half' }))).toEqual(halves);
    const missing = await open(door, { layer: 'missing' });
    expect((await failure(() => collect(missing))).fields).toMatchObject({ missing: true });
    const values: number[] = [];
    for await (const block of missing.blocks({ missing: true })) values.push(...block.values);
    expect(values.filter(Number.isNaN)).toHaveLength(1);
    const share = async (part: number) => {
      const found: number[] = [];
      for await (const block of missing.blocks({ missing: true, share: { part, of: 2 } })) found.push(...block.values);
      return found;
    };
    expect([...(await share(0)), ...(await share(1))]).toEqual(values);
  });

  it('reads texts that may be missing', async () => {
    const source = await open('folder v3');
    const { columns } = await source.readObs(['nullable_text']);
    const codes = Int32Array.of(0, 1, -1, 1, 0, 0);
    expect(columns.get('nullable_text')).toEqual({ kind: 'factor', levels: ['u', 'v'], codes, ordered: false });
    await source.close();
  });

  it('is found in a zip file by the only folder of it', async () => {
    const path = join(root, 'nested.zip');
    const files = Object.entries(filesOf('v2')).map(([name, bytes]) => [`outer/in.zarr/${name}`, bytes] as const);
    writeFileSync(path, zipSync(Object.fromEntries(files)));
    expect(diskFiles.isMatrix(path)).toBe(true);
    const source = await diskFiles.openMatrix(path);
    expect(source.names).toHaveLength(4);
    await source.close();
  });

  it('names what is missing or damaged', async () => {
    const array = 'X/data/zarr.json';
    const cases: [string, string, (files: Record<string, Uint8Array>) => void, RegExp, RegExp][] = [
      ['v2', 'no-root', (f) => delete f['.zgroup'], /is no zarr store: it has neither/, /right folder/],
      [
        'v3',
        'no-obs',
        (f) => {
          for (const name of Object.keys(f)) if (name.startsWith('obs/')) delete f[name];
        },
        /neither an AnnData nor a MuData/,
        /write_zarr/,
      ],
      ['v3', 'no-data', (f) => delete f[array], /has no array 'X\/data'/, /write it again/],
      [
        'v3',
        'codec',
        (f) => {
          f['X/indptr/zarr.json'] = text({
            ...json(f['X/indptr/zarr.json']),
            codecs: [{ name: 'bytes', configuration: { endian: 'little' } }, { name: 'pcodec' }],
          });
        },
        /'X\/indptr' of .* cannot be read: .*pcodec/,
        /zstd, blosc or gzip/,
      ],
      [
        'v3',
        'shape',
        (f) => {
          f['obs/_index/zarr.json'] = text({ ...json(f['obs/_index/zarr.json']), shape: [7] });
        },
        /is 6 x 4, but 'obs' has 7 rows/,
        /write it again/,
      ],
      [
        'v2',
        'truncated',
        (f) => Object.assign(f, { 'X/indptr/0': f['X/indptr/0'].slice(0, 20) }),
        /'X\/indptr' of/,
        /damaged/,
      ],
      [
        'v2',
        'no-json',
        (f) => Object.assign(f, { 'obs/.zattrs': Uint8Array.of(123) }),
        /'obs' of .* cannot be read/,
        /damaged/,
      ],
    ];
    for (const [version, name, change, message, remedy] of cases) {
      const path = unpack(`${name}.zarr`, version, change);
      const error = await failure(() => openMatrixHere(path));
      expect(error).toMatchObject({ tag: 'DataError', fields: { path, unreadable: true } });
      expect(error.message).toMatch(message);
      expect(error.fields.remedy).toMatch(remedy);
    }
    const zip = join(root, 'none.zip');
    writeFileSync(zip, 'PK, but no more');
    expect((await failure(() => openMatrixHere(zip))).message).toContain('is no zip file');
    expect((await failure(() => open('zip v2', { layer: 'densee' }))).fields.remedy).toContain("did you mean 'dense'?");
  });

  it('never reads a file beside it', async () => {
    const path = unpack('outside.zarr', 'v2', (files) => {
      files['obs/.zattrs'] = text({ ...json(files['obs/.zattrs']), _index: '../../../secret' });
    });
    expect((await failure(() => openMatrixHere(path))).message).toContain("has no array 'obs/../../../secret'");
  });
});
