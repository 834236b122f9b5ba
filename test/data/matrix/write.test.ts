import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { File, type Group, ready } from 'h5wasm/node';
import { describe, expect, it } from 'vitest';
import type { CellBlock, MatrixHead, WritableMatrix } from '../../../src/data/matrix/cell-blocks.ts';
import { writeH5ad } from '../../../src/data/matrix/write-h5ad.node.ts';
import { writeTenx } from '../../../src/data/matrix/write-tenx.node.ts';
import { openMatrix } from '../../../src/reading/matrices.node.ts';
import type { Column } from '../../../src/types/table.ts';
import { failure, readDense, temporaryFolder } from './collect.ts';

const root = temporaryFolder();
let count = 0;
const newFolder = () => join(root, `tenx${count++}`);
const newFile = () => join(root, `${count++}.h5ad`);

function compress(dense: readonly number[][], kind: 'int' | 'float' = 'int'): CellBlock {
  const pointers = [0];
  const [indices, values] = [[] as number[], [] as number[]];
  for (const row of dense) {
    row.forEach((value, j) => {
      if (value === 0) return;
      indices.push(j);
      values.push(value);
    });
    pointers.push(values.length);
  }
  return {
    pointers: Int32Array.from(pointers),
    indices: Int32Array.from(indices),
    values: kind === 'int' ? Int32Array.from(values) : Float32Array.from(values),
  };
}

const OBS: readonly [string, Column][] = [
  ['donor', { kind: 'factor', levels: ['b', 'unused', 'é "x"'], codes: Int32Array.of(0, 2, -1, 0), ordered: true }],
  ['stim', { kind: 'factor', levels: ['ctrl'], codes: Int32Array.of(0, 0, 0, 0), ordered: false }],
  ['age', { kind: 'numeric', values: Float64Array.of(1.5, Number.NaN, -3, 1e100) }],
  ['flag', { kind: 'logical', values: Float64Array.of(1, 0, 0, 1) }],
  ['maybe', { kind: 'logical', values: Float64Array.of(1, Number.NaN, 0, 1) }],
];
const DENSE = [
  [1, 0, 20],
  [0, 0, 0],
  [0, 123456, 7],
  [2, 0, 0],
];

function head(rows = 4, features = 3): MatrixHead {
  return {
    rows,
    names: Array.from({ length: features }, (_, j) => `G${j}`),
    rowNames: Array.from({ length: rows }, (_, i) => `cell${i}`),
    obs: { rows, columns: rows === 4 ? new Map(OBS) : new Map() },
  };
}

/** Cuts rows into blocks of the given sizes, used in turn. */
function cut(dense: readonly number[][], sizes: readonly number[], kind: 'int' | 'float'): CellBlock[] {
  const blocks: CellBlock[] = [];
  for (let from = 0, k = 0; from < dense.length; k++) {
    const to = from + sizes[k % sizes.length];
    blocks.push(compress(dense.slice(from, to), kind));
    from = to;
  }
  return blocks;
}

async function* later<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

