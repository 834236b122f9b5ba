import { FitError } from './errors.ts';
import { fitMoments, type MomentFitOptions } from './fit/fit-moments.ts';
import { withFittedValues } from './fit/fitted-values.ts';
import { checkRandomTerms } from './fit/random-terms.ts';
import type { MomentFit } from './fit/readable-fit.ts';
import { type AccumulateOptions, accumulateMoments } from './moments/accumulate-moments.ts';
import type { FitPlan } from './plan/plan.ts';
import { formDenseMoments } from './prepare/form-moments.ts';
import type { GivenOptions, ResponseMatrix } from './prepare/given-data.ts';
import { runMoments } from './prepare/prepare-moments.ts';
import { prepare } from './prepare/run.ts';
import type { Design } from './types/design.ts';
import type { MatrixSource } from './types/responses.ts';
import type { Table } from './types/table.ts';

/** Options of {@link fitDesign}; those of `accumulateMoments` are for matrices that are read in blocks. */
export type DesignFitOptions = MomentFitOptions & Omit<AccumulateOptions, 'onProgress' | 'signal'>;

/** Options of {@link fit}. */
export type FitOptions = MomentFitOptions & GivenOptions;

/**
 * Fits one linear mixed model per response: the columns that the formula's left side names, or every response of a
 * matrix whose rows are those of `options.obs`.
 *
 * Rejects with FormulaError, OptionError or DataError for misuse; a model that cannot be fitted is a row with a status.
 */
export async function fit(data: Table | ResponseMatrix, options: FitOptions): Promise<MomentFit> {
  const { onPlan, onProgress, signal } = options;
  const { moments, dense, notes, plan } = await runMoments(
    await prepare(data, options, onProgress, signal),
    options.formula,
  );
  const told = onPlan && plan.length > 0 ? { ...options, onPlan: tellMoments(onPlan, plan) } : options;
  const result = await fitMoments({ ...moments, notes: [...new Set(notes)] }, told);
  return dense ? withFittedValues(result, dense.batches, dense.responses, dense.source) : result;
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
  refuseFamilyOfDesign(responses, options);
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

/** @throws OptionError for responses of generalised models, whose designs are made with their family */
function refuseFamilyOfDesign(responses: ResponseMatrix, options: DesignFitOptions): void {
  // Callers in JavaScript may give more than the type has.
  const { family = 'gaussian' }: DesignFitOptions & Pick<GivenOptions, 'family'> = options;
  const own = responses.kind === 'dense' && (responses.trials !== undefined || responses.categories !== undefined);
  if (family === 'gaussian' && !own) return;
  throw new FitError('OptionError', 'designs that are built already are fitted as gaussian models', {
    option: 'family',
    remedy: 'Fit the table or the matrix itself: fit(data, { formula, family }).',
  });
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
