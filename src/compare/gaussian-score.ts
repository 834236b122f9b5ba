/**
 * Log density of a response under given parameters, from moments alone: with r = y - X b, G = L L' relative covariances,
 *
 *     -2 log N(r; 0, s^2 (Z G Z' + W^-1)) = n log(2 pi s^2) - log|W| + log|M| + (r'Wr - v'M^-1 v) / s^2
 *     M = I + L'Z'WZ L,  v = L'Z'Wr
 *
 * The factor with most columns is eliminated level by level, the others form one dense block. Conditional on some of the
 * rows the density of the others is the difference of two such, at the same parameters.
 */
import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';

/** Parameters of one model in the user's units. */
export interface ModelParameters {
  /** Raw coefficients over `design.coefficients`. */
  readonly beta: Float64Array;
  /** Relative covariance factors of the terms, lower triangles by columns, one term after another. */
  readonly theta: Float64Array;
  readonly sigma: number;
}

/** W^(1/2) (y - X b) as far as it matters: its square, and Z'W(y - X b) in the basis of zt. */
export interface ResidualMoments {
  readonly square: number;
  readonly ztr: Float64Array;
}

export function residualMoments(
  design: DesignMoments,
  responses: ResponseMoments,
  k: number,
  beta: Float64Array,
): ResidualMoments {
  const { p, r, factors, q } = design;
  const left = new Float64Array(p); // Q'y - R b
  let square = responses.rss[k];
  for (let i = 0; i < p; i++) {
    let sum = responses.qty[k * p + i];
    for (let j = i; j < p; j++) sum -= r[i * p + j] * beta[j];
    left[i] = sum;
    square += sum * sum;
  }
  const ztr = responses.ztr.slice(k * q, (k + 1) * q);
  for (const { offset, ztx, levels, q: width } of factors) {
    for (let row = 0; row < levels.length * width; row++) {
      for (let j = 0; j < p; j++) ztr[offset + row] += ztx[row * p + j] * left[j];
    }
  }
  return { square, ztr };
}

export function gaussianLogDensity(
  design: DesignMoments,
  responses: ResponseMoments,
  k: number,
  { beta, theta, sigma }: ModelParameters,
): number {
  const { square, ztr } = residualMoments(design, responses, k, beta);
  const { n, logDetW } = design;
  const { logDet, explained } = eliminate(design, ztr, factorSquares(design, theta));
  const s2 = sigma * sigma;
  return -0.5 * (n * Math.log(2 * Math.PI * s2) - logDetW + logDet + (square - explained) / s2);
}

/** Block-diagonal factor of each grouping factor in the basis of zt: T L of its terms, q x q row-major. */
function factorSquares({ terms, factors }: DesignMoments, theta: Float64Array): Float64Array[] {
  const squares = factors.map(({ q }) => new Float64Array(q * q));
  let at = 0;
  for (const { q, factor, column, transform } of terms) {
    const width = factors[factor].q;
    const raw = new Float64Array(q * q);
    for (let c = 0; c < q; c++) for (let row = c; row < q; row++) raw[row * q + c] = theta[at++];
    for (let i = 0; i < q; i++) {
      for (let c = 0; c < q; c++) {
        let sum = 0;
        for (let j = i; j < q; j++) sum += transform[i * q + j] * raw[j * q + c];
        squares[factor][(column + i) * width + column + c] = sum;
      }
    }
  }
  return squares;
}

