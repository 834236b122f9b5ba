/** Models that are one model in two parametrisations: what differs between them is rounding, and nothing may rest on it. */
import { describe, expect, it } from 'vitest';
import { compare, crossValidate, selectBackward } from '../../src/compare/comparisons.ts';
import { outputRows } from '../../src/result/output-table.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { referenceTable } from '../formula/reference-table.ts';

const sleep = referenceTable('sleepstudy.csv');
const trial = referenceTable('rs_trial5.csv');

/** One model in several coordinates. */
const written = [
  [
    'mixed',
    sleep,
    ['Reaction ~ Days', 'Reaction ~ I(1000 * Days - 3)', 'Reaction ~ I(Days / 7)'],
    ['(Days | Subject)', '(I(3 * Days + 1) | Subject)', '(I(2 - Days) | Subject)'],
    undefined,
  ],
  [
    'residuals',
    trial,
    ['y ~ base + arm', 'y ~ 0 + arm + I(base / 100)', 'y ~ arm + scale(base)'],
    ['', '', ''],
    'us(week | id)',
  ],
] as const;

function formulasOf(fixed: readonly string[], random: readonly string[]): string[] {
  return fixed.map((text, k) => (random[k] === '' ? text : `${text} + ${random[k]}`));
}

describe.each(written)('%s models in other coordinates', (_, table: Table, fixed, random, residual) => {
  const formulas = formulasOf(fixed, random);

  it('share the first rank, by all criteria', async () => {
    for (const rankBy of ['AIC', 'BIC', 'AICc'] as const) {
      const { models, summary } = await compare(table, { formulas, residual, rankBy, threads: 1 });
      const rows = [...outputRows(models)];
      expect(rows.map(({ rank, delta }) => [rank, delta])).toEqual(formulas.map(() => [1, 0]));
      for (const { weight } of rows) expect(weight).toBeCloseTo(1 / formulas.length, 12);
      expect([...outputRows(summary)].map(({ first }) => first)).toEqual(formulas.map(() => 1));
    }
  });

  it('share the first rank of held-out scores, before one that predicts worse', async () => {
    for (const seed of [1, 2, 3]) {
      const worse = residual === undefined ? 'Reaction ~ 1 + (1 | Subject)' : 'y ~ 1';
      const { scores } = await crossValidate(table, {
        formulas: [worse, ...formulas],
        residual,
        folds: 4,
        seed,
        threads: 1,
      });
      const rows = [...outputRows(scores)];
      expect(rows.map(({ rank }) => rank)).toEqual([4, 1, 1, 1]);
      expect(rows.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    }
  });
});

describe('backward selection', () => {
  it('leaves out the first of two terms that are worth the same', async () => {
    // Two copies of nine subjects, with noise beside either: what the one tells the other does, in another order of sums.
    const half = 90;
    const twice = (of: (row: number, copy: number) => number) =>
      Float64Array.from({ length: 2 * half }, (_, i) => of(i % half, Math.floor(i / half)));
    const [days, reaction, subject] = ['Days', 'Reaction', 'Subject'].map((name) => sleep.columns.get(name));
    if (days?.kind !== 'numeric' || reaction?.kind !== 'numeric' || subject?.kind !== 'factor')
      throw new Error('columns');
    const numeric = (values: Float64Array) => ({ kind: 'numeric' as const, values });
    const noise = (row: number) => Math.sin(7 * row * row);
    const columns = new Map<string, Column>([
      ['Days', numeric(twice((row) => days.values[row]))],
      ['Reaction', numeric(twice((row) => reaction.values[row]))],
      ['Subject', { ...subject, codes: Int32Array.from(twice((row, copy) => subject.codes[row] + 9 * copy)) }],
      ['a', numeric(twice((row, copy) => (copy === 0 ? noise(row) : 0)))],
      ['b', numeric(twice((row, copy) => (copy === 1 ? noise(row) : 0)))],
    ]);
    for (const by of ['aic', 'lrt'] as const) {
      const dropped = [];
      for (const pair of ['a + b', 'b + a']) {
        const formula = `Reaction ~ Days + ${pair} + (1 | Subject)`;
        const { path } = await selectBackward({ ...sleep, columns }, { formula, by, threads: 1 });
        dropped.push([...outputRows(path)][1]?.['term']);
      }
      expect(dropped).toEqual(['a', 'b']);
    }
  });
});
