import { describe, expect, it } from 'vitest';
import { fitDesign, fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import type { FitResult } from '../../src/types/fit-result.ts';
import type { FitTable, Status } from '../../src/types/fit-table.ts';
import { fitWith, outcome } from './engines.ts';
import { dense, frame, label, statusOf } from './frames.ts';
import { TestRandom } from './random.ts';

const random = new TestRandom(9);
const g: string[] = [];
const h: string[] = [];
for (let i = 0; i < 12; i++) {
  const rows = 3 + random.integer(4);
  for (let k = 0; k < rows; k++) {
    g.push(label('g', i));
    h.push(label('h', random.integer(4)));
  }
}
const n = g.length;
const level = (i: number) => Number(g[i].slice(1));
const x = Array.from(random.normals(n));
const u = random.normals(12);
const v = random.normals(12);
const y = x.map((value, i) => 1 + u[level(i)] + (0.3 + v[level(i)]) * value + random.normal());
const noise = Array.from(random.normals(n));

const table = frame({
  g,
  g2: g.map((name) => `k${name}`),
  h,
  x,
  zero: g.map(() => 0),
  constant: g.map(() => 2.5),
  between: g.map((_, i) => Math.cos(level(i))),
  id: g.map((_, i) => label('r', i)),
  almost: g.map((_, i) => label('r', Math.max(1, i))),
  one: g.map(() => 'only'),
});

const responses = {
  y,
  noise,
  constant: g.map(() => 3.3),
  zero: g.map(() => 0),
  line: x.map((value) => 2 * value + 1),
  level: x.map((value, i) => 2 * value + Math.sin(3 * level(i))),
  lines: x.map((value, i) => value * Math.cos(level(i)) + Math.sin(3 * level(i))),
  column: x.map((value, i) => 2 * value + Math.cos(h[i].charCodeAt(5))),
  both: g.map((_, i) => Math.sin(3 * level(i)) + Math.cos(h[i].charCodeAt(5))),
  missing: g.map(() => Number.NaN),
  infinite: y.map((value, i) => (i === 3 ? Number.POSITIVE_INFINITY : value)),
  negative: y.map((value, i) => (i === 3 ? Number.NEGATIVE_INFINITY : value)),
  huge: y.map((value) => 1e200 * value),
  spike: g.map((_, i) => (i === 7 ? 1 : 0)),
};
const names = Object.keys(responses);

/** What every model owes its user: numbers where it says ok, a message where it does not, no exception in any reader. */
function expectHonest(result: FitResult): void {
  const { table: fits } = result;
  const width = fits.coefficients.names.length;
  for (let m = 0; m < fits.models; m++) {
    const status = statusOf(fits, m);
    const where = `${fits.formula}, ${fits.responses[m]}: ${status}`;
    if (status === 'ok') {
      expect(fits.messages[m], where).toBeNull();
      expect(fits.converged[m], where).toBe(1);
      expect(fits.gradient[m], where).toBeLessThanOrEqual(1e-8);
      for (const key of ['sigma', 'criterion', 'logLik', 'AIC', 'BIC', 'gradient'] as const) {
        expect(Number.isFinite(fits[key][m]), `${where}, ${key} ${fits[key][m]}`).toBe(true);
      }
      const covariance = result.covarianceOfCoefficients(m);
      expect(covariance, where).not.toBeNull();
      for (const name of covariance?.names ?? []) {
        const k = m * width + fits.coefficients.names.indexOf(name);
        for (const key of ['estimate', 'standardError', 'df', 'statistic', 'pValue'] as const) {
          expect(Number.isFinite(fits.coefficients[key][k]), `${where}, ${key} of ${name}`).toBe(true);
        }
        expect(fits.coefficients.standardError[k], where).toBeGreaterThan(0);
        expect(fits.coefficients.df[k], where).toBeGreaterThan(0);
      }
      for (const effect of result.randomEffects(m)) {
        expect(effect.estimate.every(Number.isFinite), where).toBe(true);
        expect(effect.standardError.every(Number.isFinite), where).toBe(true);
      }
    } else {
      expect(fits.messages[m], where).toMatch(/\w{3}/);
      result.randomEffects(m);
      result.covarianceOfCoefficients(m);
      result.fittedValues(m);
    }
    result.fittedValues(m);
  }
}

const FORMULAS = [
  '~ x + (1 | g)',
  '~ 0 + (1 | g)',
  '~ x + (x | g)',
  '~ x + (1 | g) + (0 + x | g)',
  '~ x + (1 | g) + (1 | h)',
  '~ x + (x | g) + (1 | h)',
  '~ x + (1 | g) + (1 | g2)',
  '~ x + (x | g) + (x | g2)',
  '~ 1 + (0 + zero | g)',
  '~ 1 + (zero | g)',
  '~ 1 + (0 + constant | g)',
  '~ 1 + (constant | g)',
  '~ 1 + (0 + between | g)',
  '~ 1 + (between | g)',
  '~ 1 + (1 | id)',
  '~ 1 + (1 | id) + (1 | g)',
  '~ 1 + (1 | almost)',
  '~ 1 + (1 | one)',
  '~ x + (1 | one) + (1 | g)',
  '~ g + (1 | g)',
  '~ g + (x | g)',
  '~ g * x + (x | g)',
  '~ g + (1 | g) + (1 | h)',
  '~ x + constant + zero + (1 | g)',
  '~ 0 + zero + (1 | g)',
  '~ id + (1 | g)',
  '~ x + (1 | g) + (x | g)',
];

describe.each(['REML', 'ML'] as const)('never NaN without a status and a message, never an exception, %s', (method) => {
  it.each(FORMULAS)('%s', async (formula) => {
    const design = buildDesign(formula, table);
    expectHonest(await fitDesign(design, dense(responses), { method, ddf: 'satterthwaite', threads: 1 }));
    for (const name of ['y', 'zero', 'infinite'] as const) {
      // Alone, the plan may choose another engine.
      expectHonest(
        await fitDesign(design, dense({ [name]: responses[name] }), { method, ddf: 'satterthwaite', threads: 1 }),
      );
    }
  });
});

describe('statuses', () => {
  async function statuses(formula: string, options = {}): Promise<Record<keyof typeof responses, Status>> {
    const result = await fitDesign(buildDesign(formula, table), dense(responses), { threads: 1, ...options });
    const found = names.map((name, m) => [name, statusOf(result.table, m)]);
    return Object.fromEntries(found) as Record<keyof typeof responses, Status>;
  }

  it.each(['~ x + (1 | g)', '~ x + (x | g)', '~ x + (1 | g) + (1 | h)'])(
    'of responses without variation: %s',
    async (formula) => {
      const found = await statuses(formula);
      expect(found.constant).toBe('constant');
      expect(found.zero).toBe('constant');
      expect(found.line).toBe('perfect_fit');
      expect(found.level).toBe('perfect_fit');
      expect(found.missing).toBe('too_few');
      expect(found.infinite).toBe('failed');
      expect(found.negative).toBe('failed');
      expect(found.y).toBe('ok');
      expect(found.noise).toBe('ok');
      expect(found.spike).toBe('ok');
    },
  );

  it('a perfect fit by slopes, by the second factor, by both', async () => {
    expect((await statuses('~ x + (x | g)')).lines).toBe('perfect_fit');
    const crossed = await statuses('~ x + (1 | g) + (1 | h)');
    expect(crossed.both).toBe('perfect_fit');
    expect(crossed.column).toBe('perfect_fit');
  });

  it('a response beyond the range of its squares is no perfect fit', async () => {
    expect((await statuses('~ x + (1 | g)')).huge).not.toBe('perfect_fit');
    expect((await statuses('~ 0 + (1 | g)')).infinite).toBe('failed');
  });

  it.each([
    ['~ 1 + (1 | id)', 'too_few'],
    ['~ 1 + (1 | one)', 'too_few'],
    ['~ id + (1 | g)', 'too_few'],
  ])('of designs that leave nothing: %s is %s', async (formula, status) => {
    expect((await statuses(formula)).y).toBe(status);
  });

  it.each(['~ 1 + (0 + zero | g)', '~ g + (1 | g)'])('do not depend on the engine: %s', (formula) => {
    const design = buildDesign(formula, table);
    const of = (engine: 'spectral' | 'covariance') => {
      const fits = fitWith(engine, design, dense({ y }));
      return [outcome(fits), fits.singular[0], fits.theta[0], fits.df[0]];
    };
    expect(of('covariance')).toEqual(of('spectral'));
  });

  it('do not depend on the engine where X and Z together reach every row', () => {
    // 4 levels, 5 rows, 2 coefficients: Z'MZ has full rank n - p, so that no sum of squares is left within.
    const design = buildDesign('~ x + (1 | g)', frame({ g: ['a', 'a', 'b', 'c', 'd'], x: [0.1, -1, 0.4, 2, 0.7] }));
    const response = dense({ y: [1, 2.5, -0.3, 0.8, 1.9] });
    expect(outcome(fitWith('covariance', design, response))).toBe(outcome(fitWith('spectral', design, response)));
  });

  it('a variance that nothing tells is not reported as found', async () => {
    // g in the fixed effects takes up all that (1 | g) could: df of 1e-14 with status ok is no answer.
    for (const formula of ['~ g + (x | g)', '~ g * x + (x | g)', '~ g + (1 | g) + (1 | h)']) {
      const { table: fits } = await fitDesign(buildDesign(formula, table), dense({ y, noise }), {
        ddf: 'satterthwaite',
        threads: 1,
      });
      for (let m = 0; m < 2; m++) {
        if (statusOf(fits, m) !== 'ok') continue;
        const df = fits.coefficients.df.subarray(
          m * fits.coefficients.names.length,
          (m + 1) * fits.coefficients.names.length,
        );
        expect(Math.min(...df), `${formula} ${m}`).toBeGreaterThan(0.5);
      }
    }
  });

  it('a term written twice is refused: its variances cannot be told apart', async () => {
    await expect(
      fitDesign(buildDesign('~ x + (1 | g) + (1 | g)', table), dense({ y }), { ddf: 'satterthwaite', threads: 1 }),
    ).rejects.toThrow("the random term (1 | g) stands twice in '~ x + (1 | g) + (1 | g)'");
  });

  it('nothing is left after missing values', async () => {
    const empty = frame({ g, x: x.map(() => Number.NaN), y });
    const result = await fitTable(empty, { formula: 'y ~ x + (1 | g)', ddf: 'satterthwaite', threads: 1 }).catch(
      (error: unknown) => error,
    );
    if (result instanceof Error) expect(result.name).toMatch(/Error$/);
    else expectHonest(result as FitResult);
    expect(result instanceof Error && !('tag' in result)).toBe(false);
  });

  it('several thousand levels', async () => {
    const J = 4000;
    const many = Array.from({ length: 3 * J }, (_, i) => label('m', i % J));
    const effects = random.normals(J);
    const value = many.map((_, i) => effects[i % J] + random.normal());
    const half = many.map((_, i) => (i < J ? 'early' : 'late'));
    const tableOfMany = frame({ many, half });
    for (const formula of ['~ half + (1 | many)', '~ half + (half | many)']) {
      const design = buildDesign(formula, tableOfMany);
      const result = await fitDesign(design, dense({ value }), { ddf: 'satterthwaite', threads: 1 });
      expectHonest(result);
      expect(statusOf(result.table)).toBe('ok');
      expect(Math.abs(result.table.sigma[0] - 1)).toBeLessThan(0.1);
    }
  });

  it('an infinite or missing number in the frame is an error with a tag or a model with a status', async () => {
    for (const bad of [Number.POSITIVE_INFINITY, 1e308]) {
      const columns = frame({ g, y, x: x.map((value, i) => (i === 2 ? bad : value)) });
      const result = await fitTable(columns, { formula: 'y ~ x + (1 | g)', ddf: 'satterthwaite', threads: 1 }).catch(
        (error: unknown) => error,
      );
      if (result instanceof Error) expect('tag' in result).toBe(true);
      else expectHonest(result as FitResult);
    }
  });
});

describe('lengths', () => {
  it('two rows a level for many levels, one level with all but two rows', async () => {
    const pairs = Array.from({ length: 40 }, (_, i) => label('p', Math.floor(i / 2)));
    const lopsided = Array.from({ length: 40 }, (_, i) => (i < 38 ? 'a' : label('b', i)));
    const result = await fitDesign(
      buildDesign('~ 1 + (1 | pairs)', frame({ pairs })),
      dense({ a: random.normals(40) }),
      { ddf: 'satterthwaite', threads: 1 },
    );
    expectHonest(result);
    const other = await fitDesign(
      buildDesign('~ 1 + (1 | lopsided)', frame({ lopsided })),
      dense({ a: random.normals(40) }),
      { ddf: 'satterthwaite', threads: 1 },
    );
    expectHonest(other);
  });

  it('levels with fewer rows than random effects', async () => {
    const t = Array.from({ length: 30 }, (_, i) => i % 3);
    const few = Array.from({ length: 30 }, (_, i) => label('f', i < 4 ? i : 4 + Math.floor(i / 4)));
    const design = buildDesign('~ t + (t | few)', frame({ few, t }));
    const found: FitTable = (
      await fitDesign(design, dense({ a: random.normals(30), b: random.normals(30) }), {
        ddf: 'satterthwaite',
        threads: 1,
      })
    ).table;
    expect([...found.status]).toEqual([0, 0]);
  });
});
