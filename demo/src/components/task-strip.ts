/** What an analysis has to say while it runs: how far it is, a button that ends it, and what went wrong. */

import { element, fill } from '../element.ts';
import type { AnalysisRequests } from '../protocol/analysis-protocol.ts';
import type { ProgressReport } from '../protocol/protocol.ts';
import { errorReport } from '../state/actions.ts';
import { startOfActivity } from '../state/activity-start.ts';
import type { Context } from '../state/context.ts';
import { canBeRead, lackingWords } from '../words/lacking-data.ts';
import { pageWords } from '../words/page-words.ts';
import { type ProgressWords, progressWords } from '../words/progress-words.ts';

type Kind = keyof AnalysisRequests;

export interface TaskStrip {
  readonly host: HTMLElement;
  /** Asks the worker; null where that was cancelled, failed (the strip then says why), or has become pointless. */
  run<K extends Kind>(
    label: string,
    kind: K,
    input: AnalysisRequests[K]['input'],
  ): Promise<AnalysisRequests[K]['output'] | null>;
  /** Takes away what was said. */
  clear(): void;
}

/** @param says whether it says so where the data are not open; of several strips of a view one does */
export function taskStrip({ store, client, actions }: Context, says = true): TaskStrip {
  const bar = element('progress', { max: 1, 'aria-label': 'Progress' });
  const text = element('span', { class: 'hint', role: 'status' });
  let end = (): void => {};
  const cancel = element('button', { type: 'button', class: 'task-cancel', onclick: () => end() }, 'Cancel');
  const running = element('div', { class: 'row', hidden: true }, bar, text, cancel);
  const problem = element('p', { class: 'note warning', role: 'alert', hidden: true });
  const lack = element('span', {});
  const read = element('button', { type: 'button', class: 'quiet', onclick: () => void actions.read() }, 'Read them');
  const closed = element('p', { class: 'note lacking-data', hidden: true }, lack, ' ', read);
  const host = element('div', { class: 'task-strip' }, running, closed, problem);
  store.watch(['live', 'results', 'summary', 'source', 'refusal', 'activity'], (state) => {
    const words = says ? lackingWords(state) : null;
    closed.hidden = words === null;
    if (lack.textContent !== (words ?? '')) fill(lack, words ?? '');
    read.hidden = !canBeRead(state);
  });
  const say = (message: string): void => {
    problem.hidden = message === '';
    fill(problem, message);
  };
  const show = (words: ProgressWords, progress: ProgressReport): void => {
    const { text: said, share } = words.at(progress, performance.now());
    if (share === null) bar.removeAttribute('value');
    else bar.value = share;
    fill(text, said);
  };
  return {
    host,
    clear: () => say(''),
    async run(label, kind, input) {
      const { results, activity, live } = store.state;
      say('');
      if (!live || !results) return null;
      if (activity) {
        say(`${activity.label} is under way: wait for it, or cancel it.`);
        return null;
      }
      const started = startOfActivity();
      const words = progressWords(label, started);
      const pending = client.start(kind, input, (progress) => {
        const { activity: current } = store.state;
        if (current?.started !== started) return;
        store.set({ activity: { ...current, progress } });
        show(words, progress);
      });
      end = () => pending.cancel();
      bar.removeAttribute('value');
      fill(text, `${label} …`);
      running.hidden = false;
      store.set({ activity: { label, started, progress: null, cancel: () => pending.cancel() } });
      try {
        const output = await pending.done;
        // The results that it belongs to may have been replaced meanwhile.
        return store.state.results === results ? output : null;
      } catch (error) {
        const { tag, message, remedy } = errorReport(error);
        if (tag !== 'AbortError') say(pageWords(`${message}${remedy === null ? '' : `. ${remedy}`}`));
        return null;
      } finally {
        running.hidden = true;
        if (store.state.activity?.started === started) store.set({ activity: null });
      }
    },
  };
}
