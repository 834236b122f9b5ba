/**
 * What strata of variance beside one random effect a level (`strata-rows.ts`) add to the criterion and its derivatives (symbols
 * in `blocks-objective.ts`). Of a level V = D + g z z', D = diag(d) = W^-1 by stratum, g = l^2 with l the parameter. With
 *
 *     zeta = z'Wz,  mu = 1 / (1 + g zeta),  kappa = g mu,   h = z'W(q, r),   U = (q, r) - kappa z h
 *
 * the inverse is O = W - kappa W z z'W, so that OQ = WU, z'O = mu z'W and log|V| = log|D| + log(1 + g zeta). Products are
 * formed from U, without cancellation, or cheaper from sums by stratum:
 *
 *     (Q, r)'O(Q, r) = U'WU + g mu^2 h h' = (Q, r)'W(Q, r) - kappa h h'
 *
 * No cost goes beyond the rows of a level times p^2; rows of one level and stratum are one (`block-pieces.ts`).
 */

import type { CovarianceBlock } from '../../moments/covariance-evidence.ts';
import { choleskyInPlace } from '../../numeric/cholesky.ts';
import type { FixedPart, LoadedResponse, SecondWeights } from './block-products.ts';
import type { CovarianceParameters } from './covariance-parameters.ts';
import { inner } from './matrix-products.ts';
import { StrataRows } from './strata-rows.ts';

export class StrataPart {
  readonly rows: StrataRows;
  /** Parameters of the criterion, and which of them is l; -1 without a random term. */
  readonly count: number;
  readonly place: number;
  /** Least share of a row's variance that the rows of its level before it do not tell. */
  leastShare = 1;
  /** At the point of the last `addProducts`: l, W by stratum, and by level zeta, mu, h and its last element. */
  l = 0;
  readonly w: Float64Array;
  readonly zeta: Float64Array;
  readonly mu: Float64Array;
  readonly h: Float64Array;
  private readonly eta: Float64Array;
  /** U, rows x (p + 1), of an exact evaluation. */
  readonly U: Float64Array;
  private readonly logs: Float64Array;
  /** By row e - kappa z z'We, and by level z'We and h'Ch. */
  private readonly u: Float64Array;
  private readonly epsilon: Float64Array;
  private readonly hCh: Float64Array;
  /** By stratum: sums of u^2 and tr(C U U'), of kappa z^2, the gradient in log d, and q'e of the rows behind sums. */
  private readonly squares: Float64Array;
  private readonly spread: Float64Array;
  private readonly shrunk: Float64Array;
  private readonly slopes: Float64Array;
  private readonly sumsQe: Float64Array;
  private readonly L: Float64Array;
  private readonly work: Float64Array;
  /** By parameter of a level: z'W V_k W z, z'W V_k O e and z'W V_k O Q (or L' of it). */
  private readonly beta: Float64Array;
  private readonly alpha: Float64Array;
  readonly tau: Float64Array;
  private readonly touched: Uint8Array;

  constructor(parameters: CovarianceParameters, blocks: readonly CovarianceBlock[], p: number) {
    const rows = new StrataRows(parameters, blocks, p);
    const numbers = (length: number) => new Float64Array(length);
    this.rows = rows;
    this.count = parameters.count;
    this.place = parameters.terms.length > 0 ? parameters.terms[0].offset : -1;
    [this.w, this.logs, this.squares] = [rows.strata, rows.strata, rows.strata].map(numbers);
    [this.spread, this.shrunk, this.slopes] = [rows.strata, rows.strata, rows.strata].map(numbers);
    [this.zeta, this.mu, this.eta, this.epsilon] = [rows.levels, rows.levels, rows.levels, rows.levels].map(numbers);
    this.hCh = numbers(rows.levels);
    this.h = numbers(rows.levels * p);
    this.U = numbers(rows.r.length * (p + 1));
    this.u = numbers(rows.r.length);
    this.sumsQe = numbers(rows.strata * p);
    this.L = numbers(p * p);
    this.work = numbers(p);
    [this.beta, this.alpha] = [this.count, this.count].map(numbers);
    this.tau = numbers(this.count * p);
    this.touched = new Uint8Array(this.count);
  }

  load(response: LoadedResponse): void {
    this.rows.load(response);
  }

