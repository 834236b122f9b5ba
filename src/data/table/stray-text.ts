/** Columns that are text although numbers are meant: a note among them, or commas before their decimals. */
import type { Column, FactorColumn } from '../../types/table.ts';
import { parseCommaNumber, parseNumberText } from './number-text.ts';

/** A text among numbers. */
export interface StrayText {
  readonly text: string;
  /** Its line in the file, counted from the header. */
  readonly line: number;
  /** Cells that hold a text, this one among them. */
  readonly cells: number;
}

/** The first text among numbers of a column, with its line; null for a column that is text throughout. */
export function strayText(column: FactorColumn): StrayText | null {
  const numbers = column.levels.map((level) => !Number.isNaN(parseNumberText(level)));
  const stray = numbers.filter((isNumber) => !isNumber).length;
  if (stray === 0 || 2 * stray >= column.levels.length) return null;
  let row = -1;
  let cells = 0;
  column.codes.forEach((code, i) => {
    if (code < 0 || numbers[code]) return;
    if (row < 0) row = i;
    cells += 1;
  });
  return row < 0 ? null : { text: column.levels[column.codes[row]], line: row + 2, cells };
}

/** Whether a text says that a value lies below or above a limit: it is no missing one. */
export function isLimit(text: string): boolean {
  return /^\s*[<>≤≥]/.test(text);
}

/** Whether all texts of a column are numbers with decimal commas. */
export function hasDecimalCommas({ levels }: FactorColumn): boolean {
  return levels.length > 1 && levels.every((level) => !Number.isNaN(parseCommaNumber(level)));
}

/** The numbers that a column holds or means, NaN where it has none; null for one of texts. */
export function meantNumbers(column: Column): Float64Array | null {
  if (column.kind !== 'factor') return column.kind === 'numeric' ? column.values : null;
  const commas = hasDecimalCommas(column);
  if (!commas && strayText(column) === null) return null;
  const numbers = column.levels.map(commas ? parseCommaNumber : parseNumberText);
  return Float64Array.from(column.codes, (code) => (code < 0 ? Number.NaN : numbers[code]));
}

/** Why a column of numbers is text, and what to do; null where it is not, or means to be. */
export function textRemark(name: string, column: Column): string | null {
  if (column.kind !== 'factor') return null;
  const stray = strayText(column);
  if (stray) {
    const { text, line, cells } = stray;
    const more = cells === 1 ? '' : ` and ${cells - 1} more ${cells === 2 ? 'cell' : 'cells'}`;
    const remedy = isLimit(text)
      ? 'Write the number that is to stand for such a limit, half of it or the limit itself; left empty, values at that end are lost.'
      : `Write the number, or leave the ${cells === 1 ? 'cell' : 'cells'} empty where the value is missing.`;
    return `'${name}' is text because of '${text}' in line ${line}${more}, and no response as it stands. ${remedy}`;
  }
  if (!hasDecimalCommas(column)) return null;
  return `'${name}' is text because of its decimal commas, such as '${column.levels[0]}', and no response as it stands. Write points, or put semicolons between the columns.`;
}
