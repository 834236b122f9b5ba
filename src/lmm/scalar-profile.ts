import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { dot } from '../numeric/dense.ts';
import { LevelSums } from './level-sums.ts';
import { criterionDegrees } from './objective.ts';
import { GRID_DECADES, type RatioOptimum, type RatioProfile } from './ratio-search.ts';

/** Natural logarithms of the points of the grid. */
const GRID_LOGS = GRID_DECADES.map((decade) => decade * Math.LN10);

const END = GRID_DECADES.length - 1;

/** Profiles kept for the next design: those that lose a level have others than those that do not. */
const KEPT = 4;
const kept: ScalarProfile[] = [];

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
 * of positive terms whatever gamma is. The sums are those of `level-sums.ts`.
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
  /** At the point evaluated last, in the orthonormal basis: C, H and K, p x p; b - b_ols. */
  readonly C: Float64Array;
  readonly H: Float64Array;
  readonly K: Float64Array;
  readonly shift: Float64Array;
  readonly sums: LevelSums;
  /** For tests (`scalar-tests.ts`): C H, C H C, the adjusted C, and something to work in. */
  readonly CH: Float64Array;
  readonly changes: Float64Array;
  readonly adjusted: Float64Array;
  readonly work: Float64Array;
  private readonly p: number;
  private readonly J: number;
  private readonly column: Float64Array;
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
  /** y'MZZ'My, that is -dS/dgamma at 0, once `slopeAtZero` was asked for. */
  private change = 0;
  /** S, A and the slope at the end of the grid, S = NaN before they are asked for. */
  private readonly end = { S: Number.NaN, A: 0, slope: 0 };

  /** Space for designs with p columns and J levels: that of a design before, where one had as many, as there may be thousands. */
  static of(p: number, J: number): ScalarProfile {
    const known = kept.find((profile) => profile.p === p && profile.J === J);
    if (known) return known;
    const made = new ScalarProfile(p, J);
    if (kept.push(made) > KEPT) kept.shift();
    return made;
  }

  private constructor(p: number, J: number) {
    const numbers = (length: number) => new Float64Array(length);
    this.p = p;
    this.J = J;
    this.C = numbers(p * p);
    this.H = numbers(p * p);
    this.K = numbers(p * p);
    this.shift = numbers(p);
    this.sums = new LevelSums(p, J);
    this.CH = numbers(p * p);
    this.changes = numbers(p * p);
    this.adjusted = numbers(p * p);
    this.work = numbers(p * p);
    this.column = numbers(p + 1);
    this.e = numbers(J);
    this.g = numbers(p);
  }

  /** Takes response k of a design, multiplied by `scale`. */
  load(design: DesignMoments, method: 'REML' | 'ML', { ztr, rss }: ResponseMoments, k: number, scale: number): void {
    const { J, sums, grid } = this;
    this.gamma = Number.NaN;
    this.end.S = Number.NaN;
    this.reml = method === 'REML';
    this.d = criterionDegrees(design, method);
    this.S0 = rss[k] * scale * scale;
    sums.load(design.factors[0], ztr, k, scale, this.S0);
    this.within = sums.within;
    const { whole, taken } = sums;
    this.left = (whole - taken) / whole;
    const mean = Math.log((this.left * whole) / J);
    for (let g = 0; g < grid.length; g++) grid[g] = GRID_LOGS[g] - mean;
  }

  slopeAtZero(): number {
    const { p, J, sums, d, S0 } = this;
    const { a } = sums;
    let change = 0;
    for (let at = p * J; at < (p + 1) * J; at++) change += a[at] * a[at];
    this.change = change;
    return this.traceAtZero() - (d * change) / S0;
  }

  slopeOnGrid(g: number): number {
    if (g === END) return this.standAtEnd().slope;
    return this.stand(Math.exp(this.grid[g]), false) ? this.slope : Number.NaN;
  }

  /**
   * With the eigenvalues lambda <= max s of Z'MZ and y_i^2 of y: tr = sum lambda and c = sum y_i^2 lambda at zero bound
   *
   *     f' / gamma = sum lambda / (1 + gamma lambda) - (d / S) sum y_i^2 lambda / (1 + gamma lambda)^2
   *
   * by tr - d c / (S0 (1 + gamma max s)^2) from above, by tr / (1 + gamma max s) - d c / (S0 - gamma c) from below.
   */
  steadyTo(slope0: number): number {
    const { d, S0, change } = this;
    const { largest } = this.sums;
    const trace = this.traceAtZero();
    if (slope0 < 0) return Math.log((Math.sqrt((d * change) / (S0 * trace)) - 1) / largest);
    return Math.log((trace * S0 - d * change) / (change * (trace + d * largest)));
  }

  /**
   * Between gamma and the end of the grid (L) sum h - gamma tr(C H) grows, S >= S_L, and with t = gamma lambda / (1 + gamma lambda)
   * the part y_i^2 t (1 - t) of A S is at most y_i^2 t_L (1 - t_L) where t_L <= 1/2, otherwise y_i^2 (1 - t), of which S loses all
   * but 1 - t_L: A S <= (S - S_L) + 2 A_L S_L there.
   */
  risesFrom(g: number): boolean {
    if (g === END) return false;
    const { d, S, A, slope } = this;
    const end = this.standAtEnd();
    return slope + d * A >= d * ((S - end.S) / end.S + 2 * end.A);
  }

  private traceAtZero(): number {
    const { whole, taken } = this.sums;
    return whole - (this.reml ? taken : 0);
  }

  private standAtEnd(): { readonly S: number; readonly A: number; readonly slope: number } {
    const { end } = this;
    if (!Number.isNaN(end.S)) return end;
    const formed = this.stand(Math.exp(this.grid[END]), false);
    end.S = formed ? this.S : Number.NaN;
    end.A = this.A;
    end.slope = formed ? this.slope : Number.NaN;
    return end;
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
    const { reml, d, S0 } = this;
    const { s, counts, sizes } = this.sums;
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
    const { p, sums, shift, reml, d } = this;
    const { m } = sums;
    sums.evaluate(gamma, second);
    this.det = sweep(m, p, this.column);
    if (!(this.det > 0)) return false;
    const last = m.length - 1;
    const S = m[last];
    this.S = S;
    if (!(S > 0)) return false;
    for (let i = 0; i < p; i++) shift[i] = m[last - p + i];
    if (second) this.unpack();
    const trace = reml ? this.trace() : 0;
    const traces = reml && second ? this.traces() : 0;
    const A = (gamma * this.residualSquare()) / S;
    this.A = A;
    this.slope = sums.shares - gamma * trace - d * A;
    if (second) {
      const bend = (2 * gamma * gamma * this.residualBend()) / S;
      this.curvature = sums.bends - gamma * (trace - gamma * traces) - d * (A + A * A - bend);
    }
    return true;
  }

  /** C, H and K as matrices. */
  private unpack(): void {
    const { p, C, H, K } = this;
    const { m, h, k } = this.sums;
    for (let i = 0, at = 0; i < p; i++) {
      for (let l = 0; l <= i; l++, at++) {
        const [x, y] = [i * p + l, l * p + i];
        C[x] = -m[at];
        C[y] = -m[at];
        H[x] = h[at];
        H[y] = h[at];
        K[x] = k[at];
        K[y] = k[at];
      }
    }
  }

  /** tr(C H). */
  private trace(): number {
    const { p } = this;
    const { m, h } = this.sums;
    let twice = 0;
    let once = 0;
    for (let i = 0, at = 0; i < p; i++, at++) {
      for (const end = at + i; at < end; at++) twice -= m[at] * h[at];
      once -= m[at] * h[at];
    }
    return once + 2 * twice;
  }

  /** 2 tr(C K) - tr(C H C H). */
  private traces(): number {
    const { p, C, H, K, CH } = this;
    for (let i = 0; i < p; i++) {
      for (let l = 0; l < p; l++) {
        let sum = 0;
        for (let m = 0; m < p; m++) sum += C[i * p + m] * H[m * p + l];
        CH[i * p + l] = sum;
      }
    }
    let traces = 0;
    for (let i = 0; i < p; i++) {
      for (let l = 0; l < p; l++) traces += 2 * C[i * p + l] * K[i * p + l] - CH[i * p + l] * CH[l * p + i];
    }
    return traces;
  }

  /** Forms e; returns sum (t e)^2. */
  private residualSquare(): number {
    const { p, J, e, shift } = this;
    const { a, sizeOf, w1 } = this.sums;
    for (let j = 0, x = p * J; j < J; j++, x++) e[j] = a[x];
    for (let i = 0, x = 0; i < p; i++) {
      const change = shift[i];
      for (let j = 0; j < J; j++, x++) e[j] -= a[x] * change;
    }
    let sum = 0;
    for (let j = 0; j < J; j++) sum += w1[sizeOf[j]] * e[j] * e[j];
    return sum;
  }

  /** sum s t^3 e^2 - g'C g; leaves t^2 e in place of e. */
  private residualBend(): number {
    const { p, J, e, g, C } = this;
    const { a, sizeOf, w1, w2 } = this.sums;
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
}

