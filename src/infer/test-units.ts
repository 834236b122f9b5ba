/**
 * The units that a test rests on. The least-squares estimate of l'b is a weighted sum of the rows; with a = Q R^-T l
 * (W^(1/2) X = Q R) a grouping factor holds the share
 *
 *     sum_i (Z_i'W^(1/2) a)' (Z_i'W Z_i)^-1 (Z_i'W^(1/2) a)  /  a'a
 *
 * of it. By its intercepts alone (A_i^2 / w_i, A_i the sum of the weights in level i): near 1 for a covariate that is
 * constant within levels (a trait of donors), near 0 for one that varies within each (a condition that every donor has). By
 * all its columns: near 1 also where the slopes of the covariate vary by level. Whatever holds most of a comparison brings
 * its variance into the test, and its levels are the units: no number of rows makes up for few of them. Levels (samples) that
 * lie in those of a coarser factor (donors) within which the covariate varies are compared within it: then those of the
 * coarser one that have both sides are the units.
 */
import type { DesignMoments, FactorMoments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';

/** Share held by a factor from which on its levels are the units. */
export const MOSTLY_BETWEEN = 0.5;
/** With so many rows a level, at most, the levels are told beside the rows: a row is a sample of a donor, say. */
const FEW_ROWS = 3;
/** Share of a square that is rounding. */
const ROUNDING = 1e-9;
/** Means that agree to this share of the largest are one value. */
const EQUAL_MEANS = 1e-6;
/** Levels whose weight is below this share of the largest on their side come in through other covariates only. */
const LEAST_SHARE = 0.1;
/** A covariate with more values over the levels than that is a number (an age), not the side that a level is on. */
const MOST_SIDES = 3;

/** What a test rests on. */
export type TestUnits =
  | {
      readonly kind: 'levels';
      readonly group: string;
      readonly sides: readonly [number, number];
      /** Whether levels are left, beyond the coefficients that are constant within them, to tell how levels vary. */
      readonly replicated: boolean;
      /** Share of the comparison that the levels hold. */
      readonly held: number;
    }
  | { readonly kind: 'trend'; readonly group: string; readonly units: number; readonly held: number }
  | { readonly kind: 'pairs'; readonly group: string; readonly samples: string; readonly units: number }
  | { readonly kind: 'slopes'; readonly group: string; readonly units: number }
  /** `within`: the levels that hold a few rows each, as samples of donors. */
  | {
      readonly kind: 'rows';
      readonly units: number;
      readonly within?: { readonly group: string; readonly levels: number };
    };

/** Units of the test of a combination of coefficients; null for one that compares nothing (a mean). */
export function testUnits(design: DesignMoments, weights: Float64Array): TestUnits | null {
  const v = orthonormalRow(design, weights);
  const total = v.reduce((sum, value) => sum + value * value, 0);
  const byLevels = design.factors
    .map((factor) => ({ factor, means: levelMeans(design, factor, v) }))
    .sort((a, b) => a.factor.levels.length - b.factor.levels.length);
  const tested = [...weights.keys()].filter((k) => weights[k] !== 0);
  // A trait of the levels is one whatever else the model holds; what varies within them may be compared between them all the same.
  const between =
    byLevels.find(({ factor }) => tested.every((k) => isConstantWithin(design, factor, k))) ??
    byLevels.find(({ means }) => means !== null && means.share >= MOSTLY_BETWEEN * total);
  if (between?.means) {
    const sides = ownSides(design, between.factor, tested, sidesOf(between.means.values));
    if (sides[0].length === 0 || sides[1].length === 0) return null;
    const trend = isTrend(design, between.factor, weights);
    for (const { factor, means } of byLevels) {
      if (factor.levels.length >= between.factor.levels.length || !means) continue;
      const holder = holderOf(design, between.factor, factor);
      if (!holder) continue;
      const [up, down] = trend
        ? variedHolders(between.means.values, holder)
        : sides.map((levels) => new Set(levels.map((level) => holder[level])));
      const units = [...up].filter((level) => down.has(level)).length;
      if (units === 0) continue;
      return { kind: 'pairs', group: factor.group, samples: between.factor.group, units };
    }
    const held = between.means.share / total;
    if (trend) return { kind: 'trend', group: between.factor.group, units: between.factor.levels.length, held };
    const counts = [sides[0].length, sides[1].length];
    const { group, levels } = between.factor;
    const replicated = levels.length > design.p || levels.length > constantColumns(design, between.factor);
    return { kind: 'levels', group, sides: [Math.min(...counts), Math.max(...counts)], replicated, held };
  }
  for (const { factor } of byLevels) {
    const shares = levelShares(design, factor, v);
    const held = shares.reduce((sum, value) => sum + value, 0);
    if (!(held >= MOSTLY_BETWEEN * total)) continue;
    const largest = shares.reduce((most, value) => Math.max(most, value), 0);
    // Weights are squared in the shares.
    const units = shares.filter((value) => value > LEAST_SHARE ** 2 * largest).length;
    return { kind: 'slopes', group: factor.group, units };
  }
  const finest = byLevels.at(-1)?.factor;
  if (!finest || design.n > FEW_ROWS * finest.levels.length) return { kind: 'rows', units: design.n };
  return { kind: 'rows', units: design.n, within: { group: finest.group, levels: finest.levels.length } };
}

/**
 * Whether a test compares levels of which none are left to tell how levels vary (one with one): nothing repeats what it
 * compares, and no method makes a p-value out of that. With equal rows a side Kenward-Roger and Satterthwaite count rows there
 * (41 % of true nulls below 0.05).
 */
export function isUnreplicated(design: DesignMoments, weights: Float64Array): boolean {
  // With more levels than coefficients some are left: nearly all designs, of which there may be one a response.
  if (design.factors.every(({ levels }) => levels.length > design.p)) return false;
  const units = testUnits(design, weights);
  return units?.kind === 'levels' && !units.replicated;
}

/** Whether column k of X has one value in each level of a factor with intercepts. */
function isConstantWithin(design: DesignMoments, factor: FactorMoments, k: number): boolean {
  const column = columnOf(design, k);
  const means = levelMeans(design, factor, column);
  const square = column.reduce((sum, value) => sum + value * value, 0);
  return means !== null && means.share >= (1 - ROUNDING) * square;
}

function constantColumns(design: DesignMoments, factor: FactorMoments): number {
  return Array.from({ length: design.p }, (_, k) => k).filter((k) => isConstantWithin(design, factor, k)).length;
}

/** Column k of X in the orthonormal coordinates: that of R. */
function columnOf({ p, r }: DesignMoments, k: number): Float64Array {
  return Float64Array.from({ length: p }, (_, i) => (i <= k ? r[i * p + k] : 0));
}

/** Whether a column that a test weighs varies within the levels, or has more than {@link MOST_SIDES} values over them. */
function isTrend(design: DesignMoments, factor: FactorMoments, weights: Float64Array): boolean {
  return weights.some((weight, k) => {
    if (weight === 0) return false;
    if (!isConstantWithin(design, factor, k)) return true;
    const values = levelMeans(design, factor, columnOf(design, k))?.values ?? new Float64Array(0);
    const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const distinct: number[] = [];
    for (const value of values) {
      if (distinct.some((known) => Math.abs(known - value) <= EQUAL_MEANS * size)) continue;
      if (distinct.push(value) > MOST_SIDES) return true;
    }
    return false;
  });
}

/** v = R^-T l, so that a = Q v. */
function orthonormalRow({ p, r }: DesignMoments, weights: Float64Array): Float64Array {
  const v = new Float64Array(p);
  for (let k = 0; k < p; k++) {
    let sum = weights[k];
    for (let i = 0; i < k; i++) sum -= r[i * p + k] * v[i];
    v[k] = sum / r[k * p + k];
  }
  return v;
}

/** A_i / w_i by level, and sum A_i^2 / w_i; null for a factor without intercepts. */
function levelMeans(
  design: DesignMoments,
  factor: FactorMoments,
  v: Float64Array,
): { readonly values: Float64Array; readonly share: number } | null {
  const place = interceptOf(design, factor);
  if (!place) return null;
  const { p } = design;
  const { q, ztz, ztx, levels } = factor;
  const values = new Float64Array(levels.length);
  let share = 0;
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
    values[i] = own / size;
    share += (own * own) / size;
  }
  return { values, share };
}

