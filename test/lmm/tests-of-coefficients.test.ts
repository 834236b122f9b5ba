import { describe, expect, it } from 'vitest';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TOLERANCE } from '../tolerance.ts';
import { relative } from './comparison.ts';
import { evaluateDense } from './dense-model.ts';
import { dense, frame, label, responseOver, statusOf, unbalancedLayout } from './frames.ts';
import { TestRandom } from './random.ts';

/** Second differences of a criterion known to 1e-11: steps of 1e-3 leave five digits. */
const NUMERIC_DF = 2e-4;

const { random, g, x, n } = unbalancedLayout(51, 12, 6);
const dose = Array.from({ length: n }, () => ['low', 'mid', 'top'][random.integer(3)]);
const h = Array.from({ length: n }, () => label('h', random.integer(4)));
const y = responseOver(random, g, x, 1, 0.8).map((v, i) => v + (dose[i] === 'top' ? 1 : 0));
const table = frame({ g, h, x, dose });

/** The table with another level of `dose` first. */
function relevelled(first: string): Table {
  const column = table.columns.get('dose');
  if (column?.kind !== 'factor') throw new Error('dose');
  const levels = [first, ...column.levels.filter((l) => l !== first)];
  const codes = Int32Array.from(column.codes, (c) => levels.indexOf(column.levels[c]));
  const changed: Column = { ...column, levels, codes };
  return { ...table, columns: new Map([...table.columns, ['dose', changed]]) };
}

describe.each(['~ x + dose + (1 | g)', '~ x + dose + (x | g)', '~ x * dose + (1 | g) + (1 | h)'])(
  'contrasts, %s',
  (formula) => {
    it.each(['REML', 'ML'] as const)('of two levels are the coefficient after relevelling, %s', async (method) => {
      // One response alone and several: the plan may take either engine.
      for (const responses of [
        dense({ y }),
        dense(
          Object.fromEntries(Array.from({ length: 40 }, (_, k) => [`y${k}`, y.map((v, i) => v + Math.sin(i * k))])),
        ),
      ]) {
        const a = await fitDesign(buildDesign(formula, table), responses, {
          method,
          threads: 1,
          contrasts: { difference: 'dosetop - dosemid', same: 'dosemid', sum: '2 * x + 3 * (dosetop - x) / 2' },
        });
        const b = await fitDesign(buildDesign(formula, relevelled('mid')), responses, { method, threads: 1 });
        const { contrasts, coefficients } = a.table;
        const k = b.table.coefficients.names.indexOf('dosetop');
        const width = b.table.coefficients.names.length;
        for (let m = 0; m < a.table.models; m += 13) {
          expect(statusOf(a.table, m)).toBe('ok');
          const at = m * contrasts.names.length;
          const se = b.table.coefficients.standardError[m * width + k];
          expect(Math.abs(contrasts.estimate[at] - b.table.coefficients.estimate[m * width + k]) / se).toBeLessThan(
            TOLERANCE.engines,
          );
          expect(relative(contrasts.standardError[at], se)).toBeLessThan(TOLERANCE.engines);
          expect(relative(contrasts.df[at], b.table.coefficients.df[m * width + k])).toBeLessThan(TOLERANCE.enginesDf);
          expect(relative(contrasts.pValue[at], b.table.coefficients.pValue[m * width + k])).toBeLessThan(1e-5);
          const same = m * width + a.table.coefficients.names.indexOf('dosemid');
          expect(contrasts.estimate[at + 1]).toBe(coefficients.estimate[same]);
          expect(contrasts.df[at + 1]).toBe(coefficients.df[same]);
          // A linear combination by hand: l'b and l'Cl.
          const covariance = a.covarianceOfCoefficients(m);
          if (!covariance) throw new Error('no fit');
          const l = covariance.names.map((name) => (name === 'x' ? 0.5 : name === 'dosetop' ? 1.5 : 0));
          let variance = 0;
          for (const [i, li] of l.entries()) {
            for (const [j, lj] of l.entries()) variance += li * lj * covariance.values[i * l.length + j];
          }
          expect(relative(contrasts.standardError[at + 2], Math.sqrt(variance))).toBeLessThan(TOLERANCE.engines);
        }
      }
    });
  },
);

