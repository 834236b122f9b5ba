/** Columns of trials that are not what their kind says: arms that have numbers, and rows that hold a covariate. */
import { describe, expect, it } from 'vitest';
import { type DesignQuestion, readDesign } from '../../src/design/reading.ts';
import { groupingColumns, guessRoles } from '../../src/design/roles.ts';
import { applyFilter, parseFilter } from '../../src/formula/filter.ts';
import { frame, type Values } from '../lmm/frames.ts';

const VISITS = ['baseline', 'week 4', 'week 8', 'week 12'];

/** Thirty patients of three groups, four visits; the response at the first is the covariate. */
function trial(group: string, codes: readonly (string | number)[], more: Record<string, Values> = {}) {
  const rows = Array.from({ length: 120 }, (_, i) => i);
  const start = (i: number): number => 50 + 10 * Math.sin(Math.floor(i / 4) * 3.7);
  return frame({
    patient: rows.map((i) => `P${Math.floor(i / 4)}`),
    [group]: rows.map((i) => codes[Math.floor(i / 4) % codes.length]) as Values,
    visit: rows.map((i) => VISITS[i % 4]),
    base: rows.map(start),
    score: rows.map((i) => (i % 4 === 0 ? start(i) : 40 + 9 * Math.sin(i * 12.9))),
    ...more,
  });
}
const read = (table: ReturnType<typeof trial>, question: DesignQuestion = {}) =>
  readDesign(table, { response: 'score', ...question });
const texts = ({ remarks }: ReturnType<typeof read>): string => remarks.map(({ text }) => text).join('\n');

describe('a condition that has numbers', () => {
  it.each(['arm', 'group', 'treatment', 'TRT01PN', 'study_arm', 'studyArm'])('%s is one of groups', (name) => {
    const reading = read(trial(name, [1, 2, 3]), { condition: name });
    const words = read(trial(name, ['a', 'b', 'c']), { condition: name });
    expect(reading.layout).toMatchObject({ ...words.layout, coded: true });
    expect(reading.formulas.map(({ formula }) => formula)).toEqual(
      words.formulas.map(({ formula }) => formula.replaceAll(name, `factor(${name})`)),
    );
    expect(texts(reading)).toContain(`The numbers of '${name}' (1, 2, 3) are taken for names of groups`);
    expect(texts(reading)).toContain('10 against 10 against 10');
  });

  it('is a number where it measures, which is said, and where it is 0 or 1', () => {
    for (const name of ['dose', 'age', 'treatment_days', 'parity']) {
      const reading = read(trial(name, [1, 2, 4]), { condition: name });
      expect(reading.layout).toMatchObject({ coded: false, numeric: true });
      expect(texts(reading)).toContain(`'${name}' is taken as a number, by a straight line over 1, 2, 4`);
    }
    expect(read(trial('arm', [0, 1])).layout.coded).toBe(false);
    // At 0 there is no arm.
    expect(read(trial('arm', [1, 2])).formulas[0].formula).toContain('factor(arm)');
    expect(read(trial('arm', [1, 2, 3]), { codes: false }).formulas[0].formula).not.toContain('factor');
    expect(read(trial('arm', [1.5, 2, 3])).layout.coded).toBe(false);
  });
});

describe('rows that hold a covariate', () => {
  it('are found with the filter that leaves them out', () => {
    const table = trial('arm', ['a', 'b', 'c']);
    const { baseline, remarks } = read(table);
    expect(baseline).toMatchObject({ column: 'base', visit: 'visit', level: 'baseline', rows: 30 });
    expect(baseline?.filter).toBe("visit != 'baseline'");
    const kept = applyFilter(parseFilter(baseline?.filter ?? ''), table);
    expect(kept.reduce((sum, one) => sum + one, 0)).toBe(90);
    expect(remarks.find(({ text }) => text.includes('hold the same values'))?.severity).toBe('note');
    const covaried = read(table, { covariates: ['base'] }).remarks;
    expect(covaried.find(({ text }) => text.includes('hold the same values'))?.severity).toBe('warning');
  });

  it('are none where the same values come by chance, vary within subjects or are everywhere', () => {
    const whole = (table: ReturnType<typeof trial>, name: string, of: (i: number) => number) =>
      frame({ ...plain(table), [name]: Array.from({ length: 120 }, (_, i) => of(i)) });
    const plain = (table: ReturnType<typeof trial>): Record<string, Values> =>
      Object.fromEntries(
        [...table.columns].map(([name, column]) => [
          name,
          (column.kind === 'factor'
            ? Array.from(column.codes, (code) => column.levels[code])
            : [...column.values]) as Values,
        ]),
      );
    const table = trial('arm', ['a', 'b', 'c']);
    expect(read(whole(table, 'score', (i) => (i * 7) % 5)).baseline).toBeUndefined();
    expect(read(whole(table, 'base', (i) => 40 + 9 * Math.sin(i * 12.9))).baseline).toBeUndefined();
  });
});

it('takes numbers of units for these, however few rows they have', () => {
  const column = (name: string, distinct: number) => ({ name, kind: 'numeric' as const, distinct, discrete: false });
  const columns = [column('patient', 90), column('age', 90)];
  expect(groupingColumns(columns, 170).map(({ name }) => name)).toEqual(['patient']);
  expect(groupingColumns(columns, 90)).toEqual([]);
  expect(guessRoles(columns, 170).donor).toBe('patient');
});
