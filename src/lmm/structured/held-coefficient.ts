/**
 * Blocks without one direction of X, for a fixed effect l'b that is held at c (as `constrained-design.ts` has it of plain models):
 * with u = l'R^-1 over its norm the first of a rotated basis Q H (H a Householder reflection) and delta = u'Q'y - c / |l'R^-1|, what is
 * left are the columns Q H_rest and the residuals r + delta Q u. Both are linear in (q, r): each S_ab of a block becomes A'S_ab A,
 *
 *     A = ( H_rest  delta u )
 *         (   0         1   )
 */
import type { CovarianceBlock, CovarianceBlocks } from '../../moments/covariance-evidence.ts';
import { packed } from './matrix-products.ts';

export interface HeldCoefficient {
  readonly evidence: CovarianceBlocks;
  /** Numbers of a response with l'b = c: from those that stand in `data` from `from` on and its Q'y, which stands in `qty` from `at` on. */
  respond(data: Float64Array, from: number, qty: Float64Array, at: number, c: number): Float64Array;
}

/** @param row l'R^-1, length p, not zero */
export function holdCoefficient(evidence: CovarianceBlocks, p: number, row: Float64Array): HeldCoefficient {
  let norm = 0;
  for (let i = 0; i < p; i++) norm += row[i] * row[i];
  norm = Math.sqrt(norm);
  const u = Float64Array.from(row, (value) => value / norm);
  const v = u.slice();
  v[0] += u[0] >= 0 ? 1 : -1;
  const beta = 1 / Math.abs(v[0]);
  const left = p - 1;
  /** H_rest'x of p values. */
  const rotate = (x: ArrayLike<number>, out: Float64Array, to: number): void => {
    let along = 0;
    for (let i = 0; i < p; i++) along += x[i] * v[i];
    for (let i = 1; i < p; i++) out[to + i - 1] = x[i] - beta * along * v[i];
  };

  let offset = 0;
  const held = evidence.blocks.map((block): HeldBlock => {
    const made = block.sums ? heldSums(block, p, u, rotate) : heldRows(block, p, u, rotate);
    const own = { ...made, block: { ...block, q: made.q, offset } };
    offset += block.sums ? ((block.size * (block.size + 1)) / 2) * p : made.along.length;
    return own;
  });
  const numbers = new Float64Array(offset);
  return {
    evidence: { ...evidence, blocks: held.map(({ block }) => block), width: offset },
    respond(data, from, qty, at, c) {
      let delta = -c / norm;
      for (let i = 0; i < p; i++) delta += u[i] * qty[at + i];
      evidence.blocks.forEach((block, b) => {
        const { along, square, block: own } = held[b];
        let source = from + block.offset;
        if (!block.sums) {
          for (let i = 0; i < along.length; i++) numbers[own.offset + i] = data[source++] + delta * along[i];
          return;
        }
        for (let pair = 0; pair < square.length; pair++, source += p + 1) {
          const to = own.offset + pair * p;
          rotate(data.subarray(source, source + p), numbers, to);
          let cross = 0;
          for (let i = 0; i < p; i++) cross += u[i] * data[source + i];
          for (let i = 0; i < left; i++) numbers[to + i] += delta * along[pair * left + i];
          numbers[to + left] = data[source + p] + delta * (2 * cross + delta * square[pair]);
        }
      });
      return numbers;
    },
  };
}

interface HeldParts {
  readonly q: Float64Array;
  /** Q u of each row; of sums H_rest'S_qq u, pairs x (p - 1). */
  readonly along: Float64Array;
  /** u'S_qq u of each pair; empty for rows. */
  readonly square: Float64Array;
}

interface HeldBlock extends HeldParts {
  readonly block: CovarianceBlock;
}

type Rotation = (x: ArrayLike<number>, out: Float64Array, to: number) => void;

function heldRows({ q }: CovarianceBlock, p: number, u: Float64Array, rotate: Rotation): HeldParts {
  const rows = q.length / p;
  const rotated = new Float64Array(rows * (p - 1));
  const along = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const own = q.subarray(i * p, (i + 1) * p);
    rotate(own, rotated, i * (p - 1));
    for (let c = 0; c < p; c++) along[i] += own[c] * u[c];
  }
  return { q: rotated, along, square: new Float64Array(0) };
}

function heldSums({ q, size }: CovarianceBlock, p: number, u: Float64Array, rotate: Rotation): HeldParts {
  const left = p - 1;
  const pairs = (size * (size + 1)) / 2;
  const [triangle, own] = [(p * (p + 1)) / 2, (left * p) / 2];
  const rotated = new Float64Array(pairs * own);
  const along = new Float64Array(pairs * left);
  const square = new Float64Array(pairs);
  const half = new Float64Array(p * left); // S H_rest, by rows
  const column = new Float64Array(p);
  const turned = new Float64Array(left);
  for (let pair = 0; pair < pairs; pair++) {
    const from = pair * triangle;
    const Su = new Float64Array(p);
    for (let i = 0; i < p; i++) {
      for (let j = 0; j < p; j++) column[j] = q[from + packed(i, j)];
      rotate(column, half, i * left);
      for (let j = 0; j < p; j++) Su[i] += column[j] * u[j];
    }
    for (let j = 0; j < left; j++) {
      for (let i = 0; i < p; i++) column[i] = half[i * left + j];
      rotate(column, turned, 0);
      for (let i = j; i < left; i++) rotated[pair * own + packed(i, j)] = turned[i];
    }
    rotate(Su, along, pair * left);
    for (let i = 0; i < p; i++) square[pair] += u[i] * Su[i];
  }
  return { q: rotated, along, square };
}
