import { logIncompleteBeta } from '../numeric/incomplete-beta.ts';
import { logIncompleteGamma } from '../numeric/incomplete-gamma.ts';

/**
 * P(F >= statistic) for F with df1 and df2 degrees of freedom (df2 may be Infinity), and its log10, right also where p
 * underflows. NaN for a statistic that is NaN or degrees of freedom that are not positive.
 */
export function upperTailF(statistic: number, df1: number, df2: number): { p: number; log10P: number } {
  if (Number.isNaN(statistic) || !(df1 > 0) || !(df2 > 0)) return { p: Number.NaN, log10P: Number.NaN };
  if (!(statistic > 0)) return { p: 1, log10P: 0 };
  if (statistic === Infinity) return { p: 0, log10P: -Infinity };
  const ratio = (df1 / df2) * statistic;
  const { upper } =
    df2 === Infinity
      ? logIncompleteGamma(0.5 * df1 * statistic, 0.5 * df1)
      : logIncompleteBeta(ratio / (1 + ratio), 1 / (1 + ratio), 0.5 * df1, 0.5 * df2);
  return { p: Math.exp(upper), log10P: upper * Math.LOG10E };
}
