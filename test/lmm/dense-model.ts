/**
 * The textbook evaluation of a mixed model: n x n matrices formed and inverted as the formulas of the model say. An
 * oracle for small n that shares no code and no algebra with the engines.
 *
 *     V = W^-1 + Z G Z',  beta = (X'V^-1 X)^-1 X'V^-1 y,  S = (y - X beta)'V^-1 (y - X beta)
 *     -2 log REML = log|V| + log|X'V^-1 X| + d (1 + log(2 pi S / d)),  d = n - p;   ML: no log|X'V^-1 X|, d = n
 */
import type { Design } from '../../src/types/design.ts';

export interface DenseEvaluation {
  criterion: number;
  beta: number[];
  /** (X'V^-1 X)^-1, without sigma^2. */
  covariance: number[][];
  S: number;
  sigma: number;
  d: number;
}

/** `theta`: relative covariance factors, lower triangles by columns, terms in order. `y` over the rows of the design. */
export function evaluateDense(
  design: Design,
  y: ArrayLike<number>,
  theta: ArrayLike<number>,
  method: 'REML' | 'ML',
): DenseEvaluation {
  const { n } = design;
  const V = relativeCovariance(design, theta);
  const L = cholesky(V);
  if (!L) return { criterion: Number.NaN, beta: [], covariance: [], S: Number.NaN, sigma: Number.NaN, d: 0 };
  const p = design.fixed.names.length;
  const columns: Float64Array[] = [];
  for (let k = 0; k < p; k++) columns.push(forward(L, design.fixed.x.slice(k * n, (k + 1) * n)));
  const yy = forward(
    L,
    Float64Array.from({ length: n }, (_, i) => y[i] - (design.offset ? design.offset[i] : 0)),
  );
  // Orthogonalise the whitened columns (modified Gram-Schmidt, twice), so that nothing cancels.
  const R = Array.from({ length: p }, () => new Float64Array(p));
  const Q = columns.map((c) => Float64Array.from(c));
  for (let k = 0; k < p; k++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < k; j++) {
        const s = product(Q[j], Q[k]);
        R[j][k] += s;
        for (let i = 0; i < n; i++) Q[k][i] -= s * Q[j][i];
      }
    }
    R[k][k] = Math.sqrt(product(Q[k], Q[k]));
    for (let i = 0; i < n; i++) Q[k][i] /= R[k][k];
  }
  const rest = Float64Array.from(yy);
  const c = new Float64Array(p);
  for (let pass = 0; pass < 2; pass++) {
    for (let k = 0; k < p; k++) {
      const s = product(Q[k], rest);
      c[k] += s;
      for (let i = 0; i < n; i++) rest[i] -= s * Q[k][i];
    }
  }
  const S = product(rest, rest);
  let logDet = 0;
  for (let i = 0; i < n; i++) logDet += 2 * Math.log(L[i][i]);
  let logDetX = 0;
  for (let k = 0; k < p; k++) logDetX += 2 * Math.log(R[k][k]);
  const beta = backwardUpper(R, c);
  const covariance: number[][] = [];
  const inverse = Array.from({ length: p }, (_, k) =>
    backwardUpper(
      R,
      Float64Array.from({ length: p }, (__, i) => (i === k ? 1 : 0)),
    ),
  );
  for (let a = 0; a < p; a++) {
    covariance.push(
      Array.from({ length: p }, (_, b) => inverse.reduce((sum, column) => sum + column[a] * column[b], 0)),
    );
  }
  const d = method === 'REML' ? n - p : n;
  const criterion = logDet + (method === 'REML' ? logDetX : 0) + d * (1 + Math.log((2 * Math.PI * S) / d));
  return { criterion, beta, covariance, S, sigma: Math.sqrt(S / d), d };
}

/** W^-1 + Z G Z', n x n. */
function relativeCovariance(design: Design, theta: ArrayLike<number>): Float64Array[] {
  const { n } = design;
  const V = Array.from({ length: n }, (_, i) => {
    const row = new Float64Array(n);
    row[i] = design.weights ? 1 / design.weights[i] : 1;
    return row;
  });
  let at = 0;
  for (const { names, codes, z } of design.random) {
    const q = names.length;
    const factor = Array.from({ length: q }, () => new Float64Array(q));
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) factor[r][c] = theta[at++];
    const zl = Array.from({ length: n }, (_, i) =>
      Float64Array.from({ length: q }, (__, c) => {
        let sum = 0;
        for (let r = 0; r < q; r++) sum += z[r * n + i] * factor[r][c];
        return sum;
      }),
    );
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (codes[i] === codes[j]) V[i][j] += product(zl[i], zl[j]);
  }
  return V;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function cholesky(V: readonly Float64Array[]): Float64Array[] | null {
  const n = V.length;
  const L = V.map(() => new Float64Array(n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = V[i][j];
      for (let l = 0; l < j; l++) sum -= L[i][l] * L[j][l];
      if (i !== j) L[i][j] = sum / L[j][j];
      else if (sum > 0) L[i][i] = Math.sqrt(sum);
      else return null;
    }
  }
  return L;
}

function forward(L: readonly Float64Array[], b: Float64Array): Float64Array {
  for (let i = 0; i < b.length; i++) {
    let sum = b[i];
    for (let j = 0; j < i; j++) sum -= L[i][j] * b[j];
    b[i] = sum / L[i][i];
  }
  return b;
}

function backwardUpper(R: readonly Float64Array[], b: Float64Array): number[] {
  const x = Array.from(b);
  for (let i = x.length - 1; i >= 0; i--) {
    for (let j = i + 1; j < x.length; j++) x[i] -= R[i][j] * x[j];
    x[i] /= R[i][i];
  }
  return x;
}
