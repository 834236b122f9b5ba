import { existsSync } from 'node:fs';
import { FitError } from '../errors.ts';
import { STANDARD_INPUT } from '../options/option.ts';
import { inFlags } from '../options/words.ts';

/** Writes notes and warnings to stderr: each text once, and whatever `--quiet` says; only `--no-notes` silences them. */
export function noteWriter({ noNotes }: { readonly noNotes?: boolean | undefined }): (text: string) => void {
  const said = new Set<string>();
  return (text) => {
    if (noNotes === true || said.has(text)) return;
    said.add(text);
    process.stderr.write(`${inFlags(text)}\n`);
  };
}

/** @throws DataError for data that are not there, before anything is said of options that depend on them */
export function requireData(path: string): void {
  if (path === STANDARD_INPUT || existsSync(path)) return;
  throw new FitError('DataError', `${path}: no such file or folder`, {
    path,
    unreadable: true,
    remedy: 'Check the name and the folder you are in.',
  });
}
