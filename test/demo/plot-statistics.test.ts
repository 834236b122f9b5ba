import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatest } from '../../demo/src/plots/gather.ts';
import { prepareGene } from '../../demo/src/plots/gene-layout.ts';
import { histogramOfP } from '../../demo/src/plots/histogram.ts';
import { bandwidthOf, kernelDensity } from '../../demo/src/plots/kernel-density.ts';
import { boxOf, quantileOf, quantileSorted, sortedValues } from '../../demo/src/plots/quantiles.ts';
import { medianTrend } from '../../demo/src/plots/trend.ts';
import { chiSquareOfP, uniformBand, uniformQuantiles } from '../../demo/src/plots/uniform-quantiles.ts';
import { prepareVolcano } from '../../demo/src/plots/volcano.ts';
import { betaProbability, betaQuantile } from '../../src/numeric/distributions/incomplete-beta.ts';
import { TOLERANCE } from '../tolerance.ts';

const { statistic, density: densityTolerance } = TOLERANCE.plots;

/** Written by plot-statistics.R. */
const R = JSON.parse(readFileSync(new URL('plot-statistics.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, readonly number[]>
>;
const from = (name: string): readonly number[] => R[name] ?? [];
const sample = sortedValues(Float64Array.from(from('sample')));

function expectNear(got: ArrayLike<number>, reference: readonly number[]): void {
  expect(reference.length).toBeGreaterThan(0);
  expect(got.length).toBe(reference.length);
  reference.forEach((value, i) => {
    expect(Math.abs(got[i] - value), `${got[i]} for ${value}`).toBeLessThanOrEqual(statistic * Math.abs(value));
  });
}

describe('quantiles and boxes', () => {
  it("are R's of type 7", () => {
    const got = [0.05, 0.25, 0.5, 0.75, 0.975].map((probability) => quantileSorted(sample, probability));
    expectNear(got, from('quantiles'));
    const box = boxOf(sample);
    expectNear([box.lower, box.median, box.upper], from('quantiles').slice(1, 4));
    expectNear([box.whiskerLow, box.whiskerHigh], from('whiskers'));
  });

  it('are the same without sorting', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, probability) => {
          const values = Float64Array.from(list);
          expect(quantileOf(values, probability)).toBeCloseTo(quantileSorted(sortedValues(values), probability), 9);
          const order = [...values.keys()].sort((a, b) => values[b] - values[a] || a - b);
          expect([...greatest(values, 7)]).toEqual(order.slice(0, 7));
        },
      ),
    );
    expect(quantileOf(new Float64Array(), 0.5)).toBeNaN();
    expect([...greatest(Float64Array.of(NaN, 1, Infinity, NaN), 5)]).toEqual([2, 1]);
  });

  it('pass over NaN and know the empty and the single', () => {
    expect([...sortedValues(Float64Array.of(3, NaN, -1, Infinity))]).toEqual([-1, 3, Infinity]);
    expect(quantileSorted([], 0.5)).toBeNaN();
    expect(boxOf(Float64Array.of(4))).toEqual({
      count: 1,
      lower: 4,
      median: 4,
      upper: 4,
      whiskerLow: 4,
      whiskerHigh: 4,
    });
  });
});

describe('kernelDensity', () => {
  it("has R's bandwidth and density", () => {
    expectNear([bandwidthOf(sample, 1)], from('bandwidth'));
    const grid = from('densityAt');
    const points = 26 * 16 + 1; // the grid of R's values and 15 points between neighbours
    const { density } = kernelDensity(sample, { low: grid[0], high: grid[grid.length - 1], points });
    const highest = Math.max(...from('density'));
    from('density').forEach((value, i) => {
      expect(Math.abs(density[16 * i] - value)).toBeLessThan(densityTolerance * highest);
    });
  });

  it('keeps its mass within bounds, next to them too', () => {
    const shares = Float64Array.from({ length: 400 }, (_, i) => (i / 399) ** 3);
    const { x, density } = kernelDensity(shares, { low: 0, high: 1, points: 401, bounded: true });
    const step = x[1] - x[0];
    // The trapezoidal rule; a mirrored density has slope zero at its ends.
    const mass = density.reduce((sum, value) => sum + value, 0) * step - (step * (density[0] + density[400])) / 2;
    expect(mass).toBeCloseTo(1, 5); // the kernel ends at five bandwidths
    expect(density[0]).toBeGreaterThan(density[200]);
  });

  it('is finite for values that are all alike', () => {
    const { density, x } = kernelDensity(new Float64Array(30).fill(2), { low: 1, high: 3 });
    expect(density.every(Number.isFinite)).toBe(true);
    expect(Math.abs(x[density.indexOf(Math.max(...density))] - 2)).toBeLessThan(0.05);
    expect(bandwidthOf(new Float64Array(), 0.3)).toBe(0.3);
  });
});

