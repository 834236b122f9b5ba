/**
 * What a family knows of its log likelihood. For pseudo-row i (`moments/family-evidence.ts`), eta its linear predictor with the
 * offset and phi the family's own parameters ("extras"):
 *
 *     l(eta, phi)    r = dl/deta    W = -d2l/deta2    W' = dW/deta    W'' = dW'/deta
 *
 * Observed information throughout: W is minus the second derivative, not its expectation, and may be negative.
 */

/** Extras, as searches have them: nbinom2 1/size, nbinom1 phi, Gamma log shape, beta log precision, cumulative a_1 and the logs of differences of thresholds. */
export type Extras = Float64Array;

/** 1: l, r, W. 2: also W' and the first derivatives by extras. 3: also W'' and the second ones, of kernels that have them. */
export type RowOrder = 1 | 2 | 3;

/** Derivatives over pseudo-rows; those by extra e stand from e x rows on. */
export interface RowDerivatives {
  readonly l: Float64Array;
  readonly r: Float64Array;
  readonly w: Float64Array;
  /** W' and W''. */
  readonly w1: Float64Array;
  readonly w2: Float64Array;
  /** dl/dphi, dr/dphi, dW/dphi. */
  readonly lE: Float64Array;
  readonly rE: Float64Array;
  readonly wE: Float64Array;
  /** d2l/dphi2, d2r/dphi2, d2W/dphi2 and dW'/dphi, of families with one extra. */
  readonly lEE: Float64Array;
  readonly rEE: Float64Array;
  readonly wEE: Float64Array;
  readonly w1E: Float64Array;
}

/** What of the log likelihood belongs to no pseudo-row, with its derivatives by extras. */
export interface Remainder {
  value: number;
  /** Length extras. */
  readonly first: Float64Array;
  /** extras x extras. */
  readonly second: Float64Array;
}

/** One family and link on one design's pseudo-rows. */
export interface FamilyKernel {
  /** Number of extras. */
  readonly extras: number;
  /** Least value of each extra: 0 where that is a limit of the family (a negative binomial that is Poisson), else -Infinity. */
  readonly least: Float64Array;
  /** Whether order 3 is there. */
  readonly hasSecond: boolean;
  /** Takes the response whose numbers stand in `values` from `at` on; they must stay there. */
  load(values: Float64Array, at: number): void;
  /** Derivatives at some linear predictors, into `out`. */
  evaluate(eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void;
  /**
   * Adds them to the sums of strata instead, `of` naming that of each pseudo-row: of kernels so simple that numbers by pseudo-row
   * would cost as much as they.
   */
  evaluateSums?(of: Int32Array, eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void;
  /** What belongs to no pseudo-row, into `out`: constant and tail. */
  remainder(extras: Extras, order: RowOrder, out: Remainder): void;
  /** Extras to begin a search with, at some linear predictors (a fit without random effects): several where optima may be several. */
  starts(eta: Float64Array): Extras[];
  /** Fitted means (of cumulative: the probability of each category, rows x categories) at some linear predictors. */
  means(eta: Float64Array, extras: Extras): Float64Array;
}

/** Space for derivatives of some pseudo-rows. */
export function rowDerivatives(rows: number, extras: number): RowDerivatives {
  const of = (length: number) => new Float64Array(length);
  const each = rows * extras;
  const single = extras === 1 ? rows : 0;
  return {
    ...{ l: of(rows), r: of(rows), w: of(rows), w1: of(rows), w2: of(rows) },
    ...{ lE: of(each), rE: of(each), wE: of(each) },
    ...{ lEE: of(single), rEE: of(single), wEE: of(single), w1E: of(single) },
  };
}

const FIRST = ['l', 'r', 'w'] as const;
const SECOND = [...FIRST, 'w1', 'lE', 'rE', 'wE'] as const;
/** What derivatives of some order fill. */
export const FIELDS: Record<RowOrder, readonly (keyof RowDerivatives)[]> = {
  ...{ 1: FIRST, 2: SECOND },
  3: [...SECOND, 'w2', 'lEE', 'rEE', 'wEE', 'w1E'],
};

/** Zeros, to which derivatives can be added. */
export function clearDerivatives(out: RowDerivatives, order: RowOrder): void {
  for (const field of FIELDS[order]) out[field].fill(0);
}
