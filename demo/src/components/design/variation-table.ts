/** What varies beside the mean in one model: random effects, residuals, their correlations, thresholds. */

import type { FitTable } from 'webgpu-lmm';
import { element } from '../../element.ts';
import type { ParameterLimits } from '../../protocol/protocol.ts';
import type { ModelRow } from '../../results/model-rows.ts';
import { variationLines, variationRows } from '../../words/variation-words.ts';
import { tableBox } from '../table-box.ts';

/**
 * @param limits of covariance parameters, where the library has any
 * @param words of what varies by the levels of a group
 */
export function variationTable(
  table: FitTable,
  rows: readonly ModelRow[],
  limits: readonly ParameterLimits[],
  words: (group: string, name: string) => string,
): HTMLElement {
  const others = variationRows(rows);
  const { titles, lines } = variationLines(table, others, limits, words);
  return element(
    'div',
    { class: 'panel' },
    element('h3', {}, 'What varies'),
    tableBox(
      'What varies',
      element(
        'table',
        { id: 'variation-table', class: 'model-table' },
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...titles.map((title, k) => element('th', { scope: 'col', class: k > 1 ? 'number' : undefined }, title)),
          ),
        ),
        element(
          'tbody',
          {},
          ...lines.map((row, i) =>
            element(
              'tr',
              { 'data-parameter': `${others[i].group} ${others[i].term}`.trim() },
              ...row.map((text, k) =>
                element(
                  k === 0 ? 'th' : 'td',
                  k === 0 ? { scope: 'row' } : { class: k > 1 ? 'number' : undefined },
                  text,
                ),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}
