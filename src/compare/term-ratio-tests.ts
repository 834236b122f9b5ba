import { FitError } from '../errors.ts';
import { chosen } from '../options/entries.ts';
import type { Run } from '../prepare/run.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import { type ComparisonOptions, fitModels, modelDesigns, refuseBootstrap, testPairs } from './compare.ts';
import { refuseFamilies } from './compared-models.ts';
import { type ReportedTests, responseColumns, testColumns } from './comparison-tables.ts';
import { modelFamily } from './model-family.ts';
import type { ModelFits } from './model-fits.ts';
import { type ReducedFormula, withoutFixedTerms, withoutRandomTerms } from './reduced-formulas.ts';

/** Tests of the terms of one model, each left out by itself. */
export interface TermRatioTests {
  readonly method: 'REML' | 'ML';
  /**
   * Columns `[split] response [gene] term npar logLik AIC chisq df p.value log10p p.adjusted [p.adjusted.within p.adjusted.all]
   * [p.bootstrap p.bootstrap.adjusted] reference`: by response the whole model (`<none>`), then it without each term.
   */
  readonly table: OutputTable;
  readonly notes: readonly string[];
  readonly fits: readonly ModelFits[];
  readonly pairs: readonly ReportedTests[];
}

/** `randomTermTests` (`comparisons.ts`) on data that are at hand already. */
export async function randomTermTestsOf(
  data: Run,
  formula: string,
  options: ComparisonOptions,
): Promise<TermRatioTests> {
  const reduced = withoutRandomTerms(formula);
  if (reduced.length === 0) {
    throw new FitError('FormulaError', `the formula '${formula}' has no random term to test`, {
      source: formula,
      remedy: 'Add one, such as + (1 | group).',
    });
  }
  return testTerms(data, formula, reduced, data.family ? 'ML' : chosen('method', options.method), options);
}

/** `fixedTermTests` (`comparisons.ts`) on data that are at hand already. */
export async function fixedTermTestsOf(
  data: Run,
  formula: string,
  options: Omit<ComparisonOptions, 'method'>,
): Promise<TermRatioTests> {
  const reduced = withoutFixedTerms(formula);
  if (reduced.length === 0) {
    throw new FitError('FormulaError', `the formula '${formula}' has no fixed term to test`, {
      source: formula,
      remedy: 'Add one, such as + x.',
    });
  }
  return testTerms(data, formula, reduced, 'ML', options);
}

/** Fits a model whole and reduced, and tests what was left out. */
async function testTerms(
  data: Run,
  formula: string,
  reduced: readonly ReducedFormula[],
  method: 'REML' | 'ML',
  options: ComparisonOptions,
): Promise<TermRatioTests> {
  refuseFamilies(data.options);
  const adjust = chosen('adjust', options.adjust);
  // What there is to say of a model without a term that is tested is no advice.
  const family = await modelFamily(data, [formula, ...reduced.map((model) => model.formula)], 1);
  if (options.bootstrap) refuseBootstrap(family);
  const models = modelDesigns(family);
  const fits = await fitModels(family, models, method, options);
  const pairs = reduced.map((_, k) => ({ small: k + 1, large: 0 }));
  const tests = await testPairs(family, pairs, models, fits, adjust, options);

  const [whole] = fits;
  const builder = new OutputTableBuilder(whole.models * fits.length);
  const identify = responseColumns(builder, whole.moments);
  const term = builder.string('term');
  const npar = builder.integer('npar');
  const logLik = builder.number('logLik');
  const AIC = builder.number('AIC');
  const fill = testColumns(builder, tests);
  for (let m = 0; m < whole.models; m++) {
    fits.forEach((fit, k) => {
      const row = m * fits.length + k;
      identify(row, m);
      term[row] = k === 0 ? '<none>' : reduced[k - 1].dropped;
      if (Number.isFinite(fit.criterion[m])) {
        npar[row] = fit.parameters[m];
        logLik[row] = -fit.criterion[m] / 2;
        AIC[row] = fit.AIC[m];
      }
      if (k > 0) fill(row, tests[k - 1], m);
    });
  }
  return { method, table: builder.finish(whole.models * fits.length), notes: family.notes, fits, pairs: tests };
}
