import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { buildDesign, type DesignOptions } from '../../src/formula/design.ts';
import type { Table } from '../../src/types/table.ts';
import { columnsOf, factor, numeric, referenceTable, table } from './reference-table.ts';

const small = table({
  y: numeric([1, 2, 3, 4, 5, 6]),
  x: numeric([1, 'NA', 3, 4, 5, 7]),
  w: numeric([1, 2, 0, 1, 'NA', 3]),
  f: factor(['a', 'b', 'a', 'c', 'b', 'a']),
  g: factor(['p', 'p', 'q', 'q', 'r', 'r']),
  l: { kind: 'logical', values: Float64Array.from([1, 0, 1, Number.NaN, 0, 1]) },
});

function refused(formula: string, options: DesignOptions = {}, data: Table = small): FitError {
  try {
    buildDesign(formula, data, options);
  } catch (error) {
    if (error instanceof FitError) return error;
    throw error;
  }
  throw new Error(`'${formula}' was accepted`);
}

describe('rows of a design', () => {
  it('leaves out missing values and says which', () => {
    const design = buildDesign('~ x + l + (1 | g)', small);
    expect([...design.rows]).toEqual([0, 2, 4, 5]);
    expect(design.notes).toEqual(['left out 2 of 6 rows with missing values (x 1, l 1)']);
    expect(design.fixed.names).toEqual(['(Intercept)', 'x', 'lTRUE']);
  });

  it('leaves out rows of weight 0 and of missing weight', () => {
    const design = buildDesign('~ 1', small, { weights: 'w' });
    expect([...design.rows]).toEqual([0, 1, 3, 5]);
    expect([...(design.weights ?? [])]).toEqual([1, 2, 1, 3]);
    expect(design.notes).toContain('left out 1 of 6 rows of weight 0');
  });

  it('starts from given rows, and looks at responses', () => {
    const y = Float64Array.from([1, 2, 3, 4, 5, Number.NaN]);
    const design = buildDesign('y ~ f', small, { rows: Int32Array.of(0, 2, 4, 5), complete: [y] });
    expect([...design.rows]).toEqual([0, 2, 4]);
    expect(design.fixed.names).toEqual(['(Intercept)', 'fb']);
    expect(design.notes).toContain("'f': dropped 1 unused level: c");
    expect(design.notes[0]).toMatch(/\(y 1\)/);
  });

  it('evaluates transformations on all given rows, before missing values go', () => {
    const days = numeric([0, 1, 2, 3, 4, 5]);
    const hole = numeric(['NA', 1, 1, 1, 2, 3]);
    const design = buildDesign('~ scale(d) + hole', table({ d: days, hole }));
    const [, scaled] = columnsOf(design.fixed.x, design.n);
    // R: scale(0:5)[2]
    expect(scaled[0]).toBeCloseTo(-0.801783725737273, 14);
    expect(design.n).toBe(5);
  });

  it('refuses missing values on request', () => {
    const error = refused('~ x', { na: 'fail' });
    expect(error.tag).toBe('DataError');
    expect(error.message).toBe("missing value in 'x', row 2");
  });

  it('sums offsets', () => {
    const design = buildDesign('~ 1 + offset(y) + offset(2 * y)', small, { offset: 'y' });
    expect([...(design.offset ?? [])]).toEqual([4, 8, 12, 16, 20, 24]);
    expect(buildDesign('~ 1', small).offset).toBeUndefined();
  });
});

describe('columns of a design', () => {
  it('drops aliased columns and names them', () => {
    const data = referenceTable('sim_rank_deficient.csv');
    const design = buildDesign('y ~ x + x2 + f + h + (1 | g)', data);
    expect(design.fixed.names).toEqual(['(Intercept)', 'x', 'fv', 'fw']);
    expect(design.fixed.assign).toEqual([0, 1, 3, 3]);
    expect(design.fixed.dropped).toEqual(['x2', 'hB']);
    expect(design.fixed.x).toHaveLength(4 * design.n);
    expect(design.notes.at(-1)).toBe('fixed effects are rank deficient: dropped 2 aliased columns: x2, hB');
  });

  it('leaves the coding of random effects alone, as lme4 does', () => {
    const design = buildDesign('~ f + (f | g)', small, { coding: { f: 'sum' } });
    expect(design.fixed.names).toEqual(['(Intercept)', 'f1', 'f2']);
    expect(design.random[0].names).toEqual(['(Intercept)', 'fb', 'fc']);
  });

  it('codes factor(x) by the option for x', () => {
    const design = buildDesign('~ factor(y)', small, { coding: { y: 'helmert' } });
    expect(design.fixed.names).toEqual(['(Intercept)', ...[1, 2, 3, 4, 5].map((j) => `factor(y)${j}`)]);
  });

  it('allows a model without fixed effects and one without rows to spare', () => {
    expect(buildDesign('~ 0 + (1 | g)', small).fixed.names).toEqual([]);
    const one = buildDesign('~ y + (1 | g)', small, { rows: Int32Array.of(3) });
    expect(one.n).toBe(1);
    expect(one.fixed.names).toEqual(['(Intercept)']);
    expect(one.random[0].levels).toEqual(['q']);
  });

  it('groups by numbers and by conditions', () => {
    const design = buildDesign('~ 1 + (1 | y:l)', small);
    expect(design.random[0].levels).toEqual(['1:TRUE', '2:FALSE', '3:TRUE', '5:FALSE', '6:TRUE']);
  });

  it('gives random terms nothing but what their type says', () => {
    const [term] = buildDesign('~ 1 + (1 | g)', small).random;
    expect(Object.keys(term)).toEqual(['group', 'names', 'levels', 'codes', 'z']);
  });

  it('shares the columns of equal left sides', () => {
    const { random } = buildDesign('~ 1 + (y | g) + (y | f)', small);
    expect(random[0].z).toBe(random[1].z);
  });

  it('survives a structured clone', () => {
    const design = buildDesign('~ f*poly(y, 2) + (1 | g)', small);
    expect(structuredClone(design)).toEqual(design);
  });
});

