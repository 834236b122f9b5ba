import { describe, expect, it } from 'vitest';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import type { FitResult } from '../../src/types/fit-result.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import { TOLERANCE } from '../tolerance.ts';
import { relative } from './comparison.ts';
import { dense, frame, label, responseOver, statusOf, unbalancedLayout } from './frames.ts';
import { TestRandom } from './random.ts';

/** p-values and modes move with a theta that is known to the root of rounding only. */
const TAIL = 1e-5;
const MODE = 1e-5;

const { random, g, x, arm, n } = unbalancedLayout(31, 16, 6);
const h = Array.from({ length: n }, () => label('h', random.integer(4)));
const w = Array.from({ length: n }, () => 0.5 + random.uniform());
const rare = Array.from({ length: n }, (_, i) => (i < 3 ? 'rare' : arm[i])); // a level that some responses lose
const columns = { g, h, x, arm, w, rare };

/** Ten responses with gaps: none, single rows, whole groups, a whole level of a factor, most of the rows, all. */
function gappy(): { responses: Record<string, number[]>; gaps: boolean[][] } {
  const gaps = Array.from({ length: 10 }, (_, k) =>
    g.map((name, i) => {
      if (k === 0) return false;
      if (k === 1) return i === 7;
      if (k === 2) return name === g[0];
      if (k === 3) return i < 3; // all of `rare`
      if (k === 4) return i > 8;
      if (k === 5) return true;
      if (k === 9) return i === 7; // the same rows as response 1: one batch
      return random.uniform() < 0.15 * (k - 5);
    }),
  );
  const responses: Record<string, number[]> = {};
  gaps.forEach((gap, k) => {
    responses[`y${k}`] = responseOver(random, g, x, 1, 0.4).map((v, i) => (gap[i] ? Number.NaN : v));
  });
  return { responses, gaps };
}

function without<T>(values: readonly T[], gap: readonly boolean[]): T[] {
  return values.filter((_, i) => !gap[i]);
}

function expectSameModel(many: FitResult, m: number, alone: FitResult): void {
  const a = many.table;
  const b = alone.table;
  expect(statusOf(b), `${a.formula} ${a.responses[m]}`).toBe(statusOf(a, m));
  expect(b.nobs[0]).toBe(a.nobs[m]);
  expect(b.rank[0]).toBe(a.rank[m]);
  // The terms may come in another order where a response loses levels; groups by name.
  b.groups.forEach((group, k) => {
    expect(a.groupLevels[m * a.groups.length + a.groups.indexOf(group)]).toBe(b.groupLevels[k]);
  });
  if (statusOf(b) !== 'ok') return;
  expect(Math.abs(a.criterion[m] - b.criterion[0])).toBeLessThan(1e-8);
  expect(relative(a.sigma[m], b.sigma[0])).toBeLessThan(TOLERANCE.engines);
  expect(Math.abs(a.r2Conditional[m] - b.r2Conditional[0])).toBeLessThan(TOLERANCE.r2);
  const width = a.coefficients.names.length;
  for (const [k, name] of a.coefficients.names.entries()) {
    const j = b.coefficients.names.indexOf(name);
    const at = m * width + k;
    if (j < 0) {
      expect(a.coefficients.estimate[at], `${name} of ${a.responses[m]}`).toBeNaN();
      continue;
    }
    const se = b.coefficients.standardError[j];
    expect(Math.abs(a.coefficients.estimate[at] - b.coefficients.estimate[j]) / se).toBeLessThan(TOLERANCE.engines);
    expect(relative(a.coefficients.standardError[at], se)).toBeLessThan(TOLERANCE.engines);
    expect(relative(a.coefficients.df[at], b.coefficients.df[j])).toBeLessThan(TOLERANCE.enginesDf);
    expect(relative(a.coefficients.pValue[at], b.coefficients.pValue[j])).toBeLessThan(TAIL);
  }
  const ours = many.randomEffects(m);
  for (const theirs of alone.randomEffects(0)) {
    const entry = ours.find((e) => e.group === theirs.group && e.names.join() === theirs.names.join());
    expect(entry?.levels).toEqual(theirs.levels);
    for (const [k, mode] of theirs.estimate.entries()) {
      expect(Math.abs((entry?.estimate[k] ?? Number.NaN) - mode)).toBeLessThan(MODE * b.sigma[0]);
      const standardError = entry?.standardError[k] ?? Number.NaN;
      expect(Math.abs(standardError - theirs.standardError[k])).toBeLessThan(MODE * b.sigma[0]);
    }
  }
}

