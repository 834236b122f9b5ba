import type { DesignMoments, ResponseMoments } from '../../moments/moments.ts';
import { backwardSolve, choleskyInPlace, forwardSolve } from '../../numeric/cholesky.ts';
import { choleskyLarge, dot, inverseLarge, multiplyTransposed } from '../../numeric/dense.ts';
import { type BorderFactor, scaleBorder, scaleBorderBack } from './border-scaling.ts';
import { type Elimination, eliminationOrder } from './elimination.ts';
import { type CovarianceObjective, termSlots } from './objective.ts';
import { type FactorBasis, PairTraces } from './pair-traces.ts';

/**
 * Objective for several grouping factors, nested or crossed. The factor with most levels is eliminated level by level
 * as in the block path; with V1 = I + Z1 G1 Z1' and the border W = [Z2 X], M = W'V1^-1 W,
 *
 *     Omega = [ I + L2'M_zz L2   L2'M_zx ]      Xi = [L2 0; 0 I] Omega^-1 [L2' 0; 0 I]
 *             [ M_xz L2          M_xx    ]      P  = V1^-1 - V1^-1 W Xi W'V1^-1
 *
 * so that log|V|, log|X'V^-1 X| and S come out of one Cholesky of Omega, and Z'P Z out of its inverse. Levels of the
 * eliminated factor touch few border columns, and only those are visited.
 */
export class CrossedObjective implements CovarianceObjective {
  readonly slots;
  readonly squares: number;
  readonly bases: number;
  readonly d: number;
  S = Number.NaN;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  readonly changeOfS: Float64Array;
  readonly covariance: Float64Array;
  readonly changeOfInformation: Float64Array;
  readonly shift: Float64Array;

  private readonly reml: boolean;
  private readonly p: number;
  private readonly order: Elimination;
  /** Terms of each factor: slot, and column within the factor. */
  private readonly parts: readonly FactorBasis[];
  private readonly border: readonly BorderFactor[];
  /** First column of each factor among all columns of Z. */
  private readonly offsets: readonly number[];
  private readonly full: Float64Array;
  // The loaded response.
  private readonly reduced: Float64Array; // Q_i'r, J x q
  private readonly restY: Float64Array;
  private restYy = 0;
  // Left by the sweep over the levels.
  private readonly E: Float64Array; // F^-1/2 R, J x q x q
  private readonly B: Float64Array; // Z_i'V_i^-1 W on the touched columns
  private readonly u: Float64Array; // Z_i'V_i^-1 r
  private readonly M: Float64Array;
  private readonly v: Float64Array;
  private readonly omega: Float64Array;
  private readonly solution: Float64Array;
  private readonly xi: Float64Array;
  private readonly work: Float64Array;
  private readonly MX: Float64Array;

  constructor(design: DesignMoments, method: 'REML' | 'ML') {
    const { n, p, terms, factors } = design;
    const { slots, squares, bases } = termSlots(terms.map((term) => term.q));
    this.slots = slots;
    this.squares = squares;
    this.bases = bases;
    this.reml = method === 'REML';
    this.d = this.reml ? n - p : n;
    this.p = p;
    const order = eliminationOrder(design);
    this.order = order;
    this.offsets = factors.map((factor) => factor.offset);
    this.parts = factors.map((factor, f) => ({
      q: factor.q,
      terms: terms.flatMap((term, t) => (term.factor === f ? [{ slot: slots[t], column: term.column }] : [])),
    }));
    this.border = order.others.map(({ offset, q, levels }) => ({ offset, q, levels, factor: new Float64Array(q * q) }));
    const { q, levels, pointers, border, zColumns } = order;
    const numbers = (length: number) => new Float64Array(length);
    this.gradient = numbers(squares);
    this.hessian = numbers(bases * bases);
    this.changeOfS = numbers(bases);
    this.covariance = numbers(p * p);
    this.changeOfInformation = numbers(bases * p * p);
    this.shift = numbers(p);
    this.full = numbers(q * q);
    this.reduced = numbers(levels * q);
    this.restY = numbers(border);
    this.E = numbers(levels * q * q);
    this.B = numbers(pointers[levels] * q);
    this.u = numbers(levels * q);
    this.M = numbers(border * border);
    this.v = numbers(border);
    this.omega = numbers(border * border);
    this.solution = numbers(border);
    this.xi = numbers(border * border);
    this.work = numbers(border * border);
    this.MX = numbers(zColumns * border);
  }

