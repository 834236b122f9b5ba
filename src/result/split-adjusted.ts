/** With splits both adjustments of p-values, whichever the fit was asked for: within a split, and over all of them. */
import { adjustColumns, adjustPValues, splitFamilies } from '../infer/adjust.ts';
import type { FitTable } from '../types/fit-table.ts';
import type { OutputTableBuilder } from './output-table.ts';

type Adjusted = readonly [within: Float64Array, all: Float64Array];

/** Tables are written in runs of rows, and the adjustment is of all of them. */
const known = new WeakMap<Float64Array, Adjusted>();

/** Adjusted columns of p-values, models x `width`; null without splits. */
function bothOf({ splits, adjust }: FitTable, pValue: Float64Array, width: number): Adjusted | null {
  if (!splits) return null;
  let found = known.get(pValue);
  if (found === undefined) {
    const within = splitFamilies(splits, 'within');
    found = [adjustColumns(pValue, width, adjust, within), adjustColumns(pValue, width, adjust)];
    known.set(pValue, found);
  }
  return found;
}

/**
 * Adds the columns `p.adjusted.within` and `p.adjusted.all`, or those of another name, where there are splits, and returns what
 * fills them: `at` is the place of a test in its columns of p-values.
 */
export function splitAdjusted(
  builder: OutputTableBuilder,
  table: FitTable,
  name = 'p.adjusted',
): (row: number, tests: { readonly pValue: Float64Array; readonly width: number }, at: number) => void {
  if (!table.splits) return () => {};
  const columns = [builder.number(`${name}.within`), builder.number(`${name}.all`)];
  return (row, { pValue, width }, at) => {
    bothOf(table, pValue, width)?.forEach((values, k) => {
      columns[k][row] = values[at];
    });
  };
}

/** The same for the rows of one hypothesis; `models` are theirs. */
export function adjustRows(
  { splits, adjust }: FitTable,
  p: Float64Array,
  models: Int32Array,
  across: 'within' | 'all',
): Float64Array {
  const families = splitFamilies(splits, across);
  return adjustPValues(p, adjust, families && Int32Array.from(models, (model) => families[model]));
}
