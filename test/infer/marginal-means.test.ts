import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readDelimited } from '../../src/data/table/csv.ts';
import { fit as fitTable } from '../../src/fit.ts';
import type { ContrastCoding } from '../../src/formula/contrasts.ts';
import { twoSidedT } from '../../src/numeric/distributions/student-t.ts';
import { upperTailStudentizedRange } from '../../src/numeric/distributions/studentized-range.ts';
import { marginalMeans } from '../../src/result/marginal-means.ts';
import { numberValues, type OutputTable } from '../../src/result/output-table.ts';
import type { Table } from '../../src/types/table.ts';
import { frame } from '../lmm/frames.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';

interface Means {
  levels: string[][];
  estimate: (number | null)[];
  se: (number | null)[];
  df: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
  contrast: string[];
  by: string[] | null;
  pair_estimate: (number | null)[];
  pair_se: (number | null)[];
  pair_df: (number | null)[];
  t: (number | null)[];
  p: (number | null)[];
}
interface Case {
  id: [string];
  formula: [string];
  over: string[];
  by?: [string];
  at?: Record<string, number[]>;
  slopes?: [string];
  hole?: [boolean];
  contrasts?: Record<string, [string]>;
  satterthwaite: Means;
  kenward_roger: Means;
}

const read = (name: string) => readFileSync(new URL(`./r/${name}`, import.meta.url), 'utf8');
const cases = JSON.parse(read('marginal-means.json')) as Case[];
const types = { a: 'factor', b: 'factor', c: 'factor', g: 'factor' } as const;
let whole: Table;
let withHole: Table;

beforeAll(async () => {
  const lines = read('anova.csv').trim().split('\n');
  whole = await readDelimited(lines.join('\n'), { types });
  withHole = await readDelimited(lines.filter((line, i) => i === 0 || line.endsWith(',1')).join('\n'), { types });
});

const texts = (table: OutputTable, name: string): (string | null)[] => {
  const column = table.columns.find((candidate) => candidate.name === name);
  return column?.kind === 'string' ? [...column.values] : [];
};

/** Ways in which a column differs from R's; null there is what cannot be estimated. */
function apart(what: string, got: Float64Array | undefined, expected: (number | null)[], bound: (i: number) => number) {
  if (got?.length !== expected.length) return [`${what}: ${got?.length} rows, R ${expected.length}`];
  return expected.flatMap((value, i) => {
    const same = value === null ? Number.isNaN(got[i]) : Math.abs(got[i] - value) <= bound(i);
    return same ? [] : [`${what} ${i}: got ${got[i]}, R ${value}`];
  });
}

