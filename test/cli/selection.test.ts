import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { TOLERANCE } from '../tolerance.ts';
import { example, type Row, rowsOf, succeed, temporaryFolder, textOf } from './command.ts';

const folder = temporaryFolder();
const file = (name: string) => join(folder, name);
const CELLS = [example('cells'), '--obs', example('cells/obs.tsv'), '--normalize', 'log1p-cp10k'];
const FIT = ['fit', ...CELLS, '--formula', '~ stim + (1 | donor)', '--min-cells', '30'];

/** Benjamini and Hochberg's adjusted p, by definition: the least of m p(j) / j over all j from the rank up. */
function benjaminiHochberg(p: readonly number[]): number[] {
  const order = [...p.keys()].sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length);
  order.reduceRight((least, index, rank) => {
    const value = Math.min(least, (p[index] * p.length) / (rank + 1));
    adjusted[index] = value;
    return value;
  }, 1);
  return adjusted;
}

function holm(p: readonly number[]): number[] {
  const order = [...p.keys()].sort((a, b) => p[a] - p[b]);
  const adjusted = new Array<number>(p.length);
  order.reduce((most, index, rank) => {
    const value = Math.max(most, Math.min(1, p[index] * (p.length - rank)));
    adjusted[index] = value;
    return value;
  }, 0);
  return adjusted;
}

function expectAdjusted(
  rows: readonly Row[],
  adjust: (p: readonly number[]) => number[],
  [value, adjusted]: readonly [string, string] = ['p.value', 'p.adjusted'],
): void {
  expect(rows.length).toBeGreaterThan(10);
  const expected = adjust(rows.map((row) => Number(row[value])));
  for (const [i, row] of rows.entries()) {
    // One product and one quotient of numbers read back exactly.
    expect(Math.abs(Number(row[adjusted]) - expected[i])).toBeLessThanOrEqual(1e-15 * expected[i]);
  }
}

/** Both adjustments of a column of p-values, whatever the third one is over. */
function expectBoth(rows: readonly Row[], value: string, adjusted: string): void {
  for (const split of ['A', 'B', 'C']) {
    const own = rows.filter((row) => row['split'] === split);
    expectAdjusted(own, benjaminiHochberg, [value, `${adjusted}.within`]);
  }
  expectAdjusted(rows, benjaminiHochberg, [value, `${adjusted}.all`]);
}

describe('--split-by', () => {
  let tidy: Row[];
  beforeAll(async () => {
    const outputs = [file('tidy.tsv'), `glance=${file('glance.tsv')}`, `ranef=${file('ranef.tsv')}`, file('all.json')];
    await succeed(...FIT, '--split-by', 'cell_type', ...outputs.flatMap((out) => ['--out', out]));
    tidy = rowsOf(textOf(file('tidy.tsv')));
  });

  it('gives each level the results of --where for that level, to the last digit', async () => {
    const { stdout } = await succeed(...FIT, '--where', "cell_type == 'B' & age > 0");
    const alone = rowsOf(stdout);
    const names = Object.keys(alone[0]);
    expect(alone.length).toBeGreaterThan(100);
    // Over all levels p-values are adjusted otherwise, in columns of their own.
    const split = tidy.filter(({ split: level }) => level === 'B');
    expect(split.map((row) => Object.fromEntries(names.map((name) => [name, row[name]])))).toEqual(alone);
    expect(Object.keys(tidy[0])).toEqual(expect.arrayContaining(['p.adjusted.within', 'p.adjusted.all']));
  });

  it('adjusts within a split and over all, moderated tests and likelihood ratios too', async () => {
    expectBoth(
      tidy.filter((row) => row['term'] === 'stimstim'),
      'p.value',
      'p.adjusted',
    );
    const moderated = rowsOf((await succeed(...FIT, '--split-by', 'cell_type', '--moderate')).stdout);
    expectBoth(
      moderated.filter((row) => row['term'] === 'stimstim'),
      'p.moderated',
      'p.moderated.adjusted',
    );
    const split = ['--min-cells', '30', '--split-by', 'cell_type'];
    const models = ['--formula', '~ stim + (1 | donor)', '--formula', '~ (1 | donor)'];
    const ratios = file('ratios.tsv');
    await succeed('compare', ...CELLS, ...models, ...split, '--out', `tests=${ratios}`);
    expectBoth(rowsOf(textOf(ratios)), 'p.value', 'p.adjusted');
    const dropped = await succeed('compare', ...CELLS, ...models.slice(0, 2), ...split, '--tests', 'drop1');
    expectBoth(
      rowsOf(dropped.stdout).filter((row) => row['term'] === 'stim'),
      'p.value',
      'p.adjusted',
    );
  });

  it('is the first column of every table and models[].split in JSON', () => {
    for (const name of ['tidy', 'glance', 'ranef']) {
      const [header, ...lines] = textOf(file(`${name}.tsv`))
        .trimEnd()
        .split('\n');
      expect(header).toMatch(/^split\tresponse\tgene\t/);
      expect(new Set(lines.map((line) => line.split('\t')[0]))).toEqual(new Set(['A', 'B', 'C']));
    }
    const json: { models: { split: string }[] } = JSON.parse(textOf(file('all.json')));
    expect(json.models.map(({ split }) => split)).toEqual(
      rowsOf(textOf(file('glance.tsv'))).map((row) => row['split']),
    );
  });

  it('counts --min-cells within the split', () => {
    const expressed = rowsOf(textOf(file('glance.tsv'))).map((row) => Number(row['n.expressed']));
    expect(Math.min(...expressed)).toBeGreaterThanOrEqual(30);
    const perSplit = ['A', 'B', 'C'].map((split) => tidy.filter((row) => row['split'] === split).length);
    expect(new Set(perSplit).size).toBeGreaterThan(1);
  });

  it('adjusts p per term within a split, or over all', async () => {
    const fixed = (rows: readonly Row[]) => rows.filter((row) => row['term'] === 'stimstim');
    for (const split of ['A', 'B', 'C']) {
      expectAdjusted(
        fixed(tidy).filter((row) => row['split'] === split),
        benjaminiHochberg,
      );
    }
    const pooled = await succeed(...FIT, '--split-by', 'cell_type', '--adjust-across', 'all', '--adjust', 'holm');
    expectAdjusted(fixed(rowsOf(pooled.stdout)), holm);
  });
});

