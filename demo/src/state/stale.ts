/** Whether the results on show still belong to the data and the design of the page. */

import { sameModel } from '../model/same-model.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../protocol/settings.ts';
import { isSameSource, rolesText, shapeText } from './same-data.ts';
import type { State } from './store.ts';

/** Settings that change no number of a fit. */
const IDLE: readonly (keyof Settings)[] = ['backend', 'threads', 'condition'];

/** What makes another model of it. */
const MODEL: readonly (keyof Settings)[] = ['formula', 'family', 'link', 'residual', 'dispersion'];

/** Why the data that are open are none of the results, in a sentence; null where they are, and where none are open. */
export function otherData({ results, source, summary, refusal }: State): string | null {
  if (!results || !source || (!summary && source === results.source)) return null;
  const was: DataSummary | undefined = results.summary;
  const known = summary && was && source.kind === 'files' && results.source.kind === 'files';
  // Other files may lie beside those that count, as in a folder.
  const isSame = isSameSource(source, results.source) || (known && rolesText(summary) === rolesText(was));
  if (!isSame) return `Other data are open: fit again. These results are of ${results.source.names.join(', ')}.`;
  if (summary && was && rolesText(summary) !== rolesText(was)) {
    return 'Another matrix, annotation or file of weights is chosen: fit again.';
  }
  const isOther = refusal !== null || (summary && was && shapeText(summary) !== shapeText(was));
  return isOther ? `These files hold other data than those of the results: fit again.${why(refusal)}` : null;
}

function why(refusal: string | null): string {
  return refusal === null ? '' : ` ${refusal}`;
}

/** Why results are old, in a sentence; null where they are not, and where there are none. */
export function staleReason(state: State): string | null {
  const { results, settings, source, summary, designError } = state;
  if (!results || (!summary && source === results.source)) return null;
  const other = otherData(state);
  if (other !== null) return other;
  const changed = (Object.keys(settings) as (keyof Settings)[]).filter((key) => {
    if (IDLE.includes(key)) return false;
    const before = results.settings[key] ?? DEFAULT_SETTINGS[key];
    if (plainText(settings[key]) === plainText(before)) return false;
    return key !== 'formula' || !sameModel(settings.formula, results.settings.formula);
  });
  if (changed.length === 0) return null;
  // Not while there is something to mend first, of which the button says what.
  const again = designError || settings.formula.trim() === '' ? '' : ': fit again';
  return changed.some((key) => MODEL.includes(key))
    ? `The design has changed${again}. These results are of ${results.settings.formula}.`
    : `The options have changed${again}.`;
}

/** A setting as text; the order in which columns were given their levels does not count. */
function plainText(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
