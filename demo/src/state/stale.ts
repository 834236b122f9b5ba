/** Whether the results on show still belong to the data and the design of the page. */

import { sameModel } from '../model/same-model.ts';
import type { DataSummary } from '../protocol/protocol.ts';
import { DEFAULT_SETTINGS, type Settings } from '../protocol/settings.ts';
import type { State } from './store.ts';

/** Settings that change no number of a fit. */
const IDLE: readonly (keyof Settings)[] = ['backend', 'threads', 'condition'];

/** What makes another model of it. */
const MODEL: readonly (keyof Settings)[] = ['formula', 'family', 'link', 'residual', 'dispersion'];

/** Why results are old, in a sentence; null where they are not, and where there are none. */
export function staleReason({ results, settings, source, summary, designError }: State): string | null {
  if (!results || (!summary && source === results.source)) return null;
  const names = results.source.names.join(', ');
  if (source && (source.kind !== results.source.kind || source.names.join() !== results.source.names.join())) {
    return `Other data are open: fit again. These results are of ${names}.`;
  }
  const was: DataSummary | undefined = results.summary;
  if (summary && was && rolesOf(summary) !== rolesOf(was)) {
    return 'Another matrix, annotation or file of weights is chosen: fit again.';
  }
  if (summary && was && shapeOf(summary) !== shapeOf(was)) {
    return 'These files hold other data than those of the results: fit again.';
  }
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

/** Which of the files is what. */
function rolesOf({ kind, roles: { data, obs, weights, modality } }: DataSummary): string {
  return JSON.stringify([kind, data, obs, weights, modality ?? null]);
}

/** What tells data of one name from others: how many rows and responses there are, and the columns. */
function shapeOf({ rows, responses, columns }: DataSummary): string {
  return JSON.stringify([rows, responses, columns.map(({ name }) => name)]);
}

/** A setting as text; the order in which columns were given their levels does not count. */
function plainText(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
