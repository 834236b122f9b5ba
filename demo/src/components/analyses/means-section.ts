/** Means of the levels of factors, their comparisons, and a picture with a line for each level of a second factor. */

import type { FitTable, OutputTable } from 'webgpu-lmm';
import { element, fill, textBox } from '../../element.ts';
import { type ShelfFigure, shelfOf } from '../../keep/figure-shelf.ts';
import { fileStem } from '../../keep/file-stem.ts';
import { type InteractionData, interactionPlot } from '../../plots/interaction.ts';
import type { MeanFactors, MeansAnswer, MeansQuestion } from '../../protocol/analysis-protocol.ts';
import { adjustedLogsOf } from '../../results/adjusted-logs.ts';
import type { Results, ResultsView } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { comparisonWords } from '../../words/number-text.ts';
import { pageWords } from '../../words/page-words.ts';
import { responseWords } from '../../words/result-words.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import { rBlock } from '../r-block.ts';
import type { TaskStrip } from '../task-strip.ts';
import { ADJUSTMENTS, meansControls } from './means-controls.ts';
import {
  columnOf,
  numberAt,
  plainTable,
  presentColumns,
  type ShownColumn,
  saveButtons,
  textAt,
} from './output-cells.ts';
import { outputGrid } from './output-grid.ts';
import { foundByTerm } from './term-counts.ts';

/** What the estimates are called on the scales there are. */
const ESTIMATES: Readonly<Record<string, string>> = {
  estimate: 'Estimate',
  prob: 'Probability',
  rate: 'Rate',
  mean: 'Mean',
  'odds.ratio': 'Odds ratio',
  'hazard.ratio': 'Hazard ratio',
  ratio: 'Ratio',
};
const NUMBERS: readonly ShownColumn[] = [
  ...Object.entries(ESTIMATES).map(([name, title]): ShownColumn => ({ name, title })),
  { name: 'std.error', title: 'SE' },
  { name: 'df', title: 'df' },
  { name: 'conf.low', title: 'From', hint: 'Lower confidence limit' },
  { name: 'conf.high', title: 'To', hint: 'Upper confidence limit' },
  { name: 'statistic', title: 't or z', hint: 'Estimate over its standard error' },
  { name: 'p.value', title: 'p', p: true, log: 'log10p' },
  { name: 'p.adjusted', title: 'adj. p', p: true, hint: 'Adjusted over the comparisons of one response' },
  {
    name: 'p.across',
    title: 'adj. over responses',
    p: true,
    wide: 1.3,
    hint: 'One comparison, adjusted over the responses',
  },
];
/** Columns that say which response a row is of: a factor may be called `split` or `gene` where these are not among them. */
function identityOf({ splits, genes }: FitTable): string[] {
  return [...(splits ? ['split'] : []), 'response', ...(genes ? ['gene'] : [])];
}

export interface MeansSection {
  readonly host: HTMLElement;
  reset(results: Results): void;
  show(view: ResultsView, state: State): void;
  hide(): void;
}

