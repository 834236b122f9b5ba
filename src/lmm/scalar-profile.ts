import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { dot } from '../numeric/dense.ts';
import { criterionDegrees } from './objective.ts';
import { GRID_DECADES, type RatioOptimum, type RatioProfile } from './ratio-search.ts';

let latest: ScalarProfile | null = null;

/**
 * The profiled criterion of a model with one scalar random term from sums over its levels, for designs that few responses
 * share. With the rows a_j = [B_j r_j] of Z'W^(1/2) [Q r] (r the residuals of least squares), s_j = Z_j'W Z_j,
 * t = 1 / (1 + gamma s) and h = 1 - t:
 *
 *     M(gamma) = [Q r]'V^-1 [Q r] = M_w + sum (t / s) a a',    M_w = [Q r]'[Q r] - sum a a' / s     inside the levels
 *     H        = -dM_QQ/dgamma = sum t^2 B B',                 K = d2M_QQ/dgamma2 / 2 = sum s t^3 B B'
 *     C        = M_QQ^-1,    b - b_ols = C M_Qr,               S = M_rr - M_rQ C M_Qr
 *     f - f0   = sum log(1 + gamma s) + log|M_QQ| + d log(S / S(0))
 *     f'       = sum h - gamma tr(C H) - d A,                  A = gamma sum (t e)^2 / S,   e_j = r_j - B_j (b - b_ols)
 *     f''      = sum h t - gamma tr(C H) + gamma^2 (2 tr(C K) - tr(C H C H))
 *                - d (A + A^2 - 2 gamma^2 (sum s t^3 e^2 - g'C g) / S),   g = sum t^2 e B
 *
 * over u = log gamma; ML has neither log|M_QQ| nor the traces. An evaluation takes O(J p^2) multiplications, and M is a sum
 * of positive terms whatever gamma is.
 */
export class ScalarProfile implements RatioProfile {
  readonly grid = new Float64Array(GRID_DECADES.length);
  S0 = 0;
  /** d of the criterion. */
  d = 0;
  /** Residual sum of squares inside the levels. */
  within = 0;
  /** Share of Z that X leaves: tr(Z'MZ) / tr(Z'Z). */
  left = 0;
  /** At the point evaluated last, in the orthonormal basis: C, H and K, p x p; b - b_ols; s t of each level. */
  readonly C: Float64Array;
  readonly H: Float64Array;
  readonly K: Float64Array;
  readonly shift: Float64Array;
  readonly st: Float64Array;
  /** For tests (`scalar-tests.ts`): C H, C H C, the adjusted C, and something to work in. */
  readonly CH: Float64Array;
  readonly changes: Float64Array;
  readonly adjusted: Float64Array;
  readonly work: Float64Array;
  private readonly p: number;
  private readonly s: Float64Array;
  /** a of all levels column by column, (p + 1) x J. */
  private readonly a: Float64Array;
  /** Products a_i a_l of all levels, pair by pair of the lower triangle. */
  private readonly products: Float64Array;
  /** Lower triangle of M_w, row by row. */
  private readonly inside: Float64Array;
  /** M, and in its place C, the shift and S; (p + 1) x (p + 1). */
  private readonly M: Float64Array;
  /** t / s, t^2 and s t^3. */
  private readonly weights: readonly [Float64Array, Float64Array, Float64Array];
  private readonly e: Float64Array;
  private readonly g: Float64Array;
  private reml = true;
  private gamma = Number.NaN;
  private complete = false;
  private formed = false;
  private det = 0;
  private S = 0;
  private A = 0;
  private slope = 0;
  private curvature = 0;

  /** Space for designs with p columns and J levels: that of the design before, where it had as many, as there may be thousands. */
  static of(p: number, J: number): ScalarProfile {
    if (latest?.p !== p || latest.s.length !== J) latest = new ScalarProfile(p, J);
    return latest;
  }

  private constructor(p: number, J: number) {
    const numbers = (length: number) => new Float64Array(length);
    this.p = p;
    this.C = numbers(p * p);
    this.H = numbers(p * p);
    this.K = numbers(p * p);
    this.shift = numbers(p);
    this.st = numbers(J);
    this.CH = numbers(p * p);
    this.changes = numbers(p * p);
    this.adjusted = numbers(p * p);
    this.work = numbers(p * p);
    this.s = numbers(J);
    this.a = numbers((p + 1) * J);
    const pairs = ((p + 1) * (p + 2)) / 2;
    this.products = numbers(pairs * J);
    this.inside = numbers(pairs);
    this.M = numbers((p + 1) * (p + 1));
    this.weights = [numbers(J), numbers(J), numbers(J)];
    this.e = numbers(J);
    this.g = numbers(p);
  }

