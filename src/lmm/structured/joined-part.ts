/**
 * What blocks of several subjects that random effects join (`joined-units.ts`) add to the criterion and its gradient (symbols in
 * `blocks-objective.ts`). With O = R^-1 by pattern, y = (Q, r) and of each unit
 *
 *     u = O Z,  A = Z'u,  B = u'y,   G = F F',  N = I + F'A F,   H = F N^-1 F',  h = H B,   K = I - A H
 *
 *     V^-1 = O - u H u',     log|V| = log|R| + log|N|,     x = V^-1 y = O (y - Z h),     Z'V^-1 Z = K A,     Z'V^-1 y = Z'x
 *     y'V^-1 y = (y - Z h)'O (y - Z h) + v'v,  v = N^-1 F'B                      sums of positive terms, whatever G is
 *
 * so that no cost goes beyond the rows times those of a subject. The gradient meets R of a pattern in
 * Y = sum_i O - u H u' - e e' (- x C x'), e = V^-1 (r - Q b), and G of a term in the sum over its levels of Z'Y Z.
 */
import type { CovarianceBlock } from '../../moments/covariance-blocks.ts';
import { choleskyInPlace, inverseFromCholesky } from '../../numeric/cholesky.ts';
import { TermBlock } from './block-covariance.ts';
import type { FixedPart, LoadedResponse, SecondWeights } from './block-products.ts';
import type { CovarianceParameters } from './covariance-parameters.ts';
import { addJoinedAdjustment } from './joined-adjustment.ts';
import { JoinedSecond } from './joined-second.ts';
import type { JoinedState, JoinedTerm, PatternSums, UnitState } from './joined-state.ts';
import { type JoinedSubject, type JoinedUnit, type JoinedUnits, joinedUnits } from './joined-units.ts';
import { inner } from './matrix-products.ts';

export class JoinedPart implements JoinedState {
  readonly p: number;
  readonly count: number;
  readonly units: JoinedUnits;
  readonly states: readonly UnitState[];
  readonly sums: readonly PatternSums[];
  readonly terms: readonly JoinedTerm[];
  /** u by subject, x (rows x (p + 1)) and (x L, e) of the same shape. */
  readonly turned: Float64Array;
  readonly x: Float64Array;
  readonly white: Float64Array;
  /** t of the last `addProducts`. */
  readonly t: Float64Array;
  /** Least share of a row's variance that the rows before it do not tell. */
  leastShare = 1;
  private readonly second: JoinedSecond;
  private readonly work: Float64Array;
  private readonly L: Float64Array;
  private readonly A: Float64Array;
  private readonly N: Float64Array;
  private readonly B: Float64Array;
  private readonly h: Float64Array;
  private readonly rest: Float64Array;

  constructor(parameters: CovarianceParameters, blocks: readonly CovarianceBlock[], p: number) {
    const numbers = (length: number) => new Float64Array(length);
    this.p = p;
    this.count = parameters.count;
    this.units = joinedUnits(parameters, blocks, p);
    const { units, patterns, rows, turned } = this.units;
    this.states = units.map((unit) => {
      const square = unit.width ** 2;
      const wide = unit.width * (p + 1);
      const [H, K, own] = [square, square, square].map(numbers);
      return { unit, H, K, inner: own, products: numbers(wide), white: numbers(wide) };
    });
    this.sums = patterns.map(({ state }) => {
      const square = state.block.size ** 2;
      return { shrunk: numbers(square), square: numbers(square), spread: numbers(square) };
    });
    this.terms = parameters.terms.map((term) => {
      const { q, offset, parameters: own } = term;
      const z = numbers(q * q);
      for (let a = 0; a < q; a++) z[a * (q + 1)] = 1;
      const covariance = new TermBlock(term, q, { z, levels: new Int32Array(q), codes: new Int32Array(q) });
      const [G, F, Y] = [q * q, q * q, q * q].map(numbers);
      return { covariance, q, offset, parameters: own, G, F, Y, changes: numbers(own * q * q) };
    });
    this.turned = numbers(turned);
    this.x = numbers(rows * (p + 1));
    this.white = numbers(rows * (p + 1));
    this.t = numbers(parameters.count);
    const largest = patterns.reduce((most, { state }) => Math.max(most, state.block.size), 0);
    const widest = units.reduce((most, { width }) => Math.max(most, width), 0);
    this.L = numbers(p * p);
    [this.A, this.N] = [widest ** 2, widest ** 2].map(numbers);
    [this.B, this.h] = [widest * (p + 1), widest * (p + 1)].map(numbers);
    this.work = numbers(Math.max(largest ** 2, widest ** 2, widest * (p + 1)));
    this.rest = numbers(largest * (p + 1));
    this.second = new JoinedSecond(this);
  }