/** What each level holds of a'a by all its columns. */
function levelShares({ p }: DesignMoments, { q, ztz, ztx, levels }: FactorMoments, v: Float64Array): Float64Array {
  const shares = new Float64Array(levels.length);
  const L = new Float64Array(q * q);
  const u = new Float64Array(q);
  for (let i = 0; i < levels.length; i++) {
    // A level with fewer rows than columns has a singular block: a small ridge leaves the projection as it is.
    let largest = 0;
    for (let a = 0; a < q; a++) largest = Math.max(largest, ztz[(i * q + a) * q + a]);
    if (largest === 0) continue;
    for (let a = 0; a < q; a++) {
      for (let b = 0; b < q; b++) L[a * q + b] = ztz[(i * q + a) * q + b] + (a === b ? 1e-9 * largest : 0);
      u[a] = 0;
      for (let k = 0; k < p; k++) u[a] += ztx[(i * q + a) * p + k] * v[k];
    }
    if (Number.isNaN(choleskyInPlace(L, q))) continue;
    forwardSolve(L, q, u);
    for (let a = 0; a < q; a++) shares[i] += u[a] * u[a];
  }
  return shares;
}

/** Levels with positive and with negative weights that count. */
function sidesOf(means: Float64Array): [number[], number[]] {
  const side = (sign: number): number[] => {
    const largest = means.reduce((most, value) => Math.max(most, sign * value), 0);
    return [...means.keys()].filter((i) => sign * means[i] > LEAST_SHARE * largest && sign * means[i] > 0);
  };
  return [side(1), side(-1)];
}