export function meansSection({ store, client }: Context, strip: TaskStrip): MeansSection {
  let of: Results | null = null;
  let factors: MeanFactors | null = null;
  let answer: MeansAnswer | null = null;
  let model = 0;
  /** The gene that was open when the view was last shown. */
  let opened: number | null = null;
  let plot: ShownFigure | null = null;
  let view: ResultsView | null = null;
  const controls = meansControls((question) => void compute(question));
  const said = element('div', {});
  const figure = element('div', {});
  const tables = element('div', { class: 'analysis-results' });
  const all = element('div', { class: 'analysis-results' });
  const host = element(
    'section',
    { id: 'means' },
    element('h3', {}, 'Means of levels'),
    element(
      'p',
      { class: 'hint' },
      'Averages of the model over its other factors, each combination counting alike, and covariates at their means.',
    ),
    controls.host,
    said,
    figure,
    tables,
    all,
  );

  async function compute(question: MeansQuestion): Promise<void> {
    const done = await strip.run('Taking means', 'means', question);
    if (!done) return;
    answer = done;
    draw();
  }

  function clearPlot(): void {
    plot?.destroy();
    plot = null;
    fill(figure);
  }

  /** Rows of a table that belong to a model. */
  function rowsOf(table: OutputTable): number[] {
    const fits = of?.outcome.table;
    if (!fits) return [];
    return Array.from({ length: table.rows }, (_, row) => row).filter(
      (row) =>
        textAt(table, 'response', row) === fits.responses[model] &&
        (!fits.splits || textAt(table, 'split', row) === fits.splits[model]),
    );
  }

  function draw(): void {
    clearPlot();
    fill(said);
    fill(tables);
    fill(all);
    if (!answer || !of) return;
    const { single, many } = responseWords(of);
    const { means, pairs, notes } = answer;
    const fits = of.outcome.table;
    const label = fits.genes?.[model] || fits.responses[model];
    const whose = fits.splits ? `${label}, ${fits.splits[model]}` : label;
    const identity = identityOf(fits);
    const meanRows = rowsOf(means);
    const pairRows = rowsOf(pairs);
    fill(
      said,
      ...notes.map((note) => element('p', { class: 'note' }, pageWords(note))),
      single ? null : geneBox(label),
    );
    const picture = pictureOf(answer, meanRows, whose, identity);
    const what = answer.question.slopes === '' ? 'Means' : `Slopes by ${answer.question.slopes}`;
    const kept: ShelfFigure = {
      id: `${label}.means`,
      kind: 'means',
      title: `${whose}: ${what.toLowerCase()} by ${[picture.xTitle, picture.lineTitle].filter((name) => name !== '').join(' and ')}`,
      caption: `Averages of the model over its other factors, each combination counting alike, and covariates at their means, with ${Math.round(1000 * answer.question.level) / 10} % intervals.`,
      make: (place) => interactionPlot(place, picture),
    };
    shelfOf(store).put(of, 'means', [kept]);
    plot = shownFigure(kept, of);
    fill(figure, plot.host);
    plot.start();
    const { by } = answer.question;
    const at = by.length === 0 ? 'of them' : `within a level of ${by.join(' and ')}`;
    const stem = fileStem(of);
    fill(
      tables,
      plainTable(means, shownOf(means, identity, false), {
        id: 'means-table',
        caption: single ? what : `${what} of ${whose}`,
        rows: meanRows,
      }),
      saveButtons(
        'means',
        () => `${stem}.emmeans`,
        () => answer?.means ?? null,
      ),
      plainTable(pairs, shownOf(pairs, identity, false), {
        id: 'pairs-table',
        caption: `Differences${single ? '' : ` of ${whose}`}; limits and adj. p are for all ${at} at once: ${ADJUSTMENTS.find(([name]) => name === answer?.question.adjust)?.[1] ?? ''}`,
        rows: pairRows,
      }),
      saveButtons(
        'comparisons',
        () => `${stem}.pairs`,
        () => answer?.pairs ?? null,
      ),
      inR(answer, of),
    );
    if (single) return;
    const grid = outputGrid({ label: `Differences, ${many}`, file: () => `${stem}.pairs`, sortBy: 'p.value' });
    const across = adjustedLogsOf(pairs, ['contrast', ...namingOf(pairs, identity)], fits, ['log10p', 'p.across']);
    grid.update(
      pairs,
      shownOf(pairs, identity, true).map((column) =>
        column.name === 'p.across' ? { ...column, log: across } : column,
      ),
    );
    const keyed = answer.question.by.length === 0;
    fill(
      all,
      element('h3', {}, `Differences of all ${many}`),
      keyed
        ? foundByTerm(
            pairs,
            'contrast',
            'p.across',
            store.state.threshold,
            responseWords(of).everywhere,
            comparisonWords,
          )
        : null,
      grid.host,
    );
  }

  function inR({ question }: MeansAnswer, results: Results): HTMLElement {
    const { settings, summary } = results;
    return rBlock(results, model, (r, kind) => r.rMeans(question, settings, summary, kind));
  }

  /** The gene on show; another one by its name. */
  function geneBox(label: string): HTMLElement {
    return textBox(of ? responseWords(of).title : 'Gene', label, (text) => {
      const table = of?.outcome.table;
      const wanted = text.trim().toLowerCase();
      if (!table) return;
      const models = [...(view?.models ?? [])];
      const holds = (m: number, fits: (name: string) => boolean): boolean =>
        [table.genes?.[m] ?? '', table.responses[m]].some((name) => fits(name.toLowerCase()));
      const exact = models.find((m) => holds(m, (name) => name === wanted));
      model = exact ?? models.find((m) => holds(m, (name) => name.includes(wanted))) ?? model;
      draw();
    });
  }

  return {
    host,
    reset(results) {
      of = results;
      factors = null;
      answer = null;
      view = null;
      opened = null;
      draw();
      controls.offer(null, store.state.live ? 'Looking for factors …' : '');
    },
    show(shown, state) {
      const { live, gene, results } = state;
      const before = model;
      if (view === null) model = strongest(shown);
      else if (view.split !== shown.split) model = sameResponse(shown, model);
      // What was typed here stays until another gene is opened.
      if (gene !== null && gene !== opened) model = gene;
      const isNew = view !== null && model !== before;
      opened = gene;
      view = shown;
      if (answer && isNew) draw();
      if (!factors && live && results) {
        client.ask('factors', null).then(
          (found) => {
            if (of !== results) return;
            factors = found;
            controls.offer(found, '');
          },
          (error: unknown) => {
            if (of === results) controls.offer(null, errorReport(error).message);
          },
        );
      }
      if (answer && plot === null) draw();
    },
    hide: clearPlot,
  };
}

