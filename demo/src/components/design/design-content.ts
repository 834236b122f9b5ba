/** What step 2 holds once data are open: the model, as a formula or put together from columns, and how it is tested. */

import { element, fill } from '../../element.ts';
import { levelComparisons } from '../../model/comparisons.ts';
import type { DataSummary } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { effectFacts, effectWords } from '../../words/effect-words.ts';
import { renew } from '../keyed.ts';
import { builderBoxes } from './builder-boxes.ts';
import { contrastList, errorParagraphs } from './contrast-list.ts';
import { designCheck } from './design-check.ts';
import { familyBoxes } from './family-boxes.ts';
import { formulaBox } from './formula-box.ts';
import { levelBoxes } from './level-boxes.ts';
import { optionBoxes } from './option-boxes.ts';
import { splitProposals, trialProposals } from './proposals.ts';
import { residualBoxes, residualWords } from './residual-boxes.ts';

export function designContent(context: Context): HTMLElement {
  const { store } = context;
  const proposed = element('div', { class: 'family', id: 'proposals' });
  // Below the formula, which is to be in sight beside the button that fits.
  const types = element('div', { class: 'family' });
  const builder = element('div', { class: 'builder' });
  const family = element('div', { class: 'family', id: 'family' });
  const levels = foldedBoxes('levels');
  const residual = foldedBoxes('residual');
  const options = element('div', { class: 'grid' });
  const testError = element('div', { id: 'option-error', class: 'formula-error', role: 'alert' });
  const contrasts = element('div', { class: 'contrasts' });
  const content = element(
    'div',
    {},
    proposed,
    builder,
    formulaBox(context),
    types,
    family,
    levels.host,
    residual.host,
    designCheck(context),
    element('details', { class: 'more' }, element('summary', {}, 'Options'), options, testError, contrasts),
  );
  let shown = '';
  store.watch(['summary', 'settings', 'inspection'], ({ summary, settings, inspection }) => {
    if (!summary) return;
    const scalar = inspection ? inspection.terms.length === 1 && inspection.terms[0].names.length === 1 : false;
    // The boxes are made anew only when what they show has changed, so that they keep the focus.
    const key = JSON.stringify([settings, summary.name, summary.roles, scalar]);
    if (key === shown) return;
    shown = key;
    fill(proposed, ...trialProposals(summary, settings, context));
    fill(types, ...splitProposals(summary, settings, context));
    renew(builder, builderBoxes(summary, settings, context));
    renew(family, familyBoxes(summary, settings, scalar, context));
    renew(options, optionBoxes(summary, settings, context));
    showLevels(summary, settings);
    residual.host.hidden = settings.family !== 'gaussian';
    residual.title.textContent = residualWords(settings);
    renew(residual.body, residualBoxes(summary, settings, context));
  });
  function showLevels(summary: DataSummary, settings: Settings): void {
    const boxes = levelBoxes(summary, settings, context);
    levels.host.hidden = boxes.length === 0;
    levels.title.textContent = 'Levels: reference, order, coding';
    renew(levels.body, boxes);
  }
  store.watch(['summary', 'settings', 'inspection'], ({ summary, settings, inspection }) => {
    const refused = inspection?.optionError;
    fill(testError, ...(refused ? errorParagraphs(refused) : []));
    const comparisons = summary ? levelComparisons(summary, settings) : [];
    const facts = effectFacts(settings, summary?.columns ?? [], inspection?.coefficients ?? []);
    const wordsOf = (name: string): string | null => effectWords(name, facts);
    fill(contrasts, contrastList(settings, inspection, comparisons, wordsOf, context));
  });
  return content;
}

/** Boxes behind a line that says what they hold. */
function foldedBoxes(id: string): {
  readonly host: HTMLElement;
  readonly title: HTMLElement;
  readonly body: HTMLElement;
} {
  const title = element('summary', {});
  const body = element('div', { class: 'folded' });
  return { host: element('details', { class: 'more', id: `design-${id}` }, title, body), title, body };
}
