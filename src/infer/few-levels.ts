/**
 * Comparisons that rest on few levels of a grouping factor. The least-squares estimate of l'b is a weighted sum of the
 * rows; with a = Q R^-T l (W^(1/2) X = Q R) its weights in level i add up to A_i = 1_i'W^(1/2) a, and
 *
 *     share between levels = sum_i A_i^2 / w_i  /  a'a,   w_i the sum of the prior weights in level i:
 *
 * 1 for a covariate that is constant within levels (a trait of donors), near 0 for one that varies within each (a condition
 * that every donor has). Where most is between levels, the levels with positive and with negative weights are the two sides
 * of the comparison, and no number of rows makes up for few of them.
 */
import type { DesignMoments, FactorMoments, Moments } from '../moments/moments.ts';
import type { FitTable } from '../types.ts';

/** Fewer levels than that on a side are said to be few. */
const ENOUGH_LEVELS = 5;
/** Share between levels from which on a comparison is one of levels. */
const MOSTLY_BETWEEN = 0.5;
/** Levels whose weight is below this share of the largest on their side come in through other covariates only. */
const LEAST_SHARE = 0.2;

/** Levels on the two sides of a comparison, the smaller number first; null when it is not one of levels. */
export function levelsASide(
  design: DesignMoments,
  factor: FactorMoments,
  weights: Float64Array,
): readonly [number, number] | null {
  const { p, r } = design;
  const place = interceptOf(design, factor);
  if (!place) return null;
  // v = R^-T l.
  const v = new Float64Array(p);
  let total = 0;
  for (let k = 0; k < p; k++) {
    let sum = weights[k];
    for (let i = 0; i < k; i++) sum -= r[i * p + k] * v[i];
    v[k] = sum / r[k * p + k];
    total += v[k] * v[k];
  }
  const { q, ztz, ztx, levels } = factor;
  const means = new Float64Array(levels.length);
  let between = 0;
  for (let i = 0; i < levels.length; i++) {
    let own = 0;
    let size = 0;
    place.forEach((t, a) => {
      if (t === 0) return;
      for (let k = 0; k < p; k++) own += t * ztx[(i * q + a) * p + k] * v[k];
      place.forEach((u, c) => {
        size += t * u * ztz[(i * q + a) * q + c];
      });
    });
    if (!(size > 0)) continue;
    means[i] = own / size;
    between += (own * own) / size;
  }
  if (!(between >= MOSTLY_BETWEEN * total)) return null;
  const sides = [1, -1].map((sign) => {
    const own = means.map((value) => sign * value);
    const largest = own.reduce((most, value) => Math.max(most, value), 0);
    return own.filter((value) => value > LEAST_SHARE * largest && value > 0).length;
  });
  // A mean of levels compares nothing.
  if (sides[0] === 0 || sides[1] === 0) return null;
  return [Math.min(...sides), Math.max(...sides)];
}

/** One note for each coefficient or contrast, and grouping factor, that rests on fewer than 5 levels a side. */
export function fewLevelNotes(moments: Moments, table: FitTable): string[] {
  const found = new Map<string, { readonly sides: readonly [number, number]; readonly text: string }>();
  const width = table.coefficients.names.length;
  for (const { design, index } of moments.batches) {
    if (design.n <= design.p || !index.some((m) => !Number.isNaN(table.sigma[m]))) continue;
    const split = moments.splits ? `${moments.splits[index[0]]}: ` : '';
    const rows: { readonly name: string; readonly weights: Float64Array }[] = design.coefficients.flatMap((name, k) => {
      if (name === '(Intercept)') return [];
      const weights = new Float64Array(design.p);
      weights[k] = 1;
      return [{ name, weights }];
    });
    table.contrasts.names.forEach((name, c) => {
      const all = table.contrastWeights?.subarray(c * width, (c + 1) * width);
      if (!all) return;
      const missing = table.coefficients.names.some(
        (coefficient, k) => all[k] !== 0 && !design.coefficients.includes(coefficient),
      );
      if (missing) return;
      const at = design.coefficients.map((coefficient) => table.coefficients.names.indexOf(coefficient));
      rows.push({ name, weights: Float64Array.from(at, (k) => all[k]) });
    });
    for (const factor of design.factors) {
      for (const { name, weights } of rows) {
        const sides = levelsASide(design, factor, weights);
        if (!sides || sides[0] >= ENOUGH_LEVELS) continue;
        const key = JSON.stringify([split, name, factor.group]);
        const before = found.get(key);
        if (before && before.sides[0] <= sides[0]) continue;
        const text = `${split}'${name}' compares levels of '${factor.group}', ${sides[0]} against ${sides[1]}: with fewer than ${ENOUGH_LEVELS} on a side its p-value is fragile, and more rows within them do not help`;
        found.set(key, { sides, text });
      }
    }
  }
  return [...found.values()].map(({ text }) => text);
}

/** Weights over the factor's columns that give the raw intercept back (z = zt T); null where no term has one. */
function interceptOf({ terms, factors }: DesignMoments, factor: FactorMoments): Float64Array | null {
  for (const term of terms) {
    if (factors[term.factor] !== factor) continue;
    const column = term.names.indexOf('(Intercept)');
    if (column < 0) continue;
    const out = new Float64Array(factor.q);
    for (let a = 0; a < term.q; a++) out[term.column + a] = term.transform[a * term.q + column];
    return out;
  }
  return null;
}
