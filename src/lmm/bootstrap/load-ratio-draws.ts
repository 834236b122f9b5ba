import type { DesignMoments } from '../../moments/moments.ts';
import { loadEngines } from '../open-engine.ts';
import type { RatioDraws, RatioModels } from './ratio-draws.ts';

/** Loads what draws from some models. */
export async function loadRatioDraws(
  models: readonly { readonly large: Pick<DesignMoments, 'family' | 'blocks'> }[],
): Promise<(models: RatioModels) => RatioDraws> {
  const gaussian = models.filter(({ large }) => !large.family);
  const [engines, own, family] = await Promise.all([
    loadEngines(gaussian.map(({ large }) => ({ design: large, options: {} }))),
    gaussian.length > 0 ? import('./gaussian-ratio-draws.ts') : null,
    gaussian.length < models.length ? import('../generalised/family-ratio-draws.ts') : null,
  ]);
  return (pair) => {
    const draws = pair.large.family ? family?.familyRatioDraws(pair) : own?.gaussianRatioDraws(engines, pair);
    if (!draws) throw new RangeError('the draws of these models were not loaded');
    return draws;
  };
}
