import { FitError } from '../errors.ts';
import { OPTIONS } from '../options/entries.ts';
import type { ValueFacts } from '../types/entry-pass.ts';

/** Normalisations of counts by the total of each cell. */
export const NORMALISATIONS = OPTIONS.normalize.choices;
/** A normalisation of counts by the total of each cell. */
export type Normalisation = (typeof NORMALISATIONS)[number];

/** Counts per this many, by normalisation: log(1 + scale x count / total of the cell). */
export const TARGET_TOTAL: Readonly<Record<Normalisation, number>> = { none: 0, 'log1p-cpm': 1e6, 'log1p-cp10k': 1e4 };

/** Checks the name of a normalisation. */
export function parseNormalisation(text: string): Normalisation {
  const found = NORMALISATIONS.find((name) => name === text);
  if (found) return found;
  throw new FitError('OptionError', `unknown normalisation '${text}'`, {
    option: 'normalize',
    remedy: `Use one of ${NORMALISATIONS.join(', ')}.`,
  });
}

/** A note on rows without any count, which a fit keeps as zeros; null where there are none. */
export function emptyRowsNote(facts: ValueFacts, empty: number, rows: number): string | null {
  if (empty === 0 || !facts.counts) return null;
  return `WARNING: ${empty} of ${rows} rows of the matrix have no counts at all and are fitted as zeros; “minCounts: 1” leaves them out, or “where”`;
}

/** The same of the rows of a matrix that belong to a part (`partOf` is not negative), told by whether anything filled them. */
export function emptyPartRowsNote(facts: ValueFacts, partOf: Int16Array, filled: Uint8Array): string | null {
  let rows = 0;
  let empty = 0;
  for (let row = 0; row < partOf.length; row++) {
    if (partOf[row] < 0) continue;
    rows++;
    if (filled[row] === 0) empty++;
  }
  return emptyRowsNote(facts, empty, rows);
}

/** A warning when values and normalisation do not fit together; null when they do. */
export function normalisationNote(facts: ValueFacts, normalisation: Normalisation): string | null {
  if (facts.seen === 0) return null;
  if (normalisation === 'none' && facts.counts && facts.largest > 10) {
    return 'WARNING: the matrix looks like raw counts and is fitted as it is; “normalize: log1p-cpm” or “normalize: log1p-cp10k” gives log expression';
  }
  if (normalisation !== 'none' && !facts.counts) {
    return `WARNING: the values are no counts, yet “normalize: ${normalisation}” treats them as such; leave it out for values that are normalised already`;
  }
  return null;
}
