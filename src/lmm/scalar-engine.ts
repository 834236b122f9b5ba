import type { DesignMoments, MomentBatch } from '../moments/moments.ts';
import { type CovarianceEngine, covarianceEngine, ESTIMABLE } from './covariance-engine.ts';
import {
  type DeviceStart,
  type Engine,
  type EngineOptions,
  FINISHED_ON_HOST,
  type Fits,
  labelPreview,
  REASON,
  REFITTED_ON_CPU,
  SEARCHED_ON_DEVICE,
} from './engine.ts';
import { emptyOptimum, finishRatio, searchRatio, setBoundary, standRatio } from './ratio-search.ts';
import { ScalarProfile } from './scalar-profile.ts';
import { scalarWriter } from './scalar-tests.ts';
import { screenResponse, setStatus, ZERO_WITHIN } from './screen.ts';

/**
 * Engine for one scalar random term under a design that few responses share, as weights and missing values of a response's own
 * make it: nothing is decomposed, every evaluation sums over the levels (`scalar-profile.ts`). What its search does not
 * certify goes to the general engine. The design must have passed `screenDesign` and `isScalar`.
 */
export function scalarEngine(design: DesignMoments, options: EngineOptions): Engine {
  const { p } = design;
  const profile = ScalarProfile.of(p, design.q); // every fit loads it anew
  const optimum = emptyOptimum();
  const write = scalarWriter(design, options, profile);
  let general: CovarianceEngine | null = null;

  /** Screens and loads response k; returns its scale, or 0 when row `at` has got its status. */
  function load({ responses }: MomentBatch, k: number, fits: Fits, at: number): number {
    const rss = responses.rss[k];
    if (screenResponse(responses.constant[k], rss, fits, at)) return 0;
    // A power of two that brings the residual variance near 1, so that no square overflows.
    const scale = 2 ** -Math.round(Math.log2(rss / design.n) / 2);
    profile.load(design, options.method, responses, k, scale);
    if (profile.within > ZERO_WITHIN * profile.S0) return scale;
    setStatus(fits, at, 'perfect_fit', REASON.perfectFit);
    return 0;
  }

  /** The lowest minimum of the loaded response; false where it has no certificate. */
  function search(): boolean {
    // Where X holds every level nothing tells of gamma, and the slope is rounding.
    if (profile.left > ESTIMABLE) searchRatio(profile, optimum);
    else {
      setBoundary(profile, optimum);
      optimum.evaluations = 1;
      optimum.converged = true;
    }
    return optimum.converged;
  }

  function fit(batch: MomentBatch, k: number, fits: Fits, at: number): void {
    const scale = load(batch, k, fits, at);
    if (scale === 0) return;
    if (search()) {
      write(batch.responses, k, scale, optimum, fits, at);
      return;
    }
    general ??= covarianceEngine(design, options);
    general.fit(batch, k, fits, at);
  }

  function finish(batch: MomentBatch, k: number, fits: Fits, at: number, start: DeviceStart): boolean {
    const scale = load(batch, k, fits, at);
    if (scale === 0) return true;
    const { point, preview } = start;
    let u = point.length === 0 ? Number.NaN : 2 * Math.log(Math.abs(point[0]));
    if (u < profile.grid[0] && profile.slopeAtZero() >= 0) u = Number.NEGATIVE_INFINITY;
    optimum.evaluations = start.evaluations;
    if (preview && standRatio(profile, u, optimum)) {
      write(batch.responses, k, scale, optimum, fits, at);
      labelPreview(fits, at);
      return true;
    }
    const held = !Number.isNaN(u) && finishRatio(profile, u, optimum);
    if (!held && !search()) {
      general ??= covarianceEngine(design, options);
      return general.finish(batch, k, fits, at, start);
    }
    write(batch.responses, k, scale, optimum, fits, at);
    fits.search[at] = SEARCHED_ON_DEVICE;
    fits.finish[at] = held ? FINISHED_ON_HOST : REFITTED_ON_CPU;
    return held;
  }
  return { fit, finish };
}