  /** Adds (Q, r)'O(Q, r) to the lower triangle of M; gives log|V|, NaN where there is none. `shift` as of `BlockCovariance`. */
  addProducts(t: Float64Array, shift: number, M: Float64Array, exact: boolean): number {
    const { rows, w, logs, zeta, mu, h, eta, U } = this;
    const { p, strata, levels, starts, places, columns, counts, first, stratum, z, q, r, whole, triangle } = rows;
    let logDet = 0;
    for (let j = 0; j < strata; j++) {
      let log = shift;
      for (let c = starts[j]; c < starts[j + 1]; c++) log += columns[c] * t[places[c]];
      logs[j] = 2 * log;
      w[j] = Math.exp(-2 * log);
      if (!(w[j] > 0 && w[j] < Number.POSITIVE_INFINITY)) return Number.NaN;
      logDet += counts[j] * logs[j];
    }
    this.l = this.place < 0 ? 0 : t[this.place];
    const g = this.l * this.l;
    const summed = !exact && whole !== null;
    const width = p + 1;
    let leastShare = 1;
    for (let d = 0; d < levels; d++) {
      const at = d * p;
      let [square, last] = [0, 0];
      for (let c = 0; c < p; c++) h[at + c] = 0;
      for (let a = first[d]; a < first[d + 1]; a++) {
        const zw = z[a] * w[stratum[a]];
        const own = g * zw * z[a];
        const share = (1 + own / (1 + g * square)) / (1 + own);
        if (share < leastShare) leastShare = share;
        square += zw * z[a];
        last += zw * r[a];
        for (let c = 0; c < p; c++) h[at + c] += zw * q[a * p + c];
      }
      zeta[d] = square;
      eta[d] = last;
      mu[d] = 1 / (1 + g * square);
      logDet += Math.log1p(g * square);
      const kappa = g * mu[d];
      const factor = summed ? -kappa : kappa * mu[d];
      for (let c = 0; c < p; c++) {
        const value = factor * h[at + c];
        for (let e = 0; e <= c; e++) M[c * width + e] += value * h[at + e];
        M[p * width + c] += value * last;
      }
      M[p * width + p] += factor * last * last;
      if (summed) continue;
      for (let a = first[d]; a < first[d + 1]; a++) {
        const own = w[stratum[a]];
        const shrink = kappa * z[a];
        const to = a * width;
        for (let c = 0; c < p; c++) U[to + c] = q[a * p + c] - shrink * h[at + c];
        U[to + p] = r[a] - shrink * last;
        for (let c = 0; c <= p; c++) {
          const value = own * U[to + c];
          for (let e = 0; e <= c; e++) M[c * width + e] += value * U[to + e];
        }
      }
    }
    this.leastShare = leastShare;
    const qq = summed ? whole : rows.sums;
    const qr = summed ? rows.wholeQr : rows.sumsQr;
    const rr = summed ? rows.wholeRr : rows.sumsRr;
    for (let j = 0; j < strata; j++) {
      let from = j * triangle;
      for (let c = 0; c < p; c++) {
        for (let e = 0; e <= c; e++) M[c * width + e] += w[j] * qq[from++];
        M[p * width + c] += w[j] * qr[j * p + c];
      }
      M[p * width + p] += w[j] * rr[j];
    }
    return logDet;
  }

  /** Adds f_k. */
  addGradient({ covariance: C, shift: b, reml }: FixedPart, gradient: Float64Array, exact: boolean): void {
    const { rows, w, l, zeta, mu, h, eta, u, epsilon, hCh, squares, spread, shrunk, slopes, work, place } = this;
    const { p, strata, levels, starts, places, columns, counts, first, stratum, z, q, r } = rows;
    const g = l * l;
    const summed = !exact && rows.whole !== null;
    const spreads = exact || reml;
    this.addSums(b, C, spreads, summed);
    shrunk.fill(0);
    let along = 0;
    for (let d = 0; d < levels; d++) {
      const at = d * p;
      const kappa = g * mu[d];
      let sum = eta[d];
      for (let c = 0; c < p; c++) sum -= h[at + c] * b[c];
      epsilon[d] = sum;
      const effect = kappa * sum;
      let square = 0;
      if (spreads) {
        for (let c = 0; c < p; c++) {
          let product = 0;
          for (let e = 0; e < p; e++) product += C[c * p + e] * h[at + e];
          work[c] = product;
          square += product * h[at + c];
        }
      }
      hCh[d] = square;
      for (let a = first[d]; a < first[d + 1]; a++) {
        const j = stratum[a];
        let residual = r[a] - z[a] * effect;
        for (let c = 0; c < p; c++) residual -= q[a * p + c] * b[c];
        u[a] = residual;
        squares[j] += residual * residual;
        shrunk[j] += kappa * z[a] * z[a];
        if (!spreads) continue;
        if (summed) {
          // tr(C U U') - tr(C q q'), whose sum there is.
          let cross = 0;
          for (let c = 0; c < p; c++) cross += q[a * p + c] * work[c];
          const shrink = kappa * z[a];
          spread[j] += shrink * (shrink * square - 2 * cross);
        } else spread[j] += this.quadratic(C, a * (p + 1));
      }
      along += mu[d] * (zeta[d] - mu[d] * (sum * sum + (reml ? square : 0)));
    }
    for (let j = 0; j < strata; j++) {
      slopes[j] = counts[j] - w[j] * (shrunk[j] + squares[j] + (reml ? spread[j] : 0));
      for (let c = starts[j]; c < starts[j + 1]; c++) gradient[places[c]] += 2 * columns[c] * slopes[j];
    }
    if (place >= 0) gradient[place] += 2 * l * along;
    this.along = along;
  }

