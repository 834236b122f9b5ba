import { momentsSimulator } from '../lmm/bootstrap/factor-bootstrap.ts';
import { termFactors } from '../lmm/covariance-factor.ts';
import { type EngineOptions, emptyFits, type Fits } from '../lmm/engine.ts';
import type { Engines } from '../lmm/open-engine.ts';
import type { DesignMoments, ResponseMoments } from '../moments/moments.ts';
import { type Embedding, type Submodel, submodel, submodelResponses } from '../moments/submodel.ts';
import { planBatch } from '../plan/plan.ts';
import type { Design } from '../types/design.ts';
import { thetaLength, thetaPlaces } from '../types/parameters.ts';
import type { ModelFits } from './model-fits.ts';

/** What draws from the smaller of two models and fits both, for the responses of a batch. */
export interface RatioDraws {
  /** True where the ratio's distribution does not depend on the fitted smaller model. */
  readonly pivotal: boolean;
  /**
   * Draws from the smaller model as it fits a response: the likelihood ratio of one draw. NaN where it is left out as one of its
   * fits failed, Infinity where it counts as beyond any observed one.
   */
  from(model: number): (stream: number, draw: number) => number;
}

/** Use of a response's stream of random numbers. */
export const STREAM_RATIO = 3;

/**
 * Draws of gaussian models. No rows are needed: the moments of a draw are simulated under the larger design, with the smaller
 * model's covariances inside it, and reduced to the smaller one (`own`, which lies in it by `embedding`). The ratio depends on
 * neither the coefficients nor sigma, so that both are left at 0 and 1; a smaller model without random terms has one null
 * distribution for all responses of a design.
 */
export function gaussianRatioDraws(
  engines: Engines,
  large: DesignMoments,
  own: Design,
  embedding: Embedding,
  fits: ModelFits,
  draws: number,
  seed: number,
): RatioDraws {
  const sub = submodel(large, own, embedding);
  const simulate = momentsSimulator(large, seed);
  const fitSmall = criterionOf(engines, sub.design, fits.method, draws);
  const fitLarge = criterionOf(engines, large, fits.method, draws);
  const thetaOf = thetaOrder(fits);
  return {
    pivotal: sub.design.terms.length === 0,
    from(model) {
      const factors = embeddedFactors(large, sub, embedding, thetaOf(model, sub.design));
      return (stream, draw) => {
        const drawn = simulate(stream, draw, STREAM_RATIO, factors);
        return Math.max(0, fitSmall(submodelResponses(large, drawn, sub)) - fitLarge(drawn));
      };
    },
  };
}

/** -2 log-likelihood of single responses; NaN where there is no fit. */
function criterionOf(
  engines: Engines,
  design: DesignMoments,
  method: 'REML' | 'ML',
  draws: number,
): (responses: ResponseMoments) => number {
  const index = new Int32Array(1);
  const options: EngineOptions = { method, ddf: 'asymptotic', contrasts: new Float64Array(0) };
  const engine = engines.open(design, planBatch(design, draws).path, options);
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

/** Theta of one fitted response in the order of the terms of a design; the table of a run has its own order of terms. */
function thetaOrder(fits: ModelFits): (model: number, design: DesignMoments) => Float64Array {
  return (model, design) => {
    const all = fits.theta(model);
    return Float64Array.from(thetaPlaces(fits.terms, design.terms), (place) => all[place]);
  };
}
