import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnorderedMatrixError } from '../../../src/data/matrix/runs.ts';
import { openTenx } from '../../../src/data/matrix/tenx.node.ts';
import { collect, failure, readDense, temporaryFolder, toDense } from './collect.ts';

const root = temporaryFolder();
let count = 0;

const HEADER = '%%MatrixMarket matrix coordinate integer general\n%metadata_json: {"format_version": 2}\n';
const MATRIX = `${HEADER}3 4 6\n1 1 5\n3 1 1\n2 2 7\n1 4 2\n2 4 3\n3 4 4\n`;
const FEATURES = 'G1\tAA\tGene Expression\nG2\tBB\tGene Expression\nG3\tCC\tGene Expression\n';
const BARCODES = 'c1\nc2\nc3\nc4\n';
const DENSE = [
  [5, 0, 1],
  [0, 7, 0],
  [0, 0, 0],
  [2, 3, 4],
];

/** Writes a folder of the given files; names that end in .gz are packed. */
function folder(files: Record<string, string | Uint8Array>): string {
  const path = join(root, `f${count++}`);
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    const pack = name.endsWith('.gz') && typeof content === 'string';
    writeFileSync(join(path, name), pack ? gzipSync(content) : content);
  }
  return path;
}

const standard = (changes: Record<string, string | Uint8Array> = {}) =>
  folder({ 'matrix.mtx.gz': MATRIX, 'features.tsv.gz': FEATURES, 'barcodes.tsv.gz': BARCODES, ...changes });

