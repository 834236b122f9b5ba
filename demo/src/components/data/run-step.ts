/** Step 3: where it runs, go, how far it is, and what came of it; the same run elsewhere. */

import { element, fill, selectBox } from '../../element.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import { staleReason } from '../../state/stale.ts';
import type { State } from '../../state/store.ts';
import { counted, rate, seconds } from '../../words/number-text.ts';
import { boxLabel, pageWords } from '../../words/page-words.ts';
import { type ProgressWords, progressWords } from '../../words/progress-words.ts';
import { lazySection } from '../lazy-pane.ts';
import { step } from '../step.ts';
import { fitButton } from './fit-button.ts';

/** Milliseconds between redraws of the time that passes. */
const TICK = 250;

export function runStep(context: Context): HTMLElement {
  const { store } = context;
  const where = element('div', {});
  const { go, cancel, reason } = fitButton(context);
  const bar = element('progress', { max: 1, 'aria-label': 'Progress' });
  const state = element('p', { class: 'facts', role: 'status', id: 'status' });
  const problem = element('div', { class: 'problem', role: 'alert' });
  const outcome = element('div', { class: 'outcome' });
  const elsewhere = element(
    'details',
    { class: 'more', id: 'elsewhere' },
    element('summary', {}, 'As a command, as code'),
  );
  const code = lazySection(async () => (await import('./run-as-code.ts')).runAsCode());
  elsewhere.append(code.host);

  store.watch(['settings', 'device'], ({ settings, device }) => {
    const gpu = device?.available ? `WebGPU (${device.name})` : 'WebGPU (none found)';
    fill(
      where,
      selectBox(
        boxLabel('backend'),
        [
          ['auto', 'the faster'],
          ['cpu', `float64 workers${device ? ` (${device.threads})` : ''}`],
          ['webgpu', gpu],
        ],
        settings.backend,
        (backend) => store.setting({ backend: backend === 'webgpu' ? 'webgpu' : backend === 'cpu' ? 'cpu' : 'auto' }),
        'The faster is measured where a graphics card is there and the work takes seconds. Whatever searches the optimum, float64 finishes it.',
      ),
    );
  });
  store.watch(['activity'], ({ activity }) => {
    bar.hidden = activity === null;
  });
  let words: { readonly of: number; readonly words: ProgressWords } | null = null;
  const tick = (): void => {
    const { activity } = store.state;
    if (!activity) {
      state.textContent = '';
      words = null;
      return;
    }
    const { label, started, progress } = activity;
    if (words?.of !== started) words = { of: started, words: progressWords(label, started) };
    const { text, share } = words.words.at(progress, performance.now());
    state.textContent = text;
    if (share === null) bar.removeAttribute('value');
    else bar.value = share;
  };
  let timer = 0;
  store.watch(['activity'], ({ activity }, before) => {
    if (activity && !before.activity) timer = window.setInterval(tick, TICK);
    if (!activity) window.clearInterval(timer);
    tick();
  });
  store.watch(['error'], ({ error }) => fill(problem, ...(error?.step === 1 ? [] : errorLines(error))));
  store.watch(['results', 'settings', 'source', 'summary', 'refusal', 'designError'], (current) => {
    const { results } = current;
    const old = staleReason(current);
    fill(
      outcome,
      old === null ? null : element('p', { class: 'note stale' }, old),
      ...(results ? outcomeLines(results) : []),
    );
    outcome.classList.toggle('stale', old !== null);
  });
  const showCode = (state: State): void => {
    if (state.summary && elsewhere.open) code.show(state);
  };
  store.watch(['settings', 'summary', 'source'], (current) => {
    elsewhere.hidden = !current.summary;
    showCode(current);
  });
  elsewhere.addEventListener('toggle', () => showCode(store.state));
  return step(
    3,
    'Run',
    element('div', { class: 'row run' }, go, cancel, where),
    reason,
    bar,
    state,
    problem,
    outcome,
    elsewhere,
  );
}

/** An error as lines of the page. */
export function errorLines(error: State['error']): Node[] {
  if (!error) return [];
  const remedy = error.remedy === null ? [] : [element('p', { class: 'remedy' }, pageWords(error.remedy))];
  return [element('p', {}, pageWords(error.message)), ...remedy];
}

function outcomeLines({ outcome }: Results): Node[] {
  const { table, seconds: spent, threads, arithmetic } = outcome;
  const device =
    table.backend === 'webgpu'
      ? `on ${table.device ?? 'WebGPU'} (${arithmetic})`
      : `in float64 on ${counted(threads, 'threads')}`;
  return [
    element(
      'p',
      { class: 'facts', id: 'outcome' },
      `${counted(table.models, 'models')} fitted ${device}: ${seconds(spent.fit)}, ${rate(table.models / spent.fit)} a second; reading took ${seconds(spent.read)}.`,
    ),
  ];
}
