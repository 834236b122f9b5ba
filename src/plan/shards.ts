import { FitError } from '../errors.ts';
import type { ResponseRange } from '../moments/moment-shards.ts';
import type { FitPlan } from './plan.ts';

/** One of several parts of a run, from 1 on. */
export interface Shard {
  readonly number: number;
  readonly of: number;
}

/** Shards of a run at most. */
const MOST_SHARDS = 100_000;

/**
 * Reads `3/16`.
 *
 * @throws OptionError for anything else
 */
export function parseShard(text: string): Shard {
  const [, number, of] = /^\s*(\d+)\s*\/\s*(\d+)\s*$/.exec(text)?.map(Number) ?? [];
  if (number >= 1 && number <= of && of <= MOST_SHARDS) return { number, of };
  throw new FitError('OptionError', `“shard: ${text}” is not the number of a shard and of all of them`, {
    option: 'shard',
    remedy: `Write K/N with K from 1 to N, such as 3/16; N is at most ${MOST_SHARDS}.`,
  });
}

/**
 * The responses of a shard: neighbours in the run, so that a shard has few designs to set up. Shards end where about equal shares
 * of the work do, by the plan of the whole run; shards of one run have each response once.
 */
export function shardRanges(
  { batches }: Pick<FitPlan, 'batches'>,
  { number, of }: Shard,
  draws: number,
): ResponseRange[] {
  const costs = batches.map(({ models, setUpCost, fitCost, drawCost }) => {
    return models === 0 ? 0 : setUpCost / models + fitCost + draws * drawCost;
  });
  const work = costs.reduce((sum, cost, b) => sum + cost * batches[b].models, 0);
  let before = 0;
  return batches.flatMap(({ models }, batch): ResponseRange[] => {
    // The first response of the batch that begins at a share of the work or behind it.
    const placeOf = (shard: number): number => {
      if (shard === 0) return 0;
      if (shard === of) return models;
      return Math.max(0, Math.min(models, Math.ceil(((shard / of) * work - before) / costs[batch])));
    };
    const [from, to] = models === 0 ? [0, 0] : [placeOf(number - 1), placeOf(number)];
    before += costs[batch] * models;
    // A design without responses goes with the first shard.
    return from < to || (models === 0 && number === 1) ? [{ batch, from, to }] : [];
  });
}
