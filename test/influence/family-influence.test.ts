import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { influence } from '../../src/influence/influence.ts';
import { choleskyInPlace, forwardSolve } from '../../src/numeric/cholesky.ts';
import { type OutputRow, outputRows } from '../../src/result/output-table.ts';
import { tidy } from '../../src/result/tidy.ts';
import { tableOfFit } from '../glmm/reference-fits.ts';
import { TOLERANCE } from '../tolerance.ts';

const CPU = { threads: 1, backend: 'cpu' } as const;

type Options = Omit<Parameters<typeof fitTable>[1], 'threads' | 'backend'> & { readonly formula: string };

const CASES: readonly (readonly [string, string, string, readonly string[], Options])[] = [
  [
    'shares of trials, by quadrature',
    'cbpp_glmm.csv',
    'herd',
    ['1', '7', '15'],
    { formula: 'cbind(incidence, size - incidence) ~ period + (1 | herd)', family: 'binomial', nagq: 5 },
  ],
  [
    'counts with offsets',
    'gsim_cells.csv',
    'donor',
    ['d01', 'd04'],
    { formula: 'nb ~ arm + state + offset(ltotal) + (1 | donor)', family: 'nbinom2' },
  ],
  [
    'counts, each response with rows of its own',
    'salamanders.csv',
    'site',
    ['R-1', 'VF-2'],
    { formula: 'count ~ mined + (1 | site)', family: 'nbinom1' },
  ],
  ['positive responses', 'gsim_positive.csv', 'id', ['s01', 's03'], { formula: 'y ~ x + (1 | id)', family: 'Gamma' }],
  [
    'grades of two grouping factors',
    'wine.csv',
    'bottle',
    ['2', '5'],
    { formula: 'rating ~ temp + contact + (1 | judge) + (1 | bottle)', family: 'cumulative' },
  ],
  [
    'restricted fits',
    'gsim_cells.csv',
    'donor',
    ['d02'],
    { formula: 'count ~ arm + state + offset(ltotal) + (1 | donor)', family: 'poisson', reml: true },
  ],
];

describe('influence of levels in generalised models', () => {
  it.each(CASES)('is that of fits without them: %s', async (_, file, group, levels, options) => {
    const data = tableOfFit(file);
    const whole = await fitTable(data, { ...CPU, ...options });
    const rows = [...outputRows(await influence(whole, { threads: 1, group }))];
    const before = rowsOf(whole);
    for (const level of levels) {
      const without = rowsOf(await fitTable(data, { ...CPU, ...options, where: `${group} != '${level}'` }));
      const own = rows.filter((row) => row['deleted'] === level);
      expect(own.map((row) => row['term'])).toEqual(without.map((row) => row['term']));
      own.forEach((row, k) => {
        expect(row['effect']).toBe(without[k]['effect']);
        const scale = Math.max(Number(without[k]['std.error'] ?? 0), Math.abs(Number(without[k]['estimate'])), 0.1);
        const bound = TOLERANCE.deletion * scale;
        expect(Math.abs(Number(row['estimate']) - Number(without[k]['estimate']))).toBeLessThan(bound);
        const old = before.find(
          ({ term, effect, group: of }) => term === row['term'] && effect === row['effect'] && of === row['group'],
        );
        expect(Math.abs(Number(row['delta']) - (Number(row['estimate']) - Number(old?.['estimate'])))).toBeLessThan(
          TOLERANCE.familyRounding,
        );
        if (row['effect'] !== 'fixed') return;
        const dfbetas = Number(row['delta']) / Number(without[k]['std.error']);
        expect(Math.abs(Number(row['dfbetas']) - dfbetas)).toBeLessThan(
          TOLERANCE.deletion * Math.max(1, Math.abs(dfbetas)),
        );
        expect(Number(row['cooks.distance'])).toBeGreaterThan(0);
      });
    }
  });

  it('has Cook’s distance by the covariance of all coefficients', async () => {
    const [, file, , , options] = CASES[1];
    const whole = await fitTable(tableOfFit(file), { ...CPU, ...options });
    const rows = [...outputRows(await influence(whole, { threads: 1 }))];
    const own = rows.filter((row) => row['deleted'] === 'd03' && row['effect'] === 'fixed');
    const covariance = whole.covarianceOfCoefficients(0);
    if (!covariance) throw new Error('no covariance');
    const factor = covariance.values.slice();
    const delta = Float64Array.from(own, (row) => Number(row['delta']));
    choleskyInPlace(factor, delta.length);
    forwardSolve(factor, delta.length, delta);
    const distance = delta.reduce((sum, value) => sum + value * value, 0) / delta.length;
    for (const row of own) expect(Number(row['cooks.distance'])).toBeCloseTo(distance, 10);
  });

  it('has a status and no numbers without a level that alone tells a coefficient', async () => {
    const data = tableOfFit('gsim_cells.csv');
    const separated = await fitTable(data, {
      ...{ ...CPU, formula: 'sep ~ arm + state + offset(ltotal) + (1 | donor)', family: 'poisson' },
    });
    const rows = [...outputRows(await influence(separated, { threads: 1 }))];
    expect(rows.length).toBe(separated.table.groupLevels[0]);
    for (const row of rows) {
      expect(row['status']).toBe('separated');
      expect(row['estimate']).toBeNull();
    }
  });

  it('is refused in one step, and where it does not know of which factor', async () => {
    const data = tableOfFit('wine.csv');
    const formula = 'rating ~ temp + contact + (1 | judge) + (1 | bottle)';
    const result = await fitTable(data, { ...CPU, formula, family: 'cumulative' });
    await expect(influence(result)).rejects.toThrow(/grouping factors/);
    await expect(influence(result, { group: 'taster' })).rejects.toThrow(/no grouping factor 'taster'/);
    await expect(influence(result, { group: 'judge', refit: false })).rejects.toThrow(/gaussian models/);
  });
});

function rowsOf(result: Awaited<ReturnType<typeof fitTable>>): OutputRow[] {
  return [...outputRows(tidy(result))];
}
