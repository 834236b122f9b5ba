import { FitError } from '../errors.ts';
import { chosen } from '../options/entries.ts';
import type { Run } from '../prepare/run.ts';
import { type OutputTable, OutputTableBuilder } from '../result/output-table.ts';
import { type ComparisonOptions, refuseBootstrap, testPairs } from './compare.ts';
import { type ReportedTests, responseColumns, testColumns } from './comparison-tables.ts';
import { modelFamily, modelMoments } from './model-family.ts';
import { fitModel, type ModelFits } from './model-fits.ts';
import { withoutRandomTerms } from './reduced-formulas.ts';

/** Tests of the random terms of one model. */
export interface RandomTermTests {
  readonly method: 'REML' | 'ML';
  /**
   * Columns `[split] response [gene] term npar logLik AIC chisq df p.value log10p p.adjusted [p.bootstrap
   * p.bootstrap.adjusted] reference`: by response the whole model (`<none>`), then it without each random term.
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
): Promise<RandomTermTests> {
  const reduced = withoutRandomTerms(formula);
  if (reduced.length === 0) {
    throw new FitError('FormulaError', `the formula '${formula}' has no random term to test`, {
      source: formula,
      remedy: 'Add one, such as + (1 | group).',
    });
  }
  const method = chosen('method', options.method);
  const adjust = chosen('adjust', options.adjust);
  const family = await modelFamily(data, [formula, ...reduced.map((model) => model.formula)]);
  if (options.bootstrap) refuseBootstrap(family);
  const designs = family.formulas.map((_, k) => family.parts.map((part) => part.designs[k]));
  const fits: ModelFits[] = [];
  for (const own of designs) fits.push(await fitModel(await modelMoments(family, own), method, options));
  const pairs = reduced.map((_, k) => ({ small: k + 1, large: 0 }));
  const tests = await testPairs(family, pairs, designs, fits, adjust, options);

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
