/** Notes on new rows whose groups and conditions never went together, against the rows of the table themselves. */
import { describe, expect, it } from 'vitest';
import { deserialiseFit, serialiseFit } from '../../src/fit/saved-fit.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { groupNotes } from '../../src/predict/group-notes.ts';
import type { Table } from '../../src/types/table.ts';
import { frame, type Values } from '../lmm/frames.ts';

interface Row {
  readonly donor: string;
  readonly stim: string;
  readonly age: number;
  readonly sample: string;
  readonly kind: string;
}

const rows: Row[] = Array.from({ length: 144 }, (_, i) => {
  const [d, s] = [i % 8, Math.floor(i / 8) % 3];
  const [donor, stim] = [`d${d}`, ['ctrl', 'low', 'high'][s]];
  return { donor, stim, age: 30 + d, sample: `${donor}-${stim}`, kind: i < 72 ? 'B' : 'T' };
});

function tableOf(some: readonly Row[]): Table {
  const values: Record<string, Values> = {
    y: some.map((_, i) => Math.sin(i * 12.9898) * 3),
    donor: some.map(({ donor }) => donor),
    stim: some.map(({ stim }) => stim),
    age: some.map(({ age }) => age),
    sample: some.map(({ sample }) => sample),
    kind: some.map(({ kind }) => kind),
  };
  return frame(values);
}

/** Every donor with the stimulus and age of one row and the sample of another. */
const asked: Row[] = rows.slice(0, 24).flatMap((row) => rows.slice(0, 24).map(({ sample }) => ({ ...row, sample })));
const known = new Set(rows.map(({ stim, sample }) => `${stim} ${sample}`));
const donors = new Set(rows.map(({ donor, sample }) => `${donor} ${sample}`));
/** Rows of those asked for that no row of the data is like, from 1 on. */
const apart = (seen: ReadonlySet<string>, of: (row: Row) => string): number[] =>
  asked.flatMap((row, i) => (seen.has(of(row)) ? [] : [i + 1]));

const FORMULA = 'y ~ stim + age + (1 | donor) + (1 | sample)';
const options = { threads: 1, backend: 'cpu', ddf: 'satterthwaite' } as const;

function expectNotes(notes: readonly string[]): void {
  const wrong = [
    apart(known, ({ stim, sample }) => `${stim} ${sample}`),
    apart(donors, ({ donor, sample }) => `${donor} ${sample}`),
  ];
  expect(notes).toHaveLength(2);
  ['stim', 'donor'].forEach((column, k) => {
    const numbers = wrong[k];
    expect(notes[k]).toContain(
      `rows ${numbers.slice(0, 3).join(', ')} and ${numbers.length - 3} more have a '${column}' that their 'sample' never had`,
    );
  });
}

describe('rows of groups that never went together', () => {
  it('are those that no row of the data is like, of a fit and of a kept one', async () => {
    const result = await fitTable(tableOf(rows), { formula: FORMULA, ...options });
    expectNotes(groupNotes(result, tableOf(asked)));
    expectNotes(
      groupNotes(deserialiseFit(Uint8Array.from(Buffer.concat([...serialiseFit(result)]))).fit, tableOf(asked)),
    );
    expect(groupNotes(result, tableOf(rows))).toEqual([]);
    expect(groupNotes(result, tableOf(asked), { randomEffects: 'none' })).toEqual([]);
  });

  it.each(['treatment', 'sum', 'helmert'] as const)('whatever the coding: %s', async (coding) => {
    const result = await fitTable(tableOf(rows), { formula: FORMULA, coding: { stim: coding }, ...options });
    expectNotes(groupNotes(result, tableOf(asked)));
  });

  it('of all parts of split data, and of families', async () => {
    const split = await fitTable(tableOf(rows), { formula: FORMULA, splitBy: 'kind', ...options });
    expectNotes(groupNotes(split, tableOf(asked)));
    const counted = { ...tableOf(rows), columns: new Map(tableOf(rows).columns) };
    counted.columns.set('y', { kind: 'numeric', values: Float64Array.from(rows, (_, i) => (i * 7) % 5) });
    const counts = await fitTable(counted, { formula: FORMULA, family: 'poisson', threads: 1, backend: 'cpu' });
    expectNotes(groupNotes(counts, tableOf(asked)));
  });

  it('are none where a group had several levels, a value is a number, or nothing is random', async () => {
    const donor = await fitTable(tableOf(rows), { formula: 'y ~ stim + age + (stim | donor)', ...options });
    const older = asked.map((row) => ({ ...row, age: 99 }));
    expect(groupNotes(donor, tableOf(older))).toEqual([]);
    expect(groupNotes(await fitTable(tableOf(rows), { formula: 'y ~ stim', ...options }), tableOf(asked))).toEqual([]);
  });
});
