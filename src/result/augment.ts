/** One row an observation: fitted values and residuals (broom.mixed's `augment`). */
import { FitError } from '../errors.ts';
import type { FitResult, ResponseResiduals, ScaledResiduals } from '../types/fit-result.ts';
import { hasFit, identityColumns, type ModelRange, modelRange } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

export interface AugmentOptions extends ModelRange {
  /** Identifiers of the rows of the data, for a column `.rownames`. */
  readonly rowNames?: readonly string[];
}

interface AugmentedModel {
  readonly model: number;
  readonly fitted: Float64Array;
  readonly residual: Float64Array;
  readonly scaled: ScaledResiduals | null;
  readonly response: ResponseResiduals | null;
}

/**
 * Columns `[split] response [gene] .row [.rownames] .fitted .resid [.resid.pearson .resid.standardised .hat [.resid.whitened]]`; `.row`
 * counts the rows of the data from 1, and rows that a model did not use (missing values) are NA. Models without a fit
 * have no rows. Of generalised models `.fitted` is the mean at the modes of the random effects (of ordinal responses the probability
 * of the category seen) and `.resid` what the response (the number of the category) has beyond its mean, and after these stand
 * `.linear .resid.pearson .resid.deviance .resid.quantile`.
 *
 * @throws OptionError when the responses are not held in memory (a matrix read in blocks).
 */
export function augment(result: FitResult, options: AugmentOptions = {}): OutputTable {
  const { table } = result;
  const { from, to } = modelRange(table, options);
  const parts: AugmentedModel[] = [];
  let rows = 0;
  for (let model = from; model < to; model++) {
    if (!hasFit(table, model)) continue;
    const values = result.fittedValues(model);
    if (!values) {
      throw new FitError('OptionError', 'augment needs the responses in memory, and a matrix is read in blocks', {
        option: 'format',
        remedy: 'Choose a few responses with “responses” in a table, or ask for tidy, glance or ranef.',
      });
    }
    const scaled = result.scaledResiduals?.(model) ?? null;
    parts.push({ model, ...values, scaled, response: result.responseResiduals?.(model) ?? null });
    rows += values.fitted.length;
  }
  const builder = new OutputTableBuilder(rows);
  const identify = identityColumns(builder, table);
  const number = builder.integer('.row');
  const name = options.rowNames ? builder.string('.rownames') : null;
  const fitted = builder.number('.fitted');
  const residual = builder.number('.resid');
  const scaledColumns = result.scaledResiduals && {
    pearson: builder.number('.resid.pearson'),
    standardised: builder.number('.resid.standardised'),
    hat: builder.number('.hat'),
    whitened: table.structured ? builder.number('.resid.whitened') : null,
  };
  const responseColumns = result.responseResiduals && {
    linear: builder.number('.linear'),
    pearson: builder.number('.resid.pearson'),
    deviance: builder.number('.resid.deviance'),
    quantile: builder.number('.resid.quantile'),
  };
  let start = 0;
  for (const part of parts) {
    fitted.set(part.fitted, start);
    residual.set(part.residual, start);
    for (const name of ['pearson', 'standardised', 'hat', 'whitened'] as const) {
      const values = part.scaled?.[name];
      if (values) scaledColumns?.[name]?.set(values, start);
    }
    for (const name of ['linear', 'pearson', 'deviance', 'quantile'] as const) {
      if (part.response) responseColumns?.[name].set(part.response[name], start);
    }
    for (let i = 0; i < part.fitted.length; i++) {
      identify(start + i, part.model);
      number[start + i] = i + 1;
      if (name) name[start + i] = options.rowNames?.[i] ?? null;
    }
    start += part.fitted.length;
  }
  return builder.finish(rows);
}
