import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { File, type Group, ready } from 'h5wasm/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { openMatrixHere as openH5ad } from '../../../src/data/matrix/open.node.ts';
import { collect, failure, readDense, temporaryFolder } from './collect.ts';

/** Written by anndata and h5py: fixtures/make_fixtures.py. */
const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), 'fixtures');
const COLUMNS = join(FIXTURES, 'columns.h5ad');
const CELLS = ['cell0', 'cell1', 'cell2', 'cell3', 'cell4', 'cell5'];
const DENSE = [
  [1, 0, 2, 0],
  [0, 0, 0, 3.5],
  [4, 5, 6, 7],
  [0, 0, 0, 0],
  [0, -1.25, 0, 8],
  [9, 0, 0, 1e-3],
];
const float32 = (dense: number[][]) => dense.map((row) => row.map(Math.fround));

const root = temporaryFolder();
let count = 0;
const newPath = () => join(root, `${count++}.h5ad`);

beforeAll(async () => {
  (await ready).activate_throwing_error_handler();
});

/** Writes a file with a frame for 3 cells and 2 genes and whatever `fill` adds. */
function write(fill: (file: File) => void, cells = ['c1', 'c2', 'c3'], genes = ['g1', 'g2']): string {
  const path = newPath();
  const file = new File(path, 'w');
  try {
    for (const [name, index] of [
      ['obs', cells],
      ['var', genes],
    ] as const) {
      const group = file.create_group(name);
      group.create_attribute('_index', '_index');
      group.create_dataset({ name: '_index', data: [...index] });
    }
    fill(file);
  } finally {
    file.close();
  }
  return path;
}

interface Sparse {
  encoding?: string;
  shape?: number[];
  data?: Float32Array | Float64Array | Int32Array | BigInt64Array | Int8Array | Uint16Array;
  indices?: Int32Array | BigInt64Array | Uint32Array | Float64Array;
  indptr?: Int32Array | BigInt64Array | Uint8Array;
}

/** [[1, 0], [0, 0], [3, 2]] by rows, save for the changes. */
function sparse(group: Group, change: Sparse = {}): void {
  const { encoding = 'csr_matrix', shape = [3, 2] } = change;
  if (encoding !== '') group.create_attribute('encoding-type', encoding);
  group.create_attribute('shape', BigInt64Array.from(shape, BigInt));
  group.create_dataset({ name: 'data', data: change.data ?? Float32Array.of(1, 2, 3) });
  group.create_dataset({ name: 'indices', data: change.indices ?? Int32Array.of(0, 1, 0) });
  group.create_dataset({ name: 'indptr', data: change.indptr ?? Int32Array.of(0, 1, 1, 3) });
}

const SMALL = [
  [1, 0],
  [0, 0],
  [3, 2],
];

