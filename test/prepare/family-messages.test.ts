/** Responses of families: what is taken for what, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/calibrate/calibration.ts';
import { compare } from '../../src/compare/comparisons.ts';
import { FitError } from '../../src/errors.ts';
import { compositionNote } from '../../src/prepare/family-responses.ts';
import type { GivenOptions } from '../../src/prepare/given-data.ts';
import { runMoments } from '../../src/prepare/prepare-moments.ts';
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

describe('names of families and links', () => {
  it.each([
    [{ family: 'poison' }, 'poisson'],
    [{ family: 'Poisson' }, 'poisson'],
    [{ family: 'bionmial' }, 'binomial'],
    [{ family: 'negative binomial' }, 'nbinom2'],
    [{ family: 'ordinal' }, 'cumulative'],
    [{ family: 'gama' }, 'Gamma'],
    [{ family: 'binomial', link: 'logti' }, 'logit'],
    [{ family: 'binomial', link: 'clog-log' }, 'cloglog'],
  ])('that are misspelt come back with the one that was meant: %o', async (options, meant) => {
    const given = { formula: 'good ~ (1 | patient)', ...options } as Partial<PrepareOptions> & { formula: string };
    const refused = await prepare(table, given).catch((error: unknown) => error);
    if (!(refused instanceof FitError)) throw new Error('nothing was refused');
    expect(refused.tag).toBe('OptionError');
    expect(refused.fields.remedy).toContain(`did you mean '${meant}'?`);
  });
});

describe('what is said of libraries', () => {
  it('names the responses that hold much of them, the largest first', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    expect(
      compositionNote(
        names,
        [1, 2, 3, 4, 5, 6, 7].map((k) => 0.01 * k),
        1,
      ),
    ).toBeNull();
    expect(compositionNote(names, [0.05, 0.23, 0, 0, 0, 0.1, 0], 1)).toMatch(/^'b' 23 % of all counts/);
    const many = compositionNote(names, [0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17], 1);
    expect(many).toMatch(/^'g' 17 %, 'f' 16 %, 'e' 15 %, 'd' 14 %, 'c' 13 % and 2 more of all counts/);
  });

  it('is said of runs whose offset they are, and of no others', async () => {
    const formula = '~ (1 | patient)';
    const names = ['large', ...Array.from({ length: 30 }, (_, k) => `small${k}`)];
    const values = Float64Array.from({ length: names.length * ROWS }, (_, at) => (at < ROWS ? 40 : 3) + (at % 4));
    const responses = { kind: 'dense', rows: ROWS, names, values } as const;
    const notesOf = async (options: Partial<GivenOptions>) => {
      const run = await prepare(responses, { formula, obs: table, ...options });
      return (await runMoments(run, formula)).notes.join();
    };
    expect(await notesOf({ family: 'poisson', offset: 'library' })).toMatch(/'large' 2\d % of all counts/);
    expect(await notesOf({ family: 'poisson' })).not.toMatch(/of all counts/);
    const data = { formula: '~ days + (1 | patient)', obs: table, family: 'poisson', offset: 'library' } as const;
    const compared = await compare(responses, { ...data, formulas: [data.formula, formula] });
    expect(compared.notes.join()).toMatch(/'large' 2\d % of all counts/);
    const calibrated = await calibrate(responses, { ...data, simulations: 5, seed: 1, threads: 1 });
    expect(calibrated.notes.join()).toMatch(/'large' 2\d % of all counts/);
  });
});

describe('the warning of slopes that may differ', () => {
  it('sends answers of yes or no to a comparison, and numbers to slopes', async () => {
    const visits: Table = {
      rows: 120,
      columns: new Map<string, Column>([
        ['patient', column120((i) => Math.floor(i / 4), 30)],
        ['week', { kind: 'numeric', values: Float64Array.from({ length: 120 }, (_, i) => i % 4) }],
        ['well', { kind: 'numeric', values: Float64Array.from({ length: 120 }, (_, i) => (i * 7 + (i >> 3)) % 2) }],
      ]),
    };
    const formula = 'well ~ week + (1 | patient)';
    const warningOf = async (family?: 'binomial' | 'poisson') => {
      const { notes } = await runMoments(await prepare(visits, { formula, family }), formula);
      return notes.find((note) => note.includes("'week' varies within 'patient'")) ?? '';
    };
    const yesOrNo = await warningOf('binomial');
    expect(yesOrNo).toMatch(
      /too small where slopes differ.*hold \(week \| patient\) against \(1 \| patient\) by a likelihood ratio/,
    );
    expect(yesOrNo).not.toMatch(/far too small/);
    for (const family of ['poisson', undefined] as const) {
      expect(await warningOf(family)).toMatch(/far too small where slopes differ. Fit \(week \| patient\) in place/);
    }
  });
});

function column120(code: (i: number) => number, levels: number): Column {
  return {
    kind: 'factor',
    levels: Array.from({ length: levels }, (_, k) => `p${k}`),
    codes: Int32Array.from({ length: 120 }, (_, i) => code(i)),
    ordered: false,
  };
}
