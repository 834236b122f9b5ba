/** What the page calls what it fits: genes of a matrix, responses of tables, or the one response. Pure. */

import type { DataSummary } from '../protocol/protocol.ts';
import { DEFAULT_SETTINGS } from '../protocol/settings.ts';
import type { Results } from '../results/results-view.ts';
import type { View } from '../state/store.ts';
import { counted } from './number-text.ts';
import { splitProposal } from './split-proposal.ts';

/** Whether there is one model, which has a page of its own and no plots of many. */
export function isSingle({ outcome }: Results): boolean {
  return outcome.table.models === 1;
}

/** Views that have nothing to show of one model. */
const OF_MANY: readonly string[] = ['genes', 'diagnostics', 'overview', 'sets'];

/** The name of a view, `usual` for genes; null for views of many models where there is one. */
export function viewTitle(view: View, usual: string, results: Results | null): string | null {
  if (!results) return usual;
  if (isSingle(results)) {
    if (OF_MANY.includes(view)) return null;
    return view === 'gene' ? 'Result' : usual;
  }
  if (results.summary.kind === 'matrix') return usual;
  if (view === 'genes') return 'Responses';
  return view === 'gene' ? 'One response' : usual;
}

/** What stands where the results will be. */
export function emptyWords(summary: DataSummary | null): { readonly title: string; readonly text: string } {
  if (summary?.kind === 'table') {
    return {
      title: 'A mixed model for your table',
      text: `Choose the response and the design, press Fit: effects with intervals and tests, what varies between subjects, and a plot of the ${counted(summary.rows, 'rows')} appear here, with the numbers of lme4, mmrm and glmmTMB.`,
    };
  }
  const types = summary ? splitProposal(summary, DEFAULT_SETTINGS) : null;
  if (types) {
    return {
      title: `One fit for each ${types.column}, or one for all cells`,
      text: `${types.words} Step 2 has both: below its formula, and as “One fit for each”.`,
    };
  }
  return {
    title: 'Mixed models for every gene, or for one response',
    text: 'Open data, choose a design, press Fit. Cells and samples give a volcano plot and a table of all genes, each with a model of its own; a table of a trial or an experiment gives effects with intervals and tests, with the numbers of lme4, mmrm and glmmTMB.',
  };
}
