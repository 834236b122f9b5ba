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
import { emptyOptimum, finishRatio, type RatioOptimum, searchRatio, setBoundary, standRatio } from './ratio-search.ts';
import { ScalarProfile } from './scalar-profile.ts';
import { ScalarWriter } from './scalar-tests.ts';
import { isScalar, screenDesign, screenedEngine, screenResponse, setStatus, ZERO_WITHIN } from './screen.ts';

/**
 * Engine for one scalar random term under a design that few responses share, as weights and missing values of a response's own
 * make it: nothing is decomposed, every evaluation sums over the levels (`scalar-profile.ts`). What its search does not
 * certify goes to the general engine. The design must have passed `screenDesign` and `isScalar`.
 */
export class ScalarEngine implements Engine {
  private readonly design: DesignMoments;
  private readonly options: EngineOptions;
  private readonly profile: ScalarProfile; // other engines use it between two fits
  private readonly writer: ScalarWriter;
  private readonly optimum: RatioOptimum = emptyOptimum();
  private general: CovarianceEngine | null = null;

  constructor(design: DesignMoments, options: EngineOptions) {
    this.design = design;
    this.options = options;
    this.profile = ScalarProfile.of(design.p, design.q);
    this.writer = new ScalarWriter(design, options, this.profile);
  }

  fit(batch: MomentBatch, k: number, fits: Fits, at: number): void {
    const scale = this.load(batch, k, fits, at);
    if (scale === 0) return;
    if (this.search()) this.writer.write(batch.responses, k, scale, this.optimum, fits, at);
    else this.openGeneral().fit(batch, k, fits, at);
  }

  finish(batch: MomentBatch, k: number, fits: Fits, at: number, start: DeviceStart): boolean {
    const scale = this.load(batch, k, fits, at);
    if (scale === 0) return true;
    const { profile, writer, optimum } = this;
    const { point, preview } = start;
    let u = point.length === 0 ? Number.NaN : 2 * Math.log(Math.abs(point[0]));
    // A device's factor near zero is its word for zero where the criterion rises from there.
    if (u < profile.grid[0] && profile.slopeAtZero() >= 0) u = Number.NEGATIVE_INFINITY;
    optimum.evaluations = start.evaluations;
    if (preview && standRatio(profile, u, optimum)) {
      writer.write(batch.responses, k, scale, optimum, fits, at);
      labelPreview(fits, at);
      return true;
    }
    const held = !Number.isNaN(u) && finishRatio(profile, u, optimum);
    if (!held && !this.search()) return this.openGeneral().finish(batch, k, fits, at, start);
    writer.write(batch.responses, k, scale, optimum, fits, at);
    fits.search[at] = SEARCHED_ON_DEVICE;
    fits.finish[at] = held ? FINISHED_ON_HOST : REFITTED_ON_CPU;
    return held;
  }

  /** Screens and loads response k; returns its scale, or 0 when row `at` has got its status. */
  private load({ responses }: MomentBatch, k: number, fits: Fits, at: number): number {
    const { design, options, profile } = this;
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
  private search(): boolean {
    const { profile, optimum } = this;
    // Where X holds every level nothing tells of gamma, and the slope is rounding.
    if (profile.left > ESTIMABLE) searchRatio(profile, optimum);
    else {
      setBoundary(profile, optimum);
      optimum.evaluations = 1;
      optimum.converged = true;
    }
    return optimum.converged;
  }

  private openGeneral(): CovarianceEngine {
    this.general ??= covarianceEngine(this.design, this.options);
    return this.general;
  }
}

/** The engine of the block path: one scalar random term has its own. */
export function blockEngine(design: DesignMoments, options: EngineOptions): Engine {
  const problem = screenDesign(design);
  if (problem) return screenedEngine(problem);
  return isScalar(design) ? new ScalarEngine(design, options) : covarianceEngine(design, options);
}
