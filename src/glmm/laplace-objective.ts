/**
 * Laplace's criterion for any random terms (intercepts, slopes, nested and crossed factors), with its exact gradient:
 *
 *     f = -2 sum l_i + u'u + log|H|        H = I + A'WA        A = Z L_theta        at the mode u
 *
 * Parameters: beta, theta (the terms' Cholesky factors L of their covariances, lower triangles by columns, any sign), extras. With
 * C_i = H^-1 a_i, h_i = a_i'C_i, s_i = h_i W'_i, t = H^-1 A's and m_i = -2 r_i + s_i - W_i (A t)_i,
 *
 *     df/dbeta     = sum m_i x_i
 *     df/dL_rc     = sum z_ir (m_i u_c + r_i t_c + 2 W_i C_ic)        u, t, C at the term's column c of the row's level
 *     df/dphi      = -2 sum dl_i/dphi + sum h_i dW_i/dphi + sum (A t)_i dr_i/dphi
 *
 * (the mode moves by du/dbeta = -H^-1 A'WX, du/dL_rc = H^-1 (e r - A'W e u), du/dphi = H^-1 A' dr/dphi; of -2 sum l + u'u that
 * changes nothing, of log|H| it is what s and t stand for). Second derivatives are differences of the gradient.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { differenceHessian } from './difference-hessian.ts';
import type { FamilyKernel, Remainder } from './family-kernel.ts';
import { columnSizes, type FamilyObjective } from './family-objective.ts';
import { LaplaceModes } from './laplace-modes.ts';
import { positiveDiagonals, termModes } from './term-modes.ts';

/** Steps of differences in a factor: of the size of its row, and of that of a linear predictor at the least. */
const FACTOR_STEP = 20;
const SMALLEST_STEP = 0.04;

export class LaplaceObjective implements FamilyObjective {
  readonly p: number;
  readonly m: number;
  readonly d: number;
  readonly least: Float64Array;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  readonly size: Float64Array;
  readonly costlyHessian = true;

  private readonly evidence: FamilyEvidence;
  private readonly kernel: FamilyKernel;
  private readonly mode: LaplaceModes;
  private readonly extras: Float64Array;
  /** Where the criterion was evaluated last. */
  private readonly point: Float64Array;
  private readonly remainder: Remainder;
  /** t by column of H; h, then A t by pseudo-row; s, then m; C of one pseudo-row. */
  private readonly t: Float64Array;
  private readonly h: Float64Array;
  private readonly At: Float64Array;
  private readonly s: Float64Array;
  private readonly C: Float64Array;
  private readonly steps: Float64Array;
  private inverted = false;

  /** `split` false takes all levels as one component of H (for tests). */
  constructor(evidence: FamilyEvidence, kernel: FamilyKernel, split = true) {
    this.evidence = evidence;
    this.kernel = kernel;
    this.mode = new LaplaceModes(evidence, kernel, split);
    this.p = this.mode.p;
    this.m = this.mode.m;
    this.d = kernel.extras;
    const size = this.p + this.m + this.d;
    // f is even in the columns of a factor: zero is no bound of theirs.
    this.least = new Float64Array(size).fill(Number.NEGATIVE_INFINITY);
    this.least.set(kernel.least, this.p + this.m);
    this.gradient = new Float64Array(size);
    this.hessian = new Float64Array(size * size);
    this.extras = new Float64Array(this.d);
    this.point = new Float64Array(size);
    this.remainder = { value: 0, first: new Float64Array(this.d), second: new Float64Array(this.d * this.d) };
    this.size = parameterSizes(evidence, size);
    this.steps = new Float64Array(size);
    this.t = new Float64Array(this.mode.plan.columns);
    [this.h, this.At, this.s] = Array.from({ length: 3 }, () => new Float64Array(evidence.rows));
    this.C = new Float64Array(this.mode.plan.width);
  }

