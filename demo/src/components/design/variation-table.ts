/** What varies beside the mean in one model: random effects, residuals, their correlations, thresholds. */

import type { FitTable } from 'webgpu-lmm';
import { element } from '../../element.ts';
import type { ParameterLimits } from '../../protocol/protocol.ts';
import type { ModelRow } from '../../results/model-rows.ts';
import { intervalText } from '../../words/coefficient-columns.ts';
import { shortNumber } from '../../words/number-text.ts';
import { placeOf, quantityOf, variationRows } from '../../words/variation-words.ts';
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
  const limitsOf = ({ effect, group, term }: ModelRow): string => {
    const found = limits.find((one) => one.effect === effect && one.group === group && one.term === term);
    return found ? intervalText(found.low, found.high) : '';
  };
  const hasErrors = others.some((row) => !Number.isNaN(row.number('std.error')));
  const cells = others.map((row) => [
    placeOf(row, table),
    quantityOf(row, table, words),
    shortNumber(row.number('estimate')),
    ...(hasErrors ? [shortNumber(row.number('std.error'))] : []),
    ...(limits.length > 0 ? [limitsOf(row)] : []),
  ]);
  const titles = [
    'Of',
    'Quantity',
    'Estimate',
    ...(hasErrors ? ['SE'] : []),
    ...(limits.length > 0 ? ['95 % interval'] : []),
  ];
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
          ...cells.map((row, i) =>
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
