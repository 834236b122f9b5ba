import { backwardSolve, forwardSolve } from '../numeric/cholesky.ts';
import { dot } from '../numeric/dense.ts';
import { RANK_TOLERANCE } from '../numeric/pivoted-qr.ts';
import type { Design } from '../types/design.ts';
import type { DenseResponses } from '../types/responses.ts';
import { judgedSquares } from './dense.ts';
import { projectDesign } from './design-moments.ts';
import type { DesignMoments, ResponseMoments, TermMoments } from './moments.ts';
import { PilotRows } from './pilot-rows.ts';

/** Share of a column of Q0 that the weights leave beyond the columns before: less, and rows are decomposed instead. */
const INDEPENDENT = 1e-3;
/** A column is kept for sure from this multiple of the bound of {@link RANK_TOLERANCE} on. */
const SURELY_KEPT = 10;

/**
 * A response of which no more than this multiple of the residual sum of squares is explained has all its digits after one
 * projection: the rounding of its own values, not that of the projection, is what its residuals carry.
 */
const ENOUGH_AT_ONCE = 1e4;

/** A response's own design: its moments, and what turns responses on the same rows with the same weights into theirs. */
export interface OwnDesign {
  readonly moments: DesignMoments;
  /** R1', p x p row-major lower triangle. */
  readonly lower: Float64Array;
  /** Level here of each level of the whole design, -1 where it has no row; null where all have. */
  readonly levels: Int32Array | null;
  /** Space for the moments of the responses that share it. */
  readonly responses: ResponseMoments;
}

/**
 * Moments of the designs that weights and missing values of a response's own make of one whole design with one scalar random
 * term, without a QR of their rows. With X = Q0 R0 over all rows, unweighted, and the weights w of a response (0 where it has
 * no value), by Cholesky
 *
 *     Q0'W Q0 = R1'R1,   R = R1 R0,   Q'W^(1/2) y = R1^-T Q0'W y,   Z'W^(1/2) Q = Z'W Q0 R1^-1
 *
 * which keeps the digits of a QR as long as the weights leave the columns of Q0 well apart (the error is a few units in the
 * last place over {@link INDEPENDENT}). Residuals are formed row by row and, where much of the
 * response is explained, projected a second time, as in `dense.ts`.
 */
export class PilotDesign {
  private readonly whole: Design;
  private readonly shared: DesignMoments;
  /** The response read last; all arrays over rows are in its order. */
  private readonly rows: PilotRows;
  /** Q0 by columns, R0 row-major, and the lengths of the columns of X. */
  private readonly q: Float64Array;
  private readonly r: Float64Array;
  private readonly lengths: Float64Array;
  /** Columns of X about their means, by columns, and which of them vary: the intercept does not. */
  private readonly centred: Float64Array;
  private readonly varies: readonly boolean[];
  /** z, null where it is 1 throughout. */
  private readonly z: Float64Array | null;
  private readonly weighted: Float64Array;
  private readonly rest: Float64Array;
  private readonly beta: Float64Array;
  private readonly deviations: Float64Array;

  /** For a design with one scalar random term, see {@link hasPilot}. */
  constructor(design: Design) {
    const { n, fixed, random } = design;
    const p = fixed.names.length;
    const [term] = random;
    const { offset: _, weights: __, ...plain } = design;
    const { q, moments } = projectDesign(plain);
    const rows = new PilotRows(design);
    this.whole = design;
    this.shared = moments;
    this.rows = rows;
    this.q = rows.columns(q);
    this.r = moments.r;
    this.centred = rows.columns(fixed.x);
    this.lengths = new Float64Array(p);
    for (let c = 0; c < p; c++) {
      let sum = 0;
      let square = 0;
      for (let i = c * n; i < (c + 1) * n; i++) {
        sum += this.centred[i];
        square += this.centred[i] ** 2;
      }
      this.lengths[c] = Math.sqrt(square);
      for (let i = c * n; i < (c + 1) * n; i++) this.centred[i] -= sum / n;
    }
    this.varies = fixed.names.map((_, c) => this.centred.subarray(c * n, (c + 1) * n).some((value) => value !== 0));
    this.z = term.z.every((value) => value === 1) ? null : rows.columns(term.z);
    this.weighted = new Float64Array(n);
    this.rest = new Float64Array(n);
    this.beta = new Float64Array(p);
    this.deviations = new Float64Array(n * p);
  }

  /** Reads response k; `own` and `respond` are about the response read last. */
  read(responses: DenseResponses, k: number): void {
    this.rows.read(responses, k);
  }

