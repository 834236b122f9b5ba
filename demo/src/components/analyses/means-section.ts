/** Means of the levels of factors, their comparisons, and a picture with a line for each level of a second factor. */

import { element, fill, textBox } from '../../element.ts';
import { shelfOf } from '../../keep/figure-shelf.ts';
import { fileStem } from '../../keep/file-stem.ts';
import { meansFigure } from '../../keep/means-figure.ts';
import type { MeanFactors, MeansAnswer, MeansQuestion } from '../../protocol/analysis-protocol.ts';
import { adjustedLogsOf } from '../../results/adjusted-logs.ts';
import { geneLabels } from '../../results/gene-labels.ts';
import type { MeansChoice } from '../../results/kept-choices.ts';
import type { Results, ResultsView } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { isLarge, largeSampleWords } from '../../words/large-sample.ts';
import { latentScale } from '../../words/latent-scale.ts';
import { identityOf, namingOf, shownOf } from '../../words/mean-columns.ts';
import { noteWords } from '../../words/note-words.ts';
import { comparisonWords } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import { noteBoxes } from '../note-boxes.ts';
import { rBlock } from '../r-block.ts';
import type { TaskStrip } from '../task-strip.ts';
import { tooLarge } from './kept-words.ts';
import { meansControls } from './means-controls.ts';
import { plainTable, saveButtons } from './output-cells.ts';
import { outputGrid } from './output-grid.ts';
import { foundByTerm } from './term-counts.ts';

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
  const controls = meansControls(
    (question) => void compute(question),
    (choice) => keep(choice),
  );
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
    store.answer({ means: done });
    draw();
  }

  function keep(choice: Partial<MeansChoice>): void {
    if (of && of === store.state.results) store.choose('means', choice);
  }

  function clearPlot(): void {
    plot?.destroy();
    plot = null;
    fill(figure);
  }

  function draw(): void {
    clearPlot();
    fill(said);
    fill(tables);
    fill(all);
    if (!answer || !of) return;
    const results = of;
    const { single, many } = responseWords(of);
    const { pairs, notes } = answer;
    const fits = of.outcome.table;
    const scale = latentScale(fits, answer.question);
    const label = geneLabels(fits)[model];
    const identity = identityOf(fits);
    fill(
      said,
      ...noteBoxes(notes, (note) => noteWords(note, results)),
      fits.family?.thresholds
        ? element(
            'p',
            { class: 'note', id: 'latent-words' },
            `Means of grades are on the latent scale (${scale.replace('latent, ', '')}): 0 is the middle of the thresholds, and differences are those of the coefficients. The probability of each grade is under “Predict” on the page of the response.`,
          )
        : null,
      single ? null : geneBox(label),
    );
    const { figure: kept, means: own, pairs: differences } = meansFigure(answer, of, model);
    shelfOf(store).put(of, 'means', [kept]);
    plot = shownFigure(kept, of);
    fill(figure, plot.host);
    plot.start();
    const stem = fileStem(of);
    fill(
      tables,
      isLarge(of) ? element('p', { class: 'hint' }, largeSampleWords('z', of)) : null,
      plainTable(own.table, own.columns, { id: 'means-table', caption: own.caption, rows: own.rows }),
      saveButtons(
        'means',
        () => `${stem}.emmeans`,
        () => answer?.means ?? null,
      ),
      plainTable(differences.table, differences.columns, {
        ...{ id: 'pairs-table', caption: differences.caption, rows: differences.rows },
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
    const { settings, summary, outcome } = results;
    // Of several ways, that which the fit took.
    const taken = outcome.table.ddf === 'asymptotic' ? { ...settings, ddf: outcome.table.ddf } : settings;
    return rBlock(results, model, (r, kind) => r.rMeans(question, taken, summary, kind));
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
      keep({ model });
      draw();
    });
  }

  return {
    host,
    reset(results) {
      of = results;
      factors = null;
      answer = store.state.answers.means ?? null;
      view = null;
      opened = null;
      clearPlot();
      fill(said, store.state.answers.means === null ? tooLarge('What the means are') : null);
      fill(tables);
      fill(all);
      controls.offer(null, store.state.live ? 'Looking for factors …' : '');
    },
    show(shown, state) {
      const { live, gene, results } = state;
      const before = model;
      const chosen = state.choices.means?.model;
      if (view === null && chosen !== undefined && shown.models.includes(chosen)) {
        model = chosen;
        opened = gene;
      } else if (view === null) model = strongest(shown);
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
            controls.offer(found, '', store.state.choices.means);
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
