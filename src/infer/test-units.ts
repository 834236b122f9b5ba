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
 *
 * Levels count that have rows of the comparison (`indicator-weights.ts`): the difference of two arms at the first visit is made by
 * the subjects seen at it, a slope by those seen at two times.
 */
import { holderOf, LevelMeans, squareOf } from '../lmm/level-means.ts';
import { withSubjects } from '../moments/covariance-blocks.ts';
import type { DesignMoments, FactorMoments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import {
  distinctValues,
  EQUAL_MEANS,
  indicatorColumns,
  largestOf,
  MOST_VALUES,
  weightsAmong,
} from './indicator-weights.ts';
import { levelsCompared } from './rows-compared.ts';
import { slopeLevels } from './slope-levels.ts';
import { withThresholds } from './threshold-design.ts';

/** Share held by a factor from which on its levels are the units. */
export const MOSTLY_BETWEEN = 0.5;
/** With so many rows a level, at most, the levels are told beside the rows: a row is a sample of a donor, say. */
const FEW_ROWS = 3;
/** Levels whose weight is below this share of the largest on their side come in through other covariates only. */
const LEAST_SHARE = 0.1;

/** What a test rests on. */
export type TestUnits =
  | {
      readonly kind: 'levels';
      readonly group: string;
      /** Levels on either side with rows of the comparison. */
      readonly sides: readonly [number, number];
      /** All levels on either side, where some have no such row. */
      readonly of?: readonly [number, number];
      /** Whether levels are left, beyond the coefficients that are constant within them, to tell how levels vary. */
      readonly replicated: boolean;
      /** Share of the comparison that the levels hold. */
      readonly held: number;
    }
  | { readonly kind: 'trend'; readonly group: string; readonly units: number; readonly held: number }
  | { readonly kind: 'pairs'; readonly group: string; readonly samples: string; readonly units: number }
  /** `units`: levels whose own rows tell the slope; `of`: all, where these are more. */
  | { readonly kind: 'slopes'; readonly group: string; readonly units: number; readonly of?: number }
  /** `within`: the levels that hold a few rows each, as samples of donors; `several`: those with two or more, where not all have. */
  | {
      readonly kind: 'rows';
      readonly units: number;
      readonly within?: { readonly group: string; readonly levels: number; readonly several?: number };
    };

/** Units of the test of a combination of coefficients; null for one that compares nothing (a mean). */
export function testUnits(design: DesignMoments, weights: Float64Array): TestUnits | null {
  const finder = new UnitFinder();
  finder.open(design);
  return finder.units(weights);
}

/** {@link testUnits} of many tests of one design after another; designs of one shape share the space. */
export class UnitFinder {
  private design: DesignMoments | null = null;
  /** Columns in front of those that have weights: the ones that thresholds stand for. */
  private added = 0;
  /** By number of levels, increasing. */
  private byLevels: LevelMeans[] = [];
  private v = new Float64Array(0);
  /** Columns that each row of weights tests. */
  private readonly tested = new Map<Float64Array, readonly number[]>();

  open(given: DesignMoments): void {
    const ordinal = given.family?.family === 'cumulative';
    const design = ordinal ? withThresholds(given) : withSubjects(given);
    this.added = design.p - given.p;
    const before = this.byLevels;
    this.design = design;
    if (this.v.length !== design.p) this.v = new Float64Array(design.p);
    this.byLevels = design.factors.map((factor) => {
      const known = before.find((levels) => levels.factor.group === factor.group);
      return known ? known.open(design, factor) : new LevelMeans(design, factor);
    });
    if (this.byLevels.length > 1) this.byLevels.sort((a, b) => a.factor.levels.length - b.factor.levels.length);
  }

  units(own: Float64Array): TestUnits | null {
    const weights = this.added === 0 ? own : Float64Array.of(0, ...own);
    const { design, byLevels, v } = this;
    if (!design) return null;
    let tested = this.tested.get(weights);
    if (!tested) {
      tested = [...weights.keys()].filter((k) => weights[k] !== 0);
      this.tested.set(weights, tested);
    }
    orthonormalRow(design, weights, v);
    const total = squareOf(v);
    // A trait of the levels is one whatever else the model holds; what varies within them may be compared between them all the same.
    const between =
      byLevels.find((levels) => isTrait(levels, tested)) ??
      byLevels.find((levels) => levels.shareOf(v) >= MOSTLY_BETWEEN * total);
    if (between?.hasMeans) return levelUnits(design, byLevels, between, tested, weights, v, total);
    for (const { factor, hasMeans } of byLevels) {
      if (factor.q === 1 && hasMeans) continue; // intercepts alone, whose share is known to be less
      const shares = levelShares(design, factor, v);
      const held = shares.reduce((sum, value) => sum + value, 0);
      if (!(held >= MOSTLY_BETWEEN * total)) continue;
      const units = slopeLevels(design, factor, shares, v);
      const all = factor.levels.length;
      return { kind: 'slopes', group: factor.group, units, ...(units < all ? { of: all } : {}) };
    }
    const finest = byLevels.at(-1);
    return rowUnits(design, finest, tested, weights);
  }
}

/** Rows as units, beside the levels of the finest factor where these hold few each. */
function rowUnits(
  design: DesignMoments,
  finest: LevelMeans | undefined,
  tested: readonly number[],
  weights: Float64Array,
): TestUnits {
  // Rows of a subject whose residuals go together are never units without the subjects beside them.
  const many = !design.blocks?.subjects && design.n > FEW_ROWS * (finest?.factor.levels.length ?? 0);
  if (!finest) return { kind: 'rows', units: design.n };
  const { group } = finest.factor;
  const sizes = rowsOfLevels(design, finest);
  // Those of one arm, say, where visits are compared in it.
  const taking = sizes && finest.hasMeans ? levelsCompared(design, finest, tested, weights) : null;
  const own = taking && sizes ? sizes.filter((_, i) => taking[i] === 1) : sizes;
  const units = taking && own ? own.reduce((sum, size) => sum + size, 0) : design.n;
  if (many) return { kind: 'rows', units };
  const levels = own?.length ?? finest.factor.levels.length;
  const several = own?.filter((size) => size > 1).length ?? levels;
  return { kind: 'rows', units, within: { group, levels, ...(several < levels ? { several } : {}) } };
}

/** How many rows each level has; null where weights hide it. */
function rowsOfLevels({ logDetW }: DesignMoments, { sizes }: LevelMeans): Float64Array | null {
  if (!sizes || logDetW !== 0 || sizes.some((size) => Math.abs(size - Math.round(size)) > EQUAL_MEANS)) return null;
  return sizes.map(Math.round);
}

/** Units of a comparison of the levels of a factor, or of such levels within those of a coarser one. */
function levelUnits(
  design: DesignMoments,
  byLevels: readonly LevelMeans[],
  between: LevelMeans,
  tested: readonly number[],
  weights: Float64Array,
  v: Float64Array,
  total: number,
): TestUnits | null {
  const { sides, factor } = between;
  const trend = isTrend(between, tested);
  const marked = trend ? null : comparedLevels(design, between, tested, weights);
  const means = between.meansOf(v);
  if (!marked) {
    markSides(means, sides);
    if (tested.length === 1) markOwnSides(between.meansOfColumn(tested[0]), sides);
  }
  const [up, down] = [countOf(sides, 1), countOf(sides, -1)];
  if (up === 0 || down === 0) return null;
  for (const coarser of byLevels) {
    if (coarser.factor.levels.length >= factor.levels.length || !coarser.hasMeans) continue;
    const holder = holderOf(design, factor, coarser.factor);
    if (!holder) continue;
    const units = trend ? variedHolders(means, holder) : pairedHolders(sides, holder);
    if (units === 0) continue;
    return { kind: 'pairs', group: coarser.factor.group, samples: factor.group, units };
  }
  const held = between.shareOf(v) / total;
  if (trend) {
    const taking = levelsCompared(design, between, tested, weights);
    const units = taking ? taking.reduce((sum, value) => sum + value, 0) : factor.levels.length;
    return { kind: 'trend', group: factor.group, units, held };
  }
  const { group, levels } = factor;
  const replicated = levels.length > design.p || levels.length > between.constantColumns();
  return { kind: 'levels', group, sides: [Math.min(up, down), Math.max(up, down)], ...marked, replicated, held };
}

/**
 * Marks the levels on the two sides of a comparison of traits that have rows of it; with all that are on its sides, where some
 * have none. Null where the columns of indicators do not tell.
 */
function comparedLevels(
  design: DesignMoments,
  levels: LevelMeans,
  tested: readonly number[],
  weights: Float64Array,
): { readonly of?: readonly [number, number] } | null {
  const columns = indicatorColumns(design, levels);
  const sidesAmong = (among: readonly number[]): readonly [number, number] | null => {
    const row = weightsAmong(design, among, weights);
    if (!row) return null;
    markSides(levels.meansOf(row), levels.sides, EQUAL_MEANS);
    if (tested.length === 1) markOwnSides(levels.meansOfColumn(tested[0]), levels.sides);
    const [up, down] = [countOf(levels.sides, 1), countOf(levels.sides, -1)];
    return [Math.min(up, down), Math.max(up, down)];
  };
  const all = sidesAmong(columns.filter((k) => levels.isConstant(k)));
  const seen = sidesAmong(columns);
  if (!seen) return null;
  return all && (all[0] > seen[0] || all[1] > seen[1]) ? { of: all } : {};
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

/** Whether all columns that are tested have one value in each level. */
function isTrait(levels: LevelMeans, tested: readonly number[]): boolean {
  for (const k of tested) if (!levels.isConstant(k)) return false;
  return true;
}

/** Whether a column that a test weighs varies within the levels, or has more than {@link MOST_VALUES} values over them. */
function isTrend(levels: LevelMeans, tested: readonly number[]): boolean {
  return tested.some(
    (k) => !levels.isConstant(k) || distinctValues(levels.meansOfColumn(k), MOST_VALUES) > MOST_VALUES,
  );
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

/** Marks the levels with positive and with negative weights, from a share of the largest on. */
function markSides(means: Float64Array, sides: Int8Array, least = LEAST_SHARE): void {
  let highest = 0;
  let lowest = 0;
  for (let i = 0; i < means.length; i++) {
    highest = Math.max(highest, means[i]);
    lowest = Math.min(lowest, means[i]);
  }
  for (let i = 0; i < means.length; i++) {
    sides[i] = 0;
    if (means[i] > 0 && means[i] > least * highest) sides[i] = 1;
    if (means[i] < 0 && means[i] < least * lowest) sides[i] = -1;
  }
}

/** Marks them by the values of the one column that is tested, where it has two: covariates that go with it move weights across. */
function markOwnSides(values: Float64Array, sides: Int8Array): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const apart = EQUAL_MEANS * (high - low);
  let up = 0;
  let down = 0;
  for (let i = 0; i < values.length; i++) {
    const [above, below] = [high - values[i] <= apart, values[i] - low <= apart];
    if (!above && !below) return;
    if (sides[i] !== 0 && above) up++;
    if (sides[i] !== 0 && below) down++;
  }
  if (up === 0 || down === 0) return;
  for (let i = 0; i < values.length; i++) if (sides[i] !== 0) sides[i] = high - values[i] <= apart ? 1 : -1;
}

function countOf(sides: Int8Array, side: number): number {
  let count = 0;
  for (let i = 0; i < sides.length; i++) if (sides[i] === side) count++;
  return count;
}

/** Levels of the coarser factor in which the values of the finer one's differ. */
function variedHolders(values: Float64Array, holder: Int32Array): number {
  const size = largestOf(values);
  const first = new Map<number, number>();
  const varied = new Set<number>();
  values.forEach((value, i) => {
    const known = first.get(holder[i]);
    if (known === undefined) first.set(holder[i], value);
    else if (Math.abs(value - known) > EQUAL_MEANS * size) varied.add(holder[i]);
  });
  return varied.size;
}

/** Levels of the coarser factor that hold levels of the finer one on both sides. */
function pairedHolders(sides: Int8Array, holder: Int32Array): number {
  const up = new Set<number>();
  const down = new Set<number>();
  sides.forEach((side, i) => {
    if (side > 0) up.add(holder[i]);
    if (side < 0) down.add(holder[i]);
  });
  return [...up].filter((level) => down.has(level)).length;
}
