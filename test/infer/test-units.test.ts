import { describe, expect, it } from 'vitest';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { isUnreplicated, type TestUnits, testUnits } from '../../src/infer/test-units.ts';
import { withThresholds } from '../../src/infer/threshold-design.ts';
import { unitsText } from '../../src/infer/unit-notes.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import type { DenseResponses } from '../../src/types/responses.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TOLERANCE } from '../tolerance.ts';

const DONORS = 11;
const CELLS = 9;
const n = DONORS * CELLS;
const column = (value: (donor: number, cell: number) => number): Column => ({
  kind: 'numeric',
  values: Float64Array.from({ length: n }, (_, i) => value(Math.floor(i / CELLS), i % CELLS)),
});
const table: Table = {
  rows: n,
  columns: new Map([
    ['donor', column((donor) => donor)],
    ['old', column((donor) => (donor < 3 ? 1 : 0))],
    ['most', column((donor) => (donor < 2 || donor === 10 ? 1 : 0))],
    ['age', column((donor) => 30 + 4 * donor)],
    ['stim', column((donor, cell) => (cell % 3 === donor % 3 ? 1 : 0))],
    ['group', column((donor) => donor % 3)],
    ['depth', column((donor, cell) => Math.sin(3 * donor + 7 * cell))],
  ]),
};
const responses: DenseResponses = {
  kind: 'dense',
  rows: n,
  names: ['y'],
  values: Float64Array.from({ length: n }, (_, i) => Math.sin(i * i) + Math.cos(3 * Math.floor(i / CELLS))),
};

function units(formula: string, coefficient: string): TestUnits | null {
  const [{ design }] = denseMoments(buildDesign(formula, table), responses).batches;
  const weights = new Float64Array(design.p);
  weights[design.coefficients.indexOf(coefficient)] = 1;
  return testUnits(design, weights);
}

const levels = (few: number, many: number) => ({ kind: 'levels', group: 'donor', sides: [few, many] });

describe('units of a test', () => {
  it('are donors on two sides where a condition is constant within them', () => {
    expect(units('~ old + (1 | donor)', 'old')).toMatchObject(levels(3, 8));
    expect(units('~ old + age + depth + stim + (1 | donor)', 'old')).toMatchObject({ kind: 'levels' });
    // A third group takes no part in the comparison of two.
    expect(units('~ factor(group) + (1 | donor)', 'factor(group)1')).toMatchObject(levels(4, 4));
  });

  it('are said in words', () => {
    const said = (formula: string, coefficient: string): string => {
      const found = units(formula, coefficient);
      return found ? unitsText(found) : '';
    };
    expect(said('~ old + (1 | donor)', 'old')).toBe("levels of 'donor', 3 against 8");
    expect(said('~ age + (1 | donor)', 'age')).toBe("11 levels of 'donor'");
    expect(said('~ old + depth + (1 | donor)', 'depth')).toBe('99 rows');
  });

  it('are all donors where a number is constant within them, which has no sides', () => {
    const trend = { kind: 'trend', group: 'donor', units: DONORS };
    expect(units('~ age + (1 | donor)', 'age')).toMatchObject(trend);
    expect(units('~ old + age + depth + (1 | donor)', 'age')).toMatchObject(trend);
  });

  it('are rows for what varies within donors, and nothing for a mean', () => {
    expect(units('~ old + stim + (1 | donor)', 'stim')).toEqual({ kind: 'rows', units: n });
    expect(units('~ old + depth + (1 | donor)', 'depth')).toEqual({ kind: 'rows', units: n });
    expect(units('~ 0 + factor(old) + (1 | donor)', 'factor(old)1')).toBeNull();
  });

  it('are those of a trait of donors whatever it interacts with, and all of them where covariates go with it', () => {
    expect(units('~ old * depth + (1 | donor)', 'old')).toMatchObject(levels(3, 8));
    expect(units('~ age * stim + (1 | donor)', 'age')).toMatchObject({ kind: 'trend', group: 'donor', units: DONORS });
    // Old donors are of one group but for one.
    expect(units('~ old + most + (1 | donor)', 'old')).toMatchObject({
      kind: 'levels',
      sides: [3, 8],
      replicated: true,
    });
  });

  it('are found where the intercept is among orthonormalised columns', () => {
    expect(units('~ old + depth + (1 + depth | donor)', 'old')).toMatchObject(levels(3, 8));
  });

  it('are too few only where no level is left to tell how levels vary', () => {
    const without = (formula: string, rows: (donor: number) => boolean, coefficient: string): boolean => {
      const keep = Int32Array.from({ length: n }, (_, i) => i).filter((i) => rows(Math.floor(i / CELLS)));
      const [{ design }] = denseMoments(buildDesign(formula, table, { rows: keep }), responses).batches;
      const weights = new Float64Array(design.p);
      weights[design.coefficients.indexOf(coefficient)] = 1;
      return isUnreplicated(design, weights);
    };
    expect(without('~ old + (1 | donor)', (donor) => donor === 2 || donor === 3, 'old')).toBe(true);
    expect(without('~ factor(group) + (1 | donor)', (donor) => donor < 3, 'factor(group)1')).toBe(true);
    // One donor against one, and others that tell how donors vary.
    expect(without('~ factor(group) + (1 | donor)', (donor) => donor !== 3 && donor !== 4, 'factor(group)1')).toBe(
      false,
    );
    expect(without('~ old + most + (1 | donor)', () => true, 'old')).toBe(false);
  });

  it('says so in the notes of a fit, of contrasts too', async () => {
    const design = buildDesign('~ old + age + stim + (1 | donor)', table);
    const { notes } = await fitDesign(design, responses, { threads: 1, contrasts: { double: '2 * old' } });
    const few = notes.filter((note) => note.includes('compares levels'));
    expect(few.map((note) => note.split("'")[1])).toEqual(expect.arrayContaining(['old', 'double']));
    expect(few.some((note) => note.startsWith("'stim'"))).toBe(false);
    // Eleven donors are enough for a trend over them.
    expect(notes.some((note) => /^units of the tests:.*'age' 11 levels of 'donor'/.test(note))).toBe(true);
    expect(notes.some((note) => /^'age'/.test(note))).toBe(false);
  });
});

