/** Adjustment of p-values for multiple testing, as R's `p.adjust`, and Storey's q-values. */
import { FitError } from '../errors.ts';
import { OPTIONS } from '../options/entries.ts';
import { estimateQValues } from './q-value.ts';

/** Adjustments of p-values over the responses: Benjamini and Hochberg, Holm, Bonferroni, Storey, none. */
export const ADJUSTMENTS = OPTIONS.adjust.choices;
/** An adjustment of p-values over the responses. */
export type Adjustment = (typeof ADJUSTMENTS)[number];

/**
 * Adjusted p-values. NaN (not tested) stays NaN and does not count as a test.
 *
 * @param p p-values, any length.
 * @param groups the family of each p-value (the split of its model); without it all are one family.
 * @throws OptionError for an unknown method or groups of another length.
 */
export function adjustPValues(p: Float64Array, method: Adjustment, groups?: Int32Array): Float64Array {
  if (!ADJUSTMENTS.includes(method)) {
    throw new FitError('OptionError', `unknown adjustment '${method}'`, {
      option: 'adjust',
      remedy: `Use one of ${ADJUSTMENTS.join(', ')}.`,
    });
  }
  if (groups && groups.length !== p.length) {
    throw new FitError('OptionError', `${groups.length} groups for ${p.length} p-values`, {
      remedy: 'Give the group of every p-value, or none.',
    });
  }
  const adjusted = new Float64Array(p);
  if (method === 'none') return adjusted;
  for (const family of families(p, groups)) {
    if (method === 'bonferroni') {
      for (const i of family) adjusted[i] = Math.min(1, p[i] * family.length);
    } else if (method === 'storey') {
      const { q } = estimateQValues(Float64Array.from(family, (i) => p[i]));
      family.forEach((i, k) => {
        adjusted[i] = q[k];
      });
    } else {
      adjustFamily(p, family, method, adjusted);
    }
  }
  return adjusted;
}

/** Adjusts each of `width` columns of p-values, models x columns, by itself. @throws OptionError as {@link adjustPValues} */
export function adjustColumns(
  pValue: Float64Array,
  width: number,
  method: Adjustment,
  groups?: Int32Array,
): Float64Array {
  const models = width === 0 ? 0 : pValue.length / width;
  const adjusted = new Float64Array(pValue.length);
  const column = new Float64Array(models);
  for (let c = 0; c < width; c++) {
    for (let m = 0; m < models; m++) column[m] = pValue[m * width + c];
    const values = adjustPValues(column, method, groups);
    for (let m = 0; m < models; m++) adjusted[m * width + c] = values[m];
  }
  return adjusted;
}

/** Indices of the tested p-values of each family. */
function families(p: Float64Array, groups: Int32Array | undefined): Int32Array[] {
  if (!groups) return [testedOf(p)];
  const slots = new Map<number, number>();
  const counts: number[] = [];
  for (let i = 0; i < p.length; i++) {
    if (Number.isNaN(p[i])) continue;
    const group = groups[i];
    const slot = slots.get(group);
    if (slot === undefined) {
      slots.set(group, counts.length);
      counts.push(1);
    } else {
      counts[slot]++;
    }
  }
  const indices = counts.map((count) => new Int32Array(count));
  const filled = new Int32Array(counts.length);
  for (let i = 0; i < p.length; i++) {
    if (Number.isNaN(p[i])) continue;
    const slot = slots.get(groups[i]) ?? 0;
    indices[slot][filled[slot]++] = i;
  }
  return indices;
}

/** Indices of all tested p-values. */
function testedOf(p: Float64Array): Int32Array {
  const tested = new Int32Array(p.length);
  let count = 0;
  for (let i = 0; i < p.length; i++) if (!Number.isNaN(p[i])) tested[count++] = i;
  return tested.subarray(0, count);
}

/**
 * Step-up (BH: cumulative minimum of p m / rank from the largest) or step-down (Holm: cumulative maximum from the smallest).
 * Equal p-values have equal adjusted ones, so the values are sorted without their places (a sort of numbers, with no function
 * to compare them) and each looks its adjusted value up.
 */
function adjustFamily(p: Float64Array, family: Int32Array, method: 'BH' | 'holm', adjusted: Float64Array): void {
  const m = family.length;
  const sorted = new Float64Array(m);
  for (let k = 0; k < m; k++) sorted[k] = p[family[k]];
  sorted.sort();
  const values = new Float64Array(m);
  if (method === 'BH') {
    let smallest = 1;
    for (let rank = m; rank >= 1; rank--) {
      smallest = Math.min(smallest, (sorted[rank - 1] * m) / rank);
      values[rank - 1] = smallest;
    }
  } else {
    let largest = 0;
    for (let rank = 1; rank <= m; rank++) {
      largest = Math.max(largest, sorted[rank - 1] * (m - rank + 1));
      values[rank - 1] = Math.min(1, largest);
    }
  }
  for (const i of family) adjusted[i] = values[firstAtLeast(sorted, p[i])];
}

/** Index of the first of ascending values that is not below `value`. */
function firstAtLeast(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Family of each model, where p-values are adjusted within the splits; undefined where all are one family. */
export function splitFamilies(
  splits: readonly string[] | null | undefined,
  across: 'within' | 'all',
): Int32Array | undefined {
  if (!splits || across === 'all') return undefined;
  const codes = new Map<string, number>();
  return Int32Array.from(splits, (split) => {
    let code = codes.get(split);
    if (code === undefined) {
      code = codes.size;
      codes.set(split, code);
    }
    return code;
  });
}
