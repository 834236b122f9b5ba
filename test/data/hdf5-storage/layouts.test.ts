import { copyFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { attributesOf } from '../../../src/data/hdf5-storage/attributes.ts';
import { Fields, NotSimpleError } from '../../../src/data/hdf5-storage/bytes.ts';
import { openPlainChunks } from '../../../src/data/hdf5-storage/chunk-source.node.ts';
import { elementType } from '../../../src/data/hdf5-storage/datatype.ts';
import { NumberReader } from '../../../src/data/hdf5-storage/number-reader.ts';
import type { Numbers } from '../../../src/data/hdf5-storage/numbers.ts';
import { MESSAGE, Messages } from '../../../src/data/hdf5-storage/object-header.ts';
import { openPlainFile } from '../../../src/data/hdf5-storage/plain-file.ts';
import { FILTER, findData } from '../../../src/data/hdf5-storage/storage.ts';
import { TextReader } from '../../../src/data/hdf5-storage/texts.ts';
import { openByLibrary } from '../../../src/data/matrix/hdf5.node.ts';
import { temporaryFolder } from '../matrix/collect.ts';

/** Written by h5py: ../matrix/fixtures/make_fixtures.py. */
const FIXTURES = join(dirname(fileURLToPath(import.meta.url)), '..', 'matrix', 'fixtures');
const folder = temporaryFolder();

/** Data sets of a file as the library reads them, and those whose chunks are found without it. */
async function bothReadings(
  path: string,
): Promise<Map<string, { library: Numbers; own: Numbers | null; rows: number }>> {
  const { tree, close } = await openByLibrary(path);
  try {
    const { chunks } = tree;
    const readings = new Map<string, { library: Numbers; own: Numbers | null; rows: number }>();
    for (const name of tree.keys(tree.root)) {
      const dataset = tree.dataset(name);
      const rows = dataset.shape?.[0] ?? 0;
      const stored = await tree.stored(dataset);
      const own = stored && chunks ? await new NumberReader(chunks, stored).read(0, rows) : null;
      readings.set(name, { library: tree.numbers(dataset, 0, rows), own, rows });
    }
    return readings;
  } finally {
    close();
  }
}

describe.each(['earliest', 'latest'])('chunks of a file of the %s format', (version) => {
  const path = join(FIXTURES, `layouts-${version}.h5`);

  it('are those that the library reads', async () => {
    const readings = await bothReadings(path);
    expect(readings.size).toBeGreaterThanOrEqual(21);
    for (const [name, { library, own }] of readings) if (own) expect(own, name).toEqual(library);
    // Extensible arrays and B-trees of version 2, of data that may grow without end, are the library's.
    const left = [...readings].filter(([, { own }]) => own === null).map(([name]) => name);
    expect(left).toEqual(version === 'earliest' ? [] : ['f4-line6', 'i4-table5']);
  });

  it('give any rows in any order', async () => {
    const { tree, close } = await openByLibrary(path);
    for (const name of ['f4-line3', 'i4-table3', 'i4-table4', 'i4-table0']) {
      const dataset = tree.dataset(name);
      const [rows, columns = 1] = dataset.shape ?? [];
      const whole = tree.numbers(dataset, 0, rows);
      const [chunks, stored] = [tree.chunks, await tree.stored(dataset)];
      if (chunks === null || stored === null) throw new Error(`${name} is not read`);
      const reader = new NumberReader(chunks, stored);
      for (const [from, to] of [
        [3, 11],
        [0, 1],
        [rows - 1, rows],
        [5, 5],
        [0, rows],
        [2, 23],
        [0, 1],
        [1, 2],
        [0, 2],
      ]) {
        const part = await reader.read(from, to, 'own');
        expect(Array.from(part), `${name} ${from} to ${to}`).toEqual(
          Array.from(whole.subarray(from * columns, to * columns)),
        );
        // Whoever asks may overwrite them.
        part.fill(-1);
      }
    }
    close();
  });

  it('are noticed when a byte of them is another, or the structures are then read by the library', async () => {
    const original = readFileSync(path);
    const truth = await bothReadings(path);
    const copy = join(folder, `${version}.h5`);
    let noticed = 0;
    for (let round = 0; round < 60; round++) {
      const bytes = Uint8Array.from(original);
      // Spread over the file, the superblock left alone.
      const at = 96 + ((round * 7919 + 13) % (bytes.length - 96));
      bytes[at] ^= 1 << (round % 8);
      writeFileSync(copy, bytes);
      const readings = await bothReadings(copy).catch(() => null);
      if (readings === null) noticed++;
      // What is read is what the library reads (chunks without a checksum hold what they hold), or what the file held: the
      // library fills up with zeros where the order of an index is wrong.
      else {
        for (const [name, { library, own }] of readings) {
          const allowed = [library, truth.get(name)?.library].map((values) => Array.from(values ?? []).join());
          if (own) expect(allowed, `${name}, byte ${at}`).toContain(Array.from(own).join());
        }
      }
    }
    expect(truth.size).toBeGreaterThan(0);
    expect(noticed).toBeGreaterThan(0);
  });
});

describe('a plain file', () => {
  it('has the groups, attributes, texts and numbers of the library', async () => {
    for (const name of ['columns.h5ad', 'cellranger2.h5', 'cellranger3.h5']) {
      const path = join(FIXTURES, name);
      const chunks = openPlainChunks(path, statSync(path).size);
      if (chunks === null) throw new Error(`${name} has odd addresses`);
      const plain = openPlainFile(chunks);
      const library = await openByLibrary(path);
      let compared = 0;
      const compare = (at: string, own: unknown): void => {
        const entity = at === '' ? library.tree.root : library.tree.find(at);
        if (entity === undefined || typeof own !== 'object' || own === null) throw new Error(`${name} has no '${at}'`);
        compared++;
        const { attrs, path: ownPath } = own as { attrs: Record<string, { value: unknown }>; path: string };
        expect(ownPath).toBe(entity.path);
        expect(Object.keys(attrs).sort(), at).toEqual(Object.keys(entity.attrs).sort());
        for (const key of Object.keys(attrs)) {
          expect(plainValue(attrs[key].value), `${at}@${key}`).toEqual(library.tree.attribute(entity, key));
        }
        if ('get' in own) {
          const group = own as ReturnType<typeof openPlainFile>;
          const keys = group.keys();
          expect(keys).toEqual([...keys].sort());
          for (const key of keys) {
            const child = group.get(key);
            if (child !== null) compare(at === '' ? key : `${at}/${key}`, child);
          }
          return;
        }
        const dataset = library.tree.dataset(at);
        const mine = own as typeof dataset;
        expect(mine.shape).toEqual(dataset.shape);
        const { type, size, signed, shape, chunks: cut } = dataset.metadata;
        // Texts of variable length are pointers of 4 bytes in the library.
        expect(mine.metadata, at).toMatchObject({
          type,
          ...(type !== 3 && { size }),
          shape,
          chunks: cut,
          ...(type === 0 && { signed }),
        });
        const rows = dataset.shape?.[0] ?? 0;
        if (type === 3) expect(mine.slice([[0, rows]]), at).toEqual(library.tree.strings(dataset));
        else
          expect(Array.from(mine.slice([[0, rows]]) as Numbers)).toEqual(
            Array.from(library.tree.numbers(dataset, 0, rows)),
          );
      };
      compare('', plain);
      expect(compared, name).toBeGreaterThan(5);
      library.close();
      chunks.close();
    }
  });

  it('is left to the library where it is cut off or holds something else', () => {
    const cut = join(folder, 'cut.h5');
    copyFileSync(join(FIXTURES, 'columns.h5ad'), cut);
    const bytes = readFileSync(cut);
    for (const length of [100, 1000, 5000, 20_000]) {
      writeFileSync(cut, bytes.subarray(0, length));
      // Its superblock says where it ends.
      expect(openPlainChunks(cut, length)).toBeNull();
    }
    for (const [name, what] of [
      ['compound.h5ad', /type 6/],
      ['legacy.h5ad', /type 7/],
      ['lzf.h5ad', /library/],
    ] as const) {
      const path = join(FIXTURES, name);
      const chunks = openPlainChunks(path, statSync(path).size);
      if (chunks === null) throw new Error(`${name} has odd addresses`);
      expect(() => openPlainFile(chunks), name).toThrow(what);
      chunks.close();
    }
  });
});

function plainValue(value: unknown): unknown {
  return Array.isArray(value) ? [...value] : value;
}

describe('the messages of a header', () => {
  const bytes = (...values: number[]) => new Uint8Array(values);

  it('are refused where texts are filled up with spaces, which the library keeps', () => {
    const text = (padding: number) => elementType(new Fields(bytes(0x13, padding, 0, 0, 6, 0, 0, 0)));
    expect(text(0)).toEqual({ type: 'text', size: 6 });
    expect(text(1)).toEqual({ type: 'text', size: 6 });
    expect(() => text(2)).toThrow(NotSimpleError);
  });

  it('say that an empty attribute has no value, rather than none of many', () => {
    const messages = new Messages();
    // Version 1; sizes of the name, the type (float64) and the space, which is of version 2 and empty.
    const type = [0x11, 0x20, 0x3f, 0, 8, 0, 0, 0, 0, 0, 64, 0, 52, 11, 0, 52, 0xff, 3, 0, 0, 0, 0, 0, 0];
    const attribute = [1, 0, 2, 0, 20, 0, 4, 0, 0x61, 0, 0, 0, 0, 0, 0, 0, ...type, 2, 0, 0, 2, 0, 0, 0, 0];
    messages.add(MESSAGE.attribute, new Fields(bytes(...attribute)), 0);
    const texts = new TextReader({ size: 0, read: () => bytes() });
    expect(attributesOf(messages, texts)).toEqual({ a: { shape: null, value: null } });
  });

  it('are left to the library where an attribute holds a number beyond 2^53', () => {
    const messages = new Messages();
    const type = [0x10, 0, 0, 0, 8, 0, 0, 0, 0, 0, 64, 0, 0, 0, 0, 0];
    const attribute = [1, 0, 2, 0, 12, 0, 4, 0, 0x61, 0, 0, 0, 0, 0, 0, 0, ...type, 2, 0, 0, 0, 0, 0, 0, 0];
    messages.add(MESSAGE.attribute, new Fields(bytes(...attribute, 1, 0, 0, 0, 0, 0, 0, 0x10)), 0);
    const texts = new TextReader({ size: 0, read: () => bytes() });
    expect(() => attributesOf(messages, texts)).toThrow(NotSimpleError);
  });

  it('find no chunks where a filter stands twice, or more are declared than a file has addresses for', () => {
    const shape = { columns: 1, rank: 1, width: 8, chunk: [1, 1] } as const;
    // A header of version 1 with one message: chunks of one element of 8 bytes, their B-tree at 0.
    const layout = [3, 2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0];
    const header = bytes(1, 0, 1, 0, 1, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 8, 0, 24, 0, 0, 0, 0, 0, ...layout);
    let reads = 0;
    const source = {
      size: header.length,
      read(at: number, length: number) {
        reads++;
        return header.slice(at, at + length);
      },
    };
    expect(findData(source, 0, { ...shape, rows: 4, filters: [FILTER.deflate, FILTER.deflate] })).toBeNull();
    expect(reads).toBe(0);
    expect(findData(source, 0, { ...shape, rows: 2 ** 40, filters: [] })).toBeNull();
  });
});
