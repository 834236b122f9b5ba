/** The coefficients that a design has, in words, with what the test of each rests on. */

import { element } from '../../element.ts';
import { defaultTest } from '../../model/default-test.ts';
import { ownEntry } from '../../model/own-entry.ts';
import { rowNounOf, unitWords } from '../../model/unit-words.ts';
import type { DataSummary, Inspection } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import { effectFacts, effectWords } from '../../words/effect-words.ts';
import { counted } from '../../words/number-text.ts';

/** Coefficients that are listed at most. */
const MOST_LISTED = 60;

/** @param condition the column compared; empty for none */
export function effectList(
  { coefficients, units }: Inspection,
  settings: Settings,
  { columns, rowNoun }: DataSummary,
  condition: string,
): HTMLElement {
  const facts = effectFacts(settings, columns, coefficients);
  const slopes = coefficients.filter((name) => name !== '(Intercept)');
  const first = settings.contrasts.length > 0 ? null : (defaultTest(coefficients, condition) ?? slopes[0] ?? null);
  const ordered = first === null ? slopes : [first, ...slopes.filter((name) => name !== first)];
  const rows = ordered.slice(0, MOST_LISTED).map((name) => {
    const words = effectWords(name, facts);
    const own = ownEntry(units, name);
    const rests = own === undefined ? '' : `rests on ${unitWords(own, rowNounOf(rowNoun, settings.residual))}`;
    return element(
      'li',
      { class: name === first ? 'first' : undefined, 'data-effect': name },
      element('span', {}, words ?? name),
      element('small', {}, element('code', {}, name), name === first ? ', on show first' : ''),
      element('small', { class: 'rests' }, rests),
    );
  });
  const { unit } = facts.scale;
  return element(
    'details',
    { class: 'effects-list', id: 'effect-list', open: slopes.length > 0 && slopes.length <= 6 },
    element(
      'summary',
      {},
      slopes.length === 1
        ? 'The effect, and what its test rests on'
        : `${counted(slopes.length, 'effects')}, and what each test rests on`,
    ),
    unit === '' ? null : element('p', { class: 'hint' }, `In ${unit}.`),
    element('ul', { tabindex: 0, 'aria-label': 'Effects' }, ...rows),
    slopes.length > MOST_LISTED ? element('p', { class: 'hint' }, `The first of ${slopes.length}.`) : null,
  );
}
