/** V of a structured fit written out over all rows of a table, from what a table of fits says of it: no code of the fit's own. */
import type { MomentFit } from '../../../src/fit/readable-fit.ts';
import type { Column, Table } from '../../../src/types/table.ts';

export type Matrix = number[][];

export interface DenseCovariance {
  /** R W^-1 and Z G Z', rows x rows. */
  readonly R: Matrix;
  readonly V: Matrix;
}

const labels = (table: Table, name: string): string[] => {
  const column = table.columns.get(name) as Column;
  if (column.kind !== 'factor') return Array.from(column.values, String);
  return Array.from(column.codes, (code) => column.levels[code] ?? '');
};

export const numbersOf = (table: Table, name: string): number[] => {
  const column = table.columns.get(name) as Column;
  if (column.kind === 'factor') throw new Error(`${name} is a factor`);
  return [...column.values];
};

/** `subject`, `visit` and `by` are columns of the table; `dispersion` gives the columns of the log standard deviation. */
export function denseCovariance(
  { table: fits }: MomentFit,
  model: number,
  table: Table,
  {
    subject = 'subject',
    visit = 'visit',
    by,
    time,
    weights,
    dispersion,
    random = [],
  }: {
    readonly subject?: string;
    readonly visit?: string;
    readonly by?: string;
    readonly time?: string;
    readonly weights?: string;
    readonly dispersion?: (i: number) => number[];
    /** Grouping factor, and columns of z, of each random term in the order of the table of fits. */
    readonly random?: readonly { readonly group: string; readonly z: (i: number) => number[] }[];
  },
): DenseCovariance {
  const { structured } = fits;
  if (!structured) throw new Error('no structured fit');
  const n = table.rows;
  const { visits, groups, sd, correlation, names, values, structure } = structured;
  const slots = Math.max(1, visits.length);
  const subjects = labels(table, subject);
  const at = visits.length > 0 ? labels(table, visit).map((level) => visits.indexOf(level)) : new Array(n).fill(0);
  const group = by === undefined ? new Array(n).fill(0) : labels(table, by).map((level) => groups.indexOf(level));
  const times = time === undefined ? null : numbersOf(table, time);
  const w = weights === undefined ? null : numbersOf(table, weights);
  const estimates = structured.dispersion;
  const sdOf = (i: number): number => {
    if (!dispersion) return sd[(model * groups.length + group[i]) * slots + at[i]];
    const width = estimates.names.length;
    return Math.exp(dispersion(i).reduce((sum, x, c) => sum + x * estimates.estimate[model * width + c], 0));
  };
  const corOf = (i: number, j: number): number => {
    if (i === j) return 1;
    if (structure === null || subjects[i] !== subjects[j]) return 0;
    const g = model * groups.length + group[i];
    if (times) return Math.exp(-Math.abs(times[i] - times[j]) / values[g * names.length + names.indexOf('range')]);
    return correlation[(g * slots + at[i]) * slots + at[j]];
  };
  const each = (f: (i: number, j: number) => number): Matrix =>
    Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => f(i, j)));
  const R = each((i, j) => (sdOf(i) * sdOf(j) * corOf(i, j)) / Math.sqrt(w ? w[i] * w[j] : 1));
  const width = fits.covariance.length / fits.models;
  const terms = random.map(({ group: name, z }, t) => ({ z, level: labels(table, name), shape: fits.terms[t] }));
  const V = each((i, j) => {
    let sum = R[i][j];
    for (const { z, level, shape } of terms) {
      if (level[i] !== level[j]) continue;
      const q = shape.names.length;
      const [zi, zj] = [z(i), z(j)];
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) {
          sum += zi[a] * fits.covariance[model * width + shape.covarianceOffset + a * q + b] * zj[b];
        }
      }
    }
    return sum;
  });
  return { R, V };
}

export const pick = (A: Matrix, rows: readonly number[], columns: readonly number[] = rows): Matrix =>
  rows.map((i) => columns.map((j) => A[i][j]));
export const transpose = (A: Matrix): Matrix => (A[0] ?? []).map((_, j) => A.map((row) => row[j]));
export const times = (A: Matrix, B: Matrix): Matrix =>
  A.map((row) => (B[0] ?? []).map((_, j) => row.reduce((sum, value, k) => sum + value * B[k][j], 0)));
export const minus = (A: Matrix, B: Matrix): Matrix => A.map((row, i) => row.map((value, j) => value - B[i][j]));
export const column = (values: readonly number[]): Matrix => values.map((value) => [value]);
export const diagonal = (A: Matrix): number[] => A.map((row, i) => row[i]);

/** By Gauss and Jordan, with pivots. */
export function inverse(A: Matrix): Matrix {
  const n = A.length;
  const work = A.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let c = 0; c < n; c++) {
    let best = c;
    for (let r = c; r < n; r++) if (Math.abs(work[r][c]) > Math.abs(work[best][c])) best = r;
    [work[c], work[best]] = [work[best], work[c]];
    const pivot = work[c][c];
    work[c] = work[c].map((value) => value / pivot);
    for (let r = 0; r < n; r++) {
      if (r === c) continue;
      const factor = work[r][c];
      if (factor !== 0) work[r] = work[r].map((value, k) => value - factor * work[c][k]);
    }
  }
  return work.map((row) => row.slice(n));
}

/** Lower factor of Cholesky. */
export function lower(A: Matrix): Matrix {
  const L = A.map((row) => row.map(() => 0));
  A.forEach((row, i) => {
    for (let j = 0; j <= i; j++) {
      let sum = row[j];
      for (let k = 0; k < j; k++) sum -= L[i][k] * L[j][k];
      L[i][j] = i === j ? Math.sqrt(sum) : sum / L[j][j];
    }
  });
  return L;
}
