/** Tests of a fit to choose from, in words where there are any. Pure. */

import type { Results } from '../results/results-view.ts';
import { effectFacts, effectWords } from './effect-words.ts';

/** What kinds of tests are called: the library's names are those of options. */
export const TEST_WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    z: 'z test',
    satterthwaite: 'Satterthwaite',
    'kenward-roger': 'Kenward-Roger',
    'between-within': 'between-within',
    lrt: 'likelihood ratio',
    bootstrap: 'bootstrap',
    naive: 'rows taken as independent',
  }),
);

export function testWords(name: string): string {
  return TEST_WORDS.get(name) ?? name;
}

/** Names of tests with what a box says of them: "stim − ctrl (stimstim)", or the name alone. */
export function testChoices(
  { outcome: { table }, settings, summary }: Results,
  names: readonly string[],
): (readonly [string, string])[] {
  const facts = effectFacts(settings, summary.columns, table.coefficients.names);
  return names.map((name) => {
    const words = table.contrasts.names.includes(name) ? null : effectWords(name, facts);
    return [name, words === null ? name : `${words} (${name})`] as const;
  });
}
