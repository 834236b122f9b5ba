/**
 * webgpu-lmm: linear mixed models, thousands at once, with lme4-grade numbers.
 *
 *     import { fit, tidy } from 'webgpu-lmm';
 *     const result = await fit(table, { formula: 'y ~ time * arm + (time | subject)' });
 *     console.log(tidy(result));
 *
 * This is the entry for browsers; the Node entry adds files. `webgpu-lmm/steps` has the steps of the pipeline one by one,
 * `webgpu-lmm/statistics` tests, moderation and adjustment of p-values.
 *
 * @module webgpu-lmm
 */

export { openDevice, probeDevice } from '../backend/device.ts';
export { calibrate } from '../calibrate/calibration.ts';
export type { CalibrationOptions } from '../calibrate/calibration-options.ts';
export type { Calibration } from '../calibrate/collected-tests.ts';
export type { HypothesisOptions } from '../calibrate/null-hypotheses.ts';
export { calibrationPlot, type PlotWords } from '../calibrate/quantile-plot.ts';
export type { NullPValues } from '../calibrate/rejection-rates.ts';
export type { CalibratedTest } from '../calibrate/response-tests.ts';
export type { Selection, SelectionOptions } from '../compare/backward-selection.ts';
export type { Comparison, ComparisonOptions } from '../compare/compare.ts';
export { compare, crossValidate, fixedTermTests, randomTermTests, selectBackward } from '../compare/comparisons.ts';
export type { CrossValidation, CrossValidationOptions } from '../compare/cross-validation.ts';
export type { ComparisonDataOptions } from '../compare/model-family.ts';
export type { TermRatioTests } from '../compare/term-ratio-tests.ts';
export { openFiles } from '../data/input-files.browser.ts';
export type { InputFiles } from '../data/input-files.ts';
export { readDelimited } from '../data/table/csv.ts';
export { type DesignQuestion, type DesignReading, type DesignRemark, readDesign } from '../design/reading.ts';
export { FitError, type FitErrorFields, type FitErrorTag, isFitError } from '../errors.ts';
export type { MomentFitOptions } from '../fit/fit-moments.ts';
export type { MomentFit } from '../fit/readable-fit.ts';
export { deserialiseFit, serialiseFit } from '../fit/saved-fit.ts';
export { type FitOptions, fit } from '../fit.ts';
export type { ContrastCoding } from '../formula/contrasts.ts';
export type { Adjustment } from '../infer/adjust.ts';
export { contrast } from '../infer/contrast.ts';
export {
  type GeneSetTestOptions,
  type RankedGenes,
  type TestedGeneSets,
  testGeneSets,
} from '../infer/gene-set-tests.ts';
export { type LikelihoodRatioTest, likelihoodRatioTest } from '../infer/likelihood-ratio.ts';
export type { FamilyAdjustment, MarginalOptions } from '../infer/marginal-rows.ts';
export type { ModerationOptions } from '../infer/moderation/moderate.ts';
export { influence } from '../influence/influence.ts';
export type { InfluenceOptions } from '../influence/level-influence.ts';
export {
  type BootstrapIntervalOptions,
  bootstrapIntervals,
  type IntervalOptions,
  profileIntervals,
  waldIntervals,
} from '../intervals/intervals.ts';
export type { Moments } from '../moments/moments.ts';
export type { Normalisation } from '../moments/normalise.ts';
export type { FitPlan } from '../plan/plan.ts';
export { type PredictOptions, predict } from '../predict/predict.ts';
export {
  type SimulatedResponse,
  type SimulateResponsesOptions,
  simulateResponses,
} from '../predict/simulate-responses.ts';
export type { InputOptions } from '../prepare/data-options.ts';
export type { ResponseMatrix } from '../prepare/given-data.ts';
export { type Pseudobulk, type PseudobulkOptions, pseudobulk } from '../prepare/pseudobulk.ts';
export { anovaTable } from '../result/anova-table.ts';
export { augment } from '../result/augment.ts';
export { type FitGeneSets, fitGeneSets, type GeneSetRun, geneSetTable } from '../result/gene-set-table.ts';
export { glance } from '../result/glance.ts';
export { type MarginalTables, marginalMeans } from '../result/marginal-means.ts';
export { outputBlob } from '../result/output-blob.ts';
export { type OutputTable, outputRows } from '../result/output-table.ts';
export { ranef } from '../result/ranef.ts';
export { formatSummary, type SummaryOptions } from '../result/summary/model-summary.ts';
export { tidy } from '../result/tidy.ts';
export { toptable } from '../result/toptable.ts';
export { type VarianceOptions, type VarianceParts, variance } from '../result/variance.ts';
export { delimitedText } from '../result/write-delimited.ts';
export { jsonText } from '../result/write-json.ts';
export { type CellOptions, type SimulatedCells, simulateCells } from '../simulate/cells.ts';
export { type SimulatedVisits, simulateVisits, type VisitOptions } from '../simulate/visits.ts';
export type { Design } from '../types/design.ts';
export type { FitResult, Progress, RandomEffects } from '../types/fit-result.ts';
export {
  type BootstrapTable,
  type BootstrapTests,
  FINISHES,
  type Finish,
  type FitTable,
  type ModeratedTests,
  type ModerationTable,
  STATUSES,
  type Status,
  type TestColumns,
} from '../types/fit-table.ts';
export { type DdfMethod, INTERVAL_REASONS, type IntervalParameter, type IntervalTable } from '../types/inference.ts';
export type { TermShape } from '../types/parameters.ts';
export type { ModelRecipe } from '../types/recipe.ts';
export type { DenseResponses, MatrixBlock, MatrixSource } from '../types/responses.ts';
export type { Column, FactorColumn, LogicalColumn, NumericColumn, Table } from '../types/table.ts';
