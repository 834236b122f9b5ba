/** What must not matter to a generalised model, or in a known way: from tables to estimates. */
import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import type { FamilyName, LinkName } from '../../src/types/family.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { FAMILY_LINKS } from './random-models.ts';
import { randomRows } from './random-rows.ts';

type Columns = Readonly<Record<string, readonly number[]>>;

interface Model {
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly random?: string;
}

/** Columns of rows with a response of some family: covariates x and f, levels g, offset o, weights w, trials m. */
function columnsOf({ family, link }: Model, seed: number): Columns {
  const rows = randomRows(new TestRandom(seed), { family, link, levels: 8, perLevel: 9, plain: true });
  const n = rows.y.length;
  const p = rows.x.length / n;
  const random = new TestRandom(seed + 1);
  const at = (k: number) => Array.from({ length: n }, (_, i) => rows.x[i * p + k]);
  return {
    y: Array.from(rows.y),
    x: at(p - 2),
    f: at(p - 1),
    g: Array.from(rows.codes ?? []),
    o: Array.from({ length: n }, () => 0.4 * random.normal()),
    w: Array.from({ length: n }, () => 1 + random.integer(3)),
    m: Array.from(rows.trials ?? []),
  };
}

function tableOf(columns: Columns): Table {
  const column = (name: string, values: readonly number[]): Column => {
    if (name !== 'g') return { kind: 'numeric', values: Float64Array.from(values) };
    const levels = [...new Set(values)].sort((a, b) => a - b);
    const codes = Int32Array.from(values, (value) => levels.indexOf(value));
    return { kind: 'factor', levels: levels.map(String), codes, ordered: false };
  };
  const named = Object.entries(columns).map(([name, values]): [string, Column] => [name, column(name, values)]);
  return { rows: columns['y'].length, columns: new Map(named) };
}

async function fitted(columns: Columns, { family, link, random = '(1 | g)' }: Model, options: object = {}) {
  const trials = family === 'binomial' ? { trials: 'm' } : {};
  const formula = `y ~ x + f + ${random}`;
  const { table } = await fitTable(tableOf(columns), { formula, family, link, threads: 1, ...trials, ...options });
  expect(table.messages[0] ?? '', `${family} ${link}`).not.toMatch(/not end|separated/);
  const { names, estimate, standardError } = table.coefficients;
  const of = (name: string) => ({ estimate: estimate[names.indexOf(name)], error: standardError[names.indexOf(name)] });
  return { table, of, criterion: table.criterion[0], thresholds: table.family?.thresholds?.estimate };
}

type Fitted = Awaited<ReturnType<typeof fitted>>;

/** The criterion moved by `shift`, coefficients of x and f by the factors given. */
function expectSame(
  before: Fitted,
  after: Fitted,
  { shift = 0, x = 1, f = 1 }: { shift?: number; x?: number; f?: number } = {},
) {
  const { absolute, relative } = TOLERANCE.criterion;
  expect(Math.abs(after.criterion - before.criterion - shift)).toBeLessThan(absolute + relative * Math.abs(shift));
  for (const [name, factor] of [
    ['x', x],
    ['f', f],
  ] as const) {
    const [a, b] = [before.of(name), after.of(name)];
    const error = Math.abs(factor) * a.error;
    expect(Math.abs(b.estimate - factor * a.estimate) / error).toBeLessThan(TOLERANCE.generalised.coefficient);
    expect(Math.abs(b.error / error - 1)).toBeLessThan(TOLERANCE.generalised.standardError);
  }
}

function expectIntercept(before: Fitted, after: Fitted, shift: number) {
  const [a, b] = ['(Intercept)', '(Intercept)'].map((name, k) => [before, after][k].of(name));
  expect(Math.abs(b.estimate - a.estimate - shift) / a.error).toBeLessThan(TOLERANCE.generalised.coefficient);
}

