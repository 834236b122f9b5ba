import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deserialiseFit, serialiseFit } from '../../src/fit/saved-fit.ts';
import { fit as fitTable } from '../../src/fit.ts';
import { influence } from '../../src/influence/influence.ts';
import { type OutputRow, outputRows } from '../../src/result/output-table.ts';
import type { Column, Table } from '../../src/types/table.ts';
import { factor, numeric, referenceTable, table } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';

interface Case {
  readonly id: string;
  readonly data: string;
  readonly formula: string;
  readonly method: 'REML' | 'ML';
  readonly weights: string | null;
  readonly se: readonly number[];
  readonly levels: readonly {
    readonly level: string;
    readonly estimate: readonly number[];
    readonly one_step: readonly number[];
    readonly dfbetas: readonly number[];
    readonly cooks: number;
    readonly sd: readonly number[];
  }[];
}
const cases: Case[] = JSON.parse(readFileSync(new URL('./influence.json', import.meta.url), 'utf8'));

function subset(of: Table, rows: Int32Array): Table {
  const columns = new Map<string, Column>();
  for (const [name, column] of of.columns) {
    columns.set(
      name,
      column.kind === 'factor'
        ? { ...column, codes: rows.map((row) => column.codes[row]) }
        : { ...column, values: Float64Array.from(rows, (row) => column.values[row]) },
    );
  }
  return { rows: rows.length, columns };
}

describe("influence of each level as R's refits have it", () => {
  it.each(cases.map((entry) => [entry.id, entry] as const))('%s', async (_, entry) => {
    const { data, formula, method, weights, se, levels } = entry;
    const options = { formula, method, weights: weights ?? undefined, threads: 1, backend: 'cpu' } as const;
    const result = await fitTable(referenceTable(data), options);
    const exact = [...outputRows(await influence(result, { threads: 1 }))];
    const oneStep = [...outputRows(await influence(result, { refit: false }))];
    expect(new Set(exact.map((row) => row['deleted'])).size).toBe(levels.length);
    for (const { level, estimate, one_step, dfbetas, cooks, sd } of levels) {
      const of = (rows: readonly OutputRow[], effect: string) =>
        rows.filter((row) => row['deleted'] === level && row['effect'] === effect);
      of(exact, 'fixed').forEach((row, k) => {
        expect(Math.abs(Number(row['estimate']) - estimate[k])).toBeLessThan(TOLERANCE.deletion * se[k]);
        expect(Math.abs(Number(row['dfbetas']) - dfbetas[k])).toBeLessThan(TOLERANCE.deletion);
        expect(Math.abs(Number(row['cooks.distance']) - cooks)).toBeLessThan(TOLERANCE.deletion);
      });
      expect(of(oneStep, 'fixed').length).toBe(estimate.length);
      of(oneStep, 'fixed').forEach((row, k) => {
        expect(Math.abs(Number(row['estimate']) - one_step[k])).toBeLessThan(TOLERANCE.deletion * se[k]);
      });
      const parameters = of(exact, 'ran_pars');
      const byName = (name: string) => Number(parameters.find((row) => row['term'] === name)?.['estimate']);
      const total = sd[sd.length - 1];
      expect(Math.abs(byName('sd__(Intercept)') - sd[0])).toBeLessThan(TOLERANCE.deletion * Math.max(total, sd[0]));
      expect(Math.abs(byName('sd__Observation') - total)).toBeLessThan(TOLERANCE.deletion * total);
    }
  });
});

