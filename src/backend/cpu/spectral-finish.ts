import type { ResponseMoments } from '../../moments/moments.ts';
import { type Fits, REASONS } from '../backend.ts';
import { SINGULAR_BELOW } from '../test-rows.ts';
import { setStatus } from './screen.ts';
import type { SpectralDesign } from './spectral-design.ts';
import type { SpectralResponse } from './spectral-response.ts';
import type { SpectralOptimum } from './spectral-search.ts';

/** Writes all columns of row `at` of `fits` from the optimum of response k, but `search` and `finish`. */
export type SpectralWriter = (
  responses: ResponseMoments,
  k: number,
  response: SpectralResponse,
  optimum: SpectralOptimum,
  fits: Fits,
  at: number,
) => void;

/**
 * Returns the writer of a design, which owns the space that it works in:
 *
 *     b(gamma) = b_ols - K [gamma w / (1 + gamma lambda)],    C(gamma) = (X'X)^-1 + K diag(gamma / (1 + gamma lambda)) K'
 *     1 / df   = 1 / d + (d log(c S) / du)^2 / f''            Satterthwaite, with c = l'C l and u = log gamma
 */
export function spectralWriter(spectral: SpectralDesign): SpectralWriter {
  const { lambda, columns, rows, k: K, variance0, constant, scale, satterthwaite } = spectral;
  const { p } = spectral.design;
  const { d } = spectral.space;
  const Q = lambda.length;
  const shrunk = new Float64Array(Q); // gamma w t
  const weight = new Float64Array(Q); // gamma t
  return (responses, k, { w }, optimum, fits, at) => {
    const { gamma, S, A, curvature } = optimum;
    const sigma2 = S / d;
    fits.sigma[at] = Math.sqrt(sigma2);
    const theta = Math.sqrt(gamma) / scale;
    fits.theta[at * fits.thetas] = theta;
    fits.criterion[at] = constant + optimum.difference + d * Math.log(responses.rss[k]);
    fits.evaluations[at] = optimum.evaluations;
    fits.singular[at] = theta < SINGULAR_BELOW ? 1 : 0;
    fits.gradient[at] = gamma === 0 ? 0 : (optimum.slope * optimum.slope) / (2 * curvature);
    fits.converged[at] = optimum.converged ? 1 : 0;
    if (!optimum.converged) setStatus(fits, at, 'not_converged', REASONS[8]);

    for (let j = 0; j < Q; j++) {
      const gt = gamma / (1 + gamma * lambda[j]);
      weight[j] = gt;
      shrunk[j] = gt * w[j];
    }
    const to = at * columns;
    for (let c = 0; c < columns; c++) {
      let estimate = 0;
      for (let i = 0; i < p; i++) estimate += rows[c * p + i] * responses.qty[k * p + i];
      let variance = variance0[c];
      let change = 0; // d variance / du
      if (gamma > 0) {
        const row = c * Q;
        const inverseGamma = 1 / gamma;
        for (let j = 0; j < Q; j++) {
          const kj = K[row + j];
          const part = kj * kj * weight[j];
          estimate -= kj * shrunk[j];
          variance += part;
          change += part * weight[j];
        }
        change *= inverseGamma; // gamma t^2 = (gamma t)^2 / gamma
      }
      if (c < p && !(variance > 0 && Number.isFinite(estimate * variance))) {
        setStatus(fits, at, 'failed', REASONS[9]);
        return;
      }
      fits.estimate[to + c] = estimate;
      fits.standardError[to + c] = Math.sqrt(sigma2 * variance);
      if (satterthwaite) {
        const u = gamma > 0 ? change / variance - A : 0;
        fits.df[to + c] = gamma > 0 ? 1 / (1 / d + (u * u) / curvature) : d;
      }
    }
  };
}
