/** Rows by unit and level of the condition: each unit where they are few, else what they come to by level. */

import { element } from '../../element.ts';
import { unitsWord } from '../../model/unit-words.ts';
import type { Crosstab, DesignReading } from '../../protocol/protocol.ts';
import { crosstabSummary } from '../../words/crosstab-words.ts';
import { count } from '../../words/number-text.ts';
import { tableBox } from '../table-box.ts';

/** Units and levels up to which each unit has a line, with a column for each level. */
const MOST_UNITS = 60;
const MOST_LEVELS = 8;

export function crosstabTable(crosstab: Crosstab, { donor, condition, rowNoun }: DesignReading['layout']): HTMLElement {
  const { rows, columns } = crosstab;
  const whole = rows.length <= MOST_UNITS && columns.length <= MOST_LEVELS;
  const title = whole
    ? `Rows by ${donor} and ${condition}`
    : `${unitsWord(donor, 'units')} and ${rowNoun} by ${condition}`;
  return element(
    'details',
    { class: 'crosstab', open: !whole || rows.length <= 16 },
    element(
      'summary',
      {},
      title.replace(/^\p{L}/u, (letter) => letter.toUpperCase()),
    ),
    tableBox(title, whole ? unitTable(crosstab, donor) : levelTable(crosstab, donor, condition, rowNoun)),
  );
}

function headRow(first: string, others: readonly string[]): HTMLElement {
  return element(
    'thead',
    {},
    element(
      'tr',
      {},
      element('th', { scope: 'col' }, first),
      ...others.map((name) => element('th', { scope: 'col', class: 'number' }, name)),
    ),
  );
}

function unitTable({ rows, columns, counts }: Crosstab, donor: string): HTMLTableElement {
  const most = counts.reduce((largest, value) => Math.max(largest, value), 1);
  const body = rows.map((name, i) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      ...columns.map((_, k) => {
        const value = counts[i * columns.length + k];
        // Five shades: styles cannot be written into attributes under the page's policy.
        const shade = value === 0 ? 0 : Math.ceil((4 * value) / most);
        return element('td', { class: `number shade${shade}` }, value === 0 ? '–' : count(value));
      }),
    ),
  );
  return element('table', {}, headRow(donor, columns), element('tbody', {}, ...body));
}

function levelTable(crosstab: Crosstab, donor: string, condition: string, rowNoun: string): HTMLTableElement {
  const { titles, lines } = crosstabSummary(crosstab, unitsWord(donor, 'units'), rowNoun);
  const body = lines.map(([name, ...cells]) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
      ...cells.map((text) => element('td', { class: 'number' }, text)),
    ),
  );
  return element('table', {}, headRow(condition, titles), element('tbody', {}, ...body));
}
