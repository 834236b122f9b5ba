import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTable } from '../../src/doors/node.ts';
import { expectRefusal, rowsOf, run, succeed, temporaryFolder } from '../cli/command.ts';
import { CP10K, expectBase, expectBulk, expectClose, expectRow, F1, fixed, input, SATTERTHWAITE } from './cases.ts';
import { CASE_TOLERANCE } from './tolerance.ts';

const folder = temporaryFolder();
const OBS = input('r-write-table/obs.tsv');
const CELLS = ['--formula', 'y ~ cond + (1 | donor)', ...SATTERTHWAITE];
/** The cells of comment.csv have column y with six decimals. */
const CELLS_Y = { estimate: 0.76561003, standardError: 0.8156311874, df: 6, p: 0.3841311689 };

describe.concurrent('text tables of a bulk experiment give the same numbers', () => {
  it.each([
    ['tabs', 'r-write-table/plain.tsv', OBS, 'P00000;Q0'],
    ['comments before the header (featureCounts)', 'comment-lines/comment.tsv', OBS, 'P00000;Q0'],
    ["R's write.table: spaces, row names without a header", 'r-write-table/rdef.txt', OBS, 'P00000;Q0'],
    ['annotation by write.table', 'r-write-table/plain.tsv', input('r-write-table/robs.txt'), 'P00000;Q0'],
    ['annotation by write.csv', 'r-write-table/plain.tsv', input('r-write-table/robs.csv'), 'P00000;Q0'],
    ['both by R', 'r-write-table/rdef.txt', input('r-write-table/robs.csv'), 'P00000;Q0'],
    ['semicolons and decimal commas', 'decimal-commas/semidec2.csv', OBS, 'P00000_Q0'],
    ['the same by write.csv2', 'decimal-commas/rcsv2.csv', OBS, 'P00000;Q0'],
    ['UTF-16', 'bulk-encodings/utf16.txt', OBS, 'P00000;Q0'],
    ['carriage returns alone', 'bulk-encodings/cr.csv', OBS, 'P00000;Q0'],
  ])('%s', async (_, path, obs, response) => {
    expectBulk(await succeed('fit', input(path), '--obs', obs, ...F1), response);
  });

  it('--decimal says what is found by itself elsewhere', async () => {
    const args = ['fit', input('decimal-commas/semidec2.csv'), '--obs', OBS, ...F1];
    expectBulk(await succeed(...args, '--decimal', ','), 'P00000_Q0');
    expectRefusal(await run([...args, '--decimal', '.']), 2, /semidec2\.csv/, /'9,485053'/);
  });

  it('columns that the annotation does not name are no samples', async () => {
    const outcome = await succeed('fit', input('bulk-annotation-columns/annot.tsv'), '--obs', OBS, ...F1);
    expect(outcome.stderr).toMatch(/2 columns .*'Gene names', 'Protein names'/);
    expectBulk(outcome);
  });

  it('--transform log2 and --zero-is-missing change the values, not their file', async () => {
    const plain = ['--obs', OBS, ...F1];
    const lines = readFileSync(input('r-write-table/plain.tsv'), 'utf8').trimEnd().split('\n');
    const powers = lines.map((line, i) => {
      const [name, ...values] = line.split('\t');
      return [name, ...(i === 0 ? values : values.map((value) => String(2 ** Number(value))))];
    });
    const path = join(folder, 'intensity.tsv');
    const text = (rows: readonly (readonly string[])[]) => `${rows.map((row) => row.join('\t')).join('\n')}\n`;
    writeFileSync(path, text(powers));
    expectBulk(await succeed('fit', path, ...plain, '--transform', 'log2'));
    // A protein that was not found in the last sample: zero, and the same as an empty value.
    const last = (value: string) => powers.map((row, i) => (i === 1 ? [...row.slice(0, -1), value] : row));
    writeFileSync(join(folder, 'zero.tsv'), text(last('0')));
    writeFileSync(join(folder, 'missing.tsv'), text(last('NA')));
    const [zero, missing] = await Promise.all([
      succeed('fit', join(folder, 'zero.tsv'), ...plain, '--transform', 'log2', '--zero-is-missing'),
      succeed('fit', join(folder, 'missing.tsv'), ...plain, '--transform', 'log2', '--na', 'per-response'),
    ]);
    expect(rowsOf(zero.stdout)).toEqual(rowsOf(missing.stdout));
  });
});

