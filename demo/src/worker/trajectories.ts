/** A response over time: the values of each subject, what was fitted to them, and the means of the conditions. */

import { type MarginalOptions, marginalMeans } from 'webgpu-lmm';
import type { TrajectoryDetail } from '../protocol/model-protocol.ts';
import { type Condition, conditionOf, partOf, type ValueCache } from './gene.ts';
import { gradeNote, gradeValues } from './grades.ts';
import { type OneModel, oneModel } from './one-model.ts';
import { numbersOf, refusal } from './output-columns.ts';
import type { FittedRun } from './run.ts';
import { type TimeColumn, timeColumn } from './time-column.ts';
import { type WithoutOffset, withoutOffset } from './without-offset.ts';

/** Times at which means by a numeric time are shown. */
const GRID = 41;
/** Lines of subjects at most. */
const MOST_LINES = 3000;

/** Null where no column of the formula tells visits of a subject apart. */
export async function trajectories(
  run: FittedRun,
  model: number,
  cache: ValueCache,
  signal: AbortSignal,
): Promise<TrajectoryDetail | null> {
  const part = partOf(run, model);
  const time = timeColumn(run.data.table, part, run.result.recipeOf(model), run.data.matrixRows !== null);
  if (!time) return null;
  const one = await oneModel(run, model, cache, signal);
  const found = conditionOf(run, part, time.name);
  const condition = found && found.name !== time.subjects.name ? found : null;
  const scale = withoutOffset(one.part.design.offset, one.result.table.family?.link ?? 'identity');
  const { means, notes } = scale.isShared
    ? fittedMeans(one, time, condition)
    : { means: [], notes: ['No means are drawn: the offset differs from row to row.'] };
  const { lines, left } = subjectLines(one, time, condition, scale);
  const numbered = gradeNote(one.responses.categories);
  return {
    time: time.name,
    visits: time.visits,
    condition: condition?.name ?? '',
    conditions: condition?.labels ?? [''],
    subject: time.subjects.name,
    unit: scale.unit,
    lines,
    means,
    notes: [
      ...notes,
      ...(numbered === null ? [] : [numbered]),
      ...(left > 0 ? [`${left.toLocaleString('en')} more subjects are not drawn`] : []),
    ],
  };
}

interface Line {
  readonly subject: string;
  readonly condition: number;
  /** Sums by time. */
  readonly at: Map<number, { count: number; value: number; fitted: number }>;
}

/** Values and fitted values of each subject by time; several rows at one time are averaged. */
function subjectLines(
  { result, part, responses }: OneModel,
  { values: time, subjects }: TimeColumn,
  condition: Condition | null,
  scale: WithoutOffset,
): { readonly lines: TrajectoryDetail['lines']; readonly left: number } {
  const { rows } = part.design;
  const { trials, categories } = responses;
  const values = gradeValues(responses.values, categories);
  // Of ordinal responses these are probabilities, which are no values.
  const fitted = result.table.family?.thresholds ? null : result.fittedValues(0);
  const found = new Map<string, Line>();
  rows.forEach((row, i) => {
    const value = trials ? values[row] / trials[row] : values[row];
    const level = condition ? condition.codes[row] : 0;
    const code = subjects.codes[i];
    if (Number.isNaN(value) || Number.isNaN(time[i]) || level < 0 || code < 0) return;
    const key = `${code} ${level}`;
    const line = found.get(key) ?? { subject: subjects.levels[code], condition: level, at: new Map() };
    found.set(key, line);
    const sums = line.at.get(time[i]) ?? { count: 0, value: 0, fitted: 0 };
    line.at.set(time[i], sums);
    sums.count += 1;
    sums.value += scale.of(value, i);
    sums.fitted += scale.of(fitted?.fitted[row] ?? Number.NaN, i);
  });
  const all = [...found.values()];
  const lines = all.slice(0, MOST_LINES).map(({ subject, condition: level, at }) => {
    const points = [...at].sort(([a], [b]) => a - b);
    return {
      subject,
      condition: level,
      time: Float64Array.from(points, ([when]) => when),
      value: Float64Array.from(points, ([, sums]) => sums.value / sums.count),
      fitted: fitted ? Float64Array.from(points, ([, sums]) => sums.fitted / sums.count) : new Float64Array(0),
    };
  });
  return { lines, left: all.length - lines.length };
}

/** Marginal means of the conditions over time, other factors weighted alike, covariates at their means. */
function fittedMeans(
  { result }: OneModel,
  { name, values, visits }: TimeColumn,
  condition: Condition | null,
): Pick<TrajectoryDetail, 'means' | 'notes'> {
  const { recipe, table } = result;
  const inModel = condition !== null && (recipe?.columns.some((column) => column.name === condition.name) ?? false);
  const numericCondition =
    inModel && recipe?.columns.find((column) => column.name === condition.name)?.kind === 'numeric';
  const at: Record<string, readonly (string | number)[]> = Object.create(null);
  let grid: number[];
  if (visits) {
    const seen = new Set(values);
    grid = visits.flatMap((_, k) => (seen.has(k) ? [k] : []));
  } else {
    const known = values.filter((value) => !Number.isNaN(value));
    const low = known.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
    const high = known.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    grid = Array.from({ length: GRID }, (_, k) => low + ((high - low) * k) / (GRID - 1));
    at[name] = grid;
  }
  const used = condition
    ? condition.labels.flatMap((_, c) => (result.recipe && hasLevel(result, condition, c) ? [c] : []))
    : [0];
  if (numericCondition) at[condition.name] = used.map((c) => Number(condition.labels[c]));
  const options: MarginalOptions = {
    // Comparisons, which are not shown, are within a time: few.
    ...(inModel ? { over: [condition.name], by: [name] } : { over: [name] }),
    at,
    adjust: 'none',
    ...(table.family ? { type: 'response' } : {}),
  };
  try {
    const { means, notes } = marginalMeans(result, options);
    const column = ['estimate', 'prob', 'rate', 'mean']
      .map((word) => numbersOf(means, word))
      .find((one) => one !== null);
    const [low, high] = [numbersOf(means, 'conf.low'), numbersOf(means, 'conf.high')];
    if (!column || !low || !high) return { means: [], notes };
    const levels = inModel ? means.rows / grid.length : 1;
    // The first axis varies fastest.
    const pick = (from: Float64Array, level: number) => Float64Array.from(grid, (_, t) => from[t * levels + level]);
    return {
      means: Array.from({ length: levels }, (_, level) => ({
        condition: inModel ? (used[level] ?? level) : 0,
        time: Float64Array.from(grid),
        mean: pick(column, level),
        low: pick(low, level),
        high: pick(high, level),
      })),
      notes,
    };
  } catch (error) {
    return { means: [], notes: [`No means are drawn: ${refusal(error)}.`] };
  }
}

/** Whether a level of the condition has rows in the model. */
function hasLevel({ recipe }: OneModel['result'], condition: Condition, level: number): boolean {
  const column = recipe?.columns.find(({ name }) => name === condition.name);
  if (column?.kind !== 'factor') return true;
  return (column.counts[column.levels.indexOf(condition.labels[level])] ?? 0) > 0;
}
