/** Step 2, continued: named contrasts, with what is wrong with them. */

import { element } from '../../element.ts';
import { ownEntry } from '../../model/own-entry.ts';
import type { ErrorReport, Inspection } from '../../protocol/protocol.ts';
import type { NamedContrast, Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { counted } from '../../words/number-text.ts';
import { pageWords } from '../../words/page-words.ts';

/** Coefficients that are named below the box. */
const MOST_NAMED = 12;

/**
 * @param comparisons differences of marginal means that the box completes
 * @param wordsOf coefficients in words, beside their names in the list of the box
 */
export function contrastList(
  settings: Settings,
  inspection: Inspection | null,
  comparisons: readonly string[],
  wordsOf: (coefficient: string) => string | null,
  { store }: Context,
): HTMLElement {
  const coefficients = inspection?.coefficients ?? [];
  const row = ({ name, expression }: NamedContrast, i: number): HTMLElement => {
    const error = ownEntry(inspection?.contrastErrors, name);
    return element(
      'li',
      {},
      element(
        'div',
        { class: 'line' },
        element('code', {}, `${name} = ${expression}`),
        element(
          'button',
          {
            type: 'button',
            class: 'quiet',
            'aria-label': `Remove contrast ${name}`,
            onclick: () => store.setting({ contrasts: settings.contrasts.filter((_, k) => k !== i) }),
          },
          'Remove',
        ),
      ),
      error ? element('div', { class: 'formula-error', role: 'alert' }, ...errorParagraphs(error)) : null,
    );
  };
  const name = element('input', {
    type: 'text',
    placeholder: 'name',
    'aria-label': 'Name of a contrast',
    class: 'short',
  });
  const expression = element('input', {
    type: 'text',
    placeholder: 'b - a, or factor:B-A',
    'aria-label': 'Expression in coefficient names, or two levels of a factor',
    list: 'coefficients',
    spellcheck: 'false',
  });
  const add = (): void => {
    if (name.value.trim() === '' || expression.value.trim() === '') return;
    const next = { name: name.value.trim(), expression: expression.value.trim() };
    store.setting({ contrasts: [...settings.contrasts.filter((other) => other.name !== next.name), next] });
  };
  const named = coefficients.slice(0, MOST_NAMED).join(', ');
  const more = coefficients.length > MOST_NAMED ? ', …' : '';
  const example = comparisons.length > 0 ? ` Marginal means: ${comparisons[0]}.` : '';
  return element(
    'div',
    {},
    element('h3', {}, 'Contrasts'),
    settings.contrasts.length > 0 ? element('ul', {}, ...settings.contrasts.map(row)) : null,
    element(
      'div',
      { class: 'row' },
      name,
      expression,
      element('button', { type: 'button', id: 'add-contrast', onclick: add }, 'Add'),
    ),
    element(
      'datalist',
      { id: 'coefficients' },
      ...comparisons.map((value) => element('option', { value })),
      ...coefficients.map((value) => element('option', { value, label: wordsOf(value) ?? undefined })),
    ),
    coefficients.length > 0
      ? element('p', { class: 'hint' }, `${counted(coefficients.length, 'coefficients')}: ${named}${more}.${example}`)
      : null,
  );
}

/** What is wrong, where, and what to do. */
export function errorParagraphs({ message, remedy }: ErrorReport): HTMLElement[] {
  return [
    element('p', {}, pageWords(message)),
    ...(remedy === null ? [] : [element('p', { class: 'remedy' }, pageWords(remedy))]),
  ];
}
