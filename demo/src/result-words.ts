/** What the responses of results are called: genes, responses, or the one response. */

import type { Results } from './store.ts';

export interface ResponseWords {
  /** Whether there is one response alone. */
  readonly single: boolean;
  /** `genes`, `responses`; `response` where there is one. */
  readonly many: string;
  /** `Gene`, `Response`. */
  readonly title: string;
}

export function responseWords({ outcome, summary }: Results): ResponseWords {
  const single = outcome.table.models === 1;
  if (summary.kind !== 'matrix') return { single, many: single ? 'response' : 'responses', title: 'Response' };
  return { single, many: 'genes', title: 'Gene' };
}

/** The name of a file of these results, without its ending. */
export function fileStem(results: Results | null): string {
  const name = (results?.summary.name ?? '').replace(/^.*\//, '').replace(/\.[^.]*(\.gz)?$/, '');
  return name === '' ? 'results' : name;
}
