/** The tests that the page shows, everywhere: moderated ones where these were asked for. Pure. */

import type { FitTable } from 'webgpu-lmm';
import { withModeratedTests } from 'webgpu-lmm/statistics';

const kept = new WeakMap<FitTable, FitTable>();

/** The fits with the tests that the page shows as their `coefficients` and `contrasts`: the same object for the same fits. */
export function shownTests(table: FitTable): FitTable {
  let shown = kept.get(table);
  if (!shown) {
    shown = withModeratedTests(table);
    kept.set(table, shown);
  }
  return shown;
}

/** What the numbers of these tests are called in tables that are saved, as the command calls them. */
export interface TestColumnNames {
  readonly df: string;
  readonly p: string;
  readonly log10P: string;
  readonly adjusted: string;
}

export function columnNames({ moderation }: FitTable): TestColumnNames {
  return moderation
    ? { df: 'df.moderated', p: 'p.moderated', log10P: 'log10p.moderated', adjusted: 'p.moderated.adjusted' }
    : { df: 'df', p: 'p.value', log10P: 'log10p', adjusted: 'p.adjusted' };
}