describe('--responses', () => {
  it('takes a list, a file and a pattern alike', async () => {
    // A file made on Windows, with an empty line at its end.
    writeFileSync(file('genes.txt'), 'gene001\r\ngene003\r\n\r\n');
    const outcomes = await Promise.all(
      ['gene001,gene003', `@${file('genes.txt')}`, '/^gene00[13]$/'].map((spec) =>
        succeed(...FIT, '--min-cells', '0', '--responses', spec),
      ),
    );
    expect(new Set(rowsOf(outcomes[0].stdout).map((row) => row['response']))).toEqual(new Set(['gene001', 'gene003']));
    expect(outcomes[1].stdout).toBe(outcomes[0].stdout);
    expect(outcomes[2].stdout).toBe(outcomes[0].stdout);
  });
});

describe('a model with everything', () => {
  it('agrees with lmerTest: weights, zero weights, offset, missing values, filter, split, two responses', async () => {
    const here = (name: string) => new URL(name, import.meta.url);
    const glance = file('combination.tsv');
    const { stdout, stderr } = await succeed(
      ...['fit', here('combination.csv').pathname, '--formula', 'cbind(y, y0) ~ x * f + (1 | g)'],
      ...['--weights', 'w', '--offset', 'o', '--where', "x > -1.5 & f %in% c('a','b')", '--split-by', 's'],
      ...['--ddf', 'satterthwaite', '--out', '-', '--out', `glance=${glance}`],
    );
    expect(stderr).toMatch(/weight 0/);
    const key = (row: Row) => `${row['split']} ${row['response']} ${row['term'] ?? ''}`;
    const found = new Map([...rowsOf(stdout), ...rowsOf(textOf(glance))].map((row) => [key(row), row]));
    const expected = rowsOf(readFileSync(here('combination.fits.tsv'), 'utf8'));
    expect(expected).toHaveLength(16);
    for (const row of expected) {
      const model = found.get(`${row['split']} ${row['response']} `);
      const term = found.get(key(row));
      const number = (name: string) => Number(row[name]);
      expect(Number(model?.['nobs'])).toBe(number('n'));
      within(model?.['logLik'], number('loglik'), TOLERANCE.criterion.absolute);
      within(model?.['sigma'], number('sigma'), TOLERANCE.sigma * number('sigma'));
      within(term?.['estimate'], number('estimate'), TOLERANCE.coefficient * number('se'));
      within(term?.['std.error'], number('se'), TOLERANCE.standardError * number('se'));
      within(term?.['df'], number('df'), TOLERANCE.df * number('df'));
      within(term?.['p.value'], number('p'), TOLERANCE.pValue * number('p'));
    }
  });
});

function within(found: string | undefined, expected: number, bound: number): void {
  expect(Math.abs(Number(found) - expected), `${found} for ${expected}`).toBeLessThanOrEqual(bound);
}
