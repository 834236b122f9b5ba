/** Responses of families: what is taken for what, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { type PrepareOptions, prepare } from '../../src/prepare/run.ts';
import type { Column, Table } from '../../src/types/table.ts';

const ROWS = 12;
const numbers = (value: (i: number) => number): Column => ({
  kind: 'numeric',
  values: Float64Array.from({ length: ROWS }, (_, i) => value(i)),
});
const texts = (levels: readonly string[], code: (i: number) => number): Column => ({
  kind: 'factor',
  levels,
  codes: Int32Array.from({ length: ROWS }, (_, i) => code(i)),
  ordered: false,
});
const table: Table = {
  rows: ROWS,
  columns: new Map<string, Column>([
    ['patient', texts(['a', 'b', 'c', 'd'], (i) => i % 4)],
    ['well', texts(['no', 'yes'], (i) => (i === 5 ? -1 : Number(i % 3 === 0)))],
    ['grade', texts(['mild', 'none', 'severe'], (i) => (i + (i >> 2)) % 3)],
    ['score', numbers((i) => 10 * (i % 3))],
    ['days', numbers((i) => 20 + (i % 5))],
    ['good', numbers((i) => 2 + ((3 * i) % 7))],
  ]),
};

/** Values and notes of the first response. */
async function responseOf(formula: string, options: Partial<PrepareOptions>) {
  const { responses, notes } = await prepare(table, { formula, ...options });
  if (responses.kind !== 'dense') throw new Error('dense responses are given');
  return { ...responses, notes };
}

describe('responses of families', () => {
  it('take the second of two texts for success, say so, and keep what is missing', async () => {
    const { values, notes } = await responseOf('well ~ (1 | patient)', { family: 'binomial' });
    expect([...values.subarray(0, 6)]).toEqual([1, 0, 0, 1, 0, Number.NaN]);
    expect(notes).toContain("'well': 'yes' is success, 'no' is not");
  });

  it('take two columns for successes and failures, or one with its trials', async () => {
    const joined = await responseOf('cbind(good, days - good) ~ (1 | patient)', { family: 'binomial' });
    const apart = await responseOf('good ~ (1 | patient)', { family: 'binomial', trials: 'days' });
    expect(joined.values).toEqual(apart.values);
    expect(joined.trials).toEqual(apart.trials);
    expect(joined.names).toEqual(['cbind(good, days - good)']);
  });

  it('number the categories of grades in their order, which the alphabet gives with a note', async () => {
    const byName = await responseOf('grade ~ (1 | patient)', { family: 'cumulative' });
    expect(byName.notes.join()).toContain('mild < none < severe');
    const listed = { family: 'cumulative', ordered: ['grade=none,mild,severe'] } as const;
    const inOrder = await responseOf('grade ~ (1 | patient)', listed);
    expect(inOrder.categories).toEqual(['none', 'mild', 'severe']);
    expect(inOrder.notes).toEqual([]);
    const scored = await responseOf('score ~ (1 | patient)', { family: 'cumulative' });
    expect([...scored.values.subarray(0, 3)]).toEqual([1, 2, 3]);
    expect(scored.categories).toEqual(['0', '10', '20']);
  });
});
