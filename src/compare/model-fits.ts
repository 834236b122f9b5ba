import { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
import { informationCriteria, parametersOf } from '../infer/information-criteria.ts';
import type { Moments } from '../moments/moments.ts';
import type { RandomEffects } from '../types/fit-result.ts';
import type { TermShape } from '../types/parameters.ts';

/** Options of the fits behind a comparison; tests of coefficients are not made. */
export type ComparisonFitOptions = Pick<
  MomentFitOptions,
  'backend' | 'precision' | 'threads' | 'memory' | 'onProgress' | 'signal'
>;

/** How well one model fits each response; arrays of length `models`, NaN where there is no fit. */
export interface ModelFits {
  readonly formula: string;
  /** The structure of the residuals as it was written; null without one. */
  readonly residual: string | null;
  readonly method: 'REML' | 'ML';
  readonly moments: Moments;
  readonly models: number;
  readonly status: Uint8Array;
  readonly messages: readonly (string | null)[];
  readonly singular: Uint8Array;
  readonly nobs: Int32Array;
  /** Fixed effects. */
  readonly rank: Int32Array;
  /** Fixed effects, covariance parameters and the residual variance. */
  readonly parameters: Int32Array;
  /** -2 log-likelihood, restricted for REML. */
  readonly criterion: Float64Array;
  readonly AIC: Float64Array;
  readonly BIC: Float64Array;
  readonly AICc: Float64Array;
  readonly r2Marginal: Float64Array;
  readonly r2Conditional: Float64Array;
  readonly icc: Float64Array;
  readonly sigma: Float64Array;
  /** Random terms with their places in a row of theta; empty for a linear model. */
  readonly terms: readonly TermShape[];
  /** Relative covariance factors of one response. */
  readonly theta: (model: number) => Float64Array;
  /** Estimates of all responses, models x names row-major; NaN for what a response's own design lacks. */
  readonly estimates: { readonly names: readonly string[]; readonly values: Float64Array };
  /** Coefficients of one response by name; those of a run that its own design lacks are absent. */
  readonly coefficients: (model: number) => ReadonlyMap<string, number>;
  /** Random effects of one response; empty for a linear model. */
  readonly randomEffects: (model: number) => readonly RandomEffects[];
  readonly notes: readonly string[];
}

/** Fits one model to every response of its moments. */
export async function fitModel(
  moments: Moments,
  method: 'REML' | 'ML',
  options: ComparisonFitOptions = {},
): Promise<ModelFits> {
  const { backend, precision, threads, memory, onProgress, signal } = options;
  const run = { backend, precision, threads, memory, onProgress, signal };
  const result = await fitMoments(moments, { ...run, method, ddf: 'asymptotic', adjust: 'none' });
  const { table } = result;
  const parameters = Int32Array.from(table.nobs, (_, m) =>
    Number.isFinite(table.criterion[m]) ? parametersOf(table, m) : 0,
  );
  const AICc = table.criterion.map((value, m) => informationCriteria(value, parameters[m], table.nobs[m]).AICc);
  const width = table.models === 0 ? 0 : table.theta.length / table.models;
  return {
    formula: moments.formula,
    residual: table.structured?.residual || null,
    method,
    moments,
    models: table.models,
    status: table.status,
    messages: table.messages,
    singular: table.singular,
    nobs: table.nobs,
    rank: table.rank,
    parameters,
    criterion: table.criterion,
    AIC: table.AIC,
    BIC: table.BIC,
    AICc,
    r2Marginal: table.r2Marginal,
    r2Conditional: table.r2Conditional,
    icc: table.icc,
    sigma: table.sigma,
    terms: table.terms,
    estimates: { names: table.coefficients.names, values: table.coefficients.estimate },
    coefficients: (model) => {
      const { names, estimate } = table.coefficients;
      return namedNumbers(names, estimate.subarray(model * names.length, (model + 1) * names.length));
    },
    randomEffects: result.randomEffects,
    theta: (model) => table.theta.subarray(model * width, (model + 1) * width),
    notes: result.notes,
  };
}

function namedNumbers(names: readonly string[], values: Float64Array): ReadonlyMap<string, number> {
  return new Map(names.flatMap((name, k) => (Number.isNaN(values[k]) ? [] : [[name, values[k]] as const])));
}