describe('openH5ad, files of anndata', () => {
  it('reads X, cells, features and symbols', async () => {
    const source = await openH5ad(COLUMNS);
    expect(source).toMatchObject({ kind: 'matrix', path: COLUMNS, rows: 6, entries: 11, notes: [] });
    expect(source.names).toEqual(['ENSG1', 'ENSG2', 'ENSG3', 'ENSG4']);
    expect(source.genes).toEqual(['A', 'B', 'C', 'D']);
    expect(await source.rowNames()).toEqual(CELLS);
    for (const maxEntries of [1, 2, 3, 5, 100]) expect(await readDense(source, maxEntries)).toEqual(float32(DENSE));
    const blocks = await collect(source, { maxEntries: 5 });
    expect(blocks.every((block) => block.major === 'row' && block.whole)).toBe(true);
    expect(blocks.every((block) => block.majors.length === 1 || block.values.length <= 5)).toBe(true);
    await source.close();
    await source.close();
  });

  it.each([
    ['csc', 'response', DENSE],
    ['dense', 'row', DENSE],
    ['dense32', 'row', float32(DENSE)],
    ['int64', 'row', DENSE.map((row) => row.map((v) => Math.trunc(v) + 0))],
  ])('reads the layer %s', async (layer, major, dense) => {
    const source = await openH5ad(COLUMNS, { layer });
    expect(source.names).toHaveLength(4);
    for (const maxEntries of [1, 4, 7, 100]) {
      expect(await readDense(source, maxEntries)).toEqual(dense);
      for (const block of await collect(source, { maxEntries })) expect(block).toMatchObject({ major, whole: true });
    }
    await source.close();
  });

  it('reads raw with its own features, made unique', async () => {
    const source = await openH5ad(COLUMNS, { layer: 'raw' });
    expect(source.names).toEqual(['ENSG1', 'ENSG2', 'ENSG3', 'ENSG4', 'R1', 'R2', 'R3', 'R3-1']);
    expect(source.notes?.join()).toContain("'R3' became 'R3-1'");
    expect(source.genes).toBeUndefined();
    expect(await readDense(source)).toEqual(DENSE.map((row) => [...row, ...row.map((v) => 2 * v)]));
    await source.close();
  });

  it('names the layers when the one asked for is missing', async () => {
    const error = await failure(() => openH5ad(COLUMNS, { layer: 'dense_' }));
    expect(error).toMatchObject({ tag: 'OptionError', fields: { option: 'layer' } });
    expect(error.fields.remedy).toContain("did you mean 'dense'?");
    expect((await failure(() => openH5ad(COLUMNS, { layer: 'zzzzzz' }))).fields.remedy).toContain('csc, dense');
  });

  it('reads every kind of column', async () => {
    const source = await openH5ad(COLUMNS);
    const { columns, rows, rowNames } = await source.readObs();
    expect([...columns.keys()]).toEqual(source.obsColumns);
    expect(rows).toBe(6);
    expect(rowNames).toEqual(CELLS);
    const factor = (levels: string[], codes: number[], ordered = false) => ({
      kind: 'factor',
      levels,
      codes: Int32Array.from(codes),
      ordered,
    });
    const numbers = (kind: string, values: number[]) => ({ kind, values: Float64Array.from(values) });
    expect(columns.get('text')).toEqual(factor(['a', 'b', 'é'], [1, 0, -1, -1, 2, 0]));
    expect(columns.get('category')).toEqual(factor(['z', 'unused', 'y', 'x'], [0, -1, 2, 0, 3, 0]));
    expect(columns.get('ordered')).toEqual(factor(['low', 'mid', 'high'], [0, 2, 0, 1, 2, 1], true));
    expect(columns.get('numbered')).toEqual(factor(['10', '2'], [0, 1, 0, 1, 1, 0]));
    expect(columns.get('boolean')).toEqual(numbers('logical', [1, 0, 1, 1, 0, 0]));
    expect(columns.get('nullable_integer')).toEqual(numbers('numeric', [1, Number.NaN, 3, 4, Number.NaN, 6]));
    expect(columns.get('nullable_boolean')).toEqual(numbers('logical', [1, Number.NaN, 0, 1, Number.NaN, 0]));
    expect(columns.get('float')).toEqual(numbers('numeric', [0.5, Number.NaN, -1e300, 3, 4, 5]));
    expect(columns.get('float32')).toEqual(numbers('numeric', [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]));
    expect(columns.get('int64')).toEqual(numbers('numeric', [1, -2, 3, 2 ** 40, -(2 ** 40) - 7, 0]));
    expect(columns.get('uint8')).toEqual(numbers('numeric', [0, 255, 1, 2, 3, 4]));
    await source.close();
  });

  it('reads only the columns asked for and helps with their names', async () => {
    const source = await openH5ad(COLUMNS);
    expect([...(await source.readObs(['ordered', 'text'])).columns.keys()]).toEqual(['ordered', 'text']);
    const error = await failure(() => source.readObs(['orderd']));
    expect(error.tag).toBe('DataError');
    expect(error.fields.remedy).toContain("'ordered'");
    await source.close();
  });

  it('reads anndata 0.7 and earlier formats, and explains the first ones', async () => {
    const source = await openH5ad(join(FIXTURES, 'legacy.h5ad'));
    expect(await readDense(source, 3)).toEqual(DENSE);
    const { columns } = await source.readObs();
    expect(columns.get('donor')).toEqual({
      kind: 'factor',
      levels: ['d2', 'd1'],
      codes: Int32Array.of(0, 1, -1, 1, 0, 0),
      ordered: true,
    });
    expect([...columns.keys()]).toEqual(['donor', 'age']);
    await source.close();
    const error = await failure(() => openH5ad(join(FIXTURES, 'compound.h5ad')));
    expect(error.message).toContain('compound');
    expect(error.fields.remedy).toContain('write_h5ad');
  });

  it('undoes LZF, which h5py writes by default names', async () => {
    const packed = await openH5ad(join(FIXTURES, 'lzf.h5ad'));
    expect(await readDense(packed)).toEqual(DENSE);
    await packed.close();
  });
});

