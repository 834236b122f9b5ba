import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { redundantTermNotes } from '../../src/design/redundant-terms.ts';
import { withReplicateNotes } from '../../src/design/replicates.ts';
import { buildDesign, type DesignOptions } from '../../src/formula/design.ts';
import { randomTermsOfRows, recipeOf, subsetRecipe } from '../../src/formula/recipe.ts';
import { dispersionOfRows, residualOfRows } from '../../src/formula/residual-recipe.ts';
import { subsetDesign } from '../../src/formula/subset.ts';
import { isRecipe } from '../../src/moments/recipe-shape.ts';
import type { Design } from '../../src/types/design.ts';
import type { ModelRecipe } from '../../src/types/recipe.ts';
import type { RowFactor } from '../../src/types/residual.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { columnsOf, factor, numeric, referenceTable, table } from './reference-table.ts';

const trial = referenceTable('sim_trial.csv');
const orthodont = referenceTable('orthodont_visits.csv');

/** Level of each row. */
const textsOf = ({ levels, codes }: Pick<RowFactor, 'levels' | 'codes'>): string[] => [...codes].map((c) => levels[c]);

/** What fits use of the residuals, as plain lists. */
function residuals({ residual, dispersion, n }: Design) {
  const list = (rows: RowFactor | null | undefined) => rows && { ...rows, codes: [...rows.codes] };
  return {
    residual: residual && {
      ...residual,
      visit: list(residual.visit),
      subject: list(residual.subject),
      by: list(residual.by),
      time: residual.time && { ...residual.time, values: [...residual.time.values] },
    },
    dispersion: dispersion && { ...dispersion, x: columnsOf(dispersion.x, n) },
  };
}

/** Two arms of three subjects; s2 misses a visit, and level w9 is not in use. */
const small = table({
  y: numeric([1, 2, 3, 4, 5, 6, 7, 8]),
  week: factor(['w2', 'w1', 'w1', 'w2', 'w1', 'w2', 'w4', 'w4'], ['w1', 'w2', 'w4', 'w9']),
  time: numeric([2, 1, 1, 2, 1, 2, 4, 4.5]),
  day: numeric([2, 10, 10, 2, 10, 2, 30, 30]),
  id: factor(['s1', 's1', 's2', 's3', 's3', 's2', 's1', 's3']),
  arm: factor(['a', 'a', 'b', 'a', 'a', 'b', 'a', 'a']),
  late: { kind: 'logical', values: Float64Array.of(1, 0, 0, 1, 0, 1, Number.NaN, 1) },
});

function withColumns(data: Table, columns: Record<string, Column>): Table {
  return { ...data, columns: new Map([...data.columns, ...Object.entries(columns)]) };
}

