import { streamOf } from '../../moments/moments.ts';
import { CounterNormals } from '../../numeric/counter-normals.ts';
import type { BootstrapOptions } from '../engine.ts';
import { emptyOptimum } from '../ratio-search.ts';
import type { SpectralDesign } from '../spectral-design.ts';
import { searchSpectral } from '../spectral-search.ts';
import { emptyDraws, type Judge, STREAM_FITTED, STREAM_NULL, writeJudgement, writeVarianceTest } from './bootstrap.ts';
import type { ConditionalDraws } from './conditional-tails.ts';

/**
 * Parametric bootstrap of models with one scalar random term. With residual variance 1, for every eigenvalue
 *
 *     z_j = w_j / sqrt(lambda_j) ~ N(0, 1 + gamma lambda_j),   r_w ~ chi^2 of the degrees of freedom inside the levels
 *
 * and with t = 1 / (1 + gamma lambda) and stars for what is estimated from the draw
 *
 *     l'(b(gamma*) - b(gamma)) = sum K_j sqrt(lambda_j) z_j (gamma t_j - gamma* t*_j)
 *     c(gamma)                 = l'(X'X)^-1 l + sum K_j^2 gamma t_j
 *
 * which is all that {@link ConditionalDraws} need: O(Q) a column and draw, whatever n and p are.
 */
export function spectralBootstrap(spectral: SpectralDesign, options: BootstrapOptions): Judge {
  const { lambda, zeros, space, columns, k: K, variance0, withinRows, constant, scale } = spectral;
  const { draws: count, seed, level } = options;
  const Q = lambda.length;
  const J = space.lambda.length;
  const normals = new CounterNormals(seed);
  const z = new Float64Array(J);
  const z2 = new Float64Array(J);
  const spread = new Float64Array(J);
  const shrunk = new Float64Array(J); // gamma t of the model drawn from
  const difference = new Float64Array(J);
  const optimum = emptyOptimum();
  const pairs = emptyDraws(columns, count);
  const variance = new Float64Array(columns);
  let nullRatios: Float64Array | null = null;

  /** Draws from the model that is set and fits the draw. */
  function drawOne(stream: number, b: number, kind: number): void {
    normals.begin(stream, b, kind);
    for (let j = 0; j < J; j++) {
      z[j] = spread[j] * normals.next();
      z2[j] = z[j] * z[j];
    }
    searchSpectral(space, z2, normals.chiSquared(withinRows), optimum);
    for (let j = 0; j < J; j++) {
      const root = Math.sqrt(space.lambda[j]);
      difference[j] = root * z[j] * (shrunk[j] - optimum.gamma / (1 + optimum.gamma * space.lambda[j]));
    }
  }

  function setModel(gamma: number): void {
    for (let j = 0; j < J; j++) {
      spread[j] = Math.sqrt(1 + gamma * space.lambda[j]);
      shrunk[j] = gamma / (1 + gamma * space.lambda[j]);
    }
  }

  function varianceOf(column: number, gamma: number): number {
    let sum = variance0[column];
    if (gamma === 0) return sum;
    for (let j = 0; j < Q; j++) sum += (K[column * Q + j] ** 2 * gamma) / (1 + gamma * lambda[j]);
    return sum;
  }

  function* draw(stream: number, gamma: number): Generator<void, readonly ConditionalDraws[]> {
    setModel(gamma);
    for (let c = 0; c < columns; c++) variance[c] = varianceOf(c, gamma);
    for (let b = 0; b < count; b++) {
      yield;
      drawOne(stream, b, STREAM_FITTED);
      const sigma2 = optimum.S / space.d;
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        const row = c * Q + zeros;
        for (let j = 0; j < J; j++) sum += K[row + j] * difference[j];
        pairs[c].mean[b] = sum / Math.sqrt(variance[c]);
        pairs[c].ratio[b] = Math.sqrt((sigma2 * varianceOf(c, optimum.gamma)) / variance[c]);
      }
    }
    return pairs;
  }

  /** Sorted likelihood ratios of data without the random effect: the same for every response of the design. */
  function* nullDistribution(): Generator<void, Float64Array> {
    setModel(0);
    const ratios = new Float64Array(count);
    for (let b = 0; b < ratios.length; b++) {
      yield;
      drawOne(0, b, STREAM_NULL);
      ratios[b] = Math.max(0, -optimum.difference);
    }
    return ratios.sort();
  }

  return {
    *judgeEstimates({ responses }, k, fits, at) {
      writeJudgement(yield* draw(streamOf(responses, k), (fits.theta[at] * scale) ** 2), level, fits, at);
    },
    *judgeVariance({ responses }, k, fits, at) {
      nullRatios ??= yield* nullDistribution();
      const without = constant + space.d * Math.log(responses.rss[k]); // the criterion at gamma = 0
      writeVarianceTest(nullRatios, without - fits.criterion[at], fits, at);
    },
  };
}