describe.concurrent('text tables of cells', () => {
  const counts = ['fit', input('counts-as-csv/GSE_counts.csv.gz'), '--obs', input('counts-as-csv/cobs.csv'), ...F1];

  it('counts with genes in rows are normalised', async () => {
    expectBase(await succeed(...counts, ...CP10K));
  });

  it('and not fitted as they are without a word', async () => {
    expect((await succeed(...counts)).stderr).toMatch(/WARNING: .*raw counts.*--normalize/);
  });

  it('comments before the header', async () => {
    const outcome = await succeed('fit', input('comment-lines/comment.csv'), ...CELLS);
    expectRow(fixed(outcome, 'y', 'condstim'), CELLS_Y);
  });

  it("Excel's sep= line before the header", async () => {
    const table = readFileSync(input('decimal-commas/semi_deccomma.csv'), 'utf8');
    writeFileSync(join(folder, 'sep.csv'), `sep=;\n${table}`);
    const outcome = await succeed('fit', join(folder, 'sep.csv'), ...CELLS);
    expectRow(fixed(outcome, 'y', 'condstim'), CELLS_Y);
  });

  it('semicolons and decimal commas', async () => {
    const outcome = await succeed('fit', input('decimal-commas/semi_deccomma.csv'), ...CELLS);
    expectRow(fixed(outcome, 'y', 'condstim'), CELLS_Y);
  });

  it('a covariate with decimal commas is a factor with a warning, and a number by --decimal', async () => {
    const args = ['fit', input('decimal-commas-covariate/d.csv'), '--formula', 'y ~ dose + (1 | id)', ...SATTERTHWAITE];
    const factor = await succeed(...args);
    expect(factor.stderr).toMatch(/WARNING: column 'dose' is a factor .*decimal commas.*--decimal ,/);
    const number = await succeed(...args, '--decimal', ',');
    expect(number.stderr).not.toMatch(/decimal commas/);
    expectRow(fixed(number, 'y', 'dose'), {
      estimate: 1.01094962,
      standardError: 0.521563761,
      df: 35.7414475,
      p: 0.0605159056,
    });
    // Cut by semicolons, commas are found to be decimal.
    const [, ...rest] = args.slice(1);
    const semicolons = await succeed('fit', input('decimal-commas-covariate/d3.csv'), ...rest);
    expectRow(fixed(semicolons, 'y', 'dose'), {
      estimate: 2.62857143,
      standardError: 2.942718443,
      df: 2,
      p: 0.46598202076,
    });
  });

  it('stray text is named with its line, and missing by --na-strings', async () => {
    const args = ['fit', input('stray-text/skyline.csv'), '--formula', 'log2(Area) ~ Condition + (1 | File.Name)'];
    expectRefusal(await run(args), 2, /skyline\.csv.*'Area' holds '#N\/A' in line 52/, /--na-strings '#N\/A'/);
    const outcome = await succeed(...args, ...SATTERTHWAITE, '--na-strings', '#N/A');
    expect(outcome.stderr).toMatch(/left out 6 of 64 rows with missing values/);
    expectRow(fixed(outcome, 'log2(Area)', 'ConditionMix2'), {
      estimate: 0.562161654,
      standardError: 0.50923256,
      df: 53,
      p: 0.274606603,
    });
  });
});

describe('a table of 60,000 columns', () => {
  const number = (column: number, row: number) => (Math.sin(1 + column * 12 + row) * 5).toFixed(2);

  /** As many columns of numbers, each another. */
  function wide(columns: number): string {
    const names = Array.from({ length: columns }, (_, i) => `cg${String(i).padStart(8, '0')}`);
    const rows = Array.from({ length: 12 }, (_, k) => {
      const values = names.map((_, i) => number(i, k));
      return [`D${k >> 1}`, 'ab'[(k >> 1) % 2], ...values].join(',');
    });
    const path = join(folder, `wide${columns}.csv`);
    writeFileSync(path, `${['donor', 'cond', ...names].join(',')}\n${rows.join('\n')}\n`);
    return path;
  }

  /** Processor seconds of the faster of two readings: what else runs on the machine does not count. */
  async function seconds(path: string): Promise<number> {
    let least = Number.POSITIVE_INFINITY;
    for (let k = 0; k < 2; k++) {
      const start = process.cpuUsage();
      await readTable(path);
      const { user, system } = process.cpuUsage(start);
      least = Math.min(least, (user + system) / 1e6);
    }
    return least;
  }

  it('is read in a time that grows with their number, not with its square', async () => {
    const [narrow, broad] = [wide(15_000), wide(60_000)];
    expect((await seconds(broad)) / (await seconds(narrow))).toBeLessThan(CASE_TOLERANCE.linear);
  });

  it('is fitted from the command line, each column as if it were alone', async () => {
    const path = wide(60_000);
    const all = await succeed('fit', path, ...F1, '--responses', '/^cg0005999/');
    const rows = rowsOf(all.stdout).filter((row) => row['term'] === 'condb');
    expect(rows).toHaveLength(10);
    // Balanced: the difference of the means.
    const mean = (side: number) => {
      const rows = Array.from({ length: 12 }, (_, k) => k).filter((k) => (k >> 1) % 2 === side);
      return rows.reduce((sum, k) => sum + Number(number(59_999, k)), 0) / rows.length;
    };
    expectClose(rows[9]['estimate'], mean(1) - mean(0), CASE_TOLERANCE.sameData);
  });
});
