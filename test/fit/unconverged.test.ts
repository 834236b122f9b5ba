import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { anova } from '../../src/infer/anova.ts';
import { testRow } from '../../src/infer/small-sample.ts';
import { waldIntervals } from '../../src/intervals/intervals.ts';
import { marginalMeans } from '../../src/result/marginal-means.ts';
import { tidy } from '../../src/result/tidy.ts';
import { toptable } from '../../src/result/toptable.ts';
import { jsonText } from '../../src/result/write-json.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { trialWithOutcomes } from '../lmm/structured/outcomes.ts';

/** Of `same` every subject has one value at all visits: the likelihood of an unstructured covariance has no maximum. */
const plain = trialWithOutcomes(3, 24, 3, ['a', 'same', 'b']);
const subject = plain.columns.get('subject') as Extract<Column, { kind: 'factor' }>;
const same: Column = { kind: 'numeric', values: Float64Array.from(subject.codes, (s) => Math.sin(s * s)) };
const table: Table = { ...plain, columns: new Map([...plain.columns, ['same', same]]) };

const METHODS = ['auto', 'satterthwaite', 'asymptotic'] as const;
const fitted = (responses: string, ddf: (typeof METHODS)[number]) =>
  fitTable(table, { formula: `cbind(${responses}) ~ arm`, residual: 'us(visit | subject)', ...RUN, ddf });
const RUN = { threads: 1, backend: 'cpu' } as const;
const BAD = 1;

describe('a model that has not converged', () => {
  it.each(METHODS)('has no test in any table (%s)', async (ddf) => {
    const result = await fitted('a, same, b', ddf);
    const { status, coefficients } = result.table;
    const width = coefficients.names.length;
    expect(Array.from(status)).toEqual([0, 5, 0]);
    expect(coefficients.estimate[BAD * width]).not.toBeNaN();

    const rows = tidy(result, { confLevel: 0.95 });
    const column = (name: string) => rows.columns.find((own) => own.name === name)?.values ?? [];
    const [effect, response] = [column('effect'), column('response')];
    for (const name of ['p.value', 'log10p', 'p.adjusted', 'conf.low', 'conf.high']) {
      const values = column(name);
      const fixed = Array.from(values.keys()).filter((row) => effect[row] === 'fixed');
      expect(fixed.map((row) => Number.isNaN(values[row]))).toEqual(fixed.map((row) => response[row] === 'same'));
    }
    const [, , last] = toptable(result, 'armarm001').columns.find(({ name }) => name === 'P.Value')?.values ?? [];
    expect(last).toBeNaN();
    const { models } = JSON.parse([...jsonText(result)].join(''));
    for (const { p, log10p, pAdjusted, df } of models[BAD].coefficients) {
      expect([p, log10p, pAdjusted, df]).toEqual([null, null, null, null]);
    }
    expect(models[0].coefficients[1].p).toBeGreaterThan(0);
    expect(anova(result, BAD)[0].pValue).toBeNaN();
    expect(anova(result, 0)[0].pValue).toBeGreaterThan(0);
    const { pairs, means } = marginalMeans(result, { over: ['arm'] });
    const numbers = (from: typeof pairs, name: string) => from.columns.find((own) => own.name === name)?.values ?? [];
    expect(Array.from(numbers(pairs, 'p.value'), Number.isNaN)).toEqual([false, true, false]);
    expect(Array.from(numbers(means, 'conf.low'), Number.isNaN)).toEqual([false, false, true, true, false, false]);
    const sample = result.smallSample(BAD);
    expect(sample && testRow(sample, Float64Array.of(0, 1)).tested).toBe(false);
    const { low, parameters } = waldIntervals(result);
    const limits = low.subarray(BAD * parameters.length, (BAD + 1) * parameters.length);
    expect(limits.every(Number.isNaN)).toBe(true);
  });

  it('does not count among the tests that p-values are adjusted for', async () => {
    const [three, two] = [await fitted('a, same, b', 'auto'), await fitted('a, b', 'auto')];
    const { adjustedP, names } = three.table.coefficients;
    const others = Array.from(adjustedP).filter((_, i) => Math.floor(i / names.length) !== BAD);
    expect(others).toEqual(Array.from(two.table.coefficients.adjustedP));
  });
});
