import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { expectRefusal, reference, run, temporaryFolder } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const TENX = reference('batches/sim_singlecell');
const H5AD = readFileSync(`${TENX}.h5ad`);
const SLEEP = readFileSync(reference('data/sleepstudy.csv'));
const MATRIX = ['--formula', '~ stim + (1 | donor)', '--normalize', 'log1p-cpm'];
const TABLE = ['--formula', 'Reaction ~ Days + (1 | Subject)'];

/** A file with these bytes. */
function written(name: string, bytes: Uint8Array | string): string {
  writeFileSync(file(name), bytes);
  return file(name);
}

/** A 10x folder with one file changed. */
function changedFolder(name: string, changed: string, change: (bytes: Buffer) => Uint8Array | string): string {
  mkdirSync(file(name));
  cpSync(TENX, file(name), { recursive: true });
  writeFileSync(join(file(name), changed), change(readFileSync(join(TENX, changed))));
  return file(name);
}

/** The MatrixMarket file with its text changed. */
const inside = (change: (text: string) => string) => (bytes: Buffer) => gzipSync(change(gunzipSync(bytes).toString()));

/** Bytes that are nothing, the same every time. */
const junk = Uint8Array.from({ length: 4000 }, (_, i) => (i * i * 31 + (i % 7) * 90 + 128) % 256);

/** Every chunk of the file asks for szip (filter 4) where it asked for deflate. */
function withSzip(bytes: Buffer): Uint8Array {
  const text = bytes.toString('latin1');
  const deflate = '\x01\x00\x08\x00\x01\x00\x01\x00deflate';
  expect(text).toContain(deflate);
  return Buffer.from(text.replaceAll(deflate, '\x04\x00\x08\x00\x01\x00\x01\x00szip\x00\x00\x00'), 'latin1');
}

describe.concurrent('exit 1: unreadable, truncated or corrupt', () => {
  const header = /^(%[^\n]*\n)+(\d+) (\d+) (\d+)/;
  const cases: readonly [what: string, args: () => string[], ...says: RegExp[]][] = [
    [
      'a truncated .h5ad',
      () => [written('short.h5ad', H5AD.subarray(0, 60_000)), ...MATRIX],
      /short\.h5ad is truncated/,
    ],
    ['a filter that cannot be read', () => [written('szip.h5ad', withSzip(H5AD)), ...MATRIX], /szip/, /gzip/],
    ['a .parquet that is none', () => [written('junk.parquet', junk), ...TABLE], /junk\.parquet/, /Parquet/],
    ['a .csv that is binary', () => [written('junk.csv', junk), ...TABLE], /junk\.csv is not UTF-8/],
    [
      'a matrix with fewer entries than announced',
      () => {
        const lie = inside((text) =>
          text.replace(header, (all, _c, _r, _n, count) => all.replace(count, `${+count + 5}`)),
        );
        return [changedFolder('fewer', 'matrix.mtx.gz', lie), '--obs', join(TENX, 'obs.tsv'), ...MATRIX];
      },
      /matrix\.mtx\.gz is truncated/,
    ],
    [
      'a matrix of another size than its names',
      () => {
        const lie = inside((text) => text.replace(header, (all, _c, rows) => all.replace(`${rows} `, `${+rows - 1} `)));
        return [changedFolder('smaller', 'matrix.mtx.gz', lie), '--obs', join(TENX, 'obs.tsv'), ...MATRIX];
      },
      /499 x 3448.*500 features/,
    ],
  ];
  it.each(cases.map(([what, args, ...says]) => ({ what, args, says })))('$what', async ({ what, args, says }) => {
    const out = file(`${what.replace(/\W/g, '')}.out.tsv`);
    expectRefusal(await run(['fit', ...args(), '--out', out]), 1, ...says);
    expect(readdirSync(folder).filter((name) => name.includes('.out.'))).toEqual([]);
  });
});

describe.concurrent('exit 2: content that makes no sense', () => {
  const csv = (name: string, change: (lines: string[]) => void) => {
    const lines = SLEEP.toString().trimEnd().split('\n');
    change(lines);
    return [written(name, `${lines.join('\n')}\n`), ...TABLE];
  };
  const cases: readonly [what: string, args: () => string[], ...says: RegExp[]][] = [
    [
      'text among the numbers of a response',
      () => csv('text.csv', (lines) => (lines[49] = lines[49].replace(/^[^,]*/, 'abc'))),
      /text\.csv/,
      /'Reaction'/,
      /line 50/,
      /'abc'/,
    ],
    [
      'a barcode twice',
      () => {
        const repeat = (bytes: Buffer) => bytes.toString().replace(/^([^\n]*)\n[^\n]*/, '$1\n$1');
        return [changedFolder('barcodes', 'barcodes.tsv', repeat), '--obs', join(TENX, 'obs.tsv'), ...MATRIX];
      },
      /'cell0001-D01' is repeated/,
    ],
  ];
  it.each(cases.map(([what, args, ...says]) => ({ what, args, says })))('$what', async ({ args, says }) => {
    expectRefusal(await run(['fit', ...args()]), 2, ...says);
  });

  it('text among the numbers of a covariate is a factor, which is said', async () => {
    const args = csv('covariate.csv', (lines) => (lines[49] = lines[49].replace(/,[^,]*,/, ',abc,')));
    const { status, stderr } = await run(['fit', ...args]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/'Days'.*'abc'/s);
  });
});
