import type { DesignMoments, ResponseMoments } from '../../moments/moments.ts';
import { type Embedding, type Submodel, submodelResponses } from '../../moments/submodel.ts';
import { thetaLength } from '../../types/parameters.ts';
import { termFactors } from '../covariance-factor.ts';
import { type EngineOptions, type EnginePath, emptyFits, type Fits } from '../engine.ts';
import type { Engines } from '../open-engine.ts';
import { momentsSimulator } from './factor-bootstrap.ts';
import { type RatioDraws, type RatioModels, STREAM_RATIO } from './ratio-draws.ts';

/**
 * Draws of gaussian models. No rows are needed: the moments of a draw are simulated under the larger design, with the smaller
 * model's covariances inside it, and reduced to the smaller one. The ratio depends on
 * neither the coefficients nor sigma, so that both are left at 0 and 1; a smaller model without random terms has one null
 * distribution for all responses of a design.
 */
export function gaussianRatioDraws(
  engines: Engines,
  { large, sub, embedding, paths, method, seed }: RatioModels,
): RatioDraws {
  const simulate = momentsSimulator(large, seed);
  const fitSmall = criterionOf(engines, sub.design, method, paths[0]);
  const fitLarge = criterionOf(engines, large, method, paths[1]);
  return (theta) => {
    const factors = embeddedFactors(large, sub, embedding, theta);
    return (stream, draw) => {
      const drawn = simulate(stream, draw, STREAM_RATIO, factors);
      return Math.max(0, fitSmall(submodelResponses(large, drawn, sub)) - fitLarge(drawn));
    };
  };
}

/** -2 log-likelihood of single responses; NaN where there is no fit. */
function criterionOf(
  engines: Engines,
  design: DesignMoments,
  method: 'REML' | 'ML',
  path: EnginePath,
): (responses: ResponseMoments) => number {
  const index = new Int32Array(1);
  const options: EngineOptions = { method, ddf: 'asymptotic', contrasts: new Float64Array(0) };
  const engine = engines.open(design, path, options);
  const thetas = thetaLength(design.terms);
  const fits: Fits = emptyFits(1, design.p, thetas);
  return (responses) => {
    fits.status[0] = 0;
    fits.criterion[0] = Number.NaN;
    engine.fit({ design, responses, index }, 0, fits, 0);
    return fits.converged[0] === 1 ? fits.criterion[0] : Number.NaN;
  };
}

/**
 * Factors F of the larger terms in the basis of their zt, concatenated squares: F F' = sum T B G B' T', G = L L' of the
 * smaller terms inside. As the smaller terms of one larger one have at most its columns, their T B L stand side by side.
 */
function embeddedFactors(
  large: DesignMoments,
  { design }: Submodel,
  { terms }: Embedding,
  theta: Float64Array,
): Float64Array {
  const squares: number[] = [];
  const factors = termFactors(design.terms, theta);
  large.terms.forEach(({ q, transform }, t) => {
    const square = new Float64Array(q * q);
    let column = 0;
    terms.forEach(({ into, b }, s) => {
      if (into !== t) return;
      const own = design.terms[s].q;
      const L = factors[s];
      for (let c = 0; c < own; c++, column++) {
        for (let i = 0; i < q; i++) {
          for (let j = i; j < q; j++) {
            let bl = 0;
            for (let l = 0; l < own; l++) bl += b[j * own + l] * L[l * own + c];
            square[i * q + column] += transform[i * q + j] * bl;
          }
        }
      }
    });
    squares.push(...square);
  });
  return Float64Array.from(squares);
}
