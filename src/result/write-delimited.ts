/** Tables as delimited text: numbers in the shortest form that reads back exactly, `NA` for missing. */
import { MISSING_INTEGER, type OutputColumn, type OutputTable } from './output-table.ts';

/** Rows joined into one piece of text: few enough that what they are made of dies young. */
const rowsPerPiece = 256;

/**
 * The text of a table that comes in runs of rows, header first, in pieces of some ten kilobytes.
 * Text is quoted where it holds the separator, a quote or a line break, or could be taken for a missing value;
 * logical values are TRUE and FALSE, infinities Inf and -Inf (as R and pandas read them).
 */
export function* delimitedText(runs: Iterable<OutputTable>, separator: '\t' | ','): Generator<string> {
  let header = true;
  for (const { columns, rows } of runs) {
    if (header) yield `${columns.map((column) => quote(column.name, separator)).join(separator)}\n`;
    header = false;
    for (let from = 0; from < rows; from += rowsPerPiece) {
      const to = Math.min(rows, from + rowsPerPiece);
      const cells = columns.map((column) => cellTexts(column, from, to, separator));
      let piece = '';
      for (let row = 0; row < to - from; row++) {
        let line = cells.length > 0 ? cells[0][row] : '';
        for (let k = 1; k < cells.length; k++) line += separator + cells[k][row];
        piece += `${line}\n`;
      }
      yield piece;
    }
  }
}

/** The cells of some rows of a column. */
function cellTexts(column: OutputColumn, from: number, to: number, separator: string): string[] {
  switch (column.kind) {
    case 'string': {
      // Runs of rows repeat the response and the group: the last text is kept with its quoted form.
      let last: string | null = null;
      let lastQuoted = 'NA';
      return column.values.slice(from, to).map((value) => {
        if (value === null) return 'NA';
        if (value !== last) {
          last = value;
          lastQuoted = quote(value, separator);
        }
        return lastQuoted;
      });
    }
    case 'number':
      return numberTexts(column.values.subarray(from, to));
    case 'integer':
      return Array.from(column.values.subarray(from, to), (value) => (value === MISSING_INTEGER ? 'NA' : `${value}`));
    case 'logical':
      return Array.from(column.values.subarray(from, to), (value) => {
        return value === MISSING_INTEGER ? 'NA' : value !== 0 ? 'TRUE' : 'FALSE';
      });
  }
}

/** As `String` of each, in half the time: engines keep what `String` makes of numbers, and JSON has the same digits. */
function numberTexts(values: Float64Array): string[] {
  const texts = JSON.stringify(Array.from(values)).slice(1, -1).split(',');
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) texts[i] = Number.isNaN(values[i]) ? 'NA' : values[i] > 0 ? 'Inf' : '-Inf';
  }
  return texts;
}

/** Texts that readers take for a missing value. */
const missingTexts = new Set(['', 'NA', 'NaN', 'nan']);

function quote(text: string, separator: string): string {
  if (missingTexts.has(text) || text.includes(separator) || /["\r\n]/.test(text)) {
    return `"${text.replaceAll('"', '""')}"`;
  }
  return text;
}
