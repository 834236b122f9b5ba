/** Any of the tables by its name, whole or in runs of rows, so that a large result is never held as text at once. */
import type { FitResult } from '../types.ts';
import { type AugmentOptions, augment } from './augment.ts';
import { glance } from './glance.ts';
import { modelRuns } from './model-rows.ts';
import { type OutputRow, type OutputTable, outputRows } from './output-table.ts';
import { ranef } from './ranef.ts';
import { type TidyOptions, tidy, tidyRowsPerModel } from './tidy.ts';
import { toptable } from './toptable.ts';
import { variance } from './variance.ts';

export const TABLE_NAMES = ['tidy', 'glance', 'augment', 'ranef', 'toptable', 'variance'] as const;
export type TableName = (typeof TABLE_NAMES)[number];

export interface TableOptions extends Pick<TidyOptions, 'confLevel'>, Pick<AugmentOptions, 'rowNames'> {
  /** The contrast or coefficient of a toptable; `term` or `coefficient` for variance fractions. */
  readonly contrast?: string;
}

/**
 * The table in runs of some ten thousand rows, by model; all runs have the same columns and there is at least one.
 *
 * @throws OptionError as the function of that name does.
 */
export function* tableRuns(result: FitResult, name: TableName, options: TableOptions = {}): Generator<OutputTable> {
  const { table } = result;
  switch (name) {
    case 'toptable':
      yield toptable(result, options.contrast);
      return;
    case 'variance': {
      const by = options.contrast === 'coefficient' ? 'coefficient' : 'term';
      for (const range of modelRuns(table, 1)) yield variance(result, { by, ...range });
      return;
    }
    case 'glance':
      for (const range of modelRuns(table, 1)) yield glance(result, range);
      return;
    case 'tidy':
      for (const range of modelRuns(table, tidyRowsPerModel(table))) yield tidy(result, { ...options, ...range });
      return;
    case 'ranef':
      for (const range of modelRuns(table, ranefRowsPerModel(result))) yield ranef(result, range);
      return;
    case 'augment':
      for (const range of modelRuns(table, augmentRowsPerModel(result)))
        yield augment(result, { ...options, ...range });
  }
}

/** The rows of a table one by one, as objects. */
export function* tableRows(result: FitResult, name: TableName, options: TableOptions = {}): Generator<OutputRow> {
  for (const run of tableRuns(result, name, options)) yield* outputRows(run);
}

/** Upper bound of the random effects of one model: all levels, whether or not a model uses them. */
function ranefRowsPerModel({ table }: FitResult): number {
  let rows = 1;
  for (const shape of table.terms) {
    const factor = table.groups.indexOf(shape.group);
    let levels = 0;
    for (let model = 0; factor >= 0 && model < table.models; model++) {
      levels = Math.max(levels, table.groupLevels[model * table.groups.length + factor]);
    }
    rows += levels * shape.names.length;
  }
  return rows;
}

/** All models are fitted to one table of data, whose rows number at least the largest n. */
function augmentRowsPerModel({ table }: FitResult): number {
  return table.nobs.reduce((most, n) => Math.max(most, n), 1);
}
