/** In how many rows of each level of the condition a gene is not zero. Pure; made by the worker in one pass over the data. */

import type { FitTable } from 'webgpu-lmm';
import type { ExpressedBy } from '../protocol/analysis-protocol.ts';

/** The shares of the models of a view at one level, from 0 to 1; NaN where it has no rows. */
export interface LevelShares {
  readonly column: string;
  readonly level: string;
  readonly shares: Float64Array;
}

export function levelShares({ column, levels, rows, expressed }: ExpressedBy, models: Int32Array): LevelShares[] {
  return levels.map((level, k) => ({
    column,
    level,
    shares: Float64Array.from(models, (model) => {
      const at = model * levels.length + k;
      return rows[at] > 0 ? expressed[at] / rows[at] : Number.NaN;
    }),
  }));
}

/** What a session or a store holds, where it belongs to a table of fits; else null. */
export function restoreExpressed(stored: unknown, table: FitTable | undefined): ExpressedBy | null {
  if (typeof stored !== 'object' || stored === null || !table) return null;
  const { column, levels, rows, expressed } = stored as Partial<Record<keyof ExpressedBy, unknown>>;
  if (typeof column !== 'string' || !Array.isArray(levels) || levels.some((level) => typeof level !== 'string')) {
    return null;
  }
  const whole = (values: unknown): values is Int32Array =>
    values instanceof Int32Array && values.length === table.models * levels.length;
  return whole(rows) && whole(expressed) ? { column, levels: levels as string[], rows, expressed } : null; // as checked
}
