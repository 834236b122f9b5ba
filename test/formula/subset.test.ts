import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildDesign, type DesignOptions } from '../../src/formula/design.ts';
import { subsetDesign } from '../../src/formula/subset.ts';
import type { Design } from '../../src/types/design.ts';
import { factor, numeric, referenceTable, table } from './reference-table.ts';

/** What a fit would use, terms sorted so that the order of random terms does not matter. */
function essence(design: Design) {
  return {
    rows: [...design.rows],
    n: design.n,
    names: design.fixed.names,
    assign: design.fixed.assign,
    x: [...design.fixed.x],
    random: design.random
      .map(({ group, names, levels, codes, z }) => ({ group, names, levels, codes: [...codes], z: [...z] }))
      .sort((a, b) => (a.group < b.group ? -1 : 1)),
    weights: design.weights === undefined ? null : [...design.weights],
    offset: design.offset === undefined ? null : [...design.offset],
  };
}

const trial = referenceTable('sim_trial.csv');
const crossed = referenceTable('sim_crossed.csv');

describe('subsetDesign', () => {
  it.each<[string, typeof trial, DesignOptions]>([
    ['~ base + trt * visit + (1 | subject)', trial, {}],
    ['~ scale(base) + poly(visit_index, 2) + visit + (trt | subject)', trial, { coding: { visit: 'helmert' } }],
    ['~ a * b + (a | subj) + (1 | item)', crossed, {}],
    ['~ 0 + b + (0 + b | subj) + (1 | a:item)', crossed, { coding: { b: 'sum' } }],
    ['~ b + offset(rt) + (1 | subj/a)', crossed, { weights: 'rt' }],
  ])('equals the design on a table with missing responses: %s', (formula, data, options) => {
    const whole = buildDesign(formula, data, options);
    const thin = fc.array(fc.boolean(), { minLength: whole.n, maxLength: whole.n });
    const sparse = fc.uniqueArray(fc.nat(whole.n - 1), { minLength: 12, maxLength: 40 });
    const check = (keep: Int32Array) => {
      const response = new Float64Array(data.rows).fill(Number.NaN);
      for (const i of keep) response[whole.rows[i]] = 1;
      let expected: Design;
      try {
        expected = buildDesign(formula, data, { ...options, complete: [response] });
      } catch {
        return; // a factor with one level left: R stops, a subset goes on
      }
      expect(essence(subsetDesign(whole, keep))).toEqual(essence(expected));
    };
    fc.assert(
      fc.property(thin, (kept) => check(Int32Array.from(kept.flatMap((on, i) => (on ? [i] : []))))),
      { numRuns: 10 },
    );
    fc.assert(
      fc.property(sparse, (kept) => check(Int32Array.from(kept.sort((a, b) => a - b)))),
      { numRuns: 60 },
    );
  });

  const small = table({
    x: numeric([1, 2, 3, 4, 5, 6]),
    f: factor(['a', 'a', 'b', 'b', 'c', 'c']),
    g: factor(['p', 'q', 'p', 'q', 'p', 'p']),
  });

  it('drops the levels that are lost, the base level too', () => {
    const whole = buildDesign('~ f + x + (f | g)', small);
    const part = subsetDesign(whole, Int32Array.of(2, 3, 4, 5));
    expect(part.fixed.names).toEqual(['(Intercept)', 'fc', 'x']);
    expect(part.random[0].names).toEqual(['(Intercept)', 'fc']);
    expect(part.notes).toEqual(["'f': 2 levels left, without a"]);
    expect(whole.fixed.names).toEqual(['(Intercept)', 'fb', 'fc', 'x']);
  });

  it('does without the columns of a factor with one level left', () => {
    const part = subsetDesign(buildDesign('~ f + x + (1 | g)', small), Int32Array.of(0, 1));
    expect(part.fixed.names).toEqual(['(Intercept)', 'x']);
    expect(subsetDesign(buildDesign('~ 0 + f', small), Int32Array.of(4, 5)).fixed.names).toEqual(['fc']);
  });

  it('names columns that become aliased', () => {
    const part = subsetDesign(buildDesign('~ x + I(x^2) + (1 | g)', small), Int32Array.of(1, 4));
    expect(part.fixed.names).toEqual(['(Intercept)', 'x']);
    expect(part.fixed.dropped).toEqual(['I(x^2)']);
    expect(part.random[0].levels).toEqual(['p', 'q']);
  });

  it('gives an empty design on no rows', () => {
    const part = subsetDesign(buildDesign('~ f + x + (f | g)', small), Int32Array.of());
    expect(part.n).toBe(0);
    expect(part.fixed.names).toEqual([]);
    expect(part.random[0].levels).toEqual([]);
  });

  it('keeps the order of random terms', () => {
    const data = table({ a: factor(['1', '2', '3', '4', '4']), b: factor(['u', 'u', 'u', 'v', 'w']) });
    const whole = buildDesign('~ 1 + (1 | a) + (1 | b)', data);
    const part = subsetDesign(whole, Int32Array.of(3, 4));
    expect(part.random.map(({ group, levels }) => [group, levels.length])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('subsets twice as once', () => {
    const whole = buildDesign('~ f * x + (1 | g)', small);
    const twice = subsetDesign(subsetDesign(whole, Int32Array.of(0, 2, 3, 4)), Int32Array.of(1, 2, 3));
    expect(essence(twice)).toEqual(essence(subsetDesign(whole, Int32Array.of(2, 3, 4))));
  });

  it('takes a design that was made by hand', () => {
    const { source: _, ...bare } = buildDesign('~ f + x + (1 | g)', small);
    const part = subsetDesign(bare, Int32Array.of(2, 3, 4, 5));
    expect(part.fixed.names).toEqual(['(Intercept)', 'fb', 'x']);
    expect(part.fixed.dropped).toEqual(['fc']);
  });
});
