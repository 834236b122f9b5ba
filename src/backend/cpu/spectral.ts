import { type DesignMoments, type MomentBatch, type ResponseMoments, streamOf } from '../../moments/moments.ts';
import { STATUSES } from '../../types.ts';
import {
  type DeviceStart,
  type Engine,
  type EngineOptions,
  FINISHED_ON_HOST,
  type Fits,
  REFITTED_ON_CPU,
  SEARCHED_ON_DEVICE,
} from '../backend.ts';
import type { BootstrapOptions } from '../bootstrap.ts';
import { screenDesign, screenedEngine } from './screen.ts';
import { spectralBootstrap } from './spectral-bootstrap.ts';
import { type SpectralDesign, spectralDesign } from './spectral-design.ts';
import { spectralWriter } from './spectral-finish.ts';
import { emptySpectralResponse, prepareResponse } from './spectral-response.ts';
import { emptyOptimum, finishSpectral, searchSpectral } from './spectral-search.ts';

const OK = STATUSES.indexOf('ok');

/**
 * Engine for one scalar random term: with M the projection off X, Z'MZ = U diag(lambda) U' once per
 * design; then every evaluation costs O(Q), every coefficient or contrast O(Q), whatever n and p are.
 */
export function spectralEngine(design: DesignMoments, options: EngineOptions): Engine {
  const problem = screenDesign(design);
  return problem ? screenedEngine(problem) : spectralFitter(spectralDesign(design, options), options.bootstrap);
}

/** {@link spectralEngine} of a design that is set up and has fits. */
export function spectralFitter(spectral: SpectralDesign, bootstrap?: BootstrapOptions): Engine {
  const write = spectralWriter(spectral);
  const response = emptySpectralResponse(spectral);
  const optimum = emptyOptimum();
  const drawn = bootstrap && spectralBootstrap(spectral, bootstrap);

  function writeRow(responses: ResponseMoments, k: number, fits: Fits, at: number): void {
    write(responses, k, response, optimum, fits, at);
    if (!drawn || !optimum.converged || fits.status[at] !== OK) return;
    drawn.judge(streamOf(responses, k), optimum.gamma, -optimum.difference, responses.count, fits, at);
  }

  return {
    fit({ responses }: MomentBatch, k: number, fits: Fits, at: number): void {
      if (!prepareResponse(spectral, responses, k, response, fits, at)) return;
      searchSpectral(spectral.space, response.z2, response.within, optimum);
      writeRow(responses, k, fits, at);
    },
    finish({ responses }: MomentBatch, k: number, fits: Fits, at: number, start: DeviceStart): boolean {
      if (!prepareResponse(spectral, responses, k, response, fits, at)) return true;
      const [u] = start.point;
      optimum.evaluations = start.evaluations;
      const held = !Number.isNaN(u) && finishSpectral(spectral.space, response.z2, response.within, u, optimum);
      if (!held) searchSpectral(spectral.space, response.z2, response.within, optimum);
      writeRow(responses, k, fits, at);
      fits.search[at] = SEARCHED_ON_DEVICE;
      fits.finish[at] = held ? FINISHED_ON_HOST : REFITTED_ON_CPU;
      return held;
    },
  };
}
