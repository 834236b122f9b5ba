/** Two formulas on the same responses: which the one finds and the other does not, with the numbers of both. */

import type { FitTable } from 'webgpu-lmm';
import { element, fill, selectBox } from '../../element.ts';
import { type ShelfFigure, shelfOf } from '../../keep/figure-shelf.ts';
import { fileStem } from '../../keep/file-stem.ts';
import { agreementPlot } from '../../plots/agreement.ts';
import type { BesideAnswer } from '../../protocol/analysis-protocol.ts';
import { adjustedLogsOf } from '../../results/adjusted-logs.ts';
import { geneLabels } from '../../results/gene-labels.ts';
import { countFoundBy, NOT_TESTED, pairTests, termTable } from '../../results/paired-tests.ts';
import { type Results, type ResultsView, testNames } from '../../results/results-view.ts';
import { columnNames } from '../../results/shown-tests.ts';
import { notBothTested } from '../../results/tested-counts.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { effectNames } from '../../words/effect-words.ts';
import { count, shortNumber } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import { testChoices } from '../../words/test-choices.ts';
import { othersText } from '../../words/tested-words.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import type { TaskStrip } from '../task-strip.ts';
import { notesOf } from './by-response.ts';
import { tooLarge } from './kept-words.ts';
import { hasNumbers, plainTable, type ShownColumn, saveButtons } from './output-cells.ts';
import { type OutputGrid, outputGrid } from './output-grid.ts';

const MODERATED = 'Of the moderated tests';
const COLUMNS: readonly ShownColumn[] = [
  { name: 'split', title: 'Split' },
  { name: 'response', title: 'Response', wide: 1.8 },
  { name: 'gene', title: 'Gene', wide: 1.4 },
  { name: 'estimate.1', title: 'Estimate, 1' },
  { name: 'estimate.2', title: 'Estimate, 2' },
  { name: 'std.error.1', title: 'SE, 1' },
  { name: 'std.error.2', title: 'SE, 2' },
  { name: 'std.error.moderated.1', title: 'SE, 1', hint: MODERATED },
  { name: 'std.error.moderated.2', title: 'SE, 2', hint: MODERATED },
  { name: 'df.1', title: 'df, 1' },
  { name: 'df.2', title: 'df, 2' },
  { name: 'df.moderated.1', title: 'df, 1', hint: MODERATED },
  { name: 'df.moderated.2', title: 'df, 2', hint: MODERATED },
  { name: 'p.value.1', title: 'p, 1', p: true, log: 'log10p.1' },
  { name: 'p.value.2', title: 'p, 2', p: true, log: 'log10p.2' },
  { name: 'p.moderated.1', title: 'p, 1', hint: MODERATED, p: true, log: 'log10p.moderated.1' },
  { name: 'p.moderated.2', title: 'p, 2', hint: MODERATED, p: true, log: 'log10p.moderated.2' },
  { name: 'p.adjusted.1', title: 'adj. p, 1', p: true },
  { name: 'p.adjusted.2', title: 'adj. p, 2', p: true },
  { name: 'p.moderated.adjusted.1', title: 'adj. p, 1', hint: MODERATED, p: true },
  { name: 'p.moderated.adjusted.2', title: 'adj. p, 2', hint: MODERATED, p: true },
  { name: 'found.by', title: 'Found by', wide: 1.5 },
];

export interface ModelsBeside {
  readonly host: HTMLElement;
  /** The formula that is chosen. */
  chosen(): string;
  /** @param kept the formula that was chosen beside these results */
  reset(results: Results, formulas: readonly string[], kept: string): void;
  offer(formulas: readonly string[]): void;
  show(view: ResultsView, state: State): void;
  hide(): void;
}

