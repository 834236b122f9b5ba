import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ContrastCoding } from '../../src/formula/contrasts.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { evaluateResponse } from '../../src/formula/expression.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { fixedMatrixOfRows, offsetOfRows, randomTermsOfRows, recipeOf } from '../../src/formula/recipe.ts';
import { subsetDesign } from '../../src/formula/subset.ts';
import type { ModelRecipe } from '../../src/types/recipe.ts';
import { columnsOf, factor, hasReference, numeric, referenceTable, table } from './reference-table.ts';

const FITS = resolve(import.meta.dirname, '../reference/fits');

interface Reference {
  readonly id: string;
  readonly model: string;
  readonly data: string;
  readonly formula: string;
  readonly weights: string | null;
  readonly contrasts: Readonly<Record<string, string>> | null;
}

const references = readdirSync(FITS)
  .filter((file) => file.endsWith('.json'))
  .map((file): Reference => JSON.parse(readFileSync(resolve(FITS, file), 'utf8')))
  .filter((fit) => ['lmm', 'gls'].includes(fit.model) && hasReference(fit.data));

/** Through JSON and back: a recipe has to survive that. */
const stored = (recipe: ModelRecipe): ModelRecipe => JSON.parse(JSON.stringify(recipe));

describe('the recipe of every reference formula', () => {
  it('finds them', () => expect(references.length).toBeGreaterThan(60));

  it.each(references.map((fit) => [fit.id, fit] as const))('%s gives back its own rows', (_, fit) => {
    const data = referenceTable(fit.data);
    const formula = parseFormula(fit.formula);
    const contrasts = Object.fromEntries(
      Object.entries(fit.contrasts ?? {})
        .filter(([column]) => data.columns.has(column))
        .map(([column, text]) => [column, text.split(' ')[0]]),
    ) as Record<string, ContrastCoding>; // the reference names codings as the options do
    const design = buildDesign(formula, data, {
      coding: contrasts,
      weights: fit.weights ?? undefined,
      complete: formula.responses.map(({ expression }) => evaluateResponse(expression, data)),
    });
    const recipe = stored(recipeOf(design));
    expect(recipe).toEqual(recipeOf(design));
    const fixed = fixedMatrixOfRows(recipe, data);
    expect(fixed.names).toEqual(design.fixed.names);
    const { rows, n } = design;
    const at = (values: Float64Array) =>
      columnsOf(values, data.rows).map((column) => Array.from(rows, (row) => column[row]));
    expect(at(fixed.values)).toEqual(columnsOf(design.fixed.x, n));
    const random = randomTermsOfRows(recipe, data);
    expect(random.length).toBe(design.random.length);
    design.random.forEach((term, t) => {
      expect(random[t].levels).toEqual(term.levels);
      expect(Array.from(rows, (row) => random[t].codes[row])).toEqual([...term.codes]);
      expect(at(random[t].z)).toEqual(columnsOf(term.z, n));
    });
    const offset = offsetOfRows(recipe, data);
    if (design.offset) expect(Array.from(rows, (row) => offset?.[row])).toEqual([...design.offset]);
    else expect(offset).toBeNull();
  });
});

