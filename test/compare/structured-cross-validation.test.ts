/** Cross-validation of models with structured covariances, against V written out over all rows. */
import { describe, expect, it } from 'vitest';
import { crossValidate } from '../../src/compare/comparisons.ts';
import { dealFolds } from '../../src/compare/folds.ts';
import type { MomentFit } from '../../src/fit/readable-fit.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { type OutputRow, outputRows } from '../../src/result/output-table.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import {
  column,
  denseCovariance,
  inverse,
  lower,
  type Matrix,
  numbersOf,
  pick,
  times,
} from '../lmm/structured/dense-covariance.ts';
import { trialWithOutcomes } from '../lmm/structured/outcomes.ts';
import { TOLERANCE } from '../tolerance.ts';

type Dense = Parameters<typeof denseCovariance>[3];
type Given = { readonly formula: string } & Partial<Parameters<typeof fitTable>[1]>;

const one = { threads: 1, backend: 'cpu' } as const;
const FOLDS = 3;

const isLevel = (table: Table, name: string, level: string) => (i: number) => {
  const factor = table.columns.get(name) as Extract<Column, { kind: 'factor' }>;
  return factor.levels[factor.codes[i]] === level ? 1 : 0;
};

function tableRows(table: Table, rows: readonly number[]): Table {
  const columns = new Map(
    [...table.columns].map(([name, own]) => [
      name,
      own.kind === 'factor'
        ? { ...own, codes: Int32Array.from(rows, (i) => own.codes[i]) }
        : { ...own, values: Float64Array.from(rows, (i) => own.values[i]) },
    ]),
  );
  return { ...table, rows: rows.length, columns };
}

/** y - X b at the coefficients of a fit, of formulas in x, arm and an intercept. */
function errorsOf({ table: { coefficients } }: MomentFit, table: Table, y: readonly number[]): number[] {
  const x = numbersOf(table, 'x');
  return y.map((value, i) =>
    coefficients.names.reduce((error, name, k) => {
      const own = name === 'x' ? x[i] : name === '(Intercept)' ? 1 : isLevel(table, 'arm', name.slice(3))(i);
      return error - own * coefficients.estimate[k];
    }, value),
  );
}

/** log N(e; 0, V) over some rows. */
function logDensity(e: readonly number[], V: Matrix, rows: readonly number[]): number {
  const L = lower(pick(V, rows));
  const z: number[] = [];
  L.forEach((row, i) => {
    z.push((e[rows[i]] - z.reduce((sum, value, k) => sum + row[k] * value, 0)) / row[i]);
  });
  return z.reduce((sum, value, i) => sum - 0.5 * (Math.log(2 * Math.PI) + value * value) - Math.log(L[i][i]), 0);
}

/** The score and the sum of weighted squares of held-out rows given the others. */
function scoreOf(e: readonly number[], V: Matrix, w: readonly number[], held: readonly number[]) {
  const all = [...e.keys()];
  const others = all.filter((i) => !held.includes(i));
  const known = times(pick(V, held, others), times(inverse(pick(V, others)), column(others.map((i) => e[i]))));
  const squares = held.reduce((sum, i, k) => sum + w[i] * (e[i] - known[k][0]) ** 2, 0);
  return { logScore: logDensity(e, V, all) - logDensity(e, V, others), squares };
}

interface Case {
  readonly name: string;
  readonly table: Table;
  readonly given: Given;
  readonly by: string | undefined;
  readonly dense: Dense;
}

const short = trialWithOutcomes(5, 24, 4);
const long = trialWithOutcomes(6, 12, 16);
const sites = (table: Table) => ({ group: 'site', z: (i: number) => [1, numbersOf(table, 'time')[i]] });

