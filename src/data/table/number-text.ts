const MISSING = new Set(['', 'NA', 'NaN', 'nan']);

/** True for the spellings of a missing value: empty, `NA`, `NaN`, `nan`. */
export function isMissingText(text: string): boolean {
  return text.length <= 3 && MISSING.has(text);
}

/** How the numbers and the missing values of a text are spelled, where that is not told by itself. */
export interface TextOptions {
  /** Mark before decimals: a point, or `,`. */
  readonly decimal?: '.' | ',' | undefined;
  /** Texts that mean missing besides empty, `NA`, `NaN` and `nan`. */
  readonly naStrings?: readonly string[] | undefined;
}

/** Numbers with a comma before their decimals, and whole ones. */
const COMMA_NUMBER = /^ *[+-]?(?:\d+(?:,\d*)?|,\d+)(?:[eE][+-]?\d+)? *$/;

/** The number that a field spells with a decimal comma, NaN when it spells none. */
export function parseCommaNumber(text: string): number {
  const plain = parseNumberText(text);
  if (!Number.isNaN(plain)) return plain;
  return COMMA_NUMBER.test(text) ? parseNumberText(text.replace(',', '.')) : NaN;
}

const INFINITE = /^ *[+-]?inf(inity)? *$/i;
const SPACED = /^ *([^ ]+) *$/;

/**
 * The number that a field spells, NaN when it spells none. Decimal notation only (`-1.5e3`, `.5`, `Inf`): hexadecimal and
 * the like, which `Number()` would accept, count as text. Spaces around a number do not make it text (R's `write.csv` of
 * formatted numbers has them).
 */
export function parseNumberText(text: string): number {
  const value = Number(text);
  if (Number.isNaN(value)) return INFINITE.test(text) ? (text.includes('-') ? -Infinity : Infinity) : NaN;
  const last = text.charCodeAt(text.length - 1);
  const first = text.charCodeAt(0);
  // A digit or point at the end and a digit, point or sign at the start exclude other white space and `Infinity`.
  const endsWell = (last >= 48 && last <= 57) || last === 46;
  const startsWell = (first >= 48 && first <= 57) || first === 46 || first === 45 || first === 43;
  if (!(endsWell && startsWell)) {
    if (INFINITE.test(text)) return value;
    const bare = first === 32 || last === 32 ? SPACED.exec(text)?.[1] : undefined;
    return bare === undefined ? NaN : parseNumberText(bare);
  }
  // 0x, 0o, 0b: the only letters besides the exponent's e that Number() lets through.
  const second = text.charCodeAt(1);
  return first === 48 && second > 57 && (second | 32) !== 101 ? NaN : value;
}

/** Significant digits of R's `as.character`, so that 0.1 + 0.2 is labelled `0.3`. */
const LABEL_DIGITS = 15;

/** Label of a number that serves as a level: 15 significant digits, no trailing zeros. */
export function numberLabel(value: number): string {
  return Object.is(value, -0) ? '0' : String(Number(value.toPrecision(LABEL_DIGITS)));
}