/** log|M| and v'M^-1 v. */
function eliminate(
  design: DesignMoments,
  ztr: Float64Array,
  squares: readonly Float64Array[],
): { logDet: number; explained: number } {
  const { factors, crosses } = design;
  if (factors.length === 0) return { logDet: 0, explained: 0 };
  const columnsOf = (f: number) => factors[f].levels.length * factors[f].q;
  const own = [...factors.keys()].reduce((best, f) => (columnsOf(f) > columnsOf(best) ? f : best), 0);
  // Columns of the other factors in the dense block, and v behind them.
  const place = new Int32Array(factors.length);
  let rest = 0;
  factors.forEach((_, f) => {
    place[f] = rest;
    if (f !== own) rest += columnsOf(f);
  });
  const width = rest + 1;
  const dense = new Float64Array(width * width);
  for (let i = 0; i < rest; i++) dense[i * width + i] = 1;
  factors.forEach((factor, f) => {
    if (f === own) return;
    const { q, levels, offset, ztz } = factor;
    for (let level = 0; level < levels.length; level++) {
      addProduct(
        dense,
        width,
        place[f] + level * q,
        place[f] + level * q,
        squares[f],
        q,
        ztz,
        level * q * q,
        squares[f],
        q,
      );
      multiplyTransposed(squares[f], q, ztr, offset + level * q, dense, rest * width + place[f] + level * q);
    }
  });
  for (const { a, b, pointers, columns, values } of crosses) {
    if (a === own || b === own) continue;
    const [qa, qb] = [factors[a].q, factors[b].q];
    for (let i = 0; i + 1 < pointers.length; i++) {
      for (let k = pointers[i]; k < pointers[i + 1]; k++) {
        // Into the lower triangle: rows of b, columns of a.
        const block = transposed(values, k * qa * qb, qa, qb);
        const [row, column] = [place[b] + columns[k] * qb, place[a] + i * qa];
        addProduct(dense, width, row, column, squares[b], qb, block, 0, squares[a], qa);
      }
    }
  }
  const touching = crossBlocks(design, own);
  const { q, levels, offset, ztz } = factors[own];
  const diagonal = new Float64Array(q * q);
  const border = new Float64Array(q * width);
  let logDet = 0;
  let explained = 0;
  for (let level = 0; level < levels.length; level++) {
    diagonal.fill(0);
    for (let i = 0; i < q; i++) diagonal[i * q + i] = 1;
    addProduct(diagonal, q, 0, 0, squares[own], q, ztz, level * q * q, squares[own], q);
    logDet += choleskyInPlace(diagonal, q);
    border.fill(0);
    const used: number[] = [];
    for (const { factor, level: other, block } of touching[level]) {
      const qo = factors[factor].q;
      const column = place[factor] + other * qo;
      addProduct(border, width, 0, column, squares[own], q, block, 0, squares[factor], qo);
      for (let c = 0; c < qo; c++) used.push(column + c);
    }
    const v = new Float64Array(q);
    multiplyTransposed(squares[own], q, ztr, offset + level * q, v, 0);
    for (let i = 0; i < q; i++) border[i * width + rest] = v[i];
    used.push(rest);
    for (const c of used) forwardSolve(diagonal, q, border, c, width);
    for (const r of used) {
      for (const c of used) {
        if (c > r) continue;
        let sum = 0;
        for (let i = 0; i < q; i++) sum += border[i * width + r] * border[i * width + c];
        if (r === rest && c === rest) explained += sum;
        else dense[r * width + c] -= sum;
      }
    }
  }
  if (rest > 0) {
    logDet += choleskyInPlace(dense, rest, 0, width);
    forwardSolve(dense, rest, dense, rest * width, 1, 0, width);
    for (let i = 0; i < rest; i++) explained += dense[rest * width + i] ** 2;
  }
  return { logDet, explained };
}

interface CrossBlock {
  readonly factor: number;
  readonly level: number;
  /** q_own x q_factor. */
  readonly block: Float64Array;
}

/** Of each level of the eliminated factor the blocks of the other factors that occur with it. */
function crossBlocks({ factors, crosses }: DesignMoments, own: number): CrossBlock[][] {
  const found: CrossBlock[][] = factors[own].levels.map(() => []);
  for (const { a, b, pointers, columns, values } of crosses) {
    if (a !== own && b !== own) continue;
    const [qa, qb] = [factors[a].q, factors[b].q];
    for (let i = 0; i + 1 < pointers.length; i++) {
      for (let k = pointers[i]; k < pointers[i + 1]; k++) {
        if (a === own) {
          found[i].push({ factor: b, level: columns[k], block: values.subarray(k * qa * qb, (k + 1) * qa * qb) });
        } else found[columns[k]].push({ factor: a, level: i, block: transposed(values, k * qa * qb, qa, qb) });
      }
    }
  }
  return found;
}

/** Adds A'B C to `out` at (row, column): A qa x qa, B qa x qc from `at`, C qc x qc, all row-major. */
function addProduct(
  out: Float64Array,
  stride: number,
  row: number,
  column: number,
  a: Float64Array,
  qa: number,
  b: Float64Array,
  at: number,
  c: Float64Array,
  qc: number,
): void {
  for (let i = 0; i < qa; i++) {
    for (let j = 0; j < qc; j++) {
      let sum = 0;
      for (let k = 0; k < qa; k++) {
        for (let l = 0; l < qc; l++) sum += a[k * qa + i] * b[at + k * qc + l] * c[l * qc + j];
      }
      out[(row + i) * stride + column + j] += sum;
    }
  }
}

/** Adds A'x for A q x q row-major, x at `from`, to `out` at `to`. */
function multiplyTransposed(
  a: Float64Array,
  q: number,
  x: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
): void {
  for (let i = 0; i < q; i++) for (let k = 0; k < q; k++) out[to + i] += a[k * q + i] * x[from + k];
}

function transposed(values: Float64Array, at: number, rows: number, columns: number): Float64Array {
  const out = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = values[at + i * columns + j];
  return out;
}