const CASES: readonly Case[] = [
  ...(['us', 'ar1h', 'csh', 'toep', 'diag'] as const).map((name) => ({
    name,
    table: short,
    given: { formula: 'y ~ x', residual: `${name}(visit | subject)` },
    by: undefined,
    dense: {},
  })),
  ...(['us', 'cs', 'ar1h', 'diag'] as const).map((name) => ({
    name: `${name} with weights`,
    table: short,
    given: { formula: 'y ~ x + arm', residual: `${name}(visit | subject)`, weights: 'w', method: 'ML' as const },
    by: 'rows',
    dense: { weights: 'w' },
  })),
  {
    name: 'ad by arm',
    table: short,
    given: { formula: 'y ~ x', residual: 'ad(visit | arm / subject)' },
    by: 'rows',
    dense: { by: 'arm' },
  },
  ...(['ar1', 'cs'] as const).map((name) => ({
    name: `a long ${name}`,
    table: long,
    given: { formula: 'y ~ x', residual: `${name}(visit | subject)` },
    by: undefined,
    dense: {},
  })),
  ...(['ar1h', 'cs'] as const).map((name) => ({
    name: `a long ${name}`,
    table: long,
    given: { formula: 'y ~ x', residual: `${name}(visit | subject)` },
    by: 'rows',
    dense: {},
  })),
  {
    name: 'times',
    table: long,
    given: { formula: 'y ~ x', residual: 'sp_exp(time | subject)' },
    by: 'rows',
    dense: { time: 'time' },
  },
  {
    name: 'a structure beside sites',
    table: short,
    given: { formula: 'y ~ x + (1 | site)', residual: 'ar1(visit | subject)' },
    by: undefined,
    dense: { random: [{ group: 'site', z: () => [1] }] },
  },
  {
    name: 'a structure beside random slopes of sites',
    table: short,
    given: { formula: 'y ~ x + (time | site)', residual: 'csh(visit | subject)' },
    by: 'rows',
    dense: { random: [sites(short)] },
  },
  {
    name: 'random slopes and a dispersion model',
    table: short,
    given: { formula: 'y ~ x + (time | site)', dispersion: '~ arm', weights: 'w' },
    by: 'rows',
    dense: { weights: 'w', dispersion: (i) => [1, isLevel(short, 'arm', 'arm001')(i)], random: [sites(short)] },
  },
  {
    name: 'a structured random effect',
    table: short,
    given: { formula: 'y ~ x + diag(time | site)' },
    by: 'site',
    dense: { random: [sites(short)] },
  },
];

describe('cross-validation of structured models', () => {
  it.each(CASES)('$name, by $by', async ({ table, given, by, dense }) => {
    const { scores, folds } = await crossValidate(table, {
      ...one,
      ...given,
      formulas: [given.formula],
      folds: FOLDS,
      by,
      seed: 2,
    });
    const all = Int32Array.from({ length: table.rows }, (_, i) => i);
    const dealt = dealFolds(table, all, { folds: FOLDS, by: by ?? 'subject', seed: 2 });
    const y = numbersOf(table, 'y');
    const w = given.weights ? numbersOf(table, 'w') : y.map(() => 1);
    const lines = [...outputRows(folds)];
    let total = 0;
    for (let f = 0; f < FOLDS; f++) {
      const held = [...all].filter((i) => dealt[i] === f);
      const fit = await fitTable(
        tableRows(
          table,
          [...all].filter((i) => dealt[i] !== f),
        ),
        { ...one, ddf: 'asymptotic', ...given },
      );
      const { V } = denseCovariance(fit, 0, table, dense);
      const { logScore, squares } = scoreOf(errorsOf(fit, table, y), V, w, held);
      expect(lines[f]['n']).toBe(held.length);
      expect(Math.abs(Number(lines[f]['log.score']) * held.length - logScore)).toBeLessThan(TOLERANCE.denseStructured);
      const rmse = Math.sqrt(squares / held.length);
      expect(Math.abs(Number(lines[f]['rmse']) - rmse)).toBeLessThan(TOLERANCE.denseStructured);
      total += logScore;
    }
    const [row] = outputRows(scores);
    expect(Math.abs(Number(row['log.score']) * table.rows - total)).toBeLessThan(TOLERANCE.denseStructured);
    expect(row['rank']).toBe(1);
  });
});

const numbersIn = (rows: readonly OutputRow[]) => rows.map((row) => [row['log.score'], row['rmse']].map(Number));

