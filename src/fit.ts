import { FitError } from './errors.ts';
import { fitMoments, type MomentFitOptions } from './fit-moments.ts';
import type { ContrastCoding } from './formula/contrasts.ts';
import { buildDesign } from './formula/design.ts';
import { parseFormula } from './formula/parse.ts';
import { denseMoments, tableResponses } from './moments/table-moments.ts';
import type { DenseResponses, Design, FitResult, Table } from './types.ts';

/** Options of {@link fit}. */
export interface FitOptions extends MomentFitOptions {
  /** R's formula language, `y ~ x + (1 | g)`; without a left side where the responses come as a matrix. */
  readonly formula: string;
  /** Coding of factors by column; treatment, and poly for ordered factors, without it. */
  readonly contrastCodings?: Readonly<Record<string, ContrastCoding>> | undefined;
  /** Column of prior weights. */
  readonly weights?: string | undefined;
  /** Column added to the linear predictor. */
  readonly offset?: string | undefined;
  /** Missing values: leave rows out, per response (default for several responses), or refuse them. */
  readonly na?: 'omit' | 'per-response' | 'fail' | undefined;
  /** The model frame, where `data` holds responses only. */
  readonly obs?: Table | undefined;
}

/**
 * Fits one linear mixed model per response: the columns that the formula's left side names, or every response of a
 * matrix whose rows are those of `options.obs`.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse; a model that cannot be fitted is a row with a status.
 */
export async function fit(data: Table | DenseResponses, options: FitOptions): Promise<FitResult> {
  const formula = parseFormula(options.formula);
  const matrix = 'kind' in data;
  const table = matrix ? options.obs : data;
  if (!table) {
    throw new FitError('OptionError', 'responses without a model frame', {
      option: 'obs',
      remedy: 'Pass the table of covariates as options.obs.',
    });
  }
  if (!matrix && formula.responses.length === 0) {
    throw new FitError('FormulaError', `the formula '${options.formula}' names no response`, {
      source: options.formula,
      position: 1,
      remedy: 'Write the response before the ~, or cbind(y1, y2) for several.',
    });
  }
  const responses = matrix ? data : tableResponses(formula, table);
  const together = responses.names.length === 1 ? options.na !== 'per-response' : options.na === 'omit';
  const columns = responses.names.map((_, k) => responses.values.subarray(k * responses.rows, (k + 1) * responses.rows));
  const design = buildDesign(formula, table, {
    contrasts: options.contrastCodings,
    weights: options.weights,
    offset: options.offset,
    na: options.na === 'fail' ? 'fail' : 'omit',
    complete: together || options.na === 'fail' ? columns : undefined,
  });
  return fitDesign(design, responses, options);
}

/** Fits the responses on a design that is built already; `responses` has the rows of the design's table. */
export async function fitDesign(
  design: Design,
  responses: DenseResponses,
  options: MomentFitOptions = {},
): Promise<FitResult> {
  if (design.random.length === 0) {
    throw new FitError('FormulaError', `the formula '${design.formula}' has no random term`, {
      source: design.formula,
      position: design.formula.length,
      remedy: 'Add one, such as + (1 | group); for models without random effects use linear regression.',
    });
  }
  const moments = denseMoments(design, responses);
  const result = await fitMoments(moments, options);
  return {
    ...result,
    fittedValues(model) {
      for (const batch of moments.batches) {
        const k = batch.index.indexOf(model);
        if (k >= 0) return fittedRows(batch.rowsOf, responses, result, model);
      }
      return null;
    },
  };
}

/** X b + Z u + offset on the rows of the table, NaN for rows that were not used. */
function fittedRows(
  design: Design,
  responses: DenseResponses,
  result: FitResult,
  model: number,
): { fitted: Float64Array; residual: Float64Array } | null {
  const { coefficients } = result.table;
  const effects = result.randomEffects(model);
  if (effects.length === 0) return null;
  const fitted = new Float64Array(responses.rows).fill(Number.NaN);
  const residual = new Float64Array(responses.rows).fill(Number.NaN);
  const beta = design.fixed.names.map(
    (name) => coefficients.estimate[model * coefficients.names.length + coefficients.names.indexOf(name)],
  );
  for (let i = 0; i < design.n; i++) {
    let value = design.offset ? design.offset[i] : 0;
    beta.forEach((b, k) => {
      value += b * design.fixed.x[k * design.n + i];
    });
    design.random.forEach((term, t) => {
      const q = term.names.length;
      for (let a = 0; a < q; a++) {
        value += term.z[a * design.n + i] * effects[t].estimate[term.codes[i] * q + a];
      }
    });
    const row = design.rows[i];
    fitted[row] = value;
    residual[row] = responses.values[model * responses.rows + row] - value;
  }
  return { fitted, residual };
}