  /**
   * The design of the response read last, which has a value and a weight in `n` rows; null where it takes the rows themselves
   * to say what it is: a level of a factor of X has no row left, a column may be aliased, the weights are out of range.
   */
  own(n: number, isWeighted: boolean, members: number): OwnDesign | null {
    const { whole, shared, q, r, z, weighted, lengths } = this;
    const { w, count, largest } = this.rows;
    const rows = whole.n;
    const { p } = shared;
    const complete = n === rows;
    if (count !== n || n <= p || !(largest < Number.POSITIVE_INFINITY)) return null;
    if (!complete && this.rows.lostLevel()) return null;

    // Q0'W Q0, and Z'W Q0 level by level.
    const levels = complete ? null : this.rows.presentLevels();
    const names = shared.factors[0].levels;
    const kept = levels ? names.filter((_, j) => levels[j] >= 0) : names;
    const J = kept.length;
    // All of a design in one piece of memory, as there may be thousands.
    const space = new Float64Array(3 * p * p + J * (p + 1) + members * (p + J + 2));
    const lower = space.subarray(0, p * p);
    const ztz = space.subarray(3 * p * p, 3 * p * p + J);
    const end = 3 * p * p + J * (p + 1);
    const ztx = space.subarray(3 * p * p + J, end);
    for (let a = 0; a < p; a++) {
      for (let i = 0, at = a * rows; i < rows; i++, at++) weighted[i] = w[i] * q[at];
      for (let b = a; b < p; b++) lower[b * p + a] = dot(weighted, 0, q, b * rows, rows);
      this.sumByLevel(weighted, levels, ztx, p, a);
    }
    for (let k = 0; k < p; k++) {
      const whole = lower[k * p + k];
      let pivot = whole;
      for (let i = 0; i < k; i++) pivot -= lower[k * p + i] ** 2;
      if (!(pivot > INDEPENDENT * whole)) return null;
      if (!(Math.sqrt(pivot / largest) * Math.abs(r[k * p + k]) > SURELY_KEPT * RANK_TOLERANCE * lengths[k]))
        return null;
      lower[k * p + k] = Math.sqrt(pivot);
      for (let l = k + 1; l < p; l++) {
        let sum = lower[l * p + k];
        for (let i = 0; i < k; i++) sum -= lower[l * p + i] * lower[k * p + i];
        lower[l * p + k] = sum / lower[k * p + k];
      }
    }
    const term = this.ownTerm(n);
    const [scale] = term.transform;
    if (z) for (let i = 0; i < rows; i++) weighted[i] = w[i] * z[i];
    this.sumByLevel(z ? weighted : w, levels, ztz, 1, 0);
    if (z) for (let j = 0; j < J; j++) ztz[j] /= scale * scale;
    for (let k = 0; k < p; k++) {
      const inverse = 1 / lower[k * p + k];
      for (let j = 0, at = 0; j < J; j++, at += p) {
        let sum = z ? ztx[at + k] / scale : ztx[at + k];
        for (let i = 0; i < k; i++) sum -= ztx[at + i] * lower[k * p + i];
        ztx[at + k] = sum * inverse;
      }
    }
    const { group, offset, q: width } = shared.factors[0];
    const moments: DesignMoments = {
      ...shared,
      n,
      r: this.upperOf(lower, space.subarray(p * p, 2 * p * p)),
      logDetW: isWeighted ? this.rows.logWeights() : 0,
      terms: [term],
      factors: [{ group, levels: kept, q: width, offset, ztz, ztx }],
      q: J,
      xtxCentred: complete ? shared.xtxCentred : this.centredSquares(n, space.subarray(2 * p * p, 3 * p * p)),
    };
    const qty = end + members * J;
    const rss = qty + members * p;
    const responses: ResponseMoments = {
      count: members,
      ztr: space.subarray(end, qty),
      qty: space.subarray(qty, rss),
      rss: space.subarray(rss, rss + members),
      mean: space.subarray(rss + members),
      constant: new Uint8Array(members),
      expressed: new Int32Array(members),
    };
    return { moments, lower, levels, responses };
  }

