import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { fit as fitTable, marginalMeans, outputRows, readTable } from '../../src/doors/node.ts';
import { eliminationOrder } from '../../src/lmm/elimination.ts';
import { planBatch } from '../../src/plan/plan.ts';
import { tableMoments } from '../calibrate/null-designs.ts';
import { type Row, rowsOf, succeed, temporaryFolder, textOf } from '../cli/command.ts';
import { expectRow, fixed, input, SATTERTHWAITE } from './cases.ts';

const folder = temporaryFolder();

/** Asserts the estimate, standard error and df of the row of a table of means that has these levels. */
function expectMean(rows: readonly Row[], levels: Row, estimate: number, standardError: number, df: number): void {
  const row = rows.find((row) => Object.entries(levels).every(([name, level]) => row[name] === level));
  expect(row, `${JSON.stringify(levels)} in ${JSON.stringify(rows)}`).toBeDefined();
  expectRow(row!, { estimate, standardError, df });
}

describe.concurrent('names in backticks', () => {
  const table = ['fit', input('backticked-contrasts/d.csv'), ...SATTERTHWAITE];
  const model = [...table, '--formula', 'y ~ `dose (mg/kg)` + `1st` + (1 | id)'];
  const difference = { estimate: -0.25123, standardError: 0.3315853, df: 37.01876 };
  it.each([
    ['k=`dose (mg/kg)`low - `dose (mg/kg)`mid', difference],
    ['k=`dose (mg/kg)`:low-mid', difference],
    ['k=2 * `1st`', { estimate: 0.801861, standardError: 0.2541737, df: 37.6623 }],
  ])('--contrast %s', async (contrast, expected) => {
    expectRow(fixed(await succeed(...model, '--contrast', contrast), 'y', 'k'), expected);
  });

  it('--slopes and --emmeans', async () => {
    const interaction = [...table, '--formula', 'y ~ `dose (mg/kg)` * `1st` + (1 | id)'];
    const means = ['--emmeans', '`dose (mg/kg)`', '--slopes', '`1st`', '--format', 'emmeans'];
    const rows = rowsOf((await succeed(...interaction, ...means)).stdout);
    expect(rows).toHaveLength(3);
    expectMean(rows, { 'dose (mg/kg)': 'high' }, 0.436737432, 0.199344799, 36.0523286);
    expectMean(rows, { 'dose (mg/kg)': 'low' }, 0.26785872, 0.26839525, 35.8214941);
    expectMean(rows, { 'dose (mg/kg)': 'mid' }, 0.452303877, 0.23676645, 35.6430323);
  });
});

describe.concurrent("a user's columns named like those of the tables", () => {
  const table = input('clashing-names/d.csv');

  it('are renamed in a parquet file and beside a tidy table', async () => {
    const [means, tidy] = [join(folder, 'means.parquet'), join(folder, 'tidy.tsv')];
    const model = ['fit', table, '--formula', 'y ~ df + (1 | g)', '--emmeans', 'df', ...SATTERTHWAITE];
    await succeed(...model, '--out', `emmeans=${means}`, '--out', `tidy=${tidy}`);
    const bytes = readFileSync(means);
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    const rows = (await parquetReadObjects({ file })).map(
      (row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value)])) as Row,
    );
    expectMean(rows, { 'df.level': 'a' }, 10.0656484356, 0.156068806, 118);
    expect(rows.map((row) => row['df.level'])).toEqual(['a', 'b']);
    expect(rowsOf(textOf(tidy)).some((row) => row['term'] === 'dfb')).toBe(true);
  });

  it('are renamed where there are several', async () => {
    const model = ['fit', table, '--formula', 'y ~ df * estimate + (1 | g)', ...SATTERTHWAITE];
    const { stdout } = await succeed(...model, '--emmeans', 'df * estimate', '--format', 'emmeans');
    const names = stdout.split('\n')[0].split('\t');
    expect(new Set(names).size).toBe(names.length);
    const cells = rowsOf(stdout).map((row) => `${row['df.level']} ${row['estimate.level']}`);
    expect(cells).toEqual(['a k', 'b k', 'a l', 'b l']);
  });

  it('are renamed in the library', async () => {
    const result = await fitTable(await readTable(table), { formula: 'y ~ estimate + (1 | g)', ddf: 'satterthwaite' });
    const rows = [...outputRows(marginalMeans(result, { over: ['estimate'] }).means)];
    expect(rows.map((row) => row['estimate.level'])).toEqual(['k', 'l']);
    for (const row of rows) expect(row['estimate']).toBeTypeOf('number');
  });
});

