/** The choice of counting by level of the condition in how many rows a gene is not zero; the worker counts once for a fit. */

import { element, fill } from '../../element.ts';
import { unitsWord, unitWord } from '../../model/unit-words.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { pageWords } from '../../words/page-words.ts';
import { taskStrip } from '../task-strip.ts';

export interface LevelShareChoice {
  /** The box, where it can be chosen, and what there is to say of it. */
  readonly box: HTMLElement;
  readonly host: HTMLElement;
  show(state: State): void;
}

export function levelShareChoice(context: Context): LevelShareChoice {
  const { store } = context;
  const strip = taskStrip(context, false);
  /** The results that counting was begun for. */
  let of: Results | null = null;
  const words = element('span', {});
  const check = element('input', {
    type: 'checkbox',
    onchange: () => {
      of = null; // who asks again is answered again
      store.filter({ byLevel: check.checked, ...(check.checked ? {} : { expressedIn: 'all' }) });
    },
  });
  const box = element('label', { class: 'check', 'data-choice': 'by-level' }, check, words);
  const said = element('p', { class: 'hint', hidden: true });

  async function count(results: Results): Promise<void> {
    of = results;
    const answer = await strip.run('Counting', 'expressed', null);
    if (answer && store.state.results === results) store.set({ expressedBy: answer });
  }

  return {
    box,
    host: element('div', {}, said, strip.host),
    show(state) {
      const { results, filters, expressedBy, live, activity } = state;
      if (!results) return;
      const { expressed, nobs } = results.outcome.table;
      // Where every row has a value, as in tables of measurements, there is nothing to count.
      box.hidden = !expressed.some((own, m) => own >= 0 && own < nobs[m]);
      check.checked = filters.byLevel;
      check.disabled = !live && !expressedBy;
      box.title = check.disabled ? (lackingWords(state) ?? '') : '';
      const column = expressedBy?.column ?? results.settings.condition;
      fill(words, column === '' ? '% not zero by condition' : `% not zero by ${column}`);
      const asked = filters.byLevel && !box.hidden;
      if (asked && !expressedBy && live && !activity && of !== results) void count(results);
      said.hidden = !asked;
      fill(said, pageWords(saidOf(expressedBy, lackingWords(state), results.outcome.table.groups[0])));
    },
  };
}

/** What is counted. */
function saidOf(expressedBy: State['expressedBy'], lack: string | null, group = ''): string {
  if (expressedBy) {
    return `Per cent not zero by ${expressedBy.column}: of the rows of the fit at each level, over all ${unitsWord(group, 'units')} together, those whose value is not zero. Rows of one ${unitWord(group, 'unit')} are alike: it describes, and tests nothing.`;
  }
  return lack === null ? 'Not counted yet.' : `Not counted at each level, which takes the data. ${lack}`;
}
