/** Data that are at hand, a table or responses with their model frame, as the input of a run. */
import { alignObs } from '../data/table/align-obs.ts';
import { applyColumnOptions } from '../data/table/column-options.ts';
import { FitError } from '../errors.ts';
import { filterVariables, parseFilter } from '../formula/filter.ts';
import { type Formula, formulaVariables, parseFormula } from '../formula/parse.ts';
import { residualColumns } from '../formula/residual.ts';
import type { DenseResponses, MatrixSource } from '../types/responses.ts';
import type { Table } from '../types/table.ts';
import { bulkCounts, transformed } from './bulk-table.ts';
import { type DataOptions, totalsColumn, weightColumn } from './data-options.ts';
import { leftSideResponses } from './family-responses.ts';
import { type Input, misplaced } from './input.ts';

/** Responses as a matrix: held in memory, or read in blocks. */
export type ResponseMatrix = DenseResponses | MatrixSource;

/** Options of data that are at hand. */
export interface GivenOptions extends DataOptions {
  /** The model frame, where the data are a matrix; without it the annotation inside the matrix's file is read. */
  readonly obs?: Table | undefined;
  /** Row of the matrix of each row of the frame, where they are not paired by name or place. */
  readonly matrixRows?: Int32Array | undefined;
  /** Responses of a matrix, increasing; all without it. */
  readonly select?: Int32Array | undefined;
}

/** Rejects with FormulaError, OptionError or DataError for data that do not hold what formula and options name. */
export async function givenInput(data: Table | ResponseMatrix, options: GivenOptions): Promise<Input> {
  const formula = parseFormula(options.formula);
  const close = async (): Promise<void> => {};
  const columns = { factor: options.factor ?? [], ordered: options.ordered ?? [] };
  if ('kind' in data && data.kind === 'matrix') {
    if (options.weights === 'voom') throw noCounts();
    const obs = options.obs ?? (await annotationOf(data, formula, options));
    const { table, matrixRows, notes } = await alignObs(data, obs, options.matrixRows);
    return {
      formula,
      table: applyColumnOptions(table, columns),
      responses: data,
      matrixRows: matrixRows ?? Int32Array.from({ length: table.rows }, (_, i) => i),
      select: options.select ?? data.wanted ?? null,
      notes,
      close,
    };
  }
  const matrix = 'kind' in data;
  if (!matrix) misplaced(options, ['normalize', 'totals', 'minCounts'], data.path ?? 'the data');
  const frame = matrix ? options.obs : data;
  if (!frame) throw noModelFrame();
  if (!matrix && formula.responses.length === 0) {
    throw new FitError('FormulaError', `the formula '${options.formula}' names no response`, {
      source: options.formula,
      position: 1,
      remedy: 'Write the response before the ~, or cbind(y1, y2) for several.',
    });
  }
  const typed = applyColumnOptions(frame, columns);
  const left = matrix ? { responses: data, notes: [] } : leftSideResponses(formula, typed, options);
  const { table, responses, notes } = await alignObs(left.responses, typed);
  const counted = matrix ? await bulkCounts(responses, table, options, 'the matrix') : null;
  return {
    formula,
    table: counted?.counts.table ?? table,
    responses: transformed(counted?.counts.responses ?? responses, options, 'the data'),
    matrixRows: null,
    select: null,
    notes: [...left.notes, ...notes, ...(counted?.notes ?? [])],
    close,
  };
}

/** The columns that a formula and options need of the annotation inside a matrix's file. */
async function annotationOf(matrix: MatrixSource, formula: Formula, options: DataOptions): Promise<Table> {
  if (matrix.obsColumns.length === 0) throw noModelFrame();
  const wanted = new Set([...formulaVariables(formula, { rightOnly: true }), ...residualColumns(options)]);
  if (options.where !== undefined) for (const name of filterVariables(parseFilter(options.where))) wanted.add(name);
  for (const name of [weightColumn(options), options.offset, options.trials, options.splitBy, totalsColumn(options)]) {
    if (name !== undefined) wanted.add(name);
  }
  const columns = matrix.obsColumns.filter((name) => wanted.has(name));
  return { ...(await matrix.readObs(columns, { rowNames: false })), columnNames: matrix.obsColumns };
}

function noModelFrame(): FitError {
  return new FitError('OptionError', 'responses without a model frame', {
    option: 'obs',
    remedy: 'Pass the table of covariates as options.obs.',
  });
}

function noCounts(): FitError {
  return new FitError('OptionError', '“weights: voom” is for bulk or pseudobulk counts that are held in memory', {
    option: 'weights',
    remedy: 'Sum the cells of each sample first, or fit the cells with “normalize”.',
  });
}
