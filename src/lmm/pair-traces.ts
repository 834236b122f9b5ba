import type { TermSlot } from './objective.ts';

/** Terms on one grouping factor: their slots and first columns among the factor's q. */
export interface FactorBasis {
  readonly q: number;
  readonly terms: readonly { readonly slot: TermSlot; readonly column: number }[];
}

/** An element of the symmetric basis of a factor: its place e among all, and its row and column, a >= b. */
export interface BasisElement {
  readonly e: number;
  readonly a: number;
  readonly b: number;
}

/**
 * Sums over pairs of levels of the blocks T_ik of Z'P Z: `diagonal[f]` = sum of T_ii by factor (q x q), and `squares`
 * (bases x bases) = tr(P V_e P V_f) = sum over all ordered pairs of tr(E_e T_ik E_f T_ki).
 */
export class PairTraces {
  readonly diagonal: readonly Float64Array[];
  readonly squares: Float64Array;
  private readonly bases: number;
  private readonly elements: readonly (readonly BasisElement[])[];

  constructor(parts: readonly FactorBasis[], bases: number) {
    this.bases = bases;
    this.squares = new Float64Array(bases * bases);
    this.diagonal = parts.map(({ q }) => new Float64Array(q * q));
    this.elements = parts.map(({ terms }) =>
      terms.flatMap(({ slot, column }) => {
        const list: BasisElement[] = [];
        let e = slot.basis;
        for (let a = 0; a < slot.q; a++)
          for (let b = 0; b <= a; b++) list.push({ e: e++, a: column + a, b: column + b });
        return list;
      }),
    );
  }

  /** Adds the block at `at` (rows `stride` apart) of a level of factor f and one of factor g. Each unordered pair once. */
  add(f: number, g: number, T: Float64Array, at: number, stride: number, same: boolean): void {
    if (same) {
      const out = this.diagonal[f];
      const q = Math.sqrt(out.length);
      for (let a = 0; a < q; a++) for (let b = 0; b < q; b++) out[a * q + b] += T[at + a * stride + b];
    }
    // Within a factor an unordered pair of different levels stands for two ordered ones.
    this.accumulate(f, g, T, at, stride, 1, f !== g || !same);
  }

  /** Takes tr(E_e C E_h C) of a level of factor f off. */
  subtract(f: number, C: Float64Array, q: number): void {
    this.accumulate(f, f, C, 0, q, -1, false);
  }

  addTrace(e: number, h: number, value: number): void {
    this.squares[e * this.bases + h] += value;
  }

  elementsOf(factor: number): readonly BasisElement[] {
    return this.elements[factor];
  }

  private accumulate(
    f: number,
    g: number,
    T: Float64Array,
    at: number,
    stride: number,
    sign: number,
    mirrored: boolean,
  ): void {
    const { squares, bases } = this;
    for (const { e, a, b } of this.elements[f]) {
      for (const { e: h, a: c, b: d } of this.elements[g]) {
        // tr(E_e T E_h T') with E_e = e_a e_b' + e_b e_a'
        let sum = T[at + b * stride + c] * T[at + a * stride + d];
        if (a !== b) sum += T[at + a * stride + c] * T[at + b * stride + d];
        if (c !== d) {
          sum += T[at + b * stride + d] * T[at + a * stride + c];
          if (a !== b) sum += T[at + a * stride + d] * T[at + b * stride + c];
        }
        squares[e * bases + h] += sign * sum;
        if (mirrored) squares[h * bases + e] += sign * sum;
      }
    }
  }
}
