import { fitMoments, type MomentFitOptions } from '../fit/fit-moments.ts';
import { informationCriteria } from '../infer/information-criteria.ts';
import { varianceShares } from '../infer/r2.ts';
import { REASONS } from '../lmm/engine.ts';
import { criterionConstant, criterionDegrees } from '../lmm/objective.ts';
import { screenDesign } from '../lmm/screen.ts';
import type { Moments } from '../moments/moments.ts';
import type { RandomEffects } from '../types/fit-result.ts';
import { STATUSES } from '../types/fit-table.ts';
import type { TermShape } from '../types/parameters.ts';

/** Options of the fits behind a comparison; tests of coefficients are not made. */
export type ComparisonFitOptions = Pick<
  MomentFitOptions,
  'backend' | 'precision' | 'threads' | 'memory' | 'onProgress' | 'signal'
>;

/** How well one model fits each response; arrays of length `models`, NaN where there is no fit. */
export interface ModelFits {
  readonly formula: string;
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
  /** Coefficients of one response by name; those of a run that its own design lacks are absent. */
  readonly coefficients: (model: number) => ReadonlyMap<string, number>;
  /** Random effects of one response; empty for a linear model. */
  readonly randomEffects: (model: number) => readonly RandomEffects[];
  readonly notes: readonly string[];
}

/** Fits one model to every response of its moments; a model without random terms is a linear model. */
export async function fitModel(
  moments: Moments,
  method: 'REML' | 'ML',
  options: ComparisonFitOptions = {},
): Promise<ModelFits> {
  const linear = moments.batches.every(({ design }) => design.terms.length === 0);
  return linear ? linearFits(moments, method) : mixedFits(moments, method, options);
}

async function mixedFits(moments: Moments, method: 'REML' | 'ML', options: ComparisonFitOptions): Promise<ModelFits> {
  const result = await fitMoments(moments, { ...options, method, ddf: 'asymptotic', adjust: 'none' });
  const { table } = result;
  const parameters = Int32Array.from(table.nobs, (n, m) =>
    Number.isFinite(table.criterion[m]) ? n - table.dfResidual[m] : 0,
  );
  const AICc = table.criterion.map((value, m) => informationCriteria(value, parameters[m], table.nobs[m]).AICc);
  const width = table.models === 0 ? 0 : table.theta.length / table.models;
  return {
    formula: moments.formula,
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
    coefficients: (model) => {
      const { names, estimate } = table.coefficients;
      return namedNumbers(names, estimate.subarray(model * names.length, (model + 1) * names.length));
    },
    randomEffects: result.randomEffects,
    theta: (model) => table.theta.subarray(model * width, (model + 1) * width),
    notes: result.notes,
  };
}

/**
 * Linear models from the same moments: with S the residual sum of squares and d = n - p (REML) or n,
 * -2 log L = d (1 + log(2 pi S / d)) - log|W|, plus log|X'WX| for REML.
 */
function linearFits(moments: Moments, method: 'REML' | 'ML'): ModelFits {
  const models = moments.names.length;
  const numbers = () => new Float64Array(models).fill(Number.NaN);
  const status = new Uint8Array(models).fill(STATUSES.indexOf('failed'));
  const messages = new Array<string | null>(models).fill(null);
  const nobs = new Int32Array(models);
  const rank = new Int32Array(models);
  const parameters = new Int32Array(models);
  const columns = {
    criterion: numbers(),
    AIC: numbers(),
    BIC: numbers(),
    AICc: numbers(),
    r2Marginal: numbers(),
    r2Conditional: numbers(),
    icc: numbers(),
    sigma: numbers(),
  };
  const estimates: ReadonlyMap<string, number>[] = new Array(models).fill(new Map());
  for (const { design, responses, index } of moments.batches) {
    const { n, p, r } = design;
    const problem = screenDesign(design);
    const constant = problem ? Number.NaN : criterionConstant(design, method);
    const d = criterionDegrees({ n, p }, method);
    for (let k = 0; k < responses.count; k++) {
      const m = index[k];
      const rss = responses.rss[k];
      nobs[m] = n;
      rank[m] = p;
      const found =
        problem ??
        (responses.constant[k] === 1
          ? { status: 'constant' as const, reason: REASONS[1] }
          : rss === 0
            ? { status: 'perfect_fit' as const, reason: REASONS[6] }
            : Number.isFinite(rss)
              ? null
              : { status: 'failed' as const, reason: REASONS[10] });
      status[m] = STATUSES.indexOf(found?.status ?? 'ok');
      messages[m] = found?.reason ?? null;
      if (found) continue;
      parameters[m] = p + 1;
      columns.criterion[m] = constant + d * Math.log(rss);
      Object.entries(informationCriteria(columns.criterion[m], p + 1, n)).forEach(([name, value]) => {
        columns[name as 'AIC' | 'BIC' | 'AICc'][m] = value; // the three names of that object
      });
      const sigma = Math.sqrt(rss / d);
      columns.sigma[m] = sigma;
      const beta = new Float64Array(p);
      for (let i = p - 1; i >= 0; i--) {
        let sum = responses.qty[k * p + i];
        for (let j = i + 1; j < p; j++) sum -= r[i * p + j] * beta[j];
        beta[i] = sum / r[i * p + i];
      }
      estimates[m] = namedNumbers(design.coefficients, beta);
      const shares = varianceShares(design, beta, [], sigma);
      columns.r2Marginal[m] = shares.marginal;
      columns.r2Conditional[m] = shares.conditional;
      columns.icc[m] = shares.icc;
    }
  }
  return {
    formula: moments.formula,
    method,
    moments,
    models,
    status,
    messages,
    singular: new Uint8Array(models),
    nobs,
    rank,
    parameters,
    ...columns,
    terms: [],
    coefficients: (model) => estimates[model],
    randomEffects: () => [],
    theta: () => new Float64Array(0),
    notes: moments.notes,
  };
}

function namedNumbers(names: readonly string[], values: Float64Array): ReadonlyMap<string, number> {
  return new Map(names.flatMap((name, k) => (Number.isNaN(values[k]) ? [] : [[name, values[k]] as const])));
}
