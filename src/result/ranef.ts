import { studentQuantile } from '../numeric/distributions/student-quantile.ts';
import { levelOf } from '../options/entries.ts';
import type { FitResult } from '../types/fit-result.ts';
import { identityColumns, type ModelRange, modelRange } from './model-rows.ts';
import { type OutputTable, OutputTableBuilder } from './output-table.ts';

export interface RanefOptions extends ModelRange {
  /** Adds `conf.low` and `conf.high` of this level, say 0.95: estimate -+ z std.error. */
  readonly confLevel?: number;
  /** Levels of each effect by increasing estimate, as a caterpillar plot shows them; else in their own order. */
  readonly sorted?: boolean;
}

/**
 * Columns `[split] response [gene] group level term estimate std.error [conf.low conf.high]`, by model, random term,
 * effect and level; `std.error` is the conditional standard deviation with the fixed effects held. Models without a fit
 * have no rows.
 *
 * @throws OptionError for a level outside (0, 1).
 */
export function ranef(result: FitResult, options: RanefOptions = {}): OutputTable {
  const { table } = result;
  const { from, to } = modelRange(table, options);
  const { confLevel, sorted = false } = options;
  if (confLevel !== undefined) levelOf(confLevel);
  const z = confLevel === undefined ? 0 : studentQuantile(0.5 + confLevel / 2, Number.POSITIVE_INFINITY);
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
  const low = confLevel === undefined ? null : builder.number('conf.low');
  const high = confLevel === undefined ? null : builder.number('conf.high');
  let row = 0;
  for (const { model, effects } of parts) {
    const q = effects.names.length;
    for (let k = 0; k < q; k++) {
      const order = [...effects.levels.keys()];
      if (sorted) order.sort((i, j) => effects.estimate[i * q + k] - effects.estimate[j * q + k]);
      for (const i of order) {
        identify(row, model);
        group[row] = effects.group;
        level[row] = effects.levels[i];
        term[row] = effects.names[k];
        estimate[row] = effects.estimate[i * q + k];
        standardError[row] = effects.standardError[i * q + k];
        if (low && high) {
          low[row] = estimate[row] - z * standardError[row];
          high[row] = estimate[row] + z * standardError[row];
        }
        row++;
      }
    }
  }
  return builder.finish(rows);
}