describe('units of several responses', () => {
  it('are no range where some compare levels and others rows', async () => {
    const stim = table.columns.get('stim');
    const isStimulated = (i: number): boolean => stim?.kind === 'numeric' && stim.values[i] === 1;
    // The second response is missing so that each donor has one side only.
    const half = responses.values.map((value, i) => (isStimulated(i) === i / CELLS >= 5 ? value : Number.NaN));
    const both: DenseResponses = {
      ...responses,
      names: ['y', 'half'],
      values: Float64Array.of(...responses.values, ...half),
    };
    const { notes } = await fitDesign(buildDesign('~ stim + (1 | donor)', table), both, { threads: 1 });
    expect(notes).toContain("units of the tests: 'stim' levels of 'donor', 5 against 6 up to 99 rows");
  });
});

describe('the design of an ordinal model with the ones that its thresholds stand for', () => {
  it.each(['old + stim', 'age + depth', 'old * stim'])('is that of %s with an intercept', (columns) => {
    for (const random of ['(1 | donor)', '(depth | donor)']) {
      const designOf = (fixed: string) =>
        denseMoments(buildDesign(`~ ${fixed} + ${random}`, table), responses).batches[0].design;
      const made = withThresholds(designOf(`0 + ${columns}`));
      const wanted = designOf(columns);
      expect(made.coefficients).toEqual(wanted.coefficients);
      // Columns of Q have either sign.
      const { p } = wanted;
      const signs = wanted.coefficients.map((_, k) => Math.sign(wanted.r[k * (p + 1)] * made.r[k * (p + 1)]));
      const bound = TOLERANCE.denseTwin * Math.hypot(...wanted.r);
      const off = [
        ...wanted.r.map((value, at) => made.r[at] - value * signs[Math.floor(at / p)]),
        ...wanted.factors[0].ztx.map((value, at) => made.factors[0].ztx[at] - value * signs[at % p]),
      ];
      expect(Math.max(...off.map(Math.abs))).toBeLessThanOrEqual(bound);
    }
  });

  it('is left alone where its columns span the ones already', () => {
    const [{ design }] = denseMoments(buildDesign('~ 0 + factor(group) + (1 | donor)', table), responses).batches;
    expect(withThresholds(design)).toBe(design);
  });
});