describe('influence', () => {
  const small = table({
    y: numeric([1, 2.5, 3, 4.2, 5.5, 6.1, 7, 8.8, 9.9, 10.4, 12, 12.5]),
    y2: numeric([3, 1, 2, 5, 'NA', 4, 9, 7, 8, 'NA', 3, 1]),
    x: numeric([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3]),
    arm: factor([...'aaabbbbbbbbb']),
    g: factor([...'uuuvvvwwwzzz']),
  });

  it('agrees with fits to the rows that are left, for responses with rows of their own', async () => {
    const formula = 'cbind(y, y2) ~ x + (1 | g)';
    const result = await fitTable(small, { formula, threads: 1, backend: 'cpu' });
    const rows = [...outputRows(await influence(result, { group: 'g', threads: 1 }))];
    for (const level of ['u', 'v', 'w', 'z']) {
      const g = small.columns.get('g');
      if (g?.kind !== 'factor') throw new Error('g is a factor');
      const keep = Int32Array.from(g.codes.keys()).filter((i) => g.levels[g.codes[i]] !== level);
      const part = table(
        Object.fromEntries(
          [...small.columns].map(([name, column]) => {
            if (column.kind === 'factor')
              return [name, { ...column, codes: Int32Array.from(keep, (i) => column.codes[i]) }];
            return [name, { ...column, values: Float64Array.from(keep, (i) => column.values[i]) }];
          }),
        ),
      );
      const direct = await fitTable(part, { formula, threads: 1, backend: 'cpu' });
      for (const [m, response] of ['y', 'y2'].entries()) {
        const found = rows.filter((row) => row['deleted'] === level && row['response'] === response);
        ['(Intercept)', 'x'].forEach((name, k) => {
          const estimate = Number(found.find((row) => row['term'] === name)?.['estimate']);
          const se = direct.table.coefficients.standardError[2 * m + k];
          expect(Math.abs(estimate - direct.table.coefficients.estimate[2 * m + k])).toBeLessThan(
            TOLERANCE.engines * se,
          );
        });
      }
    }
  });

  it('says when a coefficient needs the level', async () => {
    const result = await fitTable(small, { formula: 'y ~ arm + (1 | g)', threads: 1, backend: 'cpu' });
    const rows = [...outputRows(await influence(result, { threads: 1 }))];
    const lone = rows.filter((row) => row['deleted'] === 'u');
    expect(lone.map((row) => [row['status'], row['term'], row['estimate']])).toEqual([['rank_deficient', null, null]]);
  });

  it('leaves out the levels of one of several grouping factors', async () => {
    const whole = referenceTable('penicillin.csv');
    const options = { formula: 'diameter ~ 1 + (1 | plate) + (1 | sample)', threads: 1, backend: 'cpu' } as const;
    const result = await fitTable(whole, options);
    const se = result.table.coefficients.standardError[0];
    for (const [group, levels] of [
      ['sample', ['A', 'C', 'F']],
      ['plate', ['a', 'g', 'x']],
    ] as const) {
      const rows = [...outputRows(await influence(result, { group, threads: 1 }))];
      const oneStep = [...outputRows(await influence(result, { group, refit: false }))];
      for (const level of levels) {
        const column = whole.columns.get(group);
        if (column?.kind !== 'factor') throw new Error('a factor');
        const kept = Int32Array.from(column.codes.keys()).filter((i) => column.levels[column.codes[i]] !== level);
        const direct = await fitTable(subset(whole, kept), options);
        const found = rows.filter((row) => row['deleted'] === level && row['effect'] === 'fixed');
        expect(found).toHaveLength(1);
        const [{ estimate, delta, dfbetas, 'cooks.distance': cooks }] = found;
        const [moved] = direct.table.coefficients.estimate;
        expect(Math.abs(Number(estimate) - moved)).toBeLessThan(TOLERANCE.engines * se);
        const change = moved - result.table.coefficients.estimate[0];
        expect(Math.abs(Number(delta) - change)).toBeLessThan(TOLERANCE.engines * se);
        // With one coefficient Cook's distance is the square of its change in standard errors of the whole.
        expect(Math.abs(Number(cooks) - (change / se) ** 2)).toBeLessThan(TOLERANCE.engines);
        const own = direct.table.coefficients.standardError[0];
        expect(Math.abs(Number(dfbetas) - change / own)).toBeLessThan(TOLERANCE.engines);
        const near = oneStep.find((row) => row['deleted'] === level && row['effect'] === 'fixed');
        expect(Math.abs(Number(near?.['estimate']) - moved)).toBeLessThan(0.1 * se);
      }
    }
  });

  it('refuses what it cannot do', async () => {
    const crossed = await fitTable(referenceTable('penicillin.csv'), {
      formula: 'diameter ~ 1 + (1 | plate) + (1 | sample)',
      threads: 1,
      backend: 'cpu',
    });
    await expect(influence(crossed)).rejects.toThrow('one grouping factor, the model has plate and sample');
    const result = await fitTable(small, { formula: 'y ~ x + (1 | g)', threads: 1, backend: 'cpu' });
    await expect(influence(result, { group: 'h' })).rejects.toThrow("no grouping factor 'h'");
    const bytes = Uint8Array.from([...serialiseFit(result)].flatMap((piece) => [...piece]));
    await expect(influence(deserialiseFit(bytes).fit)).rejects.toThrow('needs the rows');
  });
});
