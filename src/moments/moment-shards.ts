/** Some responses of a run cut out with their moments, and all of them put together again, to the last bit. */
import { joinResponses, sliceResponses } from './evidence.ts';
import type { MomentBatch, Moments } from './moments.ts';

/** Responses `from` to `to` of batch number `batch`. */
export interface ResponseRange {
  readonly batch: number;
  readonly from: number;
  readonly to: number;
}

/** Moments of some responses of a run, and where these stand in it. */
export interface MomentShard {
  readonly moments: Moments;
  /** Place in the run of each response of `moments`. */
  readonly models: Int32Array;
  /** For each batch of `moments` the number of the batch in the run, and of its first response there. */
  readonly places: Int32Array;
}

/** The moments of some ranges, at most one of a batch, in their order. */
export function cutMoments(moments: Moments, ranges: readonly ResponseRange[]): MomentShard {
  const models: number[] = [];
  const batches = ranges.map(({ batch, from, to }): MomentBatch => {
    const { design, responses, index, recipe } = moments.batches[batch];
    const first = models.length;
    for (let k = from; k < to; k++) models.push(index[k]);
    const own = from === 0 && to === responses.count ? responses : sliceResponses(design, responses, from, to);
    const places = Int32Array.from({ length: to - from }, (_, k) => first + k);
    return { design, responses: own, index: places, ...(recipe ? { recipe } : {}) };
  });
  const pick = (list: readonly string[]): string[] => models.map((model) => list[model]);
  const { names, genes, splits } = moments;
  return {
    moments: {
      ...moments,
      names: pick(names),
      ...(genes ? { genes: pick(genes) } : {}),
      ...(splits ? { splits: pick(splits) } : {}),
      batches,
    },
    models: Int32Array.from(models),
    places: Int32Array.from(ranges.flatMap(({ batch, from }) => [batch, from])),
  };
}

/**
 * The moments of a run of `models` responses out of shards that together hold each of them once.
 *
 * @throws RangeError, with what is wrong as its message, where they do not
 */
export function joinMoments(shards: readonly MomentShard[], models: number): Moments {
  const [{ moments: first }] = shards;
  const names = new Array<string>(models);
  const genes = first.genes && new Array<string>(models);
  const splits = first.splits && new Array<string>(models);
  const pieces: { readonly from: number; readonly batch: MomentBatch }[][] = [];
  let found = 0;
  for (const { moments, models: own, places } of shards) {
    own.forEach((model, k) => {
      names[model] = moments.names[k];
      if (genes) genes[model] = moments.genes?.[k] ?? '';
      if (splits) splits[model] = moments.splits?.[k] ?? '';
    });
    found += new Set(own).size;
    moments.batches.forEach((batch, b) => {
      const [number, from] = [places[2 * b], places[2 * b + 1]];
      pieces[number] ??= [];
      pieces[number].push({ from, batch: { ...batch, index: batch.index.map((k) => own[k]) } });
    });
  }
  if (found !== models || Object.keys(names).length !== models) {
    throw new RangeError(`${found} responses in place of ${models}`);
  }
  const batches = Array.from(pieces, (list = []): MomentBatch => {
    const parts = list.sort((a, b) => a.from - b.from);
    let next = 0;
    for (const { from, batch } of parts) {
      if (from !== next) throw new RangeError('the responses of a design are not those that were cut apart');
      next += batch.responses.count;
    }
    if (parts.length === 0) throw new RangeError('a design is missing');
    const { design, recipe } = parts[0].batch;
    return {
      design,
      responses: joinResponses(
        design,
        parts.map((part) => part.batch.responses),
      ),
      index: Int32Array.from(parts.flatMap((part) => [...part.batch.index])),
      ...(recipe ? { recipe } : {}),
    };
  });
  return { ...first, names, ...(genes ? { genes } : {}), ...(splits ? { splits } : {}), batches };
}
