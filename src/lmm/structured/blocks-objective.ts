/**
 * The criterion of a model whose covariance V(t) is block-diagonal, with exact derivatives in its parameters t. With
 * O = V^-1, V_k = dV/dt_k, N_k = O V_k by block, M = sum_P sum_ab O_ab S_ab over (Q, r) (`moments/covariance-blocks.ts`):
 *
 *     C = M_qq^-1,  b = C M_qr,  e = (-b, 1)                       b: coordinates of the shift from least squares
 *     f = sum_P n_P log|V_P| + e'M e  (+ log|M_qq|, REML)          -2 log likelihood without constants
 *     T_P[a,b] = e'S_ab e  (+ tr(C S_ab,qq), REML)                 the residuals' own products by pair of positions
 *     f_k = sum_P <V_k, Y_P>,   Y_P = n_P O - O T_P O
 *     f_kl = sum_P <V_kl, Y_P> + tr(N_k N_l (2 O T_P - n_P I)) - 2 m_k'C m_l  (- tr(C M^k C M^l), REML)
 *     M^k = dM_qq/dt_k = -sum_P sum_ab (O V_k O)_ab S_ab,qq,       m_k = dM_qe/dt_k, the same of S_ab e
 *
 * (Searle, Casella and McCulloch, Variance Components, section 8.3, with V any function of t.) The coefficients' covariance is C.
 */