describe.concurrent('factors nested in the fixed effects', () => {
  const formula = 'resp ~ route + drug + x1 + x2 + (1 | pen)';
  const model = ['fit', input('nested-fixed-factors/d.csv'), '--formula', formula, '--factor', 'pen', ...SATTERTHWAITE];

  it.each([
    [
      'route',
      [
        ['injection', 36.490933, 1.8321639],
        ['oral', 29.616571, 1.2656257],
      ],
    ],
    [
      'drug',
      [
        ['Bovineumab', 31.068928, 2.6389257],
        ['Charloisazepam', 41.912938, 1.5337614],
        ['Angustatin', 34.615545, 0.733556],
        ['Herefordmycin', 27.197342, 1.8272281],
        ['Mollycoddle', 27.036825, 2.0759962],
      ],
    ],
  ] as const)('have means over the combinations that there are: %s', async (factor, expected) => {
    const outcome = await succeed(...model, '--emmeans', factor, '--format', 'emmeans');
    expect(outcome.stderr).toMatch(/nested .*drug within route/);
    const rows = rowsOf(outcome.stdout);
    expect(rows).toHaveLength(expected.length);
    for (const [level, estimate, standardError] of expected) {
      expectMean(rows, { [factor]: level }, estimate, standardError, 7);
    }
  });
});

describe('crossed factors of unequal width', () => {
  /** 120 levels with four columns each against 130 with one, by the generator of the case. */
  function borderTable(): string {
    let s = 7;
    const r = () => {
      s = (s * 1103515245 + 12345) % 2147483648;
      return s / 2147483648 - 0.5;
    };
    const rows = ['y,x1,x2,x3,a,b'];
    const [A, B] = [120, 130];
    const ea = Array.from({ length: A }, () => [r(), r(), r(), r()]);
    const eb = Array.from({ length: B }, () => r());
    for (let i = 0; i < 3000; i++) {
      const a = Math.floor((r() + 0.5) * A) % A;
      const b = Math.floor((r() + 0.5) * B) % B;
      const x = [3 * r(), 3 * r(), 3 * r()];
      const own = 2 * ea[a][0] + 2 * ea[a][1] * x[0] + 2 * ea[a][2] * x[1] + 2 * ea[a][3] * x[2];
      const y = 3 * r() + own + 2 * eb[b];
      rows.push([y.toFixed(5), ...x.map((value) => value.toFixed(5)), `a${a}`, `b${b}`].join());
    }
    const path = join(folder, 'border2.csv');
    writeFileSync(path, `${rows.join('\n')}\n`);
    return path;
  }
  const formula = 'y ~ x1 + (1 + x1 + x2 + x3 | a) + (1 | b)';

  it('eliminate the one with most columns, as the plan says', async () => {
    const moments = tableMoments(await readTable(borderTable()), formula, ['y']);
    const { design } = moments.batches[0];
    const announced = Number(/(\d+) border columns/.exec(planBatch(design, 1).reason)?.[1]);
    // What is not eliminated: 130 columns of b and two of X.
    expect(announced).toBe(132);
    expect(eliminationOrder(design).border).toBe(announced);
  });

  it("have lme4's numbers", async () => {
    const outcome = await succeed('fit', borderTable(), '--formula', formula, '--explain', ...SATTERTHWAITE);
    expect(outcome.stderr).toMatch(/132 border columns/);
    const { estimate, standardError, df } = { estimate: -0.08484, standardError: 0.05854, df: 118.88 };
    const row = fixed(outcome, 'y', 'x1');
    expect(Number(row['estimate'])).toBeCloseTo(estimate, 4);
    expect(Number(row['std.error'])).toBeCloseTo(standardError, 4);
    expect(Number(row['df'])).toBeCloseTo(df, 1);
  });
});
