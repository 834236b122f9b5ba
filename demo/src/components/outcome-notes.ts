/** What came of a fit, above its results: how many models have which status, and every note. */

import { element, fill } from '../element.ts';
import type { Results } from '../results/results-view.ts';
import { statusCounts } from '../results/results-view.ts';
import type { Context } from '../state/context.ts';
import { effectFacts, effectWords } from '../words/effect-words.ts';
import { count } from '../words/number-text.ts';
import { pageWords } from '../words/page-words.ts';

/** How the note on the units of tests begins. */
const UNITS = 'units of the tests: ';

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
        // Of one model its page says more.
        { class: 'facts', id: 'statuses', hidden: table.models === 1 && table.status[0] === 0 },
        statusCounts(table)
          .map(({ label, count: number }) => `${count(number)} ${label}`)
          .join(' · '),
      ),
      fallback === null ? null : element('p', { class: 'note warning', id: 'fallback' }, fallback),
      ...ordered.map((note) =>
        element('p', { class: isWarning(note) ? 'note warning' : 'note' }, noteWords(note, results)),
      ),
    );
  });
  return host;
}

/** A note in the words of the page; what tests rest on by effects in words. */
function noteWords(note: string, { outcome: { table }, settings, summary }: Results): string {
  const text = pageWords(note);
  if (!note.startsWith(UNITS)) return text;
  const facts = effectFacts(settings, summary.columns, table.coefficients.names);
  return table.coefficients.names.reduce((said, name) => {
    const words = effectWords(name, facts);
    return words === null ? said : said.replace(`'${name}' `, `${words}: `);
  }, text);
}
