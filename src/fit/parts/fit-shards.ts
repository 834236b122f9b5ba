/** Fits of the responses of some moments in shards, by as many processes as one likes, and put together as those of one run. */
import { FitError } from '../../errors.ts';
import { cutMoments } from '../../moments/moment-shards.ts';
import type { Moments } from '../../moments/moments.ts';
import { type Shard, shardRanges } from '../../plan/shards.ts';
import { type MomentFitOptions, type PlannedFit, planMomentFit } from '../fit-moments.ts';
import type { MomentFit } from '../readable-fit.ts';
import type { BatchesRun } from '../run-batches.ts';
import { fitOrigin, originDifference } from './fit-origin.node.ts';
import type { FitPart } from './fit-part.ts';
import { type GatheredParts, gatherParts, type PartFile } from './gathered-parts.ts';

/** What rests on all responses, and is found when they are together. */
type OfAllResponses = 'moderate' | 'adjust' | 'adjustAcross';

/** How the models of a shard are fitted: options of `fitMoments` but those that rest on all responses, which `gatherFits` takes. */
export interface ShardOptions extends Omit<MomentFitOptions, OfAllResponses> {
  /** Of what fits; parts of different versions are not put together. */
  readonly version?: string | undefined;
}

/** What rests on all responses: moderation and adjustment of p-values. */
export interface GatherOptions extends Pick<MomentFitOptions, OfAllResponses | 'threads' | 'signal'> {}

/** See `shards.ts`. */
export async function fitShard(moments: Moments, shard: Shard, options: ShardOptions): Promise<FitPart> {
  const { number, of } = shard;
  if (!(Number.isInteger(number) && Number.isInteger(of) && number >= 1 && number <= of)) {
    throw new FitError('OptionError', `“shard: ${number}/${of}” is not the number of a shard and of all of them`, {
      option: 'shard',
      remedy: 'Number the shards of a run from 1 on.',
    });
  }
  const { version = 'unknown', backend = 'auto', ...rest } = options;
  const planned = await planMomentFit(moments, { ...rest, backend: backend === 'auto' ? 'cpu' : backend });
  const cut = shardOf(planned, moments, shard);
  return fittedPart(planned, moments, shard, cut, await planned.run({ jobs: cut.ranges }), version);
}

/** The responses of a shard, as ranges and as moments of their own. */
export function shardOf({ plan, decisions }: PlannedFit, moments: Moments, shard: Shard) {
  const ranges = shardRanges(plan, shard, decisions.bootstrap?.draws ?? 0);
  return { ranges, cut: cutMoments(moments, ranges) };
}

/** The part of a run that a shard is, once it is fitted. */
export async function fittedPart(
  { decisions }: PlannedFit,
  moments: Moments,
  shard: Shard,
  { cut }: ReturnType<typeof shardOf>,
  { chunks, device, notes }: BatchesRun,
  version: string,
): Promise<FitPart> {
  const origin = await fitOrigin(moments, decisions, version);
  const own = { shard, origin, models: moments.names.length, cut, chunks, device, notes };
  return { ...own, prepared: moments.notes, source: {}, checks: null, asked: {} };
}

/** See `shards.ts`. */
export async function gatherFits(parts: readonly PartFile[], options: GatherOptions): Promise<MomentFit> {
  const gathered = gatherParts(parts);
  const { method, nodes, bootstrap, information, ...rest } = gathered.origin.decisions;
  const isFamily = gathered.moments.batches.some(({ design }) => design.family);
  const decided: MomentFitOptions = {
    ...rest,
    ...(isFamily ? { nagq: nodes, reml: method === 'REML' } : { method, information }),
    bootstrap: bootstrap ?? undefined,
  };
  const { fit } = await gatheredFit(gathered, { ...decided, ...options }, gathered.origin.version, parts[0].path);
  return fit;
}

/**
 * The fits of gathered parts, assembled by the options of their run.
 *
 * Rejects with DataError where these options, or the version, are not those that the parts were fitted with.
 */
export async function gatheredFit(
  { moments, run, origin }: GatheredParts,
  options: MomentFitOptions,
  version: string,
  path: string,
): Promise<{ readonly fit: MomentFit; readonly planned: PlannedFit }> {
  const planned = await planMomentFit(moments, options);
  const difference = originDifference(await fitOrigin(moments, planned.decisions, version), origin);
  if (difference !== null) {
    throw new FitError('DataError', `the parts are of another origin, they differ in ${difference}`, {
      path,
      remedy: 'Gather with the program that fitted them, or fit the shards again.',
    });
  }
  return { fit: planned.assemble(run), planned };
}
