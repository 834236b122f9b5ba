import { describe, expect, it } from 'vitest';
import type { RowDerivatives } from '../../../src/glmm/family-kernel.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { FAMILY_LINKS, randomCase, remainderAt, rowsAt, slopes } from './pseudo-rows.ts';

const SEEDS = Array.from({ length: 20 }, (_, k) => k + 1);

/** The largest difference, relative to 1 + size. */
function distance(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(found.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const difference = Math.abs(found[i] - expected[i]) / (1 + Math.abs(expected[i]));
    // NaN is no small difference.
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

describe.each(FAMILY_LINKS)('%s with %s link', (family, link) => {
  it('has derivatives by the linear predictor that are those of its log likelihood', () => {
    for (const seed of SEEDS) {
      const { kernel, eta, extras } = randomCase(family, link, seed);
      const at = rowsAt(kernel, eta, extras);
      const by = (name: keyof RowDerivatives) =>
        slopes((h) =>
          rowsAt(
            kernel,
            eta.map((x) => x + h),
            extras,
          )[name].slice(),
        );
      expect(distance(at.r, by('l'))).toBeLessThan(TOLERANCE.familySlope);
      expect(
        distance(
          at.w.map((w) => -w),
          by('r'),
        ),
      ).toBeLessThan(TOLERANCE.familySlope);
      expect(distance(at.w1, by('w'))).toBeLessThan(TOLERANCE.familySlope);
      if (kernel.hasSecond) expect(distance(at.w2, by('w1'))).toBeLessThan(TOLERANCE.familySlope);
    }
  });

  it('has derivatives by its extras', () => {
    for (const seed of SEEDS) {
      const { kernel, eta, extras } = randomCase(family, link, seed);
      const rows = eta.length;
      // Away from the boundary, which for differences is a singularity.
      if (kernel.least[0] === 0) extras[0] += 0.4;
      const at = rowsAt(kernel, eta, extras);
      const own = remainderAt(kernel, extras);
      for (let e = 0; e < kernel.extras; e++) {
        const moved = (h: number) => extras.map((value, k) => (k === e ? value + h : value));
        const by = (name: keyof RowDerivatives) => slopes((h) => rowsAt(kernel, eta, moved(h))[name].subarray(0, rows));
        const of = (array: Float64Array) => array.subarray(e * rows, (e + 1) * rows);
        expect(distance(of(at.lE), by('l'))).toBeLessThan(TOLERANCE.familySlope);
        expect(distance(of(at.rE), by('r'))).toBeLessThan(TOLERANCE.familySlope);
        expect(distance(of(at.wE), by('w'))).toBeLessThan(TOLERANCE.familySlope);
        const value = slopes((h) => Float64Array.of(remainderAt(kernel, moved(h)).value));
        expect(distance(own.first.subarray(e, e + 1), value)).toBeLessThan(TOLERANCE.familySlope);
        if (!kernel.hasSecond) continue;
        expect(distance(at.lEE, by('lE'))).toBeLessThan(TOLERANCE.familySlope);
        expect(distance(at.rEE, by('rE'))).toBeLessThan(TOLERANCE.familySlope);
        expect(distance(at.wEE, by('wE'))).toBeLessThan(TOLERANCE.familySlope);
        expect(distance(at.w1E, by('w1'))).toBeLessThan(TOLERANCE.familySlope);
        expect(
          distance(
            own.second,
            slopes((h) => remainderAt(kernel, moved(h)).first),
          ),
        ).toBeLessThan(TOLERANCE.familySlope);
      }
    }
  });

  it('has the same values whatever else is asked for', () => {
    const { kernel, eta, extras } = randomCase(family, link, 77);
    const all = rowsAt(kernel, eta, extras, 3);
    const some = rowsAt(kernel, eta, extras, 2);
    const few = rowsAt(kernel, eta, extras, 1);
    for (const name of ['l', 'r', 'w'] as const) {
      expect(distance(few[name], all[name])).toBeLessThan(TOLERANCE.familyRounding);
    }
    for (const name of ['w1', 'lE', 'rE', 'wE'] as const) {
      expect(distance(some[name], all[name])).toBeLessThan(TOLERANCE.familyRounding);
    }
    const remainder = remainderAt(kernel, extras, 1).value;
    expect(remainder).toBeCloseTo(remainderAt(kernel, extras, 3).value, 12);
    expect(remainderAt(kernel, extras, 2).first).toEqual(remainderAt(kernel, extras, 3).first);
  });
});