  /** z'Y z over the levels. */
  private along = 0;

  /** Parts of squares and spread of the rows behind sums (of all rows in spread where `summed`). */
  private addSums(b: Float64Array, C: Float64Array, spreads: boolean, summed: boolean): void {
    const { rows, squares, spread, sumsQe } = this;
    const { p, strata, triangle, sums, sumsQr, sumsRr, whole } = rows;
    const traced = summed && whole ? whole : sums;
    for (let j = 0; j < strata; j++) {
      const at = j * p;
      for (let c = 0; c < p; c++) sumsQe[at + c] = sumsQr[at + c];
      let from = j * triangle;
      let trace = 0;
      for (let c = 0; c < p; c++) {
        for (let e = 0; e < c; e++, from++) {
          sumsQe[at + c] -= sums[from] * b[e];
          sumsQe[at + e] -= sums[from] * b[c];
          if (spreads) trace += 2 * traced[from] * C[c * p + e];
        }
        sumsQe[at + c] -= sums[from] * b[c];
        trace += traced[from++] * C[c * p + c];
      }
      // r'r - 2 b'(q'r) + b'(q'q)b, with q'e there.
      let square = sumsRr[j];
      for (let c = 0; c < p; c++) square -= b[c] * (sumsQr[at + c] + sumsQe[at + c]);
      squares[j] = square;
      spread[j] = trace;
    }
  }

  /** U_a'C U_a. */
  private quadratic(C: Float64Array, at: number): number {
    const { U } = this;
    const { p } = this.rows;
    let sum = 0;
    for (let c = 0; c < p; c++) {
      let product = 0;
      for (let e = 0; e < c; e++) product += C[c * p + e] * U[at + e];
      sum += U[at + c] * (2 * product + C[c * p + c] * U[at + c]);
    }
    return sum;
  }

  /**
   * Adds, each times its factor, n tr(O V_k O V_l), tr(O V_k O V_l O T^e), tr(O V_k O V_l O spread) and <V_kl, Y>, after `addGradient`;
   * the third after an exact one.
   */
  addSecond({ covariance: C }: FixedPart, out: Float64Array, parts: SecondWeights): void {
    const { rows, count, place, w, l, zeta, mu, h, epsilon, hCh, squares, spread, shrunk, slopes } = this;
    const { L, work, tau, beta, alpha, touched } = this;
    const { p, strata, levels, starts, places, columns, counts } = rows;
    const { determinant, residual, spread: spreads, curvature } = parts;
    for (let j = 0; j < strata; j++) {
      const own =
        determinant * (counts[j] - 2 * w[j] * shrunk[j]) +
        w[j] * (residual * squares[j] + spreads * spread[j]) +
        curvature * slopes[j];
      for (let c = starts[j]; c < starts[j + 1]; c++) {
        const value = 4 * columns[c] * own;
        for (let e = starts[j]; e < starts[j + 1]; e++) out[places[c] * count + places[e]] += value * columns[e];
      }
    }
    if (place < 0) return;
    if (spreads !== 0 && p > 0) {
      L.set(C);
      choleskyInPlace(L, p);
    }
    let last = 2 * curvature * this.along;
    for (let d = 0; d < levels; d++) {
      const kappa = l * l * mu[d];
      this.fillLevel(d, spreads !== 0);
      if (spreads !== 0) {
        for (let i = 0; i < p; i++) work[i] = h[d * p + i];
        turn(L, work, 0, p);
      }
      const crossed = 2 * l * mu[d] * mu[d];
      for (let k = 0; k < place; k++) {
        if (touched[k] === 0) continue;
        let value = determinant * beta[k] + residual * epsilon[d] * alpha[k];
        if (spreads !== 0) {
          turn(L, tau, k * p, p);
          value += spreads * inner(tau, k * p, work, 0, p);
        }
        out[k * count + place] += crossed * value;
        out[place * count + k] += crossed * value;
        for (let e = 0; e <= k; e++) {
          if (touched[e] === 0) continue;
          let own = determinant * kappa * beta[k] * beta[e] - residual * alpha[k] * alpha[e];
          if (spreads !== 0) own -= spreads * inner(tau, k * p, tau, e * p, p);
          own *= kappa;
          out[k * count + e] += own;
          if (e < k) out[e * count + k] += own;
        }
      }
      last +=
        4 *
        l *
        l *
        mu[d] ** 2 *
        zeta[d] *
        (determinant * zeta[d] + mu[d] * (residual * epsilon[d] ** 2 + spreads * hCh[d]));
    }
    out[place * count + place] += last;
  }

