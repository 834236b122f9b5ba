/** Tolerances of the cases beside those of `test/tolerance.ts`, with their reasons. */
export const CASE_TOLERANCE = {
  /**
   * Estimates and standard errors, relative, and degrees of freedom and p-values, relative: the values of lmerTest and
   * emmeans are written with five to nine digits, and R's optimiser leaves errors of 1e-6 or so.
   */
  written: { estimate: 2e-6, df: 1e-5, pValue: 2e-5 },
  /** Files of one content read in two ways: the same doubles, summed in another order. */
  sameData: 1e-9,
  /** p-values of a paired t test and of the model of balanced samples: an optimum to rounding, enlarged in the tails. */
  balanced: 1e-5,
  /** Standard deviations of log expression that count as zero: at the boundary the search stops within 1e-8 of it. */
  zeroSd: 1e-5,
  /** Four times the columns take four times as long; the square of it would be sixteen. */
  linear: 9,
} as const;
