/** The genes by evidence for one contrast, in limma's words (`topTable`). */
import { FitError, nearestName } from '../errors.ts';
import type { FitResult, FitTable, TestColumns } from '../types.ts';
import { identityColumns } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder, reorderRows } from './output-table.ts';

/**
 * Columns `[split] response [gene] logFC AveExpr t P.Value adj.P.Val`, every model, smallest p first (in the order of
 * log10 p, so that p-values that underflow are ranked too); models without a test last, in their order.
 *
 * @param name a contrast or a coefficient; without it the only contrast, or the only coefficient beside the intercept.
 * @throws OptionError when there is no such name, or several to choose from.
 */
export function toptable(result: FitResult, name?: string): OutputTable {
  const { table } = result;
  const { tests, index } = findTest(table, name);
  const width = tests.names.length;
  const builder = new OutputTableBuilder(table.models);
  const identify = identityColumns(builder, table);
  const logFC = builder.number('logFC');
  const average = builder.number('AveExpr');
  const statistic = builder.number('t');
  const pValue = builder.number('P.Value');
  const adjustedP = builder.number('adj.P.Val');
  const evidence = new Float64Array(table.models);
  for (let model = 0; model < table.models; model++) {
    const at = model * width + index;
    identify(model, model);
    logFC[model] = tests.estimate[at];
    average[model] = table.mean[model];
    statistic[model] = tests.statistic[at];
    pValue[model] = tests.pValue[at];
    adjustedP[model] = tests.adjustedP[at];
    const log10P = tests.log10P[at];
    evidence[model] = Number.isNaN(log10P) ? Infinity : log10P;
  }
  const order = Int32Array.from({ length: table.models }, (_, model) => model);
  // Infinity - Infinity is NaN, which counts as equal; the index keeps ties in order.
  order.sort((a, b) => evidence[a] - evidence[b] || a - b);
  return reorderRows(builder.finish(table.models), order);
}

/** The test columns and the index in them that `name` means. */
function findTest(table: FitTable, name: string | undefined): { tests: TestColumns; index: number } {
  const { contrasts, coefficients } = table;
  if (name === undefined) {
    if (contrasts.names.length === 1) return { tests: contrasts, index: 0 };
    const slopes = coefficients.names.flatMap((coefficient, k) => (coefficient === '(Intercept)' ? [] : [k]));
    if (contrasts.names.length === 0 && slopes.length === 1) return { tests: coefficients, index: slopes[0] };
    throw new FitError('OptionError', 'a toptable is for one contrast or coefficient', {
      remedy: `Name one of ${[...contrasts.names, ...coefficients.names].join(', ')}: toptable:NAME=FILE.`,
    });
  }
  for (const tests of [contrasts, coefficients]) {
    const index = tests.names.indexOf(name);
    if (index >= 0) return { tests, index };
  }
  const names = [...contrasts.names, ...coefficients.names];
  const nearest = nearestName(name, names);
  throw new FitError('OptionError', `no contrast or coefficient '${name}'`, {
    remedy: nearest ? `Did you mean '${nearest}'?` : `There are: ${names.join(', ')}.`,
  });
}
