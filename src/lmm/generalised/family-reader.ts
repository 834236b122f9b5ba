import { EstimateErrors } from '../../glmm/estimate-errors.ts';
import { familyCovariance } from '../../glmm/family-covariance.ts';
import { fitRowLayout, thresholdsOf } from '../../glmm/fit-row.ts';
import { latentCovariance } from '../../glmm/latent-covariance.ts';
import { openFamily } from '../../glmm/open-family.ts';
import { openObjective } from '../../glmm/open-objective.ts';
import { RestrictedObjective } from '../../glmm/restricted-objective.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { SmallSample } from '../../types/inference.ts';
import type { ModelReader } from '../engine.ts';

const NONE = new Float64Array(0);

/** The reader of generalised models, of restricted fits with `REML`; their `theta` is beta, covariance factors and extras of a model (`glmm/fit-row.ts`). */
export function familyReader(design: DesignMoments, nodes = 1, method: 'REML' | 'ML' = 'ML'): ModelReader {
  const { family: evidence, p, r, coefficients: names } = design;
  if (!evidence) throw new RangeError('the design has no family');
  const kernel = openFamily(evidence);
  const objective = openObjective(evidence, kernel, nodes);
  const { m } = fitRowLayout(design);
  const { family, width } = evidence;
  let errors: EstimateErrors | null = null;
  const openErrors = () => new EstimateErrors(evidence, nodes, method === 'REML');
  const restricted = method === 'REML' ? new RestrictedObjective(evidence, openFamily(evidence)) : null;

  function place(batch: MomentBatch, k: number, theta: Float64Array, order: 0 | 2) {
    objective.load(batch.responses.family ?? NONE, k * width);
    const parameters = objective.parametersOf(theta.subarray(0, p), theta.subarray(p, p + m), theta.subarray(p + m));
    return { parameters, value: objective.evaluate(parameters, order) };
  }

  /** The restricted criterion where a fit by it ended. */
  function restrict(objective: RestrictedObjective, batch: MomentBatch, k: number, theta: Float64Array, order: 0 | 2) {
    objective.load(batch.responses.family ?? NONE, k * width);
    objective.startCoefficients(theta.subarray(0, p));
    const parameters = theta.slice(p);
    return { parameters, value: objective.evaluate(parameters, order) };
  }

  function covariance(batch: MomentBatch, k: number, theta: Float64Array): Float64Array {
    if (restricted) return restricted.coefficientCovariances(restrict(restricted, batch, k, theta, 2).parameters).whole;
    return familyCovariance(objective, family, place(batch, k, theta, 2).parameters).beta;
  }

  /** An intercept less the mean of the thresholds, then the coefficients. */
  function latentSample(batch: MomentBatch, k: number, theta: Float64Array): SmallSample {
    errors ??= openErrors();
    errors.place(batch.responses.family ?? NONE, k * width, theta, false);
    const extras = theta.subarray(p + m);
    const thresholds = thresholdsOf(extras);
    const V = latentCovariance(errors, extras);
    const size = p + 1;
    const own = new Float64Array(size * size);
    own[0] = 1;
    for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) own[(i + 1) * size + j + 1] = r[i * p + j];
    const estimates = Float64Array.of(-mean(thresholds), ...theta.subarray(0, p));
    return asymptoticSample(['(Intercept)', ...names], own, estimates, V);
  }

  return {
    covariance,
    ...(family === 'cumulative' ? { latentSample } : {}),
    smallSample(batch, k, theta): SmallSample {
      return asymptoticSample(names, r, theta.subarray(0, p), covariance(batch, k, theta));
    },
    coefficients: (_batch, _k, theta) => theta.slice(0, p),
    criterion(batch, k, theta) {
      const { value } = restricted ? restrict(restricted, batch, k, theta, 0) : place(batch, k, theta, 0);
      return { criterion: value, sigma: 1 };
    },
    modes(batch, k, theta) {
      place(batch, k, theta, 0);
      return [...objective.modes()];
    },
  };
}

/** What tests take of estimates with a covariance V, in the coordinates of an upper triangular R: R b and R V R'. */
function asymptoticSample(
  names: readonly string[],
  r: Float64Array,
  estimates: Float64Array,
  V: Float64Array,
): SmallSample {
  const p = names.length;
  const C = upperTimes(r, transposed(upperTimes(r, V, p), p), p);
  const coordinates = new Float64Array(p);
  for (let i = 0; i < p; i++) for (let j = i; j < p; j++) coordinates[i] += r[i * p + j] * estimates[j];
  const variance = { model: C, adjusted: C, elements: 0, changes: NONE, shift: NONE, weights: NONE };
  return { method: 'asymptotic', names, r, coordinates, sigma: 1, d: Number.POSITIVE_INFINITY, variance };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** R A for an upper triangular R. */
function upperTimes(R: Float64Array, A: Float64Array, p: number): Float64Array {
  const out = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let k = i; k < p; k++) for (let j = 0; j < p; j++) out[i * p + j] += R[i * p + k] * A[k * p + j];
  }
  return out;
}

function transposed(A: Float64Array, p: number): Float64Array {
  return A.map((_, at) => A[(at % p) * p + Math.floor(at / p)]);
}
