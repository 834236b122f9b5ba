import { describe, expect, it } from 'vitest';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { fitDesign, fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import type { Fits } from '../../src/lmm/engine.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { FitTable } from '../../src/types/fit-table.ts';
import { TOLERANCE } from '../tolerance.ts';
import { arrayDifference, compareFits } from './comparison.ts';
import { fitWith, outcome } from './engines.ts';
import { dense, frame, label, statusOf } from './frames.ts';
import { TestRandom } from './random.ts';

const FORMULAS = [
  '~ x + (1 | g)',
  '~ x * arm + (1 | g)',
  '~ x + (x | g)',
  '~ x + (1 | g) + (0 + x | g)',
  '~ x + (1 | g) + (1 | h)',
  '~ arm + (x | g) + (1 | h)',
];
const METHODS = ['REML', 'ML'] as const;

/** 14 groups, crossed with 5 levels of h; responses with large, small and no group variance. */
function layout(seed = 11) {
  const random = new TestRandom(seed);
  const g: string[] = [];
  const h: string[] = [];
  const x: number[] = [];
  const arm: string[] = [];
  const w: number[] = [];
  for (let i = 0; i < 14; i++) {
    const rows = 2 + random.integer(6);
    for (let k = 0; k < rows; k++) {
      g.push(label('g', i));
      h.push(label('h', random.integer(5)));
      x.push(random.normal());
      arm.push(random.uniform() < 0.5 ? 'a' : 'b');
      w.push(0.2 + 3 * random.uniform());
    }
  }
  const of = (names: readonly string[], sd: number) => {
    const effects = new Map([...new Set(names)].map((name) => [name, sd * random.normal()]));
    return names.map((name) => effects.get(name) ?? 0);
  };
  const responses = [1.5, 0.3, 0].map((sd) => {
    const a = of(g, sd);
    const b = of(g, 0.7 * sd);
    const c = of(h, sd);
    return x.map((v, i) => 2 + 0.5 * v + a[i] + b[i] * v + c[i] + random.normal());
  });
  return { random, g, h, x, arm, w, responses, n: g.length };
}

function fits(
  columns: Parameters<typeof frame>[0],
  formula: string,
  responses: readonly ArrayLike<number>[],
  method: 'REML' | 'ML',
  options = {},
): Fits {
  const design = buildDesign(formula, frame(columns), options);
  return fitWith('covariance', design, dense(Object.fromEntries(responses.map((y, k) => [`y${k}`, y]))), { method });
}

/** The same fits but for the criterion's constant; `slack` widens where the transformation itself rounds the data. */
function expectSame(a: Fits, b: Fits, slack = 1, criterion = true): void {
  for (let k = 0; k < a.count; k++) {
    expect(outcome(b, k)).toBe(outcome(a, k));
    const difference = compareFits(a, k, b, k);
    if (criterion) expect(difference.criterion).toBeLessThan(TOLERANCE.enginesCriterion * slack);
    expect(difference.sigma).toBeLessThan(TOLERANCE.engines * slack);
    expect(difference.estimate).toBeLessThan(TOLERANCE.engines * slack);
    expect(difference.standardError).toBeLessThan(TOLERANCE.engines * slack);
    expect(difference.df).toBeLessThan(TOLERANCE.enginesDf * slack);
    expect(difference.theta).toBeLessThan(TOLERANCE.enginesTheta * slack);
  }
}

/** A copy with columns of `fits` divided by a factor and shifted back. */
function rescaled(fits: Fits, scale: number, d: readonly number[]): Fits {
  return {
    ...fits,
    estimate: fits.estimate.map((v) => v / scale),
    standardError: fits.standardError.map((v) => v / scale),
    sigma: fits.sigma.map((v) => v / scale),
    criterion: fits.criterion.map((v, k) => v - 2 * d[k] * Math.log(scale)),
  };
}

describe.each(FORMULAS)('%s', (formula) => {
  describe.each(METHODS)('%s', (method) => {
    const data = layout();
    const { responses, n } = data;
    const columns = { g: data.g, h: data.h, x: data.x, arm: data.arm, w: data.w };
    const base = fits(columns, formula, responses, method);
    const p = base.columns;
    const d = responses.map(() => (method === 'REML' ? n - p : n));

    it('adding X b to the response moves the coefficients by b', () => {
      const shifted = responses.map((y) => y.map((v, i) => v + 100 - 7 * data.x[i]));
      const moved = fits(columns, formula, shifted, method);
      const names = buildDesign(formula, frame(columns)).fixed.names;
      for (let k = 0; k < moved.count; k++) {
        moved.estimate[k * p] -= 100;
        if (names.includes('x')) moved.estimate[k * p + names.indexOf('x')] += 7;
      }
      if (names.includes('x')) expectSame(base, moved);
    });

    it.each([1e-30, 1e-8, 1e8, 1e30])('scaling the response by %d scales the estimates', (scale) => {
      const scaled = fits(
        columns,
        formula,
        responses.map((y) => y.map((v) => v * scale)),
        method,
      );
      expectSame(base, rescaled(scaled, scale, d));
    });

    it('rows in another order', () => {
      const order = data.random.permutation(n);
      const turn = <T>(values: ArrayLike<T>) => Array.from(order, (i) => values[i]);
      const turned = Object.fromEntries(
        Object.entries(columns).map(([name, values]) => [name, turn<string | number>(values)]),
      ) as typeof columns;
      expectSame(
        base,
        fits(
          turned,
          formula,
          responses.map((y) => turn(y)),
          method,
        ),
      );
    });

    it('other names of the levels, which come in another order', () => {
      const renamed = (values: readonly string[], prefix: string) =>
        values.map((v) => `${prefix}${(Number(v.slice(1)) * 7919) % 1009}`);
      expectSame(
        base,
        fits({ ...columns, g: renamed(data.g, 'q'), h: renamed(data.h, 'r') }, formula, responses, method),
      );
    });

    it('responses in another order', () => {
      const backwards = fits(columns, formula, [...responses].reverse(), method);
      for (let k = 0; k < base.count; k++) {
        const difference = compareFits(base, k, backwards, base.count - 1 - k);
        // Each response is fitted from its own moments only: nothing may carry over from the one before.
        expect(difference).toEqual({ criterion: 0, sigma: 0, estimate: 0, standardError: 0, df: 0, theta: 0 });
      }
    });

    it.each([1e-6, 1e-3, 4, 1e3, 1e6])('all weights times %d: the same estimates and df, sigma scaled', (factor) => {
      const weighted = fits(columns, formula, responses, method, { weights: 'w' });
      const other = fits({ ...columns, w: data.w.map((v) => v * factor) }, formula, responses, method, {
        weights: 'w',
      });
      const root = Math.sqrt(factor);
      // sigma^2 is the variance at weight 1; theta is relative to it.
      const back = { ...other, sigma: other.sigma.map((v) => v / root), theta: other.theta.map((v) => v * root) };
      expectSame(weighted, back, 10);
    });

    it('weights of 1 are no weights, a row of weight 0 is no row', () => {
      expectSame(base, fits({ ...columns, w: data.w.map(() => 1) }, formula, responses, method, { weights: 'w' }));
      const without = (values: ArrayLike<string | number>) => Array.from(values).filter((_, i) => i % 10 !== 3);
      const fewer = Object.fromEntries(
        Object.entries(columns).map(([name, v]) => [name, without(v)]),
      ) as typeof columns;
      const zero = { ...columns, w: data.w.map((_, i) => (i % 10 === 3 ? 0 : 1)) };
      expectSame(
        fits(
          fewer,
          formula,
          responses.map((y) => without(y) as number[]),
          method,
        ),
        fits(zero, formula, responses, method, { weights: 'w' }),
      );
    });

    it('an offset is the response without it', () => {
      const o = Array.from(data.random.normals(n), (v) => 10 * v);
      const taken = fits(
        columns,
        formula,
        responses.map((y) => y.map((v, i) => v - o[i])),
        method,
      );
      expectSame(taken, fits({ ...columns, o }, formula, responses, method, { offset: 'o' }), 10);
    });

    it('the covariate in other units', () => {
      for (const [scale, shift] of [
        [1e6, 0],
        [1e-6, 0],
        [1, 50],
      ]) {
        if (shift !== 0 && formula.includes('0 + x')) continue; // an uncorrelated slope is not invariant to a shift
        const other = fits({ ...columns, x: data.x.map((v) => v * scale + shift) }, formula, responses, method);
        for (let k = 0; k < base.count; k++) {
          const determinant = method === 'REML' ? slopes(formula) * 2 * Math.log(scale) : 0;
          expect(Math.abs(other.criterion[k] - determinant - base.criterion[k])).toBeLessThan(
            1e-8 * (1 + Math.abs(base.criterion[k])),
          );
          expect(Math.abs(other.sigma[k] / base.sigma[k] - 1)).toBeLessThan(TOLERANCE.engines);
        }
      }
    });
  });
});

/** Columns of X that carry the covariate's unit. */
function slopes(formula: string): number {
  const fixed = formula.slice(0, formula.indexOf('('));
  if (!fixed.includes('x')) return 0;
  return fixed.includes('*') ? 2 : 1;
}

describe('runs', () => {
  const data = layout(23);
  const columns = { g: data.g, h: data.h, x: data.x, arm: data.arm };
  const many = Array.from({ length: 30 }, (_, k) => data.responses[k % 3].map((v, i) => v + Math.sin(i * (k + 1))));
  const responses = dense(Object.fromEntries(many.map((y, k) => [`y${k}`, y])));

  it('one response at a time gives what all together give, whichever engine the plan picks', async () => {
    const design = buildDesign('~ x + (1 | g)', frame(columns));
    const together = await fitDesign(design, responses, { threads: 1, adjust: 'none' });
    for (let k = 0; k < many.length; k += 7) {
      const alone = await fitDesign(design, dense({ y: many[k] }), { threads: 1, adjust: 'none' });
      sameModel(together.table, k, alone.table, 0);
    }
  });

  it('a second run on the same moments is the same to the last bit', async () => {
    const design = buildDesign('~ x + (x | g)', frame(columns));
    const moments = denseMoments(design, responses);
    const a = await fitMoments(moments, { threads: 1 });
    const b = await fitMoments(moments, { threads: 1 });
    expect(b.table).toEqual(a.table);
  });

  it('asking for threads changes no number', async () => {
    const design = buildDesign('~ x + (x | g) + (1 | h)', frame(columns));
    const a = await fitDesign(design, responses, { threads: 1 });
    const b = await fitDesign(design, responses, { threads: 2 });
    expect(b.table).toEqual(a.table);
  });

  it('the long way round: fit() on a table is fitDesign() on its design', async () => {
    const names = many.slice(0, 3).map((_, k) => `y${k}`);
    const table = frame({ ...columns, ...Object.fromEntries(names.map((name, k) => [name, many[k]])) });
    const a = await fitTable(table, { formula: `cbind(${names.join(', ')}) ~ x + (x | g)`, threads: 1 });
    const b = await fitDesign(
      buildDesign('~ x + (x | g)', frame(columns)),
      dense(Object.fromEntries(names.map((name, k) => [name, many[k]]))),
      { threads: 1 },
    );
    for (let m = 0; m < 3; m++) sameModel(a.table, m, b.table, m);
  });

  it('weights of 2 have the moments of every row twice, but for n', () => {
    const weighted = denseMoments(
      buildDesign('~ x + (1 | g)', frame({ ...columns, w: data.x.map(() => 2) }), { weights: 'w' }),
      dense({ y: many[0] }),
    ).batches[0];
    const twice = denseMoments(
      buildDesign('~ x + (1 | g)', frame({ g: [...data.g, ...data.g], x: [...data.x, ...data.x] })),
      dense({ y: [...many[0], ...many[0]] }),
    ).batches[0];
    expect(twice.design.n).toBe(2 * weighted.design.n);
    expect(arrayDifference(weighted.design.factors[0].ztz, twice.design.factors[0].ztz)).toBeLessThan(1e-13);
    expect(arrayDifference(weighted.design.r.map(Math.abs), twice.design.r.map(Math.abs))).toBeLessThan(1e-13);
    expect(arrayDifference(weighted.responses.ztr, twice.responses.ztr)).toBeLessThan(1e-12);
    expect(Math.abs(weighted.responses.rss[0] / twice.responses.rss[0] - 1)).toBeLessThan(1e-13);
    expect(weighted.design.logDetW).toBeCloseTo(weighted.design.n * Math.log(2), 9);
  });
});

function sameModel(a: FitTable, k: number, b: FitTable, m: number): void {
  expect(statusOf(b, m)).toBe(statusOf(a, k));
  const width = a.coefficients.names.length;
  const row = (values: Float64Array, at: number) => values.subarray(at * width, (at + 1) * width);
  expect(Math.abs(a.criterion[k] - b.criterion[m])).toBeLessThan(1e-8);
  expect(arrayDifference(row(a.coefficients.estimate, k), row(b.coefficients.estimate, m))).toBeLessThan(
    TOLERANCE.engines,
  );
  expect(arrayDifference(row(a.coefficients.standardError, k), row(b.coefficients.standardError, m))).toBeLessThan(
    TOLERANCE.engines,
  );
  expect(arrayDifference(row(a.coefficients.df, k), row(b.coefficients.df, m))).toBeLessThan(TOLERANCE.enginesDf);
  expect(arrayDifference(row(a.coefficients.pValue, k), row(b.coefficients.pValue, m))).toBeLessThan(
    TOLERANCE.enginesDf,
  );
}
