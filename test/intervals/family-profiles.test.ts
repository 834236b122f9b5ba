import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { profileIntervals } from '../../src/intervals/intervals.ts';
import { normalQuantile } from '../../src/numeric/distributions/normal.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { tidy } from '../../src/result/tidy.ts';
import { INTERVAL_REASONS, type IntervalTable } from '../../src/types/inference.ts';
import type { Table } from '../../src/types/table.ts';
import { numeric, referenceTable } from '../formula/reference-table.ts';
import { TOLERANCE } from '../tolerance.ts';

const CPU = { backend: 'cpu', threads: 1 } as const;
const Z = normalQuantile(0.975);

function tableOf(file: string): Table {
  return referenceTable(file, new URL('../reference/glmm/data/', import.meta.url).pathname);
}

function limits({ parameters, low, high }: IntervalTable, term: string): [number, number] {
  const at = parameters.findIndex((parameter) => parameter.term === term);
  return [low[at], high[at]];
}

/** confint(glmmTMB(count ~ mined + (1 | site), family = nbinom2), method = "profile"), R 4.2.2, glmmTMB 1.1.5: by splines. */
const SALAMANDERS: Readonly<Record<string, readonly [number, number]>> = {
  minedno: [1.721203325, 2.8813108412],
  'sd__(Intercept)': [Math.exp(-1.197381133), Math.exp(-0.1547245442)],
  size: [0.5084608216, 0.8071591337],
};

describe('profile intervals of generalised models', () => {
  it('are those of glmmTMB', async () => {
    const table = tableOf('salamanders.csv');
    const result = await fitTable(table, { formula: 'count ~ mined + (1 | site)', family: 'nbinom2', ...CPU });
    const found = await profileIntervals(result, { threads: 1 });
    for (const [term, wanted] of Object.entries(SALAMANDERS)) {
      limits(found, term).forEach((limit, side) => {
        expect(Math.abs(limit - wanted[side]) / (wanted[1] - wanted[0])).toBeLessThan(TOLERANCE.splineProfile);
      });
    }
    const rows = [...outputRows(tidy({ ...result, intervals: found }, { confLevel: 0.95 }))];
    const size = rows.find((row) => row['term'] === 'size');
    expect([size?.['conf.low'], size?.['conf.high']]).toEqual(limits(found, 'size'));
  });

  it('do not see where the zero of a covariate lies', async () => {
    const table = tableOf('gsim_positive.csv');
    const x = table.columns.get('x');
    if (x?.kind !== 'numeric') throw new Error('no x');
    const far = {
      ...table,
      columns: new Map([...table.columns, ['far', numeric(Array.from(x.values, (v) => v + 2020))]]),
    };
    const found = await Promise.all(
      ['x', 'far'].map(async (name) => {
        const result = await fitTable(far, { formula: `y ~ ${name} + (${name} | id)`, family: 'Gamma', ...CPU });
        const parameters = [name, `sd__${name}`, 'shape'];
        const intervals = await profileIntervals(result, { parameters, threads: 1 });
        return parameters.map((parameter) => limits(intervals, parameter));
      }),
    );
    found[0].forEach(([low, high], k) => {
      const width = high - low;
      expect(width).toBeGreaterThan(0);
      expect(Math.abs(found[1][k][0] - low) / width).toBeLessThan(TOLERANCE.profileCrossing);
      expect(Math.abs(found[1][k][1] - high) / width).toBeLessThan(TOLERANCE.profileCrossing);
    });
  });

  it('end where the criterion with a coefficient held exceeds its minimum by the quantile', async () => {
    const table = tableOf('gsim_positive.csv');
    const options = { family: 'Gamma', ...CPU } as const;
    const formula = 'y ~ x + (x | id)';
    const result = await fitTable(table, { formula, contrasts: { atOne: '`(Intercept)` + x' }, ...options });
    const found = await profileIntervals(result, { threads: 1 });
    const x = table.columns.get('x');
    if (x?.kind !== 'numeric') throw new Error('no x');
    const withColumn = (name: string, of: (value: number) => number): Table => {
      return { ...table, columns: new Map([...table.columns, [name, numeric(Array.from(x.values, of))]]) };
    };
    for (const limit of limits(found, 'x')) {
      const held = withColumn('held', (value) => value * limit);
      const smaller = await fitTable(held, { formula: 'y ~ 1 + offset(held) + (x | id)', ...options });
      const excess = smaller.table.criterion[0] - result.table.criterion[0];
      expect(Math.abs(excess - Z * Z)).toBeLessThan(TOLERANCE.profileCrossing);
    }
    // A contrast is the intercept about another origin, and a standard deviation there that of the intercept.
    const moved = await fitTable(
      withColumn('w', (value) => value - 1),
      { formula: 'y ~ w + (w | id)', ...options },
    );
    const other = await profileIntervals(moved, { parameters: ['(Intercept)', 'sd__w', 'shape'], threads: 1 });
    for (const [here, there] of [
      ['atOne', '(Intercept)'],
      ['sd__x', 'sd__w'],
      ['shape', 'shape'],
    ] as const) {
      const wanted = limits(other, there);
      limits(found, here).forEach((limit, side) => {
        expect(Math.abs(limit - wanted[side])).toBeLessThan(TOLERANCE.profileEngines * (wanted[1] - wanted[0]));
      });
    }
    const at = found.parameters.findIndex(({ term }) => term.startsWith('cor__'));
    expect(INTERVAL_REASONS[found.reason[at]]).toContain('correlations');
  });

  it('of a standard deviation that zero does not exceed begin at zero', async () => {
    const random = Array.from({ length: 60 }, (_, i) => (i * 7919) % 13);
    const columns = new Map([
      ['y', numeric(random.map((value) => value % 4))],
      ['g', numeric(Array.from({ length: 60 }, (_, i) => i % 10))],
    ]);
    const result = await fitTable({ rows: 60, columns }, { formula: 'y ~ 1 + (1 | g)', family: 'poisson', ...CPU });
    const [low, high] = limits(await profileIntervals(result, { threads: 1 }), 'sd__(Intercept)');
    expect(low).toBe(0);
    expect(high).toBeGreaterThan(0);
  });
});
