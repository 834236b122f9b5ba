/**
 * Householder QR with R's limited column pivoting (LINPACK's dqrdc2, as `qr(x, LAPACK = FALSE)` uses it): columns stay
 * in place unless their norm, after the columns before are projected out, falls below `tolerance` times the original
 * norm; such columns move to the end. It decides which coefficients of a rank-deficient design are aliased.
 */
export interface PivotedQr {
  readonly n: number;
  readonly p: number;
  readonly rank: number;
  /** Column of x at each position; the first `rank` are kept, in increasing order. */
  readonly pivot: Int32Array;
  /** n x p column-major: R in the upper triangle, Householder vectors below and in `beta`. */
  readonly qr: Float64Array;
  /** v'v/2-scaling of each reflector; the diagonal element of its vector (LINPACK's qraux). */
  readonly qraux: Float64Array;
}

export const RANK_TOLERANCE = 1e-7; // R's default for lm and lme4

export function pivotedQr(x: Float64Array, n: number, p: number, tolerance = RANK_TOLERANCE): PivotedQr {
  return pivotedQrInPlace(x.slice(0, n * p), n, p, tolerance);
}

/** The same in the memory of x, n x p column-major, which is overwritten. */
export function pivotedQrInPlace(qr: Float64Array, n: number, p: number, tolerance = RANK_TOLERANCE): PivotedQr {
  const pivot = Int32Array.from({ length: p }, (_, j) => j);
  const qraux = new Float64Array(p);
  const original = new Float64Array(p);
  const current = new Float64Array(p);
  for (let j = 0; j < p; j++) {
    const norm = columnNorm(qr, n, j, 0);
    current[j] = norm;
    original[j] = norm === 0 ? 1 : norm;
  }
  let rank = p;
  const steps = Math.min(n, p);
  for (let l = 0; l < steps; l++) {
    while (l < rank && current[l] < original[l] * tolerance) {
      moveToEnd(qr, n, p, l, pivot, original, current);
      rank--;
    }
    if (l >= rank) break;
    if (l === n - 1) break;
    let norm = columnNorm(qr, n, l, l);
    if (norm === 0) continue;
    const diagonal = qr[l * n + l];
    if (diagonal !== 0 && diagonal < 0) norm = -norm;
    divideRange(qr, l * n + l, (l + 1) * n, norm);
    qr[l * n + l] += 1;
    for (let j = l + 1; j < p; j++) {
      reflect(qr, l * n + l, qr, j * n + l, n - l);
      if (j < rank) current[j] = columnNorm(qr, n, j, l + 1);
    }
    qraux[l] = qr[l * n + l];
    qr[l * n + l] = -norm;
  }
  return { n, p, rank: Math.min(rank, n), pivot, qr, qraux };
}

// Loops over rows stand by themselves: few columns of many rows would have the engine compile all of the factorisation again
// and again in the middle of its loops.

function divideRange(a: Float64Array, from: number, to: number, by: number): void {
  for (let i = from; i < to; i++) a[i] /= by;
}

/** Applies the reflector of `count` rows that begins at `from` to rows of a column, from `at` on. */
function reflect(qr: Float64Array, from: number, column: Float64Array, at: number, count: number): void {
  let t = 0;
  for (let i = 0; i < count; i++) t -= qr[from + i] * column[at + i];
  t /= qr[from];
  for (let i = 0; i < count; i++) column[at + i] += t * qr[from + i];
}

function columnNorm(a: Float64Array, n: number, j: number, from: number): number {
  let sum = 0;
  for (let i = from; i < n; i++) sum += a[j * n + i] ** 2;
  if (sum > 1e-280 && sum < 1e280) return Math.sqrt(sum);
  let scale = 0;
  for (let i = from; i < n; i++) scale = Math.max(scale, Math.abs(a[j * n + i]));
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  sum = 0;
  for (let i = from; i < n; i++) sum += (a[j * n + i] / scale) ** 2;
  return scale * Math.sqrt(sum);
}

function moveToEnd(
  qr: Float64Array,
  n: number,
  p: number,
  l: number,
  pivot: Int32Array,
  original: Float64Array,
  current: Float64Array,
): void {
  const column = qr.slice(l * n, (l + 1) * n);
  qr.copyWithin(l * n, (l + 1) * n, p * n);
  qr.set(column, (p - 1) * n);
  for (const a of [pivot, original, current]) {
    const kept = a[l];
    a.copyWithin(l, l + 1, p);
    a[p - 1] = kept;
  }
}

/** First `rank` columns of Q, n x rank column-major (Q'Q = I): they span the kept columns. */
export function thinQ(f: PivotedQr): Float64Array {
  return columnsOfQ(f, 0, f.rank);
}

/** The other columns of Q, n x (n - rank) column-major: what is orthogonal to all columns. */
export function complementQ(f: PivotedQr): Float64Array {
  return columnsOfQ(f, f.rank, f.n);
}

function columnsOfQ({ n, rank, qr, qraux }: PivotedQr, from: number, to: number): Float64Array {
  const q = new Float64Array(n * (to - from));
  for (let j = 0; j < to - from; j++) {
    q[j * n + from + j] = 1;
    for (let l = Math.min(rank, n) - 1; l >= 0; l--) {
      if (qraux[l] === 0) continue;
      const diagonal = qr[l * n + l];
      qr[l * n + l] = qraux[l];
      reflect(qr, l * n + l, q, j * n + l, n - l);
      qr[l * n + l] = diagonal;
    }
  }
  return q;
}

/** R of the kept columns, rank x rank row-major upper triangle. */
export function upperR(f: PivotedQr): Float64Array {
  const { n, rank, qr } = f;
  const r = new Float64Array(rank * rank);
  for (let j = 0; j < rank; j++) for (let i = 0; i <= j; i++) r[i * rank + j] = qr[j * n + i];
  return r;
}

/**
 * X = Q R without a decision on its rank: Q n x p column-major and R p x p row-major, of which rows (and columns of Q) beyond
 * min(n, rank) are zero. Of a factorisation with a tolerance of 0, which leaves the columns in place. Q takes the place of the
 * factorisation in memory, which is used up.
 */
export function wholeQr(f: PivotedQr): { readonly q: Float64Array; readonly r: Float64Array } {
  const { n, p, rank, qr: q, qraux } = f;
  const r = new Float64Array(p * p);
  for (let j = 0; j < p; j++) for (let i = 0; i <= j && i < rank; i++) r[i * p + j] = q[j * n + i];
  q.fill(0, rank * n);
  // From the last reflector to the first: column l holds reflector l until its turn, and column l of Q from then on.
  for (let l = rank - 1; l >= 0; l--) {
    const first = l * n + l;
    q[first] = qraux[l];
    for (let j = l + 1; j < rank && qraux[l] !== 0; j++) {
      let t = 0;
      for (let i = l; i < n; i++) t -= q[l * n + i] * q[j * n + i];
      t /= qraux[l];
      for (let i = l; i < n; i++) q[j * n + i] += t * q[l * n + i];
    }
    // A reflector of e_l is e_l - v, as v has its scale in its first element.
    const reflects = qraux[l] !== 0;
    q.fill(0, l * n, first);
    q[first] = reflects ? 1 - qraux[l] : 1;
    for (let i = first + 1; i < (l + 1) * n; i++) q[i] = reflects ? -q[i] : 0;
  }
  return { q, r };
}