describe('the residuals of a design', () => {
  it('have visits, subjects and groups in the order of their levels', () => {
    const { residual } = buildDesign('~ week', small, { residual: 'us(week | arm / id)' });
    expect(residual).toMatchObject({ structure: 'us', text: 'us(week | arm / id)', time: null });
    expect(residual?.visit).toEqual({
      name: 'week',
      levels: ['w1', 'w2', 'w4'],
      codes: Int32Array.of(1, 0, 0, 1, 0, 1, 2, 2),
    });
    expect(residual?.subject.levels).toEqual(['s1', 's2', 's3']);
    expect(residual?.by && textsOf(residual.by)).toEqual(['a', 'a', 'b', 'a', 'a', 'b', 'a', 'a']);
  });

  it('are absent where nothing asks for them', () => {
    expect(Object.keys(buildDesign('~ week', small))).not.toContain('residual');
    expect(recipeOf(buildDesign('~ week', small))).not.toHaveProperty('residual');
  });

  it('sort numeric visits by number, and keep logical ones', () => {
    const days = buildDesign('~ day', small, { residual: 'ar1(day | id)' }).residual?.visit;
    expect(days?.levels).toEqual(['2', '10', '30']);
    const late = buildDesign('~ 1', small, { residual: 'cs(late | id)', rows: Int32Array.of(0, 1, 2, 3) });
    expect(late.residual?.visit?.levels).toEqual(['FALSE', 'TRUE']);
    const own = buildDesign('~ 1', small, { residual: 'us(factor(day, levels = c(30, 2, 10)) | id)' });
    expect(own.residual?.visit?.levels).toEqual(['30', '2', '10']);
  });

  it.each([
    ['ar1(day | id)', 'ar1 counts visits, and'],
    ['toeph(day | id)', '(2, 10, 30): for a correlation that falls with time write sp_exp(day | id)'],
    ['us(day | id)', null],
    ['ar1(week | id)', null],
    ['ar1(factor(day, levels = c(30, 2, 10)) | id)', null],
    ['ar1(even | id)', null],
  ])('say where visits are unequally spaced: %s', (residual, said) => {
    const data = withColumns(small, { even: numeric([2, 1, 1, 2, 1, 2, 3, 3]) });
    const { notes } = buildDesign('~ 1', data, { residual });
    const spacing = notes.filter((note) => note.includes('unequally spaced'));
    expect(spacing).toHaveLength(said === null ? 0 : 1);
    if (said !== null) expect(spacing[0]).toContain(said);
  });

  it('have times as they are', () => {
    const { residual } = buildDesign('~ 1', small, { residual: 'sp_exp(time | id)' });
    expect(residual?.visit).toBeNull();
    expect(residual?.time).toEqual({ name: 'time', values: Float64Array.of(2, 1, 1, 2, 1, 2, 4, 4.5) });
  });

  it('take subjects within groups', () => {
    const repeated = withColumns(small, { id: factor(['1', '1', '1', '2', '2', '1', '1', '2']) });
    expect(() => buildDesign('~ 1', repeated, { residual: 'us(week | arm / id)' })).toThrow(
      "'id' '1' is in two groups of 'arm', 'a' and 'b'",
    );
    const { residual } = buildDesign('~ 1', repeated, { residual: 'us(week | arm / arm:id)' });
    expect(residual?.subject).toMatchObject({ name: 'arm:id', levels: ['a:1', 'a:2', 'b:1'] });
  });

  it('lose rows with missing values, and say so', () => {
    const gaps = withColumns(small, {
      id: factor(['s1', 's1', 'NA', 's3', 's3', 's2', 's1', 's3'], ['s1', 's2', 's3']),
    });
    const design = buildDesign('~ 1', gaps, { residual: 'us(week | id)', dispersion: '~ late' });
    expect([...design.rows]).toEqual([0, 1, 3, 4, 5, 7]);
    expect(design.notes).toEqual(['left out 2 of 8 rows with missing values (id 1, late 1)']);
    expect(() => buildDesign('~ 1', gaps, { residual: 'us(week | id)', na: 'fail' })).toThrow(
      "missing value in 'id', row 3",
    );
    expect(design.residual?.subject.codes).toHaveLength(6);
  });

  it('have standard deviations by columns of full rank', () => {
    const { dispersion, notes } = buildDesign('~ 1', small, { dispersion: '~ arm + week + I(arm == "b")' });
    expect(dispersion?.names).toEqual(['(Intercept)', 'armb', 'weekw2', 'weekw4']);
    expect(notes).toContain('“dispersion” is rank deficient: dropped 1 aliased column: I(arm == "b")TRUE');
    const indicators = buildDesign('~ 1', small, { dispersion: '~ 0 + arm' }).dispersion;
    expect(indicators).toMatchObject({ text: '~ 0 + arm', names: ['arma', 'armb'] });
    expect(indicators && columnsOf(indicators.x, 8)[1]).toEqual([0, 0, 1, 0, 0, 1, 0, 0]);
    const coded = buildDesign('~ 1', small, { dispersion: '~ arm', coding: { arm: 'sum' } }).dispersion;
    expect(coded?.names).toEqual(['(Intercept)', 'arm1']);
  });

  it('do not depend on the order of rows', () => {
    const permutation = fc.shuffledSubarray([...Array(8).keys()], { minLength: 8 });
    const options = { residual: 'us(week | arm / id)', dispersion: '~ 0 + arm' };
    const whole = buildDesign('~ 1', small, options);
    const rowsOf = ({ residual, dispersion, n }: Design) =>
      Array.from({ length: n }, (_, i) => [
        ...[residual?.visit, residual?.subject, residual?.by].map((rows) => rows?.levels[rows.codes[i]]),
        dispersion?.x[i],
      ]);
    fc.assert(
      fc.property(permutation, (order) => {
        const columns = [...small.columns].map(([name, column]): [string, Column] => [
          name,
          column.kind === 'factor'
            ? { ...column, codes: Int32Array.from(order, (row) => column.codes[row]) }
            : { ...column, values: Float64Array.from(order, (row) => column.values[row]) },
        ]);
        const moved = buildDesign('~ 1', { rows: 8, columns: new Map(columns) }, options);
        expect(moved.residual?.visit?.levels).toEqual(whole.residual?.visit?.levels);
        expect(rowsOf(moved)).toEqual(order.map((row) => rowsOf(whole)[row]));
      }),
    );
  });

  it('follow relabelled visits', () => {
    const codes = codesOf('week');
    const renamed = withColumns(small, {
      week: { kind: 'factor', levels: ['z', 'y', 'x', 'q'], codes, ordered: false },
    });
    const before = buildDesign('~ 1', small, { residual: 'us(week | id)' }).residual?.visit;
    const after = buildDesign('~ 1', renamed, { residual: 'us(week | id)' }).residual?.visit;
    expect(after?.codes).toEqual(before?.codes);
    expect(after?.levels).toEqual(['z', 'y', 'x']);
  });
});

