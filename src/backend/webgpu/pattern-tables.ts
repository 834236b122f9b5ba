/** Structured residuals by patterns of visits as the kernels see them (shaders/lmm/blocks-objective.wgsl). */
import { type CovarianceParameters, correlationsAt } from '../../lmm/structured/covariance-parameters.ts';
import { responseScale } from '../../lmm/structured/parameter-start.ts';
import { nearestPoint, type PatternPoint, type PatternStart } from '../../lmm/structured/pattern-search.ts';
import type { CovarianceBlock, CovarianceBlocks } from '../../moments/covariance-blocks.ts';
import type { DesignMoments, ResponseMoments } from '../../moments/moments.ts';

/** Words of a pattern before its visits. */
const HEAD = 5;

/** Where the numbers of a pattern begin. */
interface PatternPlace {
  readonly block: CovarianceBlock;
  /** First of its matrices, and of its rows of a response. */
  readonly matrix: number;
  readonly row: number;
}

/** What all models of a design have in common. */
export interface PatternLayout {
  readonly p: number;
  readonly parameters: CovarianceParameters;
  readonly patterns: readonly PatternPlace[];
  /** Most rows of a pattern. */
  readonly visits: number;
  /** Matrices of 4 x 4 that a symmetric one of p x p is cut into, and those of all pairs of all patterns. */
  readonly matrices: number;
  readonly designRows: number;
  readonly responseRows: number;
}

export function patternLayout(
  { blocks }: CovarianceBlocks,
  parameters: CovarianceParameters,
  p: number,
): PatternLayout {
  const matrices = pairsOf(Math.ceil(p / 4));
  let [matrix, row] = [0, 1]; // a response's first row is where it begins
  const patterns = blocks.map((block) => {
    const place = { block, matrix, row };
    matrix += matrices * pairsOf(block.size);
    row += (p + 1) * pairsOf(block.size);
    return place;
  });
  const visits = blocks.reduce((most, { size }) => Math.max(most, size), 1);
  return { p, parameters, patterns, visits, matrices, designRows: matrix, responseRows: row };
}

/** Pairs (a, b <= a) of positions, or elements of a lower triangle. */
function pairsOf(size: number): number {
  return (size * (size + 1)) / 2;
}

/** The words of `structure`. */
export function patternWords(
  { patterns, visits, parameters }: PatternLayout,
  { points }: PatternStart,
): Uint32Array<ArrayBuffer> {
  const { scales, count } = parameters;
  const record = HEAD + visits + visits * scales;
  const point = count + count * count;
  const words = new Uint32Array(points.length * point + patterns.length * record);
  const floats = new Float32Array(words.buffer);
  points.forEach(({ start, inverse }, i) => {
    floats.set(start, i * point);
    floats.set(inverse, i * point + count);
  });
  patterns.forEach(({ block, matrix, row }, i) => {
    const at = points.length * point + i * record;
    words[at] = block.size;
    floats[at + 1] = block.count;
    words[at + 2] = correlationsAt(parameters, block.group);
    words[at + 3] = matrix;
    words[at + 4] = row;
    words.set(block.positions, at + HEAD);
    floats.set(block.scales, at + HEAD + visits);
  });
  return words;
}

/** S_ab,qq of all pairs as 4 x 4 blocks, column-major, of their lower triangles. */
export function patternMatrices({ patterns, p, matrices, designRows }: PatternLayout): Float32Array<ArrayBuffer> {
  const out = new Float32Array(16 * designRows);
  for (const { block, matrix } of patterns) {
    for (let a = 0, pair = 0; a < block.size; a++) {
      for (let b = 0; b <= a; b++, pair++) {
        const to = 16 * (matrix + pair * matrices);
        for (let c = 0; c < p; c++) {
          for (let e = 0; e <= c; e++) {
            const [row, column] = [Math.floor(c / 4), Math.floor(e / 4)];
            const at = to + 16 * (pairsOf(row) + column);
            const value = designSum(block, a, b, pair, c, e, p);
            out[at + 4 * (e % 4) + (c % 4)] = value;
            if (row === column) out[at + 4 * (c % 4) + (e % 4)] = value;
          }
        }
      }
    }
  }
  return out;
}

/** Element (c, e) of S_ab,qq, both orders of a and b added where they differ. */
function designSum(
  { sums, q, count, size }: CovarianceBlock,
  a: number,
  b: number,
  pair: number,
  c: number,
  e: number,
  p: number,
): number {
  if (sums) return q[pair * pairsOf(p) + pairsOf(c) + e];
  let sum = 0;
  for (let s = 0; s < count; s++) {
    const [i, j] = [(s * size + a) * p, (s * size + b) * p];
    sum += q[i + c] * q[j + e] + (b < a ? q[j + c] * q[i + e] : 0);
  }
  return sum;
}

/**
 * Returns what writes response k as column `column` of rows of `stride`: the point that it begins at, then of each pair q'r
 * and r'r, times a power of two that brings the residual variance near 1. False where the host has to say what becomes of the
 * response.
 */
export function patternReducer(
  { n }: DesignMoments,
  width: number,
  { patterns, p, visits }: PatternLayout,
  points: readonly PatternPoint[],
) {
  const cross = new Float64Array(p + 1);
  const squares = new Float64Array(visits);
  return (responses: ResponseMoments, k: number, out: Float32Array, column: number, stride: number): boolean => {
    const rss = responses.rss[k];
    const { blocks: data } = responses;
    if (!data || responses.constant[k] === 1 || !(rss > 0 && Number.isFinite(rss))) return false;
    const scale = responseScale(rss, n - p);
    // Products of the residuals of neighbours, and what they would be at a correlation of 1.
    let [product, whole] = [0, 0];
    for (const { block, row } of patterns) {
      const from = k * width + block.offset;
      for (let a = 0, pair = 0; a < block.size; a++) {
        for (let b = 0; b <= a; b++, pair++) {
          if (block.sums) for (let c = 0; c <= p; c++) cross[c] = data[from + pair * (p + 1) + c];
          else responseSums(block, data, from, a, b, cross);
          const to = row + pair * (p + 1);
          for (let c = 0; c < p; c++) out[(to + c) * stride + column] = cross[c] * scale;
          out[(to + p) * stride + column] = cross[p] * scale * scale;
          if (b === a) squares[a] = Math.sqrt(cross[p]) * scale;
          else if (b === a - 1) product += (cross[p] * scale * scale) / 2;
        }
        if (a > 0) whole += squares[a] * squares[a - 1];
      }
    }
    out[column] = nearestPoint(points, whole > 0 ? product / whole : 0);
    return true;
  };
}

/** q'r and r'r of positions a and b of a block that keeps its rows. */
function responseSums(
  { q, count, size }: CovarianceBlock,
  data: Float64Array,
  from: number,
  a: number,
  b: number,
  out: Float64Array,
): void {
  const p = out.length - 1;
  out.fill(0);
  for (let s = 0; s < count; s++) {
    const [i, j] = [s * size + a, s * size + b];
    const [ri, rj] = [data[from + i], data[from + j]];
    for (let c = 0; c < p; c++) out[c] += q[i * p + c] * rj + (b < a ? q[j * p + c] * ri : 0);
    out[p] += (b < a ? 2 : 1) * ri * rj;
  }
}
