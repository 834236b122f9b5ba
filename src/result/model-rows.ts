/** What every table says about the model of a row, and the cutting of long tables into runs of models. */

import type { FitTable } from '../types/fit-table.ts';
import type { DdfMethod } from '../types/inference.ts';
import { saysSatterthwaite } from '../types/inference.ts';
import type { OutputTableBuilder } from './output-table.ts';

/** Models `from` to `to - 1`; all of them when left out. */
export interface ModelRange {
  readonly from?: number;
  readonly to?: number;
}

/** The range with its ends filled in and cut to the models that exist. */
export function modelRange(table: FitTable, range: ModelRange): { from: number; to: number } {
  const from = Math.max(0, range.from ?? 0);
  return { from, to: Math.max(from, Math.min(table.models, range.to ?? table.models)) };
}

/** Whether a model has estimates; models without (constant, too few rows, failed ...) have their status and message only. */
export function hasFit(table: FitTable, model: number): boolean {
  if (Number.isFinite(table.sigma[model])) return true;
  const { names, estimate } = table.coefficients;
  for (let k = 0; k < names.length; k++) if (!Number.isNaN(estimate[model * names.length + k])) return true;
  return false;
}

/** Whose degrees of freedom the tests of a model have: the run's, but where Kenward and Roger's are not defined. */
export function methodOf(table: FitTable, model: number): DdfMethod {
  return saysSatterthwaite(table.messages[model]) ? 'satterthwaite' : table.ddf;
}

/** Adds the columns `[split] response [gene]` and returns what fills them for one row. */
export function identityColumns(builder: OutputTableBuilder, table: FitTable): (row: number, model: number) => void {
  const { splits, genes, responses } = table;
  const split = splits ? builder.string('split') : null;
  const response = builder.string('response');
  const gene = genes ? builder.string('gene') : null;
  return (row, model) => {
    if (split && splits) split[row] = splits[model];
    response[row] = responses[model];
    if (gene && genes) gene[row] = genes[model];
  };
}

/** Rows of a table held at once when it is written in runs: some ten MB of values. */
const rowsPerRun = 65_536;

/** Runs of models with about {@link rowsPerRun} rows each; at least one, which may be empty. */
export function* modelRuns(table: FitTable, rowsPerModel: number): Generator<{ from: number; to: number }> {
  const step = Math.max(1, Math.floor(rowsPerRun / Math.max(1, rowsPerModel)));
  let from = 0;
  do {
    const to = Math.min(table.models, from + step);
    yield { from, to };
    from = to;
  } while (from < table.models);
}
