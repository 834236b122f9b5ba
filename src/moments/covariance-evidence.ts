/** Plain data of a covariance by blocks; `covariance-blocks.ts` forms it and says what it is. */

import type { RandomTerm } from '../types/design.ts';
import type { StructureName } from '../types/residual.ts';
import type { FactorMoments, TermMoments } from './factor-moments.ts';
import type { ScaleLayout } from './scale-columns.ts';

/** The parameters of a covariance by blocks, in their order: scales, correlations by group, then the random terms. */
export interface CovarianceLayout extends ScaleLayout {
  /** Null where residuals are independent. */
  readonly structure: StructureName | null;
  /** What the blocks are made of. */
  readonly form: BlockForm;
  /** `us(visit | subject)` and `~ sex` as the user wrote them. */
  readonly text: string;
  readonly dispersionText: string;
  /** Visits in order; empty for times. */
  readonly visits: readonly string[];
  /** Groups with parameters of their own, and what they are levels of; one group without a name where there are none. */
  readonly by: string | null;
  readonly groups: readonly string[];
  /** Typical distance between neighbouring times. */
  readonly spacing: number;
  /** Structure of each random term; null for any covariance. */
  readonly terms: readonly (RandomTerm['structure'] | null)[];
}

/** A random term in the blocks of one kind. */
export interface BlockEffects {
  /** size x q row-major. */
  readonly z: Float64Array;
  /** Rows of one level have one number. */
  readonly levels: Int32Array;
  /** Level of the term's grouping factor of each row, count x size. */
  readonly codes: Int32Array;
}

/** What blocks are made of (`block-pieces.ts`): the rows of subjects; means and deviations of `cs`; neighbours of a series. */
export type BlockForm = 'subjects' | 'means' | 'neighbours';

/** Subjects (or connected rows) with the same block of V. */
export interface CovarianceBlock {
  readonly group: number;
  /** Rows of the block, and blocks of this kind; negative for what neighbours of a series count twice. */
  readonly size: number;
  readonly count: number;
  readonly sign: 1 | -1;
  /** Number of the visit, or the time, of each row. */
  readonly positions: Float64Array;
  /** Rows of one subject have one number. */
  readonly subjects: Int32Array;
  /** size x scales. */
  readonly scales: Float64Array;
  /** By random term: columns (size x q row-major, of zt, times the root of the weight) and the level of each row. */
  readonly effects: readonly BlockEffects[];
  /** Whether `q`, and what responses have, are sums over pairs (a, b <= a), both orders added for b < a, or rows. */
  readonly sums: boolean;
  /** pairs x p(p+1)/2 packed lower triangles by rows, or count x size x p. */
  readonly q: Float64Array;
  /** Rows of Q of subjects that stand for all of a pattern of sums in draws, rank x size x p (`pattern-root.ts`). */
  readonly root?: Float64Array;
  /** Rows that make it, one block behind the other: of the design, or beyond them means and deviations of these. */
  readonly rows: Int32Array;
  /** Where the numbers of a response begin: pairs x (p + 1), q'r before r'r; or count x size of r. */
  readonly offset: number;
}

export interface CovarianceBlocks {
  readonly layout: CovarianceLayout;
  readonly blocks: readonly CovarianceBlock[];
  /** Numbers of a response. */
  readonly width: number;
  /** Independent units: subjects, or the rows where nothing connects them; with the name of what they are levels of. */
  readonly units: { readonly name: string | null; readonly count: number };
  /** Subjects as a grouping factor with intercepts, without an effect in the model; null where rows have none. */
  readonly subjects: { readonly factor: FactorMoments; readonly term: TermMoments } | null;
  /** Two visits of a group that no subject has both, for `us`; null where there are none. */
  readonly unseen: string | null;
  /** Whether a group of `us` has fewer subjects than visits. */
  readonly fewSubjects: boolean;
}
