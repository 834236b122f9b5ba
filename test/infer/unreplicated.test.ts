import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { anova } from '../../src/infer/anova.ts';
import { testRow } from '../../src/infer/small-sample.ts';
import { marginalMeans } from '../../src/result/marginal-means.ts';
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
