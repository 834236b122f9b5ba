/** Counts of p-values in equal bins, with the share of true null hypotheses that they suggest. */

export interface Histogram {
  readonly counts: Int32Array;
  /** Number of p-values that are not NaN. */
  readonly total: number;
  /** Estimated share of true nulls; NaN of no p-values. */
  readonly nullShare: number;
}

/**
 * Bins of equal width on [0, 1]; 1 itself belongs to the last. The share of nulls is
 *
 *     pi0 = #{p > 1/2} / (n / 2), at most 1
 *
 * J. D. Storey, J. R. Statist. Soc. B 64 (2002), eq. 6 with lambda = 1/2.
 */
export function histogramOfP(p: Float64Array, bins: number): Histogram {
  const counts = new Int32Array(bins);
  let total = 0;
  let above = 0;
  for (const value of p) {
    if (!(value >= 0 && value <= 1)) continue;
    counts[Math.min(bins - 1, Math.floor(value * bins))]++;
    total++;
    if (value > 0.5) above++;
  }
  return { counts, total, nullShare: total === 0 ? NaN : Math.min(1, (2 * above) / total) };
}
