/** What came of a fit, above its results: how many models have which status, and every note. */

import type { Context } from '../context.ts';
import { element, fill } from '../element.ts';
import { count } from '../number-text.ts';
import { pageWords } from '../page-words.ts';
import { statusCounts } from '../results-view.ts';

export function outcomeNotes({ store }: Context): HTMLElement {
  const host = element('div', { class: 'outcome' });
  store.watch(['results'], ({ results }) => {
    if (!results) {
      fill(host);
      return;
    }
    const { table, notes, fallback } = results.outcome;
    const isWarning = (note: string): boolean => note.startsWith('WARNING');
    const ordered = [...notes.filter(isWarning), ...notes.filter((note) => !isWarning(note))];
    fill(
      host,
      element(
        'p',
        { class: 'facts', id: 'statuses' },
        statusCounts(table)
          .map(({ label, count: number }) => `${count(number)} ${label}`)
          .join(' · '),
      ),
      fallback === null ? null : element('p', { class: 'note warning', id: 'fallback' }, fallback),
      ...ordered.map((note) => element('p', { class: isWarning(note) ? 'note warning' : 'note' }, pageWords(note))),
    );
  });
  return host;
}
