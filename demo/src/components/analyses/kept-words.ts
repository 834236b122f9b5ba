/** What is said where an answer did not come back with its results. */

import { element } from '../../element.ts';

/** @param what what was found, as the subject of a sentence */
export function tooLarge(what: string): HTMLElement {
  return element(
    'p',
    { class: 'note' },
    `${what} was not kept with these results: it is large. The choices are here; ask again for the numbers.`,
  );
}
