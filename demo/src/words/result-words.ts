/** What the responses of results are called: genes, responses, or the one response. */

import type { FitTable } from 'webgpu-lmm';
import { type Results, statusCounts } from '../results/results-view.ts';
import { count } from './number-text.ts';
import { splitsText } from './split-words.ts';
import { isSingle } from './subject-words.ts';

export interface ResponseWords {
  /** Whether there is one response alone. */
  readonly single: boolean;
  /** `genes`, `responses`; `response` where there is one. */
  readonly many: string;
  /** The same where all splits are counted together: a gene counts once in each, as `genes in all 3 levels of cell_type`. */
  readonly everywhere: string;
  /** `Gene`, `Response`. */
  readonly title: string;
}

export function responseWords(results: Results): ResponseWords {
  const { outcome, settings, summary } = results;
  const single = isSingle(results);
  const isMatrix = summary.kind === 'matrix';
  const many = isMatrix ? 'genes' : single ? 'response' : 'responses';
  const splits = new Set(outcome.table.splits ?? []).size;
  const everywhere = splits > 1 ? `${many} in all ${splitsText(splits, settings.splitBy)}` : many;
  return { single, many, everywhere, title: isMatrix ? 'Gene' : 'Response' };
}

/** Models by status as text; of one model what it is, without numbers, and why. */
export function statusTexts(table: FitTable): string[] {
  return statusCounts(table).map(({ label, count: models }) => {
    if (table.models > 1) return `${count(models)} ${label}`;
    if (label === 'ok') return 'fitted';
    const why = table.status[0] === 0 ? null : table.messages[0];
    return why ? `${label}: ${why}` : label;
  });
}
