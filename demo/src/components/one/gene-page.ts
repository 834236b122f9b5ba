/** One gene: its values, what was fitted, how sure the fit is, and how R would do it. */

import { type FitTable, STATUSES } from 'webgpu-lmm';
import { element, fill } from '../../element.ts';
import { shelfOf } from '../../keep/figure-shelf.ts';
import { effectFigures, valuesFigure } from '../../keep/gene-figures.ts';
import { rKnown } from '../../keep/r-known.ts';
import type { TrajectoryDetail } from '../../protocol/model-protocol.ts';
import type { GeneDetail } from '../../protocol/protocol.ts';
import type { Results, ResultsView } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';
import type { Context } from '../../state/context.ts';
import { effectTitle } from '../../words/effect-words.ts';
import { lackingWords } from '../../words/lacking-data.ts';
import { count } from '../../words/number-text.ts';
import { responseWords } from '../../words/result-words.ts';
import { singularWords } from '../../words/singular-words.ts';
import { modelLabel } from '../../words/split-words.ts';
import { lazyIntervals } from '../analyses/lazy-sections.ts';
import { copyBlock } from '../copy-block.ts';
import { type ShownFigure, shownFigure } from '../keep/figure-menu.ts';
import { notLoaded, type Pane } from '../lazy-pane.ts';
import { type DemandSection, demandSection, type SectionSubject } from './demand-section.ts';
import { lazyModelTables } from './lazy-model-tables.ts';

/** Of the genes with the smallest p so many are read along with the first. */
const WARMED = 24;
/** Parts of the page that put figures on the shelf. */
const PARTS = ['values', 'effects', 'residuals', 'influence'] as const;
/** Statuses of models that have a fit. */
const FITTED: readonly string[] = ['ok', 'not_converged'];

export function genePage(context: Context): Pane {
  const { client, store } = context;
  const head = element('div', { class: 'gene-head' });
  const figure = element('div', { class: 'gene-figure' });
  const message = element('p', { class: 'note', role: 'status' });
  const singular = element('p', { class: 'note warning', id: 'singular-words', hidden: true });
  const tables = lazyModelTables(context);
  const effects = element('div', { class: 'effects' });
  const code = element('div', {});
  const intervals = lazyIntervals(context, true);
  const nothing = element('p', { class: 'empty' });
  const sections = geneSections(context);
  const content = element(
    'div',
    { class: 'gene-content' },
    head,
    message,
    figure,
    singular,
    tables.host,
    effects,
    intervals.host,
    ...sections.map(({ host }) => host),
    code,
  );
  const host = element('div', {}, nothing, content);
  const shelf = shelfOf(store);
  let figures: ShownFigure[] = [];
  let shown = '';
  let shownResults: Results | null = null;
  let latest = 0;

  const clearFigures = (): void => {
    for (const one of figures) one.destroy();
    figures = [];
    fill(figure);
    fill(effects);
  };
  const clear = (): void => {
    clearFigures();
    tables.hide();
    for (const section of sections) section.show(null);
    latest += 1;
    shown = '';
  };
  const drawDetail = async (
    detail: GeneDetail,
    over: TrajectoryDetail | null,
    subject: SectionSubject,
    isShown: () => boolean,
  ) => {
    const { results, label } = subject;
    // Loaded with the first response over time.
    const trajectory = over && (await import('./trajectory-section.ts')).trajectorySection;
    if (!isShown()) return;
    clearFigures();
    fill(message);
    const drawMain = (): void => {
      const values = valuesFigure(detail, results, label);
      if (trajectory && over) {
        const made = trajectory(over, results, label, () => {
          figures[0]?.destroy();
          figures.shift();
          drawMain();
          figure.querySelector('input')?.focus();
        });
        figures.unshift(made.shown);
        shelf.put(results, 'values', [made.figure]);
      } else if (values) {
        figures.unshift(shownFigure(values, results));
        shelf.put(results, 'values', [values]);
      }
      if (!figures[0]) return;
      fill(figure, figures[0].host);
      figures[0].start();
    };
    drawMain();
    const terms = effectFigures(detail, results, label);
    shelf.put(results, 'effects', terms);
    for (const term of terms) {
      const one = shownFigure(term, results);
      figures.push(one);
      effects.append(one.host);
      one.start();
    }
  };
  const load = async (subject: SectionSubject): Promise<void> => {
    const mine = ++latest;
    const { model, view } = subject;
    fill(message, 'Reading its values …');
    for (const part of PARTS) shelf.put(subject.results, part, []);
    try {
      const detail = await client.ask('gene', { model, warm: bestModels(view) });
      const over = FITTED.includes(detail.status) ? await client.ask('trajectories', { model }) : null;
      if (mine !== latest) return;
      await drawDetail(detail, over, subject, () => mine === latest);
      if (mine !== latest) return;
      for (const section of sections) section.show(FITTED.includes(detail.status) ? subject : null);
    } catch (error) {
      if (mine !== latest) return;
      const { message: text, remedy } = errorReport(error);
      fill(message, `${text}${remedy === null ? '' : `. ${remedy}`}`);
    }
  };
  return {
    host,
    show(view, state) {
      const { gene, live, results } = state;
      nothing.hidden = gene !== null;
      content.hidden = gene === null;
      if (gene === null) fill(nothing, ...emptyLines(view, results, context));
      if (gene === null || !results) return;
      intervals.show(state);
      const lack = lackingWords(state);
      if (lack !== null) fill(message, lack);
      const key = `${gene} ${live}`;
      if (key === shown && results === shownResults) return;
      clear();
      shown = key;
      shownResults = results;
      const { table } = results.outcome;
      fill(head, ...headLines(table, gene, view, context));
      tables.show(results, gene, live);
      const words = singularWords(table, gene);
      singular.hidden = words === null;
      singular.textContent = words ?? '';
      for (const section of sections) section.host.hidden = !live || !FITTED.includes(STATUSES[table.status[gene]]);
      import('../../keep/r-code.ts').then(
        ({ rCode }) => {
          if (shown !== key) return;
          const { settings, summary } = results;
          const split = table.splits?.[gene] ?? null;
          const text = rCode(
            settings,
            summary,
            table.responses[gene],
            split,
            table.coefficients.names,
            rKnown(results, gene),
          );
          fill(code, copyBlock('The same model in R', text));
        },
        () => fill(code, notLoaded()),
      );
      // Figures are of one split, whose name they and their files say.
      const label = modelLabel(results, gene);
      if (live) void load({ model: gene, label, results, view });
    },
    hide: clear,
  };
}

