import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { anova } from '../../src/infer/anova.ts';
import { moderatedFTests } from '../../src/infer/moderation/moderated-f.ts';
import { testRow } from '../../src/infer/small-sample.ts';
import { waldIntervals } from '../../src/intervals/intervals.ts';
import { marginalMeans } from '../../src/result/marginal-means.ts';
import { tidy } from '../../src/result/tidy.ts';
import { INTERVAL_REASONS } from '../../src/types/inference.ts';
import { frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';

const random = new TestRandom(4);
const rows = Array.from({ length: 80 }, (_, i) => i);
const table = frame({
  donor: rows.map((i) => label('d', i % 2)),
  cond: rows.map((i) => label('c', i % 2)),
  x: Array.from(random.normals(80)),
  y: Array.from(random.normals(80)),
});
const three = { ...table, columns: new Map(table.columns) };
three.columns.set('z', { kind: 'numeric', values: random.normals(80) });
const fitted = () => fitTable(table, { formula: 'y ~ cond + x + (1 | donor)', threads: 1, backend: 'cpu' });

describe('a comparison of one donor with one', () => {
  it('has no p-value in any table', async () => {
    const result = await fitted();
    const { names, pValue, standardError } = result.table.coefficients;
    const at = names.findIndex((name) => name.startsWith('cond'));
    expect(standardError[at]).toBeGreaterThan(0);
    expect(pValue[at]).toBeNaN();
    const [cond, x] = anova(result);
    expect([cond.term, cond.pValue, cond.denominatorDf]).toEqual(['cond', Number.NaN, Number.NaN]);
    expect(x.pValue).toBeGreaterThan(0);
    const { pairs, means } = marginalMeans(result, { over: ['cond'] });
    const numbers = (from: typeof pairs, name: string) => from.columns.find((column) => column.name === name)?.values;
    expect(numbers(pairs, 'p.value')?.[0]).toBeNaN();
    expect(numbers(pairs, 'p.adjusted')?.[0]).toBeNaN();
    expect(numbers(pairs, 'estimate')?.[0]).not.toBeNaN();
    expect(numbers(means, 'conf.low')?.[1]).toBeNaN();
    const sample = result.smallSample(0);
    if (!sample) throw new Error('no fit');
    expect(
      testRow(
        sample,
        Float64Array.from(names, (name) => (name === 'x' ? 1 : 0)),
      ).tested,
    ).toBe(true);
    expect(
      testRow(
        sample,
        Float64Array.from(names, (name) => (name.startsWith('cond') ? 2 : 0)),
      ).tested,
    ).toBe(false);
  });

  it('has no Wald interval either, nor a test with the degrees of freedom of other responses', async () => {
    const formula = 'cbind(y, x, z) ~ cond + (1 | donor)';
    const result = await fitTable(three, { formula, threads: 1, backend: 'cpu', moderate: true });
    const { table: fits } = result;
    const at = fits.coefficients.names.findIndex((name) => name.startsWith('cond'));
    expect(fits.moderation?.coefficients.pValue[at]).toBeNaN();
    expect(fits.moderation?.coefficients.pValue[1 - at]).toBeGreaterThan(0);
    const { low, reason } = waldIntervals(result);
    expect(low[at]).toBeNaN();
    expect(INTERVAL_REASONS[reason[at]]).toMatch(/not repeated/);
    expect(low[1 - at]).toBeLessThan(0);
    const { columns } = tidy(result, { confLevel: 0.95 });
    const numbers = (name: string) => columns.find((column) => column.name === name)?.values ?? [];
    expect([numbers('conf.low')[at], numbers('conf.high')[at]]).toEqual([Number.NaN, Number.NaN]);
    const F = moderatedFTests(result, fits.coefficients.names);
    expect(F.pValue.every(Number.isNaN)).toBe(true);
  });

  it('is tested where the method is asked for by name', async () => {
    const result = await fitTable(table, {
      formula: 'y ~ cond + x + (1 | donor)',
      threads: 1,
      backend: 'cpu',
      ddf: 'satterthwaite',
    });
    expect(anova(result)[0].pValue).toBeGreaterThan(0);
  });
});
