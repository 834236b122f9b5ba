/** What came of a fit, above its results: how many models have which status, and every note. */

import { element, fill } from '../element.ts';
import type { Context } from '../state/context.ts';
import { noteWords } from '../words/note-words.ts';
import { statusTexts } from '../words/result-words.ts';
import { noteBoxes } from './note-boxes.ts';

export function outcomeNotes({ store }: Context): HTMLElement {
  const host = element('div', { class: 'outcome' });
  store.watch(['results'], ({ results }) => {
    if (!results) {
      fill(host);
      return;
    }
    const { table, notes, fallback } = results.outcome;
    fill(
      host,
      element(
        'p',
        // Of one model its page says more.
        { class: 'facts', id: 'statuses', hidden: table.models === 1 && table.status[0] === 0 },
        statusTexts(table).join(' · '),
      ),
      fallback === null ? null : element('p', { class: 'note warning', id: 'fallback' }, fallback),
      ...noteBoxes(notes, (note) => noteWords(note, results)),
    );
  });
  return host;
}
