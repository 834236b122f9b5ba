/** Tables of several models with all responses, and the notes of the library below them. */

import type { OutputTable } from 'webgpu-lmm';
import { element, selectBox } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { noteWords } from '../../words/note-words.ts';
import { noteBoxes } from '../note-boxes.ts';
import { type ShownColumn, textAt } from './output-cells.ts';
import { outputGrid } from './output-grid.ts';

export { IDENTITY } from '../../words/comparison-words.ts';

export type Listed = readonly [key: string, title: string, table: OutputTable, columns: readonly ShownColumn[]];

/** One of some tables at a time, with all responses; a row opens its gene. */
export function byResponse(
  { store }: Context,
  results: Results,
  many: string,
  tables: readonly Listed[],
): HTMLElement[] {
  let current = tables[0];
  const { table: fits } = results.outcome;
  const open = (table: OutputTable, row: number): void => {
    const [name, split] = [textAt(table, 'response', row), textAt(table, 'split', row)];
    const gene = fits.responses.findIndex((own, m) => own === name && (fits.splits?.[m] ?? '') === split);
    if (gene >= 0) store.set({ gene, view: 'gene' });
  };
  const grid = outputGrid({
    label: `${tables[0][1]}, ${many}`,
    file: () => `${fileStem(results)}.${current[0]}`,
    sortBy: 'p.value',
    open,
  });
  grid.update(current[2], current[3]);
  const choice =
    tables.length > 1
      ? selectBox(
          'Table',
          tables.map(([key, title]) => [key, title]),
          current[0],
          (key) => {
            current = tables.find(([own]) => own === key) ?? tables[0];
            grid.update(current[2], current[3]);
          },
        )
      : null;
  return [...(choice ? [element('div', { class: 'row' }, choice)] : []), grid.host];
}

/**
 * What the library says of an answer, but what stands above all views already: that is said of the same data and design.
 *
 * @param coefficients of another model than that of the results
 */
export function notesOf(
  answer: { readonly notes: readonly string[] },
  results: Results,
  coefficients?: readonly string[],
): HTMLElement[] {
  const said = new Set(results.outcome.notes);
  return noteBoxes(
    answer.notes.filter((note) => !said.has(note)),
    (note) => noteWords(note, results, coefficients),
  );
}
