import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { familyMoments } from '../../src/moments/family-moments.ts';
import type { ResponseFamily } from '../../src/moments/family-rows.ts';
import type { Moments } from '../../src/moments/moments.ts';
import { FAMILIES, type FamilyName, LINKS_OF, type LinkName } from '../../src/types/family.ts';
import type { Table } from '../../src/types/table.ts';
import { dense, frame, label } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { evidenceLogLikelihood, rowsLogLikelihood } from './family-likelihood.ts';

const ROWS = 150;

/** Rows of 6 donors in two conditions and three batches, with covariates by donor and by row. */
function rows(seed: number, order?: Int32Array): { table: Table; random: TestRandom } {
  const random = new TestRandom(seed);
  const donors = Array.from({ length: ROWS }, (_, i) => i % 6);
  const columns = {
    donor: donors.map((d) => label('d', d)),
    batch: donors.map(() => label('b', random.integer(3))),
    stim: donors.map((_, i) => (i % 5 > 2 ? 'stim' : 'ctrl')),
    level: donors.map((d) => d / 3 - 1),
    age: donors.map(() => random.integer(4) / 2),
    w: donors.map((_, i) => 0.5 + (i % 4)),
    o: donors.map(() => 0.3 * random.normal()),
    some: donors.map(() => random.integer(3) / 4),
  };
  const placed = Object.entries(columns).map(([name, values]) => {
    return [name, order ? Array.from(order, (i) => values[i]) : values] as const;
  });
  return { table: frame(Object.fromEntries(placed) as typeof columns), random };
}

/** A table whose factor has its levels in the opposite order. */
function reversedLevels(table: Table, name: string): Table {
  const column = table.columns.get(name);
  if (column?.kind !== 'factor') throw new Error(name);
  const last = column.levels.length - 1;
  const turned = { ...column, levels: [...column.levels].reverse(), codes: column.codes.map((code) => last - code) };
  return { ...table, columns: new Map([...table.columns, [name, turned]]) };
}

/** Values that a family can have. */
function draw(family: FamilyName, random: TestRandom): number {
  switch (family) {
    case 'binomial':
      return random.integer(2);
    case 'Gamma':
      return Math.exp(random.normal());
    case 'beta':
      return 0.02 + 0.96 * random.uniform();
    case 'cumulative':
      return 1 + random.integer(4);
    default:
      return random.uniform() < 0.5 ? 0 : Math.floor(Math.exp(1.5 * random.normal()));
  }
}

const FAMILY_LINKS = FAMILIES.flatMap((family) => LINKS_OF[family].map((link) => [family, link] as const));

const MODELS = [
  ['categories', '~ stim + (1 | donor)', {}],
  ['slopes and an offset', '~ stim + level + (stim | donor)', { offset: 'o' }],
  [
    'crossed terms, few offsets and weights',
    '~ age + (1 | donor) + (0 + age | batch)',
    { offset: 'some', weights: 'w' },
  ],
  ['no random effects', '~ stim * level', { offset: 'o', weights: 'w' }],
] as const;

const CATEGORIES = ['one', 'two', 'three', 'four'];

function expectSame(a: number, b: number, what: string): void {
  expect(Math.abs(a - b) / (1 + Math.abs(b)), what).toBeLessThan(TOLERANCE.familyRows);
}

/** The log likelihood of each response of a run. */
function logLikelihoods({ names, batches }: Moments): number[] {
  const out = names.map(() => Number.NaN);
  for (const { design, responses, index } of batches) {
    index.forEach((g, k) => {
      out[g] = evidenceLogLikelihood(design, responses, k);
    });
  }
  return out;
}

