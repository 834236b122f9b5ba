import { describe, expect, it } from 'vitest';
import { quasiNewton, structuredProblem } from '../../bench/fuzz/structured-search.mjs';
import { fit as fitTable } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { profileIntervals, waldIntervals } from '../../src/intervals/intervals.ts';
import { studentQuantile } from '../../src/numeric/distributions/student-quantile.ts';
import type { Design } from '../../src/types/design.ts';
import { INTERVAL_REASONS, type IntervalTable } from '../../src/types/inference.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { trialWithOutcomes } from '../lmm/structured/outcomes.ts';
import { TOLERANCE } from '../tolerance.ts';

const RUN = { backend: 'cpu', threads: 1 } as const;
const LEVEL = 0.9;
const CHI2 = studentQuantile(0.5 + LEVEL / 2, Number.POSITIVE_INFINITY) ** 2;

interface Model {
  readonly formula: string;
  readonly residual?: string;
  readonly dispersion?: string;
  readonly weights?: string;
}

async function profiles(table: Table, model: Model, parameters?: 'beta'): Promise<IntervalTable> {
  return profileIntervals(await fitTable(table, { ...RUN, ...model }), { threads: 1, level: LEVEL, parameters });
}

function limits(found: IntervalTable, term: string, group?: string): readonly [number, number] {
  const i = found.parameters.findIndex((own) => own.term === term && (group === undefined || own.group === group));
  return [found.low[i], found.high[i]];
}

const numbers = (table: Table, name: string) =>
  (table.columns.get(name) as Extract<Column, { kind: 'numeric' }>).values;

/** The lowest criterion of a design by another search of another criterion, with one of its parameters held or none. */
function lowest(design: Design, y: ArrayLike<number>, held?: { readonly at: number; readonly value: number }): number {
  const { criterion, starts } = structuredProblem(design, y, 'ML');
  const until = performance.now() + 20_000;
  const whole = (u: Float64Array) => {
    if (!held) return u;
    const out = Float64Array.from({ length: u.length + 1 }, (_, i) => u[i < held.at ? i : i - 1]);
    out[held.at] = held.value;
    return out;
  };
  const ends = starts.map((start) => {
    const own = held ? start.filter((_, i) => i !== held.at) : start;
    return own.length === 0 ? criterion(whole(own)) : quasiNewton((u) => criterion(whole(u)), own, until).value;
  });
  return Math.min(...ends.filter(Number.isFinite));
}

/** A design without a column, whose coefficient is held. */
function without(design: Design, name: string): { readonly design: Design; readonly x: Float64Array } {
  const { names, x } = design.fixed;
  const at = names.indexOf(name);
  const rows = design.n;
  const own = x.subarray(at * rows, (at + 1) * rows);
  const rest = Float64Array.from([...x.subarray(0, at * rows), ...x.subarray((at + 1) * rows)]);
  return {
    design: { ...design, fixed: { ...design.fixed, names: names.filter((other) => other !== name), x: rest } },
    x: own,
  };
}

const table = trialWithOutcomes(11, 26, 3);
const cs = (rho: number) => Math.log((rho + 1 / 2) / (1 - rho)); // three visits
const CASES: readonly {
  readonly model: Model;
  /** Term of a parameter, its place among those of the other criterion, and its value there. */
  readonly parameters: readonly (readonly [string, number, (value: number) => number])[];
}[] = [
  {
    model: { formula: 'y ~ x + arm', residual: 'us(visit | subject)' },
    parameters: [
      ['sd__visit000', 0, Math.log],
      ['sd__visit002', 2, Math.log],
      ['cor__visit000.visit001', 3, Math.atanh],
      ['cor__visit000.visit002', 4, Math.atanh],
    ],
  },
  {
    model: { formula: 'y ~ x', residual: 'csh(visit | subject)', weights: 'w' },
    parameters: [
      ['sd__visit001', 1, Math.log],
      ['rho', 3, cs],
    ],
  },
  {
    model: { formula: 'y ~ x', residual: 'cs(visit | arm / subject)' },
    parameters: [
      ['sd__Observation', 0, Math.log],
      ['rho', 2, cs],
    ],
  },
  {
    model: { formula: 'y ~ x + visit', residual: 'toeph(visit | subject)' },
    parameters: [
      ['sd__visit002', 2, Math.log],
      ['rho.1', 3, Math.atanh],
    ],
  },
  {
    model: { formula: 'y ~ x + (1 | arm)', residual: 'ad(visit | subject)' },
    parameters: [
      ['sd__Observation', 0, Math.log],
      ['rho.2', 2, Math.atanh],
    ],
  },
  {
    model: { formula: 'y ~ x', residual: 'ar1(visit | subject)', dispersion: '~ x' },
    parameters: [
      ['(Intercept)', 0, (value) => value],
      ['x', 1, (value) => value],
      ['rho', 2, Math.atanh],
    ],
  },
  {
    model: { formula: 'y ~ 1 + (1 | subject)', residual: 'sp_exp(time | subject)' },
    parameters: [
      ['range', 1, Math.log],
      ['sd__(Intercept)', 2, Math.log],
    ],
  },
];

