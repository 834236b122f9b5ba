import { describe, expect, it } from 'vitest';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { orthonormalRows, testJointly, testRow } from '../../src/infer/small-sample.ts';
import { readerOpener } from '../../src/lmm/model-reader.ts';
import type { SmallSample } from '../../src/types/inference.ts';
import { TOLERANCE } from '../tolerance.ts';
import { relative } from './comparison.ts';
import { dense, frame, label, responseOver, unbalancedLayout } from './frames.ts';

const { random, g, x, arm, n } = unbalancedLayout(17, 14, 7);
const third = Array.from({ length: n }, (_, i) => label('t', (i * 5) % 3));
const weights = Array.from({ length: n }, () => 0.2 + 2 * random.uniform());
// A clear variance, hardly any, and none: the last has its optimum at zero.
const responses = {
  clear: responseOver(random, g, x, 1.5, 0.7),
  faint: responseOver(random, g, x, 0.2, 1),
  none: responseOver(random, g, x, 0, 1).map((value, i) => value - (i % 2)),
};
const balanced = Array.from({ length: 48 }, (_, i) => i);
const levels = {
  g: balanced.map((i) => label('g', i >> 2)),
  arm: balanced.map((i) => (i & 4 ? 'a' : 'b')),
  third: balanced.map((i) => label('t', i % 4)),
  x: balanced.map((i) => (i % 4) - 1.5),
};

const cases = [
  { name: 'unbalanced', table: frame({ g, x, arm, third }), data: dense(responses) },
  { name: 'weighted', table: frame({ g, x, arm, third, w: weights }), data: dense(responses), weights: 'w' },
  {
    name: 'balanced',
    table: frame(levels),
    data: dense({
      clear: responseOver(random, levels.g, levels.x, 1, 1),
      none: responseOver(random, levels.g, levels.x, 0, 1),
    }),
  },
];

const openReader = readerOpener({});

/** Largest relative difference of two arrays, of the size of the first. */
function apart(one: Float64Array, other: Float64Array): number {
  const size = one.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i])), 0) / (size || 1);
}

describe.each(cases)('the spectral form of $name designs', ({ table, data, weights: named }) => {
  it.each([
    ['REML', 'satterthwaite'],
    ['REML', 'kenward-roger'],
    ['REML', 'asymptotic'],
    ['ML', 'satterthwaite'],
  ] as const)('tests as the blocks do: %s, %s', async (method, ddf) => {
    const result = await fitDesign(buildDesign('~ x + arm + third + (1 | g)', table, { weights: named }), data, {
      method,
      ddf,
      threads: 1,
    });
    const [batch] = result.moments.batches;
    const [blocks, spectral] = [openReader(batch.design, method), openReader(batch.design, method, 'spectral')];
    const p = batch.design.coefficients.length;
    const joint = new Float64Array(2 * p);
    joint[p - 1] = 1;
    joint[p + p - 2] = 1;
    for (let k = 0; k < batch.index.length; k++) {
      const theta = result.table.theta.subarray(k, k + 1);
      const sigma = result.table.sigma[k];
      const a = blocks.smallSample(batch, k, theta, sigma, ddf);
      const b = spectral.smallSample(batch, k, theta, sigma, ddf);
      expect(b.method).toBe(a.method);
      expect(apart(a.coordinates, b.coordinates)).toBeLessThan(TOLERANCE.objectives);
      expect(apart(a.variance.model, b.variance.model)).toBeLessThan(TOLERANCE.objectives);
      expect(apart(a.variance.adjusted, b.variance.adjusted)).toBeLessThan(TOLERANCE.objectives);
      for (let c = 0; c < p; c++) {
        const row = Float64Array.from({ length: p }, (_, i) => (i === c ? 1 : 0));
        const [one, other] = [testRow(a, row), testRow(b, row)];
        expect(relative(other.standardError, one.standardError)).toBeLessThan(TOLERANCE.objectives);
        if (ddf !== 'asymptotic') expect(relative(other.df, one.df)).toBeLessThan(TOLERANCE.enginesDf);
        // The engine that fitted wrote the same test.
        expect(relative(other.standardError, result.table.coefficients.standardError[k * p + c])).toBeLessThan(
          TOLERANCE.objectives,
        );
      }
      const [one, other] = [testJointly(a, joint), testJointly(b, joint)];
      expect(relative(other.statistic, one.statistic)).toBeLessThan(TOLERANCE.enginesDf);
      if (ddf !== 'asymptotic')
        expect(relative(other.denominatorDf, one.denominatorDf)).toBeLessThan(TOLERANCE.enginesDf);
      expect(
        apart(blocks.covariance(batch, k, theta, sigma, ddf), spectral.covariance(batch, k, theta, sigma, ddf)),
      ).toBeLessThan(TOLERANCE.objectives);
    }
  });

  it('visits the samples that it gives one by one', async () => {
    const result = await fitDesign(buildDesign('~ x + arm + third + (1 | g)', table, { weights: named }), data, {
      threads: 1,
    });
    const visited: number[] = [];
    result.eachSample((model, sample) => {
      visited.push(model);
      expect(result.smallSample(model)).toEqual(sample);
    });
    expect(visited).toEqual([...visited.keys()]);
    expect(visited).toHaveLength(result.table.models);
  });
});

