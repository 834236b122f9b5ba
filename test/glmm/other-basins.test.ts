/** Small designs whose criterion has several minima, or none: the lowest is found, or a status says what there is. */
import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { TOLERANCE } from '../tolerance.ts';

type Values = readonly number[];

/** Factors are columns of codes named g or f. */
function tableOf(columns: Readonly<Record<string, Values>>): Table {
  const column = (name: string, values: Values): Column => {
    if (name !== 'g' && name !== 'f') return { kind: 'numeric', values: Float64Array.from(values) };
    const levels = [...new Set(values)].sort((a, b) => a - b);
    const codes = Int32Array.from(values, (value) => levels.indexOf(value));
    return { kind: 'factor', levels: levels.map((level) => `${name}${level}`), codes, ordered: false };
  };
  const named = Object.entries(columns).map(([name, values]): [string, Column] => [name, column(name, values)]);
  return { rows: columns['y'].length, columns: new Map(named) };
}

async function fitted(columns: Readonly<Record<string, Values>>, options: Parameters<typeof fitTable>[1]) {
  const { table } = await fitTable(tableOf(columns), { threads: 1, backend: 'cpu', ...options });
  return { status: STATUSES[table.status[0]], criterion: table.criterion[0], table };
}

const reversed = (values: Values) => values.map((value) => 3 - value);

describe('searches of generalised models', () => {
  it('let the level of a row far out be what it is', async () => {
    const g = Array.from({ length: 10 }, (_, i) => i);
    const x = [1e4, 1.2822, 0.4057, 0.0754, -0.1298, -0.4841, 0.9524, -0.5898, -0.4267, -0.3864];
    const y = [2, 4, 2, 2, 3, 9, 2, 0, 4, 3];
    const m = [2, 10, 3, 5, 10, 9, 5, 2, 10, 5];
    const model = { formula: 'y ~ x + (x | g)', family: 'binomial', trials: 'm' } as const;
    const { status, criterion } = await fitted({ y, m, x, g }, model);
    expect(status).toBe('ok');
    // By a search with differences from other starts (bench/family-reference.mjs); the minimum by the row far out is at 32.685.
    expect(criterion).toBeLessThan(30.22);
  });

  it('find the lower of two minima of grades that all of a level share, whichever way they are counted', async () => {
    const g = Array.from({ length: 24 }, (_, i) => i % 8);
    const y = g.map((level) => 2 - (level % 2));
    const w = [3, 1, 2, 3, 1, 3, 2, 2, 2, 1, 3, 3, 3, 1, 1, 2, 1, 2, 1, 3, 1, 3, 3, 2];
    const model = { formula: 'y ~ 1 + (1 | g)', family: 'cumulative', link: 'probit', weights: 'w' } as const;
    const [one, other] = [await fitted({ y, g, w }, model), await fitted({ y: reversed(y), g, w }, model)];
    // The other minimum is at 13.8032.
    expect(Math.abs(one.criterion - 13.772658669)).toBeLessThan(TOLERANCE.objectives * 100);
    expect(Math.abs(other.criterion - one.criterion)).toBeLessThan(TOLERANCE.objectives * 100);
  });

  it('see coefficients that go to infinity with a threshold', async () => {
    const i = Array.from({ length: 22 }, (_, k) => k);
    const y = i.map((k) => (k % 12 === 0 ? 2 : 1));
    const columns = { y, g: i.map((k) => k % 12), f: i.map((k) => k % 2) };
    const model = { formula: 'y ~ f + (1 | g)', family: 'cumulative' } as const;
    const { status, table } = await fitted(columns, model);
    expect(status).toBe('separated');
    expect(table.messages[0]).toMatch(/no finite estimate.*: ff1/);
    expect([...table.coefficients.standardError]).toEqual([Number.NaN]);
  });

  it('see one variance in intercepts and slopes of a covariate that is constant, in any unit', async () => {
    const g = Array.from({ length: 36 }, (_, k) => k % 12);
    const y = g.map((level, k) => Math.round(Math.exp(3 + Math.sin(7 * level) + 0.2 * Math.cos(3 * k))));
    const fits = await Promise.all(
      [1, 1 / 8].map((unit) => {
        const x = g.map(() => unit);
        return fitted({ y, g, x }, { formula: 'y ~ 1 + (1 | g) + (0 + x | g)', family: 'poisson' });
      }),
    );
    expect(fits.map(({ status }) => status)).toEqual(['ok', 'ok']);
    expect(Math.abs(fits[1].criterion - fits[0].criterion)).toBeLessThan(TOLERANCE.objectives * 1000);
  });

  it('see in any order of rows that amounts with a level of their own leave no dispersion', async () => {
    const y = [0.8722894588787351, 2.391412543762205, 6.13921408018445, 2.6570622405117046];
    const x = [-2.4663563864971887e-4, -7.72750818072565e-5, -5.4292059325656686e-5, 1.9399188856319624e-4];
    const orders = [
      [0, 1, 2, 3],
      [3, 1, 0, 2],
      [2, 3, 1, 0],
      [1, 2, 3, 0],
    ];
    for (const order of orders) {
      const [ys, xs] = [order.map((i) => y[i]), order.map((i) => x[i])];
      const { status } = await fitted({ y: ys, x: xs, g: order }, { formula: 'y ~ x + (1 | g)', family: 'Gamma' });
      expect(status, order.join()).toBe('perfect_fit');
    }
  });

  it.each(['logit', 'probit', 'cloglog'] as const)(
    'see a coefficient and a threshold between two grades go to infinity together, in any order of rows: %s',
    async (link) => {
      // Lower grades are of one side, higher ones of the other: as glmmTMB and clmm would go on for ever.
      const rows = Array.from({ length: 120 }, (_, i) => i);
      const z = rows.map((i) => i % 2);
      const g = rows.map((i) => i % 8);
      const x = rows.map((i) => Math.sin(7 * i * i));
      const y = rows.map((i) => z[i] + (Math.sin(3 * i * i + 1) + 0.5 * x[i] > 0.3 ? 1 : 0));
      for (const order of [rows, rows.toReversed(), rows.map((i) => (i * 49) % 120)]) {
        const of = (values: Values) => order.map((i) => values[i]);
        const columns = { y: of(y), z: of(z), x: of(x), g: of(g) };
        const { status, table } = await fitted(columns, { formula: 'y ~ z + x + (1 | g)', family: 'cumulative', link });
        expect(status).toBe('separated');
        expect(table.messages[0]).toMatch(/no finite estimate.*: z$/);
        // A threshold that goes along has no standard error, as coefficients have none.
        expect(Array.from(table.family?.thresholds?.standardError ?? [0])).toEqual([Number.NaN, Number.NaN]);
      }
    },
  );
});
