/**
 * Laplace's criterion for any random terms (intercepts, slopes, nested and crossed factors), with its exact gradient:
 *
 *     f = -2 sum l_i + u'u + log|H|        H = I + A'WA        A = Z L_theta        at the mode u
 *
 * With C_i = H^-1 a_i, h_i = a_i'C_i, s_i = h_i W'_i, t = H^-1 A's and m_i = -2 r_i + s_i - W_i (A t)_i,
 *
 *     df/dbeta     = sum m_i x_i
 *     df/dL_rc     = sum z_ir (m_i u_c + r_i t_c + 2 W_i C_ic)        u, t, C at the term's column c of the row's level
 *     df/dphi      = -2 sum dl_i/dphi + sum h_i dW_i/dphi + sum (A t)_i dr_i/dphi
 *
 * (the mode moves by du/dbeta = -H^-1 A'WX, du/dL_rc = H^-1 (e r - A'W e u), du/dphi = H^-1 A' dr/dphi; of -2 sum l + u'u that
 * changes nothing, of log|H| it is what s and t stand for). All is by stratum (`row-strata.ts`). The Hessian is exact, too, where
 * components of H are small (`laplace-curvature.ts`), else made of differences.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import type { FamilyKernel } from './family-kernel.ts';
import { LaplaceCurvature } from './laplace-curvature.ts';
import { ModeObjective } from './mode-objective.ts';

export class LaplaceObjective extends ModeObjective {
  readonly costlyHessian: boolean;
  /** t by column of H; h and A t by stratum; s, then m; C of one stratum. */
  private readonly t: Float64Array;
  private readonly h: Float64Array;
  private readonly At: Float64Array;
  private readonly s: Float64Array;
  private readonly C: Float64Array;
  private readonly curvature: LaplaceCurvature | null;

  /** `split` false takes all levels as one component of H (for tests). */
  constructor(evidence: FamilyEvidence, kernel: FamilyKernel, split = true) {
    super(evidence, kernel, { split });
    const { mode, p, m, d } = this;
    const { columns, width } = mode.plan;
    this.t = new Float64Array(columns);
    this.C = new Float64Array(width);
    [this.h, this.At, this.s] = Array.from({ length: 3 }, () => new Float64Array(mode.strata.count));
    const exact = kernel.hasSecond && LaplaceCurvature.isCheap(mode, evidence.rows);
    this.curvature = exact ? new LaplaceCurvature(mode, { p, m, d }) : null;
    this.costlyHessian = !exact;
  }

  override load(values: Float64Array, at: number): void {
    super.load(values, at);
    this.curvature?.forget();
  }

  protected override approach(parameters: Float64Array): void {
    this.curvature?.follow(parameters);
  }

  protected integrate(order: 0 | 1 | 2): number {
    const { mode, remainder, curvature, h, At, t, s } = this;
    if (order > 0) this.differentiate();
    if (order > 1) curvature?.fill(this.point, { h, At, t, m: s }, remainder.second, this.hessian);
    return -2 * (mode.penalised + remainder.value) + mode.logDet;
  }

  private differentiate(): void {
    const { mode, gradient, s, h, At, t, p, m, d } = this;
    const { count: n, x } = mode.strata;
    const { r, w, w1, lE, rE, wE } = mode.rows;
    mode.factor.invert();
    this.inverted = true;
    this.leverages();
    for (let i = 0; i < n; i++) s[i] = h[i] * w1[i];
    mode.solveTransposed(s, t);
    mode.addEffects(t, At);
    for (let i = 0; i < n; i++) {
      const mi = s[i] - 2 * r[i] - w[i] * At[i];
      s[i] = mi;
      for (let j = 0; j < p; j++) gradient[j] += mi * x[i * p + j];
    }
    this.addFactorGradient();
    for (let e = 0; e < d; e++) {
      let sum = -2 * this.remainder.first[e];
      for (let i = 0, at = e * n; i < n; i++, at++) sum += h[i] * wE[at] + At[i] * rE[at] - 2 * lE[at];
      gradient[p + m + e] = sum;
    }
  }

  /** h_i, and sum 2 W_i z_ir C_ic into the gradient. */
  private leverages(): void {
    const { mode, gradient, C, h, p } = this;
    const { z, a, plan, terms } = mode;
    const { cellOf, cellBlock, cellStride, factors, width } = plan;
    const { inverse } = mode.factor;
    const { w } = mode.rows;
    const F = factors.length;
    const pairs = (F * (F + 1)) / 2;
    for (let i = 0; i < h.length; i++) {
      const cell = cellOf[i];
      const row = i * width;
      let block = cell * pairs;
      C.fill(0);
      for (let f = 0; f < F; f++) {
        const { q, offset } = factors[f];
        for (let g = 0; g <= f; g++, block++) {
          const stride = cellStride[cell * F + g];
          const columns = factors[g].q;
          const other = factors[g].offset;
          for (let k = 0, at = cellBlock[block]; k < q; k++, at += stride) {
            const end = f === g ? k : columns;
            const ak = a[row + offset + k];
            let sum = 0;
            for (let c = 0; c < end; c++) {
              sum += inverse[at + c] * a[row + other + c];
              C[other + c] += inverse[at + c] * ak;
            }
            C[offset + k] += sum;
            if (f === g) C[offset + k] += inverse[at + k] * ak;
          }
        }
      }
      let leverage = 0;
      for (let c = 0; c < width; c++) leverage += C[c] * a[row + c];
      h[i] = leverage;
      const twice = 2 * w[i];
      for (const { q, offset, theta } of terms) {
        for (let c = 0, at = p + theta; c < q; c++) {
          const value = twice * C[offset + c];
          for (let k = c; k < q; k++) gradient[at++] += value * z[row + offset + k];
        }
      }
    }
  }

  /** sum z_ir (m_i u_c + r_i t_c) into the gradient; m stands in `s`. */
  private addFactorGradient(): void {
    const { mode, gradient, s, t, p } = this;
    const { z, u, terms, plan, strata } = mode;
    const { r } = mode.rows;
    const { width } = plan;
    terms.forEach(({ q, offset, theta, columns }, term) => {
      const { codes } = strata.effects[term];
      for (let i = 0; i < strata.count; i++) {
        const column = columns[codes[i]];
        const row = i * width + offset;
        for (let c = 0, at = p + theta; c < q; c++) {
          const value = s[i] * u[column + c] + r[i] * t[column + c];
          for (let k = c; k < q; k++) gradient[at++] += value * z[row + k];
        }
      }
    });
  }
}
