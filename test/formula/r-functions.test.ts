import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { intervalLabels } from '../../src/formula/intervals.ts';
import { fixedMatrixOfRows, randomTermsOfRows, recipeOf } from '../../src/formula/recipe.ts';
import type { ModelRecipe } from '../../src/types/recipe.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TOLERANCE } from '../tolerance.ts';
import { columnsOf, factor, numeric, table } from './reference-table.ts';

type FrameOfR = Readonly<Record<string, { readonly levels?: readonly string[]; readonly values: readonly string[] }>>;

interface DesignOfR {
  readonly formula: string;
  readonly rows: readonly number[];
  readonly names: readonly string[];
  readonly x: readonly (readonly string[])[];
  /** Rows of the new data; null where R cannot tell them. */
  readonly predicted: readonly (readonly string[])[] | null;
}

interface FixtureOfR {
  readonly data: FrameOfR;
  readonly new: FrameOfR;
  readonly designs: readonly DesignOfR[];
  readonly labels: readonly {
    readonly breaks: readonly string[];
    readonly labels: readonly string[];
    readonly wide: readonly string[];
  }[];
}

// made by r-functions.R
const fixture: FixtureOfR = JSON.parse(readFileSync(resolve(import.meta.dirname, 'r-functions.json'), 'utf8'));

function frame(source: FrameOfR): Table {
  const columns = Object.entries(source).map(([name, { levels, values }]): [string, Column] => [
    name,
    levels === undefined ? numeric(values) : factor(values, levels),
  ]);
  return table(Object.fromEntries(columns));
}

const data = frame(fixture.data);
const given = frame(fixture.new);

/** Entries that differ by more than rounding. A row that R has missing in part is missing throughout. */
function apart(values: Float64Array, n: number, expected: readonly (readonly string[])[]): string[] {
  const columns = columnsOf(values, n);
  return expected.flatMap((row, i) => {
    const missing = row.includes('NA');
    return row.flatMap((text, j) => {
      const [ours, theirs] = [columns[j][i], missing ? Number.NaN : Number(text)];
      if (Number.isNaN(ours) && Number.isNaN(theirs)) return [];
      const near = Math.abs(ours - theirs) <= TOLERANCE.splineBasis * Math.max(1, Math.abs(theirs));
      return near ? [] : [`row ${i}, column ${j}: ${ours}, R ${text}`];
    });
  });
}

const stored = (recipe: ModelRecipe): ModelRecipe => JSON.parse(JSON.stringify(recipe));

describe('columns as R makes them', () => {
  it('are there', () => expect(fixture.designs.length).toBeGreaterThan(60));

  it.each(fixture.designs.map((design) => [design.formula, design] as const))('%s', (formula, expected) => {
    const design = buildDesign(formula, data);
    expect([...design.rows]).toEqual(expected.rows);
    const { names } = design.fixed;
    expect([...names, ...design.fixed.dropped].sort()).toEqual([...expected.names].sort());
    const kept = expected.names.flatMap((name, j) => (names.includes(name) ? [j] : []));
    expect(names).toEqual(kept.map((j) => expected.names[j]));
    const at = (rows: readonly (readonly string[])[]) => rows.map((row) => kept.map((j) => row[j]));
    expect(apart(design.fixed.x, design.n, at(expected.x))).toEqual([]);
    const recipe = stored(recipeOf(design));
    expect(recipe).toEqual(recipeOf(design));
    const own = columnsOf(fixedMatrixOfRows(recipe, data).values, data.rows);
    expect(own.map((column) => Array.from(design.rows, (row) => column[row]))).toEqual(
      columnsOf(design.fixed.x, design.n),
    );
    if (expected.predicted === null) return;
    const { values } = fixedMatrixOfRows(recipe, given, { unknownLevels: 'missing' });
    expect(apart(values, given.rows, at(expected.predicted))).toEqual([]);
  });

  it.each(['ns(x, 3)', 'bs(x, 5, degree = 2)', 'sin(2 * pi * time)', 'cut(x, 3)', 'interaction(a, b)'])(
    '%s stands on the left of random terms',
    (call) => {
      const fixed = buildDesign(`~ ${call}`, data).fixed;
      const design = buildDesign(`~ 1 + (${call} | k)`, data);
      expect(design.random[0].names).toEqual(fixed.names);
      expect(design.random[0].z).toEqual(fixed.x);
      const [term] = randomTermsOfRows(stored(recipeOf(design)), data);
      expect(term.z).toEqual(fixed.x);
    },
  );

  it('groups by intervals and interactions', () => {
    const design = buildDesign('~ x + (1 | cut(x, 2)) + (1 | interaction(a, b))', data);
    expect(design.random.map(({ group }) => group)).toEqual(['interaction(a, b)', 'cut(x, 2)']);
    expect(design.random[1].levels).toEqual(['(-2.01,3.88]', '(3.88,9.76]']);
    const terms = randomTermsOfRows(stored(recipeOf(design)), data);
    terms.forEach((term, t) => {
      expect(term.codes).toEqual(design.random[t].codes);
    });
  });
});

describe('labels of intervals', () => {
  it.each(fixture.labels.map(({ breaks, ...labels }) => [breaks.join(' '), labels] as const))(
    'of %s',
    (breaks, { labels, wide }) => {
      const ends = breaks.split(' ').map((text) => Number(text.replace('Inf', 'Infinity')));
      expect(intervalLabels(ends, { right: true, includeLowest: false }, 3)).toEqual(labels);
      expect(intervalLabels(ends, { right: false, includeLowest: false }, 6)).toEqual(wide);
    },
  );
});
