/** The methods of a report name what was found beside its fit, with the works behind it, and nothing that it does not have. */
import { beforeAll, describe, expect, it } from 'vitest';
import { methodsOf } from '../../demo/src/keep/methods.ts';
import { NO_FINDS, type ReportFinds } from '../../demo/src/keep/methods-found.ts';
import type { IntervalQuestion, MeansAnswer } from '../../demo/src/protocol/analysis-protocol.ts';
import { DEFAULT_SETTINGS } from '../../demo/src/protocol/settings.ts';
import type { Results } from '../../demo/src/results/results-view.ts';
import {
  calibrate,
  compare,
  type FamilyAdjustment,
  type FitResult,
  fit as fitTable,
  marginalMeans,
} from '../../src/doors/node.ts';
import { frame } from '../lmm/frames.ts';

const rows = Array.from({ length: 72 }, (_, i) => i);
const TABLE = frame({
  y: rows.map((i) => Math.sin(i * 12.9898) * 3 + (i % 3)),
  arm: rows.map((i) => `a${i % 3}`),
  sex: rows.map((i) => (i % 2 ? 'f' : 'm')),
  donor: rows.map((i) => `d${i % 12}`),
});
const FORMULA = 'y ~ arm + sex + (1 | donor)';

describe('methods of what was found', () => {
  let fit: FitResult;
  let results: Results;
  beforeAll(async () => {
    fit = await fitTable(TABLE, { formula: FORMULA, backend: 'cpu', threads: 1 });
    results = {
      outcome: { table: fit.table, notes: [] },
      settings: { ...DEFAULT_SETTINGS, formula: FORMULA },
      summary: { kind: 'table', columns: [] },
    } as unknown as Results; // what is not read is left out
  });

  const told = (finds: Partial<ReportFinds>, of = results) => methodsOf(of, '1', { ...NO_FINDS, ...finds });
  const meansOf = (over: string, adjust: FamilyAdjustment): MeansAnswer => {
    const options = { over: [over], by: [], at: {}, level: 0.95, adjust, type: 'link', reverse: true } as const;
    return { question: { ...options, slopes: '' }, ...marginalMeans(fit, options) };
  };
  const intervalsOf = (method: IntervalQuestion['method']) => ({
    intervals: [{ question: { method, level: 0.9, draws: 1000 }, rows: [], draws: 0 }],
    label: 'y',
  });

  it('are those of the fit where there is nothing else', () => {
    const { paragraph, references } = told({});
    expect(paragraph).not.toMatch(/type III|studentized|profile|bootstrap|calibrated|compared/);
    expect(references).toHaveLength(2);
    // Wald's are those of the tests.
    expect(told(intervalsOf('wald')).paragraph).toBe(paragraph);
    expect(told({ comparison: null, calibration: null }).paragraph).toBe(paragraph);
  });

  it('cite intervals by how they were found', () => {
    for (const [method, words, works] of [
      ['profile', '90 % confidence intervals of y are also given by the profile likelihood [3].', ['Venzon DJ']],
      ['bootstrap', 'as percentiles of a parametric bootstrap with 1,000 draws [3].', ['Davison AC']],
      [
        'bca',
        'corrected for bias and acceleration [3], of a parametric bootstrap with 1,000 draws [4].',
        ['Efron B', 'Davison AC'],
      ],
    ] as const) {
      const { paragraph, references } = told(intervalsOf(method));
      expect(paragraph).toContain(words);
      expect(references.slice(2).map((text, k) => text.startsWith(works[k]))).toEqual(works.map(() => true));
    }
  });

  it('name the tests of terms by their degrees of freedom', () => {
    const by = (ddf: FitResult['table']['ddf']) =>
      told(
        { ofTerms: true },
        {
          ...results,
          outcome: { ...results.outcome, table: { ...fit.table, ddf } },
        },
      );
    expect(by('kenward-roger').paragraph).toMatch(/type III\), by F tests with .* of Kenward and Roger \[2\]/);
    expect(by('satterthwaite').references.some((text) => text.startsWith('Fai AHT'))).toBe(true);
    expect(by('between-within').paragraph).toContain('by F tests with degrees of freedom counted at the level');
    expect(by('asymptotic').paragraph).toMatch(/by Wald's chi-squared tests \[\d\]/);
  });

  it('name adjustments of differences where they adjust any', () => {
    expect(told({ means: [meansOf('arm', 'tukey')] }).paragraph).toMatch(
      /Differences of marginal means \[3\] were adjusted for their number by Tukey's studentized range, .* \[4\]\./,
    );
    expect(told({ means: [meansOf('arm', 'holm')] }).paragraph).toMatch(/Holm's procedure \[\d\], their limits by/);
    // Two levels are one difference.
    expect(told({ means: [meansOf('sex', 'tukey')] }).paragraph).not.toContain('adjusted for');
    expect(told({ means: [meansOf('arm', 'none')] }).paragraph).not.toContain('adjusted for');
  });

  it('say how models were compared and tests calibrated', async () => {
    const formulas = [FORMULA, 'y ~ arm + (1 | donor)'];
    const compared = await compare(TABLE, { formulas, rankBy: 'BIC' });
    const tables = {
      ...{ models: compared.models, tests: compared.tests, summary: compared.summary, best: compared.best },
      method: 'ML' as const,
      rankBy: 'BIC' as const,
      ...{ notes: [], replicates: [false, false], draws: 0 },
    };
    const first = told({ comparison: tables });
    expect(first.paragraph).toMatch(/compared by likelihood ratios \[3\], and ranked by BIC \[4\]\./);
    expect(first.references.slice(2).map((text) => text.slice(0, 6))).toEqual(['Wilks ', 'Schwar']);
    expect(told({ comparison: { ...tables, draws: 500 } }).paragraph).toContain(
      'a parametric bootstrap of them with 500',
    );
    const plain = await compare(TABLE, { formulas: [FORMULA, 'y ~ arm + sex'] });
    const mixed = told({ comparison: { ...tables, tests: plain.tests } });
    expect(mixed.paragraph).toMatch(
      /by likelihood ratios \[3\], those of variances on .* \[4\], and ranked by BIC \[5\]/,
    );
    const found = await calibrate(TABLE, { formula: FORMULA, simulations: 20, backend: 'cpu', threads: 1 });
    const { scheme, rates, statuses, singular } = found;
    const calibration = {
      ...{ scheme, rates, statuses, singular, notes: [], pValues: rates, permutations: 0, svg: '' },
    };
    const all = Object.values(statuses).reduce((sum, own) => sum + own, 0);
    const { paragraph, references } = told({ calibration });
    expect(paragraph).toContain(`by ${all} responses without the effect, drawn from the fitted model`);
    expect(references.at(-1)).toMatch(/^Wilson EB \(1927\)/);
  });

  it('call tests of a linear model exact', async () => {
    const linear = await fitTable(TABLE, { formula: 'y ~ arm', backend: 'cpu', threads: 1 });
    const { paragraph } = told(
      { ofTerms: true },
      {
        ...results,
        outcome: { ...results.outcome, table: linear.table },
      },
    );
    expect(paragraph).toContain('t statistics with the residual degrees of freedom');
    expect(paragraph).toContain('F tests with the residual degrees of freedom');
    expect(paragraph).not.toContain('Kenward');
  });
});
