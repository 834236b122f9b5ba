/** Buttons that save a plot as a picture. */

import { element, fill, saveBlob } from '../../element.ts';
import type { PlotHandle } from '../../plots/plot-data.ts';
import { errorReport } from '../../state/actions.ts';

/** Dots of a saved picture for each of the page. */
const SCALE = 3;

/**
 * @param what what the picture is of, in words and as the end of its file's name
 * @param caption what stands below it in the file, `wholeCaption` of the figure
 */
export function pictureButtons(
  what: string,
  stem: () => string,
  plot: () => PlotHandle | null,
  caption: () => string,
): HTMLElement {
  const problem = element('span', { class: 'note warning', role: 'alert', hidden: true });
  const save = async (kind: 'SVG' | 'PNG'): Promise<void> => {
    const shown = plot();
    if (!shown) return;
    const name = `${stem()}.${what.replaceAll(' ', '-')}.${kind.toLowerCase()}`;
    const words = caption();
    saveBlob(
      kind === 'SVG' ? new Blob([shown.toSvg(words)], { type: 'image/svg+xml' }) : await shown.toPng(SCALE, words),
      name,
    );
  };
  const button = (kind: 'SVG' | 'PNG'): HTMLElement =>
    element(
      'button',
      {
        type: 'button',
        class: 'quiet',
        'data-export': `${what} ${kind.toLowerCase()}`,
        'aria-label': `Save the picture of ${what} as ${kind}`,
        onclick: () =>
          void save(kind).catch((error: unknown) => {
            problem.hidden = false;
            fill(problem, errorReport(error).message);
          }),
      },
      kind,
    );
  return element(
    'div',
    { class: 'row' },
    element('span', { class: 'hint' }, 'Picture'),
    button('SVG'),
    button('PNG'),
    problem,
  );
}
