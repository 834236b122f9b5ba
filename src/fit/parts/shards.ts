/** Fits in shards as the library offers them: the code behind them is loaded when one of them is called. */
import type { Moments } from '../../moments/moments.ts';
import type { Shard } from '../../plan/shards.ts';
import type { MomentFit } from '../readable-fit.ts';
import type { FitPart } from './fit-part.ts';
import type { GatherOptions, ShardOptions } from './fit-shards.ts';
import type { PartFile } from './gathered-parts.ts';

/**
 * Fits the responses of one shard: neighbours, about equal shares of the work. The CPU fits them unless `backend` says otherwise.
 * Needs Node.
 *
 * Rejects as `fitMoments` does, and with OptionError for a shard that is none of the run.
 */
export async function fitShard(moments: Moments, shard: Shard, options: ShardOptions = {}): Promise<FitPart> {
  const shards = await import('./fit-shards.ts');
  return shards.fitShard(moments, shard, options);
}

/**
 * The fits of all shards as those of one run: equal to the last bit. Parts may stand in any order; `path` names each in messages.
 * Needs Node.
 *
 * Rejects with DataError for parts of different runs, repeated ones and missing ones, which are named.
 */
export async function gatherFits(parts: readonly PartFile[], options: GatherOptions = {}): Promise<MomentFit> {
  const shards = await import('./fit-shards.ts');
  return shards.gatherFits(parts, options);
}

/** The bytes of a file, in pieces, as `webgpu-lmm fit --shard` writes it. */
export async function serialiseFitPart(part: FitPart): Promise<Iterable<Uint8Array>> {
  const { serialisePart } = await import('./fit-part.ts');
  return serialisePart(part);
}

/**
 * Reads a part back; `path` names it in messages. Rejects with DataError: `unreadable` for bytes that are truncated or damaged, else
 * for those of another kind.
 */
export async function deserialiseFitPart(bytes: Uint8Array, path: string): Promise<FitPart> {
  const { deserialisePart } = await import('./fit-part.ts');
  return deserialisePart(bytes, path);
}
