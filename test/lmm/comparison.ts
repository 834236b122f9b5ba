/** Differences between two fits of the same model, in the units that matter to a reader. */
import type { Fits } from '../../src/lmm/engine.ts';

export interface Difference {
  /** Relative to 1 + |criterion|. */
  criterion: number;
  sigma: number;
  /** In standard errors. */
  estimate: number;
  standardError: number;
  df: number;
  /** Absolute, or relative where theta is above 1. */
  theta: number;
}

/** Largest differences between row `ka` of a and row `kb` of b; NaN where one has a number and the other has none. */
export function compareFits(a: Fits, ka: number, b: Fits, kb: number): Difference {
  const out: Difference = {
    criterion: Math.abs(a.criterion[ka] - b.criterion[kb]) / (1 + Math.abs(a.criterion[ka])),
    sigma: relative(a.sigma[ka], b.sigma[kb]),
    estimate: 0,
    standardError: 0,
    df: 0,
    theta: 0,
  };
  const worst = (key: keyof Difference, value: number) => {
    if (!(value <= out[key])) out[key] = value;
  };
  for (let c = 0; c < a.columns; c++) {
    const i = ka * a.columns + c;
    const j = kb * b.columns + c;
    worst('estimate', Math.abs(a.estimate[i] - b.estimate[j]) / a.standardError[i]);
    worst('standardError', relative(a.standardError[i], b.standardError[j]));
    worst('df', relative(a.df[i], b.df[j]));
  }
  for (let t = 0; t < a.thetas; t++) {
    const x = a.theta[ka * a.thetas + t];
    worst('theta', Math.abs(x - b.theta[kb * b.thetas + t]) / Math.max(1, Math.abs(x)));
  }
  return out;
}

/** |a - b| relative to the larger. */
export function relative(a: number, b: number): number {
  if (a === b) return 0;
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}

/** Largest |a - b| over two arrays, relative to the largest absolute value of the first. */
export function arrayDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let size = 0;
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    size = Math.max(size, Math.abs(a[i]));
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= worst)) worst = difference;
  }
  return size === 0 ? worst : worst / size;
}
