/**
 * Messages and notes name an option as the library does, in quotation marks: “minCells”, or “weights: voom” with a value. The
 * command line and the page put their own words in place.
 */
import { entryOf, OPTIONS, type OptionName } from './entries.ts';
import { flagOf } from './option.ts';

const NAMED = /“(\w+)(?:: ?([^”]*))?”/g;

/** The text with what `rename` makes of each option that it names; `value` is what stands behind the name. */
export function withOptionNames(text: string, rename: (name: OptionName, value: string | undefined) => string): string {
  return text.replace(NAMED, (whole, name: string, value: string | undefined) => {
    return isOption(name) ? rename(name, value) : whole;
  });
}

export function isOption(name: string): name is OptionName {
  return Object.hasOwn(OPTIONS, name);
}

/** As it is written on the command line: `--min-cells 3`, `--ml` for a switch. */
export function flagWords(name: OptionName, value?: string): string {
  const entry = entryOf(name);
  const flag = `--${flagOf(name, entry)}`;
  const bare = value === undefined || (entry.kind === 'switch' && value === entry.choices?.[1]);
  return bare ? flag : `${flag} ${shellWord(value)}`;
}

/** A word for a POSIX shell, quoted where it must be. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A message or note of the library in the words of the command line. */
export function inFlags(text: string): string {
  return withOptionNames(text, flagWords);
}
