import { describe, expect, it } from 'vitest';
import { fit as fitTable } from '../src/fit.ts';
import type { ContrastCoding } from '../src/formula/contrasts.ts';
import { referenceTable } from './formula/reference-table.ts';
import { differences, kenwardRogerDifferences, referenceFits } from './reference-fit.ts';

describe('every reference fit of R', () => {
  const fits = referenceFits();
  it('finds the fits', () => expect(fits.length).toBeGreaterThan(70));
  it.each(fits.map((f) => [f.id, f] as const))('%s', async (_, reference) => {
    const contrasts: Record<string, ContrastCoding> = {};
    const table = referenceTable(reference.data);
    for (const [name, how] of Object.entries(reference.contrasts ?? {})) {
      // 'sum (last level is -1)' -> sum
      if (table.columns.has(name)) contrasts[name] = how.split(' ')[0] as ContrastCoding;
    }
    const result = await fitTable(table, {
      formula: reference.formula,
      method: reference.method,
      weights: reference.weights ?? undefined,
      coding: contrasts,
      ddf: 'satterthwaite',
      threads: 1,
    });
    expect(differences(reference, result)).toEqual([]);
    if (reference.method !== 'REML' || reference.coef.df_kr == null) return;
    const adjusted = await fitTable(table, {
      formula: reference.formula,
      weights: reference.weights ?? undefined,
      coding: contrasts,
      ddf: 'kenward-roger',
      threads: 1,
    });
    expect(kenwardRogerDifferences(reference, adjusted)).toEqual([]);
  });
});
