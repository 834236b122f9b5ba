/** Confidence intervals by choice: Wald, profiles or draws, of one model on its page and of all models as a file. */

import { element, fill, saveBlob, selectBox, textBox } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import { foundIntervals, intervalTable, KINDS, WHY_NONE, withIntervals } from '../../keep/found-intervals.ts';
import type { IntervalAnswer, IntervalQuestion } from '../../protocol/analysis-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { ordinaryClause } from '../../words/ordinary-variances.ts';
import { responseWords } from '../../words/result-words.ts';
import { drawsBox } from '../analyses/draws-box.ts';
import { titledTable } from '../analyses/output-cells.ts';
import { taskStrip } from '../task-strip.ts';

const METHODS: readonly (readonly [IntervalQuestion['method'], string])[] = [
  ['wald', 'from standard errors and degrees of freedom'],
  ['profile', 'where the likelihood falls off, of variances and correlations too'],
  ['bootstrap', 'percentiles of responses drawn from the fitted model'],
  ['bca', 'percentiles of draws, corrected for bias and acceleration'],
];

/** What the limits are of: only covariances by structure, and dispersions that have a model, have Wald's. */
function hintOf(method: IntervalQuestion['method'], results: Results | null): string {
  const own = METHODS.find(([name]) => name === method)?.[1] ?? '';
  if (method !== 'wald') return own;
  const { structured = null } = results?.outcome.table ?? {};
  const varying = structured ? ', of standard deviations and correlations too' : '; of variances there are none';
  return `${own}${varying}`;
}

const CONTAINERS = ['tsv', 'csv', 'parquet'] as const;

/** The choice lasts while the page is open, wherever it was made. */
const USUAL: IntervalQuestion = { method: 'wald', level: 0.95, draws: 1000 };
let chosen = USUAL;

export interface IntervalChoice {
  readonly host: HTMLElement;
  /** Shows the intervals of a model of the results on show; without one only the files of all are offered. */
  show(state: State): void;
}

/** @param one whether a model is on show beside it */
export function intervalChoice(context: Context, one: boolean): IntervalChoice {
  const { store } = context;
  const strip = taskStrip(context);
  const controls = element('div', { class: 'row analysis-options' });
  const table = element('div', {});
  const files = element('div', { class: 'row' });
  const host = element(
    'section',
    { class: 'panel intervals' },
    element('h3', {}, 'Confidence intervals'),
    controls,
    strip.host,
    table,
    files,
  );
  let of: Results | null = null;
  let gene: number | null = null;

  /** Kept with the results that it was made for. */
  function choose(change: Partial<IntervalQuestion>): void {
    chosen = { ...chosen, ...change };
    if (of && of === store.state.results) store.choose('intervals', chosen);
    drawControls();
  }

  function drawControls(): void {
    const drawn = chosen.method === 'bootstrap' || chosen.method === 'bca';
    const hint = hintOf(chosen.method, of);
    fill(
      controls,
      selectBox(
        'Intervals',
        METHODS.map(([name]) => [name, KINDS[name]]),
        chosen.method,
        (method) => {
          choose({ method: METHODS.find(([name]) => name === method)?.[0] ?? 'wald' });
        },
        hint,
      ),
      textBox(
        'Level',
        String(chosen.level),
        (text) => {
          const level = Number(text);
          choose(level > 0 && level < 1 ? { level } : {});
        },
        { inputmode: 'decimal', class: 'short' },
      ),
      drawn
        ? drawsBox('Draws', chosen.draws, (draws) => choose({ draws: draws || USUAL.draws }), [
            'Responses drawn from the fitted model',
            '; the outer hundredths of a level take thousands',
          ])
        : null,
      one
        ? element(
            'button',
            {
              type: 'button',
              class: 'primary',
              'data-action': 'intervals',
              disabled: !store.state.live,
              onclick: () => void compute(),
            },
            'Find the intervals',
          )
        : null,
      element('span', { class: 'hint' }, `${hint}${of ? ordinaryClause(of.outcome.table) : ''}`),
    );
  }

  function drawFiles(results: Results): void {
    const { single, many } = responseWords(results);
    fill(
      files,
      element(
        'span',
        { class: 'hint' },
        single ? 'As a file, with these intervals:' : `All ${many} as a file, with these intervals:`,
      ),
      ...CONTAINERS.map((container) =>
        element(
          'button',
          {
            type: 'button',
            disabled: !store.state.live,
            'data-export': `intervals ${container}`,
            'aria-label': `Save coefficients with intervals as ${container}`,
            onclick: () => void save(results, container),
          },
          container === 'parquet' ? 'Parquet' : container.toUpperCase(),
        ),
      ),
    );
  }

  async function compute(): Promise<void> {
    const [results, model] = [of, gene];
    if (!results || model === null) return;
    const answer = await strip.run('Finding intervals', 'intervals', { model, question: chosen });
    if (!answer || results !== store.state.results) return;
    store.answer(withIntervals(store.state.answers, { ...answer, model }));
    drawTable();
  }

  async function save(results: Results, container: (typeof CONTAINERS)[number]): Promise<void> {
    const blob = await strip.run('Finding intervals', 'intervalFile', { container, question: chosen });
    if (blob) saveBlob(blob, `${fileStem(results)}.${chosen.method}-intervals.${container}`);
  }

  function drawTable(): void {
    const last = of && one && gene !== null ? foundIntervals(store.state.answers, gene).at(-1) : undefined;
    fill(table, of && last ? shownTable(last, of) : null);
  }

  return {
    host,
    show({ results, gene: model, live, choices }) {
      if (!results) return;
      const changed = results !== of || model !== gene;
      if (results !== of) {
        if (choices.intervals) chosen = { ...chosen, ...choices.intervals };
        // What was chosen for others holds for these.
        if (!choices.intervals && chosen !== USUAL && results === store.state.results)
          store.choose('intervals', chosen);
      }
      of = results;
      gene = model;
      if (changed) strip.clear();
      drawControls();
      drawFiles(results);
      drawTable();
      host.toggleAttribute('data-open', live);
    },
  };
}

function shownTable(answer: IntervalAnswer, results: Results): HTMLElement {
  const { title, head, rows } = intervalTable(answer, results);
  const kindOf = (k: number): string | undefined => (k > 0 && head[k] !== WHY_NONE ? 'number' : undefined);
  return titledTable(
    title,
    element(
      'table',
      { class: 'output-table', id: 'intervals-table', 'aria-label': title },
      element(
        'thead',
        {},
        element('tr', {}, ...head.map((text, k) => element('th', { scope: 'col', class: kindOf(k) }, text))),
      ),
      element(
        'tbody',
        {},
        ...rows.map((cells) =>
          element(
            'tr',
            {},
            ...cells.map((text, k) =>
              k === 0 ? element('th', { scope: 'row' }, text) : element('td', { class: kindOf(k) }, text),
            ),
          ),
        ),
      ),
    ),
  );
}
