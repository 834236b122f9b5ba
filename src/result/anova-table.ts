/** F tests of the terms of every model. */
import { termTests } from '../infer/anova.ts';
import type { AnovaType } from '../infer/hypotheses.ts';
import type { FitResult } from '../types/fit-result.ts';
import { identityColumns } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';
import { adjustRows } from './split-adjusted.ts';

/**
 * Columns `[split] response [gene] term sum.sq mean.sq num.df den.df statistic p.value log10p p.adjusted [p.adjusted.within
 * p.adjusted.all] df.method`;
 * p is adjusted per
 * term over the responses of a split or over all of them, as the fit adjusts. One row without a term for a
 * model that has none.
 */
export function anovaTable(result: FitResult, type: AnovaType = 'III'): OutputTable {
  const { table } = result;
  const { first, term: terms, method: methods, columns } = termTests(result, type);
  const rows = terms.length;
  const builder = new OutputTableBuilder(rows);
  const identify = identityColumns(builder, table);
  const term = builder.string('term');
  builder.number('sum.sq', columns.sumOfSquares);
  builder.number('mean.sq', columns.meanSquare);
  builder.number('num.df', columns.numeratorDf);
  builder.number('den.df', columns.denominatorDf);
  builder.number('statistic', columns.statistic);
  builder.number('p.value', columns.pValue);
  builder.number('log10p', columns.log10P);
  const adjusted = builder.number('p.adjusted');
  const both = table.splits ? [builder.number('p.adjusted.within'), builder.number('p.adjusted.all')] : [];
  const method = builder.string('df.method');
  const modelOf = new Int32Array(rows);
  const rowsOfTerm = new Map<string, number[]>();
  for (let model = 0; model < table.models; model++) {
    for (let row = first[model]; row < first[model + 1]; row++) {
      identify(row, model);
      modelOf[row] = model;
      method[row] = methods[model];
      const label = terms[row];
      term[row] = label;
      if (label === null) continue;
      const places = rowsOfTerm.get(label);
      if (places) places.push(row);
      else rowsOfTerm.set(label, [row]);
    }
  }
  for (const places of rowsOfTerm.values()) {
    const p = Float64Array.from(places, (row) => columns.pValue[row]);
    const models = Int32Array.from(places, (row) => modelOf[row]);
    for (const [k, column] of [adjusted, ...both].entries()) {
      const across = k === 0 ? table.adjustAcross : k === 1 ? 'within' : 'all';
      adjustRows(table, p, models, across).forEach((value, i) => {
        column[places[i]] = value;
      });
    }
  }
  return builder.finish(rows);
}
