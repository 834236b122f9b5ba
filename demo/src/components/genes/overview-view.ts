/** All cell types at once: genes found in each, and the strongest genes in all of them. */

import { element, fill, selectBox } from '../../element.ts';
import type { ShelfFigure } from '../../keep/figure-shelf.ts';
import { type DotPlotData, dotPlot, dotPlotWidth } from '../../plots/dot-plot.ts';
import { foundBars } from '../../plots/found-bars.ts';
import type { PlotHandle } from '../../plots/index.ts';
import { overviewOf, topGenes } from '../../results/overview.ts';
import type { ResultsView } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { effectTitle } from '../../words/effect-words.ts';
import { figureMenu } from '../keep/figure-menu.ts';
import type { Pane } from '../lazy-pane.ts';
import { levelShareChoice } from './level-shares.ts';

/** Genes of the dot plot that can be asked for. */
const SHOWN = [10, 20, 40, 80] as const;
/** Sizes by the share of one level of the condition begin so. */
const LEVEL = 'level:';

export function overviewView(context: Context): Pane {
  const { store } = context;
  let most: number = 20;
  /** `p`, `expressed`, or a level of the condition. */
  let size = 'p';
  let plots: { readonly bars: PlotHandle; readonly dots: PlotHandle } | null = null;
  let shown = '';
  let of: State['results'] = null;
  const again = (): void => {
    shown = '';
    draw(store.state);
  };
  const bars = element('div', { class: 'plot found-bars' });
  const dots = element('div', { class: 'plot dot-plot' });
  const byLevel = levelShareChoice(context);
  const sizePlace = element('div', {});
  const sizeBox = (expressedBy: State['expressedBy']): HTMLElement => {
    const levels = expressedBy?.levels ?? [];
    const box = selectBox(
      'Size of the dots',
      [
        ['p', '−log₁₀ p'],
        ['expressed', '% of rows not zero'],
        ...levels.map((level): [string, string] => [
          `${LEVEL}${level}`,
          `% not zero, ${expressedBy?.column}: ${level}`,
        ]),
      ],
      size,
      (value) => {
        size = value;
        again();
      },
    );
    box.classList.add('inline');
    return box;
  };
  const genes = selectBox(
    'Genes',
    SHOWN.map((number) => [String(number), String(number)]),
    String(most),
    (value) => {
      most = Number(value);
      again();
    },
  );
  genes.classList.add('inline');
  const menus = { bars: element('div', { class: 'menu-place' }), dots: element('div', { class: 'menu-place' }) };
  const hint = element('p', { class: 'hint' });
  const host = element(
    'div',
    { class: 'overview' },
    element(
      'section',
      { class: 'panel', 'aria-label': 'Genes found by cell type' },
      element('div', { class: 'row between' }, element('h3', {}, 'Genes found'), menus.bars),
      hint,
      bars,
    ),
    element(
      'section',
      { class: 'panel', 'aria-label': 'Strongest genes' },
      element('div', { class: 'row between' }, element('h3', {}, 'Strongest genes'), menus.dots),
      element('div', { class: 'row' }, genes, sizePlace, byLevel.box),
      byLevel.host,
      element('div', { class: 'scroll' }, dots),
    ),
  );
  const clear = (): void => {
    plots?.bars.destroy();
    plots?.dots.destroy();
    plots = null;
    shown = '';
    fill(bars);
    fill(dots);
  };
  function draw(state: State): void {
    const { results, test, threshold, filters, expressedBy } = state;
    if (!results) return;
    const { table } = results.outcome;
    if (table.splits === null) {
      clear();
      fill(bars, element('p', { class: 'empty' }, 'The fit was not split.'));
      return;
    }
    byLevel.show(state);
    const levels = filters.byLevel ? (expressedBy?.levels ?? []) : [];
    if (size.startsWith(LEVEL) && !levels.includes(size.slice(LEVEL.length))) size = 'expressed';
    const key = JSON.stringify([test, threshold, filters, most, size, levels]);
    if (plots && key === shown && of === results) return;
    fill(sizePlace, sizeBox(filters.byLevel ? expressedBy : null));
    const overview = overviewOf(table, test, results.settings.condition, state);
    const { types, views, up, down, tested } = overview;
    const effect = views[0] ? effectTitle(views[0], results) : '';
    fill(
      hint,
      `${effect}: adjusted p up to ${threshold}${filters.effect > 0 ? `, effects of ${filters.effect} and more` : ''}. ${table.adjustAcross === 'all' ? 'p is adjusted over all of them together.' : 'p is adjusted within each.'} A click on a row shows its genes.`,
    );
    const top = topGenes(overview, filters, most);
    const value = (pick: (type: number, place: number) => number): Float64Array =>
      Float64Array.from(top.places, (place, at) => (place < 0 ? Number.NaN : pick(at % types.length, place)));
    const known = views.some(({ expressed }) => expressed.some((share) => share < 1));
    sizePlace.hidden = !known;
    const level = size.startsWith(LEVEL) ? levels.indexOf(size.slice(LEVEL.length)) : -1;
    const sharesOf = ({ byLevel: own, expressed }: ResultsView): Float64Array => own?.[level]?.shares ?? expressed;
    const barData = { types, up, down, tested };
    const dotData: DotPlotData = {
      genes: top.labels,
      types,
      effect: value((type, place) => views[type].effect[place]),
      log10P: value((type, place) => views[type].log10P[place]),
      log10Adjusted: value((type, place) => views[type].log10Adjusted[place]),
      expressed: value((type, place) => sharesOf(views[type])[place]),
      ...(level >= 0 ? { rows: `${expressedBy?.column}: ${levels[level]}` } : {}),
      size: known && size !== 'p' ? 'expressed' : 'p',
      threshold,
    };
    clear();
    // Where the types are many and the page is narrow it scrolls in its box.
    dots.style.minWidth = `${dotPlotWidth(dotData)}px`;
    const words: Readonly<Record<'bars' | 'dots', readonly [string, string]>> = {
      bars: ['Genes found', hint.textContent ?? ''],
      dots: [
        'Strongest genes',
        `${effect} in each group, the ${top.labels.length} genes with the smallest p in any; rims mark an adjusted p up to ${threshold}.${sizeWords(dotData)}`,
      ],
    };
    const makers = {
      bars: (place: HTMLElement) => foundBars(place, barData),
      dots: (place: HTMLElement) => dotPlot(place, dotData),
    };
    for (const name of ['bars', 'dots'] as const) {
      const [title, caption] = words[name];
      const figure: ShelfFigure = { id: `overview.${name}`, kind: name, title, caption, make: makers[name] };
      fill(
        menus[name],
        figureMenu(figure, results, () => plots?.[name] ?? null),
      );
    }
    plots = {
      bars: foundBars(bars, barData, {
        onOpen: (type) => store.set({ split: types[type], selected: [], view: 'genes' }),
      }),
      dots: dotPlot(dots, dotData, {
        onOpen: (at) => {
          const type = at % types.length;
          const model = views[type].models[top.places[at]];
          store.set({ split: types[type], selected: [], gene: model, view: 'gene' });
        },
      }),
    };
    shown = key;
    of = results;
  }
  return {
    host,
    show(_view, state) {
      draw(state);
    },
    seat: () => dots.querySelector<SVGElement>('svg[tabindex]'),
    hide: clear,
  };
}

/** What the size of a dot is, for the caption. */
function sizeWords({ size, rows }: DotPlotData): string {
  if (size === 'p') return ' The size of a dot is −log₁₀ p.';
  return ` The size of a dot is the per cent of the rows${rows === undefined ? '' : ` of ${rows}`} that are not zero.`;
}
