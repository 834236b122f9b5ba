/** What counts as found, in words. Pure. */

import type { GeneFilters } from '../results/gene-filters.ts';

const LEVELS = { all: 'of the rows', any: 'of the rows of one level at least', every: 'of the rows of each level' };

/** "adjusted p up to 0.05, effects of 0.5 and more, of genes not zero in 10 % of the rows and more". */
export function filterWords(
  threshold: number,
  { effect, expressed, expressedIn, singular }: GeneFilters,
  many: string,
): string {
  return [
    `adjusted p up to ${threshold}`,
    effect > 0 ? `effects of ${effect} and more` : '',
    expressed > 0 ? `of ${many} not zero in ${expressed} % ${LEVELS[expressedIn]} and more` : '',
    singular === 'all' ? '' : singular === 'only' ? 'singular fits only' : 'without singular fits',
  ]
    .filter((part) => part !== '')
    .join(', ');
}