  /** Takes response k of a design, multiplied by `scale`. */
  load(design: DesignMoments, method: 'REML' | 'ML', { ztr, rss }: ResponseMoments, k: number, scale: number): void {
    const { p, s, a, products, inside, grid } = this;
    const [inverse] = this.weights;
    const { ztz, ztx } = design.factors[0];
    const J = s.length;
    this.gamma = Number.NaN;
    this.reml = method === 'REML';
    this.d = criterionDegrees(design, method);
    this.S0 = rss[k] * scale * scale;
    let whole = 0;
    let taken = 0;
    for (let j = 0; j < J; j++) {
      s[j] = ztz[j];
      whole += ztz[j];
      inverse[j] = ztz[j] > 0 ? 1 / ztz[j] : 0;
      for (let i = 0; i < p; i++) {
        const value = ztx[j * p + i];
        a[i * J + j] = value;
        taken += value * value;
      }
      a[p * J + j] = ztr[k * J + j] * scale;
    }
    this.left = (whole - taken) / whole;
    for (let i = 0, at = 0; i <= p; i++) {
      for (let l = 0; l <= i; l++, at++) {
        let sum = 0;
        for (let j = 0, x = i * J, y = l * J, to = at * J; j < J; j++, x++, y++, to++) {
          const product = a[x] * a[y];
          products[to] = product;
          sum += product * inverse[j];
        }
        // Columns that are constant within the levels leave nothing but rounding, which must not be negative.
        inside[at] = i === l ? Math.max(0, (i < p ? 1 : this.S0) - sum) : -sum;
      }
    }
    this.within = inside[inside.length - 1];
    const mean = (this.left * whole) / J;
    for (let g = 0; g < grid.length; g++) grid[g] = Math.log(10 ** GRID_DECADES[g] / mean);
  }

  slopeAtZero(): number {
    const { p, s, a, reml, d, S0 } = this;
    const J = s.length;
    let trace = 0;
    let change = 0;
    for (let j = 0; j < J; j++) {
      trace += s[j];
      change += a[p * J + j] ** 2;
    }
    if (reml) for (let at = 0; at < p * J; at++) trace -= a[at] * a[at];
    return trace - (d * change) / S0;
  }

  slopeOnGrid(g: number): number {
    return this.stand(Math.exp(this.grid[g]), false) ? this.slope : Number.NaN;
  }

  evaluate(u: number, out: RatioOptimum): void {
    const gamma = Math.exp(u);
    const formed = this.stand(gamma, true);
    out.gamma = gamma;
    out.u = u;
    out.S = this.S;
    out.A = this.A;
    out.slope = formed ? this.slope : Number.NaN;
    out.curvature = formed ? this.curvature : Number.NaN;
  }

  difference(u: number): number {
    const { s, reml, d, S0 } = this;
    const gamma = Math.exp(u);
    if (!this.stand(gamma, true)) return Number.NaN;
    let logDet = reml ? Math.log(this.det) : 0;
    for (let j = 0; j < s.length; j++) logDet += Math.log1p(gamma * s[j]);
    return logDet + d * Math.log(this.S / S0);
  }

  /**
   * Forms everything at gamma, the second derivative and K where they are asked for, unless it stands there already. False
   * where M is not positive definite.
   */
  stand(gamma: number, second: boolean): boolean {
    if (gamma !== this.gamma || (second && !this.complete)) {
      this.gamma = gamma;
      this.complete = second;
      this.formed = this.form(gamma, second);
    }
    return this.formed;
  }

