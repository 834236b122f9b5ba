/** Numbers that name groups: arms 1, 2 and 3, over which a straight line has no meaning. */
import { tableColumn } from '../data/table/table-rows.ts';
import { wordsOf } from '../formula/visit-names.ts';
import type { Table } from '../types/table.ts';

/** Words of columns that hold groups. */
const GROUP =
  /^(arms?|armcd|armn|gro?u?ps?|trt[a-z]*|treat[a-z]*|tx|cond(ition)?s?|stim[a-z]*|intervention|therapy|regimen|sequence|disease|diagnos[a-z]*|status|phenotype|genotype|strain|perturb[a-z]*|drugs?|sex|gender|cohort)$/;
/** Words of columns that hold amounts. */
const AMOUNT =
  /^(dos[a-z]*|conc[a-z]*|mg|kg|ug|ng|ml|nm|um|mm|amount|levels?|time|days?|weeks?|months?|years?|hours?|minutes?|duration|number|count|n|score|age|rate|size|length)$/;
/** Most values that groups have. */
const MOST_GROUPS = 12;

/** The values of a column of numbers that are whole and few, in order; null of others. */
export function fewWholeNumbers(table: Table, name: string, rows?: Int32Array): readonly number[] | null {
  const column = tableColumn(table, name);
  if (column.kind !== 'numeric') return null;
  const found = new Set<number>();
  const count = rows?.length ?? table.rows;
  for (let i = 0; i < count; i++) {
    const value = column.values[rows ? rows[i] : i];
    if (Number.isNaN(value)) continue;
    if (!Number.isInteger(value)) return null;
    found.add(value);
    if (found.size > MOST_GROUPS) return null;
  }
  return [...found].sort((a, b) => a - b);
}

/** Whether numbers are those of groups, by the name of their column. 0 and 1 are indicators: the same either way. */
export function areGroups(name: string, values: readonly number[]): boolean {
  const words = wordsOf(name);
  if (values.length < 2 || values.join() === '0,1') return false;
  return words.some((word) => GROUP.test(word)) && !words.some((word) => AMOUNT.test(word));
}
