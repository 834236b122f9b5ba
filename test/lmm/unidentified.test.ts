import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import type { FitResult } from '../../src/types/fit-result.ts';
import { NO_DEGREES_OF_FREEDOM, NO_KENWARD_ROGER } from '../../src/types/inference.ts';
import { TOLERANCE } from '../tolerance.ts';
import { frame, label, statusOf } from './frames.ts';
import { TestRandom } from './random.ts';

/** Models whose variances the data say nothing of: the groups, or their slopes, are columns of the fixed effects. */

const random = new TestRandom(21);
const f = Array.from({ length: 60 }, (_, i) => label('f', i % 3));
const x = Array.from(random.normals(60));
const y = Array.from(random.normals(60));
const g = f.map((level) => `g${level}`);
const confounded = frame({ f, g, x, y });

const fitted = (table: typeof confounded, formula: string, options: object): Promise<FitResult> =>
  fitTable(table, { formula, threads: 1, backend: 'cpu', ...options });

describe('groups that are the levels of a fixed factor', () => {
  it.each(['y ~ 0 + f + (1 | g)', 'y ~ f + x + (1 | g)'])(
    '%s: no variance, and no test of rounding',
    async (formula) => {
      const plain = await fitted(confounded, formula, { ddf: 'satterthwaite' });
      const adjusted = await fitted(confounded, formula, { ddf: 'kenward-roger' });
      for (const { table } of [plain, adjusted]) {
        expect(statusOf(table, 0)).toBe('ok');
        expect(table.singular[0]).toBe(1);
        expect(table.theta[0]).toBe(0);
      }
      expect(adjusted.table.coefficients.standardError).toEqual(plain.table.coefficients.standardError);
      expect(adjusted.table.coefficients.df).toEqual(plain.table.coefficients.df);
    },
  );

  it('y ~ f + (f | g): no test, and a note that says so and whose tests they are', async () => {
    const { table, notes } = await fitted(confounded, 'y ~ f + (f | g)', { ddf: 'kenward-roger' });
    expect(statusOf(table, 0)).toBe('ok');
    const { names, df, pValue, standardError } = table.coefficients;
    names.forEach((name, k) => {
      if (df[k] < 1e-3) {
        expect(pValue[k]).toBeGreaterThan(0.99);
        expect(table.messages[0]).toContain(`'${name}'`);
        expect(notes.some((note) => note.includes(NO_DEGREES_OF_FREEDOM) && note.includes(`'${name}'`))).toBe(true);
      } else expect(df[k]).toBeGreaterThan(0.9);
      expect(standardError[k]).toBeLessThan(10);
    });
    if (table.messages[0]?.startsWith(NO_KENWARD_ROGER)) {
      expect(notes.some((note) => note.includes(NO_KENWARD_ROGER))).toBe(true);
    }
  });

  it.each(['y ~ f + (f | g)', 'y ~ f + x + (f || g)', 'y ~ f + x + (1 | g) + (0 + x | g)'])(
    '%s: the same whatever the order of the rows',
    async (formula) => {
      const order = Array.from({ length: 60 }, (_, i) => (i * 7) % 60);
      const [otherF, otherG] = [f, g].map((names) => order.map((i) => names[i]));
      const [otherX, otherY] = [x, y].map((values) => order.map((i) => values[i]));
      const before = await fitted(confounded, formula, {});
      const after = await fitted(frame({ f: otherF, g: otherG, x: otherX, y: otherY }), formula, {});
      expect(statusOf(after.table, 0)).toBe(statusOf(before.table, 0));
      expect(Math.abs(after.table.criterion[0] - before.table.criterion[0])).toBeLessThan(TOLERANCE.criterion.absolute);
    },
  );
});

describe('fixed and random effects that reach every row', () => {
  const saturated = frame({ g: ['a', 'a', 'b'], x: [0, 1, 0.5], y: [1, 3, 2.5] });
  it.each([
    ['y ~ x + (1 | g)', 'ML'],
    ['y ~ x + (1 | g)', 'REML'],
    ['y ~ x + (x || g)', 'ML'],
  ])('%s by %s has no fit', async (formula, method) => {
    const { table } = await fitted(saturated, formula, { method });
    expect(statusOf(table, 0)).toBe('too_few');
    expect(table.coefficients.estimate.every(Number.isNaN)).toBe(true);
  });
});

describe('responses and covariates in units whose squares leave the range of a double', () => {
  it('is a row that says so, not a standard error of zero', async () => {
    const columns = { g: ['a', 'a', 'a', 'b', 'b', 'b', 'c', 'c', 'c'], x: [1, 2, 4, 1, 3, 5, 2, 2, 6] };
    const { table } = await fitted(
      frame({ ...columns, x: columns.x.map((v) => v * 1e95), y: columns.x.map((v, i) => (v + Math.sin(i)) * 1e-126) }),
      'y ~ x + (1 | g)',
      {},
    );
    const { standardError } = table.coefficients;
    expect(statusOf(table, 0)).toBe('failed');
    expect(table.messages[0]).toMatch(/rescale/);
    expect(standardError.every(Number.isNaN)).toBe(true);
  });
});
