/** Names of the files that the page saves. */

import type { Results } from '../results/results-view.ts';

/** The name of the data without folders and endings. */
export function fileStem(results: Results | null): string {
  const name = results?.summary.name ?? '';
  return name.replace(/^.*\//, '').replace(/\.[^.]*(\.gz)?$/, '') || 'results';
}

/** A name as part of a file's: letters and digits of any script, the rest as hyphens. */
export function fileWord(text: string): string {
  return (
    text
      .normalize('NFC')
      .replace(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 60) || 'figure'
  );
}
