/** Notes of the library as boxes, each kind once. */

import { element } from '../element.ts';
import { collectNotes } from '../words/collected-notes.ts';
import { pageWords } from '../words/page-words.ts';

export function noteBoxes(notes: readonly string[], say: (note: string) => string = pageWords): HTMLElement[] {
  return collectNotes(notes, say).map(({ text, isWarning, all }) => {
    const kind = isWarning ? 'note warning' : 'note';
    if (all.length === 0) return element('p', { class: kind }, text);
    return element(
      'details',
      { class: `${kind} note-list` },
      element('summary', {}, text),
      element('ul', {}, ...all.map((one) => element('li', {}, one))),
    );
  });
}