describe('misuse', () => {
  it.each([
    ['~ fx', 'FormulaError', /^no column 'fx'; did you mean/],
    ['~ condtion', 'FormulaError', /^no column 'condtion'/],
    ['~ log(f)', 'FormulaError', /'f' is a factor \(text\), not numbers/],
    ['~ f + offset(f)', 'FormulaError', /offset\(f\) is not one column of numbers/],
    ['~ I(y:y)', 'FormulaError', /':' means an interaction/],
    ['~ poly(y, 6)', 'FormulaError', /needs more than 6 different values/],
    ['~ poly(y, 0)', 'FormulaError', /degree of poly/],
    ['~ I(poly(y, 2))', 'none', /^$/],
    ['~ log(poly(y, 2))', 'FormulaError', /a matrix of several columns, not numbers/],
    ['~ I(f > "a")', 'FormulaError', /no meaning for a factor without order/],
    ['~ log(y - 1)', 'DataError', /'log\(y - 1\)' is -Infinity in row 1/],
    ['~ relevel(f, ref = "z")', 'FormulaError', /ref must be one of the levels/],
    ['~ I(f == y)', 'FormulaError', /cannot compare a factor with numeric/],
    ['~ scale(I(0 * y))', 'FormulaError', /does not vary/],
  ])('%s', (formula, tag, message) => {
    if (tag === 'none') {
      expect(buildDesign(formula, small).fixed.names).toEqual(['(Intercept)', 'I(poly(y, 2))1', 'I(poly(y, 2))2']);
      return;
    }
    const error = refused(formula);
    expect(error.tag).toBe(tag);
    expect(error.message).toMatch(message);
  });

  it('points to an unknown column', () => {
    const error = refused('~ y + (1 | donor)');
    expect(error.fields).toMatchObject({ position: 12, source: '~ y + (1 | donor)' });
    expect(error.fields.remedy).toBe('Its columns are y, x, w, f, g, l.');
  });

  it('names a factor with one level', () => {
    const error = refused('~ f', { rows: Int32Array.of(0, 2, 5) });
    expect(error.tag).toBe('DataError');
    expect(error.message).toMatch(/factor 'f' has one level only, 'a'/);
    expect(refused('~ (f | g)', { rows: Int32Array.of(0, 2, 5) }).tag).toBe('DataError');
  });

  it.each<[DesignOptions, RegExp]>([
    [{ weights: 'v' }, /no column 'v' for weights/],
    [{ weights: 'f' }, /column 'f' is text/],
    [{ offset: 'z' }, /no column 'z' for offset/],
    [{ coding: { y: 'sum' } }, /column 'y' is numeric/],
    [{ coding: { h: 'sum' } }, /no column 'h' for coding/],
    [{ coding: { f: 'helmet' as 'helmert' } }, /unknown coding 'helmet' for 'f'; did you mean 'helmert'\?/],
  ])('checks the options %j', (options, message) => {
    const error = refused('~ y + f', options);
    expect(error.tag).toBe('OptionError');
    expect(error.message).toMatch(message);
  });

  it('refuses negative and infinite weights', () => {
    for (const weight of [-1, Number.POSITIVE_INFINITY]) {
      const error = refused('~ 1', { weights: 'w' }, table({ w: numeric([1, weight]) }));
      expect(error.tag).toBe('DataError');
      expect(error.message).toMatch(/weight .* in column 'w', row 2/);
    }
  });

  it('says when nothing is left', () => {
    const error = refused('~ x', { rows: Int32Array.of(1) });
    expect(error.message).toBe('no row is left of 1: x 1');
    expect(refused('~ x', { rows: Int32Array.of() }).message).toBe('no row is left');
  });

  it('says what helps where nothing is left: another response, other weights, another variable', () => {
    const nothing = numeric([Number.NaN, Number.NaN]);
    const data = table({ 'z-1': nothing, x: numeric([1, 2]), w: numeric([0, 0]) });
    const remedy = (formula: string, options = {}) => refused(formula, options, data).fields.remedy;
    expect(remedy('x ~ `z-1`')).toBe("'`z-1`' has no values: leave it out of the formula.");
    expect(refused('~ x', { weights: 'w' }, data).message).toBe('no row is left of 2: weight 0 in 2');
    expect(remedy('~ x', { weights: 'w' })).toMatch(/^Weights of 0 leave rows out/);
    const given = { complete: [Float64Array.of(Number.NaN, Number.NaN)] };
    expect(remedy('y ~ x', given)).toBe("The response 'y' has no values: choose another.");
  });

  it('names columns that lack their back-ticks', () => {
    const data = table({ 'dose-1': numeric([1, 2]), 'dose-1 (log)': numeric([1, 3]), n: numeric([1, 2]) });
    const error = refused('~ dose-1', {}, data);
    expect(error.message).toContain("'dose' is no column, 'dose-1' is (formula, column 3)");
    expect(error.fields.remedy).toBe('Put back-ticks round a name with operators or blanks: `dose-1`.');
    // The name itself in back-ticks is found.
    expect(refused('~ `dose-1` + `dose-2`', {}, data).message).toContain("no column 'dose-2'");
    expect(refused('~ dose', {}, data).message).toContain("no column 'dose'");
  });
});
