import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { TOLERANCE } from '../tolerance.ts';
import { compareFits } from './comparison.ts';
import { evaluateDense } from './dense-model.ts';
import { fitWith, outcome } from './engines.ts';
import { dense, frame, label, responseOver, unbalancedLayout } from './frames.ts';
import { TestRandom } from './random.ts';

const BOTH = ['spectral', 'covariance'] as const;

describe('large means', () => {
  it.each([
    ['~ x + (1 | g)', 1e6],
    ['~ x + (x | g)', 1e6],
    ['~ x + (1 | g) + (1 | arm)', 1e6],
    ['~ x * arm + (1 | g)', 1e9],
  ] as const)('of the response cost no digits: %s, mean %d', (formula, mean) => {
    const { random, g, x, arm } = unbalancedLayout(1, 25, 6);
    const design = buildDesign(formula, frame({ g, x, arm }));
    // A grid of eighths: adding the mean rounds nothing, so that the two responses differ by exactly the mean.
    const y = responseOver(random, g, x, 1, 0.5).map((v) => Math.round(v * 256) / 256);
    const small = fitWith('covariance', design, dense({ y }));
    const large = fitWith('covariance', design, dense({ y: y.map((v) => v + mean) }));
    large.estimate[0] -= mean;
    const difference = compareFits(small, 0, large, 0);
    const lost = (mean / 1e6) * 1e-8; // the rounding of projections of numbers of that size
    expect(difference.criterion).toBeLessThan(lost);
    expect(difference.estimate).toBeLessThan(lost);
    expect(difference.standardError).toBeLessThan(lost);
    expect(difference.df).toBeLessThan(10 * lost);
  });

  it.each([1e3, 1e6])('of a covariate, %d, cost no digits of the fit', (mean) => {
    const { random, g, x, arm } = unbalancedLayout(2, 25, 6);
    const y = responseOver(random, g, x, 1, 0.5);
    const grid = x.map((v) => Math.round(v * 256) / 256);
    for (const formula of ['~ x + (1 | g)', '~ x + (x | g)', '~ x * arm + (1 | g)']) {
      const near = fitWith('covariance', buildDesign(formula, frame({ g, x: grid, arm })), dense({ y }));
      const far = fitWith(
        'covariance',
        buildDesign(formula, frame({ g, x: grid.map((v) => v + mean), arm })),
        dense({ y }),
      );
      expect(outcome(far)).toBe('ok');
      expect(Math.abs(far.criterion[0] - near.criterion[0])).toBeLessThan(TOLERANCE.criterion.absolute);
      expect(Math.abs(far.sigma[0] / near.sigma[0] - 1)).toBeLessThan(TOLERANCE.sigma / 100);
      // The slope does not move; the intercept is now that at the new zero.
      expect(Math.abs(far.estimate[1] - near.estimate[1]) / near.standardError[1]).toBeLessThan(
        TOLERANCE.coefficient / 10,
      );
      expect(Math.abs(far.standardError[1] / near.standardError[1] - 1)).toBeLessThan(TOLERANCE.standardError / 10);
      expect(Math.abs(far.df[1] / near.df[1] - 1)).toBeLessThan(TOLERANCE.df / 10);
    }
  });
});

describe('nearly collinear columns', () => {
  it.each([1e-3, 1e-5, 1e-6])('x and x + %d noise', (size) => {
    const { random, g, x } = unbalancedLayout(3, 20, 6);
    const noise = random.normals(x.length);
    const x2 = x.map((v, i) => v + size * noise[i]);
    const y = responseOver(random, g, x, 1, 0);
    const collinear = buildDesign('~ x + x2 + (1 | g)', frame({ g, x, x2 }));
    const plain = buildDesign('~ x + d + (1 | g)', frame({ g, x, d: x2.map((v, i) => (v - x[i]) / size) }));
    expect(collinear.fixed.names).toHaveLength(3);
    for (const engine of BOTH) {
      const a = fitWith(engine, collinear, dense({ y }));
      const b = fitWith(engine, plain, dense({ y }));
      expect(outcome(a)).toBe('ok');
      // x2 = x + size d: its coefficient is that of d over size. What x2 - x rounds off is 1e-16 / size of d.
      const rounding = 1e-13 / size;
      expect(Math.abs(a.criterion[0] - b.criterion[0] - 2 * Math.log(size))).toBeLessThan(1e-8 + 100 * rounding);
      expect(Math.abs(a.estimate[2] * size - b.estimate[2]) / b.standardError[2]).toBeLessThan(1e-7 + 10 * rounding);
      expect(Math.abs((a.standardError[2] * size) / b.standardError[2] - 1)).toBeLessThan(1e-7 + 10 * rounding);
      expect(Math.abs(a.df[2] / b.df[2] - 1)).toBeLessThan(1e-5 + 10 * rounding);
    }
  });
});

