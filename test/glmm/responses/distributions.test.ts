import { describe, expect, it } from 'vitest';
import { openResponse } from '../../../src/glmm/responses/open-response.ts';
import type { ResponseDistribution } from '../../../src/glmm/responses/response-distribution.ts';
import { CounterNormals } from '../../../src/numeric/counter-normals.ts';
import { logFactorial } from '../../../src/numeric/log-factorial.ts';
import type { FamilyName, LinkName } from '../../../src/types/family.ts';
import { TOLERANCE } from '../../tolerance.ts';

/** log Gamma as the tests need it. */
const logGamma = (x: number): number => logFactorial(x) - Math.log(x);

interface Case {
  readonly name: string;
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly extras: readonly number[];
  readonly etas: readonly number[];
  readonly trials: number;
  /** log density of y at a mean, from the definition. */
  logDensity(y: number, mu: number): number;
}

const negativeBinomial = (y: number, mu: number, size: number): number =>
  logGamma(y + size) -
  logGamma(size) -
  logFactorial(y) +
  size * Math.log(size / (size + mu)) +
  y * Math.log(mu / (size + mu));

const binomial = (trials: number) => (y: number, mu: number) =>
  logFactorial(trials) -
  logFactorial(y) -
  logFactorial(trials - y) +
  (y === 0 ? 0 : y * Math.log(mu)) +
  (y === trials ? 0 : (trials - y) * Math.log1p(-mu));

const poisson = (y: number, mu: number): number => y * Math.log(mu) - mu - logFactorial(y);

const COUNT_ETAS = [-3, -0.5, 0.7, 2.2, 4.1];
const SHARE_ETAS = [-2.5, -0.4, 0.3, 1.2];
const DISCRETE: Case[] = [
  ...(['logit', 'probit', 'cloglog'] as const).flatMap((link) =>
    [1, 7, 60].map((trials): Case => {
      const logDensity = binomial(trials);
      return {
        name: `binomial ${link} of ${trials}`,
        family: 'binomial',
        link,
        extras: [],
        etas: SHARE_ETAS,
        trials,
        logDensity,
      };
    }),
  ),
  { name: 'poisson', family: 'poisson', link: 'log', extras: [], etas: COUNT_ETAS, trials: 1, logDensity: poisson },
  ...[0.4, 3, 200].map((size): Case => {
    const logDensity = (y: number, mu: number) => negativeBinomial(y, mu, size);
    return {
      name: `nbinom2 ${size}`,
      family: 'nbinom2',
      link: 'log',
      extras: [size],
      etas: COUNT_ETAS,
      trials: 1,
      logDensity,
    };
  }),
  ...[0.05, 1.5, 8].map((phi): Case => {
    const logDensity = (y: number, mu: number) => negativeBinomial(y, mu, mu / phi);
    return {
      name: `nbinom1 ${phi}`,
      family: 'nbinom1',
      link: 'log',
      extras: [phi],
      etas: COUNT_ETAS,
      trials: 1,
      logDensity,
    };
  }),
  {
    name: 'nbinom2 without a size',
    family: 'nbinom2',
    link: 'log',
    extras: [Infinity],
    etas: COUNT_ETAS,
    trials: 1,
    logDensity: poisson,
  },
  {
    name: 'nbinom1 at its limit',
    family: 'nbinom1',
    link: 'log',
    extras: [0],
    etas: COUNT_ETAS,
    trials: 1,
    logDensity: poisson,
  },
];

const open = ({ family, link, extras }: Case): ResponseDistribution =>
  openResponse({ family, link }, Float64Array.from(extras));

const near = (got: number, wanted: number, bound: number): void => {
  expect(Math.abs(got - wanted)).toBeLessThanOrEqual(bound * (1 + Math.abs(wanted)));
};

/** The largest log density of y over the mean, by golden sections in the logarithm (logit) of the mean. */
function highest({ family, trials, logDensity }: Case, y: number): number {
  const share = family === 'binomial';
  const value = (t: number) => logDensity(y, share ? 1 / (1 + Math.exp(-t)) : Math.exp(t));
  if (share && (y === 0 || y === trials)) return 0;
  let [low, high] = [-30, 12];
  const ratio = (Math.sqrt(5) - 1) / 2;
  for (let k = 0; k < 120; k++) {
    const [a, b] = [high - ratio * (high - low), low + ratio * (high - low)];
    if (value(a) > value(b)) high = b;
    else low = a;
  }
  return value((low + high) / 2);
}

