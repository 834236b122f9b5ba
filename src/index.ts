/**
 * webgpu-lmm: linear mixed models, thousands at once, with lme4-grade numbers.
 *
 *     import { fit, tidy } from 'webgpu-lmm';
 *     const result = await fit(table, { formula: 'y ~ time * arm + (time | subject)' });
 *     console.log(tidy(result));
 *
 * The steps of the pipeline are exported one by one: formula and table -> Design -> Moments -> fits. This is the entry
 * for browsers; the Node entry adds files.
 */

export { openDevice, probeDevice } from './backend/device.ts';
export { openFiles } from './data/input-files.browser.ts';
export type { InputFiles, MatrixOptions } from './data/input-files.ts';
export { readDelimited } from './data/table/csv.ts';
export { FitError, type FitErrorFields, type FitErrorTag, isFitError } from './errors.ts';
export { type DesignFitOptions, type FitOptions, fit, fitDesign, type ResponseMatrix } from './fit.ts';
export { fitMoments, type MomentFitOptions } from './fit-moments.ts';
export { CONTRAST_CODINGS, type ContrastCoding } from './formula/contrasts.ts';
export { buildDesign, type DesignOptions } from './formula/design.ts';
export { applyFilter, type Filter, filterNotes, filterVariables, parseFilter } from './formula/filter.ts';
export { type Formula, formulaVariables, parseFormula, responseExpressions } from './formula/parse.ts';
export { subsetDesign } from './formula/subset.ts';
export { ADJUSTMENTS, type Adjustment, adjustP } from './infer/adjust.ts';
export { contrast } from './infer/contrast-test.ts';
export { studentQuantile, twoSidedLog10P, twoSidedP } from './infer/student-t.ts';
export { accumulateMoments } from './moments/accumulate-moments.ts';
export type {
  CrossMoments,
  DesignMoments,
  FactorMoments,
  MomentBatch,
  Moments,
  ResponseMoments,
  TermMoments,
} from './moments/moments.ts';
export { NORMALISATIONS, type Normalisation } from './moments/normalise.ts';
export { selectMoments } from './moments/select.ts';
export { deserialiseMoments, serialiseMoments } from './moments/serialise.ts';
export { type MomentSums, momentsFromSums } from './moments/sums.ts';
export { type BatchPlan, type FitPlan, type PlanOptions, planFit } from './plan/plan.ts';
export { buildParts, type DesignPart, type Prepared, type PrepareOptions, prepareMoments } from './prepare-moments.ts';
export { type Input, type InputOptions, readInput } from './read-input.ts';
export { augment } from './result/augment.ts';
export { glance } from './result/glance.ts';
export { outputBlob } from './result/output-blob.ts';
export { type OutputTable, outputRows } from './result/output-table.ts';
export { ranef } from './result/ranef.ts';
export { formatSummary } from './result/summary.ts';
export { tidy } from './result/tidy.ts';
export { toptable } from './result/toptable.ts';
export { delimitedText } from './result/write-delimited.ts';
export { jsonText } from './result/write-json.ts';
export { type CellOptions, type SimulatedCells, simulateCells } from './simulate/cells.ts';
export { type SimulatedVisits, simulateVisits, type VisitOptions } from './simulate/visits.ts';
export {
  type BootstrapTable,
  type BootstrapTests,
  type Column,
  type DenseResponses,
  type Design,
  type FactorColumn,
  FINISHES,
  type Finish,
  type FitResult,
  type FitTable,
  type LogicalColumn,
  type MatrixBlock,
  type MatrixSource,
  type NumericColumn,
  type Progress,
  type RandomEffects,
  type RandomTerm,
  STATUSES,
  type Status,
  type Table,
  type TermShape,
  type TestColumns,
} from './types.ts';
