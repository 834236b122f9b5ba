import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import type { Engine, EngineOptions, Fits } from '../backend.ts';
import { screenDesign, setStatus } from './screen.ts';
import { spectralDesign } from './spectral-design.ts';
import { spectralWriter } from './spectral-finish.ts';
import { emptySpectralResponse, prepareResponse } from './spectral-response.ts';
import { emptyOptimum, searchSpectral } from './spectral-search.ts';

/**
 * Engine for one scalar random term: with M the projection off X, Z'MZ = U diag(lambda) U' once per
 * design; then every evaluation costs O(Q), every coefficient or contrast O(Q), whatever n and p are.
 */
export function spectralEngine(design: DesignMoments, options: EngineOptions): Engine {
  const problem = screenDesign(design);
  if (problem) {
    return { fit: (_batch, _k, fits, at) => setStatus(fits, at, problem.status, problem.reason) };
  }
  const spectral = spectralDesign(design, options);
  const write = spectralWriter(spectral);
  const response = emptySpectralResponse(spectral);
  const optimum = emptyOptimum();
  return {
    fit({ responses }: MomentBatch, k: number, fits: Fits, at: number): void {
      if (!prepareResponse(spectral, responses, k, response, fits, at)) return;
      searchSpectral(spectral.space, response.z2, response.within, optimum);
      write(responses, k, response, optimum, fits, at);
    },
  };
}