describe('marginal means, as emmeans has them', () => {
  it.each(cases.map((one) => [one.id[0], one] as const))('%s', async (_, one) => {
    for (const ddf of ['satterthwaite', 'kenward-roger'] as const) {
      const expected = ddf === 'satterthwaite' ? one.satterthwaite : one.kenward_roger;
      const result = await fitTable(one.hole ? withHole : whole, {
        formula: one.formula[0],
        coding: Object.fromEntries(
          Object.entries(one.contrasts ?? {}).map(([name, [coding]]) => [name, coding.slice(6) as ContrastCoding]),
        ),
        ddf,
        threads: 1,
      });
      const { means, pairs } = marginalMeans(result, {
        over: one.over,
        by: one.by,
        at: one.at,
        slopes: one.slopes?.[0],
      });
      const { standardError, covariance } = TOLERANCE.kenwardRoger;
      const se = (list: (number | null)[], factor: number) => (i: number) => factor * (list[i] ?? 0);
      const df = (list: (number | null)[]) => (i: number) => TOLERANCE.df * (list[i] ?? 0);
      expect([
        ...apart('mean', numberValues(means, 'estimate'), expected.estimate, se(expected.se, TOLERANCE.coefficient)),
        ...apart('se', numberValues(means, 'std.error'), expected.se, se(expected.se, standardError)),
        ...apart('df', numberValues(means, 'df'), expected.df, df(expected.df)),
        ...apart('low', numberValues(means, 'conf.low'), expected.low, se(expected.se, 10 * covariance)),
        ...apart('high', numberValues(means, 'conf.high'), expected.high, se(expected.se, 10 * covariance)),
        ...apart(
          'pair',
          numberValues(pairs, 'estimate'),
          expected.pair_estimate,
          se(expected.pair_se, TOLERANCE.coefficient),
        ),
        ...apart('pair se', numberValues(pairs, 'std.error'), expected.pair_se, se(expected.pair_se, standardError)),
        ...apart('pair df', numberValues(pairs, 'df'), expected.pair_df, df(expected.pair_df)),
        // R's ptukey is right to 1e-10 absolute.
        ...apart(
          'p',
          numberValues(pairs, 'p.adjusted'),
          expected.p,
          (i) => TOLERANCE.pValue * (expected.p[i] ?? 0) + 1e-9,
        ),
      ]).toEqual([]);
      const axes = [...one.over, ...(one.by ?? [])];
      expect(axes.map((axis) => texts(means, axis))).toEqual(expected.levels);
      expect(texts(pairs, 'contrast')).toEqual(expected.contrast);
      if (one.by) expect(texts(pairs, one.by[0])).toEqual(expected.by);
    }
  });

  it.each(['tukey', 'bonferroni', 'none'] as const)('bounds differences as %s adjusts their p', async (adjust) => {
    const random = new TestRandom(8);
    const a = Array.from({ length: 60 }, (_, i) => ['r', 's', 't'][i % 3]);
    const g = Array.from({ length: 60 }, (_, i) => `g${Math.floor(i / 6)}`);
    const y = Float64Array.from(a, (level) => (level === 't' ? 0.8 : 0) + random.normal());
    const result = await fitTable(frame({ a, g, y }), { formula: 'y ~ a + (1 | g)', threads: 1 });
    const { pairs } = marginalMeans(result, { over: ['a'], adjust, level: 0.9 });
    const column = (name: string) => numberValues(pairs, name) ?? new Float64Array(0);
    expect(column('conf.low')).toHaveLength(3);
    for (const k of [0, 1, 2]) {
      const [low, high, estimate] = ['conf.low', 'conf.high', 'estimate'].map((name) => column(name)[k]);
      const width = (high - low) / 2 / column('std.error')[k];
      expect((low + high) / 2).toBeCloseTo(estimate, 12);
      const df = column('df')[k];
      const own = twoSidedT(width, df).p;
      const tail = adjust === 'tukey' ? upperTailStudentizedRange(width * Math.SQRT2, 3, df).p : own;
      expect(Math.abs(tail * (adjust === 'bonferroni' ? 3 : 1) - 0.1)).toBeLessThan(TOLERANCE.studentizedRange * 10);
      // A difference whose interval holds zero is not significant at its level.
      expect(low < 0 && high > 0).toBe(column('p.adjusted')[k] > 0.1);
    }
  });

  it('is a contrast of a fit too', async () => {
    const formula = 'y ~ a * b + x + (1 | g)';
    const result = await fitTable(whole, { formula, contrasts: { effect: 'a:r-p' }, threads: 1 });
    const { pairs } = marginalMeans(result, { over: ['a'] });
    const row = texts(pairs, 'contrast').indexOf('p - r');
    const { estimate, standardError, df } = result.table.contrasts;
    expect(estimate[0]).toBeCloseTo(-(numberValues(pairs, 'estimate')?.[row] ?? Number.NaN), 12);
    expect(standardError[0]).toBeCloseTo(numberValues(pairs, 'std.error')?.[row] ?? Number.NaN, 12);
    expect(df[0]).toBeCloseTo(numberValues(pairs, 'df')?.[row] ?? Number.NaN, 6);
  });

  it('takes weights for a contrast', async () => {
    const formula = 'y ~ a + (1 | g)';
    const result = await fitTable(whole, {
      formula,
      contrasts: { d: [0, -1, 1], e: 'ar - aq', f: '0, -1, 1' },
      threads: 1,
    });
    const { estimate, df } = result.table.contrasts;
    expect(estimate[0]).toBe(estimate[1]);
    expect(estimate[2]).toBe(estimate[1]);
    expect(df[0]).toBe(df[1]);
  });

  it('takes a factor that is called what every object has', async () => {
    const { a } = Object.fromEntries(whole.columns);
    const renamed: Table = { ...whole, columns: new Map([...whole.columns, ['constructor', a]]) };
    const means = async (table: Table, name: string): Promise<readonly number[]> => {
      const result = await fitTable(table, { formula: `y ~ ${name} + (1 | g)`, threads: 1 });
      return [...(numberValues(marginalMeans(result, { over: [name] }).means, 'estimate') ?? [])];
    };
    const wanted = await means(whole, 'a');
    expect(wanted.length).toBeGreaterThan(1);
    expect(await means(renamed, 'constructor')).toEqual(wanted);
  });

  it('refuses names that are no factor and levels that are none', async () => {
    const result = await fitTable(whole, { formula: 'y ~ a * x + (1 | g)', threads: 1 });
    expect(() => marginalMeans(result, { over: ['A'] })).toThrow(/'A' is no factor/);
    expect(() => marginalMeans(result, { over: ['a'], at: { a: ['s'] } })).toThrow(/no level 's'/);
    expect(() => marginalMeans(result, { over: ['a'], at: { x: [1, 2] } })).toThrow(/several values of 'x'/);
    expect(() => marginalMeans(result, { over: ['a'], slopes: 'a' })).toThrow(/no slope/);
    await expect(
      fitTable(whole, { formula: 'y ~ a + (1 | g)', contrasts: { d: 'a:r-s' }, threads: 1 }),
    ).rejects.toThrow(/levels/);
  });
});
