/**
 * Second derivatives and changes of the coefficients of joined blocks (`joined-part.ts` has the symbols). With R_k and G_k the
 * derivatives of R and G, X = (x L, e) and omega weights of its columns, of a unit
 *
 *     D_k = sum_i u'R_k X,   J_k = sum_i u'R_k u,   Xi = Z'V^-1 (Q L, e),   Gamma = Z'V^-1 Z
 *     tr(V_k V^-1 V_l X omega X')
 *       R, R:  sum_i tr(R_k O R_l X omega X') - tr(D_k'H D_l omega)
 *       G, R:  sum_levels <G_k, K D_l omega Xi'>
 *       G, G:  sum_levels tr(G_k Gamma G_l Xi omega Xi')
 *     tr(V_k V^-1 V_l V^-1)
 *       R, R:  sum_i tr(R_k O R_l (O - 2 u H u')) + tr(J_k H J_l H)
 *       G, R:  sum_levels <G_k, K J_l K'>
 *       G, G:  sum_levels tr(G_k Gamma G_l Gamma)
 */
import type { BlockCovariance } from './block-covariance.ts';
import type { SecondWeights } from './block-products.ts';
import { addBlockTraces } from './block-traces.ts';
import { addRowProducts, subtractChanges } from './element-sums.ts';
import type { JoinedState, UnitState } from './joined-state.ts';
import { inner } from './matrix-products.ts';

export class JoinedSecond {
  private readonly part: JoinedState;
  /** One of each kind of frame whose structure has one second derivative. */
  private readonly curvatures: readonly BlockCovariance[];
  /** Parameters of R: those before the first of a term. */
  private readonly residual: number;
  private readonly F: Float64Array;
  private readonly B: Float64Array;
  private readonly D: Float64Array;
  private readonly J: Float64Array;
  private readonly product: Float64Array;
  /** Products of matrices of a unit, and of two levels of it. */
  private readonly half: Float64Array;
  private readonly whole: Float64Array;
  private readonly apart: Float64Array;
  private readonly theta: Float64Array;
  /** V^-1 X and V^-1 e of a subject. */
  private readonly rows: Float64Array;
  private readonly rest: Float64Array;
  /** Sums by element of the frames (`element-sums.ts`). */
  private readonly elements: readonly { readonly U: Float64Array; readonly Ue: Float64Array }[];
  /** By parameter of R and term: what meets dG, q x q. */
  private readonly crossed: readonly Float64Array[];

  constructor(part: JoinedState) {
    const { p, units, terms, count } = part;
    this.part = part;
    this.residual = terms.reduce((least, { offset }) => Math.min(least, offset), count);
    const kinds = new Map<string, BlockCovariance>();
    for (const { covariance: V } of units.frames) {
      const first = kinds.get(V.curvatureKey);
      if (first) V.shareCurvature(first);
      else kinds.set(V.curvatureKey, V);
    }
    this.curvatures = [...kinds.values()];
    const largest = units.patterns.reduce((most, { state }) => Math.max(most, state.block.size), 0);
    const widest = units.units.reduce((most, { width }) => Math.max(most, width), 0);
    this.F = new Float64Array(largest ** 2);
    this.B = new Float64Array(largest ** 2);
    this.D = new Float64Array(this.residual * widest * (p + 1));
    this.J = new Float64Array(this.residual * widest * widest);
    this.product = new Float64Array(Math.max(widest * (p + 1), largest));
    [this.half, this.whole] = [new Float64Array(widest ** 2), new Float64Array(widest ** 2)];
    const most = terms.reduce((sum, { q }) => Math.max(sum, q), 0);
    [this.apart, this.theta] = [new Float64Array(most ** 2), new Float64Array(most ** 2)];
    [this.rows, this.rest] = [new Float64Array(largest * p), new Float64Array(largest)];
    this.elements = units.frames.map(({ sums, covariance: { size } }) => {
      const pairs = (size * (size + 1)) / 2;
      return sums ?? { U: new Float64Array((pairs * p * (p + 1)) / 2), Ue: new Float64Array(pairs * p) };
    });
    this.crossed = terms.map(({ q }) => new Float64Array(this.residual * q * q));
  }

