/** What of the modes u of a generalised model is read in the units of the data: b = L u and the factors L. */
import { lowerTriangle, writeTriangle } from '../numeric/triangle.ts';
import type { ModeTerm } from './effect-columns.ts';
import type { LaplaceModes } from './laplace-modes.ts';

/** Factors of the same covariances whose diagonals are >= 0: signs of columns are arbitrary. */
export function positiveDiagonals(terms: readonly ModeTerm[], theta: Float64Array): Float64Array {
  const out = new Float64Array(theta.length);
  for (const { q, theta: at } of terms) {
    const L = lowerTriangle(theta, at, q);
    for (let c = 0; c < q; c++) {
      if (!(L[c * q + c] < 0)) continue;
      for (let r = c; r < q; r++) L[r * q + c] = -L[r * q + c];
    }
    writeTriangle(L, q, out, at);
  }
  return out;
}

/**
 * Modes b = L u of each term and the roots of the diagonals of L (H^-1)_level L', levels x q, or with T L in place of L where there
 * is a T; H^-1 stands in the factor's `inverse`.
 */
export function termModes(
  { terms, plan, u, factor }: LaplaceModes,
  theta: Float64Array,
  turns: readonly (Float64Array | null)[] = [],
): { readonly estimate: Float64Array; readonly standardError: Float64Array }[] {
  const { inverse } = factor;
  return terms.map(({ q, columns, levels, theta: at }, t) => {
    const L = multiplied(lowerTriangle(theta, at, q), turns[t] ?? null, q);
    const estimate = new Float64Array(levels * q);
    const standardError = new Float64Array(levels * q);
    for (let level = 0; level < levels; level++) {
      const column = columns[level];
      const front = frontOf(plan.pivot, column);
      const first = column - plan.pivot[front];
      const element = (i: number, j: number) =>
        inverse[plan.at[front] + (first + Math.max(i, j)) * plan.stride[front] + first + Math.min(i, j)];
      for (let r = 0; r < q; r++) {
        let mode = 0;
        let variance = 0;
        for (let c = 0; c < q; c++) {
          mode += L[r * q + c] * u[column + c];
          for (let k = 0; k < q; k++) variance += L[r * q + c] * L[r * q + k] * element(c, k);
        }
        estimate[level * q + r] = mode;
        standardError[level * q + r] = Math.sqrt(Math.max(variance, 0));
      }
    }
    return { estimate, standardError };
  });
}

/** T L of a lower triangle L, q x q. */
function multiplied(L: Float64Array, T: Float64Array | null, q: number): Float64Array {
  if (T === null) return L;
  const out = new Float64Array(q * q);
  for (let r = 0; r < q; r++) {
    for (let k = 0; k < q; k++) for (let c = 0; c <= k; c++) out[r * q + c] += T[r * q + k] * L[k * q + c];
  }
  return out;
}

/** a'H^-1 a of a = L'z at some levels, by term; levels below zero are left out. */
export function effectVariance(
  { terms, plan, factor }: LaplaceModes,
  theta: Float64Array,
  levels: ArrayLike<number>,
  z: readonly ArrayLike<number>[],
): number {
  const a = new Float64Array(plan.columns);
  const touched = new Set<number>();
  terms.forEach(({ q, columns, theta: at }, t) => {
    if (levels[t] < 0) return;
    const L = lowerTriangle(theta, at, q);
    const column = columns[levels[t]];
    touched.add(componentOf(plan, column));
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) a[column + c] += L[r * q + c] * z[t][r];
  });
  const solved = a.slice();
  for (const component of touched) factor.solve(component, solved);
  return a.reduce((sum, value, j) => (value === 0 ? sum : sum + value * solved[j]), 0);
}

/** The component that has a column. */
function componentOf({ components, columnsFrom }: LaplaceModes['plan'], column: number): number {
  return lastUpTo(columnsFrom, components, column);
}

/** The front that has a column among its pivots. */
function frontOf(pivot: Int32Array, column: number): number {
  return lastUpTo(pivot, pivot.length, column);
}

/** The last of `count` increasing numbers that is no more than a column. */
function lastUpTo(starts: Int32Array, count: number, column: number): number {
  let low = 0;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= column) low = middle;
    else high = middle;
  }
  return low;
}
