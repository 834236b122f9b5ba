import type { DesignMoments, MomentBatch } from '../moments/moments.ts';
import {
  type DeviceStart,
  type Engine,
  type EngineOptions,
  FINISHED_ON_HOST,
  type Fits,
  labelPreview,
  REFITTED_ON_CPU,
  SEARCHED_ON_DEVICE,
} from './engine.ts';
import { emptyOptimum } from './ratio-search.ts';
import { SATURATED, screenDesign, screenedEngine } from './screen.ts';
import { type SpectralDesign, spectralDesign } from './spectral-design.ts';
import { spectralWriter } from './spectral-finish.ts';
import { emptySpectralResponse, prepareResponse } from './spectral-response.ts';
import { finishSpectral, searchSpectral, standSpectral } from './spectral-search.ts';

/**
 * Engine for one scalar random term: with M the projection off X, Z'MZ = U diag(lambda) U' once per
 * design; then every evaluation costs O(Q), every coefficient or contrast O(Q), whatever n and p are.
 */
export function spectralEngine(design: DesignMoments, options: EngineOptions): Engine {
  const problem = screenDesign(design);
  if (problem) return screenedEngine(problem);
  const spectral = spectralDesign(design, options);
  return isSaturated(spectral, options) ? screenedEngine(SATURATED) : spectralFitter(spectral);
}

/** Eigenvalues that agree to this are equal. */
const EQUAL = 1e-9;

/** Whether no variance can be estimated: without rows inside the levels ML falls for ever, and REML is flat if all lambda are equal. */
function isSaturated({ withinRows, lambda, zeros }: SpectralDesign, { method }: EngineOptions): boolean {
  if (withinRows > 0) return false;
  return method === 'ML' || lambda[lambda.length - 1] - lambda[zeros] <= EQUAL * lambda[lambda.length - 1];
}

/** {@link spectralEngine} of a design that is set up and has fits. */
export function spectralFitter(spectral: SpectralDesign): Engine {
  const write = spectralWriter(spectral);
  const response = emptySpectralResponse(spectral);
  const optimum = emptyOptimum();
  return {
    fit({ responses }: MomentBatch, k: number, fits: Fits, at: number): void {
      if (!prepareResponse(spectral, responses, k, response, fits, at)) return;
      searchSpectral(spectral.space, response.z2, response.within, optimum);
      write(responses, k, response, optimum, fits, at);
    },
    finish({ responses }: MomentBatch, k: number, fits: Fits, at: number, start: DeviceStart): boolean {
      if (!prepareResponse(spectral, responses, k, response, fits, at)) return true;
      const [u] = start.point;
      optimum.evaluations = start.evaluations;
      if (start.preview && standSpectral(spectral.space, response.z2, response.within, u, optimum)) {
        write(responses, k, response, optimum, fits, at);
        labelPreview(fits, at);
        return true;
      }
      const held = !Number.isNaN(u) && finishSpectral(spectral.space, response.z2, response.within, u, optimum);
      if (!held) searchSpectral(spectral.space, response.z2, response.within, optimum);
      write(responses, k, response, optimum, fits, at);
      fits.search[at] = SEARCHED_ON_DEVICE;
      fits.finish[at] = held ? FINISHED_ON_HOST : REFITTED_ON_CPU;
      return held;
    },
  };
}
