/**
 * Sufficient statistics of linear mixed models: what fits and inference need of the data. No array here grows with the
 * number of rows n. Formed in float64 from residuals, never as y'y - b'X'y.
 *
 * Notation: W = diag(prior weights), W^(1/2) X = Q R with Q'Q = I (thin, p columns). All fixed-effect quantities are in
 * the orthonormal basis Q; raw coefficients are R^-1 times the coordinates in it, and cov(b) = R^-1 C R^-T.
 * Each random term has its columns z orthonormalised too: z = zt T with mean square of zt the identity (T upper
 * triangular, q x q), so that relative covariance factors are of order one whatever the units are.
 */

import type { ModelRecipe } from '../types/recipe.ts';
import type { CovarianceBlocks } from './covariance-evidence.ts';
import type { FactorMoments, TermMoments } from './factor-moments.ts';
import type { FamilyEvidence } from './family-evidence.ts';

export type { FactorMoments, TermMoments };

/** Z_a'W Z_b for two factors a < b, sparse: blocks of the levels of b that occur together with level i of a. */
export interface CrossMoments {
  readonly a: number;
  readonly b: number;
  /** Length J_a + 1. */
  readonly pointers: Int32Array;
  /** Level of b of each block, increasing within a level of a. */
  readonly columns: Int32Array;
  /** Blocks, q_a x q_b row-major each. */
  readonly values: Float64Array;
}

/** Everything about one design. */
export interface DesignMoments {
  /** The kind of evidence, see `evidence.ts`. */
  readonly kind: 'moments';
  readonly n: number;
  readonly p: number;
  readonly coefficients: readonly string[];
  /** Index into `termLabels` of each coefficient, as in `Design.fixed`; moments from plain sums have none. */
  readonly assign?: readonly number[];
  readonly termLabels?: readonly string[];
  /** Aliased columns that were left out. */
  readonly dropped?: number;
  /** R, p x p row-major upper triangle. */
  readonly r: Float64Array;
  /** sum log w; 0 without weights. */
  readonly logDetW: number;
  readonly terms: readonly TermMoments[];
  readonly factors: readonly FactorMoments[];
  readonly crosses: readonly CrossMoments[];
  /** Columns of Z in all. */
  readonly q: number;
  /** Unweighted centred X'X of the raw columns, p x p row-major (for the variance of X b in R2). */
  readonly xtxCentred: Float64Array;
  /** Of models whose covariance is more than random effects beside equal residuals. */
  readonly blocks?: CovarianceBlocks;
  /** Of generalised models, whose responses have no `qty`, `ztr` and `rss`. */
  readonly family?: FamilyEvidence;
}

/** Responses that share a design. Scales are the response's own. */
export interface ResponseMoments {
  readonly count: number;
  /** count x p: Q'W^(1/2) y. */
  readonly qty: Float64Array;
  /** count x Q: Z'W (y - X b_ols). */
  readonly ztr: Float64Array;
  /** Residual sum of squares of the least-squares fit, weighted. */
  readonly rss: Float64Array;
  /** Mean of the response, unweighted, before offsets. */
  readonly mean: Float64Array;
  /** 1 where the response does not vary; of counts, where all are zero. */
  readonly constant: Uint8Array;
  /** Rows with a value other than zero; -1 where not counted. */
  readonly expressed: Int32Array;
  /** Numbers of the responses' streams of random numbers; where absent they are counted. */
  readonly streams?: Uint32Array | undefined;
  /** count x `design.blocks.width`, where the design has blocks. */
  readonly blocks?: Float64Array | undefined;
  /** count x `design.family.width`, where the design has a family. */
  readonly family?: Float64Array | undefined;
}

/** Stream of random numbers that belongs to response k. */
export function streamOf({ streams }: ResponseMoments, k: number): number {
  return streams ? streams[k] : k;
}

/** One design and its responses; `index[k]` is the place of response k in the whole run. */
export interface MomentBatch {
  readonly design: DesignMoments;
  readonly responses: ResponseMoments;
  readonly index: Int32Array;
  /** How rows of this design are made from a table, where that differs from the run's recipe. */
  readonly recipe?: ModelRecipe;
}

/** A whole run: batches of one design each (one batch when the design is shared). */
export interface Moments {
  readonly formula: string;
  readonly names: readonly string[];
  readonly genes?: readonly string[];
  /** Split of each response, where the run was split. */
  readonly splits?: readonly string[];
  readonly batches: readonly MomentBatch[];
  /** Names of all coefficients over the batches, in order. */
  readonly coefficients: readonly string[];
  readonly notes: readonly string[];
  /** How the design was made from its table; of a split run, the first split's. */
  readonly recipe?: ModelRecipe;
}

/** Space for the moments of `count` responses. */
export function emptyResponseMoments(design: DesignMoments, count: number): ResponseMoments {
  const { p, q, blocks, family } = design;
  const gaussian = family ? 0 : count;
  return {
    count,
    qty: new Float64Array(gaussian * p),
    ztr: new Float64Array(gaussian * q),
    rss: new Float64Array(gaussian),
    mean: new Float64Array(count),
    constant: new Uint8Array(count),
    expressed: new Int32Array(count).fill(-1),
    ...(blocks ? { blocks: new Float64Array(count * blocks.width) } : {}),
    ...(family ? { family: new Float64Array(count * family.width) } : {}),
  };
}