describe.each(FAMILY_LINKS)('pseudo-rows of %s, %s', (name, link) => {
  const family: ResponseFamily = { family: name, link, categories: CATEGORIES };

  it.each(MODELS)('have the likelihood of their rows: %s', (_, formula, options) => {
    const { table, random } = rows(formula.length);
    const design = buildDesign(formula, table, options);
    const values = Array.from({ length: 4 }, () => Array.from({ length: ROWS }, () => draw(name, random)));
    for (let i = 0; i < 20; i++) values[2][random.integer(ROWS)] = Number.NaN;
    const moments = familyMoments(design, dense(Object.fromEntries(values.map((y, g) => [`y${g}`, y]))), family);
    expect(moments.names.length).toBe(4);
    logLikelihoods(moments).forEach((found, g) => {
      expectSame(found, rowsLogLikelihood(design, family, values[g]), `response ${g}`);
    });
  });

  it('have it with weights of each response', () => {
    const { table, random } = rows(3);
    const design = buildDesign('~ stim + (1 | donor)', table, { offset: 'o', weights: 'w' });
    const values = Array.from({ length: 2 }, () => Array.from({ length: ROWS }, () => draw(name, random)));
    const weights = values.map((y) => Float64Array.from(y, () => random.integer(4)));
    const moments = familyMoments(design, dense({ a: values[0], b: values[1] }, weights), family);
    logLikelihoods(moments).forEach((found, g) => {
      const own = weights[g].map((w, i) => w * (design.weights?.[i] ?? 1));
      expectSame(found, rowsLogLikelihood(design, family, values[g], own), `response ${g}`);
    });
  });

  it('do not depend on the order of rows and of levels', () => {
    const { table, random } = rows(9);
    const y = Array.from({ length: ROWS }, () => draw(name, random));
    const order = random.permutation(ROWS);
    const turned = reversedLevels(rows(9, order).table, 'donor');
    const formed = (from: Table, values: readonly number[]) => {
      const design = buildDesign('~ stim + (stim | donor) + (1 | batch)', from, { offset: 'o', weights: 'w' });
      return familyMoments(design, dense({ y: values }), family).batches[0];
    };
    const a = formed(table, y);
    const b = formed(
      turned,
      Array.from(order, (i) => y[i]),
    );
    expect(b.design.family?.rows).toBe(a.design.family?.rows);
    expectSame(
      evidenceLogLikelihood(b.design, b.responses, 0),
      evidenceLogLikelihood(a.design, a.responses, 0),
      'log likelihood',
    );
    expect(b.responses.mean[0]).toBeCloseTo(a.responses.mean[0], 12);
    expect([...b.responses.expressed]).toEqual([...a.responses.expressed]);
  });
});

describe('pseudo-rows', () => {
  const { table, random } = rows(5);
  const counts = Array.from({ length: ROWS }, () => draw('poisson', random));
  const rowsOf = (family: ResponseFamily, options: Parameters<typeof buildDesign>[2] = {}, y = counts) => {
    const design = buildDesign('~ stim + (1 | donor)', table, options);
    return familyMoments(design, dense({ y }), family).batches[0];
  };

  it('are as many as the kinds of rows, whatever the offsets of poisson', () => {
    expect(rowsOf({ family: 'poisson', link: 'log' }, { offset: 'o' }).design.family?.rows).toBe(12);
    expect(rowsOf({ family: 'poisson', link: 'log' }).design.family?.rows).toBe(12);
    expect(rowsOf({ family: 'nbinom2', link: 'log' }).design.family?.rows).toBe(12);
    expect(rowsOf({ family: 'nbinom2', link: 'log' }, { offset: 'some' }).design.family?.rows).toBe(36);
    expect(rowsOf({ family: 'nbinom2', link: 'log' }, { offset: 'o' }).design.family?.rows).toBe(ROWS);
  });

  it('have sums of their rows as statistics', () => {
    const { design, responses } = rowsOf({ family: 'poisson', link: 'log' }, { offset: 'o', weights: 'w' });
    const evidence = design.family;
    const own = buildDesign('~ stim + (1 | donor)', table, { offset: 'o', weights: 'w' });
    const whole = counts.reduce((sum, y, i) => sum + y * (own.weights?.[i] ?? 1), 0);
    const exposure = counts.reduce((sum, _, i) => sum + (own.weights?.[i] ?? 1) * Math.exp(own.offset?.[i] ?? 0), 0);
    const statistics = responses.family?.subarray(0, 12) ?? new Float64Array(0);
    expectSame(
      statistics.reduce((sum, value) => sum + value, 0),
      whole,
      'sum',
    );
    expectSame(evidence?.offset.reduce((sum, o) => sum + Math.exp(o), 0) ?? 0, exposure, 'exposure');
    expect(evidence?.width).toBe(13);
    expect(responses.qty.length + responses.ztr.length + responses.rss.length).toBe(0);
    expect(responses.mean[0]).toBeCloseTo(counts.reduce((sum, y) => sum + y, 0) / ROWS, 12);
    expect(responses.expressed[0]).toBe(counts.filter((y) => y > 0).length);
  });

  it('know responses without anything to fit', () => {
    const same = (value: number) => new Array<number>(ROWS).fill(value);
    const isConstant = (family: FamilyName, link: LinkName, value: number) =>
      rowsOf({ family, link, categories: CATEGORIES }, {}, same(value)).responses.constant[0] === 1;
    expect(isConstant('poisson', 'log', 0)).toBe(true);
    expect(isConstant('nbinom2', 'log', 0)).toBe(true);
    expect(isConstant('poisson', 'log', 1)).toBe(false);
    expect(isConstant('binomial', 'logit', 0)).toBe(true);
    expect(isConstant('binomial', 'logit', 1)).toBe(true);
    expect(isConstant('Gamma', 'log', 2)).toBe(true);
    expect(isConstant('beta', 'logit', 0.5)).toBe(true);
    expect(isConstant('cumulative', 'logit', 2)).toBe(true);
  });

  it('take successes of trials, and proportions with their trials as weights, alike', () => {
    const trials = Float64Array.from({ length: ROWS }, () => 1 + random.integer(9));
    const successes = Array.from(trials, (m) => random.integer(m + 1));
    const table2 = { ...table, columns: new Map(table.columns) };
    table2.columns.set('m', { kind: 'numeric', values: trials });
    const binomial = { family: 'binomial', link: 'logit' } as const;
    const design = buildDesign('~ stim + (1 | donor)', table);
    const weighted = buildDesign('~ stim + (1 | donor)', table2, { weights: 'm' });
    const a = familyMoments(design, dense({ y: successes }), { ...binomial, trials });
    const b = familyMoments(weighted, dense({ y: successes.map((k, i) => k / trials[i]) }), binomial);
    expect(b.batches[0].design.family?.mass).toEqual(a.batches[0].design.family?.mass);
    expectSame(logLikelihoods(b)[0], logLikelihoods(a)[0], 'log likelihood');
    expectSame(logLikelihoods(a)[0], rowsLogLikelihood(design, { ...binomial, trials }, successes), 'by row');
    expectSame(b.batches[0].responses.mean[0], a.batches[0].responses.mean[0], 'mean');
  });

  it('keep only the categories that a response has', () => {
    const y = counts.map((_, i) => [1, 3, 4][i % 3]);
    const z = counts.map((_, i) => 1 + (i % 4));
    const design = buildDesign('~ stim + (1 | donor)', table);
    const family = { family: 'cumulative', link: 'logit', categories: CATEGORIES } as const;
    const { batches } = familyMoments(design, dense({ y, z, more: y }), family);
    expect(batches.map((batch) => batch.design.family?.categories)).toEqual([['one', 'three', 'four'], CATEGORIES]);
    expect(batches.map(({ index }) => [...index])).toEqual([[0, 2], [1]]);
    expect(batches[0].design.family?.width).toBe(3 * 12 + 1);
  });
});