describe.each([
  ['~ x + (1 | g)', {}],
  ['~ x * arm + (1 | g)', { weights: 'w' }],
  ['~ x + (x | g)', {}],
  ['~ rare + (1 | g)', {}],
  ['~ x + rare + (1 | g) + (1 | h)', {}],
  ['~ x + (1 | h / g)', {}],
] as const)('missing values, %s', (formula, options) => {
  it('each response is fitted as if its rows were the only ones', async () => {
    const { responses, gaps } = gappy();
    const many = await fitDesign(buildDesign(formula, frame(columns), options), dense(responses), {
      ddf: 'satterthwaite',
      threads: 1,
      adjust: 'none',
    });
    for (const [m, gap] of gaps.entries()) {
      if (gap.every(Boolean)) {
        expect(statusOf(many.table, m)).toBe('too_few');
        continue;
      }
      const own = Object.fromEntries(
        Object.entries(columns).map(([name, values]) => [name, without<string | number>(values, gap)]),
      );
      const design = buildDesign(formula, frame(own as typeof columns), options);
      const alone = await fitDesign(design, dense({ y: without(responses[`y${m}`], gap) }), {
        ddf: 'satterthwaite',
        threads: 1,
        adjust: 'none',
      });
      expectSameModel(many, m, alone);
    }
  });
});

describe('weights of a response’s own', () => {
  const own = Array.from({ length: 6 }, (_, k) =>
    Array.from({ length: n }, (_, i) => (k === 4 && i % 5 === 0 ? 0 : Math.exp(random.normal()))),
  );
  const values = own.map(() => responseOver(random, g, x, 1, 0.3));
  values[2][5] = Number.NaN;
  const responses: DenseResponses = dense(Object.fromEntries(values.map((y, k) => [`y${k}`, y])), own);

  it.each(['~ x + (1 | g)', '~ x + (x | g)', '~ arm + (1 | g) + (1 | h)'])(
    'are the weights column of a fit alone: %s',
    async (formula) => {
      const many = await fitDesign(buildDesign(formula, frame(columns)), responses, { threads: 1, adjust: 'none' });
      for (let k = 0; k < own.length; k++) {
        const gap = own[k].map((v, i) => v === 0 || Number.isNaN(values[k][i]));
        const table = Object.fromEntries(
          Object.entries({ ...columns, w: own[k] }).map(([name, v]) => [name, without<string | number>(v, gap)]),
        );
        const design = buildDesign(formula, frame(table as typeof columns), { weights: 'w' });
        const alone = await fitDesign(design, dense({ y: without(values[k], gap) }), { threads: 1, adjust: 'none' });
        expectSameModel(many, k, alone);
      }
    },
  );

  it('multiply with the weights of the design', async () => {
    const random2 = new TestRandom(4);
    const prior = Array.from({ length: n }, () => 0.5 + random2.uniform());
    const both = await fitDesign(
      buildDesign('~ x + (1 | g)', frame({ ...columns, w: prior }), { weights: 'w' }),
      dense({ y: values[0] }, [own[0]]),
      { threads: 1 },
    );
    const product = await fitDesign(
      buildDesign('~ x + (1 | g)', frame({ ...columns, w: prior.map((v, i) => v * own[0][i]) }), { weights: 'w' }),
      dense({ y: values[0] }),
      { threads: 1 },
    );
    expectSameModel(both, 0, product);
  });
});