function codesOf(name: string): Int32Array {
  const column = small.columns.get(name);
  return column?.kind === 'factor' ? column.codes : new Int32Array(0);
}

describe('misuse', () => {
  const cells = table({
    week: factor(Array.from({ length: 40 }, (_, i) => (i % 4 < 2 ? 'w1' : 'w2'))),
    donor: factor(Array.from({ length: 40 }, (_, i) => (i < 20 ? 'd1' : 'd2'))),
  });
  const twice = withColumns(small, { id: factor(['s1', 's1', 's1', 's3', 's3', 's2', 's1', 's3']) });
  const cases: [string, Table, DesignOptions, string, string, string][] = [
    [
      'text for times',
      small,
      { residual: 'sp_exp(week | id)' },
      'FormulaError',
      "the times of sp_exp are numbers, 'week' is a factor",
      'ar1(week | id)',
    ],
    ['logical times', small, { residual: 'sp_exp(late | id)' }, 'FormulaError', "'late' is logical", 'numeric column'],
    [
      'visits with decimals',
      small,
      { residual: 'us(time | id)' },
      'FormulaError',
      'numbers with decimals',
      'sp_exp(time | id)',
    ],
    [
      'several columns',
      small,
      { residual: 'us(poly(day, 2) | id)' },
      'FormulaError',
      'is no single column',
      'Name a column',
    ],
    [
      'a mistyped column',
      small,
      { residual: 'us(weak | id)' },
      'FormulaError',
      "no column 'weak'; did you mean 'week'? (“residual”, column 4)",
      'week',
    ],
    ['a mistyped dispersion', small, { dispersion: '~ weak' }, 'FormulaError', 'did you mean', 'week'],
    [
      'one visit',
      small,
      { residual: 'us(week | id)', rows: Int32Array.of(1, 2) },
      'DataError',
      "'week' of “residual” is the same in all rows: w1",
      'tells the rows of a subject apart',
    ],
    [
      'one time',
      small,
      { residual: 'sp_exp(time | id)', rows: Int32Array.of(1, 2) },
      'DataError',
      "'time' of “residual” is the same in all rows: 1",
      'apart',
    ],
    [
      'a subject in two groups',
      small,
      { residual: 'us(week | late / id)', rows: Int32Array.of(0, 1, 2) },
      'DataError',
      "'id' 's1' is in two groups of 'late', 'TRUE' and 'FALSE'",
      'late / late:id',
    ],
    [
      'two rows at a visit',
      twice,
      { residual: 'us(week | id)' },
      'DataError',
      "'id' 's1' has 2 rows at 'week' w1",
      '+ (1 | id:week)',
    ],
    [
      'two rows at a time',
      twice,
      { residual: 'sp_exp(time | id)' },
      'DataError',
      "'id' 's1' has 2 rows at 'time' 1",
      '+ (1 | id:time)',
    ],
    [
      'two rows for diag',
      twice,
      { residual: 'diag(week | id)' },
      'DataError',
      'has 2 rows',
      '“dispersion: ~ 0 + week”',
    ],
    [
      'cells of donors',
      cells,
      { residual: 'ar1h(week | donor)' },
      'DataError',
      "'donor' 'd1' has 10 rows at 'week' w1; 4 pairs of 'donor' and 'week' have several rows",
      'median of 10 rows at a visit the structure belongs to the random effects: + ar1(0 + week | donor)',
    ],
    [
      'cells of donors, any covariance',
      cells,
      { residual: 'us(week | donor)' },
      'DataError',
      'has 10 rows',
      '+ us(0 + week | donor)',
    ],
    [
      'one level of a dispersion',
      small,
      { dispersion: '~ arm', rows: Int32Array.of(0, 1) },
      'DataError',
      "factor 'arm' has one level only",
      "Remove 'arm'",
    ],
    [
      'numbers for ar1 effects',
      small,
      {},
      'FormulaError',
      "follow the levels of a factor, 'day' is numeric",
      'ar1(0 + factor(day) | id)',
    ],
  ];
  it.each(cases)('%s', (_, data, options, tag, message, remedy) => {
    const formula =
      options.residual === undefined && options.dispersion === undefined ? '~ 1 + ar1(0 + day | id)' : '~ 1';
    const build = () => buildDesign(formula, data, options);
    expect(build).toThrow(message);
    expect(build).toThrow(
      expect.objectContaining({ tag, fields: expect.objectContaining({ remedy: expect.stringContaining(remedy) }) }),
    );
  });
});

