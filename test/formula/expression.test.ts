import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { evaluateResponse } from '../../src/formula/expression.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { factor, numeric, table } from './reference-table.ts';

const data = table({
  y: numeric([1, 4, 'NA', 16]),
  x: numeric([2, -1, 5, 0.5]),
  f: factor(['a', 'b', 'a', 'b']),
  l: { kind: 'logical', values: Float64Array.from([1, 0, Number.NaN, 1]) },
});

function evaluated(source: string): number[][] {
  return parseFormula(`${source} ~ 1`).responses.map(({ expression }) => [
    ...evaluateResponse(expression, data, source),
  ]);
}

describe('evaluateResponse', () => {
  it.each([
    ['y', [1, 4, Number.NaN, 16]],
    ['sqrt(y)', [1, 2, Number.NaN, 4]],
    ['log2(y) * 2 - 1', [-1, 3, Number.NaN, 7]],
    ['log(y, 4)', [0, 1, Number.NaN, 2]],
    ['-x^2', [-4, -1, -25, -0.25]],
    ['(-x)^2', [4, 1, 25, 0.25]],
    ['2^-1^2 * x', [1, -0.5, 2.5, 0.25]],
    ['2^3^0 * x', [4, -2, 10, 1]],
    ['x %% 2 + x %/% 2', [1, 0, 3, 0.5]],
    ['-x %% 2', [0, 1, 1, 1.5]],
    ['I(y > 2 | x > 1)', [1, 1, 1, 1]],
    ['y > 2', [0, 1, Number.NaN, 1]],
    ['l', [1, 0, Number.NaN, 1]],
    ['abs(x) + l', [3, 1, Number.NaN, 1.5]],
    ['1^y', [1, 1, 1, 1]],
    ["x * (f == 'a')", [2, -0, 5, 0]],
    ['x - c(1)', [1, -2, 4, -0.5]],
  ])('%s', (source, values) => {
    expect(evaluated(source)).toEqual([values]);
  });

  it('evaluates several', () => {
    expect(evaluated('cbind(x, y = 2 * x)')).toEqual([
      [2, -1, 5, 0.5],
      [4, -2, 10, 1],
    ]);
  });

  it.each([
    ['f', /the response 'f' is a factor/],
    ['log(f)', /'f' is a factor/],
    ['z + y', /no column 'z'/],
    ["x + 'a'", /"a"' is a constant, not numbers/],
    ['x + c(1, 2)', /a list of constants, not numbers/],
  ])('refuses %s', (source, message) => {
    expect(() => evaluated(source)).toThrow(message);
    expect(() => evaluated(source)).toThrow(FitError);
  });
});