  /** Adds (Q, r)'V^-1 (Q, r) to M, lower triangle, and returns log|V|; NaN where V has no inverse. `log` is added to all log sds. */
  addProducts(t: Float64Array, log: number, response: LoadedResponse, M: Float64Array, withChanges: boolean): number {
    const { work, terms } = this;
    this.t.set(t);
    this.leastShare = 1;
    for (const { covariance, q, G, F, offset, parameters, changes } of terms) {
      G.fill(0);
      covariance.addTo(t, G);
      F.set(covariance.root(t));
      if (withChanges) for (let k = 0; k < parameters; k++) covariance.change(t, offset + k, changes, k * q * q);
    }
    let value = 0;
    for (const { covariance: V, members } of this.units.frames) {
      V.form(t, log, withChanges);
      for (const { block, inverse, types } of members) {
        const m = block.size;
        for (let a = 0; a < m; a++) {
          for (let b = 0; b <= a; b++) work[a * m + b] = V.V[types[a] * V.size + types[b]];
        }
        const logDet = choleskyInPlace(work, m);
        if (Number.isNaN(logDet)) return Number.NaN;
        for (let a = 0; a < m; a++) {
          const share = work[a * m + a] ** 2 / V.V[types[a] * (V.size + 1)];
          if (share < this.leastShare) this.leastShare = share;
        }
        inverseFromCholesky(work, m, inverse);
        value += block.count * logDet;
      }
    }
    for (const state of this.states) value += this.addUnit(state, response, M);
    return value;
  }