describe('openH5ad, number types and layouts', () => {
  it.each([
    ['float64', Float64Array.of(1, 2, 3)],
    ['int32', Int32Array.of(1, 2, 3)],
    ['int64', BigInt64Array.of(1n, 2n, 3n)],
    ['int8', Int8Array.of(1, 2, 3)],
    ['uint16', Uint16Array.of(1, 2, 3)],
  ])('reads %s values', async (_, data) => {
    const source = await openH5ad(write((file) => sparse(file.create_group('X'), { data })));
    expect(await readDense(source)).toEqual(SMALL);
    await source.close();
  });

  it('reads 64-bit and unsigned indices, unsorted within a row', async () => {
    const change = {
      data: Float32Array.of(1, 2, 3),
      indices: BigInt64Array.of(0n, 1n, 0n),
      indptr: BigInt64Array.of(0n, 1n, 1n, 3n),
    };
    const source = await openH5ad(write((file) => sparse(file.create_group('X'), change)));
    expect(await readDense(source)).toEqual(SMALL);
    await source.close();
    const small = { indices: Uint32Array.of(0, 1, 0), indptr: Uint8Array.of(0, 1, 1, 3) };
    const unsigned = await openH5ad(write((file) => sparse(file.create_group('X'), small)));
    expect(await readDense(unsigned)).toEqual(SMALL);
    await unsigned.close();
  });

  it('leaves out stored zeros, also minus zero', async () => {
    const data = Float32Array.of(0, -0, 3);
    const source = await openH5ad(write((file) => sparse(file.create_group('X'), { data })));
    const blocks = await collect(source);
    expect(blocks[0].values).toEqual(Float32Array.of(3));
    expect([...blocks[0].pointers]).toEqual([0, 0, 0, 1]);
    await source.close();
  });

  it('reads chunked, packed data whose chunks do not fit the blocks', async () => {
    const [cells, genes] = [301, 7];
    const value = (i: number, j: number) => ((i * 5 + j * 3) % 4 === 0 ? (i % 13) + j + 1 : 0);
    const dense = Array.from({ length: cells }, (_, i) => Array.from({ length: genes }, (_, j) => value(i, j)));
    const names = (n: number, p: string) => Array.from({ length: n }, (_, i) => `${p}${i}`);
    const path = write(
      (file) => {
        const pointers = [0];
        const [indices, data] = [[] as number[], [] as number[]];
        for (const row of dense) {
          row.forEach((v, j) => {
            if (v === 0) return;
            indices.push(j);
            data.push(v);
          });
          pointers.push(data.length);
        }
        const group = file.create_group('X');
        group.create_attribute('encoding-type', 'csr_matrix');
        group.create_attribute('shape', BigInt64Array.of(BigInt(cells), BigInt(genes)));
        const packed = { compression: 'gzip', compression_opts: 4 } as const;
        group.create_dataset({ name: 'data', data: Float32Array.from(data), chunks: [17], ...packed });
        group.create_dataset({ name: 'indices', data: Int32Array.from(indices), chunks: [64], ...packed });
        group.create_dataset({ name: 'indptr', data: Int32Array.from(pointers), chunks: [10], ...packed });
        const flat = Float64Array.from(dense.flat());
        file
          .create_group('layers')
          .create_dataset({ name: 'dense', data: flat, shape: [cells, genes], chunks: [50, 3], ...packed });
      },
      names(cells, 'c'),
      names(genes, 'g'),
    );
    for (const layer of [undefined, 'dense']) {
      const source = await openH5ad(path, layer === undefined ? {} : { layer });
      for (const maxEntries of [1, 40, 333, 1e6]) expect(await readDense(source, maxEntries)).toEqual(dense);
      await source.close();
    }
  });

  it('reads a matrix without entries, cells or genes', async () => {
    const none = { data: new Float32Array(0), indices: new Int32Array(0), indptr: Int32Array.of(0, 0, 0, 0) };
    const source = await openH5ad(write((file) => sparse(file.create_group('X'), none)));
    expect(await collect(source)).toEqual([]);
    await source.close();
  });
});

