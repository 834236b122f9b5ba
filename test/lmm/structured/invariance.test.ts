/** What must not matter to structured fits does not, and structures that are each other's special cases agree. */
import { describe, expect, it } from 'vitest';
import type { MomentFit } from '../../../src/fit/readable-fit.ts';
import { fit as fitTable } from '../../../src/fit.ts';
import { STATUSES } from '../../../src/types/fit-table.ts';
import { STRUCTURES } from '../../../src/types/residual.ts';
import type { Column, Table } from '../../../src/types/table.ts';
import { TOLERANCE } from '../../tolerance.ts';
import { TestRandom } from '../random.ts';
import { numbersOf } from './dense-covariance.ts';
import { trialWithOutcomes } from './outcomes.ts';

type Options = Omit<Parameters<typeof fitTable>[1], 'threads'>;
type Factor = Extract<Column, { kind: 'factor' }>;

const VISITS = 4;
const study = trialWithOutcomes(7, 36, VISITS);
const complete = without(trialWithOutcomes(8, 36, VISITS), lacksVisit(trialWithOutcomes(8, 36, VISITS)));
/** Structures that know nothing of the order of the visits. */
const UNORDERED = ['us', 'cs', 'csh', 'diag'] as const;

const residualOf = (structure: string, by = '') =>
  `${structure}(${structure === 'sp_exp' ? 'time' : 'visit'} | ${by}subject)`;

async function fitted(table: Table, options: Options): Promise<MomentFit> {
  const result = await fitTable(table, { ddf: 'satterthwaite', backend: 'cpu', ...options, threads: 1 });
  expect(STATUSES[result.table.status[0]], result.table.messages[0] ?? '').toBe('ok');
  return result;
}

function factorOf(table: Table, name: string): Factor {
  const column = table.columns.get(name) as Column;
  if (column.kind !== 'factor') throw new Error(`${name} is no factor`);
  return column;
}

function replaced(table: Table, columns: Readonly<Record<string, Column>>): Table {
  return { ...table, columns: new Map([...table.columns, ...Object.entries(columns)]) };
}

const scaled = (table: Table, name: string, factor: number): Table =>
  replaced(table, {
    [name]: { kind: 'numeric', values: Float64Array.from(numbersOf(table, name), (v) => v * factor) } as Column,
  });

/** Some rows of a table, in this order; factors keep the levels that are left. */
function rowsOf(table: Table, order: readonly number[]): Table {
  const columns = [...table.columns].map(([name, column]): [string, Column] => {
    if (column.kind !== 'factor')
      return [name, { ...column, values: Float64Array.from(order, (i) => column.values[i]) } as Column];
    const codes = order.map((i) => column.codes[i]);
    const left = [...new Set(codes)].sort((a, b) => a - b);
    const levels = left.map((code) => column.levels[code]);
    return [name, { ...column, levels, codes: Int32Array.from(codes, (code) => left.indexOf(code)) }];
  });
  return { ...table, rows: order.length, columns: new Map(columns) };
}

/** Levels under other names; `order` says which of the new levels each old one is. */
function renamed(table: Table, name: string, prefix: string, order: (code: number) => number = (code) => code): Table {
  const { levels, codes, ...column } = factorOf(table, name);
  const names = levels.map((_, code) => `${prefix}${String(code).padStart(3, '0')}`);
  return replaced(table, { [name]: { ...column, levels: names, codes: codes.map(order) } });
}

function lacksVisit(table: Table): Set<number> {
  const { codes, levels } = factorOf(table, 'subject');
  const seen = new Int32Array(levels.length);
  for (const code of codes) seen[code]++;
  return new Set([...levels.keys()].filter((s) => seen[s] < VISITS));
}

function without(table: Table, subjects: ReadonlySet<number>): Table {
  const { codes } = factorOf(table, 'subject');
  return rowsOf(
    table,
    [...codes.keys()].filter((i) => !subjects.has(codes[i])),
  );
}

