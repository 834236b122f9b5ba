import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { choleskyInPlace } from '../numeric/cholesky.ts';
import { type DdfMethod, NO_KENWARD_ROGER } from '../types/inference.ts';
import { NO_DF_BELOW } from './degrees-of-freedom.ts';
import { type EngineOptions, type Fits, REASON, REASONS } from './engine.ts';
import { criterionConstant } from './objective.ts';
import type { RatioOptimum } from './ratio-search.ts';
import type { ScalarProfile } from './scalar-profile.ts';
import { setStatus } from './screen.ts';
import { SINGULAR_BELOW, testRows } from './test-rows.ts';
import { LEAST_ADDED, MOST_ADDED } from './variance-model.ts';

/** Share of the sum of squares below which what is left of the information is rounding. */
const UNINFORMED = 1e-12;

/**
 * Writes the fits of a design, for the response that the profile holds, multiplied by `scale`. In the symbols of
 * `scalar-profile.ts`, with C' = C H C = dC/dgamma, a row x of weights in the orthonormal basis and c = x'C x:
 *
 *     1 / df = 1 / d + (gamma x'C'x / c - A)^2 / f''                                        Satterthwaite
 *     2 / df = 2 / d + W (x'C'x / c - tau / d)^2,    C_A = C + 2 W (C K C - C H C H C)      Kenward and Roger
 *     W      = 2 / (sum (s t)^2 - 2 tr(C K) + tr(C H C H) - tau^2 / d),   tau = sum s t - tr(C H)
 */
export class ScalarWriter {
  private readonly profile: ScalarProfile;
  private readonly ddf: DdfMethod;
  private readonly p: number;
  private readonly columns: number;
  /** Rows l'R^-1 of coefficients and contrasts, columns x p. */
  private readonly rows: Float64Array;
  private readonly constant: number;
  /** theta in the user's units is sqrt(gamma) over it. */
  private readonly unit: number;
  /** W and tau / d of the response at hand. */
  private weight = 0;
  private mean = 0;

  constructor(design: DesignMoments, options: EngineOptions, profile: ScalarProfile) {
    const { rows, columns } = testRows(design, options.contrasts);
    this.profile = profile;
    this.ddf = options.ddf;
    this.p = design.p;
    this.columns = columns;
    this.rows = rows;
    this.constant = criterionConstant(design, options.method);
    this.unit = design.terms[0].transform[0];
  }

  /** Writes all columns of row `at` of `fits` but `search` and `finish` from the optimum of response k. */
  write({ qty, rss }: ResponseMoments, k: number, scale: number, optimum: RatioOptimum, fits: Fits, at: number): void {
    const { profile, ddf, p, columns, rows } = this;
    const { gamma, S, A, curvature, converged } = optimum;
    const { d, shift, C, changes, adjusted } = profile;
    const sigma = Math.sqrt(S / d) / scale;
    const theta = Math.sqrt(gamma) / this.unit;
    fits.sigma[at] = sigma;
    fits.theta[at * fits.thetas] = theta;
    fits.criterion[at] = this.constant + optimum.difference + d * Math.log(rss[k]);
    fits.evaluations[at] = optimum.evaluations;
    fits.singular[at] = theta < SINGULAR_BELOW ? 1 : 0;
    fits.gradient[at] = gamma === 0 ? 0 : (optimum.slope * optimum.slope) / (2 * curvature);
    fits.converged[at] = converged ? 1 : 0;
    if (!converged) setStatus(fits, at, 'not_converged', REASON.noOptimum);
    if (!profile.stand(gamma, true)) {
      setStatus(fits, at, 'failed', REASON.noCriterion);
      return;
    }
    if (ddf !== 'asymptotic') this.formChanges();
    const isAdjusted = ddf === 'kenward-roger' && this.adjust();
    if (ddf === 'kenward-roger' && !isAdjusted && converged) fits.reason[at] = REASONS.indexOf(NO_KENWARD_ROGER);
    for (let c = 0; c < columns; c++) {
      const row = c * p;
      let estimate = 0;
      for (let i = 0; i < p; i++) estimate += rows[row + i] * (qty[k * p + i] + shift[i] / scale);
      const variance = formOf(C, rows, row, p);
      const to = at * columns + c;
      fits.estimate[to] = estimate;
      if (c < p && !(variance > 0 && Number.isFinite(estimate * variance))) {
        setStatus(fits, at, 'failed', REASON.noCriterion);
        return;
      }
      // Readers of covariances need the square.
      const square = sigma * sigma * (isAdjusted ? formOf(adjusted, rows, row, p) : variance);
      if (c < p && !(square > 0 && square < Number.POSITIVE_INFINITY)) {
        setStatus(fits, at, 'failed', REASON.outOfRange);
        return;
      }
      fits.standardError[to] = Math.sqrt(square);
      if (ddf === 'asymptotic') continue;
      const relative = formOf(changes, rows, row, p) / variance;
      if (isAdjusted) fits.df[to] = this.adjustedDf(relative);
      else fits.df[to] = gamma > 0 ? 1 / (1 / d + (gamma * relative - A) ** 2 / curvature) : d;
    }
  }

