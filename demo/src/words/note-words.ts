/** Notes of a fit in the words of the page. Pure. */

import { rowNounOf, unitWords } from '../model/unit-words.ts';
import type { Results } from '../results/results-view.ts';
import { effectFacts, effectWords } from './effect-words.ts';
import { pageWords } from './page-words.ts';
import { unitsByName } from './units-line.ts';

/** How the note on the units of tests begins. */
export const UNITS = 'units of the tests: ';

/** A note in the words of the page; what tests rest on by effects in words. */
export function noteWords(
  note: string,
  { outcome, settings, summary }: Pick<Results, 'outcome' | 'settings' | 'summary'>,
): string {
  if (!note.startsWith(UNITS)) return pageWords(note);
  const { table } = outcome;
  const known = outcome.unitsByDesign ? unitsByName({ outcome, summary }) : null;
  const facts = effectFacts(settings, summary.columns, table.coefficients.names);
  // One test after the other: each says what it rests on behind its name.
  const tests = note
    .slice(UNITS.length)
    .split('; ')
    .map((test) => {
      const name = table.coefficients.names.find((one) => test.startsWith(`'${one}' `));
      if (name === undefined) return test;
      const rests =
        known?.get(name) ?? unitWords(test.slice(name.length + 3), rowNounOf(summary.rowNoun, settings.residual));
      const words = effectWords(name, facts);
      return words === null ? `'${name}' ${rests}` : `${words}: ${rests}`;
    });
  return pageWords(`${UNITS}${tests.join('; ')}`);
}
