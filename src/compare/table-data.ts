import { alignObs } from '../data/table/align-obs.ts';
import { FitError } from '../errors.ts';
import { annotationOf, type FitOptions, type ResponseMatrix } from '../fit.ts';
import { parseFormula } from '../formula/parse.ts';
import { tableResponses } from '../moments/table-moments.ts';
import { chosenIfGiven } from '../options/entries.ts';
import type { Table } from '../types/table.ts';
import type { ComparisonData } from './model-family.ts';
import { joinFormulas } from './reduced-formulas.ts';

/** Options that tell how data enter, as those of {@link fit}. */
export type ComparisonDataOptions = Pick<
  FitOptions,
  | 'contrastCodings'
  | 'weights'
  | 'offset'
  | 'na'
  | 'obs'
  | 'normalisation'
  | 'totals'
  | 'select'
  | 'memory'
  | 'matrixRows'
  | 'onProgress'
  | 'signal'
>;

/**
 * What the library's doors take (a table whose columns the formulas name, or a matrix of responses) as data of a comparison.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse.
 */
export async function comparisonData(
  data: Table | ResponseMatrix,
  formulas: readonly string[],
  options: ComparisonDataOptions,
): Promise<ComparisonData> {
  const formula = parseFormula(joinFormulas(formulas));
  const na = chosenIfGiven('na', options.na);
  const {
    contrastCodings: contrasts,
    weights,
    offset,
    normalisation,
    totals,
    select,
    memory,
    onProgress,
    signal,
  } = options;
  const frame = { contrasts, weights, offset, na: na === 'fail' ? ('fail' as const) : ('omit' as const) };
  const stream = { normalisation, totals, select, memory, onProgress, signal };
  const whole = { parts: [{ split: null, rows: undefined }], stream, minCells: 0 };
  if ('kind' in data && data.kind === 'matrix') {
    const obs = options.obs ?? (await annotationOf(data, formula, { weights, offset }));
    const { table, matrixRows } = await alignObs(data, obs, options.matrixRows);
    return { ...whole, table, responses: data, matrixRows: matrixRows ?? null, frame };
  }
  const matrix = 'kind' in data;
  const frameTable = matrix ? options.obs : data;
  if (!frameTable) {
    throw new FitError('OptionError', 'responses without a model frame', {
      option: 'obs',
      remedy: 'Pass the table of covariates as options.obs.',
    });
  }
  if (!matrix && formula.responses.length === 0) {
    throw new FitError('FormulaError', `the formula '${formulas[0]}' names no response`, {
      source: formulas[0],
      position: 1,
      remedy: 'Write the response before the ~, or cbind(y1, y2) for several.',
    });
  }
  const { table, responses } = await alignObs(matrix ? data : tableResponses(formula, frameTable), frameTable);
  const { rows, names, values } = responses;
  const together = names.length === 1 ? na !== 'per-response' : na === 'omit';
  const columns = names.map((_, k) => values.subarray(k * rows, (k + 1) * rows));
  const complete = together || na === 'fail' ? columns : undefined;
  return { ...whole, table, responses, matrixRows: null, frame: { ...frame, complete } };
}
