/** Names of the files that the page saves. */

import type { Results } from '../results/results-view.ts';

/** The name of the data without folders and endings. */
export function fileStem(results: Results | null): string {
  const name = results?.summary.name ?? '';
  return name.replace(/^.*\//, '').replace(/\.[^.]*(\.gz)?$/, '') || 'results';
}

/** Letters of a name in the name of a file, and those of its end where it is longer: that says which figure it is. */
const MOST = 60;
const END = 20;

/** A name as part of a file's: letters and digits of any script, the rest as hyphens. */
export function fileWord(text: string): string {
  const letters = [
    ...text
      .normalize('NFC')
      .replace(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^[-.]+|[-.]+$/g, ''),
  ];
  if (letters.length === 0) return 'figure';
  if (letters.length <= MOST) return letters.join('');
  return `${letters.slice(0, MOST - END - 1).join('')}-${letters.slice(-END).join('')}`;
}
