/** Adjusted p-values in logarithms, for p-values below every double. */
import { type Adjustment, adjustPValues } from './adjust.ts';
import { estimateQValues } from './q-value.ts';

/** Adjusted p-values above it are those of {@link adjustPValues}, whose digits hold there. */
const SMALLEST = 1e-290;

/**
 * log10 of what `adjustPValues` gives, from log10 of the p-values: right also where these or their adjusted ones underflow.
 * NaN (not tested) stays NaN and does not count as a test.
 *
 * @param log10P of one family of tests.
 * @throws OptionError for an unknown method.
 */
export function adjustLog10P(log10P: Float64Array, method: Adjustment): Float64Array {
  const p = log10P.map((value) => 10 ** value);
  const adjusted = adjustPValues(p, method);
  const logs = adjusted.map(Math.log10);
  if (!adjusted.some((value) => value < SMALLEST)) return logs;
  const order = Int32Array.from(log10P.keys())
    .filter((i) => !Number.isNaN(log10P[i]))
    .sort((a, b) => log10P[a] - log10P[b] || a - b);
  const m = order.length;
  const share = method === 'storey' ? Math.log10(estimateQValues(p).pi0) : 0;
  const stepUp = method === 'BH' || method === 'storey';
  let running = stepUp ? 0 : -Infinity;
  for (let k = 0; k < m; k++) {
    const rank = stepUp ? m - k : k + 1;
    const i = order[rank - 1];
    const own = log10P[i];
    if (stepUp) running = Math.min(running, share + own + Math.log10(m / rank));
    else if (method === 'holm') running = Math.max(running, Math.min(0, own + Math.log10(m - rank + 1)));
    else running = method === 'none' ? own : Math.min(0, own + Math.log10(m));
    if (adjusted[i] < SMALLEST) logs[i] = running;
  }
  return logs;
}
