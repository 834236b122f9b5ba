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
  const finder = new UnitFinder();
  finder.open(design);
  return finder.units(weights);
}

/** Levels of a factor with what all tests of a design ask of them. */
interface Grouped {
  readonly factor: FactorMoments;
  /** See {@link interceptSums}. */
  readonly intercepts: { readonly sums: Float64Array; readonly sizes: Float64Array } | null;
  /** Whether each column of X is constant within the levels: 1, 0, or -1 where that is not known yet. */
  readonly constant: Int8Array;
  /** Means of a comparison by level, of the one column that it may be of, and that column in the orthonormal coordinates. */
  readonly means: Float64Array;
  readonly columnMeans: Float64Array;
  readonly column: Float64Array;
}

/** {@link testUnits} of many tests of one design after another; designs of one shape share the space. */
export class UnitFinder {
  private design: DesignMoments | null = null;
  /** By number of levels, increasing. */
  private byLevels: Grouped[] = [];
  private v = new Float64Array(0);

  open(design: DesignMoments): void {
    const before = this.byLevels;
    this.design = design;
    if (this.v.length !== design.p) this.v = new Float64Array(design.p);
    this.byLevels = design.factors.map((factor) => {
      return groupedOf(
        design,
        factor,
        before.find((grouped) => grouped.factor.group === factor.group),
      );
    });
    this.byLevels.sort((a, b) => a.factor.levels.length - b.factor.levels.length);
  }

  units(weights: Float64Array): TestUnits | null {
    if (!this.design) return null;
    return unitsOf(this.design, this.byLevels, weights, orthonormalRow(this.design, weights, this.v));
  }
}

function groupedOf(design: DesignMoments, factor: FactorMoments, before: Grouped | undefined): Grouped {
  const intercepts = interceptSums(design, factor);
  if (before?.means.length === factor.levels.length && before.constant.length === design.p) {
    return { ...before, factor, intercepts, constant: before.constant.fill(-1) };
  }
  return {
    factor,
    intercepts,
    constant: new Int8Array(design.p).fill(-1),
    means: new Float64Array(factor.levels.length),
    columnMeans: new Float64Array(factor.levels.length),
    column: new Float64Array(design.p),
  };
}

