/** Why what needs the data of results cannot be had yet, in words. Pure. */

import { EXAMPLES } from '../protocol/examples.ts';
import type { Source } from '../results/results-view.ts';
import { READING_AGAIN } from '../state/reopening.ts';
import { otherData } from '../state/stale.ts';
import type { State } from '../state/store.ts';

/** A sentence or two; null where the data are there, and where there are no results. */
export function lackingWords(state: State): string | null {
  const { results, live, summary, activity } = state;
  if (!results || live) return null;
  const other = otherData(state);
  if (other !== null) return other;
  if (activity?.label === READING_AGAIN)
    return 'The data of these results are being read: what needs them comes after that.';
  if (summary) return 'The data of these results are open, but were not read for them.';
  if (activity) return 'The data of these results are not open yet.';
  return `The data of these results are not open: open ${sourceWords(results.source)}, to go on from here. Nothing is fitted again.`;
}

/** Whether the open data only have to be read for the results. */
export function canBeRead(state: State): boolean {
  const { results, live, summary, activity } = state;
  return results !== null && !live && summary !== null && activity === null && otherData(state) === null;
}

/** What was opened, by name. */
function sourceWords({ kind, names }: Source): string {
  if (kind === 'files') return names.join(', ');
  return `the example “${EXAMPLES.find(({ id }) => id === names[0])?.title ?? names[0]}”`;
}