/** Levels of the coarser factor in which the values of the finer one's differ, twice. */
function variedHolders(values: Float64Array, holder: Int32Array): [Set<number>, Set<number>] {
  const size = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const first = new Map<number, number>();
  const varied = new Set<number>();
  values.forEach((value, i) => {
    const known = first.get(holder[i]);
    if (known === undefined) first.set(holder[i], value);
    else if (Math.abs(value - known) > EQUAL_MEANS * size) varied.add(holder[i]);
  });
  return [varied, varied];
}

/** Sides by the values of the one column that is tested, where it has two: covariates that go with it move weights across. */
function ownSides(
  design: DesignMoments,
  factor: FactorMoments,
  tested: readonly number[],
  sides: [number[], number[]],
): [number[], number[]] {
  if (tested.length !== 1) return sides;
  const values = levelMeans(design, factor, columnOf(design, tested[0]))?.values ?? new Float64Array(0);
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const near = (value: number, to: number) => Math.abs(value - to) <= EQUAL_MEANS * (high - low);
  if (!values.every((value) => near(value, low) || near(value, high))) return sides;
  const taking = sides.flat();
  const own = [high, low].map((side) => taking.filter((level) => near(values[level], side)));
  return own[0].length > 0 && own[1].length > 0 ? [own[0], own[1]] : sides;
}

/** The level of `outer` that holds each level of `inner`; null where one lies in several. */
function holderOf({ factors, crosses }: DesignMoments, inner: FactorMoments, outer: FactorMoments): Int32Array | null {
  const holder = new Int32Array(inner.levels.length).fill(-1);
  for (const { a, b, pointers, columns } of crosses) {
    const turned = factors[a] === outer && factors[b] === inner;
    if (!turned && !(factors[a] === inner && factors[b] === outer)) continue;
    for (let i = 0; i + 1 < pointers.length; i++) {
      for (let at = pointers[i]; at < pointers[i + 1]; at++) {
        const [level, held] = turned ? [columns[at], i] : [i, columns[at]];
        if (holder[level] >= 0 && holder[level] !== held) return null;
        holder[level] = held;
      }
    }
    return holder;
  }
  return null;
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