  /** Fills a unit's state and x of its subjects; returns log|N|. */
  private addUnit(state: UnitState, response: LoadedResponse, M: Float64Array): number {
    const { A, N, B, h, rest, work, p, turned, x } = this;
    const { unit, H, K, products } = state;
    const { width: w, subjects } = unit;
    const wide = p + 1;
    A.fill(0, 0, w * w);
    B.fill(0, 0, w * wide);
    for (const subject of subjects) {
      const { size: m, columns, z, turned: at } = subject;
      const O = subject.state.inverse;
      const c = columns.length;
      this.fillRows(subject, response);
      for (let a = 0; a < m; a++) {
        for (let i = 0; i < c; i++) {
          let sum = 0;
          for (let b = 0; b < m; b++) sum += O[a * m + b] * z[b * c + i];
          turned[at + a * c + i] = sum;
          const to = columns[i];
          for (let e = 0; e < wide; e++) B[to * wide + e] += sum * rest[a * wide + e];
          for (let l = 0; l < c; l++) A[columns[l] * w + to] += z[a * c + l] * sum;
        }
      }
    }
    // N = I + F'A F and H = F N^-1 F'.
    this.multiplyRoot(unit, A, w, true, work);
    transpose(work, w, N);
    this.multiplyRoot(unit, N, w, true, work);
    for (let i = 0; i < w * w; i++) N[i] = work[i];
    for (let i = 0; i < w; i++) N[i * (w + 1)] += 1;
    const logDet = choleskyInPlace(N, w);
    if (Number.isNaN(logDet)) return Number.NaN;
    inverseFromCholesky(N, w, K);
    // v = N^-1 F'B; its squares belong to M.
    this.multiplyRoot(unit, B, wide, true, work);
    for (let i = 0; i < w; i++) {
      for (let e = 0; e < wide; e++) {
        let sum = 0;
        for (let l = 0; l < w; l++) sum += K[i * w + l] * work[l * wide + e];
        h[i * wide + e] = sum;
      }
    }
    for (let i = 0; i < w; i++) addSquare(M, h, i * wide, h, i * wide, wide);
    this.multiplyRoot(unit, h, wide, false, work);
    h.set(work.subarray(0, w * wide));
    this.multiplyRoot(unit, K, w, false, work);
    transpose(work, w, N);
    this.multiplyRoot(unit, N, w, false, H);
    // K = I - A H and Z'V^-1 Z = K A.
    for (let i = 0; i < w; i++) {
      for (let l = 0; l < w; l++) {
        let sum = i === l ? 1 : 0;
        for (let e = 0; e < w; e++) sum -= A[i * w + e] * H[e * w + l];
        K[i * w + l] = sum;
      }
    }
    for (let i = 0; i < w; i++) {
      for (let l = 0; l <= i; l++) {
        let sum = 0;
        for (let e = 0; e < w; e++) sum += K[i * w + e] * A[e * w + l];
        state.inner[i * w + l] = sum;
        state.inner[l * w + i] = sum;
      }
    }
    products.fill(0);
    for (const subject of subjects) {
      const { size: m, columns, z, at } = subject;
      const O = subject.state.inverse;
      const c = columns.length;
      this.fillRows(subject, response);
      for (let a = 0; a < m; a++) {
        for (let i = 0; i < c; i++) {
          const value = z[a * c + i];
          if (value === 0) continue;
          for (let e = 0; e < wide; e++) rest[a * wide + e] -= value * h[columns[i] * wide + e];
        }
      }
      for (let a = 0; a < m; a++) {
        const to = (at + a) * wide;
        x.fill(0, to, to + wide);
        for (let b = 0; b < m; b++) {
          const value = O[a * m + b];
          for (let e = 0; e < wide; e++) x[to + e] += value * rest[b * wide + e];
        }
        addSquare(M, rest, a * wide, x, to, wide);
        for (let i = 0; i < c; i++) {
          const value = z[a * c + i];
          for (let e = 0; e < wide; e++) products[columns[i] * wide + e] += value * x[to + e];
        }
      }
    }
    return logDet;
  }

  /** (Q, r) of a subject into `rest`. */
  private fillRows({ block, q, data: own, size }: JoinedSubject, { data, from, scale }: LoadedResponse): void {
    const { p, rest } = this;
    for (let a = 0; a < size; a++) {
      for (let c = 0; c < p; c++) rest[a * (p + 1) + c] = block.q[(q + a) * p + c];
      rest[a * (p + 1) + p] = scale * data[from + own + a];
    }
  }

  /** F X or F'X of a matrix with a row a column of the unit. */
  private multiplyRoot({ levels }: JoinedUnit, X: Float64Array, wide: number, turn: boolean, out: Float64Array): void {
    for (const { term, q, at } of levels) {
      const { F } = this.terms[term];
      for (let i = 0; i < q; i++) {
        const to = (at + i) * wide;
        out.fill(0, to, to + wide);
        for (let l = 0; l < q; l++) {
          const value = turn ? F[l * q + i] : F[i * q + l];
          if (value === 0) continue;
          for (let e = 0; e < wide; e++) out[to + e] += value * X[(at + l) * wide + e];
        }
      }
    }
  }

