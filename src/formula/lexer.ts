import { nearestName } from '../errors.ts';
import { type SourceText, sourceError } from './source.ts';

/** A token of R's expression syntax. */
export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'operator' | 'end';
  /** The name without back-ticks, the string without quotes, the operator, or the digits. */
  readonly text: string;
  /** Column of its first character, from 1. */
  readonly position: number;
  /** Back-ticks round the name. */
  readonly quoted: boolean;
}

const NAME = /(?:\.(?![0-9])|\p{L})[\p{L}\p{N}\p{M}._]*/uy;
const NUMBER = /(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?L?/y;
const SPECIAL = /%[^%\s]*%/y;
/** Longer operators first. */
const OPERATORS = ['**', '==', '!=', '<=', '>=', '&&', '||', ...'~+-*/^:(),=<>&|!'];
const SPECIALS = ['%in%', '%%', '%/%'];
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['0', '\0'],
]);

/** Cuts a text into tokens, the last of kind 'end'. A character that fits nowhere raises the error of the source. */
export function tokenize(source: SourceText): Token[] {
  const { text } = source;
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: Token['kind'], tokenText: string, end: number, quoted = false) => {
    tokens.push({ kind, text: tokenText, position: at + 1, quoted });
    at = end;
  };
  while (at < text.length) {
    const character = text[at];
    if (/\s/.test(character)) {
      at++;
      continue;
    }
    if (character === '"' || character === "'" || character === '`') {
      const [value, end] = quotedText(source, at);
      push(character === '`' ? 'name' : 'string', value, end, character === '`');
      continue;
    }
    const number = match(NUMBER, text, at);
    if (number !== undefined) {
      push('number', number, at + number.length);
      continue;
    }
    const name = match(NAME, text, at);
    if (name !== undefined) {
      push('name', name, at + name.length);
      continue;
    }
    const special = match(SPECIAL, text, at);
    if (special !== undefined) {
      if (!SPECIALS.includes(special)) {
        const near = nearestName(special, SPECIALS);
        throw sourceError(
          source,
          at + 1,
          `unknown operator ${special}${near === undefined ? '' : `; did you mean ${near}?`}`,
          'Of the %operators% there are %in%, %% and %/%.',
        );
      }
      push('operator', special, at + special.length);
      continue;
    }
    const operator = OPERATORS.find((candidate) => text.startsWith(candidate, at));
    if (operator === undefined) {
      const shown = String.fromCodePoint(text.codePointAt(at) ?? 0);
      throw sourceError(
        source,
        at + 1,
        `unexpected character '${shown}'`,
        'Put back-ticks round a column name that holds anything but letters, digits, dots and underscores.',
      );
    }
    push('operator', operator === '**' ? '^' : operator, at + operator.length);
  }
  tokens.push({ kind: 'end', text: '', position: text.length + 1, quoted: false });
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The text between the quote at `start` and its partner, and the index behind that. */
function quotedText(source: SourceText, start: number): [string, number] {
  const { text } = source;
  const quote = text[start];
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === quote) {
      if (quote === '`' && value === '') throw sourceError(source, start + 1, 'empty name');
      return [value, at + 1];
    }
    if (character === '\\' && at + 1 < text.length) {
      at++;
      value += ESCAPES.get(text[at]) ?? text[at];
    } else {
      value += character;
    }
  }
  throw sourceError(source, start + 1, `no closing ${quote}`, `Add the ${quote} that ends it.`);
}
