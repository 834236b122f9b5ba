/**
 * Generalised models row by row, on the scale of the response: fitted means, residuals and checks at the modes of the random
 * effects. Binomial responses are shares of their trials; their weights are the trials times prior weights.
 */
import type { ResponseDistribution } from '../glmm/responses/response-distribution.ts';
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { CounterNormals } from '../numeric/counter-normals.ts';
import { normalQuantile } from '../numeric/distributions/normal.ts';
import type { Design } from '../types/design.ts';
import type { ResponseResiduals } from '../types/fit-result.ts';
import type { DenseResponses } from '../types/responses.ts';

/** A response on the rows of a design. */
export interface ResponseRows {
  readonly design: Design;
  readonly responses: DenseResponses;
  /** Which of the responses. */
  readonly response: number;
  readonly evidence: FamilyEvidence;
  readonly distribution: ResponseDistribution;
  /** X b + Z u + offset by row of the design. */
  readonly eta: Float64Array;
}

/** One row: `value` as the distribution takes it (successes of `trials`, the number of a category), `share` beside the mean. */
interface Row {
  readonly value: number;
  readonly share: number;
  readonly trials: number;
  /** Of the share: prior weight times trials. */
  readonly weight: number;
  /** Prior weight alone. */
  readonly prior: number;
}

/** The rows of a response. */
function rowReader({ design, responses, response, evidence }: ResponseRows): (i: number) => Row {
  const { values, trials, weights, categories = [] } = responses;
  const at = response * responses.rows;
  const place = new Map(evidence.categories.map((label, c) => [label, c + 1]));
  return (i) => {
    const row = at + design.rows[i];
    const own = (weights?.[row] ?? 1) * (design.weights?.[i] ?? 1);
    const value = values[row];
    if (evidence.family === 'cumulative') {
      const number = place.get(categories[value - 1] ?? String(value)) ?? Number.NaN;
      return { value: number, share: number, trials: 1, weight: own, prior: own };
    }
    if (evidence.family !== 'binomial') return { value, share: value, trials: 1, weight: own, prior: own };
    if (trials) {
      const m = trials[row];
      return { value, share: value / m, trials: m, weight: own * m, prior: own };
    }
    // Shares of trials, which are their weights; 0 and 1 may have any.
    const m = Number.isInteger(own) ? own : 1;
    return { value: Math.round(value * m), share: value, trials: m, weight: own, prior: own / m };
  };
}

/** Means (of ordinal responses the probability of the category seen) and residuals from the mean, by row of the table. */
export function fittedMeans(rows: ResponseRows): { fitted: Float64Array; residual: Float64Array } {
  const { design, responses, distribution, eta } = rows;
  const read = rowReader(rows);
  const fitted = new Float64Array(responses.rows).fill(Number.NaN);
  const residual = new Float64Array(responses.rows).fill(Number.NaN);
  for (let i = 0; i < design.n; i++) {
    const { value, share } = read(i);
    const row = design.rows[i];
    const mean = distribution.mean(eta[i]);
    fitted[row] = distribution.probabilities?.(eta[i])[value - 1] ?? mean;
    residual[row] = share - mean;
  }
  return { fitted, residual };
}

/** A seed of its own: residuals of a run do not change with what else is drawn. */
const SEED = 1;
/** Use of a stream of random numbers, apart from those of simulations. */
const QUANTILE_RESIDUALS = 202;

/**
 * Linear predictors and residuals by row of the table. Quantile residuals are those of P. K. Dunn and G. K. Smyth, "Randomized
 * quantile residuals", Journal of Computational and Graphical Statistics 5 (1996): the normal quantile of P(Y < y) + u P(Y = y).
 *
 * @param stream of the random numbers u, by the response's name
 */
export function responseResiduals(rows: ResponseRows, stream: number): ResponseResiduals {
  const { design, responses, distribution, eta } = rows;
  const read = rowReader(rows);
  const missing = () => new Float64Array(responses.rows).fill(Number.NaN);
  const out = { linear: missing(), pearson: missing(), deviance: missing(), quantile: missing() };
  const uniforms = new CounterNormals(SEED);
  uniforms.begin(stream, 0, QUANTILE_RESIDUALS);
  let drawn = 0;
  for (let i = 0; i < design.n; i++) {
    const { value, share, trials, weight, prior } = read(i);
    const row = design.rows[i];
    const difference = share - distribution.mean(eta[i]);
    const deviance = prior * distribution.deviance(value, eta[i], trials);
    // Numbers belong to rows of the table.
    let u = 0;
    for (; drawn <= row; drawn++) u = uniforms.nextUniform();
    out.linear[row] = eta[i];
    out.pearson[row] = difference * Math.sqrt(weight / distribution.variance(eta[i]));
    out.deviance[row] = Math.sign(difference) * Math.sqrt(deviance);
    out.quantile[row] = quantileResidual(distribution, value, eta[i], trials, u);
  }
  return out;
}

function quantileResidual(
  distribution: ResponseDistribution,
  y: number,
  eta: number,
  trials: number,
  u: number,
): number {
  const to = distribution.upTo(y, eta, trials);
  const before = distribution.discrete ? distribution.upTo(y - 1, eta, trials) : to;
  const lower = before.lower + u * (to.lower - before.lower);
  return lower < 0.5 ? normalQuantile(lower) : -normalQuantile(to.upper + (1 - u) * (before.upper - to.upper));
}

/** Checks of one model. */
export interface ResponseChecks {
  readonly pearson: number;
  readonly deviance: number;
  readonly zeros: number;
  readonly expectedZeros: number;
  /** Whether a response can vary more than its mean allows: not where all are 0 or 1. */
  readonly dispersed: boolean;
}

export function responseChecks(rows: ResponseRows, counts: boolean): ResponseChecks {
  const { design, distribution, eta } = rows;
  const read = rowReader(rows);
  const ordinal = distribution.probabilities !== undefined;
  const out = { pearson: ordinal ? Number.NaN : 0, deviance: 0, zeros: 0, expectedZeros: 0 };
  let dispersed = rows.evidence.family !== 'binomial' && !ordinal;
  for (let i = 0; i < design.n; i++) {
    const { value, share, trials, weight, prior } = read(i);
    if (trials === 0) continue;
    dispersed ||= !ordinal && trials > 1;
    const difference = share - distribution.mean(eta[i]);
    out.pearson += (weight * difference * difference) / distribution.variance(eta[i]);
    out.deviance += prior * distribution.deviance(value, eta[i], trials);
    if (!counts) continue;
    if (value === 0) out.zeros += prior;
    out.expectedZeros += prior * distribution.upTo(0, eta[i]).lower;
  }
  return { ...out, dispersed };
}