describe('openH5ad, files that contradict themselves', () => {
  const cases: [string, (file: File) => void, RegExp][] = [
    [
      'shape of another size',
      (f) => sparse(f.create_group('X'), { shape: [4, 2] }),
      /'X' .*is 4 x 2, but 'obs' has 3 rows/,
    ],
    [
      'indptr too short',
      (f) => sparse(f.create_group('X'), { indptr: Int32Array.of(0, 1, 3) }),
      /'X\/indptr' .*3 elements.* 4/,
    ],
    ['indptr past the data', (f) => sparse(f.create_group('X'), { indptr: Int32Array.of(0, 1, 1, 4) }), /ends at 4/],
    ['fewer values than indices', (f) => sparse(f.create_group('X'), { data: Float32Array.of(1, 2) }), /'X\/indices'/],
    [
      'decreasing pointers',
      (f) => sparse(f.create_group('X'), { indptr: Int32Array.of(0, 2, 1, 3) }),
      /not increasing/,
    ],
    [
      'pointers not from 0',
      (f) => sparse(f.create_group('X'), { indptr: Int32Array.of(1, 1, 1, 3) }),
      /not increasing from 0/,
    ],
    [
      'an index too large',
      (f) => sparse(f.create_group('X'), { indices: Int32Array.of(0, 2, 0) }),
      /'X\/indices' .* has 2 .*outside 0 to 1/,
    ],
    ['a negative index', (f) => sparse(f.create_group('X'), { indices: Int32Array.of(0, -1, 0) }), /has -1/],
    ['indices of floats', (f) => sparse(f.create_group('X'), { indices: Float64Array.of(0, 1, 0) }), /whole numbers/],
    ['an unknown encoding', (f) => sparse(f.create_group('X'), { encoding: 'coo' }), /'coo'/],
    ['no encoding', (f) => sparse(f.create_group('X'), { encoding: '' }), /'none'/],
    ['no data', (f) => f.create_group('X').create_attribute('encoding-type', 'csr_matrix'), /no shape/],
    [
      'a missing dataset',
      (f) => {
        const group = f.create_group('X');
        group.create_attribute('encoding-type', 'csr_matrix');
        group.create_attribute('shape', BigInt64Array.of(3n, 2n));
        group.create_dataset({ name: 'data', data: Float32Array.of(1) });
      },
      /no dataset 'X\/indices'/,
    ],
    ['no X', () => {}, /no matrix X/],
    [
      'text as X',
      (f) => f.create_dataset({ name: 'X', data: ['a', 'b', 'c', 'd', 'e', 'f'], shape: [3, 2] }),
      /numbers/,
    ],
    ['X of one dimension', (f) => f.create_dataset({ name: 'X', data: new Float32Array(6) }), /two dimensions/],
  ];
  it.each(cases)('%s', async (_, fill, words) => {
    const path = write(fill);
    const error = await failure(async () => {
      const source = await openH5ad(path);
      try {
        await collect(source);
      } finally {
        await source.close();
      }
    });
    expect(error.message).toMatch(words);
    expect(error.message).toContain(path);
    expect(error).toMatchObject({ tag: 'DataError', fields: { path, unreadable: true } });
    expect(error.fields.remedy).toBeTruthy();
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses the value %s, naming cell and feature', async (value) => {
    const csr = write((file) => sparse(file.create_group('X'), { data: Float32Array.of(1, value, 3) }));
    const csc = write((file) => {
      const change = { encoding: 'csc_matrix', indices: Int32Array.of(0, 2, 2), indptr: Int32Array.of(0, 2, 3) };
      sparse(file.create_group('X'), { ...change, data: Float32Array.of(1, 3, value) });
    });
    const flat = write((file) => {
      file.create_dataset({ name: 'X', data: Float32Array.of(1, 0, 0, 0, 3, value), shape: [3, 2] });
    });
    for (const path of [csr, csc, flat]) {
      const source = await openH5ad(path);
      const error = await failure(() => collect(source));
      expect(error.message).toMatch(/value (NaN|Infinity) for cell 3, feature 'g2'/);
      expect(error.fields.unreadable).toBeUndefined();
      await source.close();
    }
  });

  it('refuses repeated entries and repeated cells', async () => {
    const repeated = await openH5ad(
      write((file) => sparse(file.create_group('X'), { indices: Int32Array.of(0, 1, 1) })),
    );
    expect((await failure(() => collect(repeated))).message).toMatch(/two entries for cell 3, feature 'g2'/);
    await repeated.close();
    const source = await openH5ad(write((file) => sparse(file.create_group('X')), ['a', 'b', 'a']));
    const error = await failure(() => source.rowNames());
    expect(error.message).toMatch(/'a' is repeated \(cells 1 and 3\)/);
    expect(error.fields.remedy).toContain('obs_names_make_unique');
    expect((await failure(() => source.readObs([]))).message).toBe(error.message);
    await source.close();
  });

  it('refuses codes without a category and columns of another length', async () => {
    const path = write((file) => {
      sparse(file.create_group('X'));
      const obs = file.get('obs') as Group;
      const donor = obs.create_group('donor');
      donor.create_attribute('encoding-type', 'categorical');
      donor.create_dataset({ name: 'codes', data: Int8Array.of(0, 2, -1) });
      donor.create_dataset({ name: 'categories', data: ['a', 'b'] });
      obs.create_dataset({ name: 'age', data: Float64Array.of(1, 2) });
      obs.create_dataset({ name: 'spot', data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [3, 2] });
      obs.create_dataset({ name: 'n', data: Int32Array.of(1, 2, 3) });
    });
    const source = await openH5ad(path);
    expect([...source.obsColumns].sort()).toEqual(['age', 'donor', 'n', 'spot']);
    expect((await failure(() => source.readObs(['donor']))).message).toMatch(/code 2 for 2 categories \(row 2\)/);
    expect((await failure(() => source.readObs(['age']))).message).toMatch(/2 elements for 3 rows/);
    expect((await failure(() => source.readObs(['spot']))).message).toContain('no table holds');
    expect((await source.readObs(['n'])).columns.get('n')).toEqual({
      kind: 'numeric',
      values: Float64Array.of(1, 2, 3),
    });
    await source.close();
  });

  it('tells missing, foreign, truncated and damaged files apart', async () => {
    const good = 'test/reference/batches/sim_singlecell.h5ad';
    const bytes = readFileSync(good);
    const attempt = async (content: Uint8Array | string) => {
      const path = newPath();
      writeFileSync(path, content);
      return failure(async () => collect(await openH5ad(path)));
    };
    expect((await failure(() => openH5ad(join(root, 'none.h5ad')))).message).toMatch(/no such file/);
    expect((await attempt('donor,age\n')).message).toMatch(/not an HDF5 file/);
    expect((await attempt('')).message).toMatch(/not an HDF5 file/);
    expect((await attempt(bytes.subarray(0, bytes.length >> 1))).message).toMatch(/truncated/);
    const damaged = Buffer.from(bytes);
    damaged.fill(0x55, bytes.length >> 2, bytes.length - (bytes.length >> 2));
    const error = await attempt(damaged);
    expect(error.fields.unreadable).toBe(true);
    const copy = newPath();
    copyFileSync(good, copy);
    const source = await openH5ad(copy);
    expect((await collect(source)).length).toBeGreaterThan(0);
    await source.close();
    for (const content of ['donor', bytes.subarray(0, 5000)]) {
      expect((await attempt(content)).fields).toMatchObject({ unreadable: true });
    }
  });

  it('names the layers of a file without X', async () => {
    const path = write((file) => sparse(file.create_group('layers').create_group('counts')));
    const error = await failure(() => openH5ad(path));
    expect(error.fields.remedy).toContain('“layer: counts”');
    const source = await openH5ad(path, { layer: 'counts' });
    expect(await readDense(source)).toEqual(SMALL);
    await source.close();
  });
});
