/** Names of the columns of a toptable as other programs have them, so that what reads their tables reads this one. */

import { NormalUpperTail } from '../numeric/distributions/log-tails.ts';
import { normalQuantile } from '../numeric/distributions/normal.ts';
import { OPTIONS } from '../options/entries.ts';
import { numberValues, type OutputColumn, type OutputTable } from './output-table.ts';

export const COLUMN_NAMES = OPTIONS.columns.choices;
export type ColumnNames = (typeof COLUMN_NAMES)[number];

/** Columns that are made, not renamed: the name of the test in each row, the normal quantile of p, and what is not known. */
type Made = 'contrast' | 'z' | 'unknown';

interface Layout {
  /** Columns in their order: the name there, and the column here or how it is made. */
  readonly columns: readonly (readonly [there: string, here: string | readonly [Made]])[];
}

const LIMMA = [
  ['ID', 'response'],
  ['logFC', 'logFC'],
  ['AveExpr', 'AveExpr'],
  ['t', 't'],
  ['F', 'F'],
  ['P.Value', 'P.Value'],
  ['adj.P.Val', 'adj.P.Val'],
] as const;

/**
 * `limma`: `topTable`, whose row names are the column `ID`. `dream`: `topTable` of variancePartition, with `z.std`. `muscat`: the
 * tables of `pbDS` and `mmDS` as `resDS` binds them, where `p_adj.loc` is adjusted within a cluster and `p_adj.glb` over all.
 * `pertpy`: the results of its tests of contrasts. `seurat`: `FindMarkers`, with `gene` and `cluster` as in `FindAllMarkers`;
 * `pct.1` and `pct.2` are not known to a fit.
 */
const LAYOUTS: Readonly<Record<ColumnNames, Layout>> = {
  limma: { columns: [...LIMMA, ['B', 'B']] },
  dream: { columns: [...LIMMA, ['B', 'B'], ['z.std', ['z']]] },
  muscat: {
    columns: [
      ['gene', 'response'],
      ['cluster_id', 'split'],
      ['logFC', 'logFC'],
      ['AveExpr', 'AveExpr'],
      ['t', 't'],
      ['F', 'F'],
      ['p_val', 'P.Value'],
      ['p_adj.loc', 'p.adjusted.within'],
      ['p_adj.glb', 'p.adjusted.all'],
      ['contrast', ['contrast']],
    ],
  },
  pertpy: {
    columns: [
      ['variable', 'response'],
      ['p_value', 'P.Value'],
      ['adj_p_value', 'adj.P.Val'],
      ['log_fc', 'logFC'],
      ['contrast', ['contrast']],
    ],
  },
  seurat: {
    columns: [
      ['p_val', 'P.Value'],
      ['avg_log2FC', 'logFC'],
      ['pct.1', ['unknown']],
      ['pct.2', ['unknown']],
      ['p_val_adj', 'adj.P.Val'],
      ['cluster', 'split'],
      ['gene', 'response'],
    ],
  },
};

/** Columns that say the same where there are no splits. */
const WITHOUT_SPLITS: Readonly<Record<string, string>> = {
  'p.adjusted.within': 'adj.P.Val',
  'p.adjusted.all': 'adj.P.Val',
};

/**
 * The table with the columns of another program first, in its order and by its names, then the others by their own. Columns that
 * this table has not are left out, but `B`, which is missing without moderation.
 *
 * @param test what the rows test, for the column `contrast`
 */
export function namedFor(table: OutputTable, names: ColumnNames, test: string): OutputTable {
  const { rows } = table;
  const find = (name: string) => table.columns.find((column) => column.name === name);
  const used = new Set<string>();
  const columns: OutputColumn[] = [];
  for (const [there, here] of LAYOUTS[names].columns) {
    if (typeof here !== 'string') columns.push(madeColumn(table, there, here[0], test));
    else {
      const column = find(here) ?? find(WITHOUT_SPLITS[here] ?? '');
      if (column !== undefined) {
        used.add(column.name);
        columns.push({ ...column, name: there });
      } else if (here === 'B' && find('t') !== undefined) columns.push(madeColumn(table, there, 'unknown', test));
    }
  }
  // Two names for one thing are none.
  if (used.has('p.adjusted.within')) used.add('adj.P.Val');
  const taken = new Set(columns.map(({ name }) => name));
  const rest = table.columns.filter(({ name }) => !used.has(name));
  // Symbols, where `gene` is the name of the response.
  return {
    rows,
    columns: [...columns, ...rest.map((own) => (taken.has(own.name) ? { ...own, name: 'symbol' } : own))],
  };
}

function madeColumn(table: OutputTable, name: string, how: Made, test: string): OutputColumn {
  const { rows } = table;
  if (how === 'contrast') return { name, kind: 'string', values: new Array<string>(rows).fill(test) };
  const values = new Float64Array(rows).fill(Number.NaN);
  const [log10P, t] = [numberValues(table, 'log10p'), numberValues(table, 't')];
  if (how === 'z' && log10P !== undefined) {
    for (let row = 0; row < rows; row++) values[row] = Math.sign(t?.[row] ?? 1) * standardised(log10P[row]);
  }
  return { name, kind: 'number', values };
}

/** z with log Q(z) = log(p / 2), of the normal upper tail Q; Newton steps from the quantile, or from where p underflows. */
function standardised(log10P: number): number {
  const target = log10P * Math.LN10 - Math.LN2;
  if (!Number.isFinite(target)) return Number.isNaN(log10P) ? Number.NaN : Infinity;
  const tail = new NormalUpperTail();
  let z = target > -700 ? -normalQuantile(Math.exp(target)) : Math.sqrt(-2 * target);
  for (let step = 0; step < 4; step++) {
    tail.evaluate(z, 1);
    z -= (tail.value - target) / tail.d1;
  }
  return z;
}
