/**
 * webgpu-lmm/statistics: tests of fits, moderation of variances, adjusted p-values, gene sets, tails of distributions.
 *
 * @module webgpu-lmm/statistics
 */

export { type GeneSet, type PlacedGeneSets, parseGeneSets, placeGeneSets } from '../data/table/gene-sets.ts';
export { type AskedTests, type TestRunLimits, withTests } from '../fit/tested-fit.ts';
export { ADJUSTMENTS, adjustPValues } from '../infer/adjust.ts';
export { adjustLog10P } from '../infer/adjust-logs.ts';
export { anova, type TermTest } from '../infer/anova.ts';
export { cameraRanked, type GeneSetTests, INTER_GENE_CORRELATION, zScores } from '../infer/camera-ranked.ts';
export { contrast } from '../infer/contrast.ts';
export { ANOVA_TYPES, type AnovaType } from '../infer/hypotheses.ts';
export { type LikelihoodRatioTest, likelihoodRatioTest } from '../infer/likelihood-ratio.ts';
export { FAMILY_ADJUSTMENTS } from '../infer/marginal-rows.ts';
export { type FTests, moderatedFTests } from '../infer/moderation/moderated-f.ts';
export { withModeratedTests } from '../infer/moderation/moderated-table.ts';
export { type ResidualDegrees, residualDegrees } from '../infer/moderation/residual-df.ts';
export { type SqueezedVariances, type SqueezeOptions, squeezeVariances } from '../infer/moderation/squeeze-variance.ts';
export { estimateQValues, type QValues } from '../infer/q-value.ts';
export { type JointTest, type RowTest, testJointly, testRow } from '../infer/small-sample.ts';
export { upperTailChiSquared } from '../numeric/distributions/chi-squared.ts';
export { upperTailF } from '../numeric/distributions/f-distribution.ts';
export { betaQuantile } from '../numeric/distributions/incomplete-beta.ts';
export { studentQuantile } from '../numeric/distributions/student-quantile.ts';
export { twoSidedLog10P, twoSidedP } from '../numeric/distributions/student-t.ts';
export type { SmallSample, TermHypothesis, VarianceModel } from '../types/inference.ts';
