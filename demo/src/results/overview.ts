/** All cell types of a run at once, for one test: what was found in each, and its strongest genes in all of them. Pure. */

import type { FitTable } from 'webgpu-lmm';
import type { ExpressedBy } from '../protocol/analysis-protocol.ts';
import { type GeneFilters, isFound, passes } from './gene-filters.ts';
import { type ResultsView, resultsView, splitLevels } from './results-view.ts';

export interface Overview {
  readonly types: readonly string[];
  readonly views: readonly ResultsView[];
  /** Genes found, up and down, and tested, of each type. */
  readonly up: Int32Array;
  readonly down: Int32Array;
  readonly tested: Int32Array;
}

/** What was found in each type by a test; genes that do not pass the filters are not counted. */
export function overviewOf(
  table: FitTable,
  test: string,
  condition: string,
  {
    threshold,
    filters,
    expressedBy,
  }: { readonly threshold: number; readonly filters: GeneFilters; readonly expressedBy: ExpressedBy | null },
): Overview {
  const types = splitLevels(table);
  const views = types.map((type) => resultsView(table, test, type, condition, { expressedBy }));
  const [up, down, tested] = [0, 0, 0].map(() => new Int32Array(types.length));
  for (const [k, view] of views.entries()) {
    for (let i = 0; i < view.models.length; i++) {
      if (Number.isNaN(view.log10P[i]) || !passes(view, i, filters)) continue;
      tested[k] += 1;
      if (!isFound(view, i, threshold, filters)) continue;
      if (view.effect[i] > 0) up[k] += 1;
      else down[k] += 1;
    }
  }
  return { types, views, up, down, tested };
}

export interface TopGenes {
  /** Names of responses, and what they are called on the page. */
  readonly responses: readonly string[];
  readonly labels: readonly string[];
  /** genes x types: place in the view of the type, -1 where it has no fit of the gene. */
  readonly places: Int32Array;
}

/** The genes with the smallest p: the first of each type, then the second of each, until there are `most`. */
export function topGenes({ views }: Overview, filters: GeneFilters, most: number): TopGenes {
  const ranked = views.map((view) =>
    Array.from(view.models.keys())
      .filter((i) => !Number.isNaN(view.log10P[i]) && passes(view, i, filters))
      .sort((a, b) => view.log10P[a] - view.log10P[b] || Math.abs(view.effect[b]) - Math.abs(view.effect[a]))
      .slice(0, most),
  );
  const chosen = new Map<string, { readonly label: string; readonly type: number; readonly rank: number }>();
  for (let rank = 0; rank < most && chosen.size < most; rank++) {
    for (const [type, view] of views.entries()) {
      const i = ranked[type][rank];
      if (i === undefined || chosen.size >= most || chosen.has(view.names[i])) continue;
      chosen.set(view.names[i], { label: view.labels[i], type, rank });
    }
  }
  // Those of one type stand together.
  const order = [...chosen].sort(([, a], [, b]) => a.type - b.type || a.rank - b.rank);
  const responses = order.map(([name]) => name);
  const where = views.map((view) => new Map(view.names.map((name, i) => [name, i])));
  return {
    responses,
    labels: order.map(([, { label }]) => label),
    places: Int32Array.from(responses.flatMap((name) => where.map((places) => places.get(name) ?? -1))),
  };
}