describe('degrees of freedom', () => {
  const cases = [
    ['~ x + (1 | g)', 1],
    ['~ x + (x | g)', 1],
    ['~ x + (1 | g) + (0 + x | g)', 1],
    ['~ x + (1 | g) + (1 | h)', 1],
    ['~ x + (1 | g)', 0], // singular: no group effect at all
    ['~ x + (x | g)', 0],
    ['~ x + (1 | g) + (1 | h)', 0],
  ] as const;

  it.each(cases)('%s, group effects times %d: the delta method by finite differences', async (formula, size) => {
    const found: string[] = [];
    for (let seed = 0; seed < 12; seed++) {
      const own = new TestRandom(100 + seed);
      const response = responseOver(own, g, x, size, 0.7 * size);
      for (const method of ['REML', 'ML'] as const) {
        const design = buildDesign(formula, table);
        const { table: fits } = await fitDesign(design, dense({ y: response }), {
          method,
          ddf: 'satterthwaite',
          threads: 1,
        });
        expect(statusOf(fits)).toBe('ok');
        const theta = [...fits.theta];
        // At the boundary the free parameters are those of the columns of the factor that are not zero.
        const free = theta
          .map((_, k) => k)
          .filter((k) =>
            columnIsFree(
              fits.terms.map((t) => t.names.length),
              theta,
              k,
            ),
          );
        const df = numericDf(design, response, theta, free, method);
        for (let k = 0; k < df.length; k++) {
          if (!(relative(df[k], fits.coefficients.df[k]) < NUMERIC_DF)) {
            found.push(`${seed} ${method} ${k}: ${fits.coefficients.df[k]} against ${df[k]}, theta ${theta}`);
          }
        }
      }
    }
    expect(found).toEqual([]);
  });
});

/** True where the column of the factor that parameter k stands in has any element above zero. */
function columnIsFree(sizes: readonly number[], theta: readonly number[], k: number): boolean {
  let at = 0;
  for (const q of sizes) {
    for (let c = 0; c < q; c++) {
      const column = theta.slice(at, at + q - c);
      if (k >= at && k < at + q - c) return Math.max(...column.map(Math.abs)) > 1e-3;
      at += q - c;
    }
  }
  return false;
}

/**
 * 2 v^2 / (g'Ag) for v(theta, sigma) = sigma^2 l'C l, A twice the inverse of the Hessian of the deviance in
 * (theta, log sigma), everything by finite differences of n x n evaluations.
 */
function numericDf(
  design: Parameters<typeof evaluateDense>[0],
  y: readonly number[],
  theta: readonly number[],
  free: readonly number[],
  method: 'REML' | 'ML',
): number[] {
  const at = (t: readonly number[]) => evaluateDense(design, y, t, method);
  const centre = at(theta);
  const logSigma = Math.log(centre.sigma);
  const m = free.length + 1;
  const point = (step: readonly number[]) => {
    const t = [...theta];
    free.forEach((k, i) => {
      t[k] += step[i];
    });
    return { value: at(t), logSigma: logSigma + step[m - 1] };
  };
  // The deviance with sigma free: criterion + d (log sigma^2/s^2 + s^2/sigma^2 - 1), s^2 the profiled one.
  const deviance = (step: readonly number[]) => {
    const { value, logSigma: ls } = point(step);
    const ratio = Math.exp(-2 * ls) * value.sigma ** 2;
    return value.criterion + value.d * (-Math.log(ratio) + ratio - 1);
  };
  const h = 1e-3;
  const unit = (i: number, s: number) => Array.from({ length: m }, (_, k) => (k === i ? s * h : 0));
  const plus = (a: readonly number[], b: readonly number[]) => a.map((v, k) => v + b[k]);
  const H = Array.from({ length: m }, (_, i) =>
    Array.from({ length: m }, (__, j) => {
      const f = (s: number, t: number) => deviance(plus(unit(i, s), unit(j, t)));
      // Fourth-order cross difference.
      const second = (k: number) => (f(k, k) - f(k, -k) - f(-k, k) + f(-k, -k)) / (4 * k * k * h * h);
      return (4 * second(1) - second(2)) / 3;
    }),
  );
  const p = design.fixed.names.length;
  return Array.from({ length: p }, (_, c) => {
    const variance = (step: readonly number[]) => {
      const { value, logSigma: ls } = point(step);
      return Math.exp(2 * ls) * value.covariance[c][c];
    };
    const gradient = Array.from({ length: m }, (__, i) => {
      const first = (k: number) => (variance(unit(i, k)) - variance(unit(i, -k))) / (2 * k * h);
      return (4 * first(1) - first(2)) / 3;
    });
    const solved = solve(H, gradient);
    const spread = 2 * gradient.reduce((sum, v, i) => sum + v * solved[i], 0);
    return (2 * variance(new Array(m).fill(0)) ** 2) / spread;
  });
}

function solve(H: readonly (readonly number[])[], b: readonly number[]): number[] {
  const a = H.map((row, i) => [...row, b[i]]);
  const m = b.length;
  for (let i = 0; i < m; i++) {
    let pivot = i;
    for (let k = i; k < m; k++) if (Math.abs(a[k][i]) > Math.abs(a[pivot][i])) pivot = k;
    [a[i], a[pivot]] = [a[pivot], a[i]];
    for (let k = 0; k < m; k++) {
      if (k === i) continue;
      const factor = a[k][i] / a[i][i];
      for (let j = i; j <= m; j++) a[k][j] -= factor * a[i][j];
    }
  }
  return a.map((row, i) => row[m] / row[i]);
}
