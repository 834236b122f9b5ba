import { FitError } from '../errors.ts';
import type { ColumnRecipe, ModelRecipe } from '../types/recipe.ts';
import type { Column, Table } from '../types/table.ts';
import { extendLevels, extendNumberLevels } from './known-levels.ts';

/** What some columns hold in some rows of a table; those that the table lacks are left out. */
export function summariseColumns(names: readonly string[], table: Table, rows: Int32Array): ColumnRecipe[] {
  return names.flatMap((name) => {
    const column = table.columns.get(name);
    return column === undefined ? [] : [summarise(name, column, rows)];
  });
}

function summarise(name: string, column: Column, rows: Int32Array): ColumnRecipe {
  if (column.kind === 'factor') {
    const { kind, levels, codes, ordered } = column;
    const counts = new Array<number>(levels.length).fill(0);
    for (let i = 0; i < rows.length; i++) {
      const code = codes[rows[i]];
      if (code >= 0) counts[code]++;
    }
    return { name, kind, levels, counts, ordered };
  }
  const { kind, values } = column;
  let count = 0;
  let sum = 0;
  let minimum = Number.POSITIVE_INFINITY;
  let maximum = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]];
    if (Number.isNaN(value)) continue;
    count++;
    sum += value;
    minimum = Math.min(minimum, value);
    maximum = Math.max(maximum, value);
  }
  if (count === 0 || !Number.isFinite(sum)) return { name, kind, mean: null, minimum: null, maximum: null };
  const centre = sum / count;
  let rest = 0;
  for (let i = 0; i < rows.length; i++) {
    const value = values[rows[i]];
    if (!Number.isNaN(value)) rest += value - centre;
  }
  return { name, kind, mean: centre + rest / count, minimum, maximum };
}

/**
 * A table whose columns have the kinds and levels of those that a design was built on; new levels stand behind the
 * known ones. Columns that the recipe does not name stay as they are, and so do numeric ones that name groups only:
 * a new group may be text.
 *
 * Throws DataError for text where the fit had numbers.
 */
export function conformTable(table: Table, { columns: recipes, variables }: ModelRecipe): Table {
  const read = new Set(variables.flatMap((variable) => variable.columns));
  const columns = new Map(table.columns);
  for (const recipe of recipes) {
    const column = table.columns.get(recipe.name);
    if (column === undefined || (column.kind === 'factor' && !read.has(recipe.name) && recipe.kind !== 'factor'))
      continue;
    columns.set(recipe.name, conform(column, recipe, table.path));
  }
  return { ...table, columns };
}

function conform(column: Column, recipe: ColumnRecipe, path: string | undefined): Column {
  if (recipe.kind === 'factor') {
    const { kind, levels, ordered } = recipe;
    if (column.kind === 'numeric') return { kind, ordered, ...extendNumberLevels(levels, column.values) };
    if (column.kind === 'factor') return { kind, ordered, ...extendLevels(levels, column) };
    const codes = Int32Array.from(column.values, (value) => (Number.isNaN(value) ? -1 : value));
    return { kind, ordered, ...extendLevels(levels, { levels: ['FALSE', 'TRUE'], codes }) };
  }
  const misfit = (what: string, remedy: string) =>
    new FitError('DataError', `column '${recipe.name}' holds ${what}, it was ${recipe.kind} in the fit`, {
      remedy,
      path,
    });
  if (column.kind === 'factor') {
    const row = column.codes.findIndex((code) => code >= 0);
    if (row >= 0) {
      throw misfit(
        `text, such as '${column.levels[column.codes[row]]}' in row ${row + 1},`,
        'Give it the values that the column had when the model was fitted.',
      );
    }
    return { kind: recipe.kind, values: new Float64Array(column.codes.length).fill(Number.NaN) };
  }
  if (recipe.kind === 'logical') {
    const row = column.values.findIndex((value) => value !== 0 && value !== 1 && !Number.isNaN(value));
    if (row >= 0) throw misfit(`the number ${column.values[row]} in row ${row + 1}`, 'Write TRUE or FALSE.');
  }
  return { kind: recipe.kind, values: column.values };
}
