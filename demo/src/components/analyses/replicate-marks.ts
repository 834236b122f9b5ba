/** The warning above models that are ranked, where some take rows as replicates of what these share. */

import { element } from '../../element.ts';
import { replicateText } from '../../words/replicate-words.ts';

/** Null where there is nothing to warn of. */
export function replicateWarning(replicates: readonly boolean[], ranked: string): HTMLElement | null {
  const text = replicateText(replicates, ranked);
  return text === null ? null : element('p', { class: 'note warning', id: 'replicate-warning' }, text);
}
