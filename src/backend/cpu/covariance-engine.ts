import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { jacobiEigen } from '../../numeric/symmetric-eigen.ts';
import { type Engine, type EngineOptions, type Fits, REASONS } from '../backend.ts';
import { SINGULAR_BELOW, testRows } from '../test-rows.ts';
import { BlockObjective } from './block-objective.ts';
import { CrossedObjective } from './crossed-objective.ts';
import { lowerFactor, solveUpper } from './lower-factor.ts';
import { FactorNewton, type NewtonOutcome } from './newton.ts';
import { screenDesign, screenResponse, setStatus } from './screen.ts';

/** Certificate: Newton decrement in deviance units. */
export const CERTIFIED = 1e-8;
const ZERO_WITHIN = 1e-13;
/** Sizes of the starting factor, tried in turn until the end point is certified. */
const STARTS = [1, 0.1, 10, 0.01];

/**
 * Engine for everything that the spectral path does not take: vector terms, several terms, nested and crossed factors,
 * designs of a response's own. Newton's method on the exact derivatives of design.md 3b.
 */
export function covarianceEngine(design: DesignMoments, options: EngineOptions): Engine {
  const problem = screenDesign(design);
  if (problem) {
    return { fit: (_batch, _k, fits, at) => setStatus(fits, at, problem.status, problem.reason) };
  }
  const { p, terms } = design;
  const objective =
    design.factors.length === 1
      ? new BlockObjective(design, options.method)
      : new CrossedObjective(design, options.method);
  const newton = new FactorNewton(objective);
  const { d, slots, bases, squares } = objective;
  const { rows, columns } = testRows(design, options.contrasts);
  const reml = options.method === 'REML';
  let logDetX = 0;
  for (let k = 0; k < p; k++) logDetX += 2 * Math.log(Math.abs(design.r[k * p + k]));
  const constant = (reml ? logDetX : 0) - design.logDetW + d * (1 + Math.log((2 * Math.PI) / d));
  const start = new Float64Array(squares);
  const best = new Float64Array(squares);
  const change = new Float64Array(bases);
  const satterthwaite = options.ddf === 'satterthwaite';

  function search(): NewtonOutcome & { total: number } {
    let total = 0;
    let kept: NewtonOutcome | null = null;
    for (const size of STARTS) {
      start.fill(0);
      for (const { q, square } of slots) for (let a = 0; a < q; a++) start[square + a * q + a] = size;
      const outcome = newton.minimise(start);
      total += outcome.evaluations;
      if (outcome.failed) continue;
      if (!kept || outcome.value < kept.value - 1e-9 * (1 + Math.abs(kept.value)) || !certified(kept)) {
        best.set(outcome.lambda);
        kept = { ...outcome, lambda: best };
      }
      if (certified(outcome)) return { ...outcome, total };
    }
    if (!kept) {
      return {
        lambda: best,
        value: Number.NaN,
        decrement: Number.NaN,
        minimum: false,
        evaluations: total,
        failed: true,
        total,
      };
    }
    const again = newton.minimise(best);
    return { ...again, total: total + again.evaluations };
  }

  function fit(batch: MomentBatch, k: number, fits: Fits, at: number): void {
    const { responses } = batch;
    const rss = responses.rss[k];
    if (screenResponse(responses.constant[k], rss, fits, at)) return;
    objective.load(responses, k, design.q);
    if (!(objective.within > ZERO_WITHIN * rss)) {
      setStatus(fits, at, 'perfect_fit', REASONS[6]);
      return;
    }
    const end = search();
    fits.evaluations[at] = end.total;
    if (end.failed || !Number.isFinite(end.value)) {
      setStatus(fits, at, 'failed', REASONS[9]);
      return;
    }
    const { S, covariance, changeOfInformation, changeOfS, shift } = objective;
    const sigma2 = S / d;
    fits.sigma[at] = Math.sqrt(sigma2);
    fits.criterion[at] = constant + end.value;
    fits.gradient[at] = end.decrement;
    const converged = certified(end);
    fits.converged[at] = converged ? 1 : 0;
    if (!converged) {
      // A variance ratio that grows for ever: the random effects reproduce the response.
      if (S < 1e-9 * rss) {
        setStatus(fits, at, 'perfect_fit', REASONS[6]);
        return;
      }
      setStatus(fits, at, 'not_converged', REASONS[8]);
    }

    let thetaAt = at * fits.thetas;
    terms.forEach((term, t) => {
      const { q } = term;
      const F = solveUpper(term.transform, end.lambda.subarray(slots[t].square, slots[t].square + q * q), q);
      const L = lowerFactor(F, q);
      if (smallestSingularValue(L, q) < SINGULAR_BELOW) fits.singular[at] = 1;
      for (let c = 0; c < q; c++) for (let r = c; r < q; r++) fits.theta[thetaAt++] = L[r * q + c];
    });

    for (let c = 0; c < columns; c++) {
      let estimate = 0;
      let variance = 0;
      const spread = new Float64Array(p); // C row'
      for (let i = 0; i < p; i++) {
        estimate += rows[c * p + i] * (responses.qty[k * p + i] + shift[i]);
        let sum = 0;
        for (let j = 0; j < p; j++) sum += covariance[i * p + j] * rows[c * p + j];
        spread[i] = sum;
      }
      for (let i = 0; i < p; i++) variance += rows[c * p + i] * spread[i];
      const to = at * columns + c;
      fits.estimate[to] = estimate;
      fits.standardError[to] = Math.sqrt(sigma2 * variance);
      if (!satterthwaite) continue;
      for (let e = 0; e < bases; e++) {
        let sum = 0;
        for (let i = 0; i < p; i++) {
          let inner = 0;
          for (let j = 0; j < p; j++) inner += changeOfInformation[e * p * p + i * p + j] * spread[j];
          sum += spread[i] * inner;
        }
        change[e] = sum / variance + changeOfS[e] / S;
      }
      fits.df[to] = 1 / (1 / d + newton.deltaVariance(change));
    }
  }
  return { fit };
}

function certified(outcome: NewtonOutcome): boolean {
  return !outcome.failed && outcome.minimum && outcome.decrement <= CERTIFIED;
}

/** Smallest singular value of a q x q factor. */
function smallestSingularValue(L: Float64Array, q: number): number {
  if (q === 1) return Math.abs(L[0]);
  const G = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j < q; j++) for (let l = 0; l < q; l++) G[i * q + j] += L[i * q + l] * L[j * q + l];
  }
  jacobiEigen(G, q, new Float64Array(q * q));
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < q; i++) smallest = Math.min(smallest, G[i * q + i]);
  return Math.sqrt(Math.max(0, smallest));
}
