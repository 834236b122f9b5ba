/** Predictions of one model at values that were typed in. */

import { type Column, FitError, predict, type Table } from 'webgpu-lmm';
import { groupNotes } from 'webgpu-lmm/steps';
import type { PredictionField, PredictionQuestion, Predictions } from '../protocol/model-protocol.ts';
import type { ValueCache } from './gene.ts';
import { type OneModel, oneModel } from './one-model.ts';
import { numbersOf, textsOf } from './output-columns.ts';
import type { FittedRun } from './run.ts';

/** Levels that a choice lists. */
const MOST_LEVELS = 2000;

/** The columns that the formula reads, with the values that stand there at first. */
export async function predictionFields(
  run: FittedRun,
  model: number,
  cache: ValueCache,
  signal: AbortSignal,
): Promise<readonly PredictionField[]> {
  return fieldsOf(await oneModel(run, model, cache, signal));
}

function fieldsOf({ result, table }: OneModel): PredictionField[] {
  const { recipe } = result;
  if (!recipe) return [];
  const fixed = new Set(recipe.variables.flatMap(({ columns }) => columns));
  const levelsOfGroup = new Map(
    recipe.random.flatMap(({ atoms }) => atoms.map(({ label, levels }) => [label, levels])),
  );
  // Subjects that only residuals follow say nothing of a mean, nor of a new observation.
  const followed = new Set(recipe.residual?.subject.atoms.map(({ label }) => label));
  const read = recipe.columns.filter(({ name }) => fixed.has(name) || levelsOfGroup.has(name) || !followed.has(name));
  const fields = read.map((column): PredictionField => {
    const { name } = column;
    const grouping = levelsOfGroup.get(name);
    const groups = grouping !== undefined && !fixed.has(name);
    if (groups)
      return { name, kind: 'choice', levels: grouping.slice(0, MOST_LEVELS), usual: grouping[0] ?? '', groups };
    if (column.kind === 'factor') {
      const levels = column.levels.filter((_, k) => column.counts[k] > 0);
      const most = column.counts.indexOf(Math.max(...column.counts));
      return { name, kind: 'choice', levels, usual: column.levels[most] ?? '', groups };
    }
    if (column.kind === 'logical') return { name, kind: 'choice', levels: ['FALSE', 'TRUE'], usual: 'FALSE', groups };
    return { name, kind: 'number', levels: [], usual: String(Number((column.mean ?? 0).toPrecision(4))), groups };
  });
  const { offset } = recipe;
  if (offset !== null && !fields.some(({ name }) => name === offset)) {
    const column = table.columns.get(offset);
    const values: readonly number[] =
      column && column.kind !== 'factor' ? Array.from(column.values).filter((value) => !Number.isNaN(value)) : [];
    const mean = values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
    fields.push({
      name: offset,
      kind: 'number',
      levels: [],
      usual: String(Number(mean.toPrecision(4))),
      groups: false,
    });
  }
  return withUsualGroups(fields, table);
}

/** The first groups that go together, in a row that has what stands in the other boxes: the sample of a donor under a condition. */
function withUsualGroups(fields: readonly PredictionField[], table: Table): PredictionField[] {
  const texts = (name: string): readonly (string | null)[] => {
    const column = table.columns.get(name);
    if (column?.kind === 'factor') return Array.from(column.codes, (code) => column.levels[code] ?? null);
    return column ? Array.from(column.values, String) : [];
  };
  const wanted = fields.flatMap(({ name, kind, groups, usual }) =>
    kind === 'choice' && !groups && table.columns.get(name)?.kind === 'factor' ? [{ own: texts(name), usual }] : [],
  );
  const groups = new Map(fields.filter((field) => field.groups).map(({ name }) => [name, texts(name)]));
  const row = Array.from({ length: table.rows }, (_, i) => i).find(
    (i) =>
      wanted.every(({ own, usual }) => own[i] === usual) &&
      [...groups.values()].every((own) => (own[i] ?? null) !== null),
  );
  if (row === undefined) return [...fields];
  return fields.map((field) => {
    const usual = groups.get(field.name)?.[row] ?? field.usual;
    return field.levels.includes(usual) ? { ...field, usual } : field;
  });
}

/** One row; of an ordinal response one for each category. */
export async function predictions(
  run: FittedRun,
  { model, values, ofGroups, interval }: PredictionQuestion,
  cache: ValueCache,
  signal: AbortSignal,
): Promise<Predictions> {
  const one = await oneModel(run, model, cache, signal);
  const { result, table } = one;
  const columns = new Map<string, Column>();
  for (const field of fieldsOf(one)) columns.set(field.name, columnOf(field, values[field.name] ?? '', table));
  const row: Table = { rows: 1, columns };
  // Means of families have limits, and new observations of theirs none.
  const asked = result.table.family ? 'confidence' : interval;
  const randomEffects = ofGroups ? 'all' : 'none';
  const found = predict(result, row, {
    randomEffects,
    interval: asked,
    allowNewLevels: !ofGroups,
  });
  const of = (name: string, i: number): number => numbersOf(found, name)?.[i] ?? Number.NaN;
  const categories = textsOf(found, '.category');
  const rows = Array.from({ length: found.rows }, (_, i) => ({
    category: categories[i] === '' ? null : categories[i],
    fitted: of('.fitted', i),
    standardError: of('.se.fit', i),
    df: of('.df', i),
    low: of('.lower', i),
    high: of('.upper', i),
  }));
  return { rows, notes: groupNotes(result, row, { randomEffects }) };
}

function columnOf({ name, kind }: PredictionField, text: string, table: Table): Column {
  const own = table.columns.get(name);
  if (kind === 'choice' && own?.kind === 'factor')
    return { kind: 'factor', levels: [text], codes: Int32Array.of(0), ordered: own.ordered };
  if (own?.kind === 'logical') return { kind: 'logical', values: Float64Array.of(text === 'TRUE' ? 1 : 0) };
  const value = text.trim() === '' ? Number.NaN : Number(text.replace('−', '-').replace(',', '.'));
  if (Number.isNaN(value)) {
    throw new FitError('DataError', `“${name}” needs a number`, { remedy: 'Type one, such as 2.5.' });
  }
  return { kind: 'numeric', values: Float64Array.of(value) };
}
