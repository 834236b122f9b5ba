/**
 * The levels that a comparison within them is made of. A difference between two visits in one arm, as the coefficients of
 * `arm * visit` have it, is told by the subjects of that arm: in those of others its columns cancel. Levels alike in their traits
 * (arm, sex) are looked at together, and the columns by the names that a model gives its products.
 */
import type { LevelMeans } from '../lmm/level-means.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { columnWeightsAmong, EQUAL_MEANS, largestOf } from './indicator-weights.ts';

/** A column of X that varies within levels, as a product of traits of theirs and what is left of its name. */
interface Product {
  readonly column: number;
  /** Columns that are constant within levels. */
  readonly traits: readonly number[];
  readonly base: string;
}

const INTERCEPT = '(Intercept)';

/**
 * 1 for each level that takes part in a comparison of columns that vary within levels. Covariates that are only added give every
 * row some weight: the comparison is looked at without them.
 *
 * @returns null where all levels take part, or the columns do not tell
 */
export function levelsCompared(
  design: DesignMoments,
  levels: LevelMeans,
  tested: readonly number[],
  weights: Float64Array,
): Uint8Array | null {
  // Designs without products are most, of which there may be one a response.
  if (!design.coefficients.some((name) => name.includes(':')) || tested.some((k) => levels.isConstant(k))) return null;
  const all = productsOf(design, levels);
  const crossed = new Set(all.flatMap(({ traits, base }) => (traits.length > 0 ? [base] : [])));
  if (crossed.size === 0) return null;
  const products = all.filter(({ base, column }) => crossed.has(base) || tested.includes(column));
  const constants = constantsOf(design, levels, products);
  const columns = [...constants, ...products.map(({ column }) => column)].sort((a, b) => a - b);
  const c = columnWeightsAmong(design, columns, weights);
  if (!c) return null;
  const means = new Map(columns.map((k) => [k, levels.meansOfColumn(k).slice()]));
  if (!products.every((product) => isProduct(product, design, means))) return null;

  const weightOf = new Map(columns.map((k, a) => [k, c[a]]));
  const sizes = new Map(columns.map((k) => [k, rootMeanSquare(design, k)]));
  const sizeOf = (k: number): number => sizes.get(k) ?? 0;
  const largest = largestOf(Float64Array.from(columns, (k, a) => c[a] * sizeOf(k)));
  const taking = new Uint8Array(levels.factor.levels.length);
  for (const group of alike(taking.length, constants, means)) {
    const traitOf = (k: number): number => means.get(k)?.[group[0]] ?? 0;
    const parts = new Map<string, { weight: number; size: number }>();
    const add = (base: string, k: number, times: number): void => {
      const part = parts.get(base) ?? { weight: 0, size: 0 };
      part.weight += (weightOf.get(k) ?? 0) * times;
      part.size = Math.max(part.size, sizeOf(k));
      parts.set(base, part);
    };
    for (const k of constants) add('', k, traitOf(k));
    for (const { column, traits, base } of products) {
      if (isZeroIn(group, means.get(column))) continue;
      add(
        base,
        column,
        traits.reduce((product, k) => product * traitOf(k), 1),
      );
    }
    const some = [...parts.values()].some(({ weight, size }) => Math.abs(weight) * size > EQUAL_MEANS * largest);
    if (some) for (const i of group) taking[i] = 1;
  }
  return taking.includes(0) && taking.includes(1) ? taking : null;
}

/** The columns that vary within levels. */
function productsOf({ coefficients }: DesignMoments, levels: LevelMeans): Product[] {
  const traits = new Map<string, number>();
  coefficients.forEach((name, k) => {
    if (name !== INTERCEPT && levels.isConstant(k)) traits.set(name, k);
  });
  return coefficients.flatMap((name, column) => {
    if (levels.isConstant(column)) return [];
    const parts = name.split(':');
    const left = parts.filter((part) => !traits.has(part));
    const own = parts.flatMap((part) => traits.get(part) ?? []);
    return [{ column, traits: left.length === 0 ? [] : own, base: left.length === 0 ? name : left.join(':') }];
  });
}

/** The intercept, the traits of products, and the products of these traits. */
function constantsOf({ coefficients }: DesignMoments, levels: LevelMeans, products: readonly Product[]): number[] {
  const names = new Set(products.flatMap(({ traits }) => traits.map((k) => coefficients[k])));
  return coefficients.flatMap((name, k) =>
    levels.isConstant(k) && (name === INTERCEPT || name.split(':').every((part) => names.has(part))) ? [k] : [],
  );
}

/** Whether the means of a column over each level are those of its base times the traits, where its base is a column too. */
function isProduct(
  { column, traits, base }: Product,
  { coefficients }: DesignMoments,
  means: ReadonlyMap<number, Float64Array>,
): boolean {
  const own = means.get(column);
  const of = means.get(coefficients.indexOf(base));
  if (!own || !of || traits.length === 0) return true;
  const apart = EQUAL_MEANS * Math.max(largestOf(own), largestOf(of));
  return own.every((value, i) => {
    const wanted = traits.reduce((product, k) => product * (means.get(k)?.[i] ?? 0), of[i]);
    return Math.abs(value - wanted) <= apart;
  });
}

/** Whether a column has rows elsewhere alone: its name tells so only where it is that of a product with a trait. */
function isZeroIn(group: readonly number[], means: Float64Array | undefined): boolean {
  if (!means) return false;
  const least = EQUAL_MEANS * largestOf(means);
  return least > 0 && group.every((i) => Math.abs(means[i]) <= least);
}

/** Levels that have the same values of some columns. */
function alike(
  count: number,
  constants: readonly number[],
  means: ReadonlyMap<number, Float64Array>,
): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  const columns = constants.map((k) => means.get(k) ?? new Float64Array(count));
  const steps = columns.map((column) => EQUAL_MEANS * largestOf(column) || 1);
  for (let i = 0; i < count; i++) {
    const key = columns.map((column, a) => Math.round(column[i] / steps[a])).join();
    const own = groups.get(key);
    if (own) own.push(i);
    else groups.set(key, [i]);
  }
  return [...groups.values()];
}

/** Of a column of X over the weighted rows. */
function rootMeanSquare({ p, r, n }: DesignMoments, k: number): number {
  let sum = 0;
  for (let i = 0; i <= k; i++) sum += r[i * p + k] ** 2;
  return Math.sqrt(sum / n);
}
