/** Which rows of a new table the models of a run are of, where its data were split by a column. */
import { columnTexts } from '../data/table/table-rows.ts';
import type { MomentFit } from '../fit/readable-fit.ts';
import type { ModelRecipe } from '../types/recipe.ts';
import type { Table } from '../types/table.ts';

/** The rows of a table, increasing, that a model is of: all of them where nothing was split, or the table lacks the column. */
export function splitRows(result: Pick<MomentFit, 'recipeOf'>, table: Table): (model: number) => Int32Array {
  const every = Int32Array.from({ length: table.rows }, (_, row) => row);
  const made = new Map<string, ReadonlyMap<string, Int32Array>>();
  const rowsBy = (name: string): ReadonlyMap<string, Int32Array> | null => {
    const column = table.columns.get(name);
    if (!column) return null;
    const known = made.get(name);
    if (known) return known;
    const rows = new Map<string, number[]>();
    columnTexts(column).forEach((level, row) => {
      if (level === null) return;
      const members = rows.get(level);
      if (members) members.push(row);
      else rows.set(level, [row]);
    });
    const fixed = new Map([...rows].map(([level, members]) => [level, Int32Array.from(members)]));
    made.set(name, fixed);
    return fixed;
  };
  return (model) => {
    const split: ModelRecipe['split'] = result.recipeOf(model)?.split;
    const byLevel = split && rowsBy(split.column);
    return byLevel ? (byLevel.get(split.level) ?? new Int32Array(0)) : every;
  };
}
