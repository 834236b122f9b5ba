/** How many responses the tests of each term find. */

import type { OutputTable } from 'webgpu-lmm';
import { element } from '../../element.ts';
import { count, shortNumber } from '../../words/number-text.ts';
import { numberAt, textAt } from './output-cells.ts';

export function foundByTerm(
  table: OutputTable,
  by: string,
  adjusted: string,
  threshold: number,
  many: string,
  words: (term: string) => string = (term) => term,
): HTMLElement {
  const groups = new Map<string, { tested: number; found: number }>();
  for (let row = 0; row < table.rows; row++) {
    const p = numberAt(table, adjusted, row);
    if (Number.isNaN(p)) continue;
    const key = textAt(table, by, row);
    const group = groups.get(key) ?? { tested: 0, found: 0 };
    group.tested += 1;
    if (p <= threshold) group.found += 1;
    groups.set(key, group);
  }
  return element(
    'ul',
    { class: 'pair-lines' },
    ...[...groups].map(([name, { tested, found }]) =>
      element(
        'li',
        {},
        `${words(name)}: found for ${count(found)} of ${count(tested)} ${many} (adjusted p up to ${shortNumber(threshold)})`,
      ),
    ),
  );
}