/** Columns of a table of means or comparisons: those that name a row first, whatever the user's factors are called. */
function shownOf(table: OutputTable, identity: readonly string[], everywhere: boolean): ShownColumn[] {
  const naming = namingOf(table, identity).map((name): ShownColumn => {
    if (name === 'contrast') return { name, title: 'Comparison', wide: 1.5, words: comparisonWords };
    return { name, title: name, wide: 1.5 };
  });
  const whose = identity.map(
    (name): ShownColumn => ({ name, title: name.replace(/^./, (letter) => letter.toUpperCase()), wide: 1.4 }),
  );
  const numbers = NUMBERS.filter(({ name }) => everywhere || name !== 'p.across');
  return presentColumns(table, [...(everywhere ? whose : []), ...naming, ...numbers]);
}

/** Names of the columns that say what a row is of: factors, covariates at some values, comparisons. */
function namingOf(table: OutputTable, identity: readonly string[]): string[] {
  const known = new Set([...identity, ...NUMBERS.map(({ name }) => name), 'log10p', 'df.method']);
  return table.columns.flatMap(({ name }) => (known.has(name) ? [] : [name]));
}

/** The model of the same response in a view of another split, else its strongest. */
function sameResponse(view: ResultsView, model: number): number {
  const { responses } = view.table;
  return view.models.find((m) => responses[m] === responses[model]) ?? strongest(view);
}

/** The model of a view with the smallest p. */
function strongest({ log10P, models }: ResultsView): number {
  let best = -1;
  for (let i = 0; i < models.length; i++) {
    if (!Number.isNaN(log10P[i]) && (best < 0 || log10P[i] < log10P[best])) best = i;
  }
  return models[Math.max(0, best)] ?? 0;
}

/** The means of one response, a line for each level of the second factor. */
function pictureOf(
  { means, question }: MeansAnswer,
  rows: readonly number[],
  label: string,
  identity: readonly string[],
): InteractionData {
  const named = means.columns.filter(
    ({ name, kind }) => kind === 'string' && !identity.includes(name) && name !== 'df.method',
  );
  const distinct = (name: string): number => new Set(rows.map((row) => textAt(means, name, row))).size;
  // The longer factor along the axis, so that lines are few.
  const [first, other] =
    named.length > 1 && distinct(named[1].name) > distinct(named[0].name) ? [named[1], named[0]] : named;
  const estimate = Object.keys(ESTIMATES).find((name) => columnOf(means, name)) ?? 'estimate';
  const levels = [...new Set(rows.map((row) => textAt(means, first?.name ?? '', row)))];
  const names = other ? [...new Set(rows.map((row) => textAt(means, other.name, row)))] : [''];
  const lines = names.map((name) => {
    const own = levels.map((level) =>
      rows.find(
        (row) => textAt(means, first.name, row) === level && (!other || textAt(means, other.name, row) === name),
      ),
    );
    const column = (of: string): Float64Array =>
      Float64Array.from(own, (row) => (row === undefined ? Number.NaN : numberAt(means, of, row)));
    return { name, mean: column(estimate), low: column('conf.low'), high: column('conf.high') };
  });
  const what = question.slopes === '' ? 'mean' : `slope by ${question.slopes}`;
  return {
    levels,
    lines,
    xTitle: first?.name ?? '',
    yTitle: `${label}: ${what}, ${Math.round(1000 * question.level) / 10} % interval`,
    lineTitle: other?.name ?? '',
  };
}
