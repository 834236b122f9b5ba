/** Text or bytes, looked at a character at a time. */
interface Characters<T> {
  readonly [place: number]: T;
  indexOf(mark: T, from: number): number;
}

/** The characters that matter to the end of a row. */
export interface RowMarks<T> {
  readonly newline: T;
  readonly quote: T;
  /** What a quote has to stand behind to open a value, where it does not begin the row. */
  readonly openers: readonly T[];
  /** What stands before the first row of a file and is none of it, three characters long; absent where it is taken off. */
  readonly start?: T | undefined;
}

/**
 * The line break before `to` that ends the row from `begin`, whose first line break is at `line`: quoted values may hold line
 * breaks and doubled quotes (RFC 4180), a quote within a value is a character as others. -1 where quotes are open up to `to`.
 */
export function rowEnd<T>(
  characters: Characters<T>,
  begin: number,
  line: number,
  to: number,
  { newline, quote, openers, start }: RowMarks<T>,
): number {
  let end = line;
  let at = characters.indexOf(quote, begin);
  while (at >= 0 && at < end) {
    let close = at;
    const before = characters[at - 1];
    if (at === begin || openers.includes(before) || (at === begin + 3 && before === start)) {
      close = characters.indexOf(quote, at + 1);
      while (close >= 0 && characters[close + 1] === quote) close = characters.indexOf(quote, close + 2);
      if (close < 0 || close >= to) return -1;
      if (close > end) end = characters.indexOf(newline, close);
      if (end < 0 || end >= to) return -1;
    }
    at = characters.indexOf(quote, close + 1);
  }
  return end;
}
