import { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
import { informationCriteria, parametersOf } from '../infer/information-criteria.ts';
import type { Moments } from '../moments/moments.ts';
import type { FamilyChoice } from '../types/family.ts';
import type { RandomEffects } from '../types/fit-result.ts';
import type { TermShape } from '../types/parameters.ts';

/** Options of the fits behind a comparison; tests of coefficients are not made. */
export type ComparisonFitOptions = Pick<
  MomentFitOptions,
  'backend' | 'precision' | 'threads' | 'memory' | 'nagq' | 'onProgress' | 'signal'
>;

/** How well one model fits each response; arrays of length `models`, NaN where there is no fit. */
export interface ModelFits {
  readonly formula: string;
  /** The structure of the residuals as it was written; null without one. */
  readonly residual: string | null;
  /** The family of the responses; null for gaussian ones. */
  readonly family: FamilyChoice | null;
  /** Nodes of quadrature of a family; 1 is Laplace's approximation. */
  readonly nodes: number;
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
  /** Parameters of one response under its family, as a search has them (`glmm/fit-row.ts`); null for gaussian ones. */
  readonly searched: (model: number) => Float64Array | null;
  /** Parameters of the structured covariance of one response (`lmm/structured/covariance-parameters.ts`); null where there is none. */
  readonly covariance: (model: number) => Float64Array | null;
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
  // Without random effects there is nothing to integrate.
  const integrates = moments.batches.some(({ design: { family, terms } }) => family && terms.length > 0);
  const nagq = integrates ? options.nagq : undefined;
  const run = { backend, precision, threads, memory, nagq, onProgress, signal };
  const result = await fitMoments(moments, { ...run, method, ddf: 'asymptotic', adjust: 'none' });
  const { table } = result;
  const parameters = Int32Array.from(table.nobs, (_, m) =>
    Number.isFinite(table.criterion[m]) ? parametersOf(table, m) : 0,
  );
  const AICc = table.criterion.map((value, m) => informationCriteria(value, parameters[m], table.nobs[m]).AICc);
  const { family } = table;
  const widthOf = (values: Float64Array) => (table.models === 0 ? 0 : values.length / table.models);
  const rowOf = (values: Float64Array, model: number) => {
    return values.subarray(model * widthOf(values), (model + 1) * widthOf(values));
  };
  return {
    formula: moments.formula,
    residual: table.structured?.residual || null,
    family: family ? { family: family.family, link: family.link } : null,
    nodes: family?.nodes ?? 1,
    method: table.method,
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
    theta: (model) => rowOf(table.theta, model),
    searched: (model) => (family ? rowOf(family.parameters, model) : null),
    covariance: (model) => (table.structured ? rowOf(table.structured.parameters, model) : null),
    notes: result.notes,
  };
}

function namedNumbers(names: readonly string[], values: Float64Array): ReadonlyMap<string, number> {
  return new Map(names.flatMap((name, k) => (Number.isNaN(values[k]) ? [] : [[name, values[k]] as const])));
}
