import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDelimited } from '../../src/data/table/csv.ts';
import { fit as fitTable } from '../../src/fit.ts';
import type { ContrastCoding } from '../../src/formula/contrasts.ts';
import { anova } from '../../src/infer/anova.ts';
import type { AnovaType } from '../../src/infer/hypotheses.ts';
import type { FitResult } from '../../src/types/fit-result.ts';
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
  const coding: Record<string, ContrastCoding> = {};
  for (const [name, how] of Object.entries(reference.contrasts ?? {})) {
    if (table.columns.has(name)) coding[name] = how.split(' ')[0] as ContrastCoding;
  }
  const { formula, method, weights } = reference;
  return fitTable(table, { formula, method, weights: weights ?? undefined, coding, ddf, threads: 1 });
}

const KINDS = [
  ['type1_satterthwaite', 'I', 'satterthwaite'],
  ['type2_satterthwaite', 'II', 'satterthwaite'],
  ['type3_satterthwaite', 'III', 'satterthwaite'],
  ['type3_kr', 'III', 'kenward-roger'],
] as const satisfies readonly (readonly [string, AnovaType, string])[];

/** Every way in which the F tests of a fit differ from R's. */
async function testDifferences(
  expected: Partial<Record<(typeof KINDS)[number][0], ReferenceTest[] | null>>,
  fitWith: (ddf: 'satterthwaite' | 'kenward-roger') => Promise<FitResult>,
  leaveOut?: (kind: string, term: string) => boolean,
): Promise<string[]> {
  const bad: string[] = [];
  for (const [kind, type, ddf] of KINDS) {
    const tests = expected[kind];
    if (!tests) continue;
    const found = anova(await fitWith(ddf), 0, type);
    const near = (what: string, got: number, value: number, bound: number) => {
      if (!(Math.abs(got - value) <= bound)) bad.push(`${kind} ${what}: got ${got}, R ${value}`);
    };
    for (const row of tests) {
      // lmerTest takes a for no part of a:b in a / b, because R codes both by indicators there; marginality says it is.
      if (leaveOut?.(kind, row.term)) continue;
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
    if (found.length !== tests.length) bad.push(`${kind}: ${found.map(({ term }) => term).join()}`);
  }
  return bad;
}

describe('F tests of terms, as lmerTest has them', () => {
  const fits = (referenceFits() as WithAnova[]).filter(({ anova: tables }) => tables && Object.keys(tables).length > 0);
  it('finds the fits', () => expect(fits.length).toBeGreaterThan(60));
  it.each(fits.map((reference) => [reference.id, reference] as const))('%s', async (_, reference) => {
    expect(await testDifferences(reference.anova ?? {}, (ddf) => fitReference(reference, ddf))).toEqual([]);
  });

  // r/anova.R: unbalanced cells, one of them empty, several codings, nesting, no intercept.
  type Case = { id: string; formula: string; contrasts?: Record<string, string>; hole?: boolean } & Record<
    (typeof KINDS)[number][0],
    ReferenceTest[]
  >;
  const read = (name: string) => readFileSync(new URL(`./r/${name}`, import.meta.url), 'utf8');
  const cases = JSON.parse(read('anova.json')) as Case[];
  it.each(cases.map((one) => [one.id, one] as const))('an unbalanced design: %s', async (_, one) => {
    const lines = read('anova.csv').trim().split('\n');
    const kept = one.hole ? lines.filter((line, i) => i === 0 || line.endsWith(',1')) : lines;
    const whole = await readDelimited(kept.join('\n'), { types: { c: 'factor', g: 'factor' } });
    const coding = Object.fromEntries(
      Object.entries(one.contrasts ?? {}).map(([name, coding]) => [name, coding.slice(6) as ContrastCoding]),
    );
    const fitWith = (ddf: 'satterthwaite' | 'kenward-roger') =>
      fitTable(whole, { formula: one.formula, coding, ddf, threads: 1 });
    const leaveOut = (kind: string, term: string) =>
      one.id === 'nested' && kind !== 'type1_satterthwaite' && term === 'a';
    expect(await testDifferences(one, fitWith, leaveOut)).toEqual([]);
  });

  it('tests a margin alike however the cells are written', async () => {
    const table = await readDelimited(read('anova.csv'), { types: { c: 'factor', g: 'factor' } });
    const [nested, crossed] = await Promise.all(
      ['y ~ a / b + z + (1 | g)', 'y ~ a + b + z + a:b + (1 | g)'].map((formula) =>
        fitTable(table, { formula, threads: 1 }),
      ),
    );
    const [one, other] = [anova(nested), anova(crossed)].map((tests) => tests.find(({ term }) => term === 'a'));
    expect(one?.numeratorDf).toBe(2);
    expect(one?.statistic).toBeCloseTo(other?.statistic ?? Number.NaN, 8);
    expect(one?.denominatorDf).toBeCloseTo(other?.denominatorDf ?? Number.NaN, 6);
  });
});
