import type { DesignMoments } from '../moments/moments.ts';
import type { BorderFactor } from './border-scaling.ts';
import { type Elimination, eliminationOrder } from './elimination.ts';
import { termSlots } from './objective.ts';
import type { FactorBasis } from './pair-traces.ts';

/** Arrays of a crossed objective: set up once per design, filled by `load` and by every evaluation. */
export interface CrossedState {
  readonly order: Elimination;
  readonly p: number;
  readonly bases: number;
  /** Terms of each factor: slot, and column within the factor. */
  readonly parts: readonly FactorBasis[];
  /** The factors in the border with their current relative covariance factors; that of the eliminated one is `full`. */
  readonly border: readonly BorderFactor[];
  readonly full: Float64Array;
  /** The loaded response: Q_i'r (J x q), [Z_rest X]'r and r'r outside the blocks. */
  readonly reduced: Float64Array;
  readonly restY: Float64Array;
  restYy: number;
  /** Left by the sweep over the levels: L_i^-1 R_i (J x q x q), Z_i'V_i^-1 W on the touched columns, Z_i'V_i^-1 r. */
  readonly E: Float64Array;
  readonly B: Float64Array;
  readonly u: Float64Array;
  /** W'V1^-1 W and W'V1^-1 r. */
  readonly M: Float64Array;
  readonly v: Float64Array;
  /** Cholesky factor of Omega (lower triangle), the solution of its equations, Xi. */
  readonly omega: Float64Array;
  readonly solution: Float64Array;
  readonly xi: Float64Array;
  /** M_z Xi, and space of border x border. */
  readonly MX: Float64Array;
  readonly work: Float64Array;
  readonly changeOfS: Float64Array;
  readonly changeOfInformation: Float64Array;
}

export function crossedState(design: DesignMoments, pairwise?: boolean): CrossedState {
  const { p, terms, factors } = design;
  const { slots, bases } = termSlots(terms.map((term) => term.q));
  const chosen = eliminationOrder(design);
  const order = { ...chosen, pairwise: pairwise ?? chosen.pairwise };
  const { q, levels, pointers, border, zColumns } = order;
  const numbers = (length: number) => new Float64Array(length);
  return {
    order,
    p,
    bases,
    parts: factors.map((factor, f) => ({
      q: factor.q,
      terms: terms.flatMap((term, t) => (term.factor === f ? [{ slot: slots[t], column: term.column }] : [])),
    })),
    border: order.others.map((other) => ({ ...other, factor: numbers(other.q * other.q) })),
    full: numbers(q * q),
    reduced: numbers(levels * q),
    restY: numbers(border),
    restYy: 0,
    E: numbers(levels * q * q),
    B: numbers(pointers[levels] * q),
    u: numbers(levels * q),
    M: numbers(border * border),
    v: numbers(border),
    omega: numbers(border * border),
    solution: numbers(border),
    xi: numbers(border * border),
    MX: numbers(zColumns * border),
    work: numbers(border * border),
    changeOfS: numbers(bases),
    changeOfInformation: numbers(bases * p * p),
  };
}
