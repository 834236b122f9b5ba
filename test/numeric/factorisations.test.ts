import { describe, expect, it } from 'vitest';
import {
  backwardSolve,
  choleskyInPlace,
  forwardSolve,
  inverseFromCholesky,
  pivotedCholesky,
} from '../../src/numeric/cholesky.ts';
import { choleskyLarge, dot, inverseLarge, multiplyTransposed } from '../../src/numeric/dense.ts';
import { pivotedQr, thinQ, upperR } from '../../src/numeric/pivoted-qr.ts';
import { eigenInPlace, symmetricEigen } from '../../src/numeric/symmetric-eigen.ts';
import { TestRandom } from '../lmm/random.ts';

/** Rounding of sums of up to 200 products of numbers of order one. */
const ROUNDING = 1e-11;

function product(a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) for (let l = 0; l < k; l++) out[i * n + j] += a[i * k + l] * b[l * n + j];
  return out;
}

function transposed(a: ArrayLike<number>, m: number, n: number): Float64Array {
  return Float64Array.from({ length: m * n }, (_, i) => a[(i % m) * n + Math.floor(i / m)]);
}

/** Random symmetric k x k matrix of the given rank. */
function semidefinite(random: TestRandom, k: number, rank = k): Float64Array {
  const a = random.normals(k * rank);
  return product(a, transposed(a, k, rank), k, rank, k);
}

function expectNear(a: ArrayLike<number>, b: ArrayLike<number>, bound = ROUNDING): void {
  expect(a.length).toBe(b.length);
  let scale = 1;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    scale = Math.max(scale, Math.abs(b[i]));
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
  }
  expect(worst / scale).toBeLessThan(bound);
}

const SIZES = [1, 2, 3, 5, 8, 17, 47, 48, 49, 97, 130];

describe.each(SIZES)('positive definite %d x %d', (k) => {
  const random = new TestRandom(k);
  const a = semidefinite(random, k, k + 3);
  const identity = Float64Array.from({ length: k * k }, (_, i) => (i % (k + 1) === 0 ? 1 : 0));

  it('choleskyInPlace, solves and inverse', () => {
    const l = Float64Array.from(a);
    const logDet = choleskyInPlace(l, k);
    let sum = 0;
    for (let i = 0; i < k; i++) {
      sum += 2 * Math.log(l[i * k + i]);
      for (let j = i + 1; j < k; j++) l[i * k + j] = 0;
    }
    expect(Math.abs(logDet - sum)).toBeLessThan(ROUNDING * (1 + Math.abs(sum)));
    expectNear(product(l, transposed(l, k, k), k, k, k), a);
    const x = random.normals(k);
    const b = product(a, x, k, k, 1);
    forwardSolve(l, k, b);
    backwardSolve(l, k, b);
    expectNear(b, x, 1e-7); // condition of a random matrix of this size
    const inverse = new Float64Array(k * k);
    inverseFromCholesky(l, k, inverse);
    expectNear(product(a, inverse, k, k, k), identity, 1e-8);
    for (let i = 0; i < k; i++) for (let j = 0; j < i; j++) expect(inverse[i * k + j]).toBe(inverse[j * k + i]);
  });

  it('choleskyLarge and inverseLarge agree with the small ones, also for a leading block', () => {
    const small = Float64Array.from(a);
    choleskyInPlace(small, k);
    const large = Float64Array.from(a);
    expect(choleskyLarge(large, k)).toBe(true);
    for (let i = 0; i < k; i++) for (let j = i + 1; j < k; j++) large[i * k + j] = small[i * k + j] = 0;
    expectNear(large, small, 1e-9);
    const inverse = new Float64Array(k * k);
    const work = new Float64Array(k * k);
    inverseLarge(large, k, inverse, work);
    expectNear(product(a, inverse, k, k, k), identity, 1e-8);
    const size = Math.ceil(k / 2);
    const leading = Float64Array.from({ length: size * size }, (_, i) => a[Math.floor(i / size) * k + (i % size)]);
    const part = new Float64Array(k * k);
    inverseLarge(large, k, part, work, size);
    const block = Float64Array.from({ length: size * size }, (_, i) => part[Math.floor(i / size) * k + (i % size)]);
    const unit = Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
    expectNear(product(leading, block, size, size, size), unit, 1e-8);
  });

  it('eigenvalues and vectors', () => {
    const { values, vectors } = symmetricEigen(a, k);
    for (let j = 1; j < k; j++) expect(values[j]).toBeGreaterThanOrEqual(values[j - 1]);
    const scaled = Float64Array.from(vectors, (v, i) => v * values[i % k]);
    expectNear(product(scaled, transposed(vectors, k, k), k, k, k), a, 1e-10);
    expectNear(product(transposed(vectors, k, k), vectors, k, k, k), identity, 1e-10);
    if (k > 17) return;
    const m = Float64Array.from(a);
    const v = new Float64Array(k * k);
    eigenInPlace(m, k, v);
    const diagonal = Float64Array.from({ length: k }, (_, i) => m[i * k + i]).sort();
    expectNear(diagonal, values);
    const again = Float64Array.from(v, (value, i) => value * m[(i % k) * (k + 1)]);
    expectNear(product(again, transposed(v, k, k), k, k, k), a);
  });
});

