/** Tests of a fit to choose from, in words where there are any. Pure. */

import type { Results } from '../results/results-view.ts';
import { effectFacts, effectWords } from './effect-words.ts';

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
