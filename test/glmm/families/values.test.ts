import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { binet } from '../../../src/numeric/distributions/binet.ts';
import type { FamilyName, LinkName } from '../../../src/types/family.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { FAMILY_LINKS, kernelOn, logLikelihood, randomCase, remainderAt, rowsAt } from './pseudo-rows.ts';

interface Reference {
  readonly at: readonly number[];
  readonly value: readonly number[];
}

/** Written by reference-values.py. */
const REFERENCE = JSON.parse(readFileSync(new URL('./reference-values.json', import.meta.url), 'utf8')) as Record<
  string,
  readonly Reference[]
>; // our own file

/** Stirling's series, as sums of a million logarithms keep too few digits. */
function logFactorial(y: number): number {
  return y === 0 ? 0 : (y + 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + binet(y);
}

/** What a Poisson pseudo-row's constant has beside that of its counts: its log likelihood is that beyond exp(eta) = S. */
function saturated(S: number): number {
  return S > 0 ? S * Math.log(S) - S : 0;
}

/** Log density of one row at y, constants included. */
function logDensity(
  family: FamilyName,
  link: LinkName,
  y: number,
  eta: number,
  extras: readonly number[],
  m = 1,
): number {
  const log = Math.log(y);
  const [numbers, counts]: [number[], number[]] = {
    binomial: () => [[y, logFactorial(m) - logFactorial(y) - logFactorial(m - y)], []],
    poisson: () => [[y, saturated(y) - logFactorial(y)], []],
    nbinom1: () => [[y, -logFactorial(y)], []],
    nbinom2: () => [[y, 0, 1], [y]],
    Gamma: () => [[y, 0, log, log], []],
    beta: () => [[log, Math.log1p(-y), 0], []],
    cumulative: () => [[...Array.from({ length: m }, (_, c) => (c === y ? 1 : 0)), 0], []],
  }[family]() as [number[], number[]];
  const mass = [family === 'binomial' ? m : 1];
  const kernel = kernelOn(family, link, { mass, counts, categories: m }, numbers);
  return logLikelihood(kernel, Float64Array.of(eta), Float64Array.from(extras));
}

function expectClose(found: number, expected: number, relative: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(relative * (1 + Math.abs(expected)));
}

describe('densities', () => {
  const counts: readonly (readonly [FamilyName, LinkName, number, readonly number[], number])[] = [
    ['poisson', 'log', 1.2, [], 1],
    ['nbinom2', 'log', 1.2, [0.7], 1],
    ['nbinom2', 'log', -1, [0], 1],
    ['nbinom1', 'log', 1.2, [1.5], 1],
    ['nbinom1', 'log', -3, [0.4], 1],
    ...(['logit', 'probit', 'cloglog'] as const).flatMap((link) => [
      ['binomial', link, 0.4, [], 12] as const,
      ['cumulative', link, 0.4, [-1.3, 0.2, -6, 1.1], 5] as const,
    ]),
  ];
  it.each(counts)('of %s with %s link at %d and extras %j are 1 together', (family, link, eta, extras, m) => {
    let total = 0;
    let mean = 0;
    const last = family === 'binomial' ? m : family === 'cumulative' ? m - 1 : 150;
    for (let y = 0; y <= last; y++) {
      const p = Math.exp(logDensity(family, link, y, eta, extras, m));
      total += p;
      mean += y * p;
    }
    expectClose(total, 1, TOLERANCE.totalProbability);
    const kernel = kernelOn(
      family,
      link,
      { mass: [1], categories: m },
      new Array(family === 'cumulative' ? m + 1 : 2).fill(1),
    );
    const means = kernel.means(Float64Array.of(eta), Float64Array.from(extras));
    if (family === 'cumulative') {
      means.forEach((p, y) => {
        expectClose(p, Math.exp(logDensity(family, link, y, eta, extras, m)), TOLERANCE.familyRounding);
      });
    } else expectClose(means[0] * m, mean, TOLERANCE.totalProbability);
  });

  it.each([
    ['Gamma', 'log', 0.5, [0.8], (v: number) => v],
    ['beta', 'logit', 0.5, [1.7], (v: number) => 1 / (1 + Math.exp(-v))],
  ] as const)('of %s integrate to 1', (family, link, eta, extras, mean) => {
    // Over the logarithm or the logit of y the density's tails fall exponentially: the trapezoidal rule is exact.
    const of = family === 'Gamma' ? Math.exp : mean;
    const step = 0.02;
    let total = 0;
    let first = 0;
    for (let v = -30; v <= 30; v += step) {
      const y = of(v);
      const slope = family === 'Gamma' ? y : y * (1 - y);
      const share = step * slope * Math.exp(logDensity(family, link, y, eta, extras));
      total += share;
      first += share * y;
    }
    expectClose(total, 1, TOLERANCE.totalProbability);
    const kernel = kernelOn(family, link, { mass: [1] }, family === 'Gamma' ? [1, 0, 0, 0] : [-1, -1, 0]);
    expectClose(first, kernel.means(Float64Array.of(eta), Float64Array.from(extras))[0], TOLERANCE.totalProbability);
  });

  it.each(['nbinom2', 'nbinom1', 'Gamma', 'beta'] as const)('of %s are those of high precision', (family) => {
    for (const { at, value } of REFERENCE[family]) {
      const [y, dispersion, eta] = at;
      const extra = family === 'nbinom2' ? 1 / dispersion : family === 'nbinom1' ? dispersion : Math.log(dispersion);
      const link = family === 'beta' ? 'logit' : 'log';
      const found = logDensity(family, link, y, eta, [extra]);
      // Rows hold terms as large as y eta, or the precision.
      const size = family === 'beta' || family === 'Gamma' ? dispersion : logFactorial(y);
      const bound = TOLERANCE.familyRounding * (1 + Math.abs(value[0])) + 4 * Number.EPSILON * size;
      expect(Math.abs(found - value[0])).toBeLessThanOrEqual(bound);
    }
  });

  it('of narrow and far ordinal categories are those of high precision, with derivatives', () => {
    for (const { at, value } of REFERENCE['ordinalProbit']) {
      const [lower, width] = at;
      const kernel = kernelOn('cumulative', 'probit', { mass: [1], categories: 3 }, [0, 1, 0, 0]);
      const { l, r, w, w1 } = rowsAt(kernel, Float64Array.of(0), Float64Array.of(lower, Math.log(width)), 2);
      // Thresholds are sums of the extras, so that a narrow width far out is rounded as its end is.
      [l[0], r[0], -w[0], -w1[0]].forEach((found, k) => {
        expectClose(found, value[k], TOLERANCE.familyRounding);
      });
    }
  });
});

describe('pseudo-rows', () => {
  it.each(FAMILY_LINKS)('of %s with %s link are the sums of their rows', (family, link) => {
    if (family === 'nbinom1') {
      // Two equal rows are one of twice the weight.
      const one = kernelOn(family, link, { mass: [1.25, 0.75] }, [3, 3, 0]);
      const both = kernelOn(family, link, { mass: [2] }, [3, 0]);
      const sum = logLikelihood(one, Float64Array.of(0.3, 0.3), Float64Array.of(0.4));
      expectClose(logLikelihood(both, Float64Array.of(0.3), Float64Array.of(0.4)), sum, TOLERANCE.familyRounding);
      return;
    }
    const { kernel, extras, shape, numbers } = randomCase(family, link, 5);
    const rows = shape.mass.length;
    const statistics = family === 'cumulative' ? (shape.categories ?? 0) : family === 'beta' ? 2 : 1;
    const summed = Array.from({ length: statistics }, (_, k) =>
      numbers.slice(k * rows, (k + 1) * rows).reduce((sum, y) => sum + y, 0),
    );
    const mass = [shape.mass.reduce((sum, m) => sum + m, 0)];
    const rest = numbers.slice(statistics * rows);
    if (family === 'poisson') {
      rest[0] += saturated(summed[0]) - numbers.slice(0, rows).reduce((sum, S) => sum + saturated(S), 0);
    }
    const one = kernelOn(family, link, { ...shape, mass }, [...summed, ...rest]);
    const eta = 0.3;
    const separate = rowsAt(kernel, new Float64Array(rows).fill(eta), extras);
    const together = rowsAt(one, Float64Array.of(eta), extras);
    // Gamma keeps what its rows differ in beside the pseudo-rows.
    const whole = logLikelihood(kernel, new Float64Array(rows).fill(eta), extras);
    expectClose(logLikelihood(one, Float64Array.of(eta), extras), whole, TOLERANCE.familyRounding);
    const names =
      kernel.extras === 1 ? (['r', 'w', 'w1', 'rE', 'wE', 'rEE', 'wEE', 'w1E'] as const) : (['r', 'w', 'w1'] as const);
    for (const name of names) {
      if (!kernel.hasSecond && (name === 'rEE' || name === 'wEE' || name === 'w1E')) continue;
      const sum = separate[name].subarray(0, rows).reduce((total, value) => total + value, 0);
      expectClose(together[name][0], sum, TOLERANCE.familyRounding);
    }
    if (!kernel.hasSecond || kernel.extras === 0) return;
    const slope = (k: typeof kernel, at: Float64Array) =>
      rowsAt(k, at, extras).lE.reduce((total, value) => total + value, remainderAt(k, extras).first[0]);
    expectClose(
      slope(one, Float64Array.of(eta)),
      slope(kernel, new Float64Array(rows).fill(eta)),
      TOLERANCE.familyRounding,
    );
  });
});

describe('negative binomials at their Poisson limit', () => {
  const y = [0, 1, 7, 40];
  const eta = Float64Array.of(-0.5, 0.2, 1.5, 3.4);
  const mass = y.map(() => 1);
  const logFactorials = y.reduce((sum, count) => sum + logFactorial(count), 0);
  const constant = y.reduce((sum, count) => sum + saturated(count), -logFactorials);
  const poisson = kernelOn('poisson', 'log', { mass }, [...y, constant]);
  const kernels = {
    nbinom2: kernelOn('nbinom2', 'log', { mass, counts: [1, 7, 40] }, [...y, 0, 1, 1, 1]),
    nbinom1: kernelOn('nbinom1', 'log', { mass }, [...y, -logFactorials]),
  };
  it.each(['nbinom2', 'nbinom1'] as const)('%s is Poisson, with finite slopes', (name) => {
    const kernel = kernels[name];
    const zero = Float64Array.of(0);
    const limit = rowsAt(kernel, eta, zero);
    const near = rowsAt(kernel, eta, Float64Array.of(1e-9));
    const expected = rowsAt(poisson, eta, new Float64Array(0));
    for (const order of ['r', 'w', 'w1', 'w2'] as const) {
      limit[order].forEach((value, i) => {
        expectClose(value, expected[order][i], TOLERANCE.familyRounding);
      });
    }
    for (const array of Object.keys(limit) as (keyof typeof limit)[]) {
      limit[array].forEach((value, i) => {
        expectClose(near[array][i], value, TOLERANCE.poissonLimit);
      });
    }
    const slope = limit.lE.reduce((sum, value) => sum + value, remainderAt(kernel, zero).first[0]);
    // d log density / d(excess variance) = ((y - mu)^2 - y) / 2, per mu^2 or per mu.
    const slopes = y.map((count, i) => {
      const mu = Math.exp(eta[i]);
      return (0.5 * ((count - mu) * (count - mu) - count)) / (name === 'nbinom1' ? mu : 1);
    });
    expectClose(
      slope,
      slopes.reduce((sum, value) => sum + value, 0),
      TOLERANCE.familyRounding,
    );
    const whole = logLikelihood(poisson, eta, new Float64Array(0));
    expectClose(logLikelihood(kernel, eta, zero), whole, TOLERANCE.familyRounding);
  });
});

describe('extreme predictors', () => {
  it.each(FAMILY_LINKS)('leave %s with %s link finite', (family, link) => {
    for (const seed of [1, 2, 3]) {
      const { kernel, eta, extras } = randomCase(family, link, seed);
      for (const far of [-40, -12, 12, 40]) {
        const rows = rowsAt(kernel, eta.fill(far), extras);
        for (const [name, values] of Object.entries(rows)) {
          expect({ name, finite: values.every(Number.isFinite) }).toEqual({ name, finite: true });
        }
      }
    }
  });
});
