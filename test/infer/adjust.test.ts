import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFitError } from '../../src/errors.ts';
import { ADJUSTMENTS, type Adjustment, adjustPValues } from '../../src/infer/adjust.ts';

/** Products of p and small integers, rounded once or twice. */
const rounding = 1e-15;

const p = Float64Array.of(0.01, NaN, 0.02, 0.03, 0.04, 0.05, 0.5, 0.9, 1e-20, 0.02, NaN, 1);

/** R 4: p.adjust(c(0.01, NA, 0.02, 0.03, 0.04, 0.05, 0.5, 0.9, 1e-20, 0.02, NA, 1), method). */
const fromR: Record<Exclude<Adjustment, 'none' | 'storey'>, number[]> = {
  BH: [0.05, NaN, 0.05, 0.06, 0.2 / 3, 0.5 / 7, 0.625, 1, 1e-19, 0.05, NaN, 1],
  holm: [0.09, NaN, 0.16, 0.18, 0.2, 0.2, 1, 1, 1e-19, 0.16, NaN, 1],
  bonferroni: [0.1, NaN, 0.2, 0.3, 0.4, 0.5, 1, 1, 1e-19, 0.2, NaN, 1],
};

function expectClose(got: Float64Array, expected: readonly number[]) {
  expect(got.length).toBe(expected.length);
  expected.forEach((value, i) => {
    if (Number.isNaN(value)) expect(got[i]).toBeNaN();
    else expect(Math.abs(got[i] - value)).toBeLessThanOrEqual(rounding * value);
  });
}

describe('adjustPValues', () => {
  it.each(['BH', 'holm', 'bonferroni'] as const)('%s agrees with R, NaN left out', (method) => {
    expectClose(adjustPValues(p, method), fromR[method]);
  });

  it('none is a copy', () => {
    const same = adjustPValues(p, 'none');
    expect(same).toEqual(p);
    expect(same).not.toBe(p);
  });

  it.each(ADJUSTMENTS)('%s by groups is each group by itself', (method) => {
    const twice = Float64Array.of(...p, ...p.map((value) => value / 3));
    const groups = Int32Array.from(twice, (_, i) => (i < p.length ? 7 : -1));
    expect(adjustPValues(twice, method, groups)).toEqual(
      Float64Array.of(
        ...adjustPValues(p, method),
        ...adjustPValues(
          p.map((value) => value / 3),
          method,
        ),
      ),
    );
  });

  it.each(['BH', 'holm'] as const)('%s gives equal p-values one adjusted value', (method) => {
    const tied = Float64Array.of(0.04, 0.01, 0.04, 0.5, 0.01, 0.04, NaN, 0.01);
    const adjusted = adjustPValues(tied, method);
    tied.forEach((value, i) => {
      tied.forEach((other, j) => {
        if (value === other) expect(adjusted[i]).toBe(adjusted[j]);
      });
    });
    expect(adjusted[3]).toBe(0.5);
    expect(adjusted[1]).toBe(method === 'BH' ? (0.01 * 7) / 3 : 0.01 * 7);
  });

  it('has no work with nothing to test', () => {
    expect(adjustPValues(new Float64Array(0), 'BH').length).toBe(0);
    expect(adjustPValues(Float64Array.of(NaN, NaN), 'holm')).toEqual(Float64Array.of(NaN, NaN));
  });

  it('keeps the order of the p-values, never lowers one, and BH <= Holm <= Bonferroni', () => {
    const probabilities = fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(NaN)));
    fc.assert(
      fc.property(probabilities, (values) => {
        const raw = Float64Array.from(values);
        const bh = adjustPValues(raw, 'BH');
        const holm = adjustPValues(raw, 'holm');
        const bonferroni = adjustPValues(raw, 'bonferroni');
        raw.forEach((value, i) => {
          if (Number.isNaN(value)) {
            expect([bh[i], holm[i], bonferroni[i]]).toEqual([NaN, NaN, NaN]);
            return;
          }
          expect(bh[i]).toBeGreaterThanOrEqual(value * (1 - rounding));
          expect(holm[i]).toBeGreaterThanOrEqual(bh[i] * (1 - rounding));
          expect(bonferroni[i]).toBeGreaterThanOrEqual(holm[i] * (1 - rounding));
          raw.forEach((other, j) => {
            if (value <= other) expect(bh[i]).toBeLessThanOrEqual(bh[j]);
          });
        });
      }),
    );
  });

  it('rejects a group list of another length', () => {
    expect(() => adjustPValues(p, 'BH', new Int32Array(3))).toThrow(/3 groups for 12 p-values/);
    try {
      adjustPValues(p, 'fdr' as Adjustment); // a caller without types
      expect.unreachable();
    } catch (error) {
      expect(isFitError(error, 'OptionError')).toBe(true);
    }
  });
});
