/** What calibrated tests are said to be: right, or finding too much; and what their shares rest on. Pure. */

import { levelsOf } from '../model/unit-words.ts';
import type { CalibrationAnswer } from '../protocol/analysis-protocol.ts';
import type { Results } from '../results/results-view.ts';
import { count, counted } from './number-text.ts';
import { responseWords } from './result-words.ts';
import { numberAt, type ShownColumn, textAt } from './table-cells.ts';
import { testWords } from './test-choices.ts';

/** The level that the verdict is of. */
const LEVEL = 0.05;
/** Of the table of shares; `effect` puts the name of a coefficient into words. */
export const rateColumns = (effect: (name: string) => string): readonly ShownColumn[] => [
  { name: 'term', title: 'Effect', words: effect },
  { name: 'test', title: 'Test', words: testWords },
  { name: 'level', title: 'p up to' },
  { name: 'rate', title: 'Share' },
  { name: 'conf.low', title: 'From', hint: 'Lower 95 % limit' },
  { name: 'conf.high', title: 'To', hint: 'Upper 95 % limit' },
  { name: 'rejections', title: 'Found' },
  { name: 'simulations', title: 'Of' },
];

export const RATES_CAPTION = 'Share of p-values up to a level, with its 95 % interval';

/** A sentence for each test of each effect. */
export function verdicts({ rates }: CalibrationAnswer, effect: (name: string) => string): string[] {
  const percent = (share: number): string => (100 * share).toFixed(1);
  return Array.from({ length: rates.rows }, (_, row) => row)
    .filter((row) => numberAt(rates, 'level', row) === LEVEL)
    .map((row) => {
      const test = textAt(rates, 'test', row);
      const name = `${effect(textAt(rates, 'term', row))}, ${testWords(test)}`;
      const [rate, low, high] = ['rate', 'conf.low', 'conf.high'].map((column) => numberAt(rates, column, row));
      if (!(numberAt(rates, 'simulations', row) > 0)) return `${name}: no test.`;
      const verdict =
        low > LEVEL ? 'too many false positives' : high < LEVEL ? 'fewer than nominal' : 'as it should be';
      return `${name}: ${verdict}. p up to ${LEVEL} in ${percent(rate)} % (${percent(low)} to ${percent(high)} %).`;
    });
}

/** How many draws the shares rest on, and what the rows are grouped by. */
export function calibrationBasis(
  { scheme, statuses, singular, permutations }: CalibrationAnswer,
  results: Results,
): string {
  const all = Object.values(statuses).reduce((sum, own) => sum + own, 0);
  const { table } = results.outcome;
  const groups = table.groups.map((name, k) => {
    const levels = table.groupLevels.filter((_, at) => at % table.groups.length === k);
    return levelsOf(count(levels.reduce((most, own) => Math.max(most, own), 0)), name);
  });
  const made =
    scheme === 'simulate'
      ? `${counted(all, 'responses')} were drawn and fitted`
      : `${counted(all, 'responses')} of ${counted(permutations, 'permutations')} were fitted`;
  const whose = responseWords(results).single ? 'the response' : `the ${responseWords(results).many}`;
  const parts = [`${made}, from ${whose} of this fit`];
  if (groups.length > 0) parts.push(`on the rows of ${groups.join(', ')}`);
  if (singular > 0) parts.push(`${counted(singular, 'fits')} ${singular === 1 ? 'was' : 'were'} singular`);
  const bad = all - (statuses.ok ?? 0);
  if (bad > 0) parts.push(`${count(bad)} had no good fit`);
  return `${parts.join('; ')}.`;
}