/** The same model: criterion, and what is said of each coefficient, but for a unit and a shift of the criterion. */
function expectSame(
  a: MomentFit,
  b: MomentFit,
  {
    unit = 1,
    shift = 0,
    nameOf = (name: string) => name,
  }: { unit?: number; shift?: number; nameOf?: (name: string) => string } = {},
): void {
  const [one, other] = [a.table, b.table];
  expect(Math.abs(one.criterion[0] + shift - other.criterion[0])).toBeLessThan(
    TOLERANCE.denseStructured * (1 + Math.abs(one.criterion[0])),
  );
  const names = other.coefficients.names;
  expect(names).toHaveLength(one.coefficients.names.length);
  one.coefficients.names.forEach((name, k) => {
    const at = names.indexOf(nameOf(name));
    expect(at, name).toBeGreaterThanOrEqual(0);
    const [x, y] = [one.coefficients, other.coefficients];
    expect(Math.abs(x.estimate[k] * unit - y.estimate[at])).toBeLessThan(TOLERANCE.engines * y.standardError[at]);
    expect(Math.abs((x.standardError[k] * unit) / y.standardError[at] - 1)).toBeLessThan(TOLERANCE.engines);
    expect(Math.abs(x.df[k] / y.df[at] - 1)).toBeLessThan(TOLERANCE.enginesDf);
  });
}

/** Standard deviations and correlations in the order of the visits `order`. */
function expectSameCovariance(a: MomentFit, b: MomentFit, unit: number, order = [...Array(VISITS).keys()]): void {
  const [one, other] = [a.table.structured, b.table.structured];
  if (!one || !other) throw new Error('no covariance');
  if (one.visits.length === 0) return;
  order.forEach((to, from) => {
    const slots = one.sd.length === 1 ? 0 : from;
    expect(Math.abs((one.sd[slots] * unit) / other.sd[one.sd.length === 1 ? 0 : to] - 1)).toBeLessThan(
      TOLERANCE.enginesTheta,
    );
    order.forEach((and, second) => {
      const cor = other.correlation[to * VISITS + and];
      expect(Math.abs(one.correlation[from * VISITS + second] - cor)).toBeLessThan(TOLERANCE.enginesTheta);
    });
  });
}

describe.each(['REML', 'ML'] as const)('structured fits by %s do not depend on', (method) => {
  const options = (structure: string): Options => ({ formula: 'y ~ x * arm', method, residual: residualOf(structure) });

  it.each(STRUCTURES)('the order of rows and subjects, nor their names: %s', async (structure) => {
    const random = new TestRandom(3);
    const keys = Array.from({ length: study.rows }, () => random.uniform());
    const order = [...keys.keys()].sort((i, j) => keys[i] - keys[j]);
    const base = await fitted(study, options(structure));
    const subjects = factorOf(study, 'subject').levels.length;
    const other = renamed(rowsOf(study, order), 'subject', 'q', (code) => subjects - 1 - code);
    const again = await fitted(renamed(other, 'visit', 'week'), options(structure));
    expectSame(base, again);
    expectSameCovariance(base, again, 1);
  });

  it.each(UNORDERED)('the order of visits: %s', async (structure) => {
    const order = [2, 0, 3, 1];
    const other = renamed(study, 'visit', 'other', (code) => order[code]);
    const base = await fitted(study, options(structure));
    const again = await fitted(other, options(structure));
    expectSame(base, again);
    expectSameCovariance(base, again, 1, order);
  });

  it.each(STRUCTURES)('the unit of the response: %s', async (structure) => {
    const base = await fitted(study, options(structure));
    for (const unit of [1e-6, 4, 1e5]) {
      const again = await fitted(scaled(study, 'y', unit), options(structure));
      const d = study.rows - (method === 'REML' ? base.table.rank[0] : 0);
      expectSame(base, again, { unit, shift: 2 * d * Math.log(unit) });
      expectSameCovariance(base, again, unit);
    }
  });

  it.each(STRUCTURES)('a factor that all weights have: %s', async (structure) => {
    const weighted = { ...options(structure), weights: 'w' };
    const base = await fitted(study, weighted);
    const again = await fitted(scaled(study, 'w', 9), weighted);
    expectSame(base, again);
    // A standard deviation is that of a row of weight 1.
    expectSameCovariance(base, again, 3);
  });
});