  load(responses: ResponseMoments, k: number, totalColumns: number): void {
    const { order, restY, reduced } = this;
    const { q, levels, pointers, touched, N } = order;
    const from = k * totalColumns;
    restY.fill(0);
    for (const { factor, offset, q: size, levels: count } of order.others) {
      const at = from + this.offsets[factor];
      for (let i = 0; i < size * count; i++) restY[offset + i] = responses.ztr[at + i];
    }
    const own = this.offsets[order.factor];
    let explained = 0;
    for (let i = 0; i < levels; i++) {
      order.project(responses.ztr, from + own + i * q, i, reduced, i * q);
      const width = pointers[i + 1] - pointers[i];
      for (let a = 0; a < q; a++) {
        const r = reduced[i * q + a];
        explained += r * r;
        const at = pointers[i] * q + a * width;
        for (let c = 0; c < width; c++) restY[touched[pointers[i] + c]] -= N[at + c] * r;
      }
    }
    this.restYy = Math.max(0, responses.rss[k] - explained);
  }

  get within(): number {
    return this.restYy;
  }

  evaluate(lambda: Float64Array): number {
    const { order, p, omega, M, v, solution, shift } = this;
    const { border, zColumns } = order;
    this.placeFactors(lambda);
    const swept = this.sweepLevels();
    if (!Number.isFinite(swept.logDet)) return Number.NaN;
    omega.set(M);
    solution.set(v);
    scaleBorder(this.border, omega, solution, border);
    for (let i = 0; i < zColumns; i++) omega[i * border + i] += 1;
    const positive =
      border > 48 ? choleskyLarge(omega, border) : Number.isFinite(choleskyInPlace(omega, border));
    if (!positive) return Number.NaN;
    let logDet = swept.logDet;
    let logDetX = 0;
    for (let i = 0; i < border; i++) {
      const log = 2 * Math.log(omega[i * border + i]);
      if (i < zColumns) logDet += log;
      else logDetX += log;
    }
    forwardSolve(omega, border, solution);
    let S = swept.quadratic;
    for (let i = 0; i < border; i++) S -= solution[i] * solution[i];
    this.S = S;
    if (!(S > 0)) return Number.NaN;
    backwardSolve(omega, border, solution);
    for (let a = 0; a < p; a++) shift[a] = solution[zColumns + a];
    this.differentiate();
    return logDet + (this.reml ? logDetX : 0) + this.d * Math.log(S);
  }

  conditional(): { projected: Float64Array; information: Float64Array }[] {
    const { order, parts, omega, xi, work, M, MX, B, E } = this;
    const { q, levels, pointers, touched, border, zColumns } = order;
    const { byFactor } = this.projectedResponse();
    xi.fill(0);
    inverseLarge(omega, border, xi, work, zColumns);
    scaleBorderBack(this.border, xi, null, border);
    multiplyTransposed(M, border, xi, border, zColumns, border, border, MX, border);
    return parts.map((part, f) => {
      const other = order.others.find((entry) => entry.factor === f);
      const count = other ? other.levels : levels;
      const size = part.q;
      const information = new Float64Array(count * size * size);
      for (let i = 0; i < count; i++) {
        const width = other ? 0 : pointers[i + 1] - pointers[i];
        for (let a = 0; a < size; a++) {
          for (let b = 0; b < size; b++) {
            let sum = 0;
            if (other) {
              const row = other.offset + i * size + a;
              const column = other.offset + i * size + b;
              sum = M[row * border + column] - dot(MX, row * border, M, column * border, border);
            } else {
              for (let l = 0; l < q; l++) sum += E[(i * q + l) * q + a] * E[(i * q + l) * q + b];
              const from = pointers[i] * q;
              for (let c = 0; c < width; c++) {
                const left = B[from + a * width + c];
                if (left === 0) continue;
                const row = touched[pointers[i] + c] * border;
                for (let e = 0; e < width; e++) {
                  sum -= left * xi[row + touched[pointers[i] + e]] * B[from + b * width + e];
                }
              }
            }
            information[(i * size + a) * size + b] = sum;
          }
        }
      }
      return { projected: byFactor[f], information };
    });
  }

