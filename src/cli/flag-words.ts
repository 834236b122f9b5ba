import { flagWords, withOptionNames } from '../options/words.ts';

/** A message or note of the library in the words of the command line: `“minCells: 3”` as `--min-cells 3`. */
export function inFlags(text: string): string {
  return withOptionNames(text, flagWords);
}