describe('writeH5ad', () => {
  it('is read back with all kinds of columns', async () => {
    const path = newFile();
    await writeH5ad(path, { ...head(), genes: ['A', 'B', 'C'], ...compress(DENSE) });
    const source = await openMatrix(path);
    expect(source.names).toEqual(['G0', 'G1', 'G2']);
    expect(source.genes).toEqual(['A', 'B', 'C']);
    expect(await readDense(source)).toEqual(DENSE);
    const { columns, rowNames } = await source.readObs();
    expect(rowNames).toEqual(head().rowNames);
    expect([...columns]).toEqual(OBS);
    await source.close();
    expect(readdirSync(root).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  it('carries the encodings that anndata asks for, booleans as enumerations', async () => {
    const path = newFile();
    await writeH5ad(path, { ...head(), ...compress(DENSE) });
    await ready;
    const file = new File(path, 'r');
    const encoding = (name: string) => {
      const { attrs } = file.get(name) as Group;
      return [attrs['encoding-type'].value, attrs['encoding-version'].value];
    };
    expect(encoding('/')).toEqual(['anndata', '0.1.0']);
    expect(encoding('X')).toEqual(['csr_matrix', '0.1.0']);
    expect((file.get('X') as Group).attrs['shape'].value).toEqual(BigInt64Array.of(4n, 3n));
    for (const name of ['obs', 'var']) expect(encoding(name)).toEqual(['dataframe', '0.2.0']);
    expect(encoding('obs/_index')).toEqual(['string-array', '0.2.0']);
    expect(encoding('obs/donor')).toEqual(['categorical', '0.2.0']);
    expect(encoding('obs/age')).toEqual(['array', '0.2.0']);
    expect(encoding('obs/flag')).toEqual(['array', '0.2.0']);
    expect(encoding('obs/maybe')).toEqual(['nullable-boolean', '0.1.0']);
    expect((file.get('obs') as Group).attrs['column-order'].value).toEqual(OBS.map(([name]) => name));
    const enumeration = { members: { FALSE: 0, TRUE: 1 } };
    const { ordered } = (file.get('obs/donor') as Group).attrs;
    expect(ordered.metadata.enum_type).toMatchObject(enumeration);
    expect(ordered.value).toBe(1);
    expect((file.get('obs/stim') as Group).attrs['ordered'].value).toBe(0);
    for (const name of ['obs/flag', 'obs/maybe/values', 'obs/maybe/mask']) {
      expect(file.get(name)).toMatchObject({ metadata: { enum_type: enumeration } });
    }
    file.close();
  });

  it('writes streams of blocks longer than a chunk', async () => {
    // 3 x 10^5 entries: more than two chunks of 2^17.
    const [rows, features] = [1000, 400];
    const dense = Array.from({ length: rows }, (_, i) =>
      Array.from({ length: features }, (_, j) => ((i + j) % 4 === 0 ? 0 : (i % 100) / 4 + j + 1)),
    );
    const path = newFile();
    await writeH5ad(path, { ...head(rows, features), blocks: later(cut(dense, [1, 300, 77], 'float')) });
    const source = await openMatrix(path);
    expect(source.entries).toBe(300_000);
    expect(source.obsColumns).toEqual([]);
    expect(await readDense(source, 50_000)).toEqual(dense);
    await source.close();
  });
});

describe('writeTenx', () => {
  it('is read back, the annotation beside it', async () => {
    const folder = newFolder();
    await writeTenx(folder, { ...head(), genes: ['A', 'B', 'C'], ...compress(DENSE) });
    expect(readdirSync(folder).sort()).toEqual(['barcodes.tsv.gz', 'features.tsv.gz', 'matrix.mtx.gz', 'obs.tsv']);
    const source = await openMatrix(folder);
    expect(source.genes).toEqual(['A', 'B', 'C']);
    expect(await source.rowNames()).toEqual(head().rowNames);
    expect(await readDense(source)).toEqual(DENSE);
    const text = gunzipSync(readFileSync(join(folder, 'matrix.mtx.gz'))).toString();
    expect(text).toBe(
      '%%MatrixMarket matrix coordinate integer general\n3 4 5\n1 1 1\n3 1 20\n2 3 123456\n3 3 7\n1 4 2\n',
    );
    expect(readFileSync(join(folder, 'obs.tsv'), 'utf8').split('\n').slice(0, 3)).toEqual([
      'barcode\tdonor\tstim\tage\tflag\tmaybe',
      'cell0\tb\tctrl\t1.5\tTRUE\tTRUE',
      'cell1\t"é ""x"""\tctrl\tNA\tFALSE\tNA',
    ]);
  });

  it('counts the entries of a stream', async () => {
    const folder = newFolder();
    await writeTenx(folder, { ...head(), blocks: later(cut(DENSE, [1], 'float')) });
    const source = await openMatrix(folder);
    expect(source.entries).toBe(5);
    expect(await readDense(source)).toEqual(DENSE);
  });
});

describe('both writers', () => {
  it('agree on random matrices cut into random blocks', async () => {
    const value = fc.constantFrom(0, 0, 1, 2, 999_999_999, 2_147_483_647, -4);
    const matrix = fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 9 });
    const sizes = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(matrix, sizes, fc.boolean(), async (dense, steps, announced) => {
        const blocks = cut(dense, steps, 'int');
        const entries = blocks.reduce((sum, block) => sum + block.indices.length, 0);
        const written: WritableMatrix = { ...head(dense.length), blocks, ...(announced && { entries }) };
        const [folder, file] = [newFolder(), newFile()];
        await writeTenx(folder, written);
        await writeH5ad(file, written);
        for (const path of [folder, file]) {
          const source = await openMatrix(path);
          expect(await readDense(source)).toEqual(dense);
          await source.close();
        }
      }),
      { numRuns: 25 },
    );
  });

  it('leave nothing behind when the blocks fail or do not add up', async () => {
    const folder = newFolder();
    mkdirSync(folder);
    const short: WritableMatrix = { ...head(), blocks: [compress(DENSE.slice(0, 3))] };
    const broken: WritableMatrix = {
      ...head(),
      blocks: (async function* () {
        yield compress(DENSE.slice(0, 1));
        throw new Error('no more');
      })(),
    };
    const file = newFile();
    expect((await failure(() => writeTenx(folder, short))).message).toMatch(/cells: 3, expected 4/);
    expect((await failure(() => writeH5ad(file, short))).message).toMatch(/cells: 3, expected 4/);
    await expect(writeTenx(folder, broken)).rejects.toThrow('no more');
    await expect(writeH5ad(file, { ...broken, blocks: later([]) })).rejects.toThrow(/cells: 0/);
    const wrong: WritableMatrix = { ...head(), blocks: [compress(DENSE)], entries: 4 };
    expect((await failure(() => writeTenx(folder, wrong))).message).toMatch(/entries: 5, expected 4/);
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(root).filter((name) => name.includes('.tmp'))).toEqual([]);
  });
});
