/**
 * Linear predictors of a reference fit and their standard errors by dense matrices, from R's estimates and their joint covariance
 * alone: modes by Newton's method on all rows, their derivatives by differences.
 */

import { buildDesign } from '../../src/formula/design.ts';
import { parseFormula } from '../../src/formula/parse.ts';
import { logFactorial } from '../../src/numeric/log-factorial.ts';
import type { Table } from '../../src/types/table.ts';
import type { FamilyFit } from '../glmm/reference-fits.ts';

interface Predicted {
  readonly linear: number[];
  readonly error: number[];
}

export interface DensePrediction {
  readonly all: Predicted;
  readonly none: Predicted;
  readonly x: number[][];
  readonly joint: FamilyFit['joint'];
}

const logGamma = (x: number): number => logFactorial(x) - Math.log(x);
const logistic = (t: number): number => 1 / (1 + Math.exp(-t));

/** log density of row i at a linear predictor. */
type RowDensity = (i: number, eta: number, extras: readonly number[]) => number;

function numeric(table: Table, name: string): Float64Array {
  const column = table.columns.get(name);
  if (column === undefined) throw new Error(`no column ${name}`);
  return column.kind === 'factor' ? Float64Array.from(column.codes) : Float64Array.from(column.values);
}

function densityOf(fit: FamilyFit, table: Table, rows: Int32Array): RowDensity {
  const left = fit.formula.split('~')[0].trim();
  const pair = left.match(/^cbind\((\w+), *(\w+) - \w+\)$/);
  const y = numeric(table, pair ? pair[1] : left);
  const m = pair ? numeric(table, pair[2]) : new Float64Array(table.rows).fill(1);
  const at = (i: number) => y[rows[i]];
  switch (fit.family) {
    case 'binomial': {
      const mean = fit.link === 'cloglog' ? (eta: number) => -Math.expm1(-Math.exp(eta)) : logistic;
      return (i, eta) => at(i) * Math.log(mean(eta)) + (m[rows[i]] - at(i)) * Math.log(1 - mean(eta));
    }
    case 'poisson':
      return (i, eta) => at(i) * eta - Math.exp(eta);
    case 'nbinom2':
    case 'nbinom1':
      return (i, eta, [log]) => {
        const mu = Math.exp(eta);
        const size = fit.family === 'nbinom2' ? Math.exp(log) : mu / Math.exp(log);
        return (
          logGamma(at(i) + size) - logGamma(size) - size * Math.log1p(mu / size) + at(i) * Math.log(mu / (size + mu))
        );
      };
    case 'Gamma':
      return (i, eta, [log]) => -Math.exp(log) * (eta + at(i) * Math.exp(-eta));
    case 'beta':
      return (i, eta, [log]) => {
        const [a, b] = [Math.exp(log) * logistic(eta), Math.exp(log) * logistic(-eta)];
        return a * Math.log(at(i)) + b * Math.log1p(-at(i)) - logGamma(a) - logGamma(b);
      };
    default:
      return (i, eta, thresholds) => {
        const c = at(i);
        const upTo = (j: number) => (j < 0 ? 0 : j === thresholds.length ? 1 : logistic(thresholds[j] - eta));
        return Math.log(upTo(c) - upTo(c - 1));
      };
  }
}

/** A^-1 B for symmetric positive A, by Gauss-Jordan elimination. */
function solve(A: readonly number[][], B: readonly number[][]): number[][] {
  const M = A.map((row, i) => [...row, ...B[i]]);
  const n = A.length;
  for (let k = 0; k < n; k++) {
    const pivot = M[k][k];
    for (let j = k; j < M[k].length; j++) M[k][j] /= pivot;
    for (let i = 0; i < n; i++) {
      const factor = M[i][k];
      if (i === k || factor === 0) continue;
      for (let j = k; j < M[k].length; j++) M[i][j] -= factor * M[k][j];
    }
  }
  return M.map((row) => row.slice(n));
}