  /** Adds second derivatives, after the gradient at the same point, to a matrix over all parameters. */
  addSecond(weights: SecondWeights, out: Float64Array): void {
    const { part, crossed, residual, F } = this;
    const { units, terms, count, t } = part;
    const { determinant, curvature } = weights;
    if (curvature !== 0) {
      for (const V of this.curvatures) V.beginCurvature();
      for (const { covariance: V, Y } of units.frames) V.addCurvature(t, Y, out);
      for (const V of this.curvatures) V.endCurvature(t, out);
      for (const { covariance, Y } of terms) covariance.addCurvature(t, Y, out, count);
    }
    for (const { sums } of units.frames) sums?.G.fill(0);
    units.patterns.forEach(({ state: { block, inverse, places }, frame }, i) => {
      const { shrunk, square, spread } = part.sums[i];
      const size = block.size ** 2;
      for (let e = 0; e < size; e++) {
        F[e] = weights.residual * square[e] + weights.spread * spread[e];
        if (determinant !== 0) F[e] += determinant * (block.count * inverse[e] - 2 * shrunk[e]);
      }
      if (frame.sums) frame.sums.addQuadratic(inverse, F, block.size, places);
      else addBlockTraces(frame, inverse, F, this.B, out, count);
    });
    for (const { sums, covariance: V } of units.frames) sums?.contract(V.changes, V.places, out, count);
    for (const each of crossed) each.fill(0);
    for (const state of part.states) {
      this.formProducts(state, weights);
      this.addResidual(state, weights, out);
      this.addCrossed(state, weights);
      this.addTerms(state, weights, out);
    }
    terms.forEach(({ q, offset, parameters, changes }, e) => {
      for (let k = 0; k < parameters; k++) {
        for (let l = 0; l < residual; l++) {
          const value = inner(changes, k * q * q, crossed[e], l * q * q, q * q);
          out[(offset + k) * count + l] += value;
          out[l * count + offset + k] += value;
        }
      }
    });
  }

  /** D_k and, where the determinant counts, J_k of a unit. */
  private formProducts({ unit }: UnitState, { determinant, spread }: SecondWeights): void {
    const { D, J, product, residual, part } = this;
    const { p, turned, white } = part;
    const { width: w, subjects } = unit;
    const wide = p + 1;
    const first = spread === 0 ? p : 0;
    D.fill(0, 0, residual * w * wide);
    if (determinant !== 0) J.fill(0, 0, residual * w * w);
    for (const { size: m, columns, at, turned: from, frame, state } of subjects) {
      const { places, changes, size } = frame.covariance;
      const { types } = state;
      const c = columns.length;
      places.forEach((k, e) => {
        for (let i = 0; i < c; i++) {
          // A row of u'R_k.
          let any = false;
          for (let b = 0; b < m; b++) {
            let sum = 0;
            const row = (e * size + types[b]) * size;
            for (let a = 0; a < m; a++) sum += changes[row + types[a]] * turned[from + a * c + i];
            product[b] = sum;
            any ||= sum !== 0;
          }
          if (!any) continue;
          const to = (k * w + columns[i]) * wide;
          for (let b = 0; b < m; b++) {
            const value = product[b];
            if (value === 0) continue;
            const row = (at + b) * wide;
            for (let j = first; j < wide; j++) D[to + j] += value * white[row + j];
          }
          if (determinant === 0) continue;
          for (let l = 0; l < c; l++) {
            let sum = 0;
            for (let b = 0; b < m; b++) sum += product[b] * turned[from + b * c + l];
            J[(k * w + columns[i]) * w + columns[l]] += sum;
          }
        }
      });
    }
  }

  /** The part of a unit that is of two parameters of R. */
  private addResidual(
    { unit, H }: UnitState,
    { determinant, residual, spread }: SecondWeights,
    out: Float64Array,
  ): void {
    const { D, J, product, half, whole, residual: n, part } = this;
    const { p, count } = part;
    const { width: w } = unit;
    const wide = p + 1;
    const first = spread === 0 ? p : 0;
    for (let l = 0; l < n; l++) {
      product.fill(0, 0, w * wide); // H D_l omega
      for (let i = 0; i < w; i++) {
        for (let e = 0; e < w; e++) {
          const value = H[i * w + e];
          for (let j = first; j < p; j++) product[i * wide + j] += spread * value * D[(l * w + e) * wide + j];
          product[i * wide + p] += residual * value * D[(l * w + e) * wide + p];
        }
      }
      for (let k = 0; k <= l; k++) addBoth(out, count, k, l, -inner(D, k * w * wide, product, 0, w * wide));
    }
    if (determinant === 0) return;
    for (let l = 0; l < n; l++) {
      // H J_l H; with symmetric J_k one inner product each.
      multiplyInto(half, H, J, l * w * w, w);
      multiplyInto(whole, half, H, 0, w);
      for (let k = 0; k <= l; k++) addBoth(out, count, k, l, determinant * inner(J, k * w * w, whole, 0, w * w));
    }
  }

