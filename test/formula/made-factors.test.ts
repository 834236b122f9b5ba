import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { fixedMatrixOfRows, recipeOf } from '../../src/formula/recipe.ts';
import { gridAxis, marginalMeanRows, marginalSlopeRows } from '../../src/formula/reference-grid.ts';
import { TOLERANCE } from '../tolerance.ts';
import { columnsOf, factor, numeric, table } from './reference-table.ts';

const train = table({
  x: numeric([1, 2, 3, 5, 8, 13, 2, 4]),
  f: factor(['a', 'b', 'b', 'a', 'b', 'a', 'a', 'b']),
  g: factor(['u', 'u', 'v', 'v', 'u', 'u', 'v', 'u']),
  k: numeric([100000, 2, 2, 100000, 2, 2, 100000, 2]),
  l: { kind: 'logical', values: Float64Array.from([1, 0, 1, 0, 1, 0, 1, 0]) },
});

describe('cut, interaction and ifelse', () => {
  it('keep the breaks and levels of the fit', () => {
    const recipe = recipeOf(buildDesign('~ cut(x, 2) + interaction(f, k) + ifelse(x > 4, "late", "early")', train));
    expect(recipe.trained).toContainEqual({
      kind: 'cut',
      call: 'cut(x, 2)',
      breaks: [1 - 12 / 1000, 7, 13 + 12 / 1000],
    });
    const whole = columnsOf(fixedMatrixOfRows(recipe, train).values, 8);
    // alone, the row has one value to cut, one combination, and numbers that would be texts of another kind
    const row = table({ x: numeric([5]), f: factor(['a']), k: numeric([1e5]) });
    expect(columnsOf(fixedMatrixOfRows(recipe, row).values, 1).flat()).toEqual(whole.map((column) => column[3]));
    const beyond = table({ x: numeric([-3]), f: factor(['a']), k: numeric([2]) });
    expect(fixedMatrixOfRows(recipe, beyond).values.every(Number.isNaN)).toBe(true);
    const unseen = table({ x: numeric([5]), f: factor(['b']), k: numeric([1e5]) });
    expect(() => fixedMatrixOfRows(recipe, unseen)).toThrow("'interaction(f, k)' has the level 'b.100000' in row 1");
  });

  it.each([
    ['ifelse(f == "a", "new", g)', ['u', 'v', 'new'].sort()],
    ['ifelse(x > 4, "late", NA)', ['late']],
    ['interaction(f)', ['a', 'b']],
    ['interaction(l, f, sep = "")', ['FALSEa', 'TRUEa', 'FALSEb', 'TRUEb']],
    ['cut(k - k + 5, 2)', ['(4.995,5]']], // one value only
  ])('%s has the levels %j', (call, levels) => {
    const recipe = recipeOf(buildDesign(`~ 0 + (1 | x) + ${call}`, train));
    expect(recipe.variables[0].levels).toEqual(levels);
  });

  it('makes one level of combinations that read alike', () => {
    const alike = table({ a: factor(['1', '1.2', '1']), b: factor(['2.3', '3', '3']) });
    const recipe = recipeOf(buildDesign('~ interaction(a, b)', alike));
    expect(recipe.variables[0].levels).toEqual(['1.2.3', '1.3']);
  });

  it('chooses logical values from logical ones', () => {
    expect(buildDesign('~ ifelse(x > 3, l, TRUE)', train).fixed.names[1]).toBe('ifelse(x > 3, l, TRUE)TRUE');
    expect(buildDesign('~ ifelse(x > 3, l, 1)', train).fixed.names[1]).toBe('ifelse(x > 3, l, 1)');
  });

  it('takes contrasts of the column that is cut', () => {
    const { fixed } = buildDesign('~ cut(x, 2)', train, { coding: { x: 'sum' } });
    expect(fixed.names[1]).toBe('cut(x, 2)1');
  });

  it.each([
    ['y ~ cut(x, 1)', 12, /the breaks of cut\(\) must be a whole number from 2 to 10000/],
    ['y ~ cut(x)', 5, /cut\(\) needs the argument 'breaks'/],
    ['y ~ cut(f, 3)', 9, /'f' is a factor/],
    ['y ~ cut(x, c(1, 2, 1))', 12, /a break comes twice/],
    ["y ~ cut(x, 'a')", 12, /needs numbers here/],
    ['y ~ cut(x, x)', 12, /needs constants here/],
    ["y ~ cut(x, 3, labels = c('a', 'b'))", 24, /2 labels for 3 intervals/],
    ["y ~ cut(x, 2, labels = c('a', 'a'))", 24, /a level comes twice/],
    ['y ~ cut(x, 3, lables = 1)', 24, /no argument 'lables'; did you mean 'labels'\?/],
    ['y ~ cut(x / 0 - x / 0, 3)', 15, /has no value to cut/],
    ['y ~ interaction(f, sp = 1)', 25, /no argument 'sp'; did you mean 'sep'\?/],
    ['y ~ interaction(sep = "-")', 5, /interaction\(\) needs an argument/],
    ['y ~ interaction(f, poly(x, 2))', 20, /is a matrix of several columns/],
    ['y ~ ifelse(f, x, 1)', 12, /'f' is a factor/],
    ['y ~ ifelse(pi > 3, x, 1)', 15, /the test of ifelse\(\) reads no column/],
    ['y ~ ifelse(x > 3, f, 1)', 22, /chooses between text and '1', which is a constant/],
    ['y ~ ifelse(x > 3, x, c(1, 2))', 22, /a list of constants, not numbers/],
    ['y ~ ifelse(x > 3, x)', 5, /needs the argument 'no'/],
    ['y ~ sin(pi)', 5, /this term is a constant/],
  ])('%s is refused at column %d', (source, position, message) => {
    try {
      buildDesign(source, train);
    } catch (error) {
      expect(error).toBeInstanceOf(FitError);
      expect((error as FitError).message).toMatch(message);
      expect((error as FitError).fields).toMatchObject({ position, source });
      return;
    }
    throw new Error('was accepted');
  });
});

