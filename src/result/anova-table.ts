/** F tests of the terms of every model. */
import { adjustPValues, splitFamilies } from '../infer/adjust.ts';
import { termTests } from '../infer/anova.ts';
import type { AnovaType } from '../infer/hypotheses.ts';
import type { FitResult } from '../types/fit-result.ts';
import { identityColumns } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

/**
 * Columns `[split] response [gene] term sum.sq mean.sq num.df den.df statistic p.value log10p p.adjusted df.method`;
 * p is adjusted per
 * term over the responses of a split or over all of them, as the fit adjusts. One row without a term for a
 * model that has none.
 */
export function anovaTable(result: FitResult, type: AnovaType = 'III'): OutputTable {
  const { table } = result;
  const tests = termTests(result, type);
  const rows = tests.term.length;
  const builder = new OutputTableBuilder(rows);
  const identify = identityColumns(builder, table);
  const term = builder.string('term');
  builder.number('sum.sq', tests.sumOfSquares);
  builder.number('mean.sq', tests.meanSquare);
  builder.number('num.df', tests.numeratorDf);
  builder.number('den.df', tests.denominatorDf);
  builder.number('statistic', tests.statistic);
  builder.number('p.value', tests.pValue);
  builder.number('log10p', tests.log10P);
  const adjusted = builder.number('p.adjusted');
  const method = builder.string('df.method');
  const modelOf = new Int32Array(rows);
  const rowsOfTerm = new Map<string, number[]>();
  for (let model = 0; model < table.models; model++) {
    for (let row = tests.first[model]; row < tests.first[model + 1]; row++) {
      identify(row, model);
      modelOf[row] = model;
      method[row] = tests.method[row];
      const label = tests.term[row];
      term[row] = label;
      if (label === null) continue;
      const places = rowsOfTerm.get(label);
      if (places) places.push(row);
      else rowsOfTerm.set(label, [row]);
    }
  }
  const families = splitFamilies(table.splits, table.adjustAcross);
  for (const places of rowsOfTerm.values()) {
    const p = Float64Array.from(places, (row) => tests.pValue[row]);
    const groups = families && Int32Array.from(places, (row) => families[modelOf[row]]);
    adjustPValues(p, table.adjust, groups).forEach((value, i) => {
      adjusted[places[i]] = value;
    });
  }
  return builder.finish(rows);
}
