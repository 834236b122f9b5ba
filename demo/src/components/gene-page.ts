/** One gene: its values, what was fitted, how sure the fit is, and how R would do it. */

import type { FitTable } from 'webgpu-lmm';
import { errorReport } from '../actions.ts';
import type { Context } from '../context.ts';
import { element, fill } from '../element.ts';
import { rCode } from '../equivalents.ts';
import { caterpillarPlot, genePlot, type PlotHandle } from '../plots/index.ts';
import type { ResultsView } from '../results-view.ts';
import type { Results } from '../store.ts';
import type { GeneDetail } from '../worker/protocol.ts';
import { copyBlock } from './copy-block.ts';
import { lazyModelTables } from './lazy-model-tables.ts';
import type { Pane } from './results-pane.ts';

/** Of the genes with the smallest p so many are read along with the first. */
const WARMED = 24;
/** Levels of a random term that a plot of them holds. */
const MOST_LEVELS = 400;

export function genePage(context: Context): Pane {
  const { client } = context;
  const head = element('div', { class: 'gene-head' });
  const figure = element('div', { class: 'plot gene' });
  const message = element('p', { class: 'note' });
  const tables = lazyModelTables(context);
  const effects = element('div', { class: 'effects' });
  const code = element('div', {});
  const nothing = element('p', { class: 'empty' }, 'Choose a gene in the volcano or the table.');
  const content = element('div', { class: 'gene-content' }, head, message, figure, tables.host, effects, code);
  const host = element('div', {}, nothing, content);
  let plots: PlotHandle[] = [];
  let shown = '';
  let shownResults: Results | null = null;
  let latest = 0;

  const clear = (): void => {
    for (const plot of plots) plot.destroy();
    plots = [];
    figure.replaceChildren();
    effects.replaceChildren();
    tables.hide();
    shown = '';
  };
  const drawDetail = (detail: GeneDetail, results: Results, name: string): void => {
    for (const plot of plots) plot.destroy();
    plots = [];
    fill(figure);
    fill(effects);
    fill(message);
    if (detail.groups.length > 0) {
      const { normalize } = results.settings;
      const yLabel = results.summary.kind === 'matrix' && normalize !== 'none' ? `${name}, ${normalize}` : name;
      plots.push(genePlot(figure, { groups: detail.groups, fitted: detail.fitted, yLabel }));
    }
    for (const { group, term, levels, estimate, standardError } of detail.effects) {
      if (levels.length > MOST_LEVELS) continue;
      const place = element('div', { class: 'plot caterpillar' });
      effects.append(place);
      plots.push(caterpillarPlot(place, { levels, estimate, standardError, title: `${group}: ${term}` }));
    }
  };
  const load = async (model: number, view: ResultsView, results: Results): Promise<void> => {
    const mine = ++latest;
    fill(message, 'Reading its values …');
    try {
      const warm = bestModels(view);
      const detail = await client.ask('gene', { model, warm });
      if (mine === latest) drawDetail(detail, results, labelOf(results.outcome.table, model));
    } catch (error) {
      if (mine !== latest) return;
      const { message: text, remedy } = errorReport(error);
      fill(message, `${text}${remedy === null ? '' : `. ${remedy}`}`);
    }
  };
  return {
    host,
    show(view, { gene, live, results }) {
      nothing.hidden = gene !== null;
      content.hidden = gene === null;
      if (gene === null || !results) return;
      const key = `${gene} ${live}`;
      if (key === shown && results === shownResults) return;
      clear();
      shown = key;
      shownResults = results;
      const { table } = results.outcome;
      fill(head, ...headLines(table, gene, view, context));
      tables.show(results, gene, live);
      fill(
        code,
        copyBlock(
          'The same model in R',
          rCode(results.settings, results.summary, table.responses[gene], table.splits?.[gene] ?? null),
        ),
      );
      if (live) void load(gene, view, results);
      else {
        latest += 1;
        fill(
          message,
          'The data of these results are not open: open them again and fit, to see values and effects of donors.',
        );
      }
    },
    hide: clear,
  };
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
      element('h2', { id: 'gene-name' }, label),
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
            : element('span', { class: 'hint' }, `rank ${rank + 1} of ${order.length} by ${view.test.name}`),
          turn(1, 'weaker →'),
        )
      : element('span', {}),
  ];
}