describe('profile intervals of structured models', () => {
  it.each(CASES)('lie where another criterion is a quantile above its minimum: $model.residual', async (own) => {
    const { model, parameters } = own;
    const found = await profiles(table, model);
    const { residual, dispersion, weights } = model;
    const design = buildDesign(model.formula, table, { residual, dispersion, weights });
    const y = numbers(table, 'y');
    const minimum = lowest(design, y);
    for (const [term, at, value] of parameters) {
      const effect = dispersion && at < 2 ? 'dispersion' : 'ran_pars';
      const i = found.parameters.findIndex((parameter) => parameter.term === term && parameter.effect === effect);
      for (const limit of [found.low[i], found.high[i]]) {
        // At the end of its range, where the deviance is lower than that.
        const held = limit === 0 ? -12 : value(limit);
        const above = lowest(design, y, { at, value: held }) - minimum;
        if (limit === 0) expect(above).toBeLessThan(CHI2);
        else expect(Math.abs(above - CHI2), `${term} at ${limit}`).toBeLessThanOrEqual(TOLERANCE.profileCrossing);
      }
    }
    for (const name of design.fixed.names) {
      const rest = without(design, name);
      for (const limit of limits(found, name, undefined)) {
        const left = y.map((value, i) => value - limit * rest.x[i]);
        const above = lowest(rest.design, left) - minimum;
        expect(Math.abs(above - CHI2), `${name} at ${limit}`).toBeLessThanOrEqual(TOLERANCE.profileCrossing);
      }
    }
  });
});

/** Terms of both tables, in the order of the first. */
function compare(a: IntervalTable, b: IntervalTable, unit: (term: string) => number = () => 1): string[] {
  const bad: string[] = [];
  let compared = 0;
  a.parameters.forEach(({ term, group, effect }, i) => {
    const j = b.parameters.findIndex((own) => own.term === term && own.group === group && own.effect === effect);
    if (j < 0 || Number.isNaN(a.low[i])) return;
    compared++;
    const bound = TOLERANCE.profileEngines * (a.high[i] - a.low[i]);
    const [low, high] = [b.low[j] * unit(term), b.high[j] * unit(term)];
    if (Math.abs(low - a.low[i]) <= bound && Math.abs(high - a.high[i]) <= bound) return;
    bad.push(`${term} ${group}: ${a.low[i]} ${a.high[i]}, other ${low} ${high}`);
  });
  expect(compared).toBeGreaterThan(2);
  return bad;
}

