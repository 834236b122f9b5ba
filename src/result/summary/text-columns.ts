/** Numbers and columns as text for people: rounded, aligned, within the width of a terminal. */

/** Significant digits of the smallest number of a column; R's for summaries. */
const DIGITS = 4;
/** Digits of a column beyond which each number is written by itself. */
const MOST_DIGITS = 12;

/**
 * A column of numbers with the same decimals, so many that the smallest of `scale` (the numbers themselves without it) has four
 * significant digits; where sizes differ too much for that, each with five digits of its own. NaN is NA.
 */
export function numberColumn(values: readonly number[], scale: readonly number[] = values): string[] {
  const sizes = (numbers: readonly number[]) => numbers.map(Math.abs).filter((size) => size > 0 && size < Infinity);
  const smallest = Math.min(...sizes(scale));
  const largest = Math.max(...sizes([...values, ...scale]));
  const decimals = Math.max(0, DIGITS - 1 - Math.floor(Math.log10(smallest)));
  const digits = decimals + Math.max(1, Math.ceil(Math.log10(largest)));
  return values.map(Number.isFinite(smallest) && digits <= MOST_DIGITS ? (value) => fixed(value, decimals) : short);
}

/** With so many decimals; an exponent where that would be a row of digits. */
export function fixed(value: number, decimals: number): string {
  if (Number.isNaN(value)) return 'NA';
  if (!Number.isFinite(value)) return value > 0 ? 'Inf' : '-Inf';
  return Math.abs(value) >= 1e9 ? value.toExponential(DIGITS) : value.toFixed(decimals);
}

/** Five significant digits, without an exponent where the number is of ordinary size. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return fixed(value, 0);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e9) return value.toExponential(DIGITS);
  return size >= 1e4 ? value.toFixed(0) : value.toPrecision(DIGITS + 1);
}

/** p from its log10, so that also 1e-400 has its digits. */
export function probability(log10P: number): string {
  if (!Number.isFinite(log10P)) return Number.isNaN(log10P) ? 'NA' : '0';
  if (log10P > -4) return (10 ** log10P).toPrecision(3);
  let exponent = Math.floor(log10P);
  let digits = (10 ** (log10P - exponent)).toPrecision(3);
  if (digits === '10.0') {
    exponent++;
    digits = '1.00';
  }
  return `${digits}e${exponent}`;
}

/** `1,234`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Names come from data: what would steer a terminal or break a line is shown as a mark. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\uFFFD');
}

/** Characters that take two columns of a terminal, and those that take none. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uFF00-\uFF60\p{Emoji_Presentation}]/u;
const NARROW = /\p{M}|\u200B|\u200C|\u200D/u;

/** Columns that a text takes. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : NARROW.test(character) ? 0 : 1;
  return width;
}

/** A text in a column of some width. */
function padded(text: string, width: number, right: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return right ? blanks + text : text + blanks;
}

/** A name cut in its middle. */
function shortened(text: string, most: number): string {
  if (displayWidth(text) <= most) return text;
  const characters = [...text];
  while (displayWidth(characters.join('')) > most - 1) characters.splice(characters.length >> 1, 1);
  characters.splice((characters.length + 1) >> 1, 0, '…');
  return characters.join('');
}

export function alignColumns(rows: readonly (readonly string[])[], right: readonly boolean[]): string[] {
  const widths = rows[0].map((_, k) => Math.max(...rows.map((row) => displayWidth(row[k]))));
  return rows.map((row) =>
    row
      .map((cell, k) => padded(cell, widths[k], right[k]))
      .join('  ')
      .trimEnd(),
  );
}

/** Names are cut to this at least before a table is broken. */
const LEAST_NAME = 14;

/**
 * Rows (the heading first) as lines no wider than `width`: long names are cut in their middle, and what is wider still goes on
 * below, behind the first `names` columns, as R prints wide tables.
 */
export function fitColumns(
  cells: readonly (readonly string[])[],
  right: readonly boolean[],
  { width, names = 1 }: { readonly width: number; readonly names?: number },
): string[] {
  const rows = cells.map((row) => row.map(printable));
  const widthOf = (k: number): number => Math.max(...rows.map((row) => displayWidth(row[k])));
  const total = (columns: readonly number[]) => columns.reduce((sum, k) => sum + widthOf(k), 2 * (columns.length - 1));
  const all = rows[0].map((_, k) => k);
  const leading = all.slice(0, names);
  const widestOther = Math.max(0, ...all.slice(names).map(widthOf));
  // Names share what the widest other column, or all of them, leave.
  for (const wanted of [total(all), total(leading) + 2 + widestOther]) {
    for (let over = wanted - width; over > 0 && names > 0; ) {
      const longest = leading.reduce((a, b) => (widthOf(b) > widthOf(a) ? b : a));
      const before = widthOf(longest);
      const most = Math.max(LEAST_NAME, before - over);
      if (before <= most) break;
      for (const row of rows) row[longest] = shortened(row[longest], most);
      over -= before - widthOf(longest);
    }
  }
  const lines: string[] = [];
  for (let from = names; from < all.length; ) {
    const block = [...leading, from];
    while (block.length - names + from < all.length && total([...block, from + block.length - names]) <= width) {
      block.push(from + block.length - names);
    }
    if (lines.length > 0) lines.push('');
    const part = rows.map((row) => block.map((k) => row[k]));
    lines.push(
      ...alignColumns(
        part,
        block.map((k) => right[k]),
      ),
    );
    from += block.length - names;
  }
  return lines;
}

/** A text over several lines, the later ones with an indent. */
export function hanging(text: string, indent: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ')) {
    if (line.trim() !== '' && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
