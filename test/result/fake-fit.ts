import type { FitResult, RandomEffects } from '../../src/types/fit-result.ts';
import { FINISHES, type FitTable, STATUSES, type TestColumns } from '../../src/types/fit-table.ts';

const NA = Number.NaN;

/** Values of test columns given row by row: [estimate, se, df, statistic, p, log10 p, adjusted p]. */
function testColumns(names: string[], rows: number[][]): TestColumns {
  const column = (k: number) => Float64Array.from(rows, (row) => row[k]);
  return {
    names,
    estimate: column(0),
    standardError: column(1),
    df: column(2),
    statistic: column(3),
    pValue: column(4),
    log10P: column(5),
    adjustedP: column(6),
  };
}

const missing = [NA, NA, NA, NA, NA, NA, NA];

/**
 * Three models of `~ Days + (Days | Subject)`: an ordinary one, a constant response without a fit, and a singular one
 * with an aliased coefficient, an infinite log10 p and a correlation that is not defined.
 */
export function fakeTable(changes: Partial<FitTable> = {}): FitTable {
  return {
    formula: '~ Days + (Days | Subject)',
    method: 'REML',
    ddf: 'satterthwaite',
    adjust: 'BH',
    backend: 'cpu',
    device: null,
    bootstrap: null,
    models: 3,
    contrastWeights: new Float64Array(0),
    adjustAcross: 'within',
    responses: ['ENSG1', 'ENSG2', 'ENSG,3'],
    genes: ['IL6', 'TNF', 'a "quoted" gene'],
    splits: ['B cells', 'B cells', 'T\tcells'],
    status: Uint8Array.of(STATUSES.indexOf('ok'), STATUSES.indexOf('constant'), STATUSES.indexOf('ok')),
    messages: [null, 'no variation', null],
    nobs: Int32Array.of(180, 180, 179),
    rank: Int32Array.of(2, 0, 1),
    groups: ['Subject'],
    groupLevels: Int32Array.of(2, 2, 2),
    expressed: Int32Array.of(170, 0, -1),
    mean: Float64Array.of(298.5, 0, 1.25),
    coefficients: testColumns(
      ['(Intercept)', 'Days'],
      [
        [251.4051048484854, 6.824596743, 17.0, 36.83823, 1.171558e-17, -16.93124, 2.4e-17],
        [10.467285959595, 1.545789, 17.0, 6.771, 3.26e-6, -5.4868, 3.26e-6],
        missing,
        missing,
        [0.1, 1e-300, NA, 1e299, 0, -Infinity, 0],
        missing,
      ],
    ),
    contrasts: testColumns(
      ['slope'],
      [[10.467285959595, 1.545789, 17.0, 6.771, 3.26e-6, -5.4868, 3.26e-6], missing, missing],
    ),
    terms: [{ group: 'Subject', names: ['(Intercept)', 'Days'], thetaOffset: 0, covarianceOffset: 0 }],
    theta: Float64Array.of(0.9667, 0.0152, 0.2309, NA, NA, NA, 0.5, 0, 0),
    covariance: Float64Array.of(612.1, 9.604, 9.604, 35.07, NA, NA, NA, NA, 4, 0, 0, 0),
    sigma: Float64Array.of(25.5918, NA, 4),
    criterion: Float64Array.of(1743.6283, NA, 1e-7),
    logLik: Float64Array.of(-871.8141, NA, -5e-8),
    AIC: Float64Array.of(1755.6283, NA, 12),
    BIC: Float64Array.of(1774.7855, NA, 20),
    dfResidual: Float64Array.of(174, NA, 173),
    singular: Uint8Array.of(0, 0, 1),
    converged: Uint8Array.of(1, 0, 1),
    gradient: Float64Array.of(1e-12, NA, 0),
    evaluations: Int32Array.of(7, 0, 9),
    finish: Uint8Array.of(FINISHES.indexOf('cpu'), 0, FINISHES.indexOf('cpu-refit')),
    search: Uint8Array.of(0, 0, 1),
    r2Marginal: Float64Array.of(0.2786, NA, 0),
    r2Conditional: Float64Array.of(0.7992, NA, 0.5),
    icc: Float64Array.of(0.72, NA, 0.5),
    ...changes,
  };
}

const effects: RandomEffects = {
  group: 'Subject',
  levels: ['308', '309'],
  names: ['(Intercept)', 'Days'],
  estimate: Float64Array.of(2.25, 9.19, -40.39, -8.61),
  standardError: Float64Array.of(12.07, 2.3, 12.08, 2.31),
};

/** A result over {@link fakeTable}, with two observations of which the second is missing. */
export function fakeResult(changes: Partial<FitTable> = {}): FitResult {
  const table = fakeTable(changes);
  const fitted = (model: number) => Number.isFinite(table.sigma[model]);
  return {
    table,
    covarianceOfCoefficients(model) {
      if (!fitted(model)) return null;
      return model === 0
        ? { names: ['(Intercept)', 'Days'], values: Float64Array.of(46.57, -1.45, -1.45, 2.39) }
        : { names: ['(Intercept)'], values: Float64Array.of(0.25) };
    },
    smallSample: () => null,
    eachSample: () => undefined,
    hypotheses: () => null,
    randomEffects: (model) => (fitted(model) ? [effects] : []),
    fittedValues: (model) =>
      fitted(model) ? { fitted: Float64Array.of(250.5 + model, NA), residual: Float64Array.of(-0.5, NA) } : null,
    recipe: null,
    recipeOf: () => null,
    varianceNames: () => ['Days', 'Subject', 'Residuals'],
    varianceFractions: (model) =>
      fitted(model) ? { names: ['Days', 'Subject', 'Residuals'], values: Float64Array.of(0.25, 0.5, 0.25) } : null,
    notes: ['one row dropped'],
  };
}

/** The fake fit without splits and genes. */
export const plainResult = fakeResult({ splits: null, genes: null });
