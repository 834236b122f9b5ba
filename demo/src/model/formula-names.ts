/** Names of columns as formulas have them: plain, or in back-ticks with escapes. Pure. */

const PLAIN = /^(?:[\p{L}]|\.(?![0-9]))[\p{L}0-9._]*$/u;
const RESERVED = new Set(['TRUE', 'FALSE', 'NA', 'NaN', 'Inf', 'NULL', 'if', 'else', 'for', 'in', 'function']);

/** A name in back-ticks, as part of a pattern: what is escaped in it is no end. */
export const QUOTED = '`(?:\\\\.|[^`\\\\])+`';

/** A column name as a formula wants it. */
export function quoteName(name: string): string {
  if (PLAIN.test(name) && !RESERVED.has(name)) return name;
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** A name of a formula without its back-ticks. */
export function bareName(text: string): string {
  const own = text.trim();
  if (own.length < 2 || !own.startsWith('`') || !own.endsWith('`')) return own;
  return own.slice(1, -1).replace(/\\(.)/gs, (_, letter: string) => letter);
}

const WORD = new RegExp(`${QUOTED}|[\\p{L}_.][\\p{L}\\p{N}_.]*`, 'gu');

/** Words of a formula: its columns, and whatever else is written with letters. */
export function formulaNames(formula: string): ReadonlySet<string> {
  return new Set((formula.match(WORD) ?? []).map(bareName));
}

const QUOTES = new RegExp(QUOTED, 'gu');

/** The text with blanks in the place of quoted names, whose letters mean nothing. */
function withoutNames(formula: string): string {
  return formula.replace(QUOTES, (name) => ' '.repeat(name.length));
}

/** Where the right side begins; -1 without one. A name may hold a tilde. */
export function tildeOf(formula: string): number {
  return withoutNames(formula).indexOf('~');
}

/** What stands left of the tilde; empty for nothing. */
export function leftOf(formula: string): string {
  const tilde = tildeOf(formula);
  return tilde < 0 ? '' : formula.slice(0, tilde).trim();
}

/** A text at a sign that stands between names, not in them. */
export function splitAt(text: string, sign: string): string[] {
  const masked = withoutNames(text);
  const parts: string[] = [];
  let from = 0;
  for (let at = masked.indexOf(sign); at >= 0; at = masked.indexOf(sign, from)) {
    parts.push(text.slice(from, at));
    from = at + sign.length;
  }
  return [...parts, text.slice(from)];
}
