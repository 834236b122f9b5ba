import { median } from '../numeric/order-statistics.ts';

/**
 * The criterion of a generalised mixed model as a function of its parameters: -2 log of the likelihood with the random effects
 * integrated out, by Laplace's approximation with observed information or by adaptive Gauss-Hermite quadrature, all constants
 * included. Parameters: beta (raw units), then those of the covariance, then the family's extras (`family-kernel.ts`).
 */
export interface FamilyObjective {
  /** Fixed effects, covariance parameters, extras. */
  readonly p: number;
  readonly m: number;
  readonly d: number;
  /** Least value of each parameter, length p + m + d; -Infinity where there is none. */
  readonly least: Float64Array;
  /** Greatest value of each parameter, where there is one. */
  readonly most?: Float64Array;
  /** Changes that move linear predictors (or logarithms of variances) by about one; without it 1. */
  readonly size?: Float64Array;
  /**
   * Of a parameter with a least value, how far from that value it acts on a logarithmic scale, as at the point evaluated last
   * with derivatives: the criterion is near quadratic in log(parameter - least + origin). Infinity: on its own scale.
   */
  readonly origin?: Float64Array;
  /**
   * Of a criterion whose one covariance parameter is a variance, after an evaluation with gradient where that is zero: the variance
   * that would be best, or nearly, if the likelihood of each level were a parabola there, 0 where that is none.
   */
  likelyVariance?(): number;
  /** Modes that the next evaluation may start from, as `modes` gives their estimates; `near` where they are about those of its point. */
  startModes?(estimates: readonly Float64Array[], near?: boolean): void;
  /** What the criterion would lose without that variance at the point evaluated last, all else held, by parabolas at the modes. */
  effectGain?(): number;
  /** Which covariance parameters are diagonal elements of factors (1); without it none, or one that is a variance. */
  readonly diagonals?: Uint8Array;
  /** Whether a Hessian costs many gradients. */
  readonly costlyHessian?: boolean;
  /** Takes the response whose numbers stand in `values` from `at` on, and forgets the modes of the one before. */
  load(values: Float64Array, at: number): void;
  /**
   * The criterion at a point; NaN where it cannot be evaluated (no mode, H not positive definite, out of range). Order 1
   * fills `gradient`, order 2 `hessian` too. Inner modes start from those of the point before.
   */
  evaluate(parameters: Float64Array, order: 0 | 1 | 2): number;
  readonly gradient: Float64Array;
  /** Row-major, symmetric. */
  readonly hessian: Float64Array;
  /** Covariance factors of the random terms at a point: lower triangles by columns, lme4's order, diagonals >= 0. */
  theta(parameters: Float64Array): Float64Array;
  /** The point with such factors. */
  parametersOf(beta: Float64Array, theta: Float64Array, extras: Float64Array): Float64Array;
  /**
   * Conditional modes and their standard deviations (beta, theta, extras held) at the point evaluated last, by term levels x q; with
   * `turns` those of T b, T the q x q matrix of a term, where there is one.
   */
  modes(
    turns?: readonly (Float64Array | null)[],
  ): { readonly estimate: Float64Array; readonly standardError: Float64Array }[];
  /**
   * Variance of the sum over the terms of z'b about its mode, parameters held, at the point evaluated last: z H^-1 z for levels of
   * the design, by term; -1 leaves a term out.
   */
  effectVariance(levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): number;
  /**
   * Information of beta with the covariance and extras held, p x p, at the point evaluated last: X'WX - X'WA H^-1 A'WX, A = Z L
   * (the beta block of what the joint curvature in beta and the modes leaves; lme4's vcov without its Hessian). With a
   * `shift` of columns that are that much larger.
   */
  fixedInformation?(shift?: Float64Array): Float64Array;
  /** Of one variance: the median over the levels of V in Var(b | y) = gamma / (1 + gamma V), at the point evaluated last; NaN where gamma is zero. */
  medianInformation?(): number;
  /** Linear predictors at those modes, by pseudo-row. */
  readonly eta: Float64Array;
  /** How far a change of the coefficients moves a linear predictor: the median of those that it moves. */
  typicalChange?(step: Float64Array): number;
}

/** Largest standard deviation of a random effect, in the linear predictor: beyond it nothing is left to see. */
export const LARGEST_DEVIATION = 30;

/** Largest logarithm of a shape or precision: beyond it there is no dispersion left, and rounding takes over. */
export const LARGEST_LOG_DISPERSION = 18;

/** Information in all linear predictors together up to which a criterion may have several minima. */
export const LITTLE_INFORMATION = 30;
/** Rows with a dispersion of their own up to which it may. */
export const FEW_ROWS = 300;

/** Changes of coefficients that move linear predictors by about one: 1 / root mean square of the columns of rows x p. */
export function columnSizes(x: Float64Array, p: number): Float64Array {
  return Float64Array.from({ length: p }, (_, k) => {
    let total = 0;
    for (let e = k; e < x.length; e += p) total += x[e] * x[e];
    return total > 0 ? Math.sqrt(x.length / p / total) : 1;
  });
}

/** The same for most rows: 1 / median of what of a column is not zero, which one row far out is no part of. */
export function typicalSizes(x: Float64Array, p: number): Float64Array {
  return Float64Array.from({ length: p }, (_, k) => {
    const step = new Float64Array(p);
    step[k] = 1;
    const change = typicalChange(x, step);
    return change > 0 ? 1 / change : 1;
  });
}

/** Columns of rows x p with a number added to each; as they are without. */
export function shiftedColumns(x: Float64Array, shift: Float64Array | undefined): Float64Array {
  return shift ? x.map((value, e) => value + shift[e % shift.length]) : x;
}

/** Changes of linear predictors that are rounding, beside the largest. */
const UNMOVED = 1e-9;

/** The median size of those changes of linear predictors, rows x p times `step`, that are any; 0 where none is. */
export function typicalChange(x: Float64Array, step: Float64Array): number {
  const p = step.length;
  const changes = new Float64Array(p === 0 ? 0 : x.length / p);
  let most = 0;
  for (let i = 0; i < changes.length; i++) {
    let sum = 0;
    for (let k = 0; k < p; k++) sum += x[i * p + k] * step[k];
    changes[i] = Math.abs(sum);
    most = Math.max(most, changes[i]);
  }
  return most > 0 ? median(changes.filter((change) => change > UNMOVED * most)) : 0;
}
