import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { dot } from '../numeric/dense.ts';
import { criterionDegrees } from './objective.ts';
import { GRID_DECADES, type RatioOptimum, type RatioProfile } from './ratio-search.ts';

/** Sizes up to which levels of one size are taken together: rows without weights have few, and what is seen at once costs nothing. */
const FEW_SIZES = 8;
/** Natural logarithms of the points of the grid. */
const GRID_LOGS = GRID_DECADES.map((decade) => decade * Math.LN10);

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
 * of positive terms whatever gamma is. Levels of one size s have one t: where there are few sizes, as without weights, the
 * products a a' are summed by size beforehand and J is the number of sizes in all but e.
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
  /** At the point evaluated last, in the orthonormal basis: C, H and K, p x p; b - b_ols; s t of each size. */
  readonly C: Float64Array;
  readonly H: Float64Array;
  readonly K: Float64Array;
  readonly shift: Float64Array;
  readonly st: Float64Array;
  /** Different sizes s, and the levels of each; the sizes of a response with many are those of its levels, one by one. */
  sizes = 0;
  readonly counts: Float64Array;
  /** For tests (`scalar-tests.ts`): C H, C H C, the adjusted C, and something to work in. */
  readonly CH: Float64Array;
  readonly changes: Float64Array;
  readonly adjusted: Float64Array;
  readonly work: Float64Array;
  private readonly p: number;
  private readonly J: number;
  /** The sizes, 1 / s (0 for levels without weight), and the place of the size of each level. */
  private readonly s: Float64Array;
  private readonly inverse: Float64Array;
  private readonly sizeOf: Int32Array;
  /** a of all levels column by column, (p + 1) x J. */
  private readonly a: Float64Array;
  /** Sums over the levels of each size of the products a_i a_l, pair by pair of the lower triangle. */
  private readonly products: Float64Array;
  /** Lower triangles, row by row: M_w, and of the point evaluated last M, H and K. */
  private readonly inside: Float64Array;
  private readonly sums: readonly [Float64Array, Float64Array, Float64Array];
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
    if (latest?.p !== p || latest.J !== J) latest = new ScalarProfile(p, J);
    return latest;
  }

  private constructor(p: number, J: number) {
    const numbers = (length: number) => new Float64Array(length);
    this.p = p;
    this.J = J;
    this.C = numbers(p * p);
    this.H = numbers(p * p);
    this.K = numbers(p * p);
    this.shift = numbers(p);
    this.st = numbers(J);
    this.CH = numbers(p * p);
    this.changes = numbers(p * p);
    this.adjusted = numbers(p * p);
    this.work = numbers(p * p);
    this.counts = numbers(J);
    this.s = numbers(J);
    this.inverse = numbers(J);
    this.sizeOf = new Int32Array(J);
    this.a = numbers((p + 1) * J);
    const pairs = ((p + 1) * (p + 2)) / 2;
    this.products = numbers(pairs * J);
    this.inside = numbers(pairs);
    this.sums = [numbers(pairs), numbers(pairs), numbers(pairs)];
    this.M = numbers((p + 1) * (p + 1));
    this.weights = [numbers(J), numbers(J), numbers(J)];
    this.e = numbers(J);
    this.g = numbers(p);
  }

  /** Takes response k of a design, multiplied by `scale`. */
  load(design: DesignMoments, method: 'REML' | 'ML', { ztr, rss }: ResponseMoments, k: number, scale: number): void {
    const { p, J, a, grid } = this;
    const { ztz, ztx } = design.factors[0];
    this.gamma = Number.NaN;
    this.reml = method === 'REML';
    this.d = criterionDegrees(design, method);
    this.S0 = rss[k] * scale * scale;
    this.findSizes(ztz);
    let whole = 0;
    let taken = 0;
    for (let j = 0; j < J; j++) {
      whole += ztz[j];
      for (let i = 0; i < p; i++) {
        const value = ztx[j * p + i];
        a[i * J + j] = value;
        taken += value * value;
      }
      a[p * J + j] = ztr[k * J + j] * scale;
    }
    this.left = (whole - taken) / whole;
    this.formProducts();
    const mean = Math.log((this.left * whole) / J);
    for (let g = 0; g < grid.length; g++) grid[g] = GRID_LOGS[g] - mean;
  }

  /** Finds the sizes of the levels and their places among them. */
  private findSizes(ztz: Float64Array): void {
    const { J, s, inverse, sizeOf, counts } = this;
    let sizes = 0;
    for (let j = 0; j < J && sizes <= FEW_SIZES; j++) {
      let at = 0;
      while (at < sizes && s[at] !== ztz[j]) at++;
      if (at < sizes) counts[at]++;
      else {
        s[at] = ztz[j];
        counts[at] = 1;
        sizes++;
      }
      sizeOf[j] = at;
    }
    if (sizes > FEW_SIZES) {
      sizes = J;
      for (let j = 0; j < J; j++) {
        s[j] = ztz[j];
        counts[j] = 1;
        sizeOf[j] = j;
      }
    }
    this.sizes = sizes;
    for (let j = 0; j < sizes; j++) inverse[j] = s[j] > 0 ? 1 / s[j] : 0;
  }

  /** Forms the products of the columns of a, and M_w. */
  private formProducts(): void {
    const { p, J, a, products, inside, inverse, sizes, sizeOf } = this;
    const together = sizes < J;
    if (together) products.fill(0);
    for (let i = 0, at = 0, to = 0; i <= p; i++) {
      for (let l = 0; l <= i; l++, at++, to += sizes) {
        let x = i * J;
        let y = l * J;
        if (together) for (let j = 0; j < J; j++, x++, y++) products[to + sizeOf[j]] += a[x] * a[y];
        else for (let j = 0; j < J; j++, x++, y++) products[to + j] = a[x] * a[y];
        const sum = dot(products, to, inverse, 0, sizes);
        // Columns that are constant within the levels leave nothing but rounding, which must not be negative.
        inside[at] = i === l ? Math.max(0, (i < p ? 1 : this.S0) - sum) : -sum;
      }
    }
    this.within = inside[inside.length - 1];
  }

  slopeAtZero(): number {
    const { p, J, s, counts, sizes, a, reml, d, S0 } = this;
    let trace = 0;
    let change = 0;
    for (let j = 0; j < sizes; j++) trace += counts[j] * s[j];
    for (let at = p * J; at < (p + 1) * J; at++) change += a[at] * a[at];
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
    const { s, counts, sizes, reml, d, S0 } = this;
    const gamma = Math.exp(u);
    if (!this.stand(gamma, true)) return Number.NaN;
    let logDet = reml ? Math.log(this.det) : 0;
    for (let j = 0; j < sizes; j++) logDet += counts[j] * Math.log1p(gamma * s[j]);
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
    const { p, C, H, K, M, shift, CH, reml, d, s, inverse, counts, sizes, st } = this;
    const [w0, w1, w2] = this.weights;
    let sumH = 0;
    let sumHT = 0;
    for (let j = 0; j < sizes; j++) {
      const t = 1 / (1 + gamma * s[j]);
      const own = s[j] * t;
      st[j] = own;
      w0[j] = t * inverse[j];
      w1[j] = t * t;
      w2[j] = own * t * t;
      const h = counts[j] * own;
      sumH += h;
      sumHT += h * t;
    }
    sumH *= gamma;
    sumHT *= gamma;
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
    const { p, J, a, e, shift, sizeOf } = this;
    const [, w1] = this.weights;
    for (let j = 0, x = p * J; j < J; j++, x++) e[j] = a[x];
    for (let i = 0; i < p; i++) {
      const b = shift[i];
      for (let j = 0, x = i * J; j < J; j++, x++) e[j] -= a[x] * b;
    }
    let sum = 0;
    for (let j = 0; j < J; j++) sum += w1[sizeOf[j]] * e[j] * e[j];
    return sum;
  }

  /** sum s t^3 e^2 - g'C g; leaves t^2 e in place of e. */
  private residualBend(): number {
    const { p, J, a, e, g, C, sizeOf } = this;
    const [, w1, w2] = this.weights;
    let bend = 0;
    for (let j = 0; j < J; j++) {
      const at = sizeOf[j];
      bend += w2[at] * e[j] * e[j];
      e[j] *= w1[at];
    }
    for (let i = 0; i < p; i++) g[i] = dot(e, 0, a, i * J, J);
    for (let i = 0; i < p; i++) for (let l = 0; l < p; l++) bend -= g[i] * C[i * p + l] * g[l];
    return bend;
  }

  /** Forms M, H and K. */
  private sumOverLevels(second: boolean): void {
    const { p, products, inside, M, H, K, sizes } = this;
    const q = p + 1;
    const [w0] = this.weights;
    const [m, h, k] = this.sums;
    const pairs = (p * q) / 2;
    // What an odd number leaves is taken with the first pair of r.
    for (let at = 0; at < pairs; at += 2) this.sumPairs(at, second);
    for (let i = 0, from = 0; i < p; i++) {
      for (let l = 0; l <= i; l++, from++) {
        M[i * q + l] = m[from];
        M[l * q + i] = m[from];
        H[i * p + l] = h[from];
        H[l * p + i] = h[from];
        if (!second) continue;
        K[i * p + l] = k[from];
        K[l * p + i] = k[from];
      }
    }
    for (let i = 0; i <= p; i++) {
      const sum = inside[pairs + i] + dot(products, (pairs + i) * sizes, w0, 0, sizes);
      M[i * q + p] = sum;
      M[p * q + i] = sum;
    }
  }

  /** Sums two pairs of columns, of which additions need not wait for each other. */
  private sumPairs(at: number, second: boolean): void {
    const { products, inside, sizes } = this;
    const [w0, w1, w2] = this.weights;
    const [m, h, k] = this.sums;
    let x = at * sizes;
    let y = x + sizes;
    let m0 = inside[at];
    let m1 = inside[at + 1];
    let h0 = 0;
    let h1 = 0;
    if (second) {
      let k0 = 0;
      let k1 = 0;
      for (let j = 0; j < sizes; j++, x++, y++) {
        const one = products[x];
        const other = products[y];
        m0 += one * w0[j];
        m1 += other * w0[j];
        h0 += one * w1[j];
        h1 += other * w1[j];
        k0 += one * w2[j];
        k1 += other * w2[j];
      }
      k[at] = k0;
      k[at + 1] = k1;
    } else {
      for (let j = 0; j < sizes; j++, x++, y++) {
        const one = products[x];
        const other = products[y];
        m0 += one * w0[j];
        m1 += other * w0[j];
        h0 += one * w1[j];
        h1 += other * w1[j];
      }
    }
    m[at] = m0;
    m[at + 1] = m1;
    h[at] = h0;
    h[at + 1] = h1;
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