describe('large and small variance ratios', () => {
  function oneWay(theta: number, seed = 5) {
    const random = new TestRandom(seed);
    const g: string[] = [];
    const x: number[] = [];
    const arm: string[] = [];
    const y: number[] = [];
    for (let i = 0; i < 12; i++) {
      const u = theta * random.normal();
      const rows = 3 + random.integer(4);
      for (let k = 0; k < rows; k++) {
        g.push(label('g', i));
        arm.push(i % 2 ? 'a' : 'b');
        x.push(random.normal());
        y.push(u + 0.3 * x[x.length - 1] + random.normal());
      }
    }
    return { design: buildDesign('~ x + arm + (1 | g)', frame({ g, x, arm })), y };
  }

  it.each([1e-6, 1e-5, 1e-3, 1e-2, 1, 1e2, 1e3, 1e4])('theta near %d: the engines agree within the bounds', (theta) => {
    const { design, y } = oneWay(theta);
    const a = fitWith('spectral', design, dense({ y }));
    const b = fitWith('covariance', design, dense({ y }));
    expect([outcome(a), outcome(b)]).toEqual(['ok', 'ok']);
    const difference = compareFits(a, 0, b, 0);
    expect(Math.abs(a.criterion[0] - b.criterion[0])).toBeLessThan(TOLERANCE.criterion.absolute);
    expect(difference.sigma).toBeLessThan(TOLERANCE.sigma / 10);
    expect(difference.estimate).toBeLessThan(TOLERANCE.coefficient / 10);
    expect(difference.standardError).toBeLessThan(TOLERANCE.standardError / 10);
    expect(difference.df).toBeLessThan(TOLERANCE.df / 10);
    for (const fits of [a, b]) {
      const own = evaluateDense(design, y, fits.theta, 'REML').criterion;
      expect(Math.abs(own - fits.criterion[0])).toBeLessThan(TOLERANCE.criterion.absolute);
    }
  });

  it.each([
    [1e3, 1],
    [1e4, 1],
    [1e4, 0.03],
    [1e5, 1],
  ])('two terms, %d and %d: the smaller is not lost beside the larger', (large, small) => {
    const random = new TestRandom(8);
    const g: string[] = [];
    const h: string[] = [];
    const effects = Array.from({ length: 9 }, () => small * random.normal());
    const y: number[] = [];
    const x: number[] = [];
    for (let i = 0; i < 15; i++) {
      const u = large * random.normal();
      for (let k = 0; k < 6; k++) {
        const level = random.integer(9);
        g.push(label('g', i));
        h.push(label('h', level));
        x.push(random.normal());
        y.push(u + effects[level] + random.normal());
      }
    }
    const design = buildDesign('~ x + (1 | g) + (1 | h)', frame({ g, h, x }));
    const fits = fitWith('covariance', design, dense({ y }));
    expect(outcome(fits)).toBe('ok');
    // With the first theta held, the second must be at the minimum of its profile.
    let best = Number.POSITIVE_INFINITY;
    for (let t = 0; t < 3; t += 0.02)
      best = Math.min(best, evaluateDense(design, y, [fits.theta[0], t], 'REML').criterion);
    expect(fits.criterion[0]).toBeLessThan(best + TOLERANCE.criterion.absolute);
  });
});

describe('extreme units', () => {
  const { random, g, x, arm } = unbalancedLayout(9, 14, 6);
  const y = responseOver(random, g, x, 1, 0.7);
  const w = x.map((_, i) => 0.3 + (i % 5));

  it.each([1e-150, 1e150])('of the response, %d: squares are out of range, and the status says so', (scale) => {
    const design = buildDesign('~ x + (1 | g)', frame({ g, x, arm }));
    const fits = fitWith('covariance', design, dense({ y: y.map((v) => v * scale) }));
    expect(outcome(fits)).toMatch(/^failed: .*rescale it/);
  });

  it.each([1e-100, 1e-80, 1e80, 1e100])('of the response, %d: sigma scales, df stay', (scale) => {
    for (const formula of ['~ x + (1 | g)', '~ x + (x | g)', '~ x + (1 | g) + (1 | arm)']) {
      const design = buildDesign(formula, frame({ g, x, arm }));
      const a = fitWith('covariance', design, dense({ y }));
      const b = fitWith('covariance', design, dense({ y: y.map((v) => v * scale) }));
      expect(outcome(b)).toBe('ok');
      expect(Math.abs(b.sigma[0] / scale / a.sigma[0] - 1)).toBeLessThan(TOLERANCE.engines);
      expect(Math.abs(b.df[1] / a.df[1] - 1)).toBeLessThan(TOLERANCE.enginesDf);
    }
  });

  it.each([1e-20, 1e-14, 1e-10, 1e10, 1e14, 1e20])(
    'of the weights, %d: sigma scales, df stay, no more work',
    (scale) => {
      for (const formula of ['~ x + (1 | g)', '~ x + (x | g)', '~ x + (1 | g) + (1 | arm)']) {
        const a = fitWith('covariance', buildDesign(formula, frame({ g, x, arm, w }), { weights: 'w' }), dense({ y }));
        const scaled = buildDesign(formula, frame({ g, x, arm, w: w.map((v) => v * scale) }), { weights: 'w' });
        const b = fitWith('covariance', scaled, dense({ y }));
        expect(outcome(b)).toBe('ok');
        expect(Math.abs(b.sigma[0] / Math.sqrt(scale) / a.sigma[0] - 1)).toBeLessThan(TOLERANCE.sigma);
        expect(Math.abs(b.df[1] / a.df[1] - 1)).toBeLessThan(TOLERANCE.df);
        expect(b.evaluations[0]).toBeLessThan(100);
      }
    },
  );
});
