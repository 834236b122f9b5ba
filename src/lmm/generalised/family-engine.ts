/**
 * Engine of generalised mixed models: maximum likelihood with the random effects integrated out, from pseudo-rows
 * (`moments/family-evidence.ts`), or with `REML` restricted likelihood. Standard errors are those of the whole Hessian, in which coefficients, covariances and
 * dispersion move together; what a fit leaves beside its coefficients is laid out in `glmm/fit-row.ts`, as `theta` of its row.
 */
import { type FamilyCovariance, familyCovariance } from '../../glmm/family-covariance.ts';
import { columnSizes, LARGEST_LOG_DISPERSION } from '../../glmm/family-objective.ts';
import { type FamilyOptimum, FamilySearch, type OpenObjective } from '../../glmm/family-search.ts';
import { fitRowLayout } from '../../glmm/fit-row.ts';
import { openCriterion } from '../../glmm/open-objective.ts';
import { type RestrictedOptimum, RestrictedSearch } from '../../glmm/restricted-search.ts';
import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { quadraticForm } from '../../numeric/dense.ts';
import {
  type DeviceStart,
  type Engine,
  type EngineOptions,
  FINISHED_ON_HOST,
  type Fits,
  labelPreview,
  REASON,
  REFITTED_ON_CPU,
  SEARCHED_ON_DEVICE,
} from '../engine.ts';
import { CERTIFICATE, screenedEngine, screenFamily, setStatus } from '../screen.ts';
import { SINGULAR_BELOW } from '../test-rows.ts';

/** An optimum, with the covariance of its coefficients where the objective does not give it. */
type Optimum = FamilyOptimum & Partial<Pick<RestrictedOptimum, 'covariance'>>;

/** Standard deviations of a linear predictor below which an effect is none. */
const VANISHING = 1e-6;
/** From such a logarithm of a shape or precision on it is seen whether the criterion goes on to none at all, and what of it is rounding there. */
const NEARLY_NONE = LARGEST_LOG_DISPERSION - 6;
const FLAT = 1e-6;

