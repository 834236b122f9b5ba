/**
 * Cuts the models of one shape into chunks for a device: each fits its bindings and the memory cap, and takes about the
 * time that one dispatch may. Plain data and pure functions; nothing here knows a GPU.
 */

/** What bounds the chunks of one kernel. Sizes in bytes. */
export interface ChunkLimits {
  /** Bytes a model takes in each buffer that grows with the chunk. */
  readonly bytesPerModel: readonly number[];
  /** Largest binding or buffer of the device. */
  readonly maximumBinding: number;
  /** Bytes a model takes in host memory and on the device together, and the cap on that. */
  readonly memoryPerModel: number;
  readonly maximumMemory: number;
  /** Models a workgroup; chunks but the last are multiples of it. */
  readonly workgroup: number;
  readonly maximumWorkgroups: number;
  /** Numbers that a model's evaluation goes through: large models begin with small chunks. */
  readonly numbersPerModel?: number | undefined;
}

/** State of a cut: models handed out and size of the next chunk. */
export interface ChunkCut {
  readonly models: number;
  readonly taken: number;
  readonly size: number;
  readonly capacity: number;
  readonly workgroup: number;
}

export interface ModelRange {
  readonly from: number;
  readonly to: number;
}

/** A dispatch longer than this disturbs the display and nears the watchdogs of drivers. */
export const MAXIMUM_DISPATCH_SECONDS = 0.25;
/** Aimed at well below it, since times vary. */
const AIM_SECONDS = 0.1;
/** Models of the first chunk, whose speed nobody knows, and the numbers that they may go through. */
const FIRST_CHUNK = 2048;
const FIRST_NUMBERS = 2 ** 20;
const MAXIMUM_GROWTH = 4;

/** Models that one chunk can hold, a multiple of the workgroup; 0 when not even one workgroup fits. */
export function chunkCapacity(limits: ChunkLimits): number {
  const { bytesPerModel, maximumBinding, memoryPerModel, maximumMemory, workgroup, maximumWorkgroups } = limits;
  let models = workgroup * maximumWorkgroups;
  for (const bytes of bytesPerModel) models = Math.min(models, maximumBinding / bytes);
  models = Math.min(models, maximumMemory / memoryPerModel);
  return Math.floor(models / workgroup) * workgroup;
}

/** The cut of `models` models before its first chunk; its capacity is no more than the models need. */
export function openCut(models: number, limits: ChunkLimits): ChunkCut {
  const { workgroup, numbersPerModel = 0 } = limits;
  const capacity = Math.min(chunkCapacity(limits), Math.ceil(models / workgroup) * workgroup);
  const few = Math.max(1, Math.floor(FIRST_NUMBERS / numbersPerModel / workgroup)) * workgroup;
  return { models, taken: 0, size: Math.min(FIRST_CHUNK, few, capacity), capacity, workgroup };
}

/** The next chunk and the cut after it; null when all models are handed out or none fits. */
export function takeChunk(cut: ChunkCut): { readonly range: ModelRange; readonly cut: ChunkCut } | null {
  const { models, taken, size } = cut;
  if (taken >= models || size === 0) return null;
  const to = Math.min(taken + size, models);
  return { range: { from: taken, to }, cut: { ...cut, taken: to } };
}

/** The cut after a chunk of `models` models took `seconds` on the device: the next size aims at the time of a dispatch. */
export function timeChunk(cut: ChunkCut, models: number, seconds: number): ChunkCut {
  const { size, capacity, workgroup } = cut;
  // What a short last chunk or a clock without resolution says counts up to the growth of one step.
  const fitting = seconds > 0 ? (models * AIM_SECONDS) / seconds : Number.POSITIVE_INFINITY;
  const wanted = Math.min(fitting, size * MAXIMUM_GROWTH, capacity);
  return { ...cut, size: Math.min(Math.max(Math.floor(wanted / workgroup) * workgroup, workgroup), capacity) };
}