describe('structures that are each other', () => {
  it.each(['satterthwaite', 'kenward-roger'] as const)('cs is a random intercept, by %s', async (ddf) => {
    const shared = { ddf, information: 'expected' } as const;
    const a = await fitted(study, { formula: 'y ~ x * arm + visit', residual: residualOf('cs'), ...shared });
    const b = await fitted(study, { formula: 'y ~ x * arm + visit + (1 | subject)', ...shared });
    expectSame(a, b);
    const { sd, correlation } = a.table.structured ?? { sd: [Number.NaN], correlation: [] };
    const total = b.table.sigma[0] ** 2 + b.table.covariance[0];
    expect(Math.abs(sd[0] ** 2 / total - 1)).toBeLessThan(TOLERANCE.enginesTheta);
    expect(Math.abs(correlation[1] - b.table.covariance[0] / total)).toBeLessThan(TOLERANCE.enginesTheta);
  });

  it('sp_exp over whole times is ar1', async () => {
    const { codes } = factorOf(study, 'visit');
    const time: Column = { kind: 'numeric', values: Float64Array.from(codes) };
    const a = await fitted(replaced(study, { time }), { formula: 'y ~ x * arm', residual: residualOf('sp_exp') });
    const b = await fitted(study, { formula: 'y ~ x * arm', residual: residualOf('ar1') });
    expectSame(a, b);
    const [range, rho] = [a, b].map(({ table }) => table.structured?.values[0] ?? Number.NaN);
    expect(Math.abs(Math.exp(-1 / range) - rho)).toBeLessThan(TOLERANCE.enginesTheta);
  });

  it('ad and toep of two visits are ar1, ar1h of two is us', async () => {
    const { codes } = factorOf(study, 'visit');
    const two = rowsOf(
      study,
      [...codes.keys()].filter((i) => codes[i] < 2),
    );
    const of = (structure: string) => fitted(two, { formula: 'y ~ x', residual: residualOf(structure) });
    const ar1 = await of('ar1');
    for (const structure of ['ad', 'toep', 'cs']) expectSame(ar1, await of(structure));
    const us = await of('us');
    for (const structure of ['ar1h', 'csh', 'adh', 'toeph']) expectSame(us, await of(structure));
  });

  it('us of complete data with a mean for each arm and visit is the covariance within arms', async () => {
    const result = await fitted(complete, { formula: 'y ~ arm * visit', residual: residualOf('us') });
    const [subject, visit, arm] = ['subject', 'visit', 'arm'].map((name) => factorOf(complete, name));
    const y = numbersOf(complete, 'y');
    const subjects = subject.levels.length;
    const rows = Array.from({ length: subjects }, () => new Float64Array(VISITS));
    const arms = new Int32Array(subjects);
    y.forEach((value, i) => {
      rows[subject.codes[i]][visit.codes[i]] = value;
      arms[subject.codes[i]] = arm.codes[i];
    });
    const means = arm.levels.map((_, a) => {
      const own = rows.filter((__, s) => arms[s] === a);
      return Float64Array.from({ length: VISITS }, (__, v) => own.reduce((sum, row) => sum + row[v], 0) / own.length);
    });
    const { sd, correlation } = result.table.structured ?? { sd: [], correlation: [] };
    for (let a = 0; a < VISITS; a++) {
      for (let b = 0; b < VISITS; b++) {
        const sum = rows.reduce((s, row, i) => s + (row[a] - means[arms[i]][a]) * (row[b] - means[arms[i]][b]), 0);
        const value = sum / (subjects - arm.levels.length);
        expect(Math.abs(sd[a] * sd[b] * correlation[a * VISITS + b] - value)).toBeLessThan(
          TOLERANCE.enginesTheta * sd[a] * sd[b],
        );
      }
    }
  });

  it.each(['us', 'csh', 'ar1', 'toep'])(
    '%s by arm, with effects of each arm, is a fit of each arm',
    async (structure) => {
      const together = await fitted(study, {
        formula: 'y ~ 0 + arm + arm:x',
        residual: residualOf(structure, 'arm / '),
        ddf: 'satterthwaite',
      });
      const { codes, levels } = factorOf(study, 'arm');
      let criterion = 0;
      for (const [a, level] of levels.entries()) {
        const own = rowsOf(
          study,
          [...codes.keys()].filter((i) => codes[i] === a),
        );
        const alone = await fitted(own, { formula: 'y ~ x', residual: residualOf(structure) });
        criterion += alone.table.criterion[0];
        const [one, other] = [alone.table.coefficients, together.table.coefficients];
        [`arm${level}`, `arm${level}:x`].forEach((name, k) => {
          const at = other.names.indexOf(name);
          expect(Math.abs(one.estimate[k] - other.estimate[at])).toBeLessThan(TOLERANCE.engines * one.standardError[k]);
          expect(Math.abs(one.standardError[k] / other.standardError[at] - 1)).toBeLessThan(TOLERANCE.engines);
          expect(Math.abs(one.df[k] / other.df[at] - 1)).toBeLessThan(TOLERANCE.enginesDf);
        });
      }
      expect(Math.abs(criterion - together.table.criterion[0])).toBeLessThan(
        TOLERANCE.denseStructured * (1 + Math.abs(criterion)),
      );
    },
  );
});
