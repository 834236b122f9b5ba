import { expect, it } from 'vitest';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { withModeratedTests } from '../../src/infer/moderation/moderated-table.ts';
import { studentQuantile } from '../../src/numeric/distributions/student-quantile.ts';
import { readTable } from '../../src/reading/tables.node.ts';
import { tidy } from '../../src/result/tidy.ts';
import { toptable } from '../../src/result/toptable.ts';
import { example } from '../cli/command.ts';
import { TOLERANCE } from '../tolerance.ts';

const MODELS = 60;

/** Responses of two samples of each of fourteen patients. */
async function samples(moderate?: { readonly trend: boolean }) {
  const design = buildDesign('~ time + (1 | patient)', await readTable(example('proteins.samples.tsv')));
  const noise = (a: number, b: number): number => (Math.sin(a * 12.9898 + b * 78.233) * 43758.5453) % 1;
  const rows = 28;
  const values = Float64Array.from({ length: MODELS * rows }, (_, at) => {
    const [g, i] = [Math.floor(at / rows), at % rows];
    return 9 + g / 20 + (1 + (g % 7) / 5) * noise(g, i) + noise(g + 90, i >> 1) + (i % 2 === 0 && g % 6 === 0 ? 1 : 0);
  });
  const names = Array.from({ length: MODELS }, (_, g) => `g${g}`);
  return fitDesign(
    design,
    { kind: 'dense', rows, names, values },
    { contrasts: { back: '-timebefore' }, ...(moderate ? { moderate } : {}) },
  );
}

function column(table: ReturnType<typeof tidy>, name: string): ArrayLike<number> {
  const found = table.columns.find((one) => one.name === name);
  if (found?.kind !== 'number') throw new Error(`no column ${name}`);
  return found.values;
}

it('puts moderated tests in the place of the ordinary ones, as the top table has them', async () => {
  const result = await samples({ trend: true });
  const shown = withModeratedTests(result.table);
  expect(shown.moderation).toBeUndefined();
  const found = (table: typeof shown, name: string): Map<string, number> => {
    const top = toptable({ ...result, table }, 'back');
    const names = top.columns.find((one) => one.name === 'response');
    return new Map(
      Array.from(column(top, name), (value, row): [string, number] => [String(names?.values[row]), value]),
    );
  };
  for (const name of ['logFC', 't', 'P.Value', 'adj.P.Val', 'log10p']) {
    expect(found(shown, name)).toEqual(found(result.table, name));
  }
  // An estimate over its standard error is its statistic, and its limits are of the same df.
  const rows = tidy({ ...result, table: shown }, { confLevel: 0.9 });
  const [estimate, error, statistic, df, low] = ['estimate', 'std.error', 'statistic', 'df', 'conf.low'].map((name) =>
    column(rows, name),
  );
  const effects = rows.columns.find(({ name }) => name === 'effect')?.values ?? [];
  let tested = 0;
  for (let row = 0; row < rows.rows; row++) {
    if (effects[row] !== 'fixed') continue;
    tested++;
    expect(Math.abs(estimate[row] / error[row] / statistic[row] - 1)).toBeLessThan(TOLERANCE.moderatedError);
    const limit = estimate[row] - studentQuantile(0.95, df[row]) * error[row];
    expect(Math.abs(low[row] - limit)).toBeLessThan(TOLERANCE.moderatedError * Math.abs(limit));
  }
  expect(tested).toBe(3 * MODELS);
});

it('leaves fits without moderation as they are', async () => {
  const { table } = await samples();
  expect(withModeratedTests(table)).toBe(table);
});
