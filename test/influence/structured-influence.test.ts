/** Influence of subjects on fits with structured covariances: against fits of the table without them. */
import { describe, expect, it } from 'vitest';
import { isFitError } from '../../src/errors.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { influence } from '../../src/influence/influence.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { tidy } from '../../src/result/tidy.ts';
import type { Column, Table } from '../../src/types/table.ts';
import {
  column,
  denseCovariance,
  inverse,
  numbersOf,
  pick,
  times,
  transpose,
} from '../lmm/structured/dense-covariance.ts';
import { trialWithOutcomes } from '../lmm/structured/outcomes.ts';
import { TOLERANCE } from '../tolerance.ts';

const OPTIONS = { threads: 1, backend: 'cpu', ddf: 'asymptotic' } as const;

function without(table: Table, subject: number): Table {
  const factor = table.columns.get('subject') as Extract<Column, { kind: 'factor' }>;
  const keep = [...factor.codes.keys()].filter((i) => factor.codes[i] !== subject);
  const columns = [...table.columns].map(([name, column]): [string, Column] => [
    name,
    column.kind === 'factor'
      ? { ...column, codes: Int32Array.from(keep, (i) => column.codes[i]) }
      : ({ ...column, values: Float64Array.from(keep, (i) => column.values[i]) } as Column),
  ]);
  return { ...table, rows: keep.length, columns: new Map(columns) };
}

describe('influence of subjects', () => {
  const table = trialWithOutcomes(21, 14, 3, ['y', 'z']);

  it.each([
    ['csh beside missing responses', { formula: 'cbind(y, z) ~ x + arm', residual: 'csh(visit | subject)' }],
    [
      'ar1 with dispersion and weights',
      { formula: 'y ~ x', residual: 'ar1(visit | subject)', dispersion: '~ arm', weights: 'w' },
    ],
    ['dispersion and random intercepts', { formula: 'y ~ x + (1 | subject)', dispersion: '~ arm' }],
  ])('%s is that of refits', async (_, options) => {
    const columns = new Map(table.columns);
    const z = numbersOf(table, 'z');
    columns.set('z', { kind: 'numeric', values: Float64Array.from(z, (v, i) => (i === 4 ? Number.NaN : v)) } as Column);
    const data = { ...table, columns };
    const fit = await fitTable(data, { ...OPTIONS, ...options });
    const rows = [...outputRows(await influence(fit, { threads: 1 }))];
    for (const subject of [0, 5, 13]) {
      const again = [...outputRows(tidy(await fitTable(without(data, subject), { ...OPTIONS, ...options })))];
      const own = rows.filter((row) => row['deleted'] === `subject${String(subject).padStart(3, '0')}`);
      expect(own.map((row) => row['term'])).toEqual(again.map((row) => row['term']));
      own.forEach((row, i) => {
        expect(row['effect']).toBe(again[i]['effect']);
        const [value, wanted] = [Number(row['estimate']), Number(again[i]['estimate'])];
        expect(Math.abs(value - wanted)).toBeLessThan(TOLERANCE.deletion * (1 + Math.abs(wanted)));
      });
    }
  });

  it('of one step is generalised least squares at the covariance of the whole', async () => {
    const fit = await fitTable(table, { ...OPTIONS, formula: 'y ~ x', residual: 'us(visit | subject)' });
    const rows = [...outputRows(await influence(fit, { refit: false }))];
    const { V } = denseCovariance(fit, 0, table, {});
    const factor = table.columns.get('subject') as Extract<Column, { kind: 'factor' }>;
    const keep = [...factor.codes.keys()].filter((i) => factor.codes[i] !== 2);
    const O = inverse(pick(V, keep));
    const X = keep.map((i) => [1, numbersOf(table, 'x')[i]]);
    const XO = times(transpose(X), O);
    const beta = times(inverse(times(XO, X)), times(XO, column(keep.map((i) => numbersOf(table, 'y')[i]))));
    const own = rows.filter((row) => row['deleted'] === 'subject002');
    expect(own.map((row) => row['term'])).toEqual(['(Intercept)', 'x']);
    own.forEach((row, k) => {
      expect(Math.abs(Number(row['estimate']) - beta[k][0])).toBeLessThan(TOLERANCE.denseStructured);
    });
  });

  it('is refused where rows are independent', async () => {
    const fit = await fitTable(table, { ...OPTIONS, formula: 'y ~ x', dispersion: '~ arm' });
    const error = await influence(fit).catch((thrown: unknown) => thrown);
    expect(isFitError(error, 'OptionError')).toBe(true);
  });

  it.each([
    ['y ~ x + (1 | arm)', 'ar1(visit | subject)', 'here subject: \\(1 \\| arm\\) is of another'],
    ['y ~ x + (1 | subject) + (0 + x | arm)', 'ar1(visit | subject)', 'subject: \\(0 \\+ x \\| arm\\) is of another'],
  ])('of %s beside %s names the term of another factor', async (formula, residual, words) => {
    const fit = await fitTable(table, { ...OPTIONS, formula, residual });
    const error = await influence(fit, { group: 'subject' }).catch((thrown: unknown) => thrown);
    expect(isFitError(error, 'OptionError') && error.message).toMatch(new RegExp(words));
  });
});
