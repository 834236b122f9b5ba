import { throwIfAborted } from '../abort.ts';
import { momentsSimulator } from '../lmm/bootstrap/factor-bootstrap.ts';
import { termFactors } from '../lmm/covariance-factor.ts';
import { type EngineOptions, emptyFits, type Fits } from '../lmm/engine.ts';
import { type Engines, loadEngines } from '../lmm/open-engine.ts';
import type { DesignMoments, MomentBatch, ResponseMoments } from '../moments/moments.ts';
import { type Embedding, type Submodel, submodel, submodelResponses } from '../moments/submodel.ts';
import { streamNumber } from '../numeric/counter-normals.ts';
import { numberIfGiven, OPTIONS } from '../options/entries.ts';
import { numberOf } from '../options/option.ts';
import { planBatch } from '../plan/plan.ts';
import type { Design } from '../types/design.ts';
import { thetaLength, thetaPlaces } from '../types/parameters.ts';
import { batchDesign, type FamilyPart, type ModelFamily } from './model-family.ts';
import type { ModelFits } from './model-fits.ts';
import { embedDesign } from './nested-models.ts';
import type { RatioTests } from './ratio-tests.ts';

/** Draws of the smaller model, the reference of a likelihood ratio. */
export interface RatioBootstrapOptions {
  /** Draws of each response, 100 to 1,000,000. */
  readonly draws: number;
  /** A whole number from 0 on (1). */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with draws fitted and draws in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Use of a response's stream of random numbers. */
const STREAM_RATIO = 3;
/** Milliseconds of work before others (progress, cancellation) get in. */
const TURN = 40;
/** A simulated ratio this far below the observed one, relative to 1 + it, ties with it: both are sums of rounded logarithms. */
const TIE = 1e-9;

/**
 * Parametric bootstrap of likelihood ratios: each response is drawn from its fitted smaller model and every draw is fitted
 * by both models; p = (1 + draws with at least the observed ratio) / (1 + draws). No rows are needed: the moments of a draw
 * are simulated under the larger design, with the smaller model's covariances inside it, and reduced to the smaller one.
 * The ratio depends on neither the coefficients nor sigma, so that both are left at 0 and 1; a smaller model without random
 * terms has one null distribution for all responses of a design.
 *
 * Rejects with OptionError for draws or a seed that make no sense, AbortError when the signal fires.
 */
export async function bootstrapRatio(
  { parts }: Pick<ModelFamily, 'parts'>,
  tests: RatioTests,
  designs: readonly [readonly Design[], readonly Design[]],
  [small, large]: readonly [ModelFits, ModelFits],
  options: RatioBootstrapOptions,
): Promise<Float64Array> {
  const { signal, onProgress } = options;
  const draws = numberOf('bootstrap', options.draws, OPTIONS.bootstrap);
  const seed = numberIfGiven('seed', options.seed) ?? OPTIONS.seed.fallback;
  const pValue = new Float64Array(small.models).fill(Number.NaN);
  const { names, splits } = large.moments;
  const partOf = partOfModels(parts);
  const thetaPlaces = thetaOrder(small);
  const engines = await loadEngines(large.moments.batches.map(({ design }) => ({ design, options: {} })));
  let done = 0;
  let turn = Date.now();
  for (let b = 0; b < large.moments.batches.length; b++) {
    const batch = large.moments.batches[b];
    if (batch.index.length === 0) continue;
    const s = partOf[batch.index[0]];
    const pair = drawnPair(engines, batch, designs[0][s], designs[1][s], small.method, draws, seed);
    let shared: Float64Array | null = null;
    for (const model of batch.index) {
      done++;
      if (!(tests.df[model] > 0) || !pair) continue;
      const observed = tests.chisq[model];
      let ratios: Float64Array | null = shared;
      if (!ratios) {
        ratios = new Float64Array(draws);
        const factors = pair.factorsOf(thetaPlaces(model, pair.small));
        const stream = pair.pivotal ? 0 : streamNumber(names[model], splits?.[model] ?? '');
        for (let draw = 0; draw < draws; draw++) {
          ratios[draw] = pair.ratio(stream, draw, factors);
          if (Date.now() - turn <= TURN) continue;
          throwIfAborted(signal);
          onProgress?.((done - 1) * draws + draw + 1, small.models * draws);
          await new Promise((resolve) => setTimeout(resolve, 0));
          turn = Date.now();
        }
        if (pair.pivotal) shared = ratios;
      }
      pValue[model] = shareBeyond(ratios, observed);
    }
  }
  onProgress?.(small.models * draws, small.models * draws);
  return pValue;
}

/** (1 + draws at or beyond) / (1 + draws that were fitted). */
function shareBeyond(ratios: Float64Array, observed: number): number {
  let fitted = 0;
  let beyond = 0;
  for (const ratio of ratios) {
    if (Number.isNaN(ratio)) continue;
    fitted++;
    if (ratio >= observed - TIE * (1 + observed)) beyond++;
  }
  return fitted === 0 ? Number.NaN : (1 + beyond) / (1 + fitted);
}

interface DrawnPair {
  /** True where the ratio's distribution does not depend on the fitted smaller model. */
  readonly pivotal: boolean;
  readonly small: DesignMoments;
  /** Relative covariance factors under the larger design of the smaller model with these theta. */
  factorsOf(theta: Float64Array): Float64Array;
  /** The likelihood ratio of one draw; NaN where one of its fits failed. */
  ratio(stream: number, draw: number, factors: Float64Array): number;
}

/** What draws from the smaller model and fits both, for one batch; null where the batch does not hold the smaller model. */
function drawnPair(
  engines: Engines,
  batch: MomentBatch,
  smallDesign: Design,
  largeDesign: Design,
  method: 'REML' | 'ML',
  draws: number,
  seed: number,
): DrawnPair | null {
  const own = batchDesign(batch, smallDesign);
  const embedding = embedDesign(own, batchDesign(batch, largeDesign));
  if (!embedding) return null;
  const large = batch.design;
  const sub = submodel(large, own, embedding);
  const simulate = momentsSimulator(large, seed);
  const fitSmall = criterionOf(engines, sub.design, method, draws);
  const fitLarge = criterionOf(engines, large, method, draws);
  return {
    pivotal: sub.design.terms.length === 0,
    small: sub.design,
    factorsOf: (theta) => embeddedFactors(large, sub, embedding, theta),
    ratio(stream, draw, factors) {
      const drawn = simulate(stream, draw, STREAM_RATIO, factors);
      return Math.max(0, fitSmall(submodelResponses(large, drawn, sub)) - fitLarge(drawn));
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

/** Part of the family that each response of the merged run came from. */
function partOfModels(parts: readonly FamilyPart[]): Int32Array {
  return Int32Array.from(parts.flatMap(({ keep }, s) => Array.from(keep, () => s)));
}
