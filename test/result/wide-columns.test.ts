import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../../src/fit.ts';
import { formatSummary } from '../../src/result/summary/model-summary.ts';
import { fitColumns } from '../../src/result/summary/text-columns.ts';
import { trialWithOutcomes } from '../lmm/structured/outcomes.ts';

describe('columns wider than a line', () => {
  it('go on below where none of them are names', () => {
    const rows = [
      ['Std.Dev.', 'cor one', 'cor two'],
      ['1.0000', '0.5000', '0.2500'],
    ];
    expect(fitColumns(rows, [true, true, true], { width: 18, names: 0 })).toEqual([
      'Std.Dev.  cor one',
      '  1.0000   0.5000',
      '',
      'cor two',
      ' 0.2500',
    ]);
  });

  it('are those of a structure with many correlations', async () => {
    const table = trialWithOutcomes(11, 30, 12);
    const options = { formula: 'y ~ x', residual: 'ad(visit | subject)', threads: 1, backend: 'cpu' } as const;
    const summary = formatSummary(await fitTable(table, options));
    expect(summary).toMatch(/Residuals: ad/);
    expect(Math.max(...summary.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});
