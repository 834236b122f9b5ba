import { throwIfAborted } from '../abort.ts';
import { type Engines, loadEngines } from '../lmm/open-engine.ts';
import type { MomentBatch } from '../moments/moments.ts';
import { streamNumber } from '../numeric/counter-normals.ts';
import { numberIfGiven, OPTIONS } from '../options/entries.ts';
import { numberOf } from '../options/option.ts';
import type { Design } from '../types/design.ts';
import { familyRatioDraws } from './family-ratio-draws.ts';
import { gaussianRatioDraws, type RatioDraws } from './gaussian-ratio-draws.ts';
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
  readonly signal?: AbortSignal | undefined;
  /** Called with draws fitted and draws in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Milliseconds of work before others (progress, cancellation) get in. */
const TURN = 40;
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
  const { signal, onProgress } = options;
  const draws = numberOf('bootstrap', options.draws, OPTIONS.bootstrap);
  const seed = numberIfGiven('seed', options.seed) ?? OPTIONS.seed.fallback;
  const pValue = new Float64Array(small.models).fill(Number.NaN);
  const { names, splits } = large.moments;
  const partOf = partOfModels(parts);
  const engines = await loadEngines(large.moments.batches.map(({ design }) => ({ design, options: {} })));
  let done = 0;
  let turn = Date.now();
  for (const batch of large.moments.batches) {
    if (batch.index.length === 0) continue;
    const s = partOf[batch.index[0]];
    const drawn = ratioDraws(engines, batch, [models[0].designs[s], models[1].designs[s]], [small, large], draws, seed);
    let shared: Float64Array | null = null;
    for (const model of batch.index) {
      done++;
      if (!(tests.df[model] > 0) || !drawn) continue;
      let ratios: Float64Array | null = shared;
      if (!ratios) {
        ratios = new Float64Array(draws);
        const ratio = drawn.from(model);
        const stream = drawn.pivotal ? 0 : streamNumber(names[model], splits?.[model] ?? '');
        for (let draw = 0; draw < draws; draw++) {
          ratios[draw] = ratio(stream, draw);
          if (Date.now() - turn <= TURN) continue;
          throwIfAborted(signal);
          onProgress?.((done - 1) * draws + draw + 1, small.models * draws);
          await new Promise((resolve) => setTimeout(resolve, 0));
          turn = Date.now();
        }
        if (drawn.pivotal) shared = ratios;
      }
      pValue[model] = shareBeyond(ratios, tests.chisq[model]);
    }
  }
  onProgress?.(small.models * draws, small.models * draws);
  return pValue;
}

/** Null where the batch does not hold the smaller model. */
function ratioDraws(
  engines: Engines,
  batch: MomentBatch,
  [smallDesign, largeDesign]: readonly [Design, Design],
  [small, large]: readonly [ModelFits, ModelFits],
  draws: number,
  seed: number,
): RatioDraws | null {
  const own = batchDesign(batch, smallDesign);
  const embedding = embedDesign(own, batchDesign(batch, largeDesign));
  if (!embedding) return null;
  return large.family
    ? familyRatioDraws(batch.design, own, embedding, [small, large], seed)
    : gaussianRatioDraws(engines, batch.design, own, embedding, small, draws, seed);
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
