import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { anova } from '../../src/infer/anova.ts';
import { testJointly, testRow } from '../../src/infer/small-sample.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';

// Response by response, as pbkrtest has them: test/lmm/batches.test.ts.
describe('small-sample tests', () => {
  const table = referenceTable('sim_weights_offset.csv');
  const formula = 'y0 ~ x + (x | g)';

  it.each(['satterthwaite', 'kenward-roger'] as const)('%s: weights times a constant change no test', async (ddf) => {
    const weights = table.columns.get('w');
    if (weights?.kind !== 'numeric') throw new Error('no weights');
    const base = await fitTable(table, { formula, weights: 'w', ddf, threads: 1 });
    for (const factor of [1e-3, 40]) {
      const values = weights.values.map((w) => w * factor);
      const scaled = { ...table, columns: new Map(table.columns).set('w', { kind: 'numeric', values }) };
      const other = await fitTable(scaled, { formula, weights: 'w', ddf, threads: 1 });
      base.table.coefficients.df.forEach((df, k) => {
        expect(Math.abs(other.table.coefficients.df[k] / df - 1)).toBeLessThan(TOLERANCE.enginesDf);
        expect(Math.abs(other.table.coefficients.log10P[k] - base.table.coefficients.log10P[k])).toBeLessThan(1e-6);
      });
      const [before, after] = [anova(base)[0], anova(other)[0]];
      expect(Math.abs(after.denominatorDf / before.denominatorDf - 1)).toBeLessThan(TOLERANCE.enginesDf);
    }
  });

  it.each(['satterthwaite', 'kenward-roger'] as const)('%s: a joint test of one row is its t test', async (ddf) => {
    const result = await fitTable(table, { formula, weights: 'w', ddf, threads: 1 });
    const sample = result.smallSample(0);
    if (!sample) throw new Error('no fit');
    const row = Float64Array.of(1, -2);
    const single = testRow(sample, row);
    const joint = testJointly(sample, row);
    expect(joint.numeratorDf).toBe(1);
    expect(joint.scale).toBeCloseTo(1, 10);
    expect(joint.denominatorDf).toBeCloseTo(single.df, 8);
    expect(joint.statistic).toBeCloseTo((single.estimate / single.standardError) ** 2, 8);
    // The same row twice is one hypothesis.
    const twice = testJointly(sample, Float64Array.of(1, -2, 2, -4));
    expect(twice.numeratorDf).toBe(1);
    expect(twice.statistic).toBeCloseTo(joint.statistic, 8);
  });
});
