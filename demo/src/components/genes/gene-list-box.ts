/** A list of genes that is pasted: highlighted in the plot, and the table narrowed to it where that is asked for. */

import { checkBox, element, fill } from '../../element.ts';
import { listedGenes } from '../../results/gene-filters.ts';
import type { ResultsView } from '../../results/results-view.ts';
import type { State, Store } from '../../state/store.ts';
import { count, counted } from '../../words/number-text.ts';

/** Unknown names that are told. */
const TOLD = 12;
/** Milliseconds of quiet after which a typed list is looked up. */
const AFTER = 250;

export interface GeneListBox {
  readonly host: HTMLElement;
  show(view: ResultsView, state: State): void;
}

export function geneListBox(store: Store): GeneListBox {
  let timer = 0;
  const text = element('textarea', {
    id: 'gene-list',
    rows: 3,
    spellcheck: 'false',
    autocomplete: 'off',
    'aria-label': 'Names of genes',
    'aria-describedby': 'gene-list-found',
    placeholder: 'Names or ids, parted by anything',
    oninput: () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => store.filter({ list: text.value }), AFTER);
    },
  });
  const only = checkBox('list only these', false, (listed) => store.filter({ listed }));
  const clear = element(
    'button',
    { type: 'button', class: 'quiet', onclick: () => store.filter({ list: '', listed: false }) },
    'Clear the list',
  );
  const found = element('p', { class: 'hint', id: 'gene-list-found', role: 'status' });
  const summary = element('summary', {}, 'List of genes');
  const host = element(
    'details',
    { class: 'more gene-list' },
    summary,
    text,
    element('div', { class: 'row' }, only, clear),
    found,
  );
  let last: ResultsView | null = null;
  let said = '';
  return {
    host,
    show(view, { filters }) {
      const { list, listed } = filters;
      if (document.activeElement !== text && text.value !== list) text.value = list;
      for (const box of only.querySelectorAll('input')) box.checked = listed;
      clear.disabled = list === '';
      if (view === last && said === list) return;
      last = view;
      said = list;
      const { places, unknown, names } = listedGenes(view, list);
      text.setAttribute('aria-label', `Names of ${view.many}`);
      summary.textContent = `List of ${view.many}${list.trim() === '' ? '' : `: ${count(places.length)}`}`;
      const told = unknown.slice(0, TOLD).join(', ');
      const more = unknown.length > TOLD ? ` and ${count(unknown.length - TOLD)} more` : '';
      fill(
        found,
        list.trim() === ''
          ? null
          : `${counted(names, 'names')}, ${counted(places.length, view.many)} of these results.`,
        unknown.length === 0 ? null : element('span', { class: 'unknown' }, ` Not among them: ${told}${more}.`),
      );
    },
  };
}