  private form(gamma: number, second: boolean): boolean {
    const { p, C, H, K, M, shift, CH, reml, d, s, st } = this;
    const [w0, w1, w2] = this.weights;
    let sumH = 0;
    let sumHT = 0;
    for (let j = 0; j < s.length; j++) {
      const t = 1 / (1 + gamma * s[j]);
      const h = gamma * s[j] * t;
      st[j] = s[j] * t;
      w0[j] = s[j] > 0 ? t / s[j] : 0;
      w1[j] = t * t;
      w2[j] = st[j] * w1[j];
      sumH += h;
      sumHT += h * t;
    }
    this.sumOverLevels(second);
    this.det = sweep(M, p);
    if (!(this.det > 0)) return false;
    for (let i = 0, at = 0; i < p; i++, at++) {
      for (let l = 0; l < p; l++, at++) C[i * p + l] = M[at];
      shift[i] = M[at];
    }
    const S = M[M.length - 1];
    this.S = S;
    if (!(S > 0)) return false;
    let trace = 0; // tr(C H)
    let traces = 0; // 2 tr(C K) - tr(C H C H)
    if (reml) {
      for (let i = 0; i < p * p; i++) trace += C[i] * H[i];
      if (second) {
        for (let i = 0; i < p; i++) {
          for (let l = 0; l < p; l++) {
            let sum = 0;
            for (let m = 0; m < p; m++) sum += C[i * p + m] * H[m * p + l];
            CH[i * p + l] = sum;
          }
        }
        for (let i = 0; i < p; i++) {
          for (let l = 0; l < p; l++) traces += 2 * C[i * p + l] * K[i * p + l] - CH[i * p + l] * CH[l * p + i];
        }
      }
    }
    const A = (gamma * this.residualSquare()) / S;
    this.A = A;
    this.slope = sumH - gamma * trace - d * A;
    if (second) {
      const bend = (2 * gamma * gamma * this.residualBend()) / S;
      this.curvature = sumHT - gamma * (trace - gamma * traces) - d * (A + A * A - bend);
    }
    return true;
  }

  /** Forms e; returns sum (t e)^2. */
  private residualSquare(): number {
    const { p, a, e, shift, s } = this;
    const [, w1] = this.weights;
    const J = s.length;
    for (let j = 0; j < J; j++) e[j] = a[p * J + j];
    for (let i = 0; i < p; i++) {
      const b = shift[i];
      for (let j = 0, x = i * J; j < J; j++, x++) e[j] -= a[x] * b;
    }
    let sum = 0;
    for (let j = 0; j < J; j++) sum += w1[j] * e[j] * e[j];
    return sum;
  }

  /** sum s t^3 e^2 - g'C g. */
  private residualBend(): number {
    const { p, a, e, g, C, s } = this;
    const [, w1, w2] = this.weights;
    const J = s.length;
    let bend = 0;
    for (let j = 0; j < J; j++) bend += w2[j] * e[j] * e[j];
    for (let i = 0; i < p; i++) {
      let sum = 0;
      for (let j = 0, x = i * J; j < J; j++, x++) sum += w1[j] * e[j] * a[x];
      g[i] = sum;
    }
    for (let i = 0; i < p; i++) for (let l = 0; l < p; l++) bend -= g[i] * C[i * p + l] * g[l];
    return bend;
  }

  /** Forms M, H and K. */
  private sumOverLevels(second: boolean): void {
    const { p, products, inside, M, H, K, s } = this;
    const q = p + 1;
    const [w0, w1, w2] = this.weights;
    const J = s.length;
    let at = 0;
    let x = 0;
    for (let i = 0; i < p; i++) {
      for (let l = 0; l <= i; l++, at++) {
        let m = inside[at];
        let h = 0;
        let k = 0;
        if (second) {
          for (let j = 0; j < J; j++, x++) {
            const product = products[x];
            m += product * w0[j];
            h += product * w1[j];
            k += product * w2[j];
          }
        } else {
          for (let j = 0; j < J; j++, x++) {
            const product = products[x];
            m += product * w0[j];
            h += product * w1[j];
          }
        }
        M[i * q + l] = m;
        M[l * q + i] = m;
        H[i * p + l] = h;
        H[l * p + i] = h;
        K[i * p + l] = k;
        K[l * p + i] = k;
      }
    }
    for (let i = 0; i <= p; i++, at++) {
      const m = inside[at] + dot(products, x, w0, 0, J);
      x += J;
      M[i * q + p] = m;
      M[p * q + i] = m;
    }
  }
}

/**
 * Sweeps the first p columns of a symmetric (p + 1) x (p + 1) matrix [A b; b' c] (Goodnight 1979): in its place come A^-1,
 * A^-1 b and c - b'A^-1 b. Returns det A; NaN or 0 where A is not positive definite.
 */
function sweep(M: Float64Array, p: number): number {
  const q = p + 1;
  let det = 1;
  for (let k = 0; k < p; k++) {
    const row = k * q;
    const pivot = M[row + k];
    if (!(pivot > 0)) return Number.NaN;
    det *= pivot;
    const inverse = 1 / pivot;
    for (let j = 0; j < q; j++) M[row + j] *= inverse;
    M[row + k] = inverse;
    for (let i = 0; i < q; i++) {
      if (i === k) continue;
      const at = i * q;
      const factor = M[at + k];
      for (let j = 0; j < q; j++) M[at + j] -= factor * M[row + j];
      M[at + k] = -factor * inverse;
    }
  }
  return det;
}
