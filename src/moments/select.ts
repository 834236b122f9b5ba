import { mergeMoments } from './merge.ts';
import type { Moments } from './moments.ts';

/** The moments of some responses, indices into `moments.names`, increasing; everything else stays as it is. */
export function selectMoments(moments: Moments, models: Int32Array): Moments {
  const selected = mergeMoments([{ split: null, moments, keep: models }]).moments;
  const { splits } = moments;
  return splits ? { ...selected, splits: Array.from(models, (model) => splits[model]) } : selected;
}
