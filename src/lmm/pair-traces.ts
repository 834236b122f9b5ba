import type { TermSlot } from './objective.ts';

/** Terms on one grouping factor: their slots and first columns among the factor's q. */
export interface FactorBasis {
  readonly q: number;
  readonly terms: readonly { readonly slot: TermSlot; readonly column: number }[];
}

/**
 * Sums over pairs of levels of the blocks T_ik of Z'P Z: `diagonal[f]` = sum of T_ii by factor (q x q), and `squares`
 * (bases x bases) = tr(P V_e P V_f) = sum over all ordered pairs of tr(E_e T_ik E_f T_ki).
 */
export class PairTraces {
  readonly diagonal: readonly Float64Array[];
  readonly squares: Float64Array;
  private readonly bases: number;
  private readonly elements: readonly { e: number; a: number; b: number }[][];

  constructor(parts: readonly FactorBasis[], bases: number) {
    this.bases = bases;
    this.squares = new Float64Array(bases * bases);
    this.diagonal = parts.map(({ q }) => new Float64Array(q * q));
    this.elements = parts.map(({ terms }) =>
      terms.flatMap(({ slot, column }) => {
        const list: { e: number; a: number; b: number }[] = [];
        let e = slot.basis;
        for (let a = 0; a < slot.q; a++)
          for (let b = 0; b <= a; b++) list.push({ e: e++, a: column + a, b: column + b });
        return list;
      }),
    );
  }

  /** Adds the block at `at` (rows `stride` apart) of a level of factor f and one of factor g. Each unordered pair once. */
  add(f: number, g: number, T: Float64Array, at: number, stride: number, same: boolean): void {
    const { squares, bases } = this;
    const rows = this.elements[f];
    const columns = this.elements[g];
    if (same) {
      const out = this.diagonal[f];
      const q = Math.sqrt(out.length);
      for (let a = 0; a < q; a++) for (let b = 0; b < q; b++) out[a * q + b] += T[at + a * stride + b];
    }
    // Within a factor an unordered pair of different levels stands for two ordered ones.
    const mirrored = f === g && !same;
    for (const { e, a, b } of rows) {
      for (const { e: h, a: c, b: d } of columns) {
        // tr(E_e T E_h T') with E_e = e_a e_b' + e_b e_a'
        let sum = T[at + b * stride + c] * T[at + a * stride + d];
        if (a !== b) sum += T[at + a * stride + c] * T[at + b * stride + d];
        if (c !== d) {
          sum += T[at + b * stride + d] * T[at + a * stride + c];
          if (a !== b) sum += T[at + a * stride + d] * T[at + b * stride + c];
        }
        squares[e * bases + h] += sum;
        if (mirrored || f !== g) squares[h * bases + e] += sum;
      }
    }
  }
}
