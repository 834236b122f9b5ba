import { streamOf } from '../../moments/moments.ts';
import { CounterNormals } from '../../numeric/counter-normals.ts';
import { STREAM_FITTED } from '../bootstrap/bootstrap.ts';
import { emptyOptimum } from '../ratio-search.ts';
import type { SpectralDesign } from '../spectral-design.ts';
import { searchSpectral } from '../spectral-search.ts';
import { emptyIntervalDraws, writeDrawnIntervals } from './interval-draws.ts';
import type { IntervalOptions } from './interval-options.ts';
import type { IntervalFinder } from './intervals.ts';

/**
 * Percentile and BCa intervals of models with one scalar random term. The draws are those of `spectral-bootstrap.ts`, by
 * seed, response and number: z_j ~ N(0, 1 + gamma lambda_j) and a chi-squared rest, with residual variance 1.
 */
export function spectralIntervalDraws(spectral: SpectralDesign, options: IntervalOptions): IntervalFinder {
  const { lambda, zeros, space, columns, k: K, variance0, withinRows, scale } = spectral;
  const { draws: count, seed } = options;
  const Q = lambda.length;
  const J = space.lambda.length;
  const normals = new CounterNormals(seed);
  const z = new Float64Array(J);
  const z2 = new Float64Array(J);
  const optimum = emptyOptimum();
  const draws = emptyIntervalDraws(columns, 1, 1, count);
  const [sds, sigmas] = draws.parameters;

  return ({ responses }, k, fits, at) => {
    const stream = streamOf(responses, k);
    const gamma = (fits.theta[at * fits.thetas] * scale) ** 2;
    const sigma = fits.sigma[at];
    const standard = Float64Array.from({ length: columns }, (_, c) => {
      let variance = variance0[c];
      for (let j = 0; j < Q; j++) variance += (K[c * Q + j] ** 2 * gamma) / (1 + gamma * lambda[j]);
      return Math.sqrt(variance);
    });
    for (let b = 0; b < count; b++) {
      normals.begin(stream, b, STREAM_FITTED);
      for (let j = 0; j < J; j++) {
        z[j] = Math.sqrt(1 + gamma * space.lambda[j]) * normals.next();
        z2[j] = z[j] * z[j];
      }
      const within = normals.chiSquared(withinRows);
      searchSpectral(space, z2, within, optimum);
      // S and -dS/dgamma of the draw at the fitted gamma: scores up to constants and signs that do not depend on the draw.
      let S = within;
      let slope = 0;
      for (let j = 0; j < J; j++) {
        const t = 1 / (1 + gamma * space.lambda[j]);
        S += z2[j] * t;
        slope += z2[j] * space.lambda[j] * t * t;
      }
      draws.scores[2 * b] = slope;
      draws.scores[2 * b + 1] = S;
      const drawn = sigma * Math.sqrt(optimum.S / space.d);
      sigmas[b] = drawn;
      sds[b] = (drawn * Math.sqrt(optimum.gamma)) / scale;
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        const row = c * Q + zeros;
        for (let j = 0; j < J; j++) {
          const root = Math.sqrt(space.lambda[j]);
          const change = gamma / (1 + gamma * space.lambda[j]) - optimum.gamma / (1 + optimum.gamma * space.lambda[j]);
          sum += K[row + j] * root * z[j] * change;
        }
        draws.shifts[c][b] = sum / standard[c];
      }
    }
    // Squares over (gamma, log sigma^2), in units of sigma^2.
    const gradients = [Float64Array.of(1, gamma), Float64Array.of(0, 1)];
    const estimates = Float64Array.of((sigma * Math.sqrt(gamma)) / scale, sigma);
    writeDrawnIntervals(draws, estimates, gradients, options, fits, at);
  };
}
