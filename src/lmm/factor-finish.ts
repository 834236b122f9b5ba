import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { eigenInPlace } from '../numeric/symmetric-eigen.ts';
import { writeTriangle } from '../numeric/triangle.ts';
import { factorProduct, lowerFactor, solveUpper } from './covariance-factor.ts';
import { type EngineOptions, type Fits, REASON } from './engine.ts';
import { criterionConstant, criterionDegrees, type TermSlot, termSlots } from './objective.ts';
import { CERTIFICATE, setStatus } from './screen.ts';
import { SINGULAR_BELOW, testRows } from './test-rows.ts';

/** A residual sum of squares below this multiple of the whole, at the end of a search that would not end, has vanished. */
const VANISHED = 1e-9;
/** A relative standard deviation below this multiple of its unit changes the criterion by less than its rounding. */
const VANISHING = 1e-8;

/** Where the search of a response that was multiplied by `scale` ended. */
export interface FactorOptimum {
  /** Relative covariance factors, as squares one after another. */
  readonly lambda: Float64Array;
  /** Criterion without constants, and S, of the scaled response. */
  readonly value: number;
  readonly S: number;
  readonly scale: number;
  /** Newton decrement; not that of a minimum where a direction has negative curvature. */
  readonly decrement: number;
  readonly minimum: boolean;
  readonly evaluations: number;
  readonly failed: boolean;
}

/** What a column's test is made of, of the scaled response. */
export interface FactorColumn {
  /** l'(b - b_ols), and l'C l. */
  readonly shift: number;
  readonly variance: number;
  /** u'H^+ u of `FactorNewton.deltaVariance`; NaN where no degrees of freedom are asked for. */
  readonly delta: number;
}

/** Writes the results of models of a design, from where a search ended on either backend, but `search` and `finish`. */
export interface FactorWriter {
  readonly slots: readonly TermSlot[];
  readonly columns: number;
  /** Rows l'R^-1 of each column, columns x p. */
  readonly rows: Float64Array;
  /** The model of response k as a whole; false, with a status, where it has no columns. */
  writeOptimum(responses: ResponseMoments, k: number, optimum: FactorOptimum, fits: Fits, at: number): boolean;
  /**
   * Column c of a model that stands in row `at`, with Satterthwaite's degrees of freedom, 1 / df = 1 / d + delta; false,
   * with a status, where a coefficient has no variance.
   */
  writeColumn(
    responses: ResponseMoments,
    k: number,
    c: number,
    column: FactorColumn,
    scale: number,
    fits: Fits,
    at: number,
  ): boolean;
}

/** Whether a search ended at a minimum with its certificate. */
export function certified(outcome: Pick<FactorOptimum, 'failed' | 'minimum' | 'decrement'>): boolean {
  return !outcome.failed && outcome.minimum && outcome.decrement <= CERTIFICATE;
}

/** @param unit typical size of a relative covariance factor */
export function factorWriter(design: DesignMoments, options: EngineOptions, unit: number): FactorWriter {
  const { p, terms } = design;
  const { slots } = termSlots(terms.map(({ q }) => q));
  const { rows, columns } = testRows(design, options.contrasts);
  const d = criterionDegrees(design, options.method);
  const constant = criterionConstant(design, options.method);
  return {
    slots,
    columns,
    rows,
    writeOptimum(responses, k, optimum, fits, at) {
      const { lambda, value, S, scale } = optimum;
      fits.evaluations[at] = optimum.evaluations;
      if (optimum.failed || !Number.isFinite(value)) {
        setStatus(fits, at, 'failed', REASON.noCriterion);
        return false;
      }
      fits.sigma[at] = Math.sqrt(S / d) / scale;
      fits.criterion[at] = constant + value - 2 * d * Math.log(scale);
      fits.gradient[at] = optimum.decrement;
      const converged = certified(optimum);
      fits.converged[at] = converged ? 1 : 0;
      if (!converged) {
        // A variance ratio that grows for ever: the random effects reproduce the response.
        if (S < VANISHED * responses.rss[k] * scale * scale) {
          setStatus(fits, at, 'perfect_fit', REASON.perfectFit);
          return false;
        }
        setStatus(fits, at, 'not_converged', REASON.noOptimum);
      }
      let thetaAt = at * fits.thetas;
      terms.forEach(({ q, transform }, t) => {
        const F = solveUpper(transform, lambda.subarray(slots[t].square, slots[t].square + q * q), q);
        const L = lowerFactor(F, q);
        // A variance that vanishes is left at the size of its last step.
        if (q === 1 && L[0] < VANISHING * unit) L[0] = 0;
        if (smallestSingularValue(L, q) < SINGULAR_BELOW) fits.singular[at] = 1;
        thetaAt = writeTriangle(L, q, fits.theta, thetaAt);
      });
      return true;
    },
    writeColumn(responses, k, c, { shift, variance, delta }, scale, fits, at) {
      let estimate = shift / scale;
      for (let i = 0; i < p; i++) estimate += rows[c * p + i] * responses.qty[k * p + i];
      const to = at * columns + c;
      fits.estimate[to] = estimate;
      if (c < p && !(variance > 0 && Number.isFinite(estimate * variance))) {
        setStatus(fits, at, 'failed', REASON.noCriterion);
        return false;
      }
      const standardError = fits.sigma[at] * Math.sqrt(variance);
      fits.standardError[to] = standardError;
      if (c < p && !(standardError > 0 && standardError < Number.POSITIVE_INFINITY)) {
        setStatus(fits, at, 'failed', REASON.outOfRange);
        return false;
      }
      if (!Number.isNaN(delta)) fits.df[to] = 1 / (1 / d + delta);
      return true;
    },
  };
}

/** Smallest singular value of a q x q factor. */
function smallestSingularValue(L: Float64Array, q: number): number {
  if (q === 1) return Math.abs(L[0]);
  const G = factorProduct(L, q);
  eigenInPlace(G, q, new Float64Array(q * q));
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < q; i++) smallest = Math.min(smallest, G[i * q + i]);
  return Math.sqrt(Math.max(0, smallest));
}
