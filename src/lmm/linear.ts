/**
 * Least squares as an engine, for designs without random terms: in the orthonormal basis of X
 *
 *     R b = Q'y,   S = rss,   sigma^2 = S/d,   cov(b) = sigma^2 R^-1 R^-T,   criterion = constant + d log S
 *
 * with d = n - p (REML) or n. The tests are those of least squares whatever the criterion is, with rss/(n - p) and Student's t
 * on n - p degrees of freedom: they are exact.
 */
import type { DesignMoments, MomentBatch } from '../moments/moments.ts';
import { solveUpperVector } from '../numeric/cholesky.ts';
import type { DdfMethod, SmallSample } from '../types/inference.ts';
import type { Engine, EngineOptions, Fits, ModelReader } from './engine.ts';
import { covarianceInRawUnits, criterionConstant, criterionDegrees } from './objective.ts';
import { screenDesign, screenedEngine, screenResponse } from './screen.ts';
import { testRows } from './test-rows.ts';

export function linearEngine(design: DesignMoments, options: EngineOptions): Engine {
  const problem = screenDesign(design);
  if (problem) return screenedEngine(problem);
  const { n, p } = design;
  const { rows, columns } = testRows(design, options.contrasts);
  const lengths = Float64Array.from({ length: columns }, (_, c) => Math.hypot(...rows.subarray(c * p, (c + 1) * p)));
  const constant = criterionConstant(design, options.method);
  const d = criterionDegrees(design, options.method);
  function write({ responses }: MomentBatch, k: number, fits: Fits, at: number): void {
    const rss = responses.rss[k];
    if (screenResponse(responses.constant[k], rss, fits, at)) return;
    const spread = Math.sqrt(rss / (n - p));
    fits.sigma[at] = Math.sqrt(rss / d);
    fits.criterion[at] = constant + d * Math.log(rss);
    fits.gradient[at] = 0;
    fits.converged[at] = 1;
    for (let c = 0; c < columns; c++) {
      let estimate = 0;
      for (let i = 0; i < p; i++) estimate += rows[c * p + i] * responses.qty[k * p + i];
      fits.estimate[at * columns + c] = estimate;
      fits.standardError[at * columns + c] = spread * lengths[c];
      if (options.ddf !== 'asymptotic') fits.df[at * columns + c] = n - p;
    }
  }
  return {
    fit: write,
    finish(batch, k, fits, at) {
      write(batch, k, fits, at);
      return true;
    },
  };
}

/** What is read off a least-squares fit; there is no theta, and no random effect. */
export function linearReader(design: DesignMoments, method: 'REML' | 'ML'): ModelReader {
  const { n, p, r, coefficients: names } = design;
  const d = criterionDegrees(design, method);
  const identity = new Float64Array(p * p);
  for (let i = 0; i < p; i++) identity[i * p + i] = 1;
  const none = new Float64Array(0);
  const variance = { model: identity, adjusted: identity, elements: 0, changes: none, shift: none, weights: none };
  const spreadOf = ({ responses }: MomentBatch, k: number) => Math.sqrt(responses.rss[k] / (n - p));
  const coordinatesOf = ({ responses }: MomentBatch, k: number) => responses.qty.slice(k * p, (k + 1) * p);
  return {
    covariance: (batch, k) => covarianceInRawUnits(identity, r, p, spreadOf(batch, k)),
    smallSample(batch: MomentBatch, k: number, _theta: Float64Array, _sigma: number, ddf: DdfMethod): SmallSample {
      const sigma = spreadOf(batch, k);
      return { method: ddf, names, r, coordinates: coordinatesOf(batch, k), sigma, d: n - p, variance };
    },
    coefficients: (batch, k) => solveUpperVector(r, coordinatesOf(batch, k)),
    criterion(batch, k) {
      const rss = batch.responses.rss[k];
      return { criterion: criterionConstant(design, method) + d * Math.log(rss), sigma: Math.sqrt(rss / d) };
    },
    modes: () => [],
  };
}
