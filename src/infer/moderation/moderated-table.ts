/** Fits with their moderated tests in the place of the ordinary ones: for whoever shows one test of each effect. */
import type { FitTable, ModeratedTests, TestColumns } from '../../types/fit-table.ts';

/**
 * The table with the moderated tests as its `coefficients` and `contrasts`, as limma's `topTable` has them: statistic, degrees of
 * freedom and p-values are the moderated ones, and `standardError` is that of the moderated variance,
 *
 *     standard error * sqrt(posterior variance) / sigma        in the units of the response,
 *
 * so that estimate, standard error, statistic, degrees of freedom and Wald limits belong to each other (limma's `confint`).
 * `moderation` is gone. A table without moderation comes back itself. Nothing throws; NaN where a model has no moderated test.
 */
export function withModeratedTests(table: FitTable): FitTable {
  const { moderation } = table;
  if (!moderation) return table;
  const ratio = moderation.posteriorVariance.map((variance, m) => Math.sqrt(variance) / table.sigma[m]);
  const moderated = (tests: TestColumns, own: ModeratedTests): TestColumns => {
    const width = tests.names.length;
    const { statistic, df, pValue, log10P, adjustedP } = own;
    return {
      ...{ names: tests.names, estimate: tests.estimate, statistic, df, pValue, log10P, adjustedP },
      standardError: tests.standardError.map((error, at) => error * ratio[Math.floor(at / width)]),
    };
  };
  return {
    ...table,
    coefficients: moderated(table.coefficients, moderation.coefficients),
    contrasts: moderated(table.contrasts, moderation.contrasts),
    moderation: undefined,
  };
}