import type { CovarianceBlock, CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import { choleskyInPlace, inverseFromCholesky } from '../../numeric/cholesky.ts';
import { BlockCovariance } from './block-covariance.ts';
import type { CovarianceParameters } from './covariance-parameters.ts';

/** What is kept of a block at the point where the objective stands. */
interface BlockState {
  readonly block: CovarianceBlock;
  readonly covariance: BlockCovariance;
  /** O, T and Y, size x size; T of the least-squares part alone (tr(C S_ab,qq)) for Kenward and Roger's method. */
  readonly inverse: Float64Array;
  readonly T: Float64Array;
  readonly spread: Float64Array;
  readonly Y: Float64Array;
  /** N_k of each place. */
  readonly N: Float64Array;
  /** S_ab e, pairs x p. */
  readonly Se: Float64Array;
}

export class BlocksObjective {
  readonly p: number;
  readonly count: number;
  readonly reml: boolean;
  /** f_k and f_kl. */
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  /** C, p x p; b, length p. */
  readonly covariance: Float64Array;
  readonly shift: Float64Array;
  /** M^k, count x p x p. */
  readonly changes: Float64Array;
  /** e'M e. */
  rss = Number.NaN;
  private readonly states: readonly BlockState[];
  private readonly M: Float64Array;
  private readonly factor: Float64Array;
  private readonly m: Float64Array;
  private data: Float64Array = new Float64Array(0);
  private from = 0;
  private scale = 1;
  private readonly work: Float64Array;
  private readonly half: Float64Array;
  private readonly B: Float64Array;
  /** L of C = L L', L'm_k and L'M^k L. */
  private readonly white: Float64Array;
  private readonly whiteCrossed: Float64Array;
  private readonly whiteChanges: Float64Array;

  constructor(parameters: CovarianceParameters, { blocks }: CovarianceBlocks, p: number, reml: boolean) {
    this.p = p;
    this.reml = reml;
    this.count = parameters.count;
    const k = this.count;
    const largest = blocks.reduce((most, { size }) => Math.max(most, size), 0);
    this.gradient = new Float64Array(k);
    this.hessian = new Float64Array(k * k);
    this.covariance = new Float64Array(p * p);
    this.shift = new Float64Array(p);
    this.changes = new Float64Array(k * p * p);
    this.M = new Float64Array((p + 1) * (p + 1));
    this.factor = new Float64Array(p * p);
    this.m = new Float64Array(k * p);
    this.work = new Float64Array(Math.max(largest * largest, largest * (p + 1), p * p));
    this.half = new Float64Array(Math.max(largest * largest, largest * (p + 1)));
    this.B = new Float64Array(largest * largest);
    this.white = new Float64Array(p * p);
    this.whiteCrossed = new Float64Array(k * p);
    this.whiteChanges = new Float64Array((k * p * (p + 1)) / 2);
    this.states = blocks.map((block) => {
      const covariance = new BlockCovariance(parameters, block);
      const square = block.size * block.size;
      const numbers = (length: number) => new Float64Array(length);
      const pairs = block.sums ? (block.size * (block.size + 1)) / 2 : 0;
      return {
        block,
        covariance,
        inverse: numbers(square),
        T: numbers(square),
        spread: numbers(square),
        Y: numbers(square),
        N: numbers(covariance.places.length * square),
        Se: numbers(pairs * p),
      };
    });
  }

  /** Takes the numbers of a response, which stand in `data` from `from` on and are multiplied by `scale`. */
  load(data: Float64Array, from: number, scale: number): void {
    this.data = data;
    this.from = from;
    this.scale = scale;
  }

  /** f at t, NaN where it cannot be formed; `order` 1 and 2 fill the gradient, and the Hessian too. */
  evaluate(t: Float64Array, order: 0 | 1 | 2): number {
    const { p, states, reml, M, factor, covariance, shift } = this;
    const log = Math.log(this.scale);
    let value = 0;
    M.fill(0);
    for (const state of states) {
      const { block, covariance: V, inverse } = state;
      const m = block.size;
      V.form(t, log, order > 0);
      this.work.set(V.V);
      const logDet = choleskyInPlace(this.work, m);
      if (Number.isNaN(logDet)) return Number.NaN;
      inverseFromCholesky(this.work, m, inverse);
      value += block.count * logDet;
      this.addProducts(state);
    }
    // M_qq is in the leading p rows, M_qr and M_rr in the last one.
    for (let i = 0; i < p; i++) for (let j = 0; j <= i; j++) factor[i * p + j] = M[i * (p + 1) + j];
    const logDet = p === 0 ? 0 : choleskyInPlace(factor, p);
    if (Number.isNaN(logDet)) return Number.NaN;
    if (p > 0) inverseFromCholesky(factor, p, covariance);
    this.white.set(covariance);
    if (p > 0) choleskyInPlace(this.white, p);
    let rss = M[p * (p + 1) + p];
    for (let i = 0; i < p; i++) {
      let sum = 0;
      for (let j = 0; j < p; j++) sum += covariance[i * p + j] * M[p * (p + 1) + j];
      shift[i] = sum;
    }
    for (let i = 0; i < p; i++) rss -= shift[i] * M[p * (p + 1) + i];
    this.rss = rss;
    value += rss + (reml ? logDet : 0);
    if (order === 0 || !Number.isFinite(value)) return value;
    this.gradient.fill(0);
    for (const state of states) {
      this.formResiduals(state);
      this.addGradient(state);
    }
    if (order === 2) this.formHessian(t);
    return value;
  }

  /** Adds the block's part of M. */
  private addProducts({ block, inverse }: BlockState): void {
    const { p, M, data, from, scale } = this;
    const { size, sums, q, offset, count } = block;
    const width = p + 1;
    const last = p * width;
    if (sums) {
      let at = 0;
      let own = from + offset;
      for (let a = 0; a < size; a++) {
        for (let b = 0; b <= a; b++) {
          const o = inverse[a * size + b];
          for (let c = 0; c < p; c++) {
            const row = c * width;
            for (let e = 0; e <= c; e++) M[row + e] += o * q[at++];
          }
          const scaled = o * scale;
          for (let c = 0; c < p; c++) M[last + c] += scaled * data[own++];
          M[last + p] += scaled * scale * data[own++];
        }
      }
      return;
    }
    const { half } = this;
    for (let s = 0; s < count; s++) {
      const rows = s * size * p;
      const r = from + offset + s * size;
      // O (Q, r), size x (p + 1).
      for (let a = 0; a < size; a++) {
        for (let c = 0; c <= p; c++) {
          let sum = 0;
          for (let b = 0; b < size; b++) {
            sum += inverse[a * size + b] * (c < p ? q[rows + b * p + c] : scale * data[r + b]);
          }
          half[a * width + c] = sum;
        }
      }
      for (let a = 0; a < size; a++) {
        for (let c = 0; c < p; c++) {
          const value = q[rows + a * p + c];
          for (let e = 0; e <= c; e++) M[c * width + e] += value * half[a * width + e];
        }
        const value = scale * data[r + a];
        for (let c = 0; c <= p; c++) M[last + c] += value * half[a * width + c];
      }
    }
  }

  /** T, its part tr(C S_ab,qq), and S_ab e. */
  private formResiduals({ block, T, spread, Se }: BlockState): void {
    const { p, covariance, shift, data, from, scale, reml, work } = this;
    const { size, sums, q, offset, count } = block;
    T.fill(0);
    spread.fill(0);
    if (sums) {
      let at = 0;
      let own = from + offset;
      let pair = 0;
      for (let a = 0; a < size; a++) {
        for (let b = 0; b <= a; b++, pair++) {
          const start = pair * p;
          for (let c = 0; c < p; c++) Se[start + c] = 0;
          let trace = 0;
          for (let c = 0; c < p; c++) {
            for (let e = 0; e < c; e++, at++) {
              const value = q[at];
              trace += 2 * value * covariance[c * p + e];
              Se[start + c] -= value * shift[e];
              Se[start + e] -= value * shift[c];
            }
            trace += q[at] * covariance[c * p + c];
            Se[start + c] -= q[at++] * shift[c];
          }
          let square = 0;
          for (let c = 0; c < p; c++) {
            const cross = scale * data[own++];
            // e'S e = r'r - 2 b'(q'r) + b'(q'q) b, and S e = q'r - (q'q) b.
            square -= shift[c] * (cross + Se[start + c] + cross);
            Se[start + c] += cross;
          }
          square += scale * scale * data[own++];
          const half = a === b ? 1 : 0.5;
          setBoth(spread, size, a, b, half * trace);
          setBoth(T, size, a, b, half * (square + (reml ? trace : 0)));
        }
      }
      return;
    }
    for (let s = 0; s < count; s++) {
      const rows = s * size * p;
      const r = from + offset + s * size;
      // Residuals and Q C.
      for (let a = 0; a < size; a++) {
        let residual = scale * data[r + a];
        for (let c = 0; c < p; c++) residual -= q[rows + a * p + c] * shift[c];
        this.half[a] = residual;
        for (let c = 0; c < p; c++) {
          let sum = 0;
          for (let e = 0; e < p; e++) sum += q[rows + a * p + e] * covariance[e * p + c];
          work[a * p + c] = sum;
        }
      }
      for (let a = 0; a < size; a++) {
        for (let b = 0; b <= a; b++) {
          let trace = 0;
          for (let c = 0; c < p; c++) trace += work[a * p + c] * q[rows + b * p + c];
          const square = this.half[a] * this.half[b] + (reml ? trace : 0);
          T[a * size + b] += square;
          spread[a * size + b] += trace;
          if (b === a) continue;
          T[b * size + a] += square;
          spread[b * size + a] += trace;
        }
      }
    }
  }

  private addGradient({ block, covariance: V, inverse, T, Y }: BlockState): void {
    const { work, gradient } = this;
    const { size: m, count } = block;
    // Y = n O - O T O
    multiply(inverse, 0, T, 0, m, work);
    for (let a = 0; a < m; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let c = 0; c < m; c++) sum += work[a * m + c] * inverse[b * m + c];
        setBoth(Y, m, a, b, count * inverse[a * m + b] - sum);
      }
    }
    const { places, changes } = V;
    for (let e = 0; e < places.length; e++) gradient[places[e]] += inner(changes, e * m * m, Y, 0, m * m);
  }

  private formHessian(t: Float64Array): void {
    const { count: k, states, hessian, changes, m: crossed } = this;
    hessian.fill(0);
    changes.fill(0);
    crossed.fill(0);
    for (const state of states) {
      const { block, covariance: V, inverse, T, Y, N } = state;
      const { size: m, count } = block;
      const { places, changes: dV } = V;
      const square = m * m;
      V.addCurvature(t, Y, hessian);
      for (let e = 0; e < places.length; e++) multiply(inverse, 0, dV, e * square, m, N, e * square);
      // B = 2 O T - n I; tr(N_k N_l B) = <N_k', N_l B>
      const { B, half } = this;
      multiply(inverse, 0, T, 0, m, B);
      for (let i = 0; i < square; i++) B[i] *= 2;
      for (let a = 0; a < m; a++) B[a * m + a] -= count;
      for (let l = 0; l < places.length; l++) {
        multiply(N, l * square, B, 0, m, half);
        for (let e = 0; e <= l; e++) {
          const value = crossTrace(N, e * square, half, m);
          hessian[places[l] * k + places[e]] += value;
          if (e < l) hessian[places[e] * k + places[l]] += value;
        }
      }
      for (let e = 0; e < places.length; e++) this.addChange(state, places[e], e);
    }
    this.addCoefficients(t.length);
  }

  /** The parts of the Hessian that come of the coefficients, - 2 m_k'C m_l and - tr(C M^k C M^l). */
  private addCoefficients(k: number): void {
    const { p, reml, hessian, m: crossed, white, whiteChanges } = this;
    if (reml) this.whitenChanges();
    const triangle = (p * (p + 1)) / 2;
    // With C = L L': m_k'C m_l = (L'm_k)'(L'm_l).
    for (let e = 0; e < k; e++) {
      for (let i = 0; i < p; i++) {
        let sum = 0;
        for (let c = i; c < p; c++) sum += white[c * p + i] * crossed[e * p + c];
        this.whiteCrossed[e * p + i] = sum;
      }
    }
    for (let e = 0; e < k; e++) {
      for (let f = 0; f <= e; f++) {
        let value = -2 * inner(this.whiteCrossed, e * p, this.whiteCrossed, f * p, p);
        if (reml) value -= inner(whiteChanges, e * triangle, whiteChanges, f * triangle, triangle);
        hessian[e * k + f] += value;
        if (f < e) hessian[f * k + e] += value;
      }
    }
  }

  /** L'M^k L of each parameter, C = L L', as packed triangles whose inner products are tr(C M^k C M^l). */
  private whitenChanges(): void {
    const { p, count, changes, white, whiteChanges, work } = this;
    let to = 0;
    for (let e = 0; e < count; e++) {
      const from = e * p * p;
      // M L, L lower triangular.
      for (let i = 0; i < p; i++) {
        for (let j = 0; j < p; j++) {
          let sum = 0;
          for (let c = j; c < p; c++) sum += changes[from + i * p + c] * white[c * p + j];
          work[i * p + j] = sum;
        }
      }
      for (let i = 0; i < p; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = 0;
          for (let c = i; c < p; c++) sum += white[c * p + i] * work[c * p + j];
          whiteChanges[to++] = i === j ? sum : Math.SQRT2 * sum;
        }
      }
    }
  }

  /** Adds a block's part of M^k and m_k; A = O V_k O. */
  private addChange({ block, inverse, N, Se }: BlockState, k: number, e: number): void {
    const { p, changes, m: crossed, work } = this;
    const { size: m, sums, q, count, offset } = block;
    const A = this.half;
    for (let a = 0; a < m; a++) {
      for (let b = 0; b <= a; b++) {
        let sum = 0;
        for (let c = 0; c < m; c++) sum += N[e * m * m + a * m + c] * inverse[b * m + c];
        setBoth(A, m, a, b, sum);
      }
    }
    const to = k * p * p;
    if (sums) {
      let at = 0;
      let pair = 0;
      for (let a = 0; a < m; a++) {
        for (let b = 0; b <= a; b++, pair++) {
          const value = A[a * m + b];
          for (let c = 0; c < p; c++) {
            crossed[k * p + c] -= value * Se[pair * p + c];
            for (let f = 0; f < c; f++) {
              const part = value * q[at++];
              changes[to + c * p + f] -= part;
              changes[to + f * p + c] -= part;
            }
            changes[to + c * p + c] -= value * q[at++];
          }
        }
      }
      return;
    }
    const { data, from, scale, shift } = this;
    for (let s = 0; s < count; s++) {
      const rows = s * m * p;
      const r = from + offset + s * m;
      for (let a = 0; a < m; a++) {
        for (let c = 0; c < p; c++) {
          let sum = 0;
          for (let b = 0; b < m; b++) sum += A[a * m + b] * q[rows + b * p + c];
          work[a * p + c] = sum;
        }
      }
      for (let a = 0; a < m; a++) {
        let residual = scale * data[r + a];
        for (let c = 0; c < p; c++) residual -= q[rows + a * p + c] * shift[c];
        for (let c = 0; c < p; c++) {
          crossed[k * p + c] -= work[a * p + c] * residual;
          for (let f = 0; f < p; f++) changes[to + c * p + f] -= q[rows + a * p + c] * work[a * p + f];
        }
      }
    }
  }

  /**
   * What Kenward and Roger's method needs at the point of an evaluation of order 2: the expected information of t,
   * E f_kl = sum_P n tr(N_k N_l) - 2 tr(N_k N_l O spread) + tr(C M^k C M^l) with `spread` = tr(C S_ab,qq), into `out`.
   */
  expectedInformation(out: Float64Array): void {
    const { count: k, p, states, B, half } = this;
    out.fill(0);
    for (const { block, covariance: V, inverse, spread, N } of states) {
      const { size: m, count } = block;
      const square = m * m;
      const { places } = V;
      multiply(inverse, 0, spread, 0, m, B);
      for (let i = 0; i < square; i++) B[i] *= -2;
      for (let a = 0; a < m; a++) B[a * m + a] += count;
      for (let l = 0; l < places.length; l++) {
        multiply(N, l * square, B, 0, m, half);
        for (let e = 0; e <= l; e++) {
          const value = crossTrace(N, e * square, half, m);
          out[places[l] * k + places[e]] += value;
          if (e < l) out[places[e] * k + places[l]] += value;
        }
      }
    }
    this.whitenChanges();
    const triangle = (p * (p + 1)) / 2;
    for (let e = 0; e < k; e++) {
      for (let f = 0; f <= e; f++) {
        const value = inner(this.whiteChanges, e * triangle, this.whiteChanges, f * triangle, triangle);
        out[e * k + f] += value;
        if (f < e) out[f * k + e] += value;
      }
    }
  }

  /** sum_kl W_kl (Q_kl - M^k C M^l), Q_kl = X'O V_k O V_l O X, at the point of an evaluation of order 2: p x p. */
  adjustment(W: Float64Array): Float64Array {
    const { count: k, p, states, covariance, changes } = this;
    const out = new Float64Array(p * p);
    for (const state of states) {
      const { block, covariance: V, inverse, N } = state;
      const { size: m, sums, q, count } = block;
      const square = m * m;
      const { places, changes: dV } = V;
      const weighted = new Float64Array(square);
      const product = new Float64Array(square);
      const D = new Float64Array(square);
      for (let e = 0; e < places.length; e++) {
        weighted.fill(0);
        for (let f = 0; f < places.length; f++) {
          const w = W[places[e] * k + places[f]];
          for (let i = 0; i < square; i++) weighted[i] += w * dV[f * square + i];
        }
        // N_k O (sum_l W_kl V_l) O
        multiply(inverse, 0, weighted, 0, m, product);
        const right = new Float64Array(square);
        multiply(product, 0, inverse, 0, m, right);
        multiply(N, e * square, right, 0, m, product);
        for (let i = 0; i < square; i++) D[i] += product[i];
      }
      if (sums) {
        let at = 0;
        for (let a = 0; a < m; a++) {
          for (let b = 0; b <= a; b++) {
            const value = (D[a * m + b] + D[b * m + a]) / 2;
            for (let c = 0; c < p; c++) {
              for (let f = 0; f < c; f++) {
                out[c * p + f] += value * q[at];
                out[f * p + c] += value * q[at++];
              }
              out[c * p + c] += value * q[at++];
            }
          }
        }
        continue;
      }
      for (let s = 0; s < count; s++) {
        const rows = s * m * p;
        for (let a = 0; a < m; a++) {
          for (let b = 0; b < m; b++) {
            const value = (D[a * m + b] + D[b * m + a]) / 2;
            for (let c = 0; c < p; c++) {
              const left = value * q[rows + a * p + c];
              for (let f = 0; f < p; f++) out[c * p + f] += left * q[rows + b * p + f];
            }
          }
        }
      }
    }
    const weighted = new Float64Array(p * p);
    const product = new Float64Array(p * p);
    const whole = new Float64Array(p * p);
    for (let e = 0; e < k; e++) {
      weighted.fill(0);
      for (let f = 0; f < k; f++) {
        const w = W[e * k + f];
        for (let i = 0; i < p * p; i++) weighted[i] += w * changes[f * p * p + i];
      }
      multiply(changes, e * p * p, covariance, 0, p, product);
      multiply(product, 0, weighted, 0, p, whole);
      for (let i = 0; i < p * p; i++) out[i] -= whole[i];
    }
    return out;
  }
}

/** A B of m x m matrices, that stand in their arrays from some places on. */
function multiply(
  A: Float64Array,
  atA: number,
  B: Float64Array,
  atB: number,
  m: number,
  out: Float64Array,
  to = 0,
): void {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let c = 0; c < m; c++) sum += A[atA + i * m + c] * B[atB + c * m + j];
      out[to + i * m + j] = sum;
    }
  }
}

/** tr(A B), A from `atA` on. */
function crossTrace(A: Float64Array, atA: number, B: Float64Array, m: number, atB = 0): number {
  let sum = 0;
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) sum += A[atA + i * m + j] * B[atB + j * m + i];
  return sum;
}

function inner(A: Float64Array, atA: number, B: Float64Array, atB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += A[atA + i] * B[atB + i];
  return sum;
}

function setBoth(A: Float64Array, m: number, i: number, j: number, value: number): void {
  A[i * m + j] = value;
  A[j * m + i] = value;
}