describe('subsetDesign', () => {
  it.each<[string, Table, string, DesignOptions]>([
    [
      'us by group',
      trial,
      '~ base + trt * visit',
      { residual: 'us(visit | trt / subject)', dispersion: '~ 0 + visit' },
    ],
    ['times', trial, '~ trt', { residual: 'sp_exp(visit_index | subject)', dispersion: '~ trt * visit' }],
    ['integer visits', trial, '~ trt + (1 | trt)', { residual: 'ar1(visit_index | subject)', dispersion: '~ base' }],
    [
      'a visit of the fixed effects',
      orthodont,
      'distance ~ factor(occasion) * Sex',
      { residual: 'csh(occasion | Subject)', dispersion: '~ Sex' },
    ],
  ])('equals the residuals on a table with missing responses: %s', (_, data, formula, options) => {
    const whole = buildDesign(formula, data, options);
    const sparse = fc.uniqueArray(fc.nat(whole.n - 1), { minLength: 4, maxLength: 60 });
    let compared = 0;
    fc.assert(
      fc.property(sparse, (rows) => {
        const keep = Int32Array.from(rows).sort();
        const response = new Float64Array(data.rows).fill(Number.NaN);
        for (const i of keep) response[whole.rows[i]] = 1;
        let expected: Design;
        try {
          expected = buildDesign(formula, data, { ...options, complete: [response] });
        } catch {
          return; // one level of a factor, or one visit left
        }
        const part = subsetDesign(whole, keep);
        expect(residuals(part)).toEqual(residuals(expected));
        if (!('source' in part)) throw new Error('a subset of a built design keeps its frame');
        const { source: __, ...bare } = whole;
        expect(residuals(subsetDesign(bare, keep)).residual).toEqual(residuals(expected).residual);
        const recipe = subsetRecipe(recipeOf(whole), whole, part);
        expect(recipe?.dispersion?.names).toEqual(part.dispersion?.names);
        expect(recipe?.residual?.visit?.atoms[0].levels).toEqual(part.residual?.visit?.levels);
        compared++;
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(20);
  });

  it('gives empty factors on no rows, and keeps structures of random terms', () => {
    const whole = buildDesign('~ 1 + ar1(0 + week | id)', small, { residual: 'us(week | id)', dispersion: '~ arm' });
    const none = subsetDesign(whole, Int32Array.of());
    expect(none.residual?.subject.levels).toEqual([]);
    expect(none.dispersion?.names).toEqual([]);
    const { source: _, ...bare } = whole;
    for (const design of [whole, bare]) {
      expect(subsetDesign(design, Int32Array.of(0, 1, 3, 4)).random[0].structure).toBe('ar1');
    }
  });

  it('drops columns of standard deviations that become aliased', () => {
    const { source: _, ...bare } = buildDesign('~ 1', small, { dispersion: '~ arm' });
    const part = subsetDesign(bare, Int32Array.of(0, 1, 3));
    expect(part.dispersion?.names).toEqual(['(Intercept)']);
    expect(part.notes).toContain('“dispersion” is rank deficient: dropped 1 aliased column: armb');
  });
});

describe('the recipe of residuals', () => {
  const stored = (recipe: ModelRecipe): ModelRecipe => JSON.parse(JSON.stringify(recipe));

  it.each<[string, DesignOptions]>([
    ['~ base', { residual: 'us(visit | trt / trt:subject)', dispersion: '~ 0 + visit' }],
    ['~ trt * visit', { residual: 'sp_exp(visit_index | subject)', dispersion: '~ scale(base) + trt' }],
    ['~ visit', { residual: 'ar1(factor(visit_index) | subject)', coding: { visit: 'sum' }, dispersion: '~ visit' }],
  ])('gives back the rows of the fit: %s', (formula, options) => {
    const design = buildDesign(formula, trial, options);
    const recipe = stored(recipeOf(design));
    expect(recipe).toEqual(recipeOf(design));
    expect(isRecipe(recipe)).toBe(true);
    const { rows, residual, dispersion, n } = design;
    const at = <T>(values: ArrayLike<T>) => Array.from(rows, (row) => values[row]);
    const again = residualOfRows(recipe, trial);
    for (const role of ['visit', 'subject', 'by'] as const) {
      expect(again?.[role]?.levels).toEqual(residual?.[role]?.levels);
      expect(again?.[role] && at(again[role].codes)).toEqual(residual?.[role] && [...residual[role].codes]);
      expect(again?.[role]?.name).toBe(residual?.[role]?.name);
    }
    expect(again?.time && at(again.time.values)).toEqual(residual?.time && [...residual.time.values]);
    expect(again).toMatchObject({ structure: residual?.structure, text: residual?.text });
    const columns = dispersionOfRows(recipe, trial);
    expect(columns?.names).toEqual(dispersion?.names);
    expect(columns && columnsOf(columns.x, trial.rows).map(at)).toEqual(dispersion && columnsOf(dispersion.x, n));
  });

  it('marks new and missing levels', () => {
    const recipe = stored(
      recipeOf(buildDesign('~ 1', small, { residual: 'us(week | arm / id)', dispersion: '~ arm' })),
    );
    const given = table({
      week: factor(['w4', 'w9', 'w1', 'NA'], ['w1', 'w4', 'w9']),
      id: factor(['s3', 's1', 's7', 's2']),
      arm: factor(['a', 'b', 'c', 'a']),
    });
    const rows = residualOfRows(recipe, given);
    expect(rows && [...(rows.visit?.codes ?? [])]).toEqual([2, -1, 0, -2]);
    expect(rows && [...rows.subject.codes]).toEqual([2, 0, -1, 1]);
    expect(rows && [...rows.subject.newLevels]).toEqual([[2, 's7']]);
    expect(rows && [...(rows.by?.codes ?? [])]).toEqual([0, 1, -1, 0]);
    expect(() => dispersionOfRows(recipe, given)).toThrow("'arm' has the level 'c' in row 3");
    expect(dispersionOfRows(recipe, given, { unknownLevels: 'missing' })?.x).toEqual(
      Float64Array.of(1, 1, Number.NaN, 1, 0, 1, Number.NaN, 0),
    );
    expect(() => residualOfRows(recipe, table({ week: factor(['w1']) }))).toThrow("no column 'id'");
    const times = recipeOf(buildDesign('~ 1', small, { residual: 'sp_exp(time | id)' }));
    expect(() => residualOfRows(times, table({ time: factor(['soon']), id: factor(['s1']) }))).toThrow(
      "holds text, such as 'soon'",
    );
  });

  it('is null without residuals, and knows structures of random terms', () => {
    const recipe = stored(recipeOf(buildDesign('~ 1 + ar1(0 + week | id) + (1 | arm)', small)));
    expect([residualOfRows(recipe, small), dispersionOfRows(recipe, small)]).toEqual([null, null]);
    expect(recipe.random.map(({ structure }) => structure)).toEqual(['ar1', undefined]);
    expect(randomTermsOfRows(recipe, small).map(({ structure }) => structure)).toEqual(['ar1', undefined]);
    expect(isRecipe(recipe)).toBe(true);
    expect(isRecipe({ ...recipe, residual: { text: 'us(a | b)', visit: null, by: null } })).toBe(false);
    expect(isRecipe({ ...recipe, dispersion: { text: '~ a', names: ['a'], kept: [] } })).toBe(false);
  });
});

describe('notes', () => {
  it('do not ask for random terms of subjects that have a structure', () => {
    const asks = (options: DesignOptions) =>
      withReplicateNotes(buildDesign('~ trt * visit', trial, options), trial).notes.some((note) =>
        note.includes('(1 | subject)'),
      );
    expect(asks({})).toBe(true);
    expect(asks({ residual: 'us(visit | subject)' })).toBe(false);
    expect(asks({ dispersion: '~ visit' })).toBe(true);
  });

  it.each([
    ['(1 | subject) + (0 + visit | subject)', true],
    ['(1 | subject) + ar1(0 + visit | subject)', false],
    ['(1 | subject) + diag(0 + visit | subject)', false],
    ['(1 | subject) + diag(base | subject)', true],
    ['(0 + visit | subject) + ar1(0 + visit | subject)', true],
    ['ar1(0 + visit | subject) + (1 | subject:visit)', false],
    ['(0 + visit | subject) + (1 | subject:visit)', true],
  ])('on redundant terms: %s', (terms, redundant) => {
    const notes = redundantTermNotes(buildDesign(`~ 1 + ${terms}`, trial));
    expect(notes.length > 0).toBe(redundant);
  });
});