describe('profiles of one model in two engines', () => {
  it.each(['y ~ x + (1 | subject)', 'y ~ x + (x | subject)', 'y ~ arm + (x | site)', 'flat ~ x + (x | subject)'])(
    'agree: %s',
    async (formula) => {
      const flat: Column = { kind: 'numeric', values: numbers(table, 'x').map((_, i) => Math.sin(31 * i * i)) };
      const both = { ...table, columns: new Map([...table.columns, ['flat', flat]]) };
      const plain = await profiles(both, { formula });
      const blocks = await profiles(both, { formula, dispersion: '~ 1' });
      expect(compare(plain, blocks)).toEqual([]);
    },
  );

  it('agree of equal correlations and a random intercept, as far as their coefficients go', async () => {
    const plain = await profiles(table, { formula: 'y ~ x * arm + (1 | subject)' }, 'beta');
    const blocks = await profiles(table, { formula: 'y ~ x * arm', residual: 'cs(visit | subject)' }, 'beta');
    expect(compare(plain, blocks)).toEqual([]);
  });

  it('are powers of one another where a structure of random effects has one correlation', async () => {
    const { parameters, low, high } = await profiles(table, { formula: 'y ~ x + ar1(0 + visit | site)' });
    const of = (term: string) => parameters.findIndex((own) => own.term === term);
    const [first, second] = [0, 1].map((v) => of(`cor__visitvisit000.visitvisit00${v + 1}`));
    expect(low[first]).toBeLessThan(high[first]);
    // Two visits apart it is the square of that of neighbours; all standard deviations are one.
    expect([low[second], high[second]]).toEqual([low[first] < 0 ? 0 : low[first] ** 2, high[first] ** 2]);
    expect(low[of('sd__visitvisit000')]).toBe(low[of('sd__visitvisit002')]);
  });
});

describe('profiles of structured models', () => {
  const us = { formula: 'y ~ x + arm', residual: 'us(visit | subject)' };

  it('do not depend on the order of visits, of which each parameter is made differently', async () => {
    const visit = table.columns.get('visit') as Extract<Column, { kind: 'factor' }>;
    const order = [2, 0, 1];
    const levels = order.map((v) => visit.levels[v]);
    const codes = visit.codes.map((v) => order.indexOf(v));
    const turned = { ...table, columns: new Map([...table.columns, ['visit', { ...visit, levels, codes }]]) };
    const [a, b] = [await profiles(table, us), await profiles(turned, us)];
    const named = b.parameters.map((own) => ({ ...own, term: inOrder(own.term) }));
    expect(compare(a, { ...b, parameters: named })).toEqual([]);
  });

  it.each([us, { formula: 'y ~ x + (x | subject)', residual: 'ar1(visit | subject)', dispersion: '~ arm' }])(
    'move with the unit of the response, and so do Wald intervals: $residual',
    async (model) => {
      const small: Column = { kind: 'numeric', values: numbers(table, 'y').map((value) => value * 2 ** -30) };
      const other = { ...table, columns: new Map([...table.columns, ['y', small]]) };
      const unit = (term: string) => (/^(cor__|rho|arm)/.test(term) && term !== 'armarm001' ? 1 : 2 ** 30);
      for (const find of [profileIntervals, waldIntervals]) {
        const [a, b] = await Promise.all(
          [table, other].map(async (own) => find(await fitTable(own, { ...RUN, ...model }), { level: LEVEL })),
        );
        const isLog = (i: number) => a.parameters[i].effect === 'dispersion';
        const keep = a.parameters.map((_, i) => i).filter((i) => !isLog(i));
        const part = (found: IntervalTable): IntervalTable => ({
          ...found,
          parameters: keep.map((i) => found.parameters[i]),
          low: Float64Array.from(keep, (i) => found.low[i]),
          high: Float64Array.from(keep, (i) => found.high[i]),
        });
        expect(compare(part(a), part(b), unit)).toEqual([]);
      }
    },
  );

  it('have limits where long series are cut into neighbours, which draws have not', async () => {
    const found = await profiles(trialWithOutcomes(5, 4, 120), { formula: 'y ~ x', residual: 'ar1(visit | subject)' });
    const [low, high] = limits(found, 'rho');
    expect(low).toBeGreaterThan(0);
    expect(high).toBeLessThan(1);
    expect(low).toBeLessThan(high);
  });

  it('say what the structure leaves nothing to tell of', async () => {
    const found = await profiles(table, { formula: 'y ~ x + diag(0 + arm | site)' });
    const i = found.parameters.findIndex(({ term }) => term.startsWith('cor__'));
    expect(found.low[i]).toBeNaN();
    expect(INTERVAL_REASONS[found.reason[i]]).toMatch(/structure of the covariance fixes it/);
  });
});

/** A correlation with its visits in their own order. */
function inOrder(term: string): string {
  const [, a, b] = /^cor__(.+)\.(.+)$/.exec(term) ?? [];
  return a === undefined || a < b ? term : `cor__${b}.${a}`;
}