  /** What of a unit meets dG, by parameter of R. */
  private addCrossed({ unit, K, white }: UnitState, { determinant, residual, spread }: SecondWeights): void {
    const { D, J, crossed, half, residual: n, part } = this;
    const { p } = part;
    const { width: w, levels } = unit;
    const wide = p + 1;
    for (let k = 0; k < n; k++) {
      if (determinant !== 0) multiplyInto(half, K, J, k * w * w, w);
      for (const { term, q, at } of levels) {
        const own = crossed[term];
        for (let a = 0; a < q; a++) {
          for (let e = 0; e < w; e++) {
            const value = K[(at + a) * w + e];
            const from = (k * w + e) * wide;
            for (let b = 0; b < q; b++) {
              const row = (at + b) * wide;
              let sum = residual * D[from + p] * white[row + p];
              if (spread !== 0) sum += spread * inner(D, from, white, row, p);
              own[(k * q + a) * q + b] += value * sum;
            }
          }
          if (determinant === 0) continue;
          for (let b = 0; b < q; b++) {
            own[(k * q + a) * q + b] += determinant * inner(half, (at + a) * w, K, (at + b) * w, w);
          }
        }
      }
    }
  }

  /** The part of a unit that is of two parameters of terms. */
  private addTerms(
    { unit, inner: gamma, white }: UnitState,
    { determinant, residual, spread }: SecondWeights,
    out: Float64Array,
  ): void {
    const { part, apart, theta } = this;
    const { p, terms, count } = part;
    const { width: w, levels } = unit;
    const wide = p + 1;
    for (const a of levels) {
      for (const b of levels) {
        const [one, other] = [terms[a.term], terms[b.term]];
        const [q, r] = [a.q, b.q];
        // Gamma_ab, and (Xi omega Xi' + determinant Gamma)_ba.
        for (let i = 0; i < q; i++) {
          for (let j = 0; j < r; j++) {
            const [ri, rj] = [(a.at + i) * wide, (b.at + j) * wide];
            const own = gamma[(a.at + i) * w + b.at + j];
            apart[i * r + j] = own;
            theta[j * q + i] = determinant * own + residual * white[ri + p] * white[rj + p];
            if (spread !== 0) theta[j * q + i] += spread * inner(white, ri, white, rj, p);
          }
        }
        for (let k = 0; k < one.parameters; k++) {
          for (let l = 0; l < other.parameters; l++) {
            let sum = 0; // tr(G_k Gamma_ab G_l Theta_ba)
            for (let i = 0; i < q; i++) {
              for (let j = 0; j < r; j++) {
                let [left, right] = [0, 0];
                for (let e = 0; e < q; e++) left += one.changes[(k * q + i) * q + e] * apart[e * r + j];
                for (let e = 0; e < r; e++) right += other.changes[(l * r + j) * r + e] * theta[e * q + i];
                sum += left * right;
              }
            }
            out[(one.offset + k) * count + other.offset + l] += sum;
          }
        }
      }
    }
  }

  /** Subtracts x'V_k x from M^k (packed triangles; if `exact`) and x'V_k e from m_k. */
  addChanges(crossed: Float64Array, triangles: Float64Array, exact: boolean): void {
    const { part, rows, rest } = this;
    const { p, units, x, white, terms } = part;
    const wide = p + 1;
    const triangle = (p * (p + 1)) / 2;
    units.frames.forEach((frame, f) => {
      const { U, Ue } = this.elements[f];
      U.fill(0);
      Ue.fill(0);
      for (const { subjects } of units.units) {
        for (const { size: m, at, state, frame: own } of subjects) {
          if (own !== frame) continue;
          for (let a = 0; a < m; a++) {
            const from = (at + a) * wide;
            for (let i = 0; i < p; i++) rows[a * p + i] = x[from + i];
            rest[a] = white[from + p];
          }
          addRowProducts(rows, rest, m, p, state.places, exact ? U : null, Ue);
        }
      }
      subtractChanges(frame.covariance, U, Ue, p, crossed, exact ? triangles : null);
    });
    for (const { unit, products, white: own } of part.states) {
      for (const { term, q, at } of unit.levels) {
        const { offset, parameters, changes } = terms[term];
        for (let k = 0; k < parameters; k++) {
          for (let a = 0; a < q; a++) {
            for (let b = 0; b < q; b++) {
              const value = changes[(k * q + a) * q + b];
              if (value === 0) continue;
              const [ra, rb] = [(at + a) * wide, (at + b) * wide];
              let to = (offset + k) * triangle;
              for (let i = 0; i < p; i++) {
                const left = value * products[ra + i];
                crossed[(offset + k) * p + i] -= left * own[rb + p];
                if (exact) for (let j = 0; j <= i; j++) triangles[to++] -= left * products[rb + j];
              }
            }
          }
        }
      }
    }
  }
}

function addBoth(out: Float64Array, count: number, k: number, l: number, value: number): void {
  out[k * count + l] += value;
  if (k !== l) out[l * count + k] += value;
}

/** A B of w x w matrices. */
function multiplyInto(out: Float64Array, A: Float64Array, B: Float64Array, atB: number, w: number): void {
  out.fill(0, 0, w * w);
  for (let i = 0; i < w; i++) {
    for (let e = 0; e < w; e++) {
      const value = A[i * w + e];
      for (let j = 0; j < w; j++) out[i * w + j] += value * B[atB + e * w + j];
    }
  }
}