/**
 * Sweeps the first p rows of the symmetric matrix [A b; b' c], given by the rows of its lower triangle (Goodnight 1979): in its
 * place come -A^-1, A^-1 b and c - b'A^-1 b. Returns det A; NaN where A is not positive definite.
 */
function sweep(m: Float64Array, p: number, column: Float64Array): number {
  let det = 1;
  for (let k = 0, diagonal = 0; k < p; k++, diagonal += k + 1) {
    const pivot = m[diagonal];
    if (!(pivot > 0)) return Number.NaN;
    det *= pivot;
    const inverse = 1 / pivot;
    // The pivot's own row and column come to column / pivot, the pivot to -1 / pivot: they start from 0, with -1 for the pivot.
    for (let l = 0, at = diagonal - k; l < k; l++, at++) {
      column[l] = m[at];
      m[at] = 0;
    }
    column[k] = -1;
    m[diagonal] = 0;
    for (let i = k + 1, at = diagonal + k + 1; i <= p; i++, at += i) {
      column[i] = m[at];
      m[at] = 0;
    }
    for (let i = 0, at = 0; i <= p; i++) {
      const factor = column[i] * inverse;
      for (let l = 0; l <= i; l++, at++) m[at] -= factor * column[l];
    }
  }
  return det;
}