export function modelsBeside({ store }: Context, strip: TaskStrip, onChange: () => void): ModelsBeside {
  let of: Results | null = null;
  let formulas: readonly string[] = [];
  let chosen = '';
  let test = '';
  let numbers: 'p' | 'estimate' = 'p';
  let answer: BesideAnswer | null = null;
  let threshold = 0;
  let plot: ShownFigure | null = null;
  const host = element('section', { class: 'analysis-results', hidden: true, id: 'beside' });
  const controls = element('div', { class: 'row analysis-options' });
  const notes = element('div', {});
  const outcome = element('div', {});
  const figure = element('div', {});
  const open = (gene: number): void => store.set({ gene, view: 'gene' });
  const gridBy = (sortBy: string): OutputGrid =>
    outputGrid({
      label: 'Both models beside each other',
      file: () => `${fileStem(of)}.two-models`,
      sortBy,
      open: (_, row) => open(row),
    });
  const place = element('div', {});
  let grid = gridBy('p.value.1');
  fill(place, grid.host);
  fill(host, element('h3', {}, 'Two models beside each other'), controls, notes, outcome, figure, place);

  function drawControls(): void {
    const others = formulas.slice(1);
    host.hidden = others.length === 0 && store.state.answers.beside === undefined;
    // A formula that was kept is looked at first.
    if (!others.includes(chosen) && others.length > 0) chosen = others[0];
    const common =
      answer && of ? testNames(of.outcome.table).filter((name) => testNames(answer!.table).includes(name)) : [];
    if (!common.includes(test)) test = common[0] ?? '';
    fill(
      controls,
      others.length > 0
        ? selectBox(
            'Beside model 1',
            others.map((formula) => [formula, formula]),
            chosen,
            (formula) => {
              chosen = formula;
              onChange();
            },
          )
        : null,
      others.length > 0
        ? element(
            'button',
            { type: 'button', id: 'fit-beside', onclick: () => void fitIt() },
            'Fit it and set both side by side',
          )
        : null,
      common.length > 0 && of && !responseWords(of).single
        ? selectBox('Test', testChoices(of, common), test, (name) => {
            test = name;
            drawAnswer();
          })
        : null,
      answer && of && !responseWords(of).single
        ? selectBox(
            'Picture',
            [
              ['p', '−log₁₀ p'],
              ['estimate', 'estimates'],
            ],
            numbers,
            (what) => {
              numbers = what === 'estimate' ? 'estimate' : 'p';
              drawAnswer();
            },
          )
        : null,
    );
  }

  async function fitIt(): Promise<void> {
    const done = await strip.run('Fitting the other model', 'beside', { formula: chosen });
    if (!done) return;
    answer = done;
    store.answer({ beside: done });
    test = store.state.test;
    drawControls();
    drawAnswer();
  }

  function clearPlot(): void {
    plot?.destroy();
    plot = null;
    fill(figure);
  }

  function drawAnswer(): void {
    clearPlot();
    fill(notes);
    fill(outcome);
    grid.update(null, []);
    if (!answer || !of) return;
    const first = of.outcome.table;
    const { single, everywhere } = responseWords(of);
    const effect = namesOfBoth(of, answer.table);
    fill(
      notes,
      element(
        'p',
        { class: 'hint' },
        `1: ${first.formula}; 2: ${answer.formula}. Both with the settings of the fit on show.`,
      ),
      first.nobs.some((rows, m) => rows !== (answer?.table.nobs[m] ?? rows))
        ? element(
            'p',
            { class: 'note' },
            'The two models use different numbers of rows, as one of them reads a column with missing values.',
          )
        : null,
      ...notesOf(answer, of, answer.table.coefficients.names),
    );
    if (single) {
      const table = termTable(first, answer.table);
      const columns: readonly ShownColumn[] = [
        { name: 'term', title: 'Term', words: effect },
        ...COLUMNS.filter(
          ({ name }) => /\.[12]$/.test(name) && !/adjusted\.[12]$/.test(name) && hasNumbers(table, name),
        ),
      ];
      fill(
        outcome,
        plainTable(table, columns, { id: 'beside-table', caption: 'Coefficients and contrasts by both models' }),
        saveButtons(
          'both models',
          () => `${fileStem(of)}.two-models`,
          () => table,
        ),
      );
      return;
    }
    if (test === '') {
      fill(outcome, element('p', { class: 'note' }, 'These two models have no coefficient or contrast in common.'));
      return;
    }
    threshold = store.state.threshold;
    const { table: second } = answer;
    const paired = pairTests(first, second, test, threshold);
    const counts = countFoundBy(paired.found);
    fill(
      outcome,
      element(
        'p',
        { id: 'found-by' },
        `${effect(test)}, adjusted p up to ${shortNumber(threshold)}. Of ${count(first.models - counts[NOT_TESTED])} ${everywhere} that both models test: ${count(counts[3])} found by both, ${count(counts[1])} by model 1 alone, ${count(counts[2])} by model 2 alone, ${count(counts[0])} by neither${othersText(notBothTested(first, paired.found))}.`,
      ),
    );
    const column = (name: string): Float64Array => {
      const values = paired.table.columns.find((one) => one.name === name)?.values;
      return values instanceof Float64Array ? values : new Float64Array(0);
    };
    const names = [first, second].map(columnNames);
    const logs = (side: 1 | 2): Float64Array => column(`${names[side - 1].log10P}.${side}`).map((value) => -value);
    const what = numbers === 'p' ? '−log₁₀ p' : 'estimate';
    const data = {
      names: geneLabels(first),
      first: numbers === 'p' ? logs(1) : column('estimate.1'),
      second: numbers === 'p' ? logs(2) : column('estimate.2'),
      found: paired.found,
      xTitle: `${what}, model 1`,
      yTitle: `${what}, model 2`,
    };
    const kept: ShelfFigure = {
      id: 'two-models',
      kind: 'agreement',
      title: `${effect(test)} by two models`,
      caption: `1: ${first.formula}; 2: ${answer.formula}.`,
      make: (where) => agreementPlot(where, data, { onOpen: open }),
    };
    shelfOf(store).put(of, 'beside', [kept]);
    plot = shownFigure(kept, of);
    fill(figure, plot.host);
    plot.start();
    const adjusted = names.map(({ log10P, adjusted: name }, k) => ({
      name: `${name}.${k + 1}`,
      log: adjustedLogsOf(paired.table, [], k === 0 ? first : second, [`${log10P}.${k + 1}`, `${name}.${k + 1}`]),
    }));
    grid.update(
      paired.table,
      COLUMNS.map((column) => {
        const log = adjusted.find(({ name }) => name === column.name)?.log;
        return log ? { ...column, log } : column;
      }),
    );
  }

  return {
    host,
    offer(list) {
      formulas = list;
      drawControls();
    },
    chosen: () => chosen,
    reset(results, list, kept) {
      of = results;
      formulas = list;
      chosen = kept;
      answer = store.state.answers.beside ?? null;
      test = store.state.test;
      grid = gridBy(`${columnNames(results.outcome.table).p}.1`);
      fill(place, grid.host);
      drawControls();
      drawAnswer();
      if (store.state.answers.beside === null) fill(outcome, tooLarge('The fit of the other model'));
    },
    show(_view, state) {
      if (answer && (plot === null || threshold !== state.threshold)) drawAnswer();
    },
    hide: clearPlot,
  };
}

/** Effects in words. What a coefficient means depends on its model: where both differ, both are said. */
function namesOfBoth(results: Results, second: FitTable): (name: string) => string {
  const [first, other] = [effectNames(results), effectNames(results, second)];
  const [ofFirst, ofSecond] = [testNames(results.outcome.table), testNames(second)];
  return (name) => {
    const [a, b] = [first(name), other(name)];
    if (!ofFirst.includes(name)) return b;
    return a === b || !ofSecond.includes(name) ? a : `${a} (in model 2: ${b})`;
  };
}
