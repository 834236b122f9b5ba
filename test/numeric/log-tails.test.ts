import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GumbelLowerTail, NormalUpperTail } from '../../src/numeric/distributions/log-tails.ts';

/** Relative errors of the value and of four derivatives: the normal tail's recurrences lose digits like t^3 and t^4 up to 12. */
const RELATIVE = [1e-13, 1e-13, 1e-12, 1e-9, 2e-8];

interface Reference {
  readonly at: readonly number[];
  readonly value: readonly number[];
}

/** Written by reference-values.py beside it. */
const REFERENCE = JSON.parse(
  readFileSync(new URL('../glmm/families/reference-values.json', import.meta.url), 'utf8'),
) as Record<'normalUpperTail' | 'gumbelLowerTail', readonly Reference[]>; // our own file

describe.each([
  ['normalUpperTail', new NormalUpperTail()],
  ['gumbelLowerTail', new GumbelLowerTail()],
] as const)('%s', (name, tail) => {
  it.each(REFERENCE[name])('has all digits at $at', ({ at, value }) => {
    tail.evaluate(at[0], 3);
    const found = [tail.value, tail.d1, tail.d2, tail.d3, tail.d4];
    found.forEach((v, k) => {
      // Where a tail is nearly 1, errors of the square in its exponent are multiplied by that.
      const magnified = 1 + at[0] * at[0] * (at[0] < 0 ? 1 : 0);
      expect(Math.abs(v / value[k] - 1)).toBeLessThan(RELATIVE[k] * magnified);
    });
  });

  it('joins its forms without a step', () => {
    const points = name === 'normalUpperTail' ? [0, 12] : [Math.log(0.1), Math.log(Math.LN2), Math.log(1e-8)];
    for (const point of points) {
      const at = (t: number) => {
        tail.evaluate(t, 3);
        return [tail.value, tail.d1, tail.d2, tail.d3, tail.d4];
      };
      const left = at(point - 1e-12);
      at(point + 1e-12).forEach((v, k) => {
        expect(Math.abs(v / left[k] - 1)).toBeLessThan(RELATIVE[k] + 1e-10);
      });
    }
  });
});