describe('p-values', () => {
  it('fall into bins, 1 into the last, NaN into none', () => {
    const { counts, total, nullShare } = histogramOfP(Float64Array.of(0, 0.09, 0.1, 0.55, 1, NaN, 0.5), 10);
    expect([...counts]).toEqual([2, 1, 0, 0, 0, 2, 0, 0, 0, 1]);
    expect(total).toBe(6);
    expect(nullShare).toBeCloseTo((2 * 2) / 6, 12);
    expect(histogramOfP(new Float64Array(), 10).nullShare).toBeNaN();
  });

  it("have R's chi-square", () => {
    expectNear(from('log10P').map(chiSquareOfP), from('chiSquare'));
    expect(chiSquareOfP(0)).toBeCloseTo(0, 12);
    expect(chiSquareOfP(-Infinity)).toBe(Infinity);
  });

  it("have R's quantiles of beta", () => {
    const [p, a, b] = [from('betaP'), from('betaA'), from('betaB')];
    expectNear(
      p.map((probability, i) => betaQuantile(probability, a[i], b[i])),
      from('betaQuantile'),
    );
    from('betaQuantile').forEach((x, i) => {
      expect(betaProbability(x, a[i], b[i]) / p[i]).toBeCloseTo(1, 6);
    });
  });

  it('are ranked against uniform ones', () => {
    const log10P = Float64Array.of(NaN, -0.2, -400, -0.2, -Infinity, 0);
    const { order, expected, observed, inflation } = uniformQuantiles(log10P);
    expect([...order]).toEqual([4, 2, 1, 3, 5]);
    expect([...observed]).toEqual([Infinity, 400, 0.2, 0.2, 0]);
    expect(expected[0]).toBeCloseTo(Math.log10(6), 12);
    expect(inflation).toBeCloseTo(chiSquareOfP(-0.2) / 0.454936423119572, 10);
    expect(uniformQuantiles(new Float64Array()).inflation).toBeNaN();
  });

  it('are not inflated when uniform, and lie in their band', () => {
    const n = 2000;
    const { inflation, expected, observed } = uniformQuantiles(
      Float64Array.from({ length: n }, (_, i) => Math.log10((i + 1) / (n + 1))),
    );
    expect(inflation).toBeCloseTo(1, 3);
    expect([...expected]).toEqual([...observed]);
    const band = uniformBand(n, 40);
    expect(band.expected.length).toBeGreaterThan(30);
    band.expected.forEach((value, i) => {
      expect(band.low[i]).toBeLessThan(value);
      expect(band.high[i]).toBeGreaterThan(value);
    });
    expect(uniformBand(0, 40).expected).toHaveLength(0);
    expect(uniformBand(1, 40).expected).toHaveLength(1);
  });
});

describe('the volcano', () => {
  const data = {
    names: ['a', 'b', 'c', 'd', 'e', 'f'],
    effect: Float64Array.of(1, -2, 0.5, NaN, 0.1, 3),
    log10P: Float64Array.of(-10, -5, -2, -9, NaN, -Infinity),
    adjusted: Float64Array.of(1e-9, 1e-4, 0.2, 1e-8, NaN, 0),
    mean: new Float64Array(6),
    sigma: new Float64Array(6),
    threshold: 0.05,
    labels: 3,
  };

  it('counts and ranks the genes that have numbers', () => {
    const { index, counts, ranking, cut } = prepareVolcano(data);
    expect([...index]).toEqual([0, 1, 2, 5]);
    expect(counts).toEqual({ up: 2, down: 1 });
    expect(Array.from(ranking, (k) => data.names[index[k]])).toEqual(['f', 'a', 'b', 'c']);
    expect(cut).toBe(3.5); // between 2 and 5
  });

  it('has no line where no gene passes', () => {
    expect(prepareVolcano({ ...data, threshold: -1 }).cut).toBeNull();
    expect(prepareVolcano({ ...data, effect: new Float64Array(6).fill(NaN) }).index).toHaveLength(0);
  });
});

describe('medianTrend', () => {
  it('follows a straight line, whatever the outliers', () => {
    const x = Float64Array.from({ length: 500 }, (_, i) => i);
    const y = x.map((value, i) => (i % 10 === 0 ? 1e6 : 2 * value));
    const trend = medianTrend(x, y, 10);
    expect(trend).not.toBeNull();
    trend?.x.forEach((value, i) => {
      expect(Math.abs((trend?.y[i] ?? NaN) - 2 * value)).toBeLessThan(12); // a tenth of a bin: outliers shift the median
    });
    expect(medianTrend(x.subarray(0, 20), y.subarray(0, 20), 10)).toBeNull();
    expect(
      medianTrend(
        x.map(() => NaN),
        y,
        10,
      ),
    ).toBeNull();
  });
});

describe('a gene', () => {
  it('is sorted into conditions, empty groups left out, the fitted mean beside its values', () => {
    const group = (condition: string, donor: string, ...values: number[]) => ({
      label: donor,
      condition,
      donor,
      values: Float64Array.from(values),
    });
    const { conditions, extent } = prepareGene({
      groups: [group('b', '1', 3, NaN, 1), group('a', '1'), group('b', '2', 5), group('c', '1', 2, 2)],
      fitted: [{ condition: 'b', mean: 2, low: -1, high: 3 }],
      yLabel: 'y',
    });
    expect(conditions.map(({ name, groups, pooled }) => [name, groups.length, [...pooled.sorted]])).toEqual([
      ['b', 2, [1, 3, 5]],
      ['c', 1, [2, 2]],
    ]);
    expect(conditions[0].groups[0].mean).toBe(2);
    expect(conditions[0].fitted?.low).toBe(-1);
    expect(conditions[1].fitted).toBeNull();
    expect(conditions[1].groups[0].density.density.every(Number.isFinite)).toBe(true);
    expect(extent).toEqual([-1, 5]);
    expect(prepareGene({ groups: [], fitted: [], yLabel: '' }).extent).toBeNull();
  });
});
