/** One row a random effect: conditional modes (BLUPs) and their standard deviations. */
import type { FitResult } from '../types.ts';
import { identityColumns, type ModelRange, modelRange } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

/**
 * Columns `[split] response [gene] group level term estimate std.error`, by model, random term, effect and level;
 * `std.error` is the conditional standard deviation with the fixed effects held. Models without a fit have no rows.
 */
export function ranef(result: FitResult, range: ModelRange = {}): OutputTable {
  const { table } = result;
  const { from, to } = modelRange(table, range);
  const parts = [];
  let rows = 0;
  for (let model = from; model < to; model++) {
    for (const effects of result.randomEffects(model)) {
      parts.push({ model, effects });
      rows += effects.levels.length * effects.names.length;
    }
  }
  const builder = new OutputTableBuilder(rows);
  const identify = identityColumns(builder, table);
  const group = builder.string('group');
  const level = builder.string('level');
  const term = builder.string('term');
  const estimate = builder.number('estimate');
  const standardError = builder.number('std.error');
  let row = 0;
  for (const { model, effects } of parts) {
    const q = effects.names.length;
    for (let k = 0; k < q; k++) {
      for (let i = 0; i < effects.levels.length; i++) {
        identify(row, model);
        group[row] = effects.group;
        level[row] = effects.levels[i];
        term[row] = effects.names[k];
        estimate[row] = effects.estimate[i * q + k];
        standardError[row] = effects.standardError[i * q + k];
        row++;
      }
    }
  }
  return builder.finish(rows);
}
