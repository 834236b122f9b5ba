/** What was done to the values of the responses, in words. Pure. */

import type { Settings } from '../protocol/settings.ts';

/** Counts of a matrix as the fits see them. */
export const NORMALISED: Readonly<Record<string, string>> = {
  'log1p-cpm': 'log(1 + counts per million)',
  'log1p-cp10k': 'log(1 + counts per 10,000)',
};

const TRANSFORMED: Readonly<Record<Settings['transform'], string>> = {
  none: 'as they are',
  log2: 'as log2',
  log: 'as natural logarithms',
  log10: 'as log10',
  log1p: 'as log(1 + value)',
  sqrt: 'as square roots',
};

/** "values as log(1 + counts per 10,000)". */
export function valueWords({ normalize, layer, transform, weights }: Settings): string {
  const values = layer === '' ? 'values' : `layer ${layer}`;
  if (weights === 'voom') return `${values} as log2 counts per million`;
  if (transform !== 'none') return `${values} ${TRANSFORMED[transform] ?? `by ${transform}`}`;
  return normalize === 'none' ? `${values} as they are` : `${values} as ${NORMALISED[normalize] ?? normalize}`;
}
