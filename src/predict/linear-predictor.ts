import type { MomentFit } from '../fit/readable-fit.ts';
import type { DesignMoments } from '../moments/moments.ts';
import type { NewRows } from './new-rows.ts';

/** Rows of X over the coefficients of one model, and X b + offset. */
export interface LinearPredictor {
  readonly p: number;
  /** rows x p, row-major. */
  readonly x: Float64Array;
  readonly fitted: Float64Array;
}

/** X b + offset of one model; NaN where a variable is missing, or has a level that the model lacks. */
export function linearPredictor(
  result: MomentFit,
  model: number,
  { fixed, offset }: NewRows,
  design: DesignMoments,
): LinearPredictor {
  const { coefficients, p } = design;
  const { names, estimate } = result.table.coefficients;
  const x = new Float64Array(fixed.rows * p);
  const fitted = offset ? Float64Array.from(offset) : new Float64Array(fixed.rows);
  coefficients.forEach((name, k) => {
    const column = fixed.names.indexOf(name) * fixed.rows;
    const b = estimate[model * names.length + names.indexOf(name)];
    for (let i = 0; i < fixed.rows; i++) {
      x[i * p + k] = fixed.values[column + i];
      fitted[i] += b * x[i * p + k];
    }
  });
  // Also a model without this row's columns (an intercept alone) knows nothing of a missing row.
  for (const row of fixed.unknown) fitted[row] = Number.NaN;
  return { p, x, fitted };
}

/** Level of each row within each factor of a design (rows x factors): -1 new, -2 missing or not to be predicted. */
export function factorLevels({ random, fixed }: NewRows, design: DesignMoments, allowNewLevels: boolean): Int32Array {
  const { factors, terms } = design;
  const out = new Int32Array(fixed.rows * factors.length).fill(-2);
  factors.forEach(({ levels }, f) => {
    const term = random?.[terms.findIndex(({ factor }) => factor === f)];
    if (!term) return;
    const place = new Map(levels.map((level, i) => [level, i]));
    const codes = term.levels.map((level) => place.get(level) ?? (allowNewLevels ? -1 : -2));
    for (let i = 0; i < fixed.rows; i++) {
      const code = term.codes[i];
      out[i * factors.length + f] = code >= 0 ? codes[code] : code;
    }
  });
  return out;
}

/** Adds z'u with the conditional modes; nothing for a new level, NaN where the group or z is missing. */
export function addRandomEffects(
  result: MomentFit,
  model: number,
  { random, fixed }: NewRows,
  { terms, factors }: DesignMoments,
  levels: Int32Array,
  fitted: Float64Array,
): void {
  const effects = result.randomEffects(model);
  terms.forEach(({ factor, q }, t) => {
    const z = random?.[t].z;
    for (let i = 0; z && i < fixed.rows; i++) {
      const level = levels[i * factors.length + factor];
      if (level === -2) fitted[i] = Number.NaN;
      for (let a = 0; a < q; a++) {
        const value = z[a * fixed.rows + i];
        if (Number.isNaN(value)) fitted[i] = Number.NaN;
        else if (level >= 0) fitted[i] += value * effects[t].estimate[level * q + a];
      }
    }
  });
}

/** L'z of one row, per factor, its terms together. */
export function effectsOf(
  { random, fixed }: NewRows,
  { terms, factors }: DesignMoments,
  L: readonly Float64Array[],
  i: number,
  out: readonly Float64Array[],
): void {
  for (const values of out) values.fill(0);
  terms.forEach(({ factor, column, q }, t) => {
    const z = random?.[t].z;
    if (!z || factors.length === 0) return;
    for (let c = 0; c < q; c++) {
      for (let a = c; a < q; a++) out[factor][column + c] += L[t][a * q + c] * z[a * fixed.rows + i];
    }
  });
}