function unitsOf(
  design: DesignMoments,
  byLevels: readonly Grouped[],
  weights: Float64Array,
  v: Float64Array,
): TestUnits | null {
  const total = squareOf(v);
  const tested: number[] = [];
  for (let k = 0; k < weights.length; k++) if (weights[k] !== 0) tested.push(k);
  // A trait of the levels is one whatever else the model holds; what varies within them may be compared between them all the same.
  const between =
    byLevels.find((grouped) => tested.every((k) => isConstantWithin(design, grouped, k))) ??
    byLevels.find((grouped) => levelShare(design, grouped, v) >= MOSTLY_BETWEEN * total);
  if (between?.intercepts) {
    const means = levelMeans(design, between, v, between.means);
    const sides = ownSides(design, between, tested, sidesOf(means));
    if (sides[0].length === 0 || sides[1].length === 0) return null;
    const trend = isTrend(design, between, tested);
    for (const { factor, intercepts } of byLevels) {
      if (factor.levels.length >= between.factor.levels.length || !intercepts) continue;
      const holder = holderOf(design, between.factor, factor);
      if (!holder) continue;
      const [up, down] = trend
        ? variedHolders(means, holder)
        : sides.map((levels) => new Set(levels.map((level) => holder[level])));
      const units = [...up].filter((level) => down.has(level)).length;
      if (units === 0) continue;
      return { kind: 'pairs', group: factor.group, samples: between.factor.group, units };
    }
    const held = levelShare(design, between, v) / total;
    if (trend) return { kind: 'trend', group: between.factor.group, units: between.factor.levels.length, held };
    const counts = [sides[0].length, sides[1].length];
    const { group, levels } = between.factor;
    const replicated = levels.length > design.p || levels.length > constantColumns(design, between);
    return { kind: 'levels', group, sides: [Math.min(...counts), Math.max(...counts)], replicated, held };
  }
  for (const { factor, intercepts } of byLevels) {
    if (factor.q === 1 && intercepts) continue; // intercepts alone, whose share is known to be less
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
function isConstantWithin(design: DesignMoments, grouped: Grouped, k: number): boolean {
  const { constant } = grouped;
  if (constant[k] < 0) {
    const column = columnOf(design, k, grouped.column);
    constant[k] = levelShare(design, grouped, column) >= (1 - ROUNDING) * squareOf(column) ? 1 : 0;
  }
  return constant[k] === 1;
}

function largestOf(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

function squareOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}

function constantColumns(design: DesignMoments, grouped: Grouped): number {
  return Array.from({ length: design.p }, (_, k) => k).filter((k) => isConstantWithin(design, grouped, k)).length;
}

/** Column k of X in the orthonormal coordinates, that of R. */
function columnOf({ p, r }: DesignMoments, k: number, column: Float64Array): Float64Array {
  for (let i = 0; i < p; i++) column[i] = i <= k ? r[i * p + k] : 0;
  return column;
}

/** Means of column k of X by level. */
function columnMeans(design: DesignMoments, grouped: Grouped, k: number): Float64Array {
  return levelMeans(design, grouped, columnOf(design, k, grouped.column), grouped.columnMeans);
}

/** Whether a column that a test weighs varies within the levels, or has more than {@link MOST_SIDES} values over them. */
function isTrend(design: DesignMoments, grouped: Grouped, tested: readonly number[]): boolean {
  return tested.some((k) => {
    if (!isConstantWithin(design, grouped, k)) return true;
    const values = columnMeans(design, grouped, k);
    const size = largestOf(values);
    const distinct: number[] = [];
    for (const value of values) {
      if (distinct.some((known) => Math.abs(known - value) <= EQUAL_MEANS * size)) continue;
      if (distinct.push(value) > MOST_SIDES) return true;
    }
    return false;
  });
}

/** v = R^-T l, so that a = Q v. */
function orthonormalRow({ p, r }: DesignMoments, weights: Float64Array, v: Float64Array): Float64Array {
  for (let k = 0; k < p; k++) {
    let sum = weights[k];
    for (let i = 0; i < k; i++) sum -= r[i * p + k] * v[i];
    v[k] = sum / r[k * p + k];
  }
  return v;
}

/** sum A_i^2 / w_i over the levels; NaN for a factor without intercepts. */
function levelShare({ p }: DesignMoments, { intercepts, factor }: Grouped, v: Float64Array): number {
  if (!intercepts) return Number.NaN;
  const { sums, sizes } = intercepts;
  let share = 0;
  for (let i = 0, at = 0; i < factor.levels.length; i++) {
    let own = 0;
    for (let k = 0; k < p; k++, at++) own += sums[at] * v[k];
    if (sizes[i] > 0) share += (own * own) / sizes[i];
  }
  return share;
}

/** A_i / w_i by level, into `means`; zeros for a factor without intercepts. */
function levelMeans({ p }: DesignMoments, { intercepts }: Grouped, v: Float64Array, means: Float64Array): Float64Array {
  if (!intercepts) return means.fill(0);
  const { sums, sizes } = intercepts;
  for (let i = 0, at = 0; i < means.length; i++) {
    let own = 0;
    for (let k = 0; k < p; k++, at++) own += sums[at] * v[k];
    means[i] = sizes[i] > 0 ? own / sizes[i] : 0;
  }
  return means;
}

/** Z_i'W^(1/2) Q and w_i of the raw intercepts; null for a factor without. */
function interceptSums(design: DesignMoments, factor: FactorMoments): Grouped['intercepts'] {
  const place = interceptOf(design, factor);
  const { p } = design;
  const { q, ztz, ztx, levels } = factor;
  if (!place) return null;
  if (q === 1 && place[0] === 1) return { sums: ztx, sizes: ztz };
  const sums = new Float64Array(levels.length * p);
  const sizes = new Float64Array(levels.length);
  for (let i = 0; i < levels.length; i++) {
    for (let a = 0; a < q; a++) {
      const row = i * q + a;
      for (let k = 0; k < p; k++) sums[i * p + k] += place[a] * ztx[row * p + k];
      for (let c = 0; c < q; c++) sizes[i] += place[a] * place[c] * ztz[row * q + c];
    }
  }
  return { sums, sizes };
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
  const up: number[] = [];
  const down: number[] = [];
  let highest = 0;
  let lowest = 0;
  for (let i = 0; i < means.length; i++) {
    highest = Math.max(highest, means[i]);
    lowest = Math.min(lowest, means[i]);
  }
  for (let i = 0; i < means.length; i++) {
    if (means[i] > 0 && means[i] > LEAST_SHARE * highest) up.push(i);
    else if (means[i] < 0 && means[i] < LEAST_SHARE * lowest) down.push(i);
  }
  return [up, down];
}

/** Levels of the coarser factor in which the values of the finer one's differ, twice. */
function variedHolders(values: Float64Array, holder: Int32Array): [Set<number>, Set<number>] {
  const size = largestOf(values);
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
  grouped: Grouped,
  tested: readonly number[],
  sides: [number[], number[]],
): [number[], number[]] {
  if (tested.length !== 1) return sides;
  const values = columnMeans(design, grouped, tested[0]);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const near = (value: number, to: number) => Math.abs(value - to) <= EQUAL_MEANS * (high - low);
  for (let i = 0; i < values.length; i++) if (!(near(values[i], low) || near(values[i], high))) return sides;
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