  /** Forms the moments of the response read last under its own design in row k of `out`, whose `ztr` is zero there. */
  respond({ moments, lower, levels }: OwnDesign, out: ResponseMoments, k: number): void {
    const { q, weighted, rest, beta, whole } = this;
    const { w, y, relative } = this.rows;
    const rows = whole.n;
    const { n, p } = moments;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    let sum = 0;
    let total = 0;
    let expressed = 0;
    for (let i = 0; i < rows; i++) {
      const value = relative[i];
      rest[i] = value;
      weighted[i] = w[i] * value;
      if (value < low) low = value;
      if (value > high) high = value;
      sum += y[i];
      if (y[i] !== 0) expressed++;
      total += weighted[i] * value;
    }
    out.mean[k] = sum / n;
    out.expressed[k] = expressed;
    out.constant[k] = low === high ? 1 : 0;
    const at = k * p;
    let square = 0;
    for (let pass = 0; pass < 2; pass++) {
      for (let a = 0; a < p; a++) beta[a] = dot(weighted, 0, q, a * rows, rows);
      forwardSolve(lower, p, beta);
      for (let a = 0; a < p; a++) out.qty[at + a] = (pass === 0 ? 0 : out.qty[at + a]) + beta[a];
      backwardSolve(lower, p, beta);
      for (let a = 0; a < p; a++) {
        const b = beta[a];
        for (let i = 0, x = a * rows; i < rows; i++, x++) rest[i] -= b * q[x];
      }
      square = 0;
      for (let i = 0; i < rows; i++) {
        weighted[i] = w[i] * rest[i];
        square += weighted[i] * rest[i];
      }
      if (total <= ENOUGH_AT_ONCE * square) break;
    }
    out.rss[k] = judgedSquares(square, total, n, high > low);
    this.sumByLevel(weighted, levels, out.ztr, 1, k * moments.q);
    const [scale] = moments.terms[0].transform;
    if (this.z) for (let j = k * moments.q; j < (k + 1) * moments.q; j++) out.ztr[j] /= scale;
  }

  /** Sums z times some values of the rows, level by level, into every `step`-th number of `out` from `from` on. */
  private sumByLevel(
    values: Float64Array,
    levels: Int32Array | null,
    out: Float64Array,
    step: number,
    from: number,
  ): void {
    const { z } = this;
    const { starts } = this.rows;
    for (let j = 0, i = 0; j + 1 < starts.length; j++) {
      const end = starts[j + 1];
      let sum = 0;
      if (z) for (; i < end; i++) sum += values[i] * z[i];
      else for (; i < end; i++) sum += values[i];
      const level = levels ? levels[j] : j;
      if (level >= 0) out[from + level * step] = sum;
    }
  }

  /** The random term over the rows in use: of intercepts the same for all. */
  private ownTerm(n: number): TermMoments {
    const { z, shared } = this;
    const { used } = this.rows;
    const [term] = shared.terms;
    if (!z) return term;
    let square = 0;
    for (let i = 0; i < used.length; i++) square += used[i] * z[i] * z[i];
    const scale = Math.sqrt(square / n);
    return {
      ...term,
      transform: Float64Array.of(scale > 0 && Number.isFinite(scale) ? scale : 1),
      meanSquare: Float64Array.of(square / n),
    };
  }

  /** R = R1 R0. */
  private upperOf(lower: Float64Array, out: Float64Array): Float64Array {
    const { r } = this;
    const { p } = this.shared;
    for (let a = 0; a < p; a++) {
      for (let b = a; b < p; b++) {
        let sum = 0;
        for (let c = a; c <= b; c++) sum += lower[c * p + a] * r[c * p + b];
        out[a * p + b] = sum;
      }
    }
    return out;
  }

  /** (X - mean)'(X - mean) of the rows in use, unweighted. */
  private centredSquares(n: number, out: Float64Array): Float64Array {
    const { centred, whole, deviations, varies } = this;
    const { used } = this.rows;
    const rows = whole.n;
    const { p } = this.shared;
    for (let a = 0; a < p; a++) {
      if (!varies[a]) continue;
      const mean = dot(used, 0, centred, a * rows, rows) / n;
      for (let i = 0, x = a * rows; i < rows; i++, x++) deviations[x] = used[i] * (centred[x] - mean);
    }
    for (let a = 0; a < p; a++) {
      for (let b = 0; b <= a; b++) {
        if (!(varies[a] && varies[b])) continue;
        const sum = dot(deviations, a * rows, deviations, b * rows, rows);
        out[a * p + b] = sum;
        out[b * p + a] = sum;
      }
    }
    return out;
  }
}

/** Whether a design has a {@link PilotDesign}: one scalar random term. */
export function hasPilot({ n, fixed, random }: Design): boolean {
  return random.length === 1 && random[0].names.length === 1 && n > fixed.names.length;
}
