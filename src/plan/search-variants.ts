/**
 * Ways to give the models of one search to the threads of a device, and the choice between them by measured time. Plain
 * data and pure functions; nothing here knows a GPU.
 */
import type { EnginePath } from '../lmm/engine.ts';

/** Who searches a model: one thread, a workgroup, or a workgroup that sums by subgroups. */
export const SEARCH_MAPPINGS = ['thread', 'workgroup', 'subgroup'] as const;
export type SearchMapping = (typeof SEARCH_MAPPINGS)[number];

/** Levels from which on the lanes of a workgroup may share a response: below, most of them have nothing to add. */
const WIDE_LEVELS = 64;

/** Pseudo-rows of generalised models from which on they may. */
const WIDE_ROWS = 128;

/**
 * The mappings that are worth measuring for designs of `levels` levels (pseudo-rows of generalised models); the first is what
 * everything else falls back to.
 */
export function searchMappings(kernel: EnginePath, levels: number): readonly SearchMapping[] {
  if (kernel === 'family') return levels >= WIDE_ROWS ? ['thread', 'workgroup'] : ['thread'];
  return kernel === 'spectral' && levels >= WIDE_LEVELS ? SEARCH_MAPPINGS : ['thread'];
}

/** What a chunk of `models` models took alone on the device. */
export interface VariantTime {
  readonly models: number;
  readonly seconds: number;
}

/** By variant; null before it has been measured. */
export type VariantTimes = readonly (VariantTime | null)[];

/** Growth of the chunks from which on a measurement says little: a device that was half empty is full now. */
const REGROWTH = 8;
/** Seconds that measuring anew may take at most, going by the last time. */
const MAXIMUM_TRIAL_SECONDS = 1;

/**
 * The variant for the next chunk of `models` models, and whether that chunk is to be timed: each variant once on the
 * first chunks, again when the chunks have grown, and between that the fastest.
 */
export function nextVariant(
  times: VariantTimes,
  models: number,
): { readonly variant: number; readonly trial: boolean } {
  if (times.length === 1) return { variant: 0, trial: false };
  const due = times.findIndex((time) => {
    if (time === null) return true;
    return models >= REGROWTH * time.models && secondsPerModel(time) * models <= MAXIMUM_TRIAL_SECONDS;
  });
  return due >= 0 ? { variant: due, trial: true } : { variant: fastestVariant(times), trial: false };
}

/** The variant with the least time a model, the first of equals; those not measured do not count. */
export function fastestVariant(times: VariantTimes): number {
  let fastest = 0;
  times.forEach((time, v) => {
    if (secondsPerModel(time) < secondsPerModel(times[fastest])) fastest = v;
  });
  return fastest;
}

export function withTime(times: VariantTimes, variant: number, time: VariantTime): VariantTimes {
  return times.map((known, v) => (v === variant ? time : known));
}

function secondsPerModel(time: VariantTime | null): number {
  return time === null ? Number.POSITIVE_INFINITY : time.seconds / time.models;
}