/** What to do where none is open, with the first as a button. */
function emptyLines(view: ResultsView, results: Results | null, { store }: Context): (Node | string)[] {
  if (!results) return [];
  const [best] = bestModels(view);
  const words = responseWords(results).title.toLowerCase();
  const lines: (Node | string)[] = [`Choose a ${words} in the plot or the table. `];
  if (best !== undefined) {
    const label = `Open ${labelOf(results.outcome.table, best)}, the smallest p`;
    const open = (): void => store.set({ gene: best });
    lines.push(element('span', { class: 'row' }, element('button', { type: 'button', onclick: open }, label)));
  }
  return lines;
}

/** What is computed when it is opened, each with its code loaded then. */
function geneSections(context: Context): DemandSection[] {
  const shelf = shelfOf(context.store);
  return [
    demandSection(
      'residuals',
      'Residuals',
      'against fitted values, normal quantiles and groups',
      async (subject, keep) => (await import('./residual-section.ts')).residualSection(context, subject, keep),
      shelf,
    ),
    demandSection(
      'influence',
      'Influence',
      'what the model says when one unit is left out',
      async (subject, keep) => (await import('./influence-section.ts')).influenceSection(context, subject, keep),
      shelf,
    ),
    demandSection(
      'predictions',
      'Predict',
      'at values of your own, of the population or of one group',
      async (subject) => (await import('./prediction-form.ts')).predictionForm(context, subject),
      shelf,
    ),
  ];
}

function labelOf({ genes, responses }: FitTable, model: number): string {
  return genes?.[model] || responses[model];
}

/** Models of the view with the smallest p. */
function bestModels({ log10P, models }: ResultsView): number[] {
  const order = [...models.keys()].filter((i) => !Number.isNaN(log10P[i])).sort((a, b) => log10P[a] - log10P[b]);
  return order.slice(0, WARMED).map((i) => models[i]);
}

function headLines(table: FitTable, model: number, view: ResultsView, { store }: Context): Node[] {
  const label = labelOf(table, model);
  const response = table.responses[model];
  const split = table.splits?.[model];
  const order = [...view.models.keys()].sort(
    (a, b) =>
      (Number.isNaN(view.log10P[a]) ? 1 : Number.isNaN(view.log10P[b]) ? -1 : view.log10P[a] - view.log10P[b]) || a - b,
  );
  const rank = order.findIndex((i) => view.models[i] === model);
  const tested = order.length - view.log10P.filter(Number.isNaN).length;
  const turn = (step: number, text: string): HTMLElement =>
    element(
      'button',
      {
        type: 'button',
        class: 'quiet',
        disabled: rank < 0 || order[rank + step] === undefined,
        onclick: () => {
          const next = order[rank + step];
          if (next !== undefined) store.set({ gene: view.models[next] });
        },
      },
      text,
    );
  return [
    element(
      'div',
      { class: 'row' },
      element('h2', { id: 'gene-name', tabindex: -1 }, label),
      label === response ? null : element('span', { class: 'hint' }, response),
      split === undefined ? null : element('span', { class: 'badge' }, split),
    ),
    view.models.length > 1
      ? element(
          'div',
          { class: 'row' },
          turn(-1, '← stronger'),
          rank < 0
            ? null
            : element(
                'span',
                { class: 'hint' },
                rank < tested
                  ? `rank ${count(rank + 1)} of ${count(tested)} by ${effectTitle(view, store.state.results)}`
                  : `no p for ${effectTitle(view, store.state.results)}`,
              ),
          turn(1, 'weaker →'),
        )
      : element('span', {}),
  ];
}
