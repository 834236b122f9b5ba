/** Trials whose visits are words: the recommended model has the interaction of arms and visits, as the page's first test has it. */
import { describe, expect, it } from 'vitest';
import { defaultTest } from '../../demo/src/model/default-test.ts';
import { applyColumnOptions } from '../../src/data/table/column-options.ts';
import { type DesignQuestion, readDesign } from '../../src/design/reading.ts';
import { withReplicateNotes } from '../../src/design/replicates.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import type { Table } from '../../src/types/table.ts';
import { frame, type Values } from '../lmm/frames.ts';

const WORDS = ['baseline', 'week 4', 'week 12'] as const;

/** Twenty patients of two arms, `each` rows at each visit. */
function trial(
  { visit = 'visit', words = WORDS as readonly (string | number)[], each = 1 } = {},
  more: Record<string, (patient: number, visit: number, row: number) => string | number> = {},
): Table {
  const columns: Record<string, (patient: number, visit: number, row: number) => string | number> = {
    patient: (patient) => `P${patient}`,
    arm: (patient) => (patient % 2 ? 'drug' : 'placebo'),
    [visit]: (_, k) => words[k],
    ...more,
    score: (_, __, i) => Math.sin(i * 12.9898) * 3,
  };
  const rows = Array.from({ length: 20 * words.length * each }, (_, i) => i);
  const at = (i: number): [number, number, number] => [
    Math.floor(i / (words.length * each)),
    Math.floor(i / each) % words.length,
    i,
  ];
  const values = Object.entries(columns).map(([name, of]) => [name, rows.map((i) => of(...at(i)))]);
  return frame(Object.fromEntries(values) as Record<string, Values>); // each of one kind
}

const read = (table: Table, question: DesignQuestion = {}) => readDesign(table, { response: 'score', ...question });
const first = (table: Table, question: DesignQuestion = {}): string => read(table, question).formulas[0].formula;
const warnings = (formula: string, table: Table): readonly string[] =>
  withReplicateNotes(buildDesign(parseFormula(formula), table, {}), table).notes.filter((note) =>
    note.startsWith('WARNING'),
  );

describe('visits that have names', () => {
  it('have means of their own in each arm, and the test on show first is how these part', () => {
    const table = trial();
    const { formulas, layout } = read(table);
    expect(layout).toMatchObject({ time: '', visits: 'visit', timed: 20, visitSamples: false });
    expect(formulas.map(({ formula, advice }) => [advice, formula])).toEqual([
      ['recommended', 'score ~ arm * visit + (1 | patient)'],
      ['alternative', 'score ~ arm + (1 | patient)'],
    ]);
    expect(formulas[0].reason).toContain("rests on 20 levels of 'patient'");
    const design = buildDesign(parseFormula(formulas[0].formula), table, {});
    expect(defaultTest(design.fixed.names, 'arm')).toMatch(/^armplacebo:visit/);
    expect(warnings(formulas[0].formula, table)).toEqual([]);
  });

  it.each([
    ['timepoint', WORDS],
    ['period', ['A', 'B', 'C']],
    ['study_visit', ['screening', 'day 1', 'follow-up']],
    // Told by the visits themselves.
    ['stage', ['pre', 'post']],
    ['when', ['day0', 'day7', 'day28']],
    // Two numbers have no course.
    ['visit', [1, 2]],
  ] as const)('are found by the name of their column or their own words: %s of %j', (visit, words) => {
    expect(first(trial({ visit, words }))).toBe(`score ~ arm * ${visit} + (1 | patient)`);
  });

  it('are numbers that were made levels', () => {
    const numbers = trial({ words: [0, 4, 12] });
    expect(first(numbers)).toBe('score ~ visit * arm + (visit | patient)');
    const levels = applyColumnOptions(numbers, { factor: ['visit'], ordered: [] });
    expect(first(levels)).toBe('score ~ arm * visit + (1 | patient)');
    // Asked about as the course of time too.
    expect(first(levels, { time: 'visit' })).toBe('score ~ arm * visit + (1 | patient)');
  });

  it('are samples where rows repeat within them', () => {
    const cells = trial({ each: 6 });
    const wanted = 'score ~ arm * visit + (1 | patient) + (1 | patient:visit)';
    expect(first(cells)).toBe(wanted);
    expect(warnings(wanted, cells)).toEqual([]);
    // What a warning of the model without them advises is the same.
    expect(warnings('score ~ arm * visit', cells).join()).toContain(`Fit ${wanted}`);
    const sampled = trial({ each: 6 }, { sample: (patient, visit) => `s${patient}-${visit}` });
    expect(first(sampled)).toBe('score ~ arm * visit + (1 | patient) + (1 | sample)');
  });

  it('say of how many units they are told', () => {
    const table = trial();
    const rows = Int32Array.from({ length: 60 }, (_, i) => i).filter((i) => i >= 15 || i % 3 === 0);
    expect(read(table, { rows }).formulas[0].reason).toContain(
      "15 of 20 levels of 'patient': the others have one 'visit' only",
    );
  });

  it('are none where they do not vary within units, name units, or are not asked for', () => {
    const plain = 'score ~ arm + (1 | patient)';
    expect(first(trial(), { visits: '' })).toBe(plain);
    expect(first(trial({ visit: 'colour', words: ['red', 'green', 'blue'] }))).toBe(plain);
    const cohort = trial(
      { visit: 'colour', words: ['red', 'green', 'blue'] },
      { wave: (patient) => `w${patient % 4}` },
    );
    expect(first(cohort)).toBe(plain);
    // A name for each row.
    expect(
      first(trial({ visit: 'colour', words: ['red', 'green', 'blue'] }, { visit: (_, __, row) => `v${row}` })),
    ).toBe(plain);
    // Compared within patients, visits are the comparison.
    expect(first(trial(), { condition: 'visit' })).toBe('score ~ visit + (1 | patient)');
  });
});
