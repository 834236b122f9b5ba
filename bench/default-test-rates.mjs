/** Type-I error and power of a test in bench/default-test.mjs, from its columns over the draws. */
import { studentQuantile, twoSidedP } from '../dist/statistics.js';

export const LEVELS = [0.05, 0.01, 0.001, 0.0001];
/** Powers that are kept: effects in standard errors of the best estimate at the true variances, and a level. */
export const POWERS = [
  { effect: 3, level: 0.05 },
  { effect: 8, level: 0.05 },
  { effect: 8, level: 0.001 },
];

/** Quantiles of t at a level, interpolated in 1/df: exact where degrees of freedom are whole, else to 1e-6. */
function openQuantile(level) {
  const steps = 2520 * 2;
  const table = Float64Array.from({ length: steps + 1 }, (_, i) =>
    Math.log(studentQuantile(1 - level / 2, i === 0 ? Number.POSITIVE_INFINITY : steps / i)),
  );
  return (df) => {
    if (!(df >= 1)) return studentQuantile(1 - level / 2, df);
    const at = steps / df;
    const i = Math.min(steps - 1, Math.floor(at));
    return Math.exp(table[i] + (at - i) * (table[i + 1] - table[i]));
  };
}
const quantiles = new Map(LEVELS.map((level) => [level, openQuantile(level)]));

const above = (z) => (z >= 0 ? twoSidedP(z, Number.NaN) / 2 : 1 - twoSidedP(-z, Number.NaN) / 2);

/** Rates, power and degrees of freedom of a test from its columns over the draws. */
export function judge({ estimate, standardError, df }, best, sd, singular) {
  const draws = estimate.length;
  const probability = (i, level, effect) => {
    const reach = quantiles.get(level)(df[i]) * standardError[i];
    const mean = estimate[i] - best[i] + effect * sd;
    return above((reach - mean) / sd) + above((reach + mean) / sd);
  };
  const usable = [...estimate.keys()].filter((i) => df[i] > 0 && standardError[i] > 0);
  const atZero = usable.filter((i) => singular[i]);
  const mean = (of, members = usable) => members.reduce((sum, i) => sum + of(i), 0) / members.length;
  let smallest = 1;
  let countError = 0;
  const pValues = usable.map((i) => twoSidedP(estimate[i] / standardError[i], df[i]));
  for (const p of pValues) smallest = Math.min(smallest, p);
  const rates = LEVELS.map((level) => {
    const chances = Float64Array.from({ length: draws }, (_, i) => probability(i, level, 0));
    const rate = mean((i) => chances[i]);
    const error = Math.sqrt(mean((i) => (chances[i] - rate) ** 2) / usable.length);
    const counted = pValues.filter((p) => p <= level).length;
    const spread = Math.sqrt(usable.length * rate * (1 - rate));
    if (usable.length * rate > 10) countError = Math.max(countError, Math.abs(counted - usable.length * rate) / spread);
    return { level, rate, error, counted, singular: atZero.length > 0 ? mean((i) => chances[i], atZero) : null };
  });
  const sorted = Float64Array.from(usable, (i) => df[i]).sort();
  return {
    missing: draws - usable.length,
    df: [0, 0.5, 1].map((part) => sorted[Math.round(part * (sorted.length - 1))]),
    rates,
    smallest,
    power: POWERS.map(({ effect, level }) => ({ effect, level, power: mean((i) => probability(i, level, effect)) })),
    countError,
  };
}
