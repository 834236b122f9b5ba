/** How many models of a view have a test, and what the others are. Pure. */

import { type FitTable, STATUSES } from 'webgpu-lmm';
import { type GeneFilters, NO_FILTERS, passes } from './gene-filters.ts';
import { NOT_TESTED } from './paired-tests.ts';
import type { ResultsView } from './results-view.ts';

export interface TestedCounts {
  /** Models with a p that pass the filters: of these some are found. */
  readonly tested: number;
  /** What the others are, each reason with how many: together they make up all models. */
  readonly others: readonly { readonly label: string; readonly count: number }[];
}

const FILTERED = 'left out by filters';

export function testedCounts(view: ResultsView, filters: GeneFilters = NO_FILTERS): TestedCounts {
  const { table, models, log10P } = view;
  let tested = 0;
  const others = new Map<string, number>();
  for (let i = 0; i < models.length; i++) {
    const label = Number.isNaN(log10P[i])
      ? untestedLabel(table.status[models[i]])
      : passes(view, i, filters)
        ? null
        : FILTERED;
    if (label === null) tested += 1;
    else others.set(label, (others.get(label) ?? 0) + 1);
  }
  return { tested, others: [...others].map(([label, count]) => ({ label, count })) };
}

/** What the models are that two analyses do not both test. */
export function notBothTested({ status }: FitTable, found: Uint8Array): TestedCounts['others'] {
  const others = new Map<string, number>();
  for (const [m, kind] of found.entries()) {
    if (kind !== NOT_TESTED) continue;
    const label = STATUSES[status[m]] === 'ok' ? 'tested by one of the two at most' : untestedLabel(status[m]);
    others.set(label, (others.get(label) ?? 0) + 1);
  }
  return [...others].map(([label, count]) => ({ label, count }));
}

/** Why a model has no test. */
function untestedLabel(status: number): string {
  const name = STATUSES[status] ?? 'failed';
  if (name === 'ok') return 'fitted without a test';
  return name === 'too_few' ? 'too few rows' : name.replaceAll('_', ' ');
}
