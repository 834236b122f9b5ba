/**
 * Plain data of what a generalised model needs of its rows. Rows of the design that the likelihood cannot tell apart (the same
 * columns of x and z, the same levels) are one pseudo-row, so that nothing here grows with the number of rows where a design
 * is categorical. Pseudo-rows stand beside the response's statistics, which are sums over their rows i with prior weights w:
 *
 *     family      offset               mass               statistics                      tail, after the constant
 *     binomial    that of its rows     sum w m (trials)   sum w k (successes)             -
 *     poisson     log sum w exp(o)     1                  sum w y                         -
 *     nbinom2     node                 cells at the node  counts at the node              sum w by value of `counts`
 *     nbinom1     that of its rows     sum w              y of its rows                   -
 *     Gamma       0                    sum w              sum w y exp(-o)                 sum w (log y - o), sum w log y
 *     beta        that of its rows     sum w              sum w log y, sum w log(1 - y)   -
 *     cumulative  that of its rows     sum w              sum w by category               -
 *
 * The constant is what of the log likelihood depends on no parameter, as its kernel writes it: of poisson that at exp(eta) = S,
 * S the statistic of each pseudo-row; of nbinom2 nothing, as log y! goes with the tail. Nodes of nbinom2 are the offsets of the rows, or
 * Chebyshev points of the offsets of a stratum with the masses that interpolation gives them (`offset-nodes.ts`).
 */
import type { FamilyName, LinkName } from '../types/family.ts';

/** A random term on the pseudo-rows, in the order of the design's terms. */
export interface FamilyEffects {
  /** rows x q row-major, raw units. */
  readonly z: Float64Array;
  /** Level of the term's grouping factor of each pseudo-row. */
  readonly codes: Int32Array;
}

export interface FamilyEvidence {
  readonly family: FamilyName;
  readonly link: LinkName;
  /** Pseudo-rows. */
  readonly rows: number;
  /** rows x p row-major, raw units. */
  readonly x: Float64Array;
  readonly offset: Float64Array;
  /** Of interpolation masses may be slightly negative. */
  readonly mass: Float64Array;
  readonly effects: readonly FamilyEffects[];
  /** Statistics of a pseudo-row. */
  readonly statistics: number;
  /** Values that the masses in the tail belong to, increasing; empty but for nbinom2. */
  readonly counts: Float64Array;
  /** Categories of an ordinal response, in order; else empty. */
  readonly categories: readonly string[];
  /** Numbers of a response: each statistic over the pseudo-rows, one behind the other, then constant and tail. */
  readonly width: number;
}

/** How far masses may be off whole numbers of rows: sums of a few hundred shares. */
const WHOLE = 1e-6;
/** Rows that are written out one by one, at most. */
const MOST_ROWS = 1e7;

/** Whether a mass is a number of rows. */
export function isWhole(mass: number): boolean {
  return mass >= 0 && Math.abs(mass - Math.round(mass)) <= WHOLE;
}

/**
 * Why no responses can be drawn from models on some evidence, in words; null where they can. Rows of unequal weight are no rows, and
 * nodes of interpolated offsets are none either.
 */
export function undrawable({ family, mass }: FamilyEvidence, weighted: boolean): string | null {
  if (weighted && family !== 'binomial') return 'rows with weights are no single draws';
  if (family === 'poisson') return null;
  let total = 0;
  for (const value of mass) {
    if (!isWhole(value)) {
      return family === 'nbinom2'
        ? 'the offsets of the rows are interpolated, so that single rows are not known'
        : 'rows with weights are no single draws';
    }
    total += value;
  }
  return total <= MOST_ROWS || family === 'binomial' ? null : `there are ${total} rows to draw one by one`;
}