describe('openTenx', () => {
  it('reads a CellRanger 3 folder', async () => {
    const source = await openTenx(standard());
    expect(source).toMatchObject({ kind: 'matrix', rows: 4, entries: 6, ordered: true, obsColumns: [], notes: [] });
    expect(source.names).toEqual(['G1', 'G2', 'G3']);
    expect(source.genes).toEqual(['AA', 'BB', 'CC']);
    expect(await source.rowNames()).toEqual(['c1', 'c2', 'c3', 'c4']);
    const blocks = await collect(source);
    expect(blocks).toHaveLength(1);
    expect(blocks[0]).toMatchObject({ major: 'row', whole: true });
    expect(toDense(blocks, 4, 3)).toEqual(DENSE);
    expect(await readDense(source)).toEqual(DENSE);
    await source.close();
  });

  it('reads a CellRanger 2 folder of plain files with CRLF, and a path to the matrix itself', async () => {
    const crlf = (text: string) => text.replaceAll('\n', '\r\n');
    const path = folder({
      'matrix.mtx': crlf(MATRIX),
      'genes.tsv': crlf(FEATURES.replaceAll('\tGene Expression', '')),
      'barcodes.tsv': crlf(BARCODES),
    });
    for (const given of [path, join(path, 'matrix.mtx')]) {
      const source = await openTenx(given);
      expect(source.genes).toEqual(['AA', 'BB', 'CC']);
      expect(await readDense(source)).toEqual(DENSE);
    }
  });

  it('finds files with a common prefix from the name of the matrix', async () => {
    const path = folder({
      'GSM1_matrix.mtx.gz': MATRIX,
      'GSM1_features.tsv.gz': FEATURES,
      'GSM1_barcodes.tsv.gz': BARCODES,
    });
    expect(await readDense(await openTenx(join(path, 'GSM1_matrix.mtx.gz')))).toEqual(DENSE);
  });

  it('reads gzip of several members, cut anywhere', async () => {
    const bytes = Buffer.from(MATRIX);
    const members = [0, 20, 101, 130, bytes.length].map((from, k, all) => bytes.subarray(from, all[k + 1] ?? from));
    const path = standard({ 'matrix.mtx.gz': Buffer.concat(members.map((part) => gzipSync(part))) });
    expect(await readDense(await openTenx(path))).toEqual(DENSE);
  });

  it('reads packed files without .gz in their name', async () => {
    const path = folder({
      'matrix.mtx': gzipSync(MATRIX),
      'features.tsv': gzipSync(FEATURES),
      'barcodes.tsv': BARCODES,
    });
    expect(await readDense(await openTenx(path))).toEqual(DENSE);
  });

  it('cuts blocks at cells and lets a long cell stand alone', async () => {
    const source = await openTenx(standard());
    for (const maxEntries of [1, 2, 3, 4, 5, 6, 100]) {
      const blocks = await collect(source, { maxEntries });
      expect(toDense(blocks, 4, 3)).toEqual(DENSE);
      for (const block of blocks) {
        expect(block.whole).toBe(true);
        if (block.majors.length > 1) expect(block.values.length).toBeLessThanOrEqual(maxEntries);
      }
    }
  });

  it('keeps Gene Expression of several types and says what was dropped', async () => {
    const features = 'G1\tAA\tGene Expression\nG2\tBB\tAntibody Capture\nG3\tCC\tGene Expression\n';
    const path = standard({ 'features.tsv.gz': features });
    const source = await openTenx(path);
    expect(source.names).toEqual(['G1', 'G3']);
    expect(source.notes?.join()).toMatch(/Antibody Capture.*1 of 3/);
    expect(await readDense(source)).toEqual(DENSE.map(([a, , c]) => [a, c]));
    const antibodies = await openTenx(path, { featureType: 'Antibody Capture' });
    expect(antibodies.genes).toEqual(['BB']);
    expect(await readDense(antibodies)).toEqual(DENSE.map(([, b]) => [b]));
    const error = await failure(() => openTenx(path, { featureType: 'Antibody capture' }));
    expect(error.tag).toBe('OptionError');
    expect(error.fields.remedy).toContain("did you mean 'Antibody Capture'?");
  });

  it('makes repeated feature names unique and refuses repeated barcodes', async () => {
    const source = await openTenx(standard({ 'features.tsv.gz': 'G\tA\nG\tB\nG\tC\n' }));
    expect(source.names).toEqual(['G', 'G-1', 'G-2']);
    expect(source.notes).toHaveLength(1);
    const error = await failure(() => openTenx(standard({ 'barcodes.tsv.gz': 'c1\nc2\nc1\nc4\n' })));
    expect(error.message).toContain("'c1'");
    expect(error.fields.path).toContain('barcodes.tsv.gz');
    expect(error.fields.remedy).toBeTruthy();
    expect(error.fields.unreadable).toBeUndefined();
  });

  it('starts again for a file that is not ordered by cell', async () => {
    const path = standard({ 'matrix.mtx.gz': `${HEADER}3 4 6\n1 1 5\n1 4 2\n2 2 7\n2 4 3\n3 1 1\n3 4 4\n` });
    const source = await openTenx(path);
    await expect(collect(source)).rejects.toThrow(UnorderedMatrixError);
    expect(source.ordered).toBe(false);
    for (const maxEntries of [1, 2, 4, 100]) {
      const blocks = await collect(source, { maxEntries });
      expect(blocks.every((block) => !block.whole && block.values.length <= maxEntries)).toBe(true);
      expect(toDense(blocks, 4, 3)).toEqual(DENSE);
      for (const block of blocks) expect([...block.majors]).toEqual([...new Set(block.majors)].sort((a, b) => a - b));
    }
  });

  it('refuses two entries of one feature in one cell, ordered or not', async () => {
    const repeated = await openTenx(standard({ 'matrix.mtx.gz': `${HEADER}3 4 3\n2 1 5\n1 1 1\n2 1 5\n` }));
    const error = await failure(() => collect(repeated));
    expect(error.message).toMatch(/'G2' in cell 'c1'/);
    expect(error.fields.unreadable).toBeUndefined();
    const unordered = await openTenx(standard({ 'matrix.mtx.gz': `${HEADER}3 4 3\n2 2 5\n1 1 1\n2 2 5\n` }));
    await expect(collect(unordered)).rejects.toThrow(UnorderedMatrixError);
    expect((await failure(() => collect(unordered))).message).toMatch(/'G2' in cell 'c2'/);
  });

  it('leaves out stored zeros', async () => {
    const source = await openTenx(standard({ 'matrix.mtx.gz': `${HEADER}3 4 2\n2 1 0\n1 2 1\n` }));
    expect((await collect(source))[0]).toMatchObject({ majors: Int32Array.of(1), indices: Int32Array.of(0) });
  });

  it('names truncated and corrupt files', async () => {
    const packed = gzipSync(MATRIX);
    const cut = await failure(async () =>
      collect(await openTenx(standard({ 'matrix.mtx.gz': packed.subarray(0, -12) }))),
    );
    expect(cut.fields).toMatchObject({ unreadable: true });
    expect(cut.message).toMatch(/matrix\.mtx\.gz/);
    const shorter = await openTenx(standard({ 'matrix.mtx.gz': MATRIX.slice(0, -12) }));
    const error = await failure(() => collect(shorter));
    expect(error.message).toMatch(/truncated: it ends at line 7 after 4 of the 6 entries/);
    expect(error.fields).toMatchObject({ unreadable: true, line: 7 });
    const bad = Buffer.from(packed);
    bad.fill(0xff, 30, 60);
    expect(
      (await failure(async () => collect(await openTenx(standard({ 'matrix.mtx.gz': bad }))))).fields.unreadable,
    ).toBe(true);
  });

  it('compares the header with features and barcodes', async () => {
    const few = await failure(() => openTenx(standard({ 'barcodes.tsv.gz': 'c1\nc2\n' })));
    expect(few.message).toMatch(/is 3 x 4, but there are 3 features and 2 barcodes/);
    expect(few.fields.unreadable).toBe(true);
    const swapped = { 'features.tsv.gz': 'G1\nG2\nG3\nG4\n', 'barcodes.tsv.gz': 'a\nb\nc\n' };
    expect((await failure(() => openTenx(standard(swapped)))).fields.remedy).toContain('transpose');
  });

  it('names a missing file and a nested folder', async () => {
    const path = folder({ 'matrix.mtx.gz': MATRIX, 'barcodes.tsv': BARCODES });
    expect((await failure(() => openTenx(path))).message).toContain('genes.tsv');
    mkdirSync(join(path, 'outs'));
    mkdirSync(join(path, 'outs', 'filtered_feature_bc_matrix'));
    expect((await failure(() => openTenx(join(path, 'outs')))).fields.remedy).toContain('filtered_feature_bc_matrix');
    expect((await failure(() => openTenx(join(path, 'none')))).fields).toMatchObject({ unreadable: true });
  });

  it('has no annotation but the barcodes', async () => {
    const source = await openTenx(standard());
    expect(await source.readObs()).toMatchObject({ rows: 4, rowNames: ['c1', 'c2', 'c3', 'c4'], columns: new Map() });
    expect((await failure(() => source.readObs(['donor']))).fields.remedy).toContain('“obs”');
  });

  it('stops when it is cancelled', async () => {
    const source = await openTenx(standard());
    const controller = new AbortController();
    controller.abort();
    expect((await failure(() => collect(source, { signal: controller.signal }))).tag).toBe('AbortError');
  });

  it('reads random matrices in any order of entries, whatever the block size', async () => {
    const matrix = fc.array(fc.array(fc.constantFrom(0, 0, 1, 2.5, -3), { minLength: 4, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        matrix,
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        async (dense, shuffle, maxEntries, seed) => {
          const entries = dense.flatMap((row, i) => row.flatMap((v, j) => (v === 0 ? [] : [`${j + 1} ${i + 1} ${v}`])));
          if (shuffle) entries.sort((a, b) => hash(a, seed) - hash(b, seed));
          const text = `%%MatrixMarket matrix coordinate real general\n4 ${dense.length} ${entries.length}\n${entries.join('\n')}\n`;
          const source = await openTenx(
            folder({
              'matrix.mtx': text,
              'genes.tsv': 'a\nb\nc\nd\n',
              'barcodes.tsv': dense.map((_, i) => `c${i}\n`).join(''),
            }),
          );
          let result: number[][];
          try {
            result = await readDense(source, maxEntries);
          } catch (error) {
            expect(error).toBeInstanceOf(UnorderedMatrixError);
            result = await readDense(source, maxEntries);
          }
          expect(result).toEqual(dense);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** A number that depends on text and seed, for shuffling. */
function hash(text: string, seed: number): number {
  let value = seed | 0;
  for (const letter of text) value = (Math.imul(value, 31) + letter.charCodeAt(0)) | 0;
  return Math.imul(value, 0x9e3779b1);
}

describe('a folder of the reference data', () => {
  it('has the entries of its header', async () => {
    const path = 'test/reference/batches/sim_singlecell';
    const source = await openTenx(path);
    const barcodes = readFileSync(join(path, 'barcodes.tsv'), 'utf8').trimEnd().split('\n');
    expect(await source.rowNames()).toEqual(barcodes);
    let entries = 0;
    for (const block of await collect(source, { maxEntries: 100_000 })) entries += block.values.length;
    expect(entries).toBe(source.entries);
  });
});
