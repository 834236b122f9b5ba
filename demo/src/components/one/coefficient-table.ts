/** The coefficients of one model: in words, with intervals and tests, and as ratios where they are logarithms. */

import { type FitTable, STATUSES } from 'webgpu-lmm';
import { element } from '../../element.ts';
import { ownEntry } from '../../model/own-entry.ts';
import type { ModelRow } from '../../results/model-rows.ts';
import { coefficientColumns, familyWords, moderatedWords } from '../../words/coefficient-columns.ts';
import { type EffectFacts, effectWords } from '../../words/effect-words.ts';
import { tableBox } from '../table-box.ts';

export function coefficientTable(
  table: FitTable,
  model: number,
  rows: readonly ModelRow[],
  facts: EffectFacts,
  units: Readonly<Record<string, string>>,
): HTMLElement {
  const fixed = rows.filter(({ effect }) => effect === 'fixed');
  const columns = coefficientColumns(table, model, facts);
  const { unit } = facts.scale;
  return element(
    'div',
    { class: 'panel' },
    element('h3', {}, unit === '' ? 'Coefficients' : `Coefficients, ${unit}`),
    STATUSES[table.status[model]] === 'separated'
      ? element('p', { class: 'note warning', id: 'separated' }, SEPARATED)
      : null,
    tableBox(
      'Coefficients',
      element(
        'table',
        { id: 'coefficients-table', class: 'model-table' },
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            element('th', { scope: 'col' }, 'Effect'),
            ...columns.map(({ title }) => element('th', { scope: 'col', class: 'number' }, title)),
          ),
        ),
        element(
          'tbody',
          {},
          ...fixed.map((row) =>
            element(
              'tr',
              { 'data-term': row.term },
              nameCell(row.term, table, facts, ownEntry(units, row.term)),
              ...columns.map(({ text }) => element('td', { class: 'number' }, text(row))),
            ),
          ),
        ),
      ),
    ),
    ...[WALD_WORDS, familyWords(table), moderatedWords(table)].map((words) =>
      words === null ? null : element('p', { class: 'hint' }, words),
    ),
  );
}

const WALD_WORDS =
  'Limits here are Wald’s, from standard errors; those of profiles and of draws stand below, under “Confidence intervals”.';

const SEPARATED =
  'Separated: a combination of the columns tells the response without a fault. Effects without a standard error have no finite estimate, and the number that stands there says nothing. Leave a column out, join levels, or compare models by their likelihoods.';

function nameCell(term: string, { contrasts }: FitTable, facts: EffectFacts, rests: string | undefined): HTMLElement {
  const isContrast = contrasts.names.includes(term);
  const words = isContrast ? `${term} (contrast)` : effectWords(term, facts);
  return element(
    'th',
    { scope: 'row' },
    words ?? term,
    words === null || isContrast ? null : element('small', {}, element('code', {}, term)),
    rests === undefined ? null : element('small', {}, `rests on ${rests}`),
  );
}
