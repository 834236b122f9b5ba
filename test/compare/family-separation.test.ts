import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/comparisons.ts';
import { referenceTable } from '../formula/reference-table.ts';

const table = referenceTable('gsim_cells.csv', new URL('../reference/glmm/data/', import.meta.url).pathname);
const options = { family: 'poisson', backend: 'cpu', threads: 1 } as const;
const formulas = ['sep ~ arm + (1 | donor)', 'sep ~ arm + state + (1 | donor)'];

describe('comparisons of generalised models', () => {
  it('test coefficients beside one that has no finite estimate by their likelihoods', async () => {
    const { pairs, fits } = await compare(table, { ...options, formulas });
    expect(fits.map(({ messages }) => messages[0])).toEqual([
      expect.stringContaining('no finite estimate'),
      expect.stringContaining('no finite estimate'),
    ]);
    const [test] = pairs;
    expect(test.chisq[0]).toBeGreaterThan(10);
    expect(test.df[0]).toBe(1);
    expect(test.pValue[0]).toBeLessThan(0.01);
  });
});
