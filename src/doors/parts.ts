/**
 * webgpu-lmm/parts: data sets in many files, in one run or one file at a time:
 *
 *     files -> WholeDesign;  file + WholeDesign -> MomentsPart;  parts -> MomentsPart -> Moments
 *                            wholeDesign, partMoments, mergeParts, completeParts
 *
 * and fits in shards:
 *
 *     Moments + Shard -> FitPart;  parts -> MomentFit
 *                            fitShard, gatherFits
 *
 * @module webgpu-lmm/parts
 */

export type { InputFiles } from '../data/input-files.ts';
export type { FitPart } from '../fit/parts/fit-part.ts';
export type { GatherOptions, ShardOptions } from '../fit/parts/fit-shards.ts';
export type { PartFile } from '../fit/parts/gathered-parts.ts';
export { deserialiseFitPart, fitShard, gatherFits, serialiseFitPart } from '../fit/parts/shards.ts';
export { mergeParts } from '../moments/parts/merge-parts.ts';
export type { DesignFile, DesignSplit, HeldRows, MomentsPart, PartRows, WholeDesign } from '../moments/parts/part.ts';
export { deserialisePart, parseDesign, serialisePart } from '../moments/parts/part-file.ts';
export { type StackedSource, type StackOptions, stackMatrices } from '../moments/stacked-matrix.ts';
export type { Shard } from '../plan/shards.ts';
export type { InputOptions } from '../prepare/data-options.ts';
export { completeParts } from '../prepare/held-rows.ts';
export { type PartOptions, partMoments } from '../prepare/part-moments.ts';
export { wholeDesign } from '../prepare/whole-design.ts';
