/** Tables as delimited text: numbers in the shortest form that reads back exactly, `NA` for missing. */
import { MISSING_INTEGER, type OutputColumn, type OutputTable } from './output-table.ts';

/** Rows joined into one piece of text. */
const rowsPerPiece = 2_048;

/**
 * The text of a table that comes in runs of rows, header first, in pieces of some hundred kilobytes.
 * Text is quoted where it holds the separator, a quote or a line break, or could be taken for a missing value;
 * logical values are TRUE and FALSE, infinities Inf and -Inf (as R and pandas read them).
 */
export function* delimitedText(runs: Iterable<OutputTable>, separator: '\t' | ','): Generator<string> {
  let header = true;
  for (const run of runs) {
    const cells = run.columns.map((column) => cellText(column, separator));
    let piece = header ? `${run.columns.map((column) => quote(column.name, separator)).join(separator)}\n` : '';
    header = false;
    for (let row = 0; row < run.rows; row++) {
      let line = cells.length > 0 ? cells[0](row) : '';
      for (let k = 1; k < cells.length; k++) line += separator + cells[k](row);
      piece += `${line}\n`;
      if ((row + 1) % rowsPerPiece === 0) {
        yield piece;
        piece = '';
      }
    }
    if (piece !== '') yield piece;
  }
}

/** What writes one column's cells. */
function cellText(column: OutputColumn, separator: string): (row: number) => string {
  switch (column.kind) {
    case 'string': {
      // Runs of rows repeat the response and the group: the last text is kept with its quoted form.
      const { values } = column;
      let last: string | null = null;
      let lastQuoted = 'NA';
      return (row) => {
        const value = values[row];
        if (value === null) return 'NA';
        if (value !== last) {
          last = value;
          lastQuoted = quote(value, separator);
        }
        return lastQuoted;
      };
    }
    case 'number': {
      const { values } = column;
      return (row) => numberText(values[row]);
    }
    case 'integer': {
      const { values } = column;
      return (row) => (values[row] === MISSING_INTEGER ? 'NA' : String(values[row]));
    }
    case 'logical': {
      const { values } = column;
      return (row) => (values[row] === MISSING_INTEGER ? 'NA' : values[row] !== 0 ? 'TRUE' : 'FALSE');
    }
  }
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NA' : value > 0 ? 'Inf' : '-Inf';
}

/** Texts that readers take for a missing value. */
const missingTexts = new Set(['', 'NA', 'NaN', 'nan']);

function quote(text: string, separator: string): string {
  if (missingTexts.has(text) || text.includes(separator) || /["\r\n]/.test(text)) {
    return `"${text.replaceAll('"', '""')}"`;
  }
  return text;
}
