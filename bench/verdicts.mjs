/**
 * What repeated measurements say: medians with their spread, ratios and differences of runs that alternated, and whether a
 * bar is met. A verdict stands only where the noise cannot turn it.
 */

/** Confidence of the interval of a median. */
const LEVEL = 0.95;
/** Fewer runs have no spread to speak of. */
const LEAST_RUNS = 3;

/** Quantile of sorted values, interpolated between order statistics (type 7 of Hyndman and Fan 1996). */
function sortedQuantile(sorted, probability) {
  const place = (sorted.length - 1) * probability;
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}

const ascending = (values) => [...values].sort((a, b) => a - b);

export function median(values) {
  return sortedQuantile(ascending(values), 0.5);
}

/**
 * Bounds between which the true median lies with 95 % confidence, whatever the distribution: the order statistics k and
 * n + 1 - k with the largest k that 2 P(Binomial(n, 1/2) < k) <= 0.05 allows. Fewer than six runs cannot promise that much;
 * their bounds are the smallest and the largest value.
 */
export function medianInterval(values) {
  const sorted = ascending(values);
  const n = sorted.length;
  let probability = 0.5 ** n; // of k - 1 values below the median
  let below = probability;
  let k = 1;
  for (; k <= n >> 1; k++) {
    probability *= (n - k + 1) / k;
    below += probability;
    if (2 * below > 1 - LEVEL) break;
  }
  return [sorted[k - 1], sorted[n - k]];
}

/** Median, quartiles and interval of a measurement, in the form that a row of a bench takes; no interval of too few runs. */
export function spreadOf(values) {
  const sorted = ascending(values);
  return {
    value: sortedQuantile(sorted, 0.5),
    ...(values.length < LEAST_RUNS
      ? {}
      : {
          interval: medianInterval(sorted),
          quartiles: [sortedQuantile(sorted, 0.25), sortedQuantile(sorted, 0.75)],
        }),
    runs: values.length,
  };
}

/** Ratio of two measurements that alternated, round by round: what disturbs a round disturbs both. */
export function spreadOfRatio(ours, theirs) {
  return spreadOf(ours.map((value, round) => value / theirs[round]));
}

/** Difference of two measurements that alternated, for a row that is then marked as a difference. */
export function spreadOfDifference(ours, theirs) {
  return { ...spreadOf(ours.map((value, round) => value - theirs[round])), difference: true };
}

/**
 * Sum of what a thing grew by in equal steps, a difference of its last and first state: about 95 % of it lies within two
 * standard errors, which the scatter of the steps tells.
 */
export function spreadOfSum(steps) {
  const n = steps.length;
  const value = steps.reduce((sum, step) => sum + step, 0);
  const variance = steps.reduce((sum, step) => sum + (step - value / n) ** 2, 0) / (n - 1);
  const reach = 2 * Math.sqrt(n * variance);
  return { value, interval: [value - reach, value + reach], difference: true };
}

/**
 * Whether a row meets its bar ({ atLeast } or { atMost }):
 *
 * - `met`, `missed`: the whole interval lies on one side of the bar; a row without interval is taken at its value.
 * - `within noise`: the bar lies within the interval, or a difference cannot be told from zero.
 * - `not measured`: no number, or a difference whose spread is unknown or as wide as the bar is high.
 *
 * Null where there is no bar.
 */
export function verdictOn({ value, interval, difference = false, bar }) {
  if (!bar) return null;
  const limit = bar.atLeast ?? bar.atMost;
  const [low, high] = interval ?? [value, value];
  if (![value, low, high].every(Number.isFinite)) return 'not measured';
  if (difference) {
    if (interval === undefined || (high - low) / 2 >= Math.abs(limit)) return 'not measured';
    if (value <= 0 || low <= 0) return 'within noise';
  }
  const sides = [low, high].map((end) => (bar.atLeast === undefined ? end <= limit : end >= limit));
  if (sides[0] !== sides[1]) return 'within noise';
  return sides[0] ? 'met' : 'missed';
}