describe('values that a family cannot have', () => {
  const { table } = rows(6);
  const design = buildDesign('~ stim + (1 | donor)', {
    ...table,
    rowNames: Array.from({ length: ROWS }, (_, i) => `c${i}`),
  });
  const refusal = (family: FamilyName, link: LinkName, value: number, trials: Float64Array | null = null) => {
    const y = Array.from({ length: ROWS }, (_, i) => (i === 7 ? value : 1));
    const ordinary = family === 'beta' ? y.map((v, i) => (i === 7 ? v : 0.5)) : y;
    try {
      familyMoments(design, dense({ gene: ordinary }), { family, link, trials, categories: CATEGORIES });
    } catch (error) {
      return error;
    }
    return null;
  };

  it.each([
    ['poisson', 'log', -1, /counts/],
    ['nbinom2', 'log', 0.5, /counts/],
    ['nbinom1', 'log', Number.POSITIVE_INFINITY, /counts/],
    ['poisson', 'log', 1e12, /at most/],
    ['binomial', 'logit', 2, /0 and 1/],
    ['binomial', 'logit', 0.5, /trials/],
    ['Gamma', 'log', 0, /greater than 0/],
    ['beta', 'logit', 0, /between 0 and 1/],
    ['beta', 'logit', 1, /between 0 and 1/],
    ['cumulative', 'logit', 5, /1 to 4/],
    ['cumulative', 'logit', 1.5, /1 to 4/],
  ] as const)('of %s: %s', (family, link, value, says) => {
    expect(refusal(family, link, value)).toMatchObject({
      tag: 'DataError',
      message: expect.stringMatching(new RegExp(`'gene' has the value ${value} in row 'c7'.*${says.source}`)),
      fields: { remedy: expect.stringMatching(/\.$/) },
    });
  });

  it('of trials: more successes than these', () => {
    expect(refusal('binomial', 'logit', 3, new Float64Array(ROWS).fill(2))).toMatchObject({ tag: 'DataError' });
    expect(refusal('binomial', 'logit', 2, new Float64Array(ROWS).fill(2))).toBe(null);
  });

  it('and offsets that are not finite', () => {
    const infinite = { ...design, offset: Float64Array.from({ length: ROWS }, (_, i) => (i === 3 ? -Infinity : 0)) };
    const run = () =>
      familyMoments(infinite, dense({ y: new Array(ROWS).fill(1) }), { family: 'poisson', link: 'log' });
    expect(run).toThrow(/offset is -Infinity in row 'c3'/);
  });
});
