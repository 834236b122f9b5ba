/** A figure of the page with its words and a menu that saves it. */

import { element, fill, saveBlob } from '../../element.ts';
import { type ShelfFigure, wholeCaption } from '../../keep/figure-shelf.ts';
import { fileStem, fileWord } from '../../keep/file-stem.ts';
import type { PlotHandle } from '../../plots/index.ts';
import type { Results } from '../../results/results-view.ts';
import { errorReport } from '../../state/actions.ts';

/** Dots of a saved picture for each of the page. */
export const SCALE = 3;

export interface ShownFigure {
  readonly host: HTMLElement;
  /** Draws it; to be called when the host is in the page, whose colours and width it takes. */
  start(): void;
  destroy(): void;
}

/** A figure with its title, its caption and its menu; `tools` stand beside the menu. */
export function shownFigure(figure: ShelfFigure, results: Results, ...tools: readonly Node[]): ShownFigure {
  const place = element('div', { class: `plot ${figure.kind}` });
  const host = element(
    'figure',
    { class: 'panel kept-figure', 'data-figure': figure.id },
    element('figcaption', {}, element('strong', {}, figure.title), element('span', { class: 'hint' }, figure.caption)),
    element(
      'div',
      { class: 'figure-tools' },
      ...tools,
      figureMenu(figure, results, () => plot),
    ),
    place,
  );
  let plot: PlotHandle | null = null;
  return {
    host,
    start() {
      plot?.destroy();
      plot = figure.make(place);
    },
    destroy() {
      plot?.destroy();
      plot = null;
      host.remove();
    },
  };
}

/** The menu that saves a plot with its caption. */
export function figureMenu(figure: ShelfFigure, results: Results, plot: () => PlotHandle | null): HTMLElement {
  const said = element('span', { class: 'hint', role: 'status' });
  const save = (kind: 'svg' | 'png') => () => {
    const handle = plot();
    if (!handle) return;
    void figureBlob(handle, figure, results, kind).then(
      (blob) => {
        const name = `${fileStem(results)}.${fileWord(figure.id)}.${kind}`;
        saveBlob(blob, name);
        fill(said, `saved as ${name}`);
      },
      (error: unknown) => fill(said, errorReport(error).message),
    );
  };
  const button = (kind: 'svg' | 'png'): HTMLElement =>
    element(
      'button',
      {
        type: 'button',
        'data-save': kind,
        'aria-label': `${figure.title} as ${kind.toUpperCase()}`,
        onclick: save(kind),
      },
      kind.toUpperCase(),
    );
  const menu = element(
    'details',
    { class: 'figure-menu' },
    element('summary', { 'aria-label': `Save the figure ${figure.title}` }, 'Save'),
    element('div', { class: 'row' }, button('svg'), button('png'), said),
  );
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    // Escape closes the menu, not the page of the gene.
    event.stopPropagation();
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
  return menu;
}

/** A plot as a file, with its caption below it. */
export async function figureBlob(
  plot: PlotHandle,
  figure: ShelfFigure,
  results: Results,
  kind: 'svg' | 'png',
): Promise<Blob> {
  const caption = wholeCaption(figure, results);
  if (kind === 'png') return plot.toPng(SCALE, caption);
  return new Blob([plot.toSvg(caption)], { type: 'image/svg+xml' });
}
