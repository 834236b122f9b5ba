import { expect, it } from 'vitest';
import { levelTexts, numberText } from '../../src/formula/number-text.ts';

// as.character() of R 4.2.2
it.each([
  [0, '0'],
  [-1, '-1'],
  [0.1, '0.1'],
  [1 / 3, '0.333333333333333'],
  [2 / 3, '0.666666666666667'],
  [100, '100'],
  [100000, '1e+05'],
  [123456, '123456'],
  [100000.1, '100000.1'],
  [1e-4, '1e-04'],
  [1e-5, '1e-05'],
  [0.00012345, '0.00012345'],
  [1e15, '1e+15'],
  [123456789012345680, '123456789012345680'],
  [0.1 + 0.2, '0.3'],
  [-2.5, '-2.5'],
  [1e300, '1e+300'],
  [33.333333333333336, '33.3333333333333'],
  [1234567.1234567, '1234567.1234567'],
  [5e-324, '4.94065645841247e-324'],
  [1.7976931348623157e308, '1.79769313486232e+308'],
  [99999, '99999'],
  [1e6, '1e+06'],
  [Number.NaN, 'NA'],
  [Number.NEGATIVE_INFINITY, '-Inf'],
])('prints %d as R does', (value, text) => {
  expect(numberText(value)).toBe(text);
});

it('prints whole numbers of a column without exponent, as R does for integers', () => {
  expect(levelTexts([100000, 308, -0])).toEqual(['100000', '308', '0']);
  expect(levelTexts([100000, 0.5])).toEqual(['1e+05', '0.5']);
});
