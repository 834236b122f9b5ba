import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { fixedMatrixOfRows, recipeOf } from '../../src/formula/recipe.ts';
import { type SplineKnots, type SplineShape, splineColumns } from '../../src/formula/spline-basis.ts';
import { bSplines, knotInterval, nonzeroBSplines } from '../../src/numeric/b-spline.ts';
import { TOLERANCE } from '../tolerance.ts';
import { columnsOf, numeric, table } from './reference-table.ts';

const interior = fc
  .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 6 })
  .map((knots): SplineKnots => ({ knots: knots.sort((a, b) => a - b), boundary: [0, 100] }));
const within = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 30 });
const anywhere = fc.array(fc.double({ min: -300, max: 400, noNaN: true }), { minLength: 3, maxLength: 20 });

function rowsOf(shape: SplineShape, knots: SplineKnots, values: readonly number[]): number[][] {
  const columns = columnsOf(splineColumns(shape, knots, values), values.length);
  return values.map((_, i) => columns.map((column) => column[i]));
}

describe('B-splines', () => {
  it('with an intercept are a partition of unity, none of them negative', () => {
    fc.assert(
      fc.property(interior, fc.integer({ min: 1, max: 6 }), within, (knots, degree, values) => {
        for (const row of rowsOf({ natural: false, degree, intercept: true }, knots, values)) {
          expect(row).toHaveLength(degree + 1 + knots.knots.length);
          expect(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(TOLERANCE.splineBasis);
          expect(Math.min(...row)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('go on as polynomials beyond the boundary: they still add up to one', () => {
    fc.assert(
      fc.property(interior, anywhere, (knots, values) => {
        for (const row of rowsOf({ natural: false, degree: 3, intercept: true }, knots, values)) {
          const size = row.reduce((sum, value) => sum + Math.abs(value), 0);
          expect(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(TOLERANCE.splineBasis * size);
        }
      }),
    );
  });

  it('have the derivatives that differences show', () => {
    fc.assert(
      fc.property(
        interior,
        fc.double({ min: 1, max: 99, noNaN: true }),
        fc.integer({ min: 1, max: 5 }),
        (knots, x, degree) => {
          const splines = bSplines(degree + 1, knots.knots, knots.boundary);
          const l = knotInterval(splines, x);
          const at = (where: number, derivative: 0 | 1 | 2) => {
            const out = new Float64Array(degree + 1);
            nonzeroBSplines(splines, l, where, out, derivative); // the polynomials of one interval
            return out;
          };
          const step = 1e-4;
          for (const derivative of [0, 1] as const) {
            const [high, low, exact] = [
              at(x + step, derivative),
              at(x - step, derivative),
              at(x, derivative === 0 ? 1 : 2),
            ];
            exact.forEach((value, j) => {
              const scale = Math.max(1, ...exact.map(Math.abs));
              expect(Math.abs((high[j] - low[j]) / (2 * step) - value)).toBeLessThan(TOLERANCE.splineSlope * scale);
            });
          }
        },
      ),
    );
  });
});

describe('natural splines', () => {
  it('are linear beyond the boundary, and meet the curve there with its slope', () => {
    fc.assert(
      fc.property(interior, fc.boolean(), fc.constantFrom(-1, 1), (knots, intercept, side) => {
        const shape: SplineShape = { natural: true, degree: 3, intercept };
        const end = side < 0 ? 0 : 100;
        const [a, b, c] = rowsOf(shape, knots, [end + side, end + 2 * side, end + 100 * side]);
        const [at, inner] = rowsOf(shape, knots, [end, end - side * 1e-5]);
        a.forEach((value, k) => {
          const slope = b[k] - value;
          const scale = Math.max(1, Math.abs(c[k]));
          expect(Math.abs(value + 99 * slope - c[k])).toBeLessThan(100 * TOLERANCE.splineBasis * scale);
          expect(Math.abs(value - slope - at[k])).toBeLessThan(TOLERANCE.splineBasis * scale);
          expect(Math.abs((at[k] - inner[k]) / 1e-5 - slope)).toBeLessThan(TOLERANCE.splineSlope);
        });
      }),
    );
  });

  it('lie in the span of B-splines with the same knots', () => {
    fc.assert(
      fc.property(interior, (knots) => {
        const x = Array.from({ length: 60 }, (_, i) => (i * 100) / 59);
        const [text, ends] = [knots.knots.join(', '), 'Boundary.knots = c(0, 100)'];
        const call = knots.knots.length === 0 ? ends : `knots = c(${text}), ${ends}`;
        const data = table({ x: numeric(x) });
        const design = buildDesign(`~ 0 + bs(x, ${call}, intercept = TRUE) + ns(x, ${call}, intercept = TRUE)`, data);
        expect(design.fixed.names).toHaveLength(knots.knots.length + 4);
        expect(design.fixed.dropped.every((name) => name.startsWith('ns('))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

describe('training', () => {
  const x = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 12, maxLength: 40 });

  it('gives the rows of the fit back bit for bit, each alone as well', () => {
    fc.assert(
      fc.property(x, fc.constantFrom('ns(x, 4)', 'bs(x, 5)', 'bs(x, 4, degree = 2)', 'cut(x, 3)'), (values, call) => {
        const data = table({ x: numeric(values) });
        const design = buildDesign(`~ ${call}`, data);
        const recipe = JSON.parse(JSON.stringify(recipeOf(design)));
        expect(fixedMatrixOfRows(recipe, data).values).toEqual(design.fixed.x);
        const row = values.length - 1;
        const single = fixedMatrixOfRows(recipe, table({ x: numeric([values[row]]) })).values;
        expect([...single]).toEqual(columnsOf(design.fixed.x, design.n).map((column) => column[row]));
      }),
      { numRuns: 50 },
    );
  });

  it('is on the rows that are given, as if the others were not there', () => {
    fc.assert(
      fc.property(x, fc.constantFrom('ns(x, 3)', 'bs(x, 4)', 'cut(x, 2)'), (values, call) => {
        const rows = Int32Array.from(values.keys()).filter((row) => row % 3 !== 1);
        const some = buildDesign(`~ ${call}`, table({ x: numeric(values) }), { rows });
        const alone = buildDesign(`~ ${call}`, table({ x: numeric([...rows].map((row) => values[row])) }));
        expect(some.fixed.x).toEqual(alone.fixed.x);
        expect(recipeOf(some).trained).toEqual(recipeOf(alone).trained);
      }),
      { numRuns: 50 },
    );
  });

  it('leaves missing values missing and names infinite ones', () => {
    const gaps = table({ x: numeric([1, 2, 'NA', 4, 5, 6]) });
    expect([...buildDesign('~ ns(x, 2)', gaps).rows]).toEqual([0, 1, 3, 4, 5]);
    const infinite = table({ x: numeric([1, 2, 3, 4, Number.POSITIVE_INFINITY, 6]) });
    expect(() => buildDesign('~ ns(x, 2)', infinite)).toThrow("'ns(x, 2)' is Infinity in row 5");
  });
});

describe('mistakes', () => {
  const data = table({
    x: numeric([1, 2, 3, 4, 5, 6, 7, 8]),
    ties: numeric([0, 0, 0, 0, 0, 0, 1, 2]),
    one: numeric([4, 4, 4, 4, 4, 4, 4, 4]),
    tiny: numeric([0, 1e-200, 2e-200, 3e-200, 4e-200, 5e-200, 6e-200, 7e-200]),
  });

  it.each([
    ['y ~ ns(x, 0)', 11, /the df of ns\(\) must be a whole number from 1 to 1000/],
    ['y ~ ns(x, 2.5)', 11, /the df of ns\(\)/],
    ['y ~ ns(x, 1e9)', 11, /the df of ns\(\)/],
    ['y ~ bs(x, 2)', 11, /the df of bs\(\) must be a whole number from 3/],
    ['y ~ bs(x, df = 3, intercept = TRUE)', 16, /the df of bs\(\) must be a whole number from 4/],
    ['y ~ bs(x, degree = 0)', 20, /the degree of bs\(\) must be a whole number from 1/],
    ['y ~ ns(x, df = x)', 16, /needs TRUE, FALSE or a number/],
    ['y ~ ns(ties, 4)', 5, /quantiles of 'ties' that lie on its boundary/],
    ['y ~ ns(one, 2)', 8, /two different values of 'one'/],
    ['y ~ ns(tiny, 2)', 8, /cannot count with knots from 0 to 7e-200/],
    ['y ~ ns(x, knots = c(0, 3))', 19, /must lie between its boundary knots 1 and 8/],
    ["y ~ ns(x, knots = c('a', 3))", 19, /needs numbers here/],
    ['y ~ ns(x, knots = x)', 19, /needs constants here/],
    ['y ~ ns(x, df = 3, knots = 4)', 16, /df or knots, not both/],
    ['y ~ bs(x, Boundary.knots = 4)', 28, /two different numbers/],
    ['y ~ bs(x, Boundary.knots = c(4, 4))', 28, /two different numbers/],
    ['y ~ ns(3)', 5, /reads no column/],
    ['y ~ ns(pi)', 8, /needs a column, not a constant/],
    ['y ~ log(ns(x, 3))', 9, /a matrix of several columns, not numbers/],
    ['ns(x, 2) ~ x', 1, /ns\(\) cannot stand within a response/],
    ['y ~ bs(x, dgree = 2)', 19, /no argument 'dgree'; did you mean 'degree'\?/],
  ])('refuses %s at column %d', (source, position, message) => {
    try {
      buildDesign(source, data);
    } catch (error) {
      expect(error).toBeInstanceOf(FitError);
      expect((error as FitError).message).toMatch(message);
      expect((error as FitError).tag).toBe('FormulaError');
      expect((error as FitError).fields).toMatchObject({ position, source });
      return;
    }
    throw new Error('was accepted');
  });
});
