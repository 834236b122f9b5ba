/** Confidence intervals by choice: Wald, profiles or draws, of one model on its page and of all models as a file. */

import { element, fill, saveBlob, selectBox, textBox } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import type { IntervalAnswer, IntervalQuestion, ParameterInterval } from '../../protocol/analysis-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { effectNames, randomNames } from '../../words/effect-words.ts';
import { count, probability, shortNumber } from '../../words/number-text.ts';
import { ordinaryClause } from '../../words/ordinary-variances.ts';
import { responseWords } from '../../words/result-words.ts';
import { placeOf, quantityOf } from '../../words/variation-words.ts';
import { titledTable } from '../analyses/output-cells.ts';
import { taskStrip } from '../task-strip.ts';

const METHODS: readonly (readonly [IntervalQuestion['method'], string, string])[] = [
  ['wald', 'Wald', 'from standard errors and degrees of freedom; of variances there are none'],
  ['profile', 'Profile', 'where the likelihood falls off, of variances and correlations too'],
  ['bootstrap', 'Bootstrap', 'percentiles of responses drawn from the fitted model'],
  ['bca', 'Bootstrap, corrected', 'percentiles of draws, corrected for bias and acceleration'],
];
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
  let said: { readonly answer: IntervalAnswer; readonly gene: number; readonly results: Results } | null = null;

  /** Kept with the results that it was made for. */
  function choose(change: Partial<IntervalQuestion>): void {
    chosen = { ...chosen, ...change };
    if (of && of === store.state.results) store.choose('intervals', chosen);
    drawControls();
  }

  function drawControls(): void {
    const drawn = chosen.method === 'bootstrap' || chosen.method === 'bca';
    const whose = METHODS.find(([name]) => name === chosen.method);
    fill(
      controls,
      selectBox(
        'Intervals',
        METHODS.map(([name, title]) => [name, title]),
        chosen.method,
        (method) => {
          choose({ method: METHODS.find(([name]) => name === method)?.[0] ?? 'wald' });
        },
        whose?.[2],
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
        ? textBox(
            'Draws',
            String(chosen.draws),
            (text) => {
              const draws = Number(text);
              choose(Number.isSafeInteger(draws) && draws >= 10 ? { draws } : {});
            },
            { inputmode: 'numeric', class: 'short' },
          )
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
      element('span', { class: 'hint' }, `${whose?.[2] ?? ''}${of ? ordinaryClause(of.outcome.table) : ''}`),
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
    if (!answer) return;
    said = { answer, gene: model, results };
    drawTable();
  }

  async function save(results: Results, container: (typeof CONTAINERS)[number]): Promise<void> {
    const blob = await strip.run('Finding intervals', 'intervalFile', { container, question: chosen });
    if (blob) saveBlob(blob, `${fileStem(results)}.${chosen.method}-intervals.${container}`);
  }

  function drawTable(): void {
    if (!said || said.results !== of || said.gene !== gene) {
      fill(table);
      return;
    }
    fill(table, intervalTable(said.answer, parameterNames(said.results)));
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

/** Parameters in words, as the tables of the model have them. */
function parameterNames(results: Results): (row: ParameterInterval) => string {
  const { table } = results.outcome;
  const [effect, random] = [effectNames(results), randomNames(results)];
  return (row) => {
    if (row.effect === 'fixed' || row.effect === 'contrast' || row.group === null) return effect(row.term);
    const own = { ...row, group: row.group };
    return `${placeOf(own, table)}: ${quantityOf(own, table, random)}`;
  };
}

function intervalTable(
  { question, rows, draws }: IntervalAnswer,
  words: (row: ParameterInterval) => string,
): HTMLElement {
  const percent = `${Math.round(1000 * question.level) / 10} %`;
  const kind = METHODS.find(([name]) => name === question.method)?.[1] ?? '';
  const drawn = draws > 0;
  const named = drawn ? ['p (bootstrap)', 'From (bootstrap)', 'To (bootstrap)'] : [];
  const titles = ['Parameter', 'Estimate', 'From', 'To', ...named, 'Why none'];
  const used = question.method === 'bootstrap' || question.method === 'bca' ? `, ${count(question.draws)} draws` : '';
  const title = `${kind} intervals, ${percent}${used}${drawn ? `; the bootstrap of the fit beside them, ${count(draws)} draws` : ''}`;
  const anyReason = rows.some(({ low, high, reason }) => reason !== '' && (Number.isNaN(low) || Number.isNaN(high)));
  const shown = anyReason ? titles : titles.slice(0, -1);
  return titledTable(
    title,
    element(
      'table',
      { class: 'output-table', id: 'intervals-table', 'aria-label': title },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...shown.map((title, k) =>
            element('th', { scope: 'col', class: k > 0 && title !== 'Why none' ? 'number' : undefined }, title),
          ),
        ),
      ),
      element(
        'tbody',
        {},
        ...rows
          .filter(({ effect }) => effect !== 'ran_test')
          .map((row) => {
            const missing = Number.isNaN(row.low) || Number.isNaN(row.high);
            const own = row.drawn;
            const numbers = [
              shortNumber(row.estimate),
              shortNumber(row.low),
              shortNumber(row.high),
              ...(drawn
                ? [
                    own ? `${own.bound ? '≤ ' : ''}${probability(Math.log10(own.p))}` : '',
                    shortNumber(own?.low ?? Number.NaN),
                    shortNumber(own?.high ?? Number.NaN),
                  ]
                : []),
            ];
            return element(
              'tr',
              {},
              element('th', { scope: 'row' }, words(row)),
              ...numbers.map((text) => element('td', { class: 'number' }, text)),
              anyReason ? element('td', {}, missing ? row.reason : '') : null,
            );
          }),
      ),
    ),
  );
}
