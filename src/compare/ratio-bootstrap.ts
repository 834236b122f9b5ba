import { type DrawnResponse, runRatios } from '../fit/ratio-run.ts';
import { isPivotal, type RatioModels } from '../lmm/bootstrap/ratio-draws.ts';
import type { MomentBatch } from '../moments/moments.ts';
import { submodel } from '../moments/submodel.ts';
import { streamNumber } from '../numeric/counter-normals.ts';
import { numberIfGiven, OPTIONS } from '../options/entries.ts';
import { numberOf } from '../options/option.ts';
import { planBatch } from '../plan/plan.ts';
import type { Design } from '../types/design.ts';
import { thetaPlaces } from '../types/parameters.ts';
import { batchDesign, type FamilyPart, type ModelFamily } from './model-family.ts';
import type { ModelFits } from './model-fits.ts';
import { embedDesign } from './nested-models.ts';
import type { ModelDesigns, RatioTests } from './ratio-tests.ts';

/** Draws of the smaller model, the reference of a likelihood ratio. */
export interface RatioBootstrapOptions {
  /** Draws of each response, 100 to 1,000,000. */
  readonly draws: number;
  /** A whole number from 0 on (1). */
  readonly seed?: number | undefined;
  /** Threads at most (as many as there are processors). */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with draws fitted and draws in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** A simulated ratio this far below the observed one, relative to 1 + it, ties with it: both are sums of rounded logarithms. */
const TIE = 1e-9;
/** Share of the draws that may be lost. */
const LOST_SHARE = 0.05;

/**
 * Parametric bootstrap of likelihood ratios: each response is drawn from its fitted smaller model and every draw is fitted
 * by both models; p = (1 + draws with at least the observed ratio) / (1 + draws). No rows are needed but for families whose sums
 * over rows have no distribution of their own (`glmm/family-simulator.ts`).
 *
 * Rejects with OptionError for draws or a seed that make no sense, AbortError when the signal fires.
 */
export async function bootstrapRatio(
  { parts }: Pick<ModelFamily, 'parts'>,
  tests: RatioTests,
  models: readonly [ModelDesigns, ModelDesigns],
  [small, large]: readonly [ModelFits, ModelFits],
  options: RatioBootstrapOptions,
): Promise<Float64Array> {
  const { threads, signal, onProgress } = options;
  const draws = numberOf('bootstrap', options.draws, OPTIONS.bootstrap);
  const seed = numberIfGiven('seed', options.seed) ?? OPTIONS.seed.fallback;
  const pValue = new Float64Array(small.models).fill(Number.NaN);
  const { names, splits, batches } = large.moments;
  const partOf = partOfModels(parts);
  const drawn: RatioModels[] = [];
  const responses: DrawnResponse[] = [];
  /** Models that hold the ratios of each of them. */
  const held: number[][] = [];
  for (const batch of batches) {
    if (batch.index.length === 0) continue;
    const s = partOf[batch.index[0]];
    const pair = ratioModels(batch, [models[0].designs[s], models[1].designs[s]], [small, large], draws, seed);
    const tested = Array.from(batch.index).filter((model) => tests.df[model] > 0);
    if (!pair || tested.length === 0) continue;
    const sets = isPivotal(pair) ? [tested] : tested.map((model) => [model]);
    for (const set of sets) {
      const [model] = set;
      const stream = isPivotal(pair) ? 0 : streamNumber(names[model], splits?.[model] ?? '');
      responses.push({ batch: drawn.length, parameters: parametersOf(small, model, pair), stream });
      held.push(set);
    }
    drawn.push(pair);
  }
  const take = (k: number, ratios: Float64Array): void => {
    for (const model of held[k]) pValue[model] = shareBeyond(ratios, tests.chisq[model]);
  };
  await runRatios(drawn, responses, take, { draws, threads, signal, onProgress });
  return pValue;
}

/** Null where the batch does not hold the smaller model. */
function ratioModels(
  batch: MomentBatch,
  [smallDesign, largeDesign]: readonly [Design, Design],
  [small, large]: readonly [ModelFits, ModelFits],
  draws: number,
  seed: number,
): RatioModels | null {
  const own = batchDesign(batch, smallDesign);
  const embedding = embedDesign(own, batchDesign(batch, largeDesign));
  if (!embedding) return null;
  const { design } = batch;
  const sub = submodel(design, own, embedding);
  return {
    ...{ large: design, sub, embedding, seed },
    method: small.method,
    paths: [planBatch(sub.design, draws).path, planBatch(design, draws).path],
    nodes: [small.nodes, large.nodes],
    isLimit: small.family?.family !== large.family?.family,
  };
}

/** What responses are drawn from: of a family as searches have it, else theta in the order of the smaller model's own terms. */
function parametersOf(fits: ModelFits, model: number, { large, sub }: RatioModels): Float64Array {
  if (!large.family) {
    const all = fits.theta(model);
    return Float64Array.from(thetaPlaces(fits.terms, sub.design.terms), (place) => all[place]);
  }
  const row = fits.searched(model);
  if (!row) throw new RangeError('fits of a family have their parameters');
  return row.slice();
}

/** (1 + draws at or beyond) / (1 + draws that were fitted); NaN where too many were lost. */
function shareBeyond(ratios: Float64Array, observed: number): number {
  let fitted = 0;
  let beyond = 0;
  let lost = 0;
  for (const ratio of ratios) {
    if (Number.isNaN(ratio)) continue;
    fitted++;
    if (ratio === Number.POSITIVE_INFINITY) lost++;
    if (ratio >= observed - TIE * (1 + observed)) beyond++;
  }
  return fitted === 0 || lost > LOST_SHARE * fitted ? Number.NaN : (1 + beyond) / (1 + fitted);
}

/** Part of the family that each response of the merged run came from. */
function partOfModels(parts: readonly FamilyPart[]): Int32Array {
  return Int32Array.from(parts.flatMap(({ keep }, s) => Array.from(keep, () => s)));
}
