import { describe, expect, it } from 'vitest';
import { fit } from '../../src/fit.ts';
import type { ContrastCoding } from '../../src/formula/contrasts.ts';
import { anova } from '../../src/infer/anova.ts';
import type { AnovaType } from '../../src/infer/hypotheses.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { type ReferenceFit, referenceFits } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

interface ReferenceTest {
  term: string;
  sum_sq: number;
  mean_sq: number;
  num_df: number;
  den_df: number;
  /** null where nothing of the term can be estimated. */
  F: number | null;
  p: number;
}
type WithAnova = ReferenceFit & { anova?: Record<string, ReferenceTest[] | undefined> | null };

function fitReference(reference: ReferenceFit, ddf: 'satterthwaite' | 'kenward-roger') {
  const table = referenceTable(reference.data);
  const contrastCodings: Record<string, ContrastCoding> = {};
  for (const [name, how] of Object.entries(reference.contrasts ?? {})) {
    if (table.columns.has(name)) contrastCodings[name] = how.split(' ')[0] as ContrastCoding;
  }
  const { formula, method, weights } = reference;
  return fit(table, { formula, method, weights: weights ?? undefined, contrastCodings, ddf, threads: 1 });
}

const KINDS = [
  ['type1_satterthwaite', 'I', 'satterthwaite'],
  ['type2_satterthwaite', 'II', 'satterthwaite'],
  ['type3_satterthwaite', 'III', 'satterthwaite'],
  ['type3_kr', 'III', 'kenward-roger'],
] as const satisfies readonly (readonly [string, AnovaType, string])[];

describe('F tests of terms, as lmerTest has them', () => {
  const fits = (referenceFits() as WithAnova[]).filter(({ anova: tables }) => tables && Object.keys(tables).length > 0);
  it('finds the fits', () => expect(fits.length).toBeGreaterThan(60));
  it.each(fits.map((reference) => [reference.id, reference] as const))('%s', async (_, reference) => {
    const bad: string[] = [];
    for (const [kind, type, ddf] of KINDS) {
      const expected = reference.anova?.[kind];
      if (!expected) continue;
      const found = anova(await fitReference(reference, ddf), 0, type);
      const near = (what: string, got: number, value: number, bound: number) => {
        if (!(Math.abs(got - value) <= bound)) bad.push(`${kind} ${what}: got ${got}, R ${value}`);
      };
      for (const row of expected) {
        // The fits with huge means were made in R on a shifted covariate of another name.
        const test = found.length === 1 ? found[0] : found.find(({ term }) => term === row.term);
        if (!test) {
          bad.push(`${kind}: no term ${row.term}`);
          continue;
        }
        if (row.F === null) {
          near(`${row.term} df`, test.numeratorDf, 0, 0);
          continue;
        }
        near(`${row.term} df`, test.numeratorDf, row.num_df, 0);
        near(`${row.term} ddf`, test.denominatorDf, row.den_df, TOLERANCE.df * row.den_df);
        near(`${row.term} F`, test.statistic, row.F, TOLERANCE.fStatistic * row.F);
        near(`${row.term} sum of squares`, test.sumOfSquares, row.sum_sq, TOLERANCE.fStatistic * row.sum_sq);
        const inTail = Math.abs(test.log10P / Math.log10(Math.max(row.p, 1e-290)) - 1) <= TOLERANCE.pValue;
        if (!inTail) near(`${row.term} p`, test.pValue, row.p, TOLERANCE.pValue * row.p);
      }
      if (found.length !== expected.length) bad.push(`${kind}: ${found.map(({ term }) => term).join()}`);
    }
    expect(bad).toEqual([]);
  });
});