  /** beta, alpha and tau of a level. */
  fillLevel(d: number, exact: boolean): void {
    const { rows, w, u, U, beta, alpha, tau, touched } = this;
    const { p, first, stratum, starts, places, columns, z } = rows;
    beta.fill(0);
    alpha.fill(0);
    touched.fill(0);
    if (exact) tau.fill(0);
    for (let a = first[d]; a < first[d + 1]; a++) {
      const j = stratum[a];
      const zw = z[a] * w[j];
      for (let c = starts[j]; c < starts[j + 1]; c++) {
        const k = places[c];
        const value = 2 * columns[c] * zw;
        touched[k] = 1;
        beta[k] += value * z[a];
        alpha[k] += value * u[a];
        if (!exact) continue;
        for (let i = 0; i < p; i++) tau[k * p + i] += value * U[a * (p + 1) + i];
      }
    }
  }

  /** Adds m_k, and M^k as packed triangles if it is wanted. */
  addChanges(crossed: Float64Array, triangles: Float64Array, exact: boolean): void {
    const { rows, place, w, l, mu, h, epsilon, u, U, sumsQe } = this;
    const { p, strata, levels, starts, places, columns, first, stratum, z, q, triangle, sums } = rows;
    for (let j = 0; j < strata; j++) {
      for (let c = starts[j]; c < starts[j + 1]; c++) {
        const value = 2 * columns[c] * w[j];
        const to = places[c] * p;
        for (let i = 0; i < p; i++) crossed[to + i] -= value * sumsQe[j * p + i];
        if (!exact) continue;
        const at = places[c] * triangle;
        for (let i = 0; i < triangle; i++) triangles[at + i] -= value * sums[j * triangle + i];
      }
    }
    for (let d = 0; d < levels; d++) {
      const kappa = l * l * mu[d];
      for (let a = first[d]; a < first[d + 1]; a++) {
        const j = stratum[a];
        const from = a * (p + 1);
        const shrink = kappa * z[a];
        if (!exact) for (let i = 0; i < p; i++) U[from + i] = q[a * p + i] - shrink * h[d * p + i];
        for (let c = starts[j]; c < starts[j + 1]; c++) {
          const value = 2 * columns[c] * w[j];
          const to = places[c] * p;
          const own = value * u[a];
          for (let i = 0; i < p; i++) crossed[to + i] -= own * U[from + i];
          if (!exact) continue;
          let at = places[c] * triangle;
          for (let i = 0; i < p; i++) {
            const product = value * U[from + i];
            for (let e = 0; e <= i; e++) triangles[at++] -= product * U[from + e];
          }
        }
      }
      if (place < 0) continue;
      const value = 2 * l * mu[d] * mu[d];
      for (let i = 0; i < p; i++) crossed[place * p + i] -= value * epsilon[d] * h[d * p + i];
      if (!exact) continue;
      let at = place * triangle;
      for (let i = 0; i < p; i++) {
        const product = value * h[d * p + i];
        for (let e = 0; e <= i; e++) triangles[at++] -= product * h[d * p + e];
      }
    }
  }
}

/** x becomes L'x; L lower triangular. */
function turn(L: Float64Array, x: Float64Array, at: number, p: number): void {
  for (let i = 0; i < p; i++) {
    let sum = 0;
    for (let c = i; c < p; c++) sum += L[c * p + i] * x[at + c];
    x[at + i] = sum;
  }
}