describe('degenerate matrices', () => {
  it('a pivot that is not positive is refused', () => {
    for (const bad of [0, -1, Number.NaN]) {
      const a = Float64Array.of(4, 2, 2, 1 + bad); // exact roots
      expect(choleskyInPlace(Float64Array.from(a), 2)).toBeNaN();
      expect(choleskyLarge(Float64Array.from(a), 2)).toBe(false);
    }
  });

  it.each([
    [4, 2],
    [5, 1],
    [6, 5],
    [3, 0],
  ])('pivoted Cholesky of a %d x %d matrix finds its rank and reproduces it', (k, rank) => {
    for (let seed = 0; seed < 20; seed++) {
      const m = rank === 0 ? new Float64Array(k * k) : semidefinite(new TestRandom(seed + 50), k, rank);
      const r = new Float64Array(k * k).fill(7);
      const order = new Int32Array(k);
      expect(pivotedCholesky(m, k, r, order)).toBe(rank);
      expect([...order].sort()).toEqual(Array.from({ length: k }, (_, i) => i));
      const rebuilt = product(r, transposed(r, k, k), k, k, k);
      const permuted = Float64Array.from({ length: k * k }, (_, i) => m[order[Math.floor(i / k)] * k + order[i % k]]);
      expectNear(rebuilt, permuted);
      for (let i = 0; i < k; i++) for (let j = rank; j < k; j++) expect(r[i * k + j]).toBe(0);
    }
  });

  it.each([1e-300, 1e-160, 1, 1e150])(
    'eigenvectors of a Hilbert matrix times %d, to its smallest eigenvalue',
    (unit) => {
      const k = 6;
      const a = Float64Array.from({ length: k * k }, (_, i) => unit / (1 + Math.floor(i / k) + (i % k)));
      const { values, vectors } = symmetricEigen(a, k);
      expect(values[0] / unit).toBeCloseTo(1.0827994845655498e-7, 15); // of 60 digits
      const inUnits = Float64Array.from(vectors, (v, i) => v * (values[i % k] / unit));
      expectNear(
        product(inUnits, transposed(vectors, k, k), k, k, k),
        a.map((value) => value / unit),
        1e-14,
      );
    },
  );

  it('eigenvalues that are alike, of matrices that fall apart, and none', () => {
    // Ten blocks 2 I + 1 1' of size 10.
    const k = 100;
    const block = (i: number) => Math.floor(i / 10);
    const a = Float64Array.from({ length: k * k }, (_, at) => {
      const [i, j] = [Math.floor(at / k), at % k];
      return (block(i) === block(j) ? 1 : 0) + (i === j ? 2 : 0);
    });
    const { values, vectors } = symmetricEigen(a, k);
    expectNear(
      values,
      Float64Array.from({ length: k }, (_, i) => (i < 90 ? 2 : 12)),
      1e-14,
    );
    const scaled = Float64Array.from(vectors, (v, i) => v * values[i % k]);
    expectNear(product(scaled, transposed(vectors, k, k), k, k, k), a, 1e-14);
    expect([...symmetricEigen(new Float64Array(9), 3).values]).toEqual([0, 0, 0]);
    expect(symmetricEigen(new Float64Array(0), 0).values).toHaveLength(0);
  });

  it('eigenvalues of what is not finite are NaN', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const { values, vectors } = symmetricEigen(Float64Array.of(1, bad, bad, 2), 2);
      expect([...values, ...vectors]).toEqual(new Array<number>(6).fill(Number.NaN));
    }
  });

  it('Jacobi keeps small eigenvalues of a graded diagonal', () => {
    const a = Float64Array.of(1e12, 1, 0, 1, 1, 1e-6, 0, 1e-6, 1e-10);
    const v = new Float64Array(9);
    eigenInPlace(a, 3, v);
    const values = [a[0], a[4], a[8]].sort((x, y) => x - y);
    expect(values[2]).toBeCloseTo(1e12, 0);
    expect(values[1]).toBeCloseTo(1, 9);
    expect(Math.abs(values[0])).toBeLessThan(1e-9);
  });
});