  private placeFactors(lambda: Float64Array): void {
    this.parts.forEach((part, f) => {
      const k = this.order.others.findIndex((entry) => entry.factor === f);
      const full = k < 0 ? this.full : this.border[k].factor;
      full.fill(0);
      for (const { slot, column } of part.terms) {
        for (let a = 0; a < slot.q; a++) {
          for (let b = 0; b < slot.q; b++) {
            full[(column + a) * part.q + column + b] = lambda[slot.square + a * slot.q + b];
          }
        }
      }
    });
  }

  /** Eliminates the levels: E, B, u, and M = W'V1^-1 W, v = W'V1^-1 r. */
  private sweepLevels(): { logDet: number; quadratic: number } {
    const { order, full, E, B, u, M, v } = this;
    const { q, levels, pointers, touched, R, N, border } = order;
    M.set(order.rest);
    v.set(this.restY);
    let logDet = 0;
    let quadratic = this.restYy;
    const K = new Float64Array(q * q);
    const F = new Float64Array(q * q);
    const y = new Float64Array(q);
    let widest = 0;
    for (let i = 0; i < levels; i++) widest = Math.max(widest, pointers[i + 1] - pointers[i]);
    const Y = new Float64Array(q * widest);
    for (let i = 0; i < levels; i++) {
      const r = i * q * q;
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) {
          let sum = 0;
          for (let l = 0; l < q; l++) sum += R[r + a * q + l] * full[l * q + b];
          K[a * q + b] = sum;
        }
      }
      for (let a = 0; a < q; a++) {
        for (let b = 0; b <= a; b++) {
          let sum = a === b ? 1 : 0;
          for (let l = 0; l < q; l++) sum += K[a * q + l] * K[b * q + l];
          F[a * q + b] = sum;
        }
      }
      logDet += choleskyInPlace(F, q);
      const width = pointers[i + 1] - pointers[i];
      const at = pointers[i] * q;
      for (let c = 0; c < q * width; c++) Y[c] = N[at + c];
      for (let c = 0; c < width; c++) forwardSolve(F, q, Y, c, width);
      for (let a = 0; a < q * q; a++) E[r + a] = R[r + a];
      for (let b = 0; b < q; b++) forwardSolve(F, q, E, r + b, q);
      for (let a = 0; a < q; a++) y[a] = this.reduced[i * q + a];
      forwardSolve(F, q, y);
      for (let a = 0; a < q; a++) {
        quadratic += y[a] * y[a];
        let sum = 0;
        for (let l = 0; l < q; l++) sum += E[r + l * q + a] * y[l];
        u[i * q + a] = sum;
        for (let c = 0; c < width; c++) {
          let value = 0;
          for (let l = 0; l < q; l++) value += E[r + l * q + a] * Y[l * width + c];
          B[at + a * width + c] = value;
          const yc = Y[a * width + c];
          if (yc === 0) continue;
          const column = touched[pointers[i] + c];
          v[column] += yc * y[a];
          for (let e = 0; e < width; e++) M[column * border + touched[pointers[i] + e]] += yc * Y[a * width + e];
        }
      }
    }
    return { logDet, quadratic };
  }

  private differentiate(): void {
    const { order, p, reml, omega, xi, work, M, MX, covariance, bases, hessian, d, S } = this;
    const { border, zColumns } = order;
    inverseLarge(omega, border, xi, work);
    for (let a = 0; a < p; a++) {
      for (let b = 0; b < p; b++) covariance[a * p + b] = xi[(zColumns + a) * border + zColumns + b];
    }
    scaleBorderBack(this.border, xi, this.solution, border);
    const t = this.projectedResponse();
    this.informationChanges();
    const second = this.quadraticSecond(t);
    // Trace part: Z'P Z for REML, Z'V^-1 Z for ML, whose Xi has no columns of X.
    if (!reml) {
      xi.fill(0);
      inverseLarge(omega, border, xi, work, zColumns);
      scaleBorderBack(this.border, xi, null, border);
    }
    multiplyTransposed(M, border, xi, border, zColumns, border, border, MX, border);
    const traces = new PairTraces(this.parts, bases);
    this.sumPairs(traces);
    this.gradient.fill(0);
    for (let f = 0; f < this.parts.length; f++) {
      for (const { slot, column } of this.parts[f].terms) {
        const q = this.parts[f].q;
        for (let a = 0; a < slot.q; a++) {
          for (let b = 0; b < slot.q; b++) {
            const at = (column + a) * q + column + b;
            this.gradient[slot.square + a * slot.q + b] = traces.diagonal[f][at] - (d * t.products[f][at]) / S;
          }
        }
      }
    }
    for (let e = 0; e < bases; e++) {
      for (let f = 0; f < bases; f++) {
        const curvature = second[e * bases + f] / S - (this.changeOfS[e] * this.changeOfS[f]) / (S * S);
        hessian[e * bases + f] = d * curvature - traces.squares[e * bases + f];
      }
    }
  }

  /** Z'P r by factor (levels x q), and sum t t' of each. Also fills changeOfS. */
  private projectedResponse(): { byFactor: Float64Array[]; products: Float64Array[] } {
    const { order, parts, B, u, M, v, solution, changeOfS } = this;
    const { q, levels, pointers, touched, border } = order;
    const byFactor = parts.map((part, f) => {
      const other = order.others.find((entry) => entry.factor === f);
      const t = new Float64Array((other ? other.levels : levels) * part.q);
      if (other) {
        for (let i = 0; i < t.length; i++) {
          t[i] = v[other.offset + i] - dot(M, (other.offset + i) * border, solution, 0, border);
        }
        return t;
      }
      for (let i = 0; i < levels; i++) {
        const width = pointers[i + 1] - pointers[i];
        for (let a = 0; a < q; a++) {
          let sum = u[i * q + a];
          const at = pointers[i] * q + a * width;
          for (let c = 0; c < width; c++) sum -= B[at + c] * solution[touched[pointers[i] + c]];
          t[i * q + a] = sum;
        }
      }
      return t;
    });
    const products = parts.map((part, f) => {
      const t = byFactor[f];
      const out = new Float64Array(part.q * part.q);
      for (let i = 0; i < t.length; i += part.q) {
        for (let a = 0; a < part.q; a++) for (let b = 0; b < part.q; b++) out[a * part.q + b] += t[i + a] * t[i + b];
      }
      return out;
    });
    parts.forEach((part, f) => {
      for (const { slot, column } of part.terms) {
        let e = slot.basis;
        for (let a = 0; a < slot.q; a++) {
          for (let b = 0; b <= a; b++) {
            changeOfS[e++] = -(a === b ? 1 : 2) * products[f][(column + a) * part.q + column + b];
          }
        }
      }
    });
    return { byFactor, products };
  }

  /** X'V^-1 V_e V^-1 X = sum over levels of (Z_i'V^-1 X)' E_e (Z_i'V^-1 X). */
  private informationChanges(): void {
    const { order, parts, p, B, M, xi, omega, changeOfInformation: H } = this;
    const { q, levels, pointers, touched, border, zColumns } = order;
    H.fill(0);
    // D = L2 (I + L2'M_zz L2)^-1 L2'M_zx = -Xi_zx (X'V^-1 X), the latter from the last block of the Cholesky factor.
    const information = new Float64Array(p * p);
    for (let a = 0; a < p; a++) {
      for (let b = 0; b < p; b++) {
        for (let l = 0; l <= Math.min(a, b); l++) {
          information[a * p + b] +=
            omega[(zColumns + a) * border + zColumns + l] * omega[(zColumns + b) * border + zColumns + l];
        }
      }
    }
    const D = new Float64Array(border * p); // rows of X: the identity with its sign turned, so that B D is what is taken off
    for (let i = 0; i < zColumns; i++) {
      for (let a = 0; a < p; a++) {
        let sum = 0;
        for (let b = 0; b < p; b++) sum -= xi[i * border + zColumns + b] * information[b * p + a];
        D[i * p + a] = sum;
      }
    }
    for (let a = 0; a < p; a++) D[(zColumns + a) * p + a] = -1;
    parts.forEach((part, f) => {
      const other = order.others.find((entry) => entry.factor === f);
      const count = other ? other.levels : levels;
      const G = new Float64Array(part.q * p);
      for (let i = 0; i < count; i++) {
        G.fill(0);
        for (let a = 0; a < part.q; a++) {
          if (other) {
            const row = (other.offset + i * part.q + a) * border;
            for (let l = 0; l < border; l++) {
              const m = M[row + l];
              if (m !== 0) for (let k = 0; k < p; k++) G[a * p + k] -= m * D[l * p + k];
            }
          } else {
            const width = pointers[i + 1] - pointers[i];
            const at = pointers[i] * q + a * width;
            for (let c = 0; c < width; c++) {
              const l = touched[pointers[i] + c];
              for (let k = 0; k < p; k++) G[a * p + k] -= B[at + c] * D[l * p + k];
            }
          }
        }
        for (const { slot, column } of part.terms) {
          let e = slot.basis;
          for (let a = 0; a < slot.q; a++) {
            for (let b = 0; b <= a; b++, e++) {
              const ra = (column + a) * p;
              const rb = (column + b) * p;
              for (let k = 0; k < p; k++) {
                for (let l = 0; l < p; l++) {
                  H[(e * p + k) * p + l] +=
                    a === b ? G[ra + k] * G[ra + l] : G[ra + k] * G[rb + l] + G[rb + k] * G[ra + l];
                }
              }
            }
          }
        }
      }
    });
  }

  /** 2 (E_e t)'Z'P Z(E_f t) for all pairs of basis elements. */
  private quadraticSecond(t: { byFactor: Float64Array[] }): Float64Array {
    const { order, parts, bases, B, E, M, xi } = this;
    const { q, levels, pointers, touched, border, zColumns } = order;
    const direct: { vector: Float64Array; factor: number; c: Float64Array; xc: Float64Array }[] = new Array(bases);
    parts.forEach((part, f) => {
      const other = order.others.find((entry) => entry.factor === f);
      for (const { slot, column } of part.terms) {
        let e = slot.basis;
        for (let a = 0; a < slot.q; a++) {
          for (let b = 0; b <= a; b++, e++) {
            const source = t.byFactor[f];
            const vector = new Float64Array(source.length);
            for (let i = 0; i < source.length; i += part.q) {
              vector[i + column + a] += source[i + column + b];
              if (a !== b) vector[i + column + b] += source[i + column + a];
            }
            const c = new Float64Array(border);
            if (other) {
              for (let l = 0; l < border; l++) c[l] = dot(M, l * border + other.offset, vector, 0, vector.length);
            } else {
              for (let i = 0; i < levels; i++) {
                const width = pointers[i + 1] - pointers[i];
                for (let k = 0; k < q; k++) {
                  const x = vector[i * q + k];
                  if (x === 0) continue;
                  const at = pointers[i] * q + k * width;
                  for (let w = 0; w < width; w++) c[touched[pointers[i] + w]] += B[at + w] * x;
                }
              }
            }
            const xc = new Float64Array(border);
            for (let l = 0; l < border; l++) xc[l] = dot(xi, l * border, c, 0, border);
            direct[e] = { vector, factor: f, c, xc };
          }
        }
      }
    });
    const out = new Float64Array(bases * bases);
    for (let e = 0; e < bases; e++) {
      for (let f = 0; f <= e; f++) {
        const x = direct[e];
        const y = direct[f];
        const xOther = order.others.find((entry) => entry.factor === x.factor);
        const yOther = order.others.find((entry) => entry.factor === y.factor);
        let sum = 0;
        if (yOther) sum = dot(x.c, yOther.offset, y.vector, 0, y.vector.length);
        else if (xOther) sum = dot(y.c, xOther.offset, x.vector, 0, x.vector.length);
        else {
          for (let i = 0; i < levels; i++) {
            for (let l = 0; l < q; l++) {
              let left = 0;
              let right = 0;
              for (let a = 0; a < q; a++) {
                left += E[(i * q + l) * q + a] * x.vector[i * q + a];
                right += E[(i * q + l) * q + a] * y.vector[i * q + a];
              }
              sum += left * right;
            }
          }
        }
        sum -= dot(x.c, 0, y.xc, 0, zColumns + this.p);
        out[e * bases + f] = 2 * sum;
        out[f * bases + e] = 2 * sum;
      }
    }
    return out;
  }

  /** Visits every pair of levels with its block of Z'P Z. */
  private sumPairs(traces: PairTraces): void {
    const { order, B, E, M, MX, xi, work } = this;
    const { q, levels, pointers, touched, border, zColumns, factor } = order;
    const block = new Float64Array(q * q);
    const row = new Float64Array(q * border);
    for (let i = 0; i < levels; i++) {
      const width = pointers[i + 1] - pointers[i];
      row.fill(0);
      for (let a = 0; a < q; a++) {
        for (let c = 0; c < width; c++) {
          const value = B[pointers[i] * q + a * width + c];
          if (value === 0) continue;
          const from = touched[pointers[i] + c] * border;
          for (let l = 0; l < border; l++) row[a * border + l] += value * xi[from + l];
        }
      }
      for (let k = 0; k <= i; k++) {
        const other = pointers[k + 1] - pointers[k];
        for (let a = 0; a < q; a++) {
          for (let b = 0; b < q; b++) {
            let sum = 0;
            if (i === k) for (let l = 0; l < q; l++) sum += E[(i * q + l) * q + a] * E[(i * q + l) * q + b];
            const at = pointers[k] * q + b * other;
            for (let c = 0; c < other; c++) sum -= row[a * border + touched[pointers[k] + c]] * B[at + c];
            block[a * q + b] = sum;
          }
        }
        traces.add(factor, factor, block, 0, q, i === k);
      }
      // Against the border's random columns: B_i (e_z - Xi M_z).
      const cross = work.subarray(0, q * zColumns);
      for (let a = 0; a < q; a++) {
        const at = pointers[i] * q + a * width;
        for (let j = 0; j < zColumns; j++) {
          let sum = 0;
          const from = j * border;
          for (let c = 0; c < width; c++) sum += B[at + c] * MX[from + touched[pointers[i] + c]];
          cross[a * zColumns + j] = -sum;
        }
        for (let c = 0; c < width; c++) {
          const column = touched[pointers[i] + c];
          if (column < zColumns) cross[a * zColumns + column] += B[at + c];
        }
      }
      for (const other of order.others) {
        for (let j = 0; j < other.levels; j++) {
          traces.add(factor, other.factor, cross, other.offset + j * other.q, zColumns, false);
        }
      }
    }
    multiplyTransposed(MX, border, M, border, zColumns, zColumns, border, work, zColumns, true);
    for (let i = 0; i < zColumns; i++) {
      for (let j = 0; j <= i; j++) {
        const value = M[i * border + j] - work[i * zColumns + j];
        work[i * zColumns + j] = value;
        work[j * zColumns + i] = value;
      }
    }
    order.others.forEach((a, ka) => {
      order.others.slice(0, ka + 1).forEach((b) => {
        const same = a.factor === b.factor;
        for (let i = 0; i < a.levels; i++) {
          for (let j = 0; j < (same ? i + 1 : b.levels); j++) {
            const at = (a.offset + i * a.q) * zColumns + b.offset + j * b.q;
            traces.add(a.factor, b.factor, work, at, zColumns, same && i === j);
          }
        }
      });
    });
  }
}
