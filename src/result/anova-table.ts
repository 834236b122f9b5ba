/** F tests of the terms of every model. */
import { adjustPValues, splitFamilies } from '../infer/adjust.ts';
import { anova, type TermTest } from '../infer/anova.ts';
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
  const tests = Array.from({ length: table.models }, (_, model) => anova(result, model, type));
  const rows = tests.reduce((sum, list) => sum + Math.max(1, list.length), 0);
  const builder = new OutputTableBuilder(rows);
  const identify = identityColumns(builder, table);
  const term = builder.string('term');
  const numbers = {
    sumOfSquares: builder.number('sum.sq'),
    meanSquare: builder.number('mean.sq'),
    numeratorDf: builder.number('num.df'),
    denominatorDf: builder.number('den.df'),
    statistic: builder.number('statistic'),
    pValue: builder.number('p.value'),
    log10P: builder.number('log10p'),
  } satisfies Partial<Record<keyof TermTest, Float64Array>>;
  const adjusted = builder.number('p.adjusted');
  const method = builder.string('df.method');
  const rowsOfTerm = new Map<string, { row: number; model: number }[]>();
  let row = 0;
  tests.forEach((list, model) => {
    if (list.length === 0) identify(row++, model);
    for (const test of list) {
      identify(row, model);
      term[row] = test.term;
      numbers.sumOfSquares[row] = test.sumOfSquares;
      numbers.meanSquare[row] = test.meanSquare;
      numbers.numeratorDf[row] = test.numeratorDf;
      numbers.denominatorDf[row] = test.denominatorDf;
      numbers.statistic[row] = test.statistic;
      numbers.pValue[row] = test.pValue;
      numbers.log10P[row] = test.log10P;
      method[row] = test.method;
      const places = rowsOfTerm.get(test.term);
      if (places) places.push({ row, model });
      else rowsOfTerm.set(test.term, [{ row, model }]);
      row++;
    }
  });
  const families = splitFamilies(table.splits, table.adjustAcross);
  for (const places of rowsOfTerm.values()) {
    const p = Float64Array.from(places, (place) => numbers.pValue[place.row]);
    const groups = families && Int32Array.from(places, ({ model }) => families[model]);
    adjustPValues(p, table.adjust, groups).forEach((value, i) => {
      adjusted[places[i].row] = value;
    });
  }
  return builder.finish(rows);
}
