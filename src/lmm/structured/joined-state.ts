/** What joined blocks keep where the criterion stands (symbols in `joined-part.ts`). */
import type { TermBlock } from './block-covariance.ts';
import type { JoinedUnit, JoinedUnits } from './joined-units.ts';

/** A unit where the criterion stands: width x width each, then width x p and width of V^-1 y, and the whitened ones. */
export interface UnitState {
  readonly unit: JoinedUnit;
  readonly H: Float64Array;
  readonly K: Float64Array;
  /** Z'V^-1 Z. */
  readonly inner: Float64Array;
  /** Z'V^-1 (Q, r), the same of (Q L, e) with C = L L'; width x (p + 1). */
  readonly products: Float64Array;
  readonly white: Float64Array;
}

/** Sums over the subjects of a pattern, size x size: u H u', e e' and x C x'. */
export interface PatternSums {
  readonly shrunk: Float64Array;
  readonly square: Float64Array;
  readonly spread: Float64Array;
}

/** A random term: G, F and the sum of Z'Y Z over its levels, q x q. */
export interface JoinedTerm {
  readonly covariance: TermBlock;
  readonly q: number;
  readonly offset: number;
  readonly parameters: number;
  readonly G: Float64Array;
  readonly F: Float64Array;
  readonly Y: Float64Array;
  /** dG by parameter, q x q each. */
  readonly changes: Float64Array;
}

export interface JoinedState {
  readonly p: number;
  /** All parameters of the model. */
  readonly count: number;
  readonly units: JoinedUnits;
  readonly states: readonly UnitState[];
  readonly sums: readonly PatternSums[];
  readonly terms: readonly JoinedTerm[];
  /** u by subject, x (rows x (p + 1)) and (x L, e) of the same shape. */
  readonly turned: Float64Array;
  readonly x: Float64Array;
  readonly white: Float64Array;
  readonly t: Float64Array;
}
