/** Residuals of one model, with what tells its rows apart. */

import { augment } from 'webgpu-lmm';
import type { ResidualDetail } from '../protocol/model-protocol.ts';
import { conditionOf, partOf, type ValueCache } from './gene.ts';
import { oneModel } from './one-model.ts';
import { numbersOf } from './output-columns.ts';
import type { FittedRun } from './run.ts';
import { subjectsOf, timeColumn } from './time-column.ts';

/** Rows that are sent to the page at most. */
const MOST_ROWS = 100_000;
/** Levels of a factor that residuals are shown by, at most. */
const MOST_LEVELS = 60;

export async function residuals(
  run: FittedRun,
  model: number,
  cache: ValueCache,
  signal: AbortSignal,
): Promise<ResidualDetail> {
  const part = partOf(run, model);
  const { result } = await oneModel(run, model, cache, signal);
  const table = augment(result);
  const column = (name: string): Float64Array | null => numbersOf(table, name);
  const fitted = column('.linear') ?? column('.fitted') ?? new Float64Array(0);
  const residual = column('.resid') ?? new Float64Array(0);
  const scales = [
    ['quantile', column('.resid.quantile')],
    ['whitened', column('.resid.whitened')],
    ['standardised', column('.resid.standardised')],
    ['Pearson', column('.resid.pearson')],
  ] as const;
  // Standardised ones are missing where the leverages are out of reach.
  const [scale, scaled] = scales.find(([, values]) => values?.some((value) => !Number.isNaN(value))) ?? [
    'Pearson',
    null,
  ];
  const places = Array.from(part.design.rows.keys()).filter((i) => !Number.isNaN(residual[part.design.rows[i]]));
  const stride = Math.ceil(places.length / MOST_ROWS);
  const shown = Int32Array.from(places.filter((_, k) => k % Math.max(1, stride) === 0));
  const rows = shown.map((i) => part.design.rows[i]);
  const pick = (values: Float64Array | null) => Float64Array.from(rows, (row) => values?.[row] ?? Number.NaN);
  const groups: ResidualDetail['groups'][number][] = [];
  const add = (name: string, levels: readonly string[], codes: Int32Array): void => {
    if (levels.length < 2 || levels.length > MOST_LEVELS || groups.some((group) => group.column === name)) return;
    groups.push({ column: name, levels, codes });
  };
  const time = timeColumn(run.data.table, part, run.result.recipeOf(model), run.data.matrixRows !== null);
  const condition = conditionOf(run, part, time?.name);
  if (condition)
    add(
      condition.name,
      condition.labels,
      rows.map((row) => condition.codes[row]),
    );
  if (time) {
    const values = [...new Set(time.values)].filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
    const place = new Map(values.map((value, k) => [value, k]));
    const labels = values.map((value) => time.visits?.[value] ?? String(value));
    add(
      time.name,
      labels,
      shown.map((i) => place.get(time.values[i]) ?? -1),
    );
  }
  for (const { name, levels, codes } of subjectsOf(part))
    add(
      name,
      levels,
      shown.map((i) => codes[i]),
    );
  return {
    fitted: pick(fitted),
    residual: pick(residual),
    scaled: pick(scaled),
    scale,
    fittedName: column('.linear') ? 'Linear predictor' : 'Fitted value',
    groups,
    rows: places.length,
  };
}
