/** Whether the results on show still belong to the data and the design of the page. */

import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import type { State } from './store.ts';
import type { DataSummary } from './worker/protocol.ts';

/** Settings that change no number of a fit. */
const IDLE: readonly (keyof Settings)[] = ['backend', 'threads', 'condition'];

/** What makes another model of it. */
const MODEL: readonly (keyof Settings)[] = ['formula', 'family', 'link', 'residual', 'dispersion'];

/** Why results are old, in a sentence; null where they are not, and where there are none. */
export function staleReason({ results, settings, source, summary }: State): string | null {
  if (!results || (!summary && source === results.source)) return null;
  const names = results.source.names.join(', ');
  if (source && (source.kind !== results.source.kind || source.names.join() !== results.source.names.join())) {
    return `Other data are open: fit again. These results are of ${names}.`;
  }
  if (summary && rolesText(summary) !== rolesText(results.summary)) {
    return 'Another matrix, annotation or file of weights is chosen: fit again.';
  }
  const changed = (Object.keys(settings) as (keyof Settings)[]).filter((key) => {
    return (
      !IDLE.includes(key) &&
      JSON.stringify(settings[key]) !== JSON.stringify(results.settings[key] ?? DEFAULT_SETTINGS[key])
    );
  });
  if (changed.length === 0) return null;
  return changed.some((key) => MODEL.includes(key))
    ? `The design has changed: fit again. These results are of ${results.settings.formula}.`
    : 'The options have changed: fit again.';
}

/** Which of the files is what. */
function rolesText({ roles: { obs, weights, modality } }: DataSummary): string {
  return JSON.stringify([obs, weights, modality ?? null]);
}
