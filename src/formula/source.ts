import { FitError, type FitErrorTag } from '../errors.ts';

/** A text that a user typed (formula, filter, contrast), with what messages need to speak of it. */
export interface SourceText {
  readonly text: string;
  /** What the text is, for messages: 'formula', 'filter'. */
  readonly noun: string;
  readonly tag: FitErrorTag;
  /** The option that carries it on the command line, without dashes. */
  readonly option?: string;
}

/** Longest excerpt that a message shows; longer texts are cut round the mistake. */
const EXCERPT = 100;

/** An error that shows the text with a caret under column `position` (from 1, in UTF-16 units). */
export function sourceError(source: SourceText, position: number, message: string, remedy?: string): FitError {
  return new FitError(
    source.tag,
    `${message} (${source.noun}, column ${position})\n${excerpt(source.text, position)}`,
    {
      position,
      source: source.text,
      ...(remedy === undefined ? {} : { remedy }),
      ...(source.option === undefined ? {} : { option: source.option }),
    },
  );
}

/** The text on one line, and a caret under the column. */
function excerpt(text: string, position: number): string {
  const line = text.replace(/\s/g, ' ');
  let from = 0;
  if (line.length > EXCERPT) from = Math.max(0, Math.min(position - EXCERPT / 2, line.length - EXCERPT));
  const shown = line.slice(from, from + EXCERPT);
  const before = from > 0 ? '...' : '';
  const after = from + EXCERPT < line.length ? '...' : '';
  return `  ${before}${shown}${after}\n  ${' '.repeat(before.length + position - 1 - from)}^`;
}

/** The source of a formula, for messages. */
export function formulaSource(text: string): SourceText {
  return { text, noun: 'formula', tag: 'FormulaError' };
}