/** @throws RangeError for a design without a family */
export function familyEngine(design: DesignMoments, options: EngineOptions): Engine {
  const { family: evidence, p, terms } = design;
  if (!evidence) throw new RangeError('the design has no family');
  const problem = screenFamily(design);
  if (problem) return screenedEngine(problem);
  const { family, width, effects, rows: pseudoRows } = evidence;
  const open: OpenObjective = (rows, kernel) => openCriterion(rows, kernel, options.nodes);
  const restricted = options.method === 'REML' ? new RestrictedSearch(evidence, open) : null;
  const search = restricted?.search ?? new FamilySearch(evidence, open);
  const { objective } = search;
  const layout = fitRowLayout(design);
  const rows = testedRows(p, options.contrasts);
  const parameters = p + objective.m + objective.d;
  const columns = p === 0 ? 0 : rows.length / p;
  const sizes = effects.map(({ z }) => columnSizes(z, pseudoRows === 0 ? 0 : z.length / pseudoRows));

  /** The numbers of a response; null where its row has got its status. */
  function valuesOf({ responses }: MomentBatch, k: number, fits: Fits, at: number): Float64Array | null {
    if (responses.constant[k] === 1) {
      setStatus(fits, at, 'constant', REASON.constant);
      return null;
    }
    if (!responses.family) throw new RangeError('the responses have no statistics of a family');
    return responses.family;
  }

  function searchFrom(values: Float64Array, at: number): Optimum {
    return restricted ? restricted.fit(values, at) : search.fit(values, at);
  }

  function fitResponse(batch: MomentBatch, k: number, fits: Fits, at: number): void {
    const values = valuesOf(batch, k, fits, at);
    if (values) write(searchFrom(values, k * width), fits, at);
  }

  function finish(batch: MomentBatch, k: number, fits: Fits, at: number, start: DeviceStart): boolean {
    const values = valuesOf(batch, k, fits, at);
    if (!values) return true;
    const { point, evaluations, preview = false } = start;
    const modes = point.subarray(parameters);
    let optimum: Optimum | null =
      point.length > 0 && !restricted
        ? search.refine(values, k * width, point.subarray(0, parameters), modes, preview)
        : null;
    const held = optimum !== null && (preview ? Number.isFinite(optimum.value) : isCertain(optimum));
    if (!optimum || !held) optimum = searchFrom(values, k * width);
    write({ ...optimum, evaluations: optimum.evaluations + evaluations }, fits, at);
    if (held && preview) {
      labelPreview(fits, at);
      return true;
    }
    fits.search[at] = SEARCHED_ON_DEVICE;
    fits.finish[at] = held ? FINISHED_ON_HOST : REFITTED_ON_CPU;
    return held;
  }

  /** The optimum found last, at which the objective stands. */
  function write(optimum: Optimum, fits: Fits, at: number): void {
    const { parameters, value, decrement, separated, multimodal } = optimum;
    fits.evaluations[at] = optimum.evaluations;
    if (!Number.isFinite(value)) {
      setStatus(fits, at, 'failed', REASON.noMode);
      return;
    }
    if ((family === 'Gamma' || family === 'beta') && hasNoDispersion(optimum)) {
      setStatus(fits, at, 'perfect_fit', REASON.perfectFit);
      return;
    }
    fits.sigma[at] = 1;
    fits.criterion[at] = value;
    fits.gradient[at] = decrement;
    const certain = optimum.converged && decrement <= CERTIFICATE;
    fits.converged[at] = certain ? 1 : 0;
    if (separated.length > 0) setStatus(fits, at, 'separated', REASON.separated);
    else if (!certain) setStatus(fits, at, 'not_converged', REASON.noOptimumOfFamily);
    const theta = withoutRemains(objective.theta(parameters), sizes);
    if (isSingular(theta, terms)) fits.singular[at] = 1;

    const found = optimum.covariance ?? familyCovariance(objective, family, parameters);
    writeTests(parameters, separated.length > 0 ? null : found, fits, at);
    const row = fits.theta.subarray(at * fits.thetas, (at + 1) * fits.thetas);
    row.set(parameters.subarray(0, p), 0);
    row.set(theta, p);
    row.set(parameters.subarray(p + objective.m), p + layout.m);
    row.set(found.extraErrors, layout.extraErrors);
    // Thresholds may have gone to infinity with the coefficients.
    if (family === 'cumulative' && separated.length > 0)
      row.fill(Number.NaN, layout.extraErrors, layout.extraErrors + objective.d);
    row.set(found.conditionalErrors, layout.conditionalErrors);
    row[layout.otherMinimum] = multimodal === null ? Number.NaN : multimodal - value;
    row[layout.information] =
      terms.length === 1 && terms[0].q === 1 && theta[0] > 0 ? objective.medianInformation() : Number.NaN;
    row[layout.separated] = separated.reduce((bits, c) => bits + (c < 52 ? 2 ** c : 0), 0);
  }

  /**
   * Whether the dispersion vanishes: at its bound, or where the criterion is no higher there; where a search stops on the way,
   * which becomes flat, is chance.
   */
  function hasNoDispersion({ parameters, atBound }: Optimum): boolean {
    const place = p + objective.m;
    if (atBound[place]) return true;
    if (parameters[place] < NEARLY_NONE) return false;
    const there = parameters.slice();
    there[place] = LARGEST_LOG_DISPERSION;
    const limit = objective.evaluate(there, 0);
    return limit <= objective.evaluate(parameters, 0) + FLAT;
  }

  /** Estimates of coefficients and contrasts; without standard errors where the likelihood has no maximum. */
  function writeTests(beta: Float64Array, found: Pick<FamilyCovariance, 'beta'> | null, fits: Fits, at: number): void {
    for (let c = 0; c < columns; c++) {
      let estimate = 0;
      for (let i = 0; i < p; i++) estimate += rows[c * p + i] * beta[i];
      fits.estimate[at * columns + c] = estimate;
      if (!found) continue;
      const square = quadraticForm(found.beta, 0, rows, c * p, p);
      fits.standardError[at * columns + c] = square > 0 ? Math.sqrt(square) : Number.NaN;
    }
  }

  return { fit: fitResponse, finish };
}

/** Whether a search from the point of a device ended at a minimum within bounds; what has none is for the search from several points. */
function isCertain({ value, converged, decrement, separated, capped }: FamilyOptimum): boolean {
  return Number.isFinite(value) && converged && decrement <= CERTIFICATE && separated.length === 0 && !capped;
}

/** The p coefficients, then the contrasts, as rows of weights over raw coefficients. */
export function testedRows(p: number, contrasts: Float64Array): Float64Array {
  const rows = new Float64Array(p * p + contrasts.length);
  for (let i = 0; i < p; i++) rows[i * p + i] = 1;
  rows.set(contrasts, p * p);
  return rows;
}

/** Factors with zero where effects move no linear predictor, by the sizes of their columns: a variance that vanishes is left at the size of its last step. */
function withoutRemains(theta: Float64Array, sizes: readonly Float64Array[]): Float64Array {
  const out = theta.slice();
  let at = 0;
  for (const own of sizes) {
    for (let c = 0; c < own.length; c++) {
      for (let r = c; r < own.length; r++, at++) if (Math.abs(out[at]) < VANISHING * own[r]) out[at] = 0;
    }
  }
  return out;
}

/** Whether the covariance of a random term has lost a dimension: a column of its factor that is nearly nothing. */
function isSingular(theta: Float64Array, terms: DesignMoments['terms']): boolean {
  let at = 0;
  for (const { q } of terms) {
    for (let c = 0; c < q; c++) {
      if (Math.abs(theta[at]) < SINGULAR_BELOW) return true;
      at += q - c;
    }
  }
  return false;
}
