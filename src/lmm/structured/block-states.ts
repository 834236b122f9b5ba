/** What an objective keeps of blocks and frames at the point where it stands (symbols in `blocks-objective.ts`). */
import type { CovarianceBlock } from '../../moments/covariance-evidence.ts';
import { BlockCovariance } from './block-covariance.ts';
import { covarianceFrames } from './covariance-frames.ts';
import type { CovarianceParameters } from './covariance-parameters.ts';
import { ElementSums } from './element-sums.ts';
import { packed } from './matrix-products.ts';
import { rowOffsets } from './row-combinations.ts';

/** What is kept of a block at the point where the objective stands. */
export interface BlockState {
  readonly block: CovarianceBlock;
  readonly types: Int32Array;
  /** Element of the frame's V of each pair of the block's rows, packed. */
  readonly places: Int32Array;
  /** O, T and Y, size x size, and the part tr(C S_ab,qq) of T whatever the method. */
  readonly inverse: Float64Array;
  readonly T: Float64Array;
  readonly spread: Float64Array;
  readonly Y: Float64Array;
  /** S_ab e, pairs x p, where it is formed: of a block of sums whose parameters are many (`addSurrounded`). */
  readonly Se: Float64Array;
  /** By pair of a block of sums: where its q and its numbers of a response stand, and space for weights. */
  readonly rows: Int32Array;
  readonly numbers: Int32Array;
  readonly weights: Float64Array;
}

export interface FrameState {
  readonly covariance: BlockCovariance;
  readonly members: readonly BlockState[];
  /** sum of Y over the members, by type. */
  readonly Y: Float64Array;
  /** Null for a frame of one large block, whose N_k = V_k O of each place are formed. */
  readonly sums: ElementSums | null;
  readonly N: Float64Array;
}

/** The frames of some blocks, with space for their states; p coefficients. */
export function frameStates(
  parameters: CovarianceParameters,
  blocks: readonly CovarianceBlock[],
  p: number,
): FrameState[] {
  return covarianceFrames(blocks).map(({ block, members, shared }) => {
    const covariance = new BlockCovariance(parameters, block);
    const square = block.size * block.size;
    // Of one block whose derivatives are diagonal its own products are less than sums by elements.
    const summed = shared && !(members.length === 1 && covariance.diagonal > 0);
    return {
      covariance,
      members: members.map((member) => blockState(member.block, member.types, p)),
      Y: new Float64Array(square),
      sums: summed ? new ElementSums(block.size, p) : null,
      N: new Float64Array(summed ? 0 : covariance.places.length * square),
    };
  });
}

/** Space of products by pairs of rows of the blocks that have sums, or by rows of the others. */
export function wideLength(blocks: readonly CovarianceBlock[], p: number): number {
  const width = Math.max(p, (p * (p + 1)) / 2);
  return blocks.reduce((most, { size, sums }) => Math.max(most, sums ? size * size * width : size * p), 0);
}

function blockState(block: CovarianceBlock, types: Int32Array, p: number): BlockState {
  const numbers = (length: number) => new Float64Array(length);
  const m = block.size;
  const pairs = (m * (m + 1)) / 2;
  const places = new Int32Array(pairs);
  for (let a = 0; a < m; a++) for (let b = 0; b <= a; b++) places[packed(a, b)] = packed(types[a], types[b]);
  return {
    block,
    types,
    places,
    inverse: numbers(m * m),
    T: numbers(m * m),
    spread: numbers(m * m),
    Y: numbers(m * m),
    Se: numbers(block.sums ? pairs * p : 0),
    rows: rowOffsets(block.sums ? pairs : 0, (p * (p + 1)) / 2),
    numbers: rowOffsets(block.sums ? pairs : 0, p + 1),
    weights: numbers(pairs),
  };
}