  load(values: Float64Array, at: number): void {
    this.kernel.load(values, at);
    this.mode.forget();
  }

  evaluate(parameters: Float64Array, order: 0 | 1 | 2): number {
    if (order === 2) {
      const { u } = this.mode;
      this.setSteps(parameters);
      return differenceHessian(this, (at) => this.evaluate(at, 1), parameters, { size: this.steps, modes: u });
    }
    const { mode, kernel, extras, remainder } = this;
    this.inverted = false;
    this.point.set(parameters);
    extras.set(parameters.subarray(this.p + this.m));
    if (!mode.find(parameters, extras, order)) return Number.NaN;
    kernel.remainder(extras, order === 0 ? 1 : 2, remainder);
    if (order === 1) this.differentiate();
    return -2 * (mode.penalised + remainder.value) + mode.logDet;
  }

  private differentiate(): void {
    const { mode, gradient, s, h, At, t, p, m, d } = this;
    const { rows: n, x } = this.evidence;
    const { r, w, w1, lE, rE, wE } = mode.rows;
    gradient.fill(0);
    mode.factor.invert();
    this.inverted = true;
    this.leverages();
    for (let i = 0; i < n; i++) s[i] = h[i] * w1[i];
    t.fill(0);
    for (let c = 0; c < mode.plan.components; c++) {
      mode.addTransposed(c, s, t);
      mode.factor.solve(c, t);
    }
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
    for (let i = 0; i < this.evidence.rows; i++) {
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
    const { z, u, terms, plan } = mode;
    const { r } = mode.rows;
    const { width } = plan;
    terms.forEach(({ q, offset, theta, columns }, term) => {
      const { codes } = this.evidence.effects[term];
      for (let i = 0; i < this.evidence.rows; i++) {
        const column = columns[codes[i]];
        const row = i * width + offset;
        for (let c = 0, at = p + theta; c < q; c++) {
          const value = s[i] * u[column + c] + r[i] * t[column + c];
          for (let k = c; k < q; k++) gradient[at++] += value * z[row + k];
        }
      }
    });
  }

  /** Differences of a factor go by the size of its row, the effect's standard deviation, where that is small. */
  private setSteps(parameters: Float64Array): void {
    const { p, size, steps } = this;
    steps.set(size);
    for (const { q, theta } of this.mode.terms) {
      for (let r = 0; r < q; r++) {
        let square = 0;
        for (let c = 0, at = p + theta + r; c <= r; c++, at += q - c) square += parameters[at] ** 2;
        const own = FACTOR_STEP * Math.sqrt(square);
        for (let c = 0, at = p + theta + r; c <= r; c++, at += q - c) {
          steps[at] = Math.min(size[at], Math.max(own, SMALLEST_STEP * size[at]));
        }
      }
    }
  }

  theta(parameters: Float64Array): Float64Array {
    return positiveDiagonals(this.mode.terms, parameters.subarray(this.p, this.p + this.m));
  }

  parametersOf(beta: Float64Array, theta: Float64Array, extras: Float64Array): Float64Array {
    return Float64Array.of(...beta, ...theta, ...extras);
  }

  modes(): { readonly estimate: Float64Array; readonly standardError: Float64Array }[] {
    if (!this.inverted) this.mode.factor.invert();
    this.inverted = true;
    return termModes(this.mode, this.point.subarray(this.p));
  }

  get eta(): Float64Array {
    return this.mode.eta;
  }
}

/** Changes that move linear predictors by one, about: of beta and theta by their columns. */
function parameterSizes({ x, effects, rows }: FamilyEvidence, length: number): Float64Array {
  const sizes = [...columnSizes(x, x.length / rows)];
  for (const { z } of effects) {
    const q = z.length / rows;
    const ofColumns = columnSizes(z, q);
    for (let c = 0; c < q; c++) sizes.push(...ofColumns.subarray(c));
  }
  return Float64Array.from({ length }, (_, j) => sizes[j] ?? 1);
}
