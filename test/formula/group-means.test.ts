import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { fixedMatrixOfRows, recipeOf } from '../../src/formula/recipe.ts';
import { columnsOf, factor, numeric, referenceTable, table } from './reference-table.ts';

/** The table holds R's values rounded to 8 decimals. */
const DIGITS = 7;

describe('within and between', () => {
  it("give the columns that R's ave() gave", () => {
    const data = referenceTable('sim_within_between.csv');
    const design = buildDesign('~ within(x, g) + between(x, g) + (1 | g)', data);
    expect(design.fixed.names).toEqual(['(Intercept)', 'within(x, g)', 'between(x, g)']);
    const [, within, between] = columnsOf(design.fixed.x, design.n);
    const column = (name: string) => {
      const found = data.columns.get(name);
      return found?.kind === 'numeric' ? found.values : new Float64Array(0);
    };
    const expectedWithin = column('x_within');
    const expectedBetween = column('x_between');
    within.forEach((value, i) => {
      expect(value).toBeCloseTo(expectedWithin[i], DIGITS);
    });
    between.forEach((value, i) => {
      expect(value).toBeCloseTo(expectedBetween[i], DIGITS);
    });
  });

  const data = table({
    x: numeric([1, 3, 5, 10, 20, 7]),
    w: numeric([1, 1, 'NA', 1, 1, 1]),
    g: factor(['a', 'a', 'a', 'b', 'b', 'b']),
    h: factor(['p', 'q', 'p', 'p', 'q', 'p']),
  });

  it('take means over the rows of the fit only', () => {
    // row 3 has no w and is not used: the mean of a is that of 1 and 3
    const design = buildDesign('~ w:within(x, g) + between(x, g) + (1 | g)', data);
    expect([...design.rows]).toEqual([0, 1, 3, 4, 5]);
    const columns = columnsOf(design.fixed.x, design.n);
    const mean = 37 / 3;
    expect(design.fixed.names).toEqual(['(Intercept)', 'between(x, g)', 'w:within(x, g)']);
    expect(columns[1]).toEqual([2, 2, mean, mean, mean]);
    expect(columns[2]).toEqual([-1, 1, 10 - mean, 20 - mean, 7 - mean]);
    const response = Float64Array.of(1, 1, 1, 1, 1, Number.NaN);
    const complete = buildDesign('~ between(x, g) + (1 | g)', data, { complete: [response] });
    expect(columnsOf(complete.fixed.x, complete.n)[1]).toEqual([3, 3, 3, 15, 15]);
  });

  it('interact, nest in functions and take a:b as a group', () => {
    const design = buildDesign('~ within(x, g):h + I(between(x, g:h)^2) + (1 | g)', data);
    expect(design.fixed.names).toEqual(['(Intercept)', 'I(between(x, g:h)^2)', 'within(x, g):hp', 'within(x, g):hq']);
    expect(columnsOf(design.fixed.x, design.n)[1]).toEqual([9, 9, 9, 72.25, 400, 72.25]);
  });

  it('keep trained means for known groups; a new group has the mean of its own rows', () => {
    const recipe = recipeOf(buildDesign('~ within(x, g) + between(x, g) + (1 | g)', data));
    const given = table({ x: numeric([0, 4, 6, 'NA', 1]), g: factor(['a', 'z', 'z', 'b', 'NA'], ['z', 'a', 'b']) });
    expect(columnsOf(fixedMatrixOfRows(recipe, given).values, 5)).toEqual([
      [1, 1, 1, Number.NaN, Number.NaN],
      [-3, -1, 1, Number.NaN, Number.NaN],
      [3, 5, 5, Number.NaN, Number.NaN],
    ]);
  });

  it('leave out rows without x or group, and want both', () => {
    const gaps = table({ x: numeric([1, 'NA', 3]), g: factor(['a', 'a', 'NA'], ['a']), y: numeric([1, 2, 3]) });
    expect([...buildDesign('~ between(x, g) + (1 | y)', gaps).rows]).toEqual([0]);
    expect(() => buildDesign('~ within(x) + (1 | g)', data)).toThrow("within() needs the argument 'g'");
    expect(() => buildDesign('~ within(g, g) + (1 | g)', data)).toThrow("'g' is a factor");
  });
});
