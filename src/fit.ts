import { holdMatrix, isMissingValue } from './data/matrix/dense-matrix.ts';
import { alignObs } from './data/table/align-obs.ts';
import { withReplicateNotes } from './design/replicates.ts';
import { FitError } from './errors.ts';
import { fitMoments, type MomentFitOptions } from './fit/fit-moments.ts';
import { withFittedValues } from './fit/fitted-values.ts';
import { checkRandomTerms } from './fit/random-terms.ts';
import type { MomentFit } from './fit/readable-fit.ts';
import type { ContrastCoding } from './formula/contrasts.ts';
import { type BuiltDesign, buildDesign } from './formula/design.ts';
import { type Formula, formulaVariables, parseFormula } from './formula/parse.ts';
import { type AccumulateOptions, accumulateMoments } from './moments/accumulate-moments.ts';
import { tableResponses } from './moments/table-moments.ts';
import { chosenIfGiven } from './options/entries.ts';
import type { FitPlan } from './plan/plan.ts';
import { formDenseMoments } from './prepare/form-moments.ts';
import type { Design } from './types/design.ts';
import type { DenseResponses, MatrixSource } from './types/responses.ts';
import type { Table } from './types/table.ts';

/** Responses as a matrix: held in memory, or read in blocks. */
export type ResponseMatrix = DenseResponses | MatrixSource;

/** Options of {@link fitDesign}; those of {@link AccumulateOptions} are for matrices that are read in blocks. */
export type DesignFitOptions = MomentFitOptions & Omit<AccumulateOptions, 'onProgress' | 'signal'>;

/** Options of {@link fit}. */
export interface FitOptions extends DesignFitOptions {
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
  /** The model frame, where `data` is a matrix; without it the annotation inside the matrix's file is read. */
  readonly obs?: Table | undefined;
}

/**
 * Fits one linear mixed model per response: the columns that the formula's left side names, or every response of a
 * matrix whose rows are those of `options.obs`.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse; a model that cannot be fitted is a row with a status.
 */
export async function fit(data: Table | ResponseMatrix, options: FitOptions): Promise<MomentFit> {
  const formula = parseFormula(options.formula);
  const na = chosenIfGiven('na', options.na);
  const frame = {
    contrasts: options.contrastCodings,
    weights: options.weights,
    offset: options.offset,
    na: na === 'fail' ? ('fail' as const) : ('omit' as const),
  };
  if ('kind' in data && data.kind === 'matrix') {
    const obs = options.obs ?? (await annotationOf(data, formula, options));
    const { table, matrixRows, notes } = await alignObs(data, obs, options.matrixRows);
    const design = withNotes(withReplicateNotes(buildDesign(formula, table, frame), table), notes);
    try {
      return await fitDesign(design, data, { ...options, matrixRows });
    } catch (error) {
      if (!isMissingValue(error) || na === 'fail') throw error;
      if ((options.normalisation ?? 'none') !== 'none') throw error;
      // Sums by strata hold no missing values: in memory each response loses the rows that it lacks.
      const held = await holdMatrix(data, { ...options, matrixRows });
      const perResponse = { ...options, obs: table, select: undefined, matrixRows: undefined };
      // biome-ignore lint/suspicious/noFocusedTests: this is the fit of models, no test
      return await fit(held, perResponse);
    }
  }
  const matrix = 'kind' in data;
  const frameTable = matrix ? options.obs : data;
  if (!frameTable) throw noModelFrame();
  if (!matrix && formula.responses.length === 0) {
    throw new FitError('FormulaError', `the formula '${options.formula}' names no response`, {
      source: options.formula,
      position: 1,
      remedy: 'Write the response before the ~, or cbind(y1, y2) for several.',
    });
  }
  const { table, responses, notes } = await alignObs(matrix ? data : tableResponses(formula, frameTable), frameTable);
  const { rows, names, values } = responses;
  const together = names.length === 1 ? na !== 'per-response' : na === 'omit';
  const columns = names.map((_, k) => values.subarray(k * rows, (k + 1) * rows));
  const complete = together || na === 'fail' ? columns : undefined;
  const built = buildDesign(formula, table, { ...frame, complete });
  const design = withNotes(withReplicateNotes(built, table), notes);
  return fitDesign(design, responses, options);
}

function withNotes(design: BuiltDesign, notes: readonly string[]): BuiltDesign {
  return notes.length === 0 ? design : { ...design, notes: [...notes, ...design.notes] };
}

/**
 * Fits the responses on a design that is built already. `responses` has the rows of the design's table; where a matrix and the
 * design both name their rows, and `matrixRows` does not say how they are paired, they are paired by name.
 */
export async function fitDesign(
  design: Design,
  responses: ResponseMatrix,
  options: DesignFitOptions = {},
): Promise<MomentFit> {
  checkRandomTerms(design.random, design.formula);
  if (responses.kind === 'matrix') {
    const matrixRows = options.matrixRows ?? (await rowsByName(design, responses));
    return fitMoments(await accumulateMoments(design, responses, { ...options, matrixRows }), options);
  }
  const { moments, plan } = await formDenseMoments(design, responses, options);
  const { onPlan } = options;
  const told = onPlan && plan.length > 0 ? { ...options, onPlan: tellMoments(onPlan, plan) } : options;
  const result = await fitMoments(moments, told);
  return withFittedValues(result, moments.batches, responses);
}

/** Row of the matrix of each row of a design's table, by name; undefined where the design has no names, or the same. */
async function rowsByName(design: Design, matrix: MatrixSource): Promise<Int32Array | undefined> {
  const { rowNames, rows } = design;
  if (rowNames === undefined) return undefined;
  const names = await matrix.rowNames();
  if (rowNames.every((name, i) => names[rows[i]] === name)) return undefined;
  const places = new Map(names.map((name, row) => [name, row]));
  if (places.size < names.length) {
    throw new FitError(
      'DataError',
      `names of rows repeat in ${matrix.path}, so that the design cannot be paired with them`,
      {
        path: matrix.path,
        remedy: 'Make them unique, or say which row is which with matrixRows.',
      },
    );
  }
  const last = rows.length === 0 ? 0 : rows[rows.length - 1] + 1;
  const found = new Int32Array(last).fill(-1);
  rowNames.forEach((name, i) => {
    const place = places.get(name);
    if (place === undefined) {
      throw new FitError('DataError', `${matrix.path} has no row '${name}', which the design has`, {
        path: matrix.path,
        remedy: 'Build the design on the annotation of this matrix.',
      });
    }
    found[rows[i]] = place;
  });
  return found;
}

/** Adds to the plan of the fits who formed the moments. */
function tellMoments(onPlan: (plan: FitPlan) => void, moments: readonly string[]): (plan: FitPlan) => void {
  return (plan) => onPlan({ ...plan, moments });
}

/** The columns that a formula needs of the annotation inside a matrix's file. */
export async function annotationOf(
  matrix: MatrixSource,
  formula: Formula,
  options: Pick<FitOptions, 'weights' | 'offset'>,
): Promise<Table> {
  if (matrix.obsColumns.length === 0) throw noModelFrame();
  const wanted = new Set(formulaVariables(formula, { rightOnly: true }));
  for (const name of [options.weights, options.offset]) if (name !== undefined) wanted.add(name);
  const columns = matrix.obsColumns.filter((name) => wanted.has(name));
  return { ...(await matrix.readObs(columns, { rowNames: false })), columnNames: matrix.obsColumns };
}

function noModelFrame(): FitError {
  return new FitError('OptionError', 'responses without a model frame', {
    option: 'obs',
    remedy: 'Pass the table of covariates as options.obs.',
  });
}
