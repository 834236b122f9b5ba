import { describe, expect, it } from 'vitest';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { type MomentSums, momentsFromSums } from '../../src/moments/sums.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { Design } from '../../src/types/design.ts';
import { arrayDifference } from '../lmm/comparison.ts';
import { dense, frame, responseOver, unbalancedLayout } from '../lmm/frames.ts';
import { TOLERANCE } from '../tolerance.ts';

/** Plain sums of rows `from` to `to` of a design, as a site that holds those rows forms them. */
function plainSums(design: Design, responses: readonly ArrayLike<number>[], from: number, to: number): MomentSums {
  const { n } = design;
  const p = design.fixed.names.length;
  const { codes, levels, group } = design.random[0];
  const J = levels.length;
  const G = responses.length;
  const sums = {
    n: to - from,
    coefficients: design.fixed.names,
    group,
    levels,
    names: responses.map((_, g) => `G${g}`),
    xtx: new Float64Array(p * p),
    xt1: new Float64Array(p),
    ztx: new Float64Array(J * p),
    ztz: new Float64Array(J),
    xty: new Float64Array(G * p),
    zty: new Float64Array(G * J),
    yty: new Float64Array(G),
    sumY: new Float64Array(G),
  };
  for (let i = from; i < to; i++) {
    sums.ztz[codes[i]]++;
    for (let a = 0; a < p; a++) {
      const xa = design.fixed.x[a * n + i];
      sums.xt1[a] += xa;
      sums.ztx[codes[i] * p + a] += xa;
      for (let b = 0; b < p; b++) sums.xtx[a * p + b] += xa * design.fixed.x[b * n + i];
      responses.forEach((y, g) => {
        sums.xty[g * p + a] += xa * y[i];
      });
    }
    responses.forEach((y, g) => {
      sums.zty[g * J + codes[i]] += y[i];
      sums.yty[g] += y[i] * y[i];
      sums.sumY[g] += y[i];
    });
  }
  return sums;
}

function added(a: MomentSums, b: MomentSums): MomentSums {
  const add = (x: Float64Array, y: Float64Array) => x.map((v, i) => v + y[i]);
  return {
    ...a,
    n: a.n + b.n,
    xtx: add(a.xtx, b.xtx),
    xt1: add(a.xt1, b.xt1),
    ztx: add(a.ztx, b.ztx),
    ztz: add(a.ztz, b.ztz),
    xty: add(a.xty, b.xty),
    zty: add(a.zty, b.zty),
    yty: add(a.yty, b.yty),
    sumY: add(a.sumY, b.sumY),
  };
}

describe('moments from plain sums', () => {
  const { random, g, x, arm, n } = unbalancedLayout(77, 15, 8);
  const design = buildDesign('~ x + arm + (1 | g)', frame({ g, x, arm }));
  const responses = [0, 0.5, 2].map((sd) => responseOver(random, g, x, sd, 0));

  it.each(['REML', 'ML'] as const)('give the fits of the rows, also added up over two sites, %s', async (method) => {
    const whole = momentsFromSums(plainSums(design, responses, 0, n));
    const sites = momentsFromSums(added(plainSums(design, responses, 0, 31), plainSums(design, responses, 31, n)));
    const rows = await fitMoments(
      denseMoments(design, dense(Object.fromEntries(responses.map((y, k) => [`G${k}`, y])))),
      { method, threads: 1 },
    );
    for (const moments of [whole, sites]) {
      const fits = await fitMoments(moments, { method, threads: 1 });
      expect([...fits.table.status]).toEqual([...rows.table.status]);
      for (const key of ['criterion', 'sigma', 'mean', 'theta', 'r2Marginal', 'r2Conditional', 'AIC'] as const) {
        expect(arrayDifference(fits.table[key], rows.table[key]), key).toBeLessThan(
          key === 'theta' ? 1e-6 : TOLERANCE.streamedFit,
        );
      }
      for (const key of ['estimate', 'standardError', 'df'] as const) {
        expect(arrayDifference(fits.table.coefficients[key], rows.table.coefficients[key]), key).toBeLessThan(
          TOLERANCE.enginesDf,
        );
      }
      const ours = fits.randomEffects(2)[0];
      const theirs = rows.randomEffects(2)[0];
      expect(arrayDifference(ours.estimate, theirs.estimate)).toBeLessThan(TOLERANCE.engines);
    }
  });

  it('refuses aliased columns, and fits no response whose digits are gone', () => {
    const good = plainSums(design, responses, 0, n);
    const aliased = { ...good, xtx: Float64Array.from(good.xtx) };
    const p = design.fixed.names.length;
    for (let a = 0; a < p; a++) aliased.xtx[a * p + 2] = aliased.xtx[a * p + 1];
    for (let a = 0; a < p; a++) aliased.xtx[2 * p + a] = aliased.xtx[p + a];
    aliased.xtx[2 * p + 2] = aliased.xtx[p + 1];
    expect(() => momentsFromSums(aliased)).toThrow(/singular/);
    const far = responses.map((y) => y.map((v) => v + 1e6));
    const lost = momentsFromSums(plainSums(design, far, 0, n));
    expect(lost.notes[0]).toMatch(/digits/);
    expect(lost.batches[0].responses.rss[0]).toBeNaN();
  });
});
