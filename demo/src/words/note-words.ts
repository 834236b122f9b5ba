/** Notes of the library in the words of the page: effects for coefficients, boxes for options. Pure. */

import { rowNounOf, unitWords } from '../model/unit-words.ts';
import type { Results } from '../results/results-view.ts';
import { type EffectFacts, effectFacts, effectWords, levelEffectWords } from './effect-words.ts';
import { pageWords } from './page-words.ts';
import { unitsByName } from './units-line.ts';

/** How the note on the units of tests begins. */
export const UNITS = 'units of the tests: ';

/**
 * A note in the words of the page; what tests rest on by effects in words.
 *
 * @param names coefficients of the model that it is of, where that is not the fitted one
 */
export function noteWords(
  note: string,
  { outcome, settings, summary }: Pick<Results, 'outcome' | 'settings' | 'summary'>,
  names: readonly string[] = outcome.table.coefficients.names,
): string {
  const at = note.indexOf(UNITS);
  // Of one model among several the note itself names the coefficients.
  const own = /(^|: )models? [\d, ]+: /.test(note)
    ? [...note.matchAll(/(?:: |; )'([^']+)' /g)].map(([, name]) => name)
    : names;
  const facts = effectFacts(settings, summary.columns, own);
  if (at < 0) return pageWords(withEffects(note, facts, new Set(summary.columns.map(({ name }) => name)), names));
  const isFitted = at === 0 && names === outcome.table.coefficients.names;
  const known = isFitted && outcome.unitsByDesign ? unitsByName({ outcome, summary }) : null;
  // One test after the other: each says what it rests on behind its name.
  const tests = note
    .slice(at + UNITS.length)
    .split('; ')
    .map((test) => {
      const name = own.find((one) => test.startsWith(`'${one}' `)) ?? /^'([^']+)' /.exec(test)?.[1];
      if (name === undefined) return test;
      const rests =
        known?.get(name) ?? unitWords(test.slice(name.length + 3), rowNounOf(summary.rowNoun, settings.residual));
      const words = effectWords(name, facts);
      return words === null ? `'${name}' ${rests}` : `${words}: ${rests}`;
    });
  return pageWords(`${note.slice(0, at)}${UNITS}${tests.join('; ')}`);
}

/** What is said of a test behind the name of its coefficient, which may be that of a column of numbers. */
const OF_TEST =
  / (?:compares (?:levels|one level) of|is compared (?:between|within) \d|has more degrees of freedom than) /y;

/** Coefficients that a note names in quotes; columns are called what they are. */
function withEffects(note: string, facts: EffectFacts, columns: ReadonlySet<string>, names: readonly string[]): string {
  return note.replace(/'([^']+)'/g, (quoted, name: string, at: number) => {
    OF_TEST.lastIndex = at + quoted.length;
    const isTest = OF_TEST.test(note) && (names.includes(name) || facts.parts.has(name));
    const words = isTest ? effectWords(name, facts) : columns.has(name) ? null : levelEffectWords(name, facts);
    return words === null ? quoted : `“${words}”`;
  });
}
