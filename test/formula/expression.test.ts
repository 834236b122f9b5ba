import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { evaluateResponse } from '../../src/formula/expression.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { TOLERANCE } from '../tolerance.ts';
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
    ['sign(x)', [1, -1, 1, 1]],
    ['floor(-x)', [-2, 1, -5, -1]],
    ['ceiling(x / 2) + 0', [1, 0, 3, 1]],
    ['round(x)', [2, -1, 5, 0]],
    ['round(x / 3, 2)', [0.67, -0.33, 1.67, 0.17]],
    ['round(x * 100, digits = -2)', [200, -100, 500, 0]],
    ['round(x * 0.345, 2)', [0.69, -0.34, 1.72, 0.17]],
    ['pmin(x, 1)', [1, -1, 1, 0.5]],
    ['pmax(0, x, y)', [2, 4, Number.NaN, 16]],
    ['pmax(x, y, na.rm = TRUE)', [2, 4, 5, 16]],
    ['pmin(l, x)', [1, -1, Number.NaN, 0.5]],
    ['x * (pi > 3.1415926 & pi < 3.1415927)', [2, -1, 5, 0.5]],
    ['x < Inf', [1, 1, 1, 1]],
    ['-Inf > x', [0, 0, 0, 0]],
  ])('%s', (source, values) => {
    expect(evaluated(source)).toEqual([values]);
  });

  // R 4.2.2: sprintf('%.17g', sin(2 * pi * x)) ...
  it.each([
    [
      'sin(2 * pi * x)',
      [-4.8985871965894128e-16, 2.4492935982947064e-16, -1.2246467991473533e-15, 1.2246467991473532e-16],
    ],
    ['cos(x)', [-0.41614683654714241, 0.54030230586813977, 0.28366218546322625, 0.87758256189037276]],
    ['tan(x)', [-2.1850398632615189, -1.5574077246549023, -3.3805150062465859, 0.54630248984379048]],
    ['asin(x / 5)', [0.41151684606748806, -0.2013579207903308, 1.5707963267948966, 0.1001674211615598]],
    ['acos(x / 5)', [1.1592794807274085, 1.7721542475852274, 0, 1.4706289056333368]],
    ['atan(x)', [1.1071487177940904, -0.78539816339744828, 1.3734007669450159, 0.46364760900080609]],
    ['tanh(x)', [0.9640275800758169, -0.76159415595576485, 0.99990920426259511, 0.46211715726000974]],
    ['sinpi(x / 5)', [0.95105651629515353, -0.58778525229247314, 0, 0.3090169943749474]],
    ['cospi(x)', [1, -1, -1, 0]],
  ])('%s as R has it', (source, values) => {
    const [found] = evaluated(source);
    expect(found).toHaveLength(values.length);
    values.forEach((value, i) => {
      const bound = TOLERANCE.elementary * Math.max(1, Math.abs(value));
      expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(bound);
    });
  });

  it.each([-2.5, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 1e6 + 0.5])('sinpi and cospi are exact at %d', (at) => {
    const single = table({ x: numeric([at]) });
    const [sine, cosine] = ['sinpi(x)', 'cospi(x)'].map(
      (source) => evaluateResponse(parseFormula(`${source} ~ 1`).responses[0].expression, single)[0],
    );
    const quarters = (((2 * at) % 4) + 4) % 4; // turns of a quarter
    expect(sine).toBe([0, 1, 0, -1][quarters]);
    expect(cosine).toBe([1, 0, -1, 0][quarters]);
  });

  it('takes a column called pi before the number', () => {
    const named = table({ pi: numeric([1, 2]), x: numeric([5, 6]) });
    expect([...evaluateResponse(parseFormula('x * pi ~ 1').responses[0].expression, named)]).toEqual([5, 12]);
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
    ['round(x, 0.5)', /the digits of round\(\) must be a whole number from -300 to 300/],
    ['pmin(f, x)', /'f' is a factor/],
    ['pmin(na.rm = TRUE, x = x)', /pmin\(\) has no argument 'x'/],
    ['x + pmax(na.rm = TRUE)', /pmax\(\) needs an argument/],
    ['pi', /the response 'pi' is a constant/],
  ])('refuses %s', (source, message) => {
    expect(() => evaluated(source)).toThrow(message);
    expect(() => evaluated(source)).toThrow(FitError);
  });
});
