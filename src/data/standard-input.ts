/** Standard input among the paths of a run. */

/** Its path, on every system. */
export const STANDARD_INPUT = '/dev/stdin';

/** The path that a word of a command line names: `-` is standard input. */
export function inputPath(word: string): string {
  return word === '-' ? STANDARD_INPUT : word;
}