describe('QR with limited pivoting', () => {
  it.each([
    [10, 3],
    [5, 5],
    [4, 1],
    [200, 12],
  ])('%d x %d: Q R is x, Q orthonormal, columns in place', (n, p) => {
    const x = new TestRandom(n + p).normals(n * p);
    const f = pivotedQr(x, n, p);
    expect(f.rank).toBe(p);
    expect([...f.pivot]).toEqual(Array.from({ length: p }, (_, j) => j));
    const q = thinQ(f); // column-major: rows of the transpose
    const r = upperR(f);
    const unit = Float64Array.from({ length: p * p }, (_, i) => (i % (p + 1) === 0 ? 1 : 0));
    expectNear(product(q, transposed(q, p, n), p, n, p), unit);
    // x' (p x n) = R' Q'
    expectNear(product(transposed(r, p, p), q, p, p, n), x);
  });

  it('moves dependent columns to the end, the first of a dependent set stays', () => {
    const n = 30;
    const random = new TestRandom(7);
    const a = random.normals(n);
    const b = random.normals(n);
    const columns = [a, a.map((v) => 2 * v), b, a.map((v, i) => v - b[i]), new Float64Array(n), random.normals(n)];
    const x = new Float64Array(n * columns.length);
    for (const [j, column] of columns.entries()) x.set(column, j * n);
    const f = pivotedQr(x, n, columns.length);
    expect(f.rank).toBe(3);
    expect([...f.pivot.subarray(0, 3)]).toEqual([0, 2, 5]);
    expect([...f.pivot.subarray(3)].sort()).toEqual([1, 3, 4]);
  });

  it('does not depend on the units of a column, down to denormal numbers', () => {
    const n = 12;
    const x = new TestRandom(8).normals(n * 3);
    for (const scale of [1e-300, 1e-160, 1, 1e160, 1e300]) {
      const scaled = Float64Array.from(x, (v, i) => (i < n || i >= 2 * n ? v : v * scale));
      expect(pivotedQr(scaled, n, 3).rank, `${scale}`).toBe(3);
    }
  });

  it('more columns than rows', () => {
    const f = pivotedQr(new TestRandom(9).normals(12), 3, 4);
    expect(f.rank).toBe(3);
    expect(pivotedQr(new Float64Array(0), 0, 3).rank).toBe(0);
  });
});

describe('products', () => {
  it.each([
    [1, 1, 1],
    [2, 4, 3],
    [5, 7, 9],
    [3, 6, 1],
    [8, 3, 50],
  ])('multiplyTransposed %d x %d over %d', (m, n, k) => {
    const random = new TestRandom(m * n + k);
    const a = random.normals(m * (k + 2));
    const b = random.normals(n * (k + 1));
    const out = new Float64Array(m * (n + 3)).fill(99);
    multiplyTransposed(a, k + 2, b, k + 1, m, n, k, out, n + 3);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += a[i * (k + 2) + l] * b[j * (k + 1) + l];
        expect(Math.abs(out[i * (n + 3) + j] - sum)).toBeLessThan(ROUNDING);
        expect(Math.abs(dot(a, i * (k + 2), b, j * (k + 1), k) - sum)).toBeLessThan(ROUNDING);
      }
      for (let j = n; j < n + 3; j++) expect(out[i * (n + 3) + j]).toBe(99); // nothing beyond its columns
    }
  });

  it('the lower triangle alone', () => {
    const k = 11;
    const a = new TestRandom(3).normals(k * k);
    const full = new Float64Array(k * k);
    const half = new Float64Array(k * k);
    multiplyTransposed(a, k, a, k, k, k, k, full, k);
    multiplyTransposed(a, k, a, k, k, k, k, half, k, true);
    for (let i = 0; i < k; i++)
      for (let j = 0; j <= i; j++) expect(Math.abs(half[i * k + j] - full[i * k + j])).toBeLessThan(ROUNDING);
  });
});
