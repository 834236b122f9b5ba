/** What to draw from each model of a fit, and from which stream of random numbers. */
import { FitError, nearestName } from '../errors.ts';
import type { BootstrapOptions } from '../lmm/engine.ts';
import type { MomentBatch, Moments } from '../moments/moments.ts';
import { streamNumber } from '../numeric/counter-normals.ts';
import { levelOf, numberIfGiven, OPTIONS } from '../options/entries.ts';
import { numberOf } from '../options/option.ts';

const BOOTSTRAP_KEYS = ['draws', 'seed', 'level'];

/** @throws OptionError for draws, a seed or a level that make no sense, and for keys that are none of them */
export function bootstrapOptions(
  asked:
    | { readonly draws: number; readonly seed?: number | undefined; readonly level?: number | undefined }
    | undefined,
): BootstrapOptions | undefined {
  if (asked === undefined) return undefined;
  // Callers in JavaScript may give anything: a misspelt key would be a default that nobody asked for.
  if (typeof asked !== 'object' || asked === null) {
    const remedy = 'Give { draws: 1000 }, with a seed and a level where you want them.';
    throw new FitError('OptionError', `bootstrap ${String(asked)} is no set of options`, {
      option: 'bootstrap',
      remedy,
    });
  }
  for (const key of Object.keys(asked)) {
    if (BOOTSTRAP_KEYS.includes(key)) continue;
    const near = nearestName(key, BOOTSTRAP_KEYS);
    throw new FitError('OptionError', `bootstrap has no option '${key}'`, {
      option: 'bootstrap',
      remedy: `Use ${BOOTSTRAP_KEYS.join(', ')}${near === undefined ? '' : `; did you mean '${near}'?`}`,
    });
  }
  const draws = numberOf('bootstrap', asked.draws, OPTIONS.bootstrap);
  const seed = numberIfGiven('seed', asked.seed) ?? OPTIONS.seed.fallback;
  return { draws, seed, level: asked.level === undefined ? undefined : levelOf(asked.level) };
}

/** Batches whose responses own streams of random numbers by their names: draws depend on no other response. */
export function withStreams(moments: Moments): MomentBatch[] {
  return moments.batches.map((batch) => {
    const streams = Uint32Array.from(batch.index, (model) =>
      streamNumber(moments.names[model], moments.splits?.[model] ?? ''),
    );
    return { ...batch, responses: { ...batch.responses, streams } };
  });
}