  private formChanges(): void {
    const { C, H, CH, changes } = this.profile;
    multiply(C, H, this.p, CH);
    multiply(CH, C, this.p, changes);
  }

  /** Kenward and Roger's C_A, W and tau / d; false where they are not defined, as in `variance-model.ts`. */
  private adjust(): boolean {
    const { p, profile } = this;
    const { d, C, K, CH, changes, adjusted, work } = profile;
    const { st, counts, sizes } = profile.sums;
    let tau = 0;
    let squares = 0;
    for (let j = 0; j < sizes; j++) {
      tau += counts[j] * st[j];
      squares += counts[j] * st[j] * st[j];
    }
    let information = squares;
    for (let i = 0; i < p; i++) {
      tau -= CH[i * p + i];
      for (let l = 0; l < p; l++) {
        information += CH[i * p + l] * CH[l * p + i] - 2 * C[i * p + l] * K[i * p + l];
      }
    }
    this.mean = tau / d;
    information -= tau * this.mean;
    this.weight = information > UNINFORMED * squares ? 2 / information : 0;
    multiply(CH, changes, p, adjusted); // C H C H C
    multiply(C, K, p, work);
    for (let i = 0; i < p; i++) {
      for (let l = 0; l < p; l++) {
        let sum = -adjusted[i * p + l];
        for (let m = 0; m < p; m++) sum += work[i * p + m] * C[m * p + l];
        adjusted[i * p + l] = C[i * p + l] + 2 * this.weight * sum;
      }
    }
    for (let i = 0; i < p; i++) {
      const c = C[i * p + i];
      const share = adjusted[i * p + i] / c - 1;
      if (!(share >= LEAST_ADDED && share <= MOST_ADDED)) return false;
      if (this.adjustedDf(changes[i * p + i] / c) < NO_DF_BELOW) return false;
    }
    work.set(adjusted);
    return !Number.isNaN(choleskyInPlace(work, p));
  }

  /** Kenward and Roger's degrees of freedom of a row, from x'C'x / c. */
  private adjustedDf(relative: number): number {
    return 2 / (2 / this.profile.d + this.weight * (relative - this.mean) ** 2);
  }
}

/** out = A B, p x p row-major. */
function multiply(A: Float64Array, B: Float64Array, p: number, out: Float64Array): void {
  for (let i = 0; i < p; i++) {
    for (let l = 0; l < p; l++) {
      let sum = 0;
      for (let m = 0; m < p; m++) sum += A[i * p + m] * B[m * p + l];
      out[i * p + l] = sum;
    }
  }
}

/** x'A x for the row x at `from` of X and symmetric A. */
function formOf(A: Float64Array, X: Float64Array, from: number, p: number): number {
  let sum = 0;
  for (let i = 0; i < p; i++) {
    if (X[from + i] === 0) continue;
    let inner = 0;
    for (let l = 0; l < p; l++) inner += A[i * p + l] * X[from + l];
    sum += X[from + i] * inner;
  }
  return sum;
}
