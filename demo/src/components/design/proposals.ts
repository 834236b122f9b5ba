/** Step 2: what the data as a whole ask for: the usual model of a trial, a fit for each type of cell. */

import { element } from '../../element.ts';
import { parsedBuilder, quoteName } from '../../model/builder.ts';
import { formulaNames } from '../../model/formula-names.ts';
import { baselineColumn, missingVisitsOf, withoutBaseline } from '../../model/missing-visits.ts';
import { residualChoice } from '../../model/residual-structures.ts';
import { baselineWords, trialProposal } from '../../model/trial-proposal.ts';
import type { DataSummary } from '../../protocol/protocol.ts';
import type { Settings } from '../../protocol/settings.ts';
import type { Context } from '../../state/context.ts';
import { splitProposal } from '../../words/split-proposal.ts';

/** A button that changes the settings. */
function taker({ store }: Context) {
  return (id: string, text: string, change: Partial<Settings>): HTMLElement =>
    element(
      'button',
      {
        type: 'button',
        class: 'quiet',
        id,
        onclick: (event) => {
          store.setting(change);
          // The button is gone: who works by keyboard goes on at what it changed.
          if (event instanceof MouseEvent && event.detail === 0)
            document.querySelector<HTMLElement>('#formula')?.focus();
        },
      },
      text,
    );
}

/** A fit for each type of cells. */
export function splitProposals(summary: DataSummary, settings: Settings, context: Context): Node[] {
  const split = splitProposal(summary, settings);
  if (!split) return [];
  return [
    element(
      'div',
      { class: 'note proposal', id: 'split-proposal' },
      element('span', {}, split.words),
      taker(context)('take-split', `Fit each ${split.column} by itself`, { splitBy: split.column }),
    ),
  ];
}

/** The usual model of a trial, its baseline, and its missing visits. */
export function trialProposals(summary: DataSummary, settings: Settings, context: Context): Node[] {
  const take = taker(context);
  const notes: Node[] = [];
  const trial = trialProposal(summary, settings);
  if (trial) {
    const { words, dropout, change, adjusted } = trial;
    const structure = `Take ${change.residual ?? ''}`;
    notes.push(
      element(
        'div',
        { class: 'note proposal', id: 'trial-proposal' },
        element('span', {}, words),
        element(
          'span',
          { class: 'choices-of-two' },
          adjusted ? take('take-adjusted', `${structure}, adjusted for ${adjusted.column}`, adjusted.change) : null,
          take('take-trial', adjusted ? `${structure} alone` : structure, change),
        ),
        adjusted ? element('small', {}, adjusted.words) : null,
        dropout === '' ? null : element('small', {}, dropout),
      ),
    );
  }
  const missing = missingVisitsOf(summary, settings);
  if (missing !== '') notes.push(element('p', { class: 'note', id: 'missing-visits' }, missing));
  const baseline = baselineLeft(summary, settings);
  if (baseline) {
    const { column, words, change } = baseline;
    notes.push(
      element(
        'div',
        { class: 'note proposal', id: 'baseline-proposal' },
        element('span', {}, words),
        take('take-baseline', `Adjust for ${column}`, change),
      ),
    );
  }
  return notes;
}

/** The baseline that a trial's model lacks once its structure is chosen. */
function baselineLeft(
  summary: DataSummary,
  { residual, formula, where }: Settings,
): { readonly column: string; readonly words: string; readonly change: Partial<Settings> } | null {
  const choice = residualChoice(residual);
  const parsed = parsedBuilder(formula);
  if (summary.kind !== 'table' || !choice || !parsed || parsed.condition === '') return null;
  const column = baselineColumn(summary, { response: parsed.response, subject: choice.subject });
  if (column === null || formulaNames(formula).has(column)) return null;
  const without = withoutBaseline(summary, column, where);
  return {
    column,
    words: `${baselineWords(column, choice.subject)}${without.words}`,
    change: { formula: `${formula.trim()} + ${quoteName(column)}`, ...without.change },
  };
}
