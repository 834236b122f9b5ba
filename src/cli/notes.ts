import { existsSync } from 'node:fs';
import { FitError } from '../errors.ts';
import type { RawOptions } from './arguments.ts';

/** Writes notes and warnings to stderr: each text once, and whatever `--quiet` says; only `--no-notes` silences them. */
export function noteWriter({ notes }: Pick<RawOptions, 'notes'>): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (notes === false || said.has(text)) return;
    said.add(text);
    process.stderr.write(`${text}\n`);
  };
}

/** @throws DataError for data that are not there, before anything is said of options that depend on them */
export function requireData(path: string): void {
  if (existsSync(path)) return;
  throw new FitError('DataError', `${path}: no such file or folder`, {
    path,
    unreadable: true,
    remedy: 'Check the name and the folder you are in.',
  });
}

/** Values that an option with an optional value takes; anything else behind it is the data. */
const OPTIONAL_VALUES: Readonly<Record<string, { readonly values: RegExp; readonly fallback: string }>> = {
  '--anova': { values: /^(?:[123]|i{1,3}|[a-z]|\d+)$/i, fallback: 'III' },
  '--moderate': { values: /^(?:plain|robust|trend|[a-z]+)(?:,[a-z]+)*$/i, fallback: 'plain' },
  '--conf-int': { values: /^[-+.\d][.\deE+-]*%?$/, fallback: '0.95' },
};

/** The words of a command line with the optional values written out, so that none of them swallows the path of the data. */
export function withOptionalValues(words: readonly string[]): string[] {
  return words.map((word, i) => {
    const option = OPTIONAL_VALUES[word];
    if (!option) return word;
    const next = words[i + 1];
    const isValue = next !== undefined && option.values.test(next) && !existsSync(next);
    return isValue ? word : `${word}=${option.fallback}`;
  });
}
