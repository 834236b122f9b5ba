import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compare, randomTermTests } from '../../src/compare/comparisons.ts';
import { outputRows } from '../../src/result/output-table.ts';
import { referenceTable } from '../formula/reference-table.ts';
import { REFERENCE, type ReferenceFit, referenceFits } from '../reference-fit.ts';
import { TOLERANCE } from '../tolerance.ts';

interface RatioReference {
  id: string;
  small: string;
  large: string;
  loglik_small: number;
  loglik_large: number;
  chisq: number;
  df: number;
  p: number;
}

interface RanovaRow {
  dropped: string;
  n_parameters: number;
  loglik: number;
  AIC: number;
  lrt: number | null;
  df: number | null;
  p: number | null;
}

const fits = new Map(referenceFits().map((fit) => [fit.id, fit as ReferenceFit & { ranova?: RanovaRow[] }]));
const tests: RatioReference[] = JSON.parse(readFileSync(`${REFERENCE}fits/lrt.json`, 'utf8')).tests;

function fitOf(id: string): ReferenceFit {
  const fit = fits.get(id);
  if (!fit) throw new Error(`no reference fit ${id}`);
  return fit;
}

/** A ratio is a difference of two criteria. */
function expectRatio(got: unknown, reference: number, criterion: number): void {
  const { absolute, relative } = TOLERANCE.criterion;
  expect(Math.abs(Number(got) - reference)).toBeLessThan(2 * Math.max(absolute, relative * Math.abs(criterion)));
}

function expectP(got: unknown, reference: number): void {
  expect(Math.abs(Math.log(Number(got)) - Math.log(reference))).toBeLessThan(
    TOLERANCE.pValue * Math.max(1, -Math.log(reference)),
  );
}

describe("R's likelihood-ratio tests", () => {
  it.each(tests.map((test) => [test.id, test] as const))('%s', async (_, test) => {
    const [small, large] = [fitOf(test.small), fitOf(test.large)];
    const options = { formulas: [small.formula, large.formula], method: 'ML' as const, threads: 1 };
    const result = await compare(referenceTable(small.data), { ...options, boundary: false });
    const [row] = outputRows(result.tests);
    expect(result.tests.rows).toBe(1);
    expect([row['small'], row['large'], row['df']]).toEqual([1, 2, test.df]);
    expectRatio(row['chisq'], test.chisq, small.criterion);
    expectP(row['p.value'], test.p);
    for (const [k, reference] of [small, large].entries()) {
      const model = [...outputRows(result.models)].find((line) => line['model'] === k + 1);
      expect(model?.['npar']).toBe(
        reference.p + reference.varcorr.reduce((sum, { var: v }) => sum + (v.length * (v.length + 1)) / 2, 0) + 1,
      );
      expectRatio(model?.['logLik'], reference.loglik, reference.criterion);
      for (const name of ['AIC', 'BIC'] as const) {
        expect(Math.abs(Number(model?.[name]) - reference[name])).toBeLessThan(TOLERANCE.informationCriterion.absolute);
      }
      const { marginal, conditional } = reference.r2_nakagawa ?? {};
      if (marginal != null) expect(Math.abs(Number(model?.['r2.marginal']) - marginal)).toBeLessThan(TOLERANCE.r2);
      if (conditional != null)
        expect(Math.abs(Number(model?.['r2.conditional']) - conditional)).toBeLessThan(TOLERANCE.r2);
    }
  });
});

describe('ranova of lmerTest', () => {
  const withRanova = [...fits.values()].filter(({ ranova }) => ranova);
  it('finds the fits', () => expect(withRanova.length).toBe(5));
  it.each(withRanova.map((fit) => [fit.id, fit] as const))('%s', async (_, fit) => {
    const result = await randomTermTests(referenceTable(fit.data), {
      formula: fit.formula,
      method: fit.method,
      boundary: false,
      threads: 1,
    });
    const rows = [...outputRows(result.table)];
    const expected = fit.ranova ?? [];
    expect(rows.map((row) => row['term']).sort()).toEqual(expected.map((row) => row.dropped).sort());
    for (const reference of expected) {
      const row = rows.find((line) => line['term'] === reference.dropped);
      expect(row?.['npar']).toBe(reference.n_parameters);
      expectRatio(row?.['logLik'], reference.loglik, fit.criterion);
      expect(Math.abs(Number(row?.['AIC']) - reference.AIC)).toBeLessThan(TOLERANCE.informationCriterion.absolute);
      if (reference.lrt === null || reference.df === null || reference.p === null) continue;
      expectRatio(row?.['chisq'], reference.lrt, fit.criterion);
      expect(row?.['df']).toBe(reference.df);
      expectP(row?.['p.value'], reference.p);
    }
  });
});
