import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrastCoding } from '../../src/formula/contrasts.ts';
import { orthogonalPolynomial } from '../../src/formula/polynomial.ts';

/** Sums of at most 40 products of numbers below 1. */
const ROUNDING = 1e-13;

function columns(values: Float64Array, n: number): number[][] {
  return Array.from({ length: values.length / n }, (_, j) => [...values.subarray(j * n, (j + 1) * n)]);
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);

describe('orthogonalPolynomial', () => {
  it('gives orthonormal columns with sum zero, whatever the location and scale', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 6, maxLength: 40 }),
        fc.constantFrom(1e-3, 1, 1e6),
        fc.constantFrom(0, 1e6),
        (integers, scale, shift) => {
          const x = integers.map((value) => (value + shift) * scale);
          const basis = columns(orthogonalPolynomial(x, 4) ?? new Float64Array(), x.length);
          expect(basis).toHaveLength(4);
          for (const [j, column] of basis.entries()) {
            expect(Math.abs(column.reduce((sum, value) => sum + value, 0))).toBeLessThan(ROUNDING);
            for (const [k, other] of basis.entries()) {
              expect(Math.abs(dot(column, other) - (j === k ? 1 : 0))).toBeLessThan(ROUNDING);
            }
          }
          expect(
            dot(
              basis[0],
              x.map((value) => (value - x[0]) / scale),
            ),
          ).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('leaves missing values missing', () => {
    const [linear] = columns(orthogonalPolynomial([1, Number.NaN, 2, 3], 1) ?? new Float64Array(), 4);
    expect(linear[1]).toBeNaN();
    expect(linear[0]).toBeCloseTo(-Math.SQRT1_2, 15);
    expect(linear[2]).toBeCloseTo(0, 15);
  });

  it('needs more values than the degree', () => {
    expect(orthogonalPolynomial([1, 1, 2], 2)).toBeUndefined();
    expect(orthogonalPolynomial([], 1)).toBeUndefined();
  });
});

describe('contrastCoding', () => {
  it.each([
    [
      'treatment',
      ['b', 'c'],
      [
        [0, 1, 0],
        [0, 0, 1],
      ],
    ],
    [
      'sum',
      ['1', '2'],
      [
        [1, 0, -1],
        [0, 1, -1],
      ],
    ],
    [
      'helmert',
      ['1', '2'],
      [
        [-1, 1, 0],
        [-1, -1, 2],
      ],
    ],
  ] as const)('%s', (coding, suffixes, expected) => {
    const { suffixes: found, values } = contrastCoding(coding, ['a', 'b', 'c']);
    expect(found).toEqual(suffixes);
    expect(columns(values, 3)).toEqual(expected);
  });

  it('poly', () => {
    const { suffixes, values } = contrastCoding('poly', ['a', 'b', 'c', 'd', 'e']);
    expect(suffixes).toEqual(['.L', '.Q', '.C', '^4']);
    // R: contr.poly(5)
    const [linear, quadratic, , quartic] = columns(values, 5);
    expect(linear[0]).toBeCloseTo(-0.632455532033676, 14);
    expect(quadratic[1]).toBeCloseTo(-0.267261241912424, 14);
    expect(quartic[2]).toBeCloseTo(0.717137165600636, 14);
  });

  it('has no column for one level', () => {
    for (const coding of ['treatment', 'sum', 'helmert', 'poly'] as const) {
      expect(contrastCoding(coding, ['a']).suffixes).toEqual([]);
      expect(contrastCoding(coding, []).values).toHaveLength(0);
    }
  });
});
