/** What came of a fit, above its results: how many models have which status, and every note. */

import { element, fill } from '../element.ts';
import type { Context } from '../state/context.ts';
import type { View } from '../state/store.ts';
import { collectNotes } from '../words/collected-notes.ts';
import { noteWords, UNITS } from '../words/note-words.ts';
import { statusTexts } from '../words/result-words.ts';
import { isSingle } from '../words/subject-words.ts';
import { noteBoxes } from './note-boxes.ts';

/** Views without p-values, or that say beside theirs what these rest on. */
const OWN_UNITS: ReadonlySet<View> = new Set(['means', 'sets', 'keep', 'compare']);

/** What the tests rest on: one line, or all of it. */
function unitsBox([text, ...all]: readonly string[]): HTMLElement {
  return element(
    'details',
    { class: 'note units' },
    element('summary', {}, text),
    all.length === 0 ? null : element('ul', {}, ...all.map((one) => element('li', {}, one))),
  );
}

export function outcomeNotes({ store }: Context): HTMLElement {
  const host = element('div', { class: 'outcome' });
  store.watch(['results'], ({ results }) => {
    if (!results) {
      fill(host);
      return;
    }
    const { table, notes, fallback } = results.outcome;
    const say = (note: string): string => noteWords(note, results);
    const ofUnits = notes.filter((note) => note.includes(UNITS));
    fill(
      host,
      element(
        'p',
        // Of one model its page says more.
        { class: 'facts', id: 'statuses', hidden: table.models === 1 && table.status[0] === 0 },
        statusTexts(table).join(' · '),
      ),
      fallback === null ? null : element('p', { class: 'note warning', id: 'fallback' }, fallback),
      ...noteBoxes(
        notes.filter((note) => !ofUnits.includes(note)),
        say,
      ),
      ...collectNotes(ofUnits, say).map(({ text, all }) => unitsBox([text, ...all])),
    );
  });
  store.watch(['results', 'view'], ({ results, view }) => {
    const tells = OWN_UNITS.has(view) || (view === 'diagnostics' && results !== null && isSingle(results));
    for (const box of host.querySelectorAll<HTMLDetailsElement>('.units')) box.open = !tells;
  });
  return host;
}
