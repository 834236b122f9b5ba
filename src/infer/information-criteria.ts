import type { FitTable } from '../types/fit-table.ts';

/**
 * Information criteria from -2 log-likelihood. Parameters are the fixed effects, the covariance parameters and the
 * residual variance; n counts rows, for REML too, as lme4 counts.
 */
export interface InformationCriteria {
  /** -2 log L + 2 k (H. Akaike 1974). */
  readonly AIC: number;
  /** -2 log L + k log n (G. Schwarz 1978). */
  readonly BIC: number;
  /** AIC + 2 k (k + 1) / (n - k - 1) (C. M. Hurvich and C.-L. Tsai 1989); NaN where n <= k + 1. */
  readonly AICc: number;
}

export function informationCriteria(criterion: number, parameters: number, n: number): InformationCriteria {
  const AIC = criterion + 2 * parameters;
  const left = n - parameters - 1;
  return {
    AIC,
    BIC: criterion + Math.log(n) * parameters,
    AICc: left > 0 ? AIC + (2 * parameters * (parameters + 1)) / left : Number.NaN,
  };
}

/** Parameters of a model of a table, the residual variance among them; NaN without a fit. */
export function parametersOf({ AIC, criterion }: Pick<FitTable, 'AIC' | 'criterion'>, model: number): number {
  return Math.round((AIC[model] - criterion[model]) / 2);
}

/** Where one model stands among others of the same data. */
export interface Ranking {
  /** Distance from the lowest criterion. */
  readonly delta: Float64Array;
  /** exp(-delta/2) over their sum (Akaike weights). */
  readonly weight: Float64Array;
  /** 1 for the lowest; ties share the lower number, 0 where there is no value. */
  readonly rank: Int32Array;
}

/** Ranks models by one criterion; NaN (no fit) has no rank, and no weight. */
export function rankModels(values: ArrayLike<number>): Ranking {
  const count = values.length;
  const delta = new Float64Array(count).fill(Number.NaN);
  const weight = new Float64Array(count).fill(Number.NaN);
  const rank = new Int32Array(count);
  let lowest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < count; i++) if (values[i] < lowest) lowest = values[i];
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(values[i])) continue;
    delta[i] = values[i] - lowest;
    weight[i] = Math.exp(-delta[i] / 2);
    total += weight[i];
    rank[i] = 1;
    for (let j = 0; j < count; j++) if (values[j] < values[i]) rank[i]++;
  }
  for (let i = 0; i < count; i++) weight[i] /= total;
  return { delta, weight, rank };
}
