/** What tests without degrees of freedom are, for those who look for these. Pure. */

import { unitsWord } from '../model/unit-words.ts';
import type { Results } from '../results/results-view.ts';

/** Whether the tests of a fit are those of large samples. */
export function isLarge({ outcome }: Results): boolean {
  return outcome.table.ddf === 'asymptotic';
}

/** @param kind `z` or `chi-squared` */
export function largeSampleWords(kind: string, { outcome }: Results): string {
  const [group = ''] = outcome.table.groups;
  const units = unitsWord(group, group === '' ? 'rows' : 'units');
  return `Large-sample ${kind} tests: they take the number of ${units} for large and have no degrees of freedom that would say how few there are. With few ${units} p is too small.`;
}