describe('fixedMatrixOfRows', () => {
  const train = table({
    x: numeric([1, 2, 3, 5, 8, 13]),
    f: factor(['a', 'b', 'c', 'a', 'b', 'c'], ['c', 'b', 'a']),
    k: numeric([10, 20, 30, 10, 20, 30]),
    g: factor(['u', 'u', 'v', 'v', 'w', 'w']),
  });

  it('keeps what poly, scale and factor learned', () => {
    const recipe = recipeOf(buildDesign('~ poly(x, 2) + scale(x) * f + factor(k) + (1 | g)', train));
    const whole = fixedMatrixOfRows(recipe, train);
    const last = table({ x: numeric([13]), f: factor(['c']), k: numeric([30]) });
    expect(columnsOf(fixedMatrixOfRows(recipe, last).values, 1).flat()).toEqual(
      columnsOf(whole.values, 6).map((column) => column[5]),
    );
    expect(recipe.fixed.terms.map(({ label }) => label)).toEqual([
      'poly(x, 2)',
      'scale(x)',
      'f',
      'factor(k)',
      'scale(x):f',
    ]);
    expect(recipe.columns.find(({ name }) => name === 'x')).toMatchObject({ mean: 32 / 6, minimum: 1, maximum: 13 });
    expect(recipe.columns.find(({ name }) => name === 'f')).toMatchObject({
      levels: ['c', 'b', 'a'],
      counts: [2, 2, 2],
    });
  });

  it('reads numbers and logicals as the levels that they were', () => {
    const ids = table({ x: numeric([1, 2, 3, 4]), f: factor(['1', '100000', '1', '2.5']) });
    const recipe = recipeOf(buildDesign('~ f + (1 | x)', ids));
    const given = fixedMatrixOfRows(recipe, table({ f: numeric([100000, 2.5, 'NA']) }));
    expect(columnsOf(given.values, 3)).toEqual([
      [1, 1, Number.NaN],
      [1, 0, Number.NaN],
      [0, 1, Number.NaN],
    ]);
  });

  it('names an unknown level and its row', () => {
    const recipe = recipeOf(buildDesign('~ x + f + (1 | g)', train));
    const given = table({ x: numeric([1, 1]), f: factor(['a', 'd']) });
    expect(() => fixedMatrixOfRows(recipe, given)).toThrow(
      "'f' has the level 'd' in row 2, which the fit did not have",
    );
    const text = table({ x: factor(['low']), f: factor(['a']) });
    expect(() => fixedMatrixOfRows(recipe, text)).toThrow("column 'x' holds text, such as 'low' in row 1");
    expect(() => fixedMatrixOfRows(recipe, table({ x: numeric([1]) }))).toThrow("no column 'f'");
  });

  it('treats a level that only unused rows had as unknown', () => {
    const gaps = table({
      x: numeric([1, 2, 3, 'NA']),
      f: factor(['a', 'b', 'a', 'c']),
      g: factor(['u', 'v', 'u', 'v']),
    });
    const recipe = recipeOf(buildDesign('~ x + f + (1 | g)', gaps));
    expect(() => fixedMatrixOfRows(recipe, gaps)).toThrow("level 'c'");
  });

  it('belongs to the rows of a subset', () => {
    const design = buildDesign('~ f + (1 | g)', train, { coding: { f: 'sum' } });
    const part = subsetDesign(design, Int32Array.of(0, 1, 3, 4));
    if (!('source' in part)) throw new Error('a subset of a built design keeps its frame');
    const recipe = recipeOf(part);
    expect(recipe.variables[0].levels).toEqual(['b', 'a']);
    expect(columnsOf(fixedMatrixOfRows(recipe, table({ f: factor(['a', 'b']) })).values, 2)).toEqual([
      [1, 1],
      [-1, 1],
    ]);
  });
});

describe('randomTermsOfRows', () => {
  const train = table({
    a: factor(['p', 'p', 'q', 'q']),
    b: numeric([1, 2, 1, 2]),
    x: numeric([1, 2, 3, 4]),
  });

  it('marks new and missing levels', () => {
    const recipe = stored(recipeOf(buildDesign('~ x + (x | a/b)', train)));
    const given = table({
      a: factor(['q', 'r', 'p'], ['r', 'q', 'p']),
      b: numeric([2, 1, 'NA']),
      x: numeric([7, 8, 9]),
    });
    const [inner, outer] = randomTermsOfRows(recipe, given);
    expect([inner.group, outer.group]).toEqual(['b:a', 'a']);
    expect([...inner.codes].map((code) => inner.levels[code] ?? code)).toEqual(['2:q', -1, -2]);
    expect([...inner.newLevels]).toEqual([[1, '1:r']]);
    expect([...outer.codes].map((code) => outer.levels[code] ?? code)).toEqual(['q', -1, 'p']);
    expect([...outer.z]).toEqual([1, 1, 1, 7, 8, 9]);
  });

  it('takes a combination that the fit did not see as new', () => {
    const part = table({ a: factor(['p', 'p', 'q']), b: numeric([1, 2, 1]), x: numeric([1, 2, 3]) });
    const recipe = recipeOf(buildDesign('~ x + (1 | a:b)', part));
    const [term] = randomTermsOfRows(recipe, train);
    expect([...term.codes]).toEqual([0, 1, 2, -1]);
    expect([...term.newLevels]).toEqual([[3, 'q:2']]);
  });
});