describe('pi in a saved fit', () => {
  it('stays a number, or a column, as it was in the fit', () => {
    const number = recipeOf(buildDesign('~ sin(pi * x)', train));
    expect(number.variables[0].columns).toEqual(['x']);
    const column = table({ x: numeric([0.5]), pi: numeric([0]) });
    expect([...fixedMatrixOfRows(number, column).values]).toEqual([1, 1]);
    const owned = recipeOf(buildDesign('~ I(pi * x)', table({ x: numeric([1, 2, 3]), pi: numeric([1, 5, 2]) })));
    expect(owned.variables[0].columns).toEqual(['pi', 'x']);
    expect(() => fixedMatrixOfRows(owned, train)).toThrow("no column 'pi'");
  });
});

describe('marginal means', () => {
  it.each(['~ ns(x, 3) + f', '~ bs(x, 4) + f', '~ sin(pi * x / 7) + pmin(x, 4) + f'])(
    '%s: at the transform of the mean',
    (formula) => {
      const recipe = recipeOf(buildDesign(formula, train));
      const { weights } = marginalMeanRows(recipe, [gridAxis(recipe, 'f')]);
      const at = table({ x: numeric([38 / 8, 38 / 8]), f: factor(['a', 'b']) });
      const rows = columnsOf(fixedMatrixOfRows(recipe, at).values, 2);
      expect([...weights]).toEqual([0, 1].flatMap((row) => rows.map((column) => column[row])));
    },
  );

  it('have the intervals and combinations as levels', () => {
    const recipe = recipeOf(buildDesign('~ cut(x, 2) + interaction(f, g)', train));
    expect(gridAxis(recipe, 'x')).toMatchObject({ name: 'cut(x, 2)', levels: ['(0.988,7]', '(7,13]'] });
    const axis = gridAxis(recipe, 'interaction(f, g)');
    expect(axis.levels).toEqual(['a.u', 'b.u', 'a.v', 'b.v']);
    expect(marginalMeanRows(recipe, [axis]).count).toBe(4);
  });

  it('have slopes: those of a natural spline beyond the boundary are those of its line', () => {
    const recipe = recipeOf(buildDesign('~ ns(x, 3)', train));
    const [near, far] = [20, 200].map((x) => marginalSlopeRows(recipe, 'x', [], new Map([['x', x]])).weights);
    near.forEach((slope, k) => {
      expect(Math.abs(slope - far[k])).toBeLessThan(TOLERANCE.splineSlope);
    });
    expect(near.some((slope) => Math.abs(slope) > TOLERANCE.splineSlope)).toBe(true);
  });
});
