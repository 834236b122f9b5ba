/**
 * webgpu-lmm/steps: the steps between data and fits, one by one, for those who enter or leave in the middle:
 *
 *     data -> Run -> Design -> Moments -> fits        prepare, buildDesign, accumulateMoments, fitMoments
 *
 * @module webgpu-lmm/steps
 */

export { joinFormulas } from '../compare/reduced-formulas.ts';
export { openFiles } from '../data/input-files.browser.ts';
export type { InputFiles, MatrixOptions } from '../data/input-files.ts';
export { nothingMatches } from '../data/table/join.ts';
export { textRemark } from '../data/table/stray-text.ts';
export type { Crosstab } from '../design/crosstab.ts';
export type { FormulaChoice } from '../design/formulas.ts';
export type { DesignLayout } from '../design/layout.ts';
export { replicateNotes } from '../design/replicates.ts';
export { guessResponse, type ResponseQuestion } from '../design/response.ts';
export { type ColumnFacts, type DesignRoles, groupingColumns, guessRoles, isCellType } from '../design/roles.ts';
export { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
export { withFittedValues } from '../fit/fitted-values.ts';
export { reopenFit } from '../fit/reopened-fit.ts';
export { type DesignFitOptions, fitDesign } from '../fit.ts';
export { CONTRAST_CODINGS } from '../formula/contrasts.ts';
export { buildDesign, type DesignOptions } from '../formula/design.ts';
export { applyFilter, type Filter, filterNotes, filterVariables, parseFilter } from '../formula/filter.ts';
export { type Formula, formulaVariables, parseFormula, responseExpressions } from '../formula/parse.ts';
export {
  type FixedMatrixOfRows,
  fixedMatrixOfRows,
  offsetOfRows,
  type RandomTermOfRows,
  randomTermsOfRows,
  recipeOf,
} from '../formula/recipe.ts';
export {
  type DispersionFormula,
  parseDispersion,
  parseResidual,
  type ResidualFormula,
  structureTexts,
} from '../formula/residual.ts';
export { dispersionOfRows, type ResidualOfRows, residualOfRows } from '../formula/residual-recipe.ts';
export { subsetDesign } from '../formula/subset.ts';
export { usualLevelOrder } from '../formula/usual-order.ts';
export { type TestUnits, testUnits } from '../infer/test-units.ts';
export { unitsText } from '../infer/unit-notes.ts';
export { accumulateMoments } from '../moments/accumulate-moments.ts';
export { deserialiseMoments } from '../moments/deserialise.ts';
export { mergeNotes, selectMoments } from '../moments/merge.ts';
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
export { NORMALISATIONS } from '../moments/normalise.ts';
export { serialiseMoments } from '../moments/serialise.ts';
export { type MomentSums, momentsFromSums } from '../moments/sums.ts';
export { type ChoiceName, OPTIONS, type OptionName } from '../options/entries.ts';
export type { OptionEntry } from '../options/option.ts';
export { flagWords, shellWord, withOptionNames } from '../options/words.ts';
export { type BatchPlan, type FitPlan, type PlanOptions, planFit } from '../plan/plan.ts';
export { groupNotes } from '../predict/group-notes.ts';
export type { InputOptions } from '../prepare/data-options.ts';
export type { Input } from '../prepare/input.ts';
export { type DesignPart, type Prepared, prepareMoments, runDesigns, runMoments } from '../prepare/prepare-moments.ts';
export { readCells } from '../prepare/read-cells.ts';
export { readInput } from '../prepare/read-input.ts';
export { type PrepareOptions, prepare, type Run } from '../prepare/run.ts';
export { type Voom, type VoomOptions, voom } from '../prepare/voom.ts';
export type { Design, RandomTerm } from '../types/design.ts';
export { LINKS_OF } from '../types/family.ts';
export type {
  ColumnRecipe,
  DispersionRecipe,
  GroupRecipe,
  ModelRecipe,
  RandomRecipe,
  ResidualRecipe,
  TrainedFunction,
  VariableRecipe,
} from '../types/recipe.ts';
export type { DispersionRows, ResidualRows, RowFactor, StructureName } from '../types/residual.ts';