const reordered = (columns: Columns, order: readonly number[]): Columns =>
  Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, order.map((i) => values[i])]));
const mapped = (columns: Columns, name: string, change: (value: number, i: number) => number): Columns => ({
  ...columns,
  [name]: columns[name].map(change),
});

const MODELS: readonly Model[] = FAMILY_LINKS.flatMap(([family, link]): Model[] => [
  { family, link },
  { family, link, random: '(1 + x | g)' },
]);
const named = MODELS.map((model) => [`${model.family} ${model.link} ${model.random ?? '(1 | g)'}`, model] as const);
const scalar = named.filter(([, { random }]) => random === undefined);

/** As far from zero as a year is. */
const FAR = 2020;

describe('generalised models', () => {
  it.each(named)('do not depend on the order of rows: %s', async (_, model) => {
    const columns = columnsOf(model, 21);
    const order = columns['y'].map((_, i) => (7 * i) % columns['y'].length);
    expectSame(await fitted(columns, model), await fitted(reordered(columns, order), model));
  });

  it.each(named)('follow the unit of a covariate: %s', async (_, model) => {
    const columns = columnsOf(model, 22);
    const other = mapped(columns, 'x', (value) => value / 8);
    expectSame(await fitted(columns, model), await fitted(other, model), { x: 8 });
  });

  it.each(named)('do not see where the zero of a covariate lies: %s', async (_, model) => {
    const columns = columnsOf(model, 30);
    const [before, after] = [
      await fitted(columns, model),
      await fitted(
        mapped(columns, 'x', (value) => value + FAR),
        model,
      ),
    ];
    expectSame(before, after);
    if (model.family !== 'cumulative') return;
    const move = FAR * before.of('x').estimate;
    const error = FAR * before.of('x').error;
    before.thresholds?.forEach((value, k) => {
      const moved = (after.thresholds?.[k] ?? Number.NaN) - value;
      expect(Math.abs(moved - move) / error).toBeLessThan(TOLERANCE.generalised.coefficient);
    });
  });

  it.each(named)('do not depend on the names of levels: %s', async (_, model) => {
    const columns = columnsOf(model, 31);
    const other = mapped(columns, 'g', (value) => (5 * value + 3) % 8);
    expectSame(await fitted(columns, model), await fitted(other, model));
  });

  it.each(named)('change the sign of a factor with its base: %s', async (_, model) => {
    const columns = columnsOf(model, 32);
    const other = mapped(columns, 'f', (value) => 1 - value);
    expectSame(await fitted(columns, model), await fitted(other, model), { f: -1 });
  });

  it.each(named.filter(([, { family }]) => family === 'binomial'))(
    'take a row of several trials as two: %s',
    async (_, model) => {
      const columns = columnsOf(model, 33);
      const twice = columns['y'].flatMap((_, i) => [i, i]);
      const split = reordered(columns, twice);
      const halves = (name: string) =>
        columns[name].flatMap((value) => [Math.ceil(value / 2), value - Math.ceil(value / 2)]);
      // Half of the trials, and no more successes than those.
      const m = halves('m');
      const y = columns['y'].flatMap((value, i) => [Math.min(value, m[2 * i]), value - Math.min(value, m[2 * i])]);
      const kept = m.flatMap((trials, i) => (trials > 0 ? [i] : []));
      const [before, after] = [await fitted(columns, model), await fitted(reordered({ ...split, y, m }, kept), model)];
      // Only what depends on no parameter differs: the ways to choose successes among the trials.
      expectSame(before, after, { shift: after.criterion - before.criterion });
    },
  );

  it.each(scalar)('take whole weights as repeated rows: %s', async (_, model) => {
    const columns = columnsOf(model, 23);
    const order = columns['y'].flatMap((_, i) => new Array<number>(columns['w'][i]).fill(i));
    const weighted = await fitted(columns, model, { weights: 'w' });
    expectSame(weighted, await fitted(reordered(columns, order), model));
  });

  it.each(scalar)('move the intercept, or the thresholds, with the offset: %s', async (_, model) => {
    const columns = columnsOf(model, 24);
    const before = await fitted(columns, model, { offset: 'o' });
    const after = await fitted(
      mapped(columns, 'o', (value) => value + 0.75),
      model,
      { offset: 'o' },
    );
    expectSame(before, after);
    if (model.family !== 'cumulative') expectIntercept(before, after, -0.75);
    const moved = after.thresholds?.map((value, k) => value - (before.thresholds?.[k] ?? Number.NaN)) ?? [];
    for (const shift of moved) expect(Math.abs(shift - 0.75)).toBeLessThan(TOLERANCE.generalised.coefficient);
  });

  it.each(named.filter(([, { family, link }]) => family === 'binomial' && link !== 'cloglog'))(
    'change signs with failures for successes: %s',
    async (_, model) => {
      const columns = columnsOf(model, 25);
      const failures = mapped(columns, 'y', (value, i) => columns['m'][i] - value);
      expectSame(await fitted(columns, model), await fitted(failures, model), { x: -1, f: -1 });
    },
  );

  it.each(named.filter(([, { family, link }]) => family === 'cumulative' && link !== 'cloglog'))(
    'change signs with categories in reverse: %s',
    async (_, model) => {
      const columns = columnsOf(model, 26);
      const [before, after] = [
        await fitted(columns, model),
        await fitted(
          mapped(columns, 'y', (value) => 9 - value),
          model,
        ),
      ];
      expectSame(before, after, { x: -1, f: -1 });
      const [a, b] = [before, after].map(({ thresholds }) => Array.from(thresholds ?? []));
      expect(a.length).toBeGreaterThan(1);
      b.reverse().forEach((value, k) => {
        expect(Math.abs(value + a[k])).toBeLessThan(TOLERANCE.generalised.coefficient);
      });
    },
  );

  it('change signs with 1 - y of proportions', async () => {
    const model: Model = { family: 'beta', link: 'logit' };
    const columns = columnsOf(model, 27);
    const other = mapped(columns, 'y', (value) => 1 - value);
    expectSame(await fitted(columns, model), await fitted(other, model), { x: -1, f: -1 });
  });

  it('follow the unit of gamma responses', async () => {
    const model: Model = { family: 'Gamma', link: 'log' };
    const columns = columnsOf(model, 28);
    const [before, after] = [
      await fitted(columns, model),
      await fitted(
        mapped(columns, 'y', (value) => 4 * value),
        model,
      ),
    ];
    expectSame(before, after, { shift: 2 * columns['y'].length * Math.log(4) });
    expectIntercept(before, after, Math.log(4));
  });

  it.each(['poisson', 'binomial'] as const)('say the same of rows and of their sums: %s', async (family) => {
    const model: Model = { family, link: family === 'poisson' ? 'log' : 'logit' };
    const rows = mapped(columnsOf(model, 29), 'x', (value) => Math.round(value));
    const places = new Map<string, number[]>();
    rows['y'].forEach((_, i) => {
      const key = ['x', 'f', 'g'].map((name) => rows[name][i]).join();
      places.set(key, [...(places.get(key) ?? []), i]);
    });
    const groups = [...places.values()];
    const sum = (name: string) => groups.map((own) => own.reduce((total, i) => total + rows[name][i], 0));
    const first = reordered(
      rows,
      groups.map(([i]) => i),
    );
    const sums = { ...first, y: sum('y'), m: sum('m'), o: groups.map((own) => Math.log(own.length)) };
    expect(groups.length).toBeLessThan(rows['y'].length);
    const [before, after] = [
      await fitted(rows, model),
      await fitted(sums, model, family === 'poisson' ? { offset: 'o' } : {}),
    ];
    // Only what depends on no parameter differs.
    expectSame(before, after, { shift: after.criterion - before.criterion });
  });
});
