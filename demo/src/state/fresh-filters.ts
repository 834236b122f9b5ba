/** Filters belong to data: what was chosen for others says nothing of new ones, and hides them. Pure. */

import type { DataSummary } from '../protocol/protocol.ts';
import { type GeneFilters, NO_FILTERS } from '../results/gene-filters.ts';
import type { Source } from '../results/results-view.ts';
import { INITIAL, type State } from './store.ts';

/** The filters, list and threshold for a fit of `source`: as they are where the results on show are of the same data, else none. */
export function filtersFor(
  { results, filters, threshold }: Pick<State, 'results' | 'filters' | 'threshold'>,
  source: Source,
  summary: DataSummary,
): { readonly filters: GeneFilters; readonly threshold: number } {
  if (results && sameData(results, { source, summary })) return { filters, threshold };
  // Which plot is on show is no filter.
  return { filters: { ...NO_FILTERS, plot: filters.plot }, threshold: INITIAL.threshold };
}

interface Data {
  readonly source: Source;
  readonly summary: DataSummary;
}

/** Whether two openings were of the same files, with the same rows, responses and columns: names of files come again. */
function sameData(a: Data, b: Data): boolean {
  const key = ({ source, summary }: Data): string =>
    JSON.stringify([
      source.kind,
      source.names,
      summary.rows,
      summary.responses,
      summary.columns.map(({ name }) => name),
    ]);
  return key(a) === key(b);
}