describe('distributions of whole numbers', () => {
  it.each(DISCRETE)('$name: tails, means and variances are sums', (tested) => {
    const distribution = open(tested);
    const { trials, logDensity } = tested;
    const most = tested.family === 'binomial' ? trials : 9000;
    for (const eta of tested.etas) {
      const mu = distribution.mean(eta);
      let [sum, mean, square] = [0, 0, 0];
      for (let y = 0; y <= most; y++) {
        const density = Math.exp(logDensity(y, mu));
        sum += density;
        mean += (y * density) / trials;
        square += y * y * density;
        if (y > 40 && y % 50 !== 0) continue;
        const { lower, upper } = distribution.upTo(y, eta, trials);
        near(lower, sum, TOLERANCE.totalProbability);
        near(upper, 1 - sum, TOLERANCE.totalProbability);
        if (y > 0) near(distribution.upTo(y - 1, eta, trials).lower, sum - density, TOLERANCE.totalProbability);
      }
      near(mu, mean, TOLERANCE.totalProbability);
      near(trials * distribution.variance(eta), square - (trials * mean) ** 2, TOLERANCE.scalarHessian);
      const step = 1e-4;
      near(
        distribution.slope(eta),
        (distribution.mean(eta + step) - distribution.mean(eta - step)) / (2 * step),
        TOLERANCE.laplaceHessian,
      );
    }
  });

  it.each(DISCRETE)('$name: quantiles are the least whole numbers that reach a probability', (tested) => {
    const distribution = open(tested);
    for (const eta of tested.etas) {
      for (const probability of [1e-9, 0.01, 0.3, 0.5, 0.9, 0.999, 1 - 1e-9]) {
        const y = distribution.quantile(probability, eta, tested.trials);
        expect(Number.isInteger(y) && y >= 0).toBe(true);
        expect(distribution.upTo(y, eta, tested.trials).upper).toBeLessThanOrEqual(1 - probability);
        expect(distribution.upTo(y - 1, eta, tested.trials).lower).toBeLessThan(probability);
      }
    }
  });

  it.each(DISCRETE)('$name: deviances are twice what log likelihoods lack', (tested) => {
    const distribution = open(tested);
    const { trials, logDensity } = tested;
    for (const eta of tested.etas) {
      const mu = distribution.mean(eta);
      for (const y of [0, 1, 2, 5, 30].filter((value) => tested.family !== 'binomial' || value <= trials)) {
        // Without any count the likelihood is greatest where the mean vanishes.
        const top = y === 0 && tested.family !== 'binomial' ? 0 : highest(tested, y);
        const deviance = distribution.deviance(y, eta, trials);
        expect(deviance).toBeGreaterThanOrEqual(0);
        near(deviance, 2 * (top - logDensity(y, mu)), TOLERANCE.totalProbability);
      }
    }
  });
});

const CONTINUOUS = [
  {
    name: 'Gamma',
    family: 'Gamma',
    link: 'log',
    shape: 2.5,
    etas: [-2, 0.3, 3],
    density: (y: number, mu: number, s: number) =>
      s * Math.log((s * y) / mu) - (s * y) / mu - logGamma(s) - Math.log(y),
    at: (t: number) => Math.exp(t),
  },
  {
    name: 'beta',
    family: 'beta',
    link: 'logit',
    shape: 6,
    etas: [-1.5, 0.2, 1.1],
    density: (y: number, mu: number, s: number) =>
      logGamma(s) -
      logGamma(s * mu) -
      logGamma(s * (1 - mu)) +
      (s * mu - 1) * Math.log(y) +
      (s * (1 - mu) - 1) * Math.log1p(-y),
    at: (t: number) => 1 / (1 + Math.exp(-t)),
  },
] as const;