/** Relative rounding of a Wald statistic of well conditioned rows. */
const ROUNDING = 1e-13;

describe('a joint test', () => {
  // (X'X)^-1 of three rows that are all but dependent, on either side of what is certain to be independent.
  const sample = (method: SmallSample['method']): SmallSample => {
    const model = Float64Array.of(1, 0.2, 0.1, 0.2, 1.5, 0.3, 0.1, 0.3, 0.8);
    const changes = Float64Array.of(0.5, 0.1, 0, 0.1, 0.4, 0.1, 0, 0.1, 0.2);
    return {
      method,
      names: ['a', 'b', 'c'],
      r: Float64Array.of(2, 0.5, 0.1, 0, 1, 0.2, 0, 0, 3),
      coordinates: Float64Array.of(1, -2, 0.5),
      sigma: 1.3,
      d: 30,
      variance: {
        model,
        adjusted: model.map((value) => 1.1 * value),
        elements: 1,
        changes,
        shift: Float64Array.of(0.2),
        weights: Float64Array.of(0.3),
      },
    };
  };

  it.each(['satterthwaite', 'kenward-roger', 'asymptotic'] as const)(
    '%s: depends on what its rows span, not on how nearly they are dependent',
    (method) => {
      const own = sample(method);
      const plain = testJointly(own, Float64Array.of(1, 0, 0, 0, 1, 0));
      for (const near of [0.5, 1e-2, 1e-3, 1e-4]) {
        const leaning = testJointly(own, Float64Array.of(1, 0, 0, 1, near, 0));
        expect(leaning.numeratorDf).toBe(2);
        // The condition of the rows, squared, times rounding.
        expect(relative(leaning.statistic, plain.statistic)).toBeLessThan(ROUNDING / near ** 2);
        if (method === 'kenward-roger') {
          expect(relative(leaning.denominatorDf, plain.denominatorDf)).toBeLessThan(ROUNDING / near ** 2);
        }
      }
    },
  );

  it('leaves out a row without variance and one that others imply', () => {
    const own = sample('satterthwaite');
    const both = testJointly(own, Float64Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 1, 1, 0));
    const plain = testJointly(own, Float64Array.of(1, 0, 0, 0, 1, 0));
    expect(both.numeratorDf).toBe(2);
    expect(relative(both.statistic, plain.statistic)).toBeLessThan(TOLERANCE.objectives);
    expect(testJointly(own, new Float64Array(3)).numeratorDf).toBe(0);
    expect(orthonormalRows(own, Float64Array.of(2, 0.5, 0.1))).toEqual(Float64Array.of(1, 0, 0));
  });
});
