/** One row a model: the fractions of variance of its terms, wide, as variancePartition draws them. */
import { FitError } from '../errors.ts';
import type { FitResult } from '../types/fit-result.ts';
import { identityColumns, type ModelRange, modelRange } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

/** How the columns of X go together: by term of the formula, or one by one as variancePartition takes them. */
export const VARIANCE_PARTS = ['term', 'coefficient'] as const;
/** How the fixed part is divided. */
export type VarianceParts = (typeof VARIANCE_PARTS)[number];

/** Options of the table of variance fractions: how the fixed part is divided, and of which models. */
export interface VarianceOptions extends ModelRange {
  readonly by?: VarianceParts;
}

/**
 * Columns `[split] response [gene]`, one for each fixed term, one for each random term (the name of its group), and
 * `Residuals`; each row adds up to 1, NA where a model has no fit or lacks the term.
 *
 * @throws OptionError for a result that was not fitted here.
 */
export function variance(result: FitResult, options: VarianceOptions = {}): OutputTable {
  const { table } = result;
  const { by = 'term' } = options;
  const { from, to } = modelRange(table, options);
  if (!result.varianceFractions) {
    throw new FitError('OptionError', 'this result has no variance fractions', {
      option: 'format',
      remedy: 'Fit the model again from its data or moments.',
    });
  }
  const builder = new OutputTableBuilder(to - from);
  const identify = identityColumns(builder, table);
  const columns = new Map(result.varianceNames?.(by).map((name) => [name, builder.number(name)]));
  for (let model = from; model < to; model++) {
    identify(model - from, model);
    const fractions = result.varianceFractions(model, by);
    fractions?.names.forEach((name, k) => {
      const column = columns.get(name);
      if (column) column[model - from] = fractions.values[k];
    });
  }
  return builder.finish(to - from);
}
