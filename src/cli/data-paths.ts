/** The files that a command line names as data. */
import { existsSync } from 'node:fs';
import { FitError } from '../errors.ts';
import { inputPath } from '../options/option.ts';
import { readNameList } from '../reading/tables.node.ts';
import { requireData } from './notes.ts';

/**
 * Paths as they are, and those that `@list.txt` lists, one a line.
 *
 * @throws OptionError for a list without paths, DataError for a path at which nothing is
 */
export async function dataPaths(words: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const word of words) {
    if (!word.startsWith('@') || existsSync(word)) {
      paths.push(inputPath(word));
      continue;
    }
    const list = inputPath(word.slice(1));
    requireData(list);
    const listed = await readNameList(list);
    if (listed.length === 0) {
      throw new FitError('OptionError', `${list} lists no file`, { path: list, remedy: 'Write one path a line.' });
    }
    paths.push(...listed.map(inputPath));
  }
  for (const path of paths) requireData(path);
  return paths;
}

/**
 * The one path of a command that takes no others.
 *
 * @throws OptionError for several
 */
export function onlyPath(paths: readonly string[], what: string): string {
  if (paths.length === 1) return paths[0];
  throw new FitError('OptionError', `${what} takes one file, ${paths.length} are given`, {
    remedy: 'Run the command once for each.',
  });
}
