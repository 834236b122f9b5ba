import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../src/numeric/distributions/normal.ts';
import { numberValues, type OutputTable } from '../../src/result/output-table.ts';
import { COLUMN_NAMES, namedFor } from '../../src/result/table-names.ts';

const numbers = (name: string, ...values: number[]) =>
  ({ name, kind: 'number', values: Float64Array.from(values) }) as const;
const texts = (name: string, ...values: string[]) => ({ name, kind: 'string', values }) as const;

/** A toptable of two genes: p of 0.02, and 1e-400, which no double holds. */
const TABLE: OutputTable = {
  rows: 2,
  columns: [
    texts('split', 'B', 'T'),
    texts('response', 'ENSG1', 'ENSG2'),
    texts('gene', 'ACT', 'MYC'),
    numbers('logFC', -1, 2),
    numbers('AveExpr', 3, 4),
    numbers('t', -2.5, 50),
    numbers('P.Value', 0.02, 0),
    numbers('adj.P.Val', 0.02, 0),
    numbers('log10p', Math.log10(0.02), -400),
    numbers('p.adjusted.within', 0.02, 0),
    numbers('p.adjusted.all', 0.04, 0),
    texts('df.method', 'satterthwaite', 'satterthwaite'),
  ],
};
const names = (table: OutputTable) => table.columns.map(({ name }) => name).join(' ');
const PLAIN = { ...TABLE, columns: TABLE.columns.filter(({ name }) => !/split|gene|p\.adjusted/.test(name)) };

describe('namedFor', () => {
  it.each([
    ['limma', 'ID logFC AveExpr t P.Value adj.P.Val B split gene log10p p.adjusted.within p.adjusted.all df.method'],
    [
      'dream',
      'ID logFC AveExpr t P.Value adj.P.Val B z.std split gene log10p p.adjusted.within p.adjusted.all df.method',
    ],
    ['muscat', 'gene cluster_id logFC AveExpr t p_val p_adj.loc p_adj.glb contrast symbol log10p df.method'],
    [
      'pertpy',
      'variable p_value adj_p_value log_fc contrast split gene AveExpr t log10p p.adjusted.within p.adjusted.all df.method',
    ],
    [
      'seurat',
      'p_val avg_log2FC pct.1 pct.2 p_val_adj cluster gene symbol AveExpr t log10p p.adjusted.within p.adjusted.all df.method',
    ],
  ] as const)('has the columns of %s first, and drops none', (whose, expected) => {
    expect(names(namedFor(TABLE, whose, 'stim'))).toBe(expected);
  });

  it('gives muscat both adjustments also without splits', () => {
    const table = namedFor(PLAIN, 'muscat', 'stim');
    expect(names(table)).toBe('gene logFC AveExpr t p_val p_adj.loc p_adj.glb contrast log10p df.method');
    expect(numberValues(table, 'p_adj.glb')).toEqual(Float64Array.of(0.02, 0));
    expect(table.columns.find(({ name }) => name === 'contrast')?.values).toEqual(['stim', 'stim']);
  });

  it('leaves values and rows as they are', () => {
    for (const whose of COLUMN_NAMES) {
      const table = namedFor(TABLE, whose, 'stim');
      expect(table.rows).toBe(2);
      expect(new Set(table.columns.map(({ name }) => name)).size).toBe(table.columns.length);
      for (const { values } of PLAIN.columns)
        expect(table.columns.map((column) => column.values)).toContainEqual(values);
    }
  });

  it('has the normal quantile of p, signed, where p is below the smallest double too', () => {
    const z = numberValues(namedFor(TABLE, 'dream', 'stim'), 'z.std') ?? new Float64Array(2);
    expect(z[0]).toBeCloseTo(normalQuantile(0.01), 12);
    // R: -qnorm(-400 * log(10) - log(2), log.p = TRUE)
    expect(z[1]).toBeCloseTo(42.8264064911703, 10);
  });
});
