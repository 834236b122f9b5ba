/** Where the strips of a gene plot stand: conditions side by side, in each its donors and a place for the fitted mean. */

import type { FittedMean, GroupValues } from '../protocol/protocol.ts';
import { type Density, kernelDensity } from './kernel-density.ts';
import type { GeneData } from './plot-data.ts';
import { type Box, boxOf, meanOf, sortedValues } from './quantiles.ts';
import { extentOf } from './scale.ts';

/** A distribution that is drawn as one strip. */
export interface Sample {
  readonly sorted: Float64Array;
  readonly mean: number;
  readonly box: Box;
  readonly density: Density;
}

export interface PreparedGroup extends Sample {
  readonly group: GroupValues;
}

export interface Condition {
  readonly name: string;
  readonly groups: readonly PreparedGroup[];
  /** All values of the condition. */
  readonly pooled: Sample;
  readonly fitted: FittedMean | null;
}

export interface PreparedGene {
  readonly yLabel: string;
  readonly conditions: readonly Condition[];
  /** Range of all values and limits; null when there is nothing. */
  readonly extent: readonly [number, number] | null;
}

/** What is drawn of sorted values; `constant` is the half-width of the outline of values that are all the same. */
export function sampleOf(sorted: Float64Array, constant: number): Sample {
  // Reflected at the ends of the sample: an outline that ran on would show expression below zero.
  const [low, high] = [sorted[0] ?? 0, sorted[sorted.length - 1] ?? 0];
  const margin = high > low ? 0 : constant;
  const density = kernelDensity(sorted, { low: low - margin, high: high + margin, bounded: true });
  return { sorted, mean: meanOf(sorted), box: boxOf(sorted), density };
}

/** Groups without values are left out; conditions come in the order in which they first appear. */
export function prepareGene({ groups, fitted, yLabel }: GeneData): PreparedGene {
  const filled = groups
    .map((group) => ({ group, sorted: sortedValues(group.values) }))
    .filter(({ sorted }) => sorted.length > 0);
  const range = extentOf(filled.flatMap(({ sorted }) => [sorted[0], sorted[sorted.length - 1]]));
  const limits = extentOf(fitted.flatMap(({ mean, low, high }) => [mean, low, high]));
  const names = new Set([...filled.map(({ group }) => group.condition), ...fitted.map(({ condition }) => condition)]);
  const constant = range === null ? 1 : 0.01 * (range[1] - range[0]) || 1;
  const sample = (sorted: Float64Array): Sample => sampleOf(sorted, constant);
  const conditions = [...names].map((name): Condition => {
    const own = filled.filter(({ group }) => group.condition === name);
    const all = new Float64Array(own.reduce((total, { sorted }) => total + sorted.length, 0));
    let at = 0;
    for (const { sorted } of own) {
      all.set(sorted, at);
      at += sorted.length;
    }
    return {
      name,
      groups: own.map(({ group, sorted }) => ({ group, ...sample(sorted) })),
      pooled: sample(all.sort()),
      fitted: fitted.find(({ condition }) => condition === name) ?? null,
    };
  });
  return { yLabel, conditions, extent: extentOf([...(range ?? []), ...(limits ?? [])]) };
}

/** One condition's place on the horizontal axis, in pixels. */
export interface Block {
  readonly left: number;
  readonly right: number;
  /** Middle of each donor's strip; empty where the donors are too many for strips. */
  readonly strips: readonly number[];
  /** Middle of the fitted mean's place. */
  readonly fit: number;
}

export interface BlockLayout {
  readonly blocks: readonly Block[];
  /** Width of a strip; null where each condition is one violin with the means of its donors beside it. */
  readonly strip: number | null;
}

/** Least width of a donor's strip. */
const STRIP = 9;
const WIDEST_STRIP = 110;
const FIT = 26;
const GAP = 14;

/** Shares [left, right] out: the same width for all strips, or for all conditions where strips would be too narrow. */
export function layoutBlocks(donors: readonly number[], left: number, right: number): BlockLayout {
  const count = donors.length;
  const total = donors.reduce((a, b) => a + b, 0);
  const room = right - left - count * FIT - (count - 1) * GAP;
  const strip = Math.min(WIDEST_STRIP, room / Math.max(1, total));
  if (strip < STRIP) {
    const width = (right - left - (count - 1) * GAP) / count;
    const blocks = donors.map((_, k): Block => {
      const start = left + k * (width + GAP);
      return { left: start, right: start + width, strips: [], fit: start + width - FIT / 2 };
    });
    return { blocks, strip: null };
  }
  const used = total * strip + count * FIT + (count - 1) * GAP;
  let start = left + (right - left - used) / 2;
  const blocks = donors.map((own): Block => {
    const from = start;
    const to = from + own * strip + FIT;
    start = to + GAP;
    const strips = Array.from({ length: own }, (_, j) => from + (j + 0.5) * strip);
    return { left: from, right: to, strips, fit: to - FIT / 2 };
  });
  return { blocks, strip };
}
