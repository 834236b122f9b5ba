import type { DesignMoments } from '../moments/moments.ts';

/** Smallest singular value of a relative covariance factor below which a fit is called singular (lme4's tolerance). */
export const SINGULAR_BELOW = 1e-4;

/**
 * Rows l'R^-1 of every coefficient and contrast, (p + contrasts) x p row-major: in the orthonormal basis of X the
 * estimate is row . coordinates and the variance row C row'.
 */
export function testRows(design: DesignMoments, contrasts: Float64Array): { rows: Float64Array; columns: number } {
  const { p, r } = design;
  const extra = p === 0 ? 0 : contrasts.length / p;
  const columns = p + extra;
  const rows = new Float64Array(columns * p);
  for (let c = 0; c < columns; c++) {
    // Solve x R = l' for the row x, R upper triangular: forward over columns.
    for (let k = 0; k < p; k++) {
      let sum = c < p ? (c === k ? 1 : 0) : contrasts[(c - p) * p + k];
      for (let i = 0; i < k; i++) sum -= rows[c * p + i] * r[i * p + k];
      rows[c * p + k] = sum / r[k * p + k];
    }
  }
  return { rows, columns };
}
