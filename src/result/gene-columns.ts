/** The tests of a fit with a gene a row: columns for the `varm` of an AnnData file. */
import type { FitResult } from '../types/fit-result.ts';
import { STATUSES } from '../types/fit-table.ts';
import type { Column } from '../types/table.ts';
import { modelRuns } from './model-rows.ts';
import { type TidyOptions, tidy, tidyRowsPerModel } from './tidy.ts';

/**
 * For each split the column `[SPLIT.]status`, then for each coefficient and contrast the numbers of the tidy table,
 * `[SPLIT.]TERM.estimate`, `[SPLIT.]TERM.p.value` and so on, as the Python package has them; missing for genes that were not fitted.
 *
 * @param genes names of the responses, one a row
 */
export function geneColumns(
  result: FitResult,
  genes: readonly string[],
  options: Pick<TidyOptions, 'confLevel' | 'exponentiate'> = {},
): Map<string, Column> {
  const { table } = result;
  const rowOf = new Map(genes.map((name, row) => [name, row]));
  const statuses = new Map<string, Column & { readonly kind: 'factor' }>();
  for (let model = 0; model < table.models; model++) {
    const row = rowOf.get(table.responses[model]);
    const name = `${splitPrefix(table.splits?.[model])}status`;
    let column = statuses.get(name);
    if (column === undefined) {
      column = { kind: 'factor', levels: STATUSES, codes: new Int32Array(genes.length).fill(-1), ordered: false };
      statuses.set(name, column);
    }
    if (row !== undefined) column.codes[row] = table.status[model];
  }
  const numbers = new Map<string, Float64Array>();
  for (const range of modelRuns(table, tidyRowsPerModel(table))) {
    const { columns, rows } = tidy(result, { ...options, ...range });
    const textOf = (name: string) => columns.find((column) => column.kind === 'string' && column.name === name);
    const [splits, responses, effects, terms] = ['split', 'response', 'effect', 'term'].map(
      (name) => textOf(name)?.values,
    );
    for (let from = 0; from < rows; from++) {
      const row = rowOf.get(String(responses?.[from]));
      if (row === undefined || effects?.[from] !== 'fixed') continue;
      const prefix = `${splitPrefix(splits?.[from])}${elementName(String(terms?.[from]))}.`;
      for (const column of columns) {
        if (column.kind !== 'number') continue;
        const name = prefix + column.name;
        let values = numbers.get(name);
        if (values === undefined) {
          values = new Float64Array(genes.length).fill(Number.NaN);
          numbers.set(name, values);
        }
        values[row] = column.values[from];
      }
    }
  }
  const tests = Array.from(numbers, ([name, values]): [string, Column] => [name, { kind: 'numeric', values }]);
  return new Map<string, Column>([...statuses, ...tests]);
}

function splitPrefix(split: string | number | null | undefined): string {
  return split === null || split === undefined ? '' : `${elementName(String(split))}.`;
}

/** A name for an element of an HDF5 file, where a slash leads into a group. */
export function elementName(text: string): string {
  return text.replaceAll('/', '_');
}
