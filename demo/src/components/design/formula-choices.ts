/** The formulas that fit a design, to choose from: each with its consequence in words. */

import { element } from '../../element.ts';
import { codedFactors } from '../../model/level-proposal.ts';
import { sameModel } from '../../model/same-model.ts';
import type { DesignReading } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Tried } from '../../state/store.ts';
import { count } from '../../words/number-text.ts';

const ADVICE = { recommended: 'Recommended', alternative: 'Also possible', warning: 'Not advised' } as const;

/** @param choose is called with the formula that was chosen, and the columns that it takes by their levels */
export function formulaChoices(
  reading: DesignReading,
  { formula: current, factors: before }: Pick<Settings, 'formula' | 'factors'>,
  tried: readonly Tried[],
  choose: (choice: Pick<Settings, 'formula' | 'factors'>) => void,
): HTMLElement {
  const { formulas } = reading;
  const factors = codedFactors(reading, before);
  const squeeze = (formula: string): string => formula.replace(/\s+/g, '');
  const isCurrent = (formula: string): boolean => factors === before && sameModel(formula, current);
  const known = formulas.some(({ formula }) => isCurrent(formula));
  return element(
    'fieldset',
    { class: 'formula-choices', id: 'formula-choices' },
    element('legend', {}, 'Formulas that fit these data'),
    ...formulas.map(({ formula, reason, advice }, i) => {
      const own = isCurrent(formula);
      const found = tried.find((one) => squeeze(one.formula) === squeeze(formula));
      const radio = element('input', {
        type: 'radio',
        name: 'formula-choice',
        value: formula,
        checked: own,
        id: `formula-choice-${i}`,
        'aria-describedby': `formula-reason-${i}`,
        onchange: () => choose({ formula, factors }),
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
