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

export { openDevice, probeDevice } from '../backend/device.ts';
export { type Calibration, type CalibrationOptions, calibrate } from '../calibrate/calibrate.ts';
export type { HypothesisOptions } from '../calibrate/null-hypotheses.ts';
export { calibrationPlot } from '../calibrate/quantile-plot.ts';
export type { NullPValues } from '../calibrate/rejection-rates.ts';
export type { CalibratedTest } from '../calibrate/response-tests.ts';
export { type Selection, type SelectionOptions, selectBackward } from '../compare/backward-selection.ts';
export { type Comparison, type ComparisonOptions, compare } from '../compare/compare.ts';
export { type CrossValidation, type CrossValidationOptions, crossValidate } from '../compare/cross-validation.ts';
export type { ComparisonDataOptions } from '../compare/model-family.ts';
export { type RandomTermTests, randomTermTests } from '../compare/random-term-tests.ts';
export { openFiles } from '../data/input-files.browser.ts';
export type { InputFiles, MatrixOptions } from '../data/input-files.ts';
export { readDelimited } from '../data/table/csv.ts';
export type { Crosstab } from '../design/crosstab.ts';
export type { FormulaChoice } from '../design/formulas.ts';
export type { DesignLayout } from '../design/layout.ts';
export { type DesignQuestion, type DesignReading, type DesignRemark, readDesign } from '../design/reading.ts';
export { replicateNotes } from '../design/replicates.ts';
export { type ColumnFacts, type DesignRoles, groupingColumns, guessRoles, isCellType } from '../design/roles.ts';
export { FitError, type FitErrorFields, type FitErrorTag, isFitError } from '../errors.ts';
export { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
export type { MomentFit } from '../fit/readable-fit.ts';
export { deserialiseFit, serialiseFit } from '../fit/saved-fit.ts';
export { type DesignFitOptions, type FitOptions, fit, fitDesign } from '../fit.ts';
export { CONTRAST_CODINGS, type ContrastCoding } from '../formula/contrasts.ts';
export { buildDesign, type DesignOptions } from '../formula/design.ts';
export { applyFilter, type Filter, filterNotes, filterVariables, parseFilter } from '../formula/filter.ts';
export { type Formula, formulaVariables, parseFormula, responseExpressions } from '../formula/parse.ts';
export {
  type NewFixedMatrix,
  type NewRandomTerm,
  newFixedMatrix,
  newOffset,
  newRandomTerms,
  recipeOf,
} from '../formula/recipe.ts';
export { subsetDesign } from '../formula/subset.ts';
export { ADJUSTMENTS, type Adjustment, adjustP } from '../infer/adjust.ts';
export { anova, type TermTest } from '../infer/anova.ts';
export { contrast } from '../infer/contrast-test.ts';
export { ANOVA_TYPES, type AnovaType } from '../infer/hypotheses.ts';
export { type LikelihoodRatioTest, likelihoodRatioTest } from '../infer/likelihood-ratio.ts';
export { FAMILY_ADJUSTMENTS, type FamilyAdjustment, type MarginalOptions } from '../infer/marginal-rows.ts';
export type { ModerationOptions } from '../infer/moderation/moderate.ts';
export { type FTests, fTests } from '../infer/moderation/moderated-f.ts';
export { type ResidualDegrees, residualDegrees } from '../infer/moderation/residual-df.ts';
export { type SqueezedVariances, type SqueezeOptions, squeezeVariances } from '../infer/moderation/squeeze-variance.ts';
export { type QValues, qValues } from '../infer/q-value.ts';
export { type JointTest, type RowTest, testJointly, testRow } from '../infer/small-sample.ts';
export { type InfluenceOptions, influence } from '../influence/influence.ts';
export {
  type BootstrapIntervalOptions,
  bootstrapIntervals,
  type IntervalOptions,
  profileIntervals,
  waldIntervals,
} from '../intervals/intervals.ts';
export { accumulateMoments } from '../moments/accumulate-moments.ts';
export { mergeNotes } from '../moments/merge.ts';
export type {
  CrossMoments,
  DesignMoments,
  FactorMoments,
  MomentBatch,
  Moments,
  ResponseMoments,
  TermMoments,
} from '../moments/moments.ts';
export { trimmedMeanFactors } from '../moments/norm-factors.ts';
export { NORMALISATIONS, type Normalisation } from '../moments/normalise.ts';
export { selectMoments } from '../moments/select.ts';
export { deserialiseMoments, serialiseMoments } from '../moments/serialise.ts';
export { type MomentSums, momentsFromSums } from '../moments/sums.ts';
export { upperTailChiSquared } from '../numeric/distributions/chi-squared.ts';
export { upperTailF } from '../numeric/distributions/f-distribution.ts';
export { studentQuantile, twoSidedLog10P, twoSidedP } from '../numeric/distributions/student-t.ts';
export { type ChoiceName, OPTIONS, type OptionName } from '../options/entries.ts';
export type { OptionEntry } from '../options/option.ts';
export { flagWords, shellWord, withOptionNames } from '../options/words.ts';
export { type BatchPlan, type FitPlan, type PlanOptions, planFit } from '../plan/plan.ts';
export { type PredictOptions, predict } from '../predict/predict.ts';
export {
  type SimulatedResponse,
  type SimulateResponsesOptions,
  simulateResponses,
} from '../predict/simulate-responses.ts';
export type { InputOptions } from '../prepare/data-options.ts';
export type { ResponseMatrix } from '../prepare/given-data.ts';
export type { Input } from '../prepare/input.ts';
export { type DesignPart, type Prepared, prepareMoments, runDesigns, runMoments } from '../prepare/prepare-moments.ts';
export { readInput } from '../prepare/read-input.ts';
export { type PrepareOptions, prepare, type Run } from '../prepare/run.ts';
export { type Voom, type VoomOptions, voom } from '../prepare/voom.ts';
export { anovaTable } from '../result/anova-table.ts';
export { augment } from '../result/augment.ts';
export { glance } from '../result/glance.ts';
export { type MarginalTables, marginalMeans } from '../result/marginal-means.ts';
export { outputBlob } from '../result/output-blob.ts';
export { type OutputTable, outputRows } from '../result/output-table.ts';
export { ranef } from '../result/ranef.ts';
export { formatSummary } from '../result/summary.ts';
export { tidy } from '../result/tidy.ts';
export { toptable } from '../result/toptable.ts';
export { type VarianceOptions, type VarianceParts, variance } from '../result/variance.ts';
export { delimitedText } from '../result/write-delimited.ts';
export { jsonText } from '../result/write-json.ts';
export { type CellOptions, type SimulatedCells, simulateCells } from '../simulate/cells.ts';
export { type SimulatedVisits, simulateVisits, type VisitOptions } from '../simulate/visits.ts';
export type { Design, RandomTerm } from '../types/design.ts';
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
export {
  type DdfMethod,
  INTERVAL_REASONS,
  type IntervalParameter,
  type IntervalTable,
  type SmallSample,
  type TermHypothesis,
  type VarianceModel,
} from '../types/inference.ts';
export type { TermShape } from '../types/parameters.ts';
export type { ColumnRecipe, ModelRecipe, RandomRecipe, TrainedFunction, VariableRecipe } from '../types/recipe.ts';
export type { DenseResponses, MatrixBlock, MatrixSource } from '../types/responses.ts';
export type { Column, FactorColumn, LogicalColumn, NumericColumn, Table } from '../types/table.ts';