describe('distributions of real numbers', () => {
  it.each(CONTINUOUS)('$name: tails, mean and variance are integrals', ({ family, link, shape, etas, density, at }) => {
    const distribution = openResponse({ family, link }, Float64Array.of(shape));
    for (const eta of etas) {
      const mu = distribution.mean(eta);
      // The trapezoidal rule in t, y = exp(t) or 1 / (1 + exp(-t)): exact to rounding for such densities.
      const step = 0.01;
      let [sum, mean, square] = [0, 0, 0];
      for (let k = -6000; k <= 6000; k++) {
        const t = eta + k * step;
        const y = at(t);
        const share = Math.exp(density(y, mu, shape)) * (family === 'beta' ? y * (1 - y) : y) * step;
        if (!(share > 0)) continue;
        sum += share;
        mean += y * share;
        square += y * y * share;
      }
      near(sum, 1, TOLERANCE.totalProbability);
      near(mu, mean, TOLERANCE.totalProbability);
      near(distribution.variance(eta), square - mean * mean, TOLERANCE.totalProbability);
      for (const probability of [1e-6, 0.05, 0.5, 0.95, 1 - 1e-6]) {
        const y = distribution.quantile(probability, eta);
        near(distribution.upTo(y, eta).lower, probability, TOLERANCE.totalProbability);
        // The slope of the distribution function is the density.
        const h = 1e-4 * Math.min(y, 1 - (family === 'beta' ? y : 0));
        const slope = (distribution.upTo(y + h, eta).lower - distribution.upTo(y - h, eta).lower) / (2 * h);
        near(Math.log(slope), density(y, mu, shape), TOLERANCE.poissonLimit);
      }
    }
  });

  it('have deviances of R for Gamma, of the likelihood for beta', () => {
    // R 4.2: Gamma()$dev.resids(2, 0.7, 1)
    near(
      openResponse({ family: 'Gamma', link: 'log' }, Float64Array.of(4)).deviance(2, Math.log(0.7)),
      1.61464146528836,
      TOLERANCE.familyRounding,
    );
    const { density } = CONTINUOUS[1];
    const beta = openResponse({ family: 'beta', link: 'logit' }, Float64Array.of(6));
    for (const y of [0.01, 0.3, 0.95]) {
      let top = -Infinity;
      for (let t = -12; t < 12; t += 1e-4) top = Math.max(top, density(y, 1 / (1 + Math.exp(-t)), 6));
      near(beta.deviance(y, 0.4), 2 * (top - density(y, beta.mean(0.4), 6)), TOLERANCE.laplaceHessian);
    }
  });
});

describe('distributions of categories', () => {
  it.each(['logit', 'probit', 'cloglog'] as const)('%s: probabilities add up, and follow the mean', (link) => {
    const distribution = openResponse({ family: 'cumulative', link }, Float64Array.of(-1, 0.2, 1.7));
    for (const eta of [-2, -1, 0, 0.5, 4]) {
      const probabilities = distribution.probabilities?.(eta) ?? new Float64Array(0);
      expect(probabilities).toHaveLength(4);
      near(
        probabilities.reduce((sum, p) => sum + p, 0),
        1,
        TOLERANCE.familyRounding,
      );
      near(
        distribution.mean(eta),
        probabilities.reduce((sum, p, c) => sum + p * (c + 1), 0),
        TOLERANCE.familyRounding,
      );
      const step = 1e-4;
      near(
        distribution.slope(eta),
        (distribution.mean(eta + step) - distribution.mean(eta - step)) / (2 * step),
        TOLERANCE.laplaceHessian,
      );
      probabilities.forEach((p, c) => {
        near(distribution.deviance(c + 1, eta), -2 * Math.log(p), TOLERANCE.familyRounding);
      });
    }
  });
});

describe('draws', () => {
  it('have the mean and variance of the distribution', () => {
    const draws = 4000;
    for (const [family, extras] of [
      ['binomial', []],
      ['poisson', []],
      ['nbinom2', [1.4]],
      ['nbinom1', [2]],
      ['Gamma', [3]],
      ['beta', [5]],
      ['cumulative', [-0.5, 1]],
    ] as const) {
      const link = family === 'binomial' || family === 'beta' || family === 'cumulative' ? 'logit' : 'log';
      const distribution = openResponse({ family, link }, Float64Array.from(extras));
      const trials = family === 'binomial' ? 12 : 1;
      const numbers = new CounterNormals(3);
      numbers.begin(1, 0, 0);
      let [sum, square] = [0, 0];
      for (let k = 0; k < draws; k++) {
        const y = distribution.quantile(numbers.nextUniform(), 0.6, trials);
        sum += y;
        square += y * y;
      }
      const mean = sum / draws;
      const variance = trials * distribution.variance(0.6);
      expect(Math.abs(mean - trials * distribution.mean(0.6)) / Math.sqrt(variance / draws)).toBeLessThan(
        TOLERANCE.nullRate,
      );
      expect(Math.abs((square / draws - mean * mean) / variance - 1)).toBeLessThan(0.15);
    }
  });
});