export function dense(fit: FamilyFit, table: Table): DensePrediction {
  const { joint } = fit;
  const design = buildDesign(parseFormula(fit.formula), table, { thresholds: fit.family === 'cumulative' });
  const { n, fixed, random } = design;
  const p = fixed.names.length;
  const x = Array.from({ length: n }, (_, i) => fixed.names.map((_, k) => fixed.x[k * n + i]));
  const density = densityOf(fit, table, design.rows);
  const triangles = random.map(({ names: { length: q } }) => (q * (q + 1)) / 2);
  const m = triangles.reduce((sum, size) => sum + size, 0);
  const starts: number[] = [];
  let columns = 0;
  for (const term of random) {
    starts.push(columns);
    columns += term.levels.length * term.names.length;
  }

  /** Rows of A = Z L: the columns that are not zero. */
  function effects(theta: readonly number[]): Map<number, number>[] {
    return Array.from({ length: n }, (_, i) => {
      const row = new Map<number, number>();
      let at = 0;
      random.forEach(({ names, z, codes }, t) => {
        const q = names.length;
        for (let c = 0; c < q; c++) {
          let sum = 0;
          for (let r = c; r < q; r++) sum += theta[at++] * z[r * n + i];
          row.set(starts[t] + codes[i] * q + c, sum);
        }
      });
      return row;
    });
  }

  function curvatures(i: number, eta: number, extras: readonly number[]): { r: number; w: number } {
    const h = 1e-4;
    const [a, b, c] = [density(i, eta - h, extras), density(i, eta, extras), density(i, eta + h, extras)];
    return { r: (c - a) / (2 * h), w: -(a - 2 * b + c) / (h * h) };
  }

  function modeAt(parameters: readonly number[]) {
    const A = effects(parameters.slice(p, p + m));
    const extras = parameters.slice(p + m);
    const base = x.map((row, i) => row.reduce((sum, v, k) => sum + v * parameters[k], design.offset?.[i] ?? 0));
    const u = new Array<number>(columns).fill(0);
    let H: number[][] = [];
    let eta: number[] = [];
    for (let step = 0; step < 40; step++) {
      eta = base.map((value, i) => [...A[i]].reduce((sum, [column, a]) => sum + a * u[column], value));
      H = u.map((_, j) => u.map((_, k) => (j === k ? 1 : 0)));
      const g = u.map((value) => [-value]);
      eta.forEach((value, i) => {
        const { r, w } = curvatures(i, value, extras);
        for (const [j, a] of A[i]) {
          g[j][0] += a * r;
          for (const [k, b] of A[i]) H[j][k] += w * a * b;
        }
      });
      const change = solve(H, g);
      let largest = 0;
      change.forEach(([value], j) => {
        u[j] += value;
        largest = Math.max(largest, Math.abs(value));
      });
      if (largest < 1e-10) break;
    }
    return { A, eta, H };
  }

  const own = joint.estimate;
  const at = modeAt(own);
  const slopes = own.map((value, j) => {
    if (joint.vcov[j][j] === null) return null;
    const h = 1e-4 * Math.max(1, Math.abs(value));
    const moved = (step: number) => modeAt(own.map((v, e) => (e === j ? v + step : v))).eta;
    const [before, after] = [moved(-h), moved(h)];
    return before.map((low, i) => (after[i] - low) / (2 * h));
  });
  const conditional = Array.from({ length: n }, (_, i) => {
    let variance = 0;
    slopes.forEach((a, j) => {
      slopes.forEach((b, k) => {
        if (a && b) variance += a[i] * b[i] * (joint.vcov[j][k] ?? 0);
      });
    });
    return variance;
  });
  const solved = solve(
    at.H,
    at.H.map((_, j) => Array.from({ length: n }, (_, i) => at.A[i].get(j) ?? 0)),
  );
  const variance = conditional.map((value, i) => [...at.A[i]].reduce((sum, [j, a]) => sum + a * solved[j][i], value));
  const population = x.map((row) => {
    let sum = 0;
    row.forEach((a, j) => {
      row.forEach((b, k) => {
        sum += a * b * (joint.vcov[j][k] ?? 0);
      });
    });
    return Math.sqrt(sum);
  });
  return {
    all: { linear: at.eta, error: variance.map(Math.sqrt) },
    none: {
      linear: x.map((row, i) => row.reduce((sum, v, k) => sum + v * own[k], design.offset?.[i] ?? 0)),
      error: population,
    },
    x,
    joint,
  };
}
