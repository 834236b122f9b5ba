/** What the responses of results are called: genes, responses, or the one response. */

import type { Results } from '../results/results-view.ts';
import { isSingle } from './subject-words.ts';

export interface ResponseWords {
  /** Whether there is one response alone. */
  readonly single: boolean;
  /** `genes`, `responses`; `response` where there is one. */
  readonly many: string;
  /** The same where all splits are counted together: a gene counts once in each. */
  readonly everywhere: string;
  /** `Gene`, `Response`. */
  readonly title: string;
}

export function responseWords(results: Results): ResponseWords {
  const { outcome, summary } = results;
  const single = isSingle(results);
  const isMatrix = summary.kind === 'matrix';
  const many = isMatrix ? 'genes' : single ? 'response' : 'responses';
  const splits = new Set(outcome.table.splits ?? []).size;
  const everywhere = splits > 1 ? `${many} in all ${splits} splits` : many;
  return { single, many, everywhere, title: isMatrix ? 'Gene' : 'Response' };
}
