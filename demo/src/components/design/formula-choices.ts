/** The formulas that fit a design, to choose from: each with its consequence in words. */

import { element } from '../../element.ts';
import { sameModel } from '../../model/same-model.ts';
import type { DesignReading } from '../../protocol/protocol.ts';
import type { Tried } from '../../state/store.ts';
import { count } from '../../words/number-text.ts';

const ADVICE = { recommended: 'Recommended', alternative: 'Also possible', warning: 'Not advised' } as const;

/** @param choose is called with the formula that was chosen */
export function formulaChoices(
  { formulas }: DesignReading,
  current: string,
  tried: readonly Tried[],
  choose: (formula: string) => void,
): HTMLElement {
  const squeeze = (formula: string): string => formula.replace(/\s+/g, '');
  const known = formulas.some(({ formula }) => sameModel(formula, current));
  return element(
    'fieldset',
    { class: 'formula-choices', id: 'formula-choices' },
    element('legend', {}, 'Formulas that fit these data'),
    ...formulas.map(({ formula, reason, advice }, i) => {
      const own = sameModel(formula, current);
      const found = tried.find((one) => squeeze(one.formula) === squeeze(formula));
      const radio = element('input', {
        type: 'radio',
        name: 'formula-choice',
        value: formula,
        checked: own,
        id: `formula-choice-${i}`,
        'aria-describedby': `formula-reason-${i}`,
        onchange: () => choose(formula),
      });
      return element(
        'div',
        { class: `formula-choice ${advice}${own ? ' chosen' : ''}`, 'data-formula': formula },
        element(
          'label',
          { class: 'check' },
          radio,
          element('span', {}, element('strong', {}, ADVICE[advice]), ' ', element('code', {}, formula)),
        ),
        found && found.tested > 1
          ? element('p', { class: 'facts found' }, `${count(found.found)} found of ${count(found.tested)} tested`)
          : null,
        own && squeeze(formula) !== squeeze(current)
          ? element('p', { class: 'facts same' }, 'The formula above is this one, written otherwise.')
          : null,
        element('p', { class: 'hint', id: `formula-reason-${i}` }, reason),
      );
    }),
    known ? null : element('p', { class: 'hint' }, 'The formula above is none of them.'),
  );
}
