/** The model frame: columns of the annotation, restricted to the rows that have data. */

import { type Column, FitError, type Table } from 'webgpu-lmm';
import { nothingMatches, textRemark, usualLevelOrder } from 'webgpu-lmm/steps';
import type { ColumnSummary, LevelCount } from '../protocol/protocol.ts';
import type { DataSet } from './data-set.ts';

/** Levels that a summary lists. */
const LISTED_LEVELS = 200;
/** Distinct numbers up to which a column of numbers may be one of groups. */
const FEW_NUMBERS = 60;
/** Distinct measured numbers that are told from each other. */
const MOST_COUNTED = 10_000;

export interface Frame {
  readonly names: readonly string[];
  /** Rows with data. */
  readonly rows: number;
  /** Why there are none: no name of the data is in the annotation. */
  readonly apart?: FitError;
  column(name: string): Promise<Column>;
}

/** The frame of a data set, its columns read when asked for. */
export async function openFrame(data: DataSet, layer: string): Promise<Frame> {
  const { files, roles, isMatrix } = data;
  if (isMatrix && roles.obs === null) {
    const source = await files.openMatrix(roles.data, layer === '' ? {} : { layer });
    return {
      names: source.obsColumns,
      rows: source.rows,
      column: async (name) => columnOf(await source.readObs([name], { rowNames: false }), name),
    };
  }
  if (roles.obs === null) {
    const names = await files.tableColumns(roles.data);
    const table = await files.readTable(roles.data, { columns: names });
    return { names: [...table.columns.keys()], rows: table.rows, column: async (name) => columnOf(table, name) };
  }
  const obs = await files.readObsTable(roles.obs);
  const rowNames = obs.rowNames ?? [];
  const known = isMatrix
    ? await (await files.openMatrix(roles.data)).rowNames()
    : (await files.readBulk(roles.data, { samples: new Set(rowNames) })).samples;
  const present = new Set(known);
  const kept = Int32Array.from(rowNames.keys()).filter((row) => present.has(rowNames[row]));
  const names = [...obs.columns].filter(([, column]) => !namesRows(column, rowNames)).map(([name]) => name);
  const apart = nothingMatches(known, rowNames, { ...obs, path: roles.obs });
  return {
    names,
    rows: kept.length,
    ...(kept.length === 0 ? { apart } : {}),
    column: async (name) => selectRows(columnOf(obs, name), kept),
  };
}

/** True for the column that the row names were taken from: it is no annotation. */
function namesRows(column: Column, rowNames: readonly string[]): boolean {
  if (column.kind !== 'factor' || column.levels.length !== rowNames.length) return false;
  return rowNames.every((name, row) => column.levels[column.codes[row]] === name);
}

function columnOf(table: Table, name: string): Column {
  const column = table.columns.get(name);
  if (column) return column;
  throw new FitError('DataError', `no column '${name}'`, { remedy: 'Choose a column of the data.' });
}

function selectRows(column: Column, rows: Int32Array): Column {
  if (column.kind === 'factor') return { ...column, codes: Int32Array.from(rows, (row) => column.codes[row]) };
  return { kind: column.kind, values: Float64Array.from(rows, (row) => column.values[row]) };
}

/** Label of each level in order, and the level of each row (-1 missing); null for numbers of too many values. */
export function levelsOf(column: Column, most: number): { labels: string[]; codes: Int32Array } | null {
  if (column.kind === 'factor') return { labels: [...column.levels], codes: column.codes };
  const values = new Map<number, number>();
  for (const value of column.values) {
    if (Number.isNaN(value) || values.has(value)) continue;
    if (values.size >= most) return null;
    values.set(value, 0);
  }
  const sorted = [...values.keys()].sort((a, b) => a - b);
  sorted.forEach((value, i) => {
    values.set(value, i);
  });
  const labels = sorted.map((value) => (column.kind === 'logical' ? (value === 1 ? 'TRUE' : 'FALSE') : String(value)));
  return { labels, codes: Int32Array.from(column.values, (value) => values.get(value) ?? -1) };
}

export function summariseColumn(name: string, column: Column): ColumnSummary {
  const found = levelsOf(column, FEW_NUMBERS);
  if (!found) {
    const values = column.kind === 'factor' ? new Float64Array(0) : column.values;
    let missing = 0;
    let low = Infinity;
    let high = -Infinity;
    let whole = true;
    const distinct = new Set<number>();
    for (const value of values) {
      if (Number.isNaN(value)) missing += 1;
      else {
        if (!Number.isInteger(value)) whole = false;
        low = Math.min(low, value);
        high = Math.max(high, value);
        // Whole numbers may be those of subjects, who are counted; of measured ones many are enough.
        if (whole || distinct.size < MOST_COUNTED) distinct.add(value);
      }
    }
    return { name, kind: column.kind, distinct: distinct.size, levels: [], missing, range: [low, high], whole };
  }
  const counts = new Int32Array(found.labels.length);
  let missing = 0;
  for (const code of found.codes) {
    if (code < 0) missing += 1;
    else counts[code] += 1;
  }
  const levels = found.labels
    .map((label, i): LevelCount => ({ label, count: counts[i] }))
    .filter(({ count }) => count > 0);
  const numbers = column.kind === 'numeric' && found.labels.length > 0;
  const meant = textRemark(name, column);
  const usualOrder = usualOrderOf(
    column,
    levels.map(({ label }) => label),
  );
  return {
    name,
    kind: column.kind,
    distinct: levels.length,
    levels: levels.slice(0, LISTED_LEVELS),
    missing,
    range: numbers ? [Number(found.labels[0]), Number(found.labels[found.labels.length - 1])] : null,
    ...(numbers ? { whole: found.labels.every((label) => Number.isInteger(Number(label))) } : {}),
    ...(column.kind === 'factor' && column.ordered ? { ordered: true } : {}),
    ...(usualOrder === null ? {} : { usualOrder }),
    ...(meant === null ? {} : { meant }),
  };
}

/** Levels up to which their order matters to somebody. */
const MOST_ORDERED = 24;

/** The order that names tell; null where they tell none, or where somebody has chosen the one that the data have. */
function usualOrderOf(column: Column, labels: readonly string[]): readonly string[] | null {
  if (column.kind !== 'factor' || column.ordered || labels.length > MOST_ORDERED) return null;
  const isAlphabet = [...labels].sort().every((label, k) => label === labels[k]);
  return isAlphabet ? usualLevelOrder(labels) : null;
}
