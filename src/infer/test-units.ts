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
import type { DesignMoments, FactorMoments, Moments } from '../moments/moments.ts';
import { choleskyInPlace, forwardSolve } from '../numeric/cholesky.ts';
import type { FitTable } from '../types.ts';

/** Fewer units than that, or levels on a side, are said to be few. */
const ENOUGH_LEVELS = 5;
/** Share held by a factor from which on its levels are the units. */
const MOSTLY_BETWEEN = 0.5;
/** Levels whose weight is below this share of the largest on their side come in through other covariates only. */
const LEAST_SHARE = 0.2;
/** Tests whose units a note lists at most. */
const LISTED = 12;

/** What a test rests on. */
export type TestUnits =
  | { readonly kind: 'levels'; readonly group: string; readonly sides: readonly [number, number] }
  | { readonly kind: 'pairs'; readonly group: string; readonly samples: string; readonly units: number }
  | { readonly kind: 'slopes'; readonly group: string; readonly units: number }
  | { readonly kind: 'rows'; readonly units: number };

/** Units of the test of a combination of coefficients; null for one that compares nothing (a mean). */
export function testUnits(design: DesignMoments, weights: Float64Array): TestUnits | null {
  const v = orthonormalRow(design, weights);
  const total = v.reduce((sum, value) => sum + value * value, 0);
  const byLevels = design.factors
    .map((factor) => ({ factor, means: levelMeans(design, factor, v) }))
    .sort((a, b) => a.factor.levels.length - b.factor.levels.length);
  const between = byLevels.find(({ means }) => means !== null && means.share >= MOSTLY_BETWEEN * total);
  if (between?.means) {
    const sides = sidesOf(between.means.values);
    if (sides[0].length === 0 || sides[1].length === 0) return null;
    for (const { factor, means } of byLevels) {
      if (factor.levels.length >= between.factor.levels.length || !means) continue;
      const holder = holderOf(design, between.factor, factor);
      if (!holder) continue;
      const [up, down] = sides.map((levels) => new Set(levels.map((level) => holder[level])));
      const units = [...up].filter((level) => down.has(level)).length;
      if (units === 0) continue;
      return { kind: 'pairs', group: factor.group, samples: between.factor.group, units };
    }
    const counts = [sides[0].length, sides[1].length];
    return { kind: 'levels', group: between.factor.group, sides: [Math.min(...counts), Math.max(...counts)] };
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
  return { kind: 'rows', units: design.n };
}

/**
 * Whether a test compares one level with one: nothing repeats what it compares, and no method makes a p-value out of that. With
 * equal rows a side Kenward-Roger and Satterthwaite count rows there (41 % of true nulls below 0.05).
 */
export function isUnreplicated(design: DesignMoments, weights: Float64Array): boolean {
  const units = testUnits(design, weights);
  return units?.kind === 'levels' && units.sides[0] === 1 && units.sides[1] === 1;
}

/** Levels on the two sides of a comparison, the smaller number first; null when it is not one of levels of this factor. */
export function levelsASide(
  design: DesignMoments,
  factor: FactorMoments,
  weights: Float64Array,
): readonly [number, number] | null {
  const v = orthonormalRow(design, weights);
  const means = levelMeans(design, factor, v);
  if (!means || !(means.share >= MOSTLY_BETWEEN * v.reduce((sum, value) => sum + value * value, 0))) return null;
  const [up, down] = sidesOf(means.values).map((levels) => levels.length);
  // A mean of levels compares nothing.
  if (up === 0 || down === 0) return null;
  return [Math.min(up, down), Math.max(up, down)];
}

/** What each test of a run rests on, over its splits: the fewest and the most units. */
interface UnitRange {
  readonly name: string;
  fewest: TestUnits;
  readonly split: string;
  least: number;
  most: number;
}

/**
 * A note for each coefficient or contrast that rests on fewer than 5 units (of the splits the one with fewest), and one note
 * that says what the others rest on.
 */
export function unitNotes(moments: Moments, table: FitTable): string[] {
  const found = new Map<string, UnitRange>();
  for (const { design, index } of moments.batches) {
    if (design.n <= design.p || !index.some((m) => !Number.isNaN(table.sigma[m]))) continue;
    const split = moments.splits?.[index[0]] ?? '';
    for (const { name, weights } of testedRows(design, table)) {
      const units = testUnits(design, weights);
      if (!units) continue;
      const number = unitCount(units);
      const before = found.get(name);
      if (!before) {
        found.set(name, { name, fewest: units, split, least: number, most: number });
        continue;
      }
      before.most = Math.max(before.most, number);
      if (number < before.least) {
        found.set(name, { ...before, fewest: units, split, least: number });
      }
    }
  }
  const all = [...found.values()];
  const few = all.filter(({ fewest, least }) => fewest.kind !== 'rows' && least < ENOUGH_LEVELS);
  const rest = all.filter((test) => !few.includes(test)).map(describeRange);
  const notes = [...few.map(({ name, fewest, split }) => fewText(name, fewest, split)), ...excessNotes(moments, table)];
  if (rest.length === 0) return notes;
  const more = rest.length > LISTED ? `; and ${rest.length - LISTED} more` : '';
  return [...notes, `units of the tests: ${rest.slice(0, LISTED).join('; ')}${more}`];
}

function unitCount(units: TestUnits): number {
  return units.kind === 'levels' ? units.sides[0] : units.units;
}

function fewText(name: string, units: TestUnits, split: string): string {
  const where = split === '' ? '' : `${split}: `;
  const fragile = 'its p-value is fragile, and more rows within them do not help';
  switch (units.kind) {
    case 'levels':
      if (units.sides[1] === 1) {
        return `${where}WARNING: '${name}' compares one level of '${units.group}' with one: nothing repeats the comparison, so that there is no test of it (--ddf kenward-roger or satterthwaite count rows)`;
      }
      return `${where}'${name}' compares levels of '${units.group}', ${units.sides[0]} against ${units.sides[1]}: with fewer than ${ENOUGH_LEVELS} on a side ${fragile}`;
    case 'pairs':
      return `${where}'${name}' compares levels of '${units.samples}' within ${levelText(units.units, units.group)}: with fewer than ${ENOUGH_LEVELS} that have both sides ${fragile}`;
    case 'slopes':
      return `${where}'${name}' is compared within ${levelText(units.units, units.group)}, each with an effect of its own: with fewer than ${ENOUGH_LEVELS} ${fragile}`;
    case 'rows':
      return '';
  }
}

function levelText(count: number, group: string): string {
  return `${count} ${count === 1 ? 'level' : 'levels'} of '${group}'`;
}

function describeRange({ name, fewest, least, most }: UnitRange): string {
  const range = least === most ? `${least}` : `${least} to ${most}`;
  switch (fewest.kind) {
    case 'levels': {
      const sides = least === most ? `${fewest.sides[0]} against ${fewest.sides[1]}` : `${range} or more a side`;
      return `'${name}' levels of '${fewest.group}', ${sides}`;
    }
    case 'pairs':
      return `'${name}' ${range} levels of '${fewest.group}' with both sides`;
    case 'slopes':
      return `'${name}' ${range} levels of '${fewest.group}'`;
    case 'rows':
      return `'${name}' ${range} rows`;
  }
}

/** Degrees of freedom beyond so many times what the units carry are said to be too many. */
const TOO_MANY_DF = 2;

/**
 * Notes on tests whose degrees of freedom are those of rows although levels are compared: where the rows go with the
 * comparison (one side has ten times as many) Kenward and Roger's can be far too many, and small p-values too small.
 */
function excessNotes(moments: Moments, table: FitTable): string[] {
  const notes: string[] = [];
  const told = new Set<string>();
  for (const { design, index } of moments.batches) {
    for (const { name, weights } of testedRows(design, table)) {
      const units = told.has(name) ? null : testUnits(design, weights);
      if (units?.kind !== 'levels' || units.sides[1] === 1) continue;
      const tests = table.coefficients.names.includes(name) ? table.coefficients : table.contrasts;
      const column = tests.names.indexOf(name);
      const own = Array.from(index, (m) => tests.df[m * tests.names.length + column]).filter(Number.isFinite);
      // Levels that are not compared tell of the variance between levels all the same.
      const levels = design.factors.find(({ group }) => group === units.group)?.levels.length ?? 0;
      const excess = own.filter((df) => df > TOO_MANY_DF * (levels - 1)).length;
      if (2 * excess <= own.length) continue;
      told.add(name);
      notes.push(
        `WARNING: '${name}' has more degrees of freedom than ${levels} levels of '${units.group}' carry, in ${excess} of ${own.length} fits: where rows go with what is compared, or the variance between levels is estimated as zero, its p-values are too small`,
      );
    }
  }
  return notes;
}

/** Coefficients but the intercept, and the contrasts that the design has, as weights over its coefficients. */
function testedRows(
  design: DesignMoments,
  table: FitTable,
): { readonly name: string; readonly weights: Float64Array }[] {
  const width = table.coefficients.names.length;
  const rows = design.coefficients.flatMap((name, k) => {
    if (name === '(Intercept)') return [];
    const weights = new Float64Array(design.p);
    weights[k] = 1;
    return [{ name, weights }];
  });
  const at = design.coefficients.map((coefficient) => table.coefficients.names.indexOf(coefficient));
  table.contrasts.names.forEach((name, c) => {
    const all = table.contrastWeights?.subarray(c * width, (c + 1) * width);
    if (!all) return;
    const missing = table.coefficients.names.some(
      (coefficient, k) => all[k] !== 0 && !design.coefficients.includes(coefficient),
    );
    if (!missing) rows.push({ name, weights: Float64Array.from(at, (k) => all[k]) });
  });
  return rows;
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
