/** All cell types at once: what was found in each, and the strongest genes in all of them. */

import { element, fill, selectBox } from '../../element.ts';
import { LEVEL, type OverviewDrawing, overviewChoice, overviewDrawing } from '../../keep/overview-figures.ts';
import { dotPlot, dotPlotWidth } from '../../plots/dot-plot.ts';
import { foundBars } from '../../plots/found-bars.ts';
import type { PlotHandle } from '../../plots/index.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import type { State } from '../../state/store.ts';
import { responseWords } from '../../words/result-words.ts';
import { figureMenu } from '../keep/figure-menu.ts';
import type { Pane } from '../lazy-pane.ts';
import { levelShareChoice } from './level-shares.ts';

/** Genes of the dot plot that can be asked for. */
const SHOWN = [10, 20, 40, 80] as const;

export function overviewView(context: Context): Pane {
  const { store } = context;
  const choice = overviewChoice(store);
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
      choice.size,
      (value) => {
        choice.size = value;
        again();
      },
    );
    box.classList.add('inline');
    return box;
  };
  const genes = selectBox(
    'Shown',
    SHOWN.map((number) => [String(number), String(number)]),
    String(choice.most),
    (value) => {
      choice.most = Number(value);
      again();
    },
  );
  genes.classList.add('inline');
  const menus = { bars: element('div', { class: 'menu-place' }), dots: element('div', { class: 'menu-place' }) };
  const titles = { bars: element('h3', {}), dots: element('h3', {}) };
  const hint = element('p', { class: 'hint' });
  const host = element(
    'div',
    { class: 'overview' },
    element(
      'section',
      { class: 'panel' },
      element('div', { class: 'row between' }, titles.bars, menus.bars),
      hint,
      bars,
    ),
    element(
      'section',
      { class: 'panel' },
      element('div', { class: 'row between' }, titles.dots, menus.dots),
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
    const { size } = choice;
    if (size.startsWith(LEVEL) && !levels.includes(size.slice(LEVEL.length))) choice.size = 'expressed';
    const key = JSON.stringify([test, threshold, filters, choice, levels]);
    if (plots && key === shown && of === results) return;
    fill(sizePlace, sizeBox(filters.byLevel ? expressedBy : null));
    const drawing = overviewDrawing(results, state, choice);
    if (drawing) place(drawing, results, key);
  }
  function place(
    { overview, top, known, words, figures, ...data }: OverviewDrawing,
    results: Results,
    key: string,
  ): void {
    const { types, views } = overview;
    const { many, title } = responseWords(results);
    fill(hint, `${words} A click on a row shows its ${many}.`);
    const label = genes.querySelector('span');
    if (label) label.textContent = `${title}s`;
    fill(titles.bars, `${title}s found`);
    fill(titles.dots, `Strongest ${many}`);
    titles.bars.closest('section')?.setAttribute('aria-label', figures.bars.title);
    titles.dots.closest('section')?.setAttribute('aria-label', figures.dots.title);
    sizePlace.hidden = !known;
    clear();
    // Where the types are many and the page is narrow it scrolls in its box.
    dots.style.minWidth = `${dotPlotWidth(data.dots)}px`;
    for (const name of ['bars', 'dots'] as const) {
      fill(
        menus[name],
        figureMenu(figures[name], results, () => plots?.[name] ?? null),
      );
    }
    plots = {
      bars: foundBars(bars, data.bars, {
        onOpen: (type) => store.set({ split: types[type], selected: [], view: 'genes' }),
      }),
      dots: dotPlot(dots, data.dots, {
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
