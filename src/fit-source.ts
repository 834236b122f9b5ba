import { FitError } from './errors.ts';
import type { Moments } from './moments/moments.ts';
import type { FitResult, FitTable } from './types.ts';

/** What a table was fitted from: for readers that fit again. */
export interface FitSource {
  readonly moments: Moments;
  /** Weights of each contrast of the table over all coefficients of the moments. */
  readonly contrasts: readonly Float64Array[];
}

/** By table, which every copy of a result shares. */
const sources = new WeakMap<FitTable, FitSource>();

/** Keeps what a table was fitted from. */
export function keepSource(table: FitTable, source: FitSource): void {
  sources.set(table, source);
}

/**
 * What a result was fitted from.
 *
 * @throws OptionError for a result that no fit of this program run has made
 */
export function sourceOf({ table }: FitResult): FitSource {
  const source = sources.get(table);
  if (source) return source;
  throw new FitError('OptionError', 'the moments behind this result are not at hand', {
    remedy: 'Pass the result of fit, fitDesign or fitMoments itself, not a copy of its table.',
  });
}