  /** Adds to the gradient, after `addProducts` with changes. */
  addGradient({ covariance: C, shift, reml }: FixedPart, gradient: Float64Array): void {
    const { p, L, turned, white, x, units, sums } = this;
    const wide = p + 1;
    L.set(C);
    if (p > 0) choleskyInPlace(L, p);
    for (let i = 0; i < p; i++) L.fill(0, i * p + i + 1, (i + 1) * p);
    const whiten = (from: Float64Array, to: Float64Array, rows: number) => {
      for (let a = 0; a < rows; a++) {
        const at = a * wide;
        let rest = from[at + p];
        for (let i = 0; i < p; i++) {
          rest -= from[at + i] * shift[i];
          let sum = 0;
          for (let c = i; c < p; c++) sum += from[at + c] * L[c * p + i];
          to[at + i] = sum;
        }
        to[at + p] = rest;
      }
    };
    whiten(x, white, units.rows);
    for (const { shrunk, square, spread } of sums) for (const each of [shrunk, square, spread]) each.fill(0);
    for (const { unit, H, products, white: own } of this.states) {
      const { width: w, subjects } = unit;
      whiten(products, own, w);
      for (const { pattern, size: m, columns, at, turned: first } of subjects) {
        const { shrunk, square, spread } = sums[pattern];
        const c = columns.length;
        for (let a = 0; a < m; a++) {
          const ra = (at + a) * wide;
          for (let i = 0; i < c; i++) {
            let along = 0; // (u H)_a
            for (let l = 0; l < c; l++) along += turned[first + a * c + l] * H[columns[l] * w + columns[i]];
            for (let b = 0; b < m; b++) shrunk[a * m + b] += along * turned[first + b * c + i];
          }
          for (let b = 0; b <= a; b++) {
            const rb = (at + b) * wide;
            const trace = inner(white, ra, white, rb, p);
            const product = white[ra + p] * white[rb + p];
            square[a * m + b] += product;
            spread[a * m + b] += trace;
            if (b === a) continue;
            square[b * m + a] += product;
            spread[b * m + a] += trace;
          }
        }
      }
    }
    for (const { Y } of units.frames) Y.fill(0);
    units.patterns.forEach(({ state: { block, inverse, Y, types }, frame }, i) => {
      const { shrunk, square, spread } = sums[i];
      const m = block.size;
      for (let a = 0; a < m; a++) {
        for (let b = 0; b < m; b++) {
          const at = a * m + b;
          Y[at] = block.count * inverse[at] - shrunk[at] - square[at] - (reml ? spread[at] : 0);
          frame.Y[types[a] * frame.covariance.size + types[b]] += Y[at];
        }
      }
    });
    for (const { covariance: V, Y } of units.frames) {
      const square = V.size ** 2;
      V.places.forEach((k, e) => {
        gradient[k] += inner(V.changes, e * square, Y, 0, square);
      });
    }
    for (const { Y } of this.terms) Y.fill(0);
    for (const { unit, inner: own, white: products } of this.states) {
      for (const { term, q, at } of unit.levels) {
        const { Y } = this.terms[term];
        for (let i = 0; i < q; i++) {
          for (let l = 0; l < q; l++) {
            const [ri, rl] = [(at + i) * wide, (at + l) * wide];
            const square = products[ri + p] * products[rl + p];
            Y[i * q + l] +=
              own[(at + i) * unit.width + at + l] - square - (reml ? inner(products, ri, products, rl, p) : 0);
          }
        }
      }
    }
    for (const { q, offset, parameters, changes, Y } of this.terms) {
      for (let k = 0; k < parameters; k++) gradient[offset + k] += inner(changes, k * q * q, Y, 0, q * q);
    }
  }

  /** Adds second derivatives, after the gradient at the same point, to a matrix over all parameters. */
  addSecond(weights: SecondWeights, out: Float64Array): void {
    this.second.addSecond(weights, out);
  }

  /** Subtracts x'V_k x from M^k (packed triangles; if `exact`) and x'V_k e from m_k. */
  addChanges(crossed: Float64Array, triangles: Float64Array, exact: boolean): void {
    this.second.addChanges(crossed, triangles, exact);
  }

  /** Adds sum_kl W_kl x'V_k V^-1 V_l x to a p x p matrix. */
  addAdjustment(W: Float64Array, out: Float64Array): void {
    addJoinedAdjustment(this, W, out);
  }
}

/** Adds a b' to the lower triangle of M. */
function addSquare(M: Float64Array, a: Float64Array, atA: number, b: Float64Array, atB: number, wide: number): void {
  for (let c = 0; c < wide; c++) {
    const value = a[atA + c];
    for (let e = 0; e <= c; e++) M[c * wide + e] += value * b[atB + e];
  }
}

function transpose(A: Float64Array, w: number, out: Float64Array): void {
  for (let i = 0; i < w; i++) for (let l = 0; l < w; l++) out[i * w + l] = A[l * w + i];
}
