import { pivotedCholesky } from '../../numeric/cholesky.ts';
import type { TermSlot } from '../objective.ts';

/**
 * The covariance parameter that a profile holds. Units of effects are those in which their columns of Z have mean square
 * one; `order` in a term is that of its effects.
 */
export type HeldParameter =
  | { readonly kind: 'sigma' }
  | { readonly kind: 'sd'; readonly term: number; readonly effect: number }
  | { readonly kind: 'correlation'; readonly term: number; readonly effect: number; readonly other: number };

/** A free parameter of the factor M: it multiplies `direction` in row `row` of the factor of term `slot`. */
export interface FreeParameter {
  readonly slot: number;
  readonly row: number;
  /** Columns of the factor, length q. */
  readonly direction: Float64Array;
  /** A standard deviation whose sign matters because a correlation is held: it stays at or above zero. */
  readonly bounded: boolean;
}

/** A factor M with M M' the covariance, linear in its free parameters, and their current values. */
export interface FreeFactor {
  readonly parameters: readonly FreeParameter[];
  readonly values: Float64Array;
  /** The part of the factor that is held, concatenated q x q row-major. */
  readonly fixed: Float64Array;
}

/** A pivot below this multiple of the variance is a direction without variance. */
const ZERO_PIVOT = 1e-22;

/**
 * Writes covariances (concatenated q x q) as M M' where the held parameter is not free: effects that it concerns come
 * first in their term's triangular factor,
 *
 *     sd            first row (x)                    with x held
 *     correlation   rows (a), (b x, b sqrt(1 - x^2)) with a, b >= 0 free
 *
 * and all other rows are free: any covariance with that value of the parameter can be written so, and zero variances are
 * regular points. The rows that follow are in the order of a pivoted Cholesky decomposition: with a fixed one a small
 * leading column makes later ones nearly exchangeable, and Newton's method crawls. The covariances may have another value
 * of the held parameter; the result is then near them.
 */
export function freeFactor(
  slots: readonly TermSlot[],
  held: HeldParameter,
  x: number,
  covariance: Float64Array,
): FreeFactor {
  const parameters: FreeParameter[] = [];
  const values: number[] = [];
  const fixed = new Float64Array(covariance.length);
  const free = (slot: number, row: number, direction: Float64Array, value: number, bounded = false): void => {
    parameters.push({ slot, row, direction, bounded });
    values.push(value);
  };
  slots.forEach(({ q, square }, s) => {
    const G = covariance.subarray(square, square + q * q);
    const lead: number[] = [];
    /** Columns of the leading rows that other rows may use. */
    const used: boolean[] = [];
    /** Leading rows of the factor, for the elimination. */
    const leading: number[][] = [];
    if (held.kind === 'sd' && held.term === s) {
      lead.push(held.effect);
      leading.push([x]);
      used.push(x > 0);
      fixed[square + held.effect * q] = x;
    } else if (held.kind === 'correlation' && held.term === s) {
      const rest = Math.sqrt(Math.max(0, 1 - x * x));
      const [a, b] = [held.effect, held.other].map((i) => Math.sqrt(Math.max(0, G[i * q + i])));
      lead.push(held.effect, held.other);
      leading.push([a], [b * x, b * rest]);
      used.push(true, rest > 0);
      const first = new Float64Array(q);
      first[0] = 1;
      free(s, held.effect, first, a, true);
      const second = new Float64Array(q);
      second[0] = x;
      second[1] = rest;
      free(s, held.other, second, b, true);
    }
    const others = Array.from({ length: q }, (_, i) => i).filter((i) => !lead.includes(i));
    const unit = (column: number): Float64Array => {
      const direction = new Float64Array(q);
      direction[column] = 1;
      return direction;
    };
    // Rows of the others against the leading ones: forward substitution, nothing where a pivot is zero.
    const size = others.length;
    const rest = new Float64Array(size * size);
    const against = others.map((row) => {
      const l: number[] = [];
      // The first effect vanishes: only what a row shares with the second is known, and lies along that one's row.
      if (lead.length === 2 && leading[0][0] === 0) {
        const [ahead, aside] = leading[1];
        const norm = ahead * ahead + aside * aside;
        const share = norm > 0 ? G[row * q + lead[1]] / norm : 0;
        return [share * ahead, share * aside];
      }
      lead.forEach((leader, c) => {
        let sum = G[row * q + leader];
        for (let k = 0; k < c; k++) sum -= l[k] * leading[c][k];
        const pivot = leading[c][c];
        l.push(used[c] && pivot * pivot > ZERO_PIVOT * G[leader * q + leader] && pivot > 0 ? sum / pivot : 0);
      });
      return l;
    });
    others.forEach((row, i) => {
      others.forEach((column, j) => {
        let sum = G[row * q + column];
        for (let c = 0; c < lead.length; c++) sum -= against[i][c] * against[j][c];
        rest[i * size + j] = sum;
      });
    });
    const order = new Int32Array(size);
    const L = new Float64Array(size * size);
    if (size > 0) pivotedCholesky(rest, size, L, order, ZERO_PIVOT);
    for (let i = 0; i < size; i++) {
      const row = others[order[i]];
      for (let c = 0; c < lead.length; c++) if (used[c]) free(s, row, unit(c), against[order[i]][c]);
      for (let c = 0; c <= i; c++) free(s, row, unit(lead.length + c), L[i * size + c]);
    }
  });
  return { parameters, values: Float64Array.from(values), fixed };
}

/** Fills the factor M from its free parameters. */
export function placeFactor(
  slots: readonly TermSlot[],
  { parameters, fixed }: FreeFactor,
  values: Float64Array,
  out: Float64Array,
): void {
  out.set(fixed);
  parameters.forEach(({ slot, row, direction }, k) => {
    const { q, square } = slots[slot];
    for (let c = 0; c < q; c++) out[square + row * q + c] += values[k] * direction[c];
  });
}

/** M M', concatenated like M. */
export function covarianceOf(slots: readonly TermSlot[], factor: Float64Array, out: Float64Array): void {
  for (const { q, square } of slots) {
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) {
        let sum = 0;
        for (let c = 0; c < q; c++) sum += factor[square + a * q + c] * factor[square + b * q + c];
        out[square + a * q + b] = sum;
      }
    }
  }
}