describe('models written in two ways', () => {
  it.each(['rows', 'subject'])('have the same scores by %s', async (by) => {
    const options = { ...one, folds: 4, by };
    const [plain, structured] = await Promise.all([
      crossValidate(short, { ...options, formulas: ['y ~ x + (1 | subject)'] }),
      crossValidate(short, { ...options, formulas: ['y ~ x'], residual: 'cs(visit | subject)' }),
    ]);
    for (const table of ['scores', 'folds'] as const) {
      const [a, b] = [plain, structured].map((result) => numbersIn([...outputRows(result[table])]));
      expect(a.length).toBe(b.length);
      a.forEach((row, i) => {
        row.forEach((value, c) => {
          expect(Math.abs(value - b[i][c])).toBeLessThan(TOLERANCE.engines);
        });
      });
    }
  });

  it('are scored beside each other, each response on its own rows', async () => {
    const table = trialWithOutcomes(7, 20, 3, ['a', 'b']);
    const holes = new Map(table.columns);
    const b = numbersOf(table, 'b');
    holes.set('b', { kind: 'numeric', values: Float64Array.from(b, (value, i) => (i % 7 === 3 ? Number.NaN : value)) });
    const options = { ...one, folds: FOLDS, na: 'per-response' as const };
    const both = await crossValidate({ ...table, columns: holes } as Table, {
      ...options,
      formulas: ['cbind(a, b) ~ x', 'cbind(a, b) ~ x + arm'],
      structures: 'us(visit | subject),ar1,none',
    });
    expect(both.notes.join()).toMatch(/whole levels of subject/);
    const rows = [...outputRows(both.scores)];
    expect(rows.map((row) => row['residual'])).toEqual([
      ...Array.from({ length: 4 }, () => ['us(visit | subject)', 'ar1(visit | subject)', 'none']).flat(),
    ]);
    for (const response of ['a', 'b']) {
      const own = rows.filter((row) => row['response'] === response);
      expect(own.map((row) => Number(row['rank'])).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    }
    // Alone, on a table of its rows, with its folds by name of the subject.
    const complete = [...b.keys()].filter((i) => i % 7 !== 3);
    const alone = await crossValidate(tableRows(table, complete), {
      ...options,
      formulas: ['b ~ x + arm'],
      residual: 'ar1(visit | subject)',
    });
    const found = rows.find((row) => row['response'] === 'b' && row['model'] === 5);
    const [expected] = outputRows(alone.scores);
    expect(found?.['n']).toBe(complete.length);
    expect(Math.abs(Number(found?.['log.score']) - Number(expected['log.score']))).toBeLessThan(TOLERANCE.engines);
  });
});

describe('what cannot be scored', () => {
  const five = referenceTable('rs_trial5.csv');

  it('is named: visits of the fold alone, and fits that training rows do not give', async () => {
    const single = tableRows(
      long,
      [...Array(long.rows).keys()].filter((i) => isLevel(long, 'subject', 'subject000')(i) === 1),
    );
    const given = { ...one, formulas: ['y ~ x'], folds: 2, by: 'rows' };
    const { notes, scores } = await crossValidate(single, { ...given, residual: 'ar1(visit | subject)' });
    expect(notes.join('\n')).toMatch(/cannot be predicted: visit 'visit\d+', .* more cannot be estimated/);
    expect([...outputRows(scores)][0]['log.score']).toBeNull();
    const few = tableRows(
      short,
      [...Array(short.rows).keys()].filter((i) => i < 18),
    );
    const other = await crossValidate(few, { ...given, by: 'subject', residual: 'us(visit | subject)' });
    // One note of all folds.
    const unscored = other.notes.filter((note) => note.includes('cannot be scored'));
    expect(unscored).toHaveLength(1);
    expect(unscored[0]).toMatch(
      /^folds 1 and 2 of 'y ~ x', us\(visit \| subject\), cannot be scored: no fit of y without their rows \(/,
    );
  });

  it('needs folds of subjects that the models agree on', async () => {
    const run = crossValidate(five, {
      ...one,
      formulas: ['y ~ base'],
      structures: 'ar1(week | id),cs(id | site:week)',
    });
    await expect(run).rejects.toMatchObject({ tag: 'OptionError', fields: { option: 'cvBy' } });
  });
});
