/** What all plots have in common: size, colours, drawing, export. */

import { withCaption } from './caption.ts';
import { pointKeys } from './keyboard.ts';
import type { PlotEvents, PlotHandle } from './plot-data.ts';
import { pointerOn, type Targets } from './pointer.ts';
import type { MeasureText, Scene, Size } from './scene.ts';
import { drawOnCanvas, fontOf } from './scene-canvas.ts';
import { svgText } from './scene-svg.ts';
import { createSurface } from './surface.ts';
import { type PlotTheme, readTheme } from './theme.ts';

export interface Drawing {
  readonly scene: Scene;
  /** The plot in a sentence or two, for those who don't see it. */
  readonly summary: string;
  /** What the keyboard does with it on the page; files have none. */
  readonly keys?: string;
  readonly targets?: Targets;
}

export interface DrawRequest extends Size {
  readonly theme: PlotTheme;
  readonly measure: MeasureText;
  /** Indices of the selected data. */
  readonly selected: readonly number[];
}

/** A kind of plot: pure functions of data and size. */
export interface PlotSpec<Data, Prepared> {
  /** Name that a screen reader says; some have one by what they show. */
  readonly kind: string | ((prepared: Prepared) => string);
  /** What depends on the data alone, computed once for all sizes; `previous` may serve again where data are the same. */
  prepare(data: Data, previous?: Prepared): Prepared;
  draw(prepared: Prepared, request: DrawRequest): Drawing;
  /** Height for a width, both in pixels; `--plot-height` on the host has precedence. */
  height?(prepared: Prepared, width: number): number;
  /** The selection that comes with the data; undefined keeps the present one. Only plots with it have a lasso. */
  selection?(data: Data): readonly number[] | undefined;
}

/** Width of exports from a plot that was never visible. */
const HIDDEN_WIDTH = 800;

/** Puts a plot into the page. It follows the width of `host` and the preference for dark colours. */
export function createPlot<Data, Prepared>(
  host: HTMLElement,
  first: Data,
  spec: PlotSpec<Data, Prepared>,
  events: PlotEvents = {},
): PlotHandle<Data> {
  const surface = createSurface(host);
  const measure = textMeasure(() => theme.font);
  const listening = new AbortController();
  let theme = readTheme(host);
  let prepared = spec.prepare(first);
  let selected = spec.selection?.(first) ?? [];
  let drawn: { readonly drawing: Drawing; readonly size: Size } | null = null;

  const sizeFor = (width: number): Size => {
    const wanted = Number.parseFloat(getComputedStyle(host).getPropertyValue('--plot-height'));
    const usual = spec.height?.(prepared, width) ?? Math.max(300, Math.min(480, 0.62 * width));
    return { width, height: Math.round(wanted > 0 ? wanted : usual) };
  };
  const drawAt = (size: Size, colours = theme): Drawing =>
    spec.draw(prepared, { ...size, theme: colours, measure, selected });
  const kindOf = (): string => (typeof spec.kind === 'string' ? spec.kind : spec.kind(prepared));
  const titleOf = ({ summary }: Drawing): string => `${kindOf()}. ${summary}`;
  const redraw = (): void => {
    const width = Math.floor(host.clientWidth - horizontalPadding(host));
    if (width <= 0) return; // hidden: the observer calls again
    const size = sizeFor(width);
    surface.resize(size);
    const drawing = drawAt(size);
    surface.draw(drawing.scene.shapes, size, theme);
    surface.overlay.setAttribute('aria-label', `${titleOf(drawing)}${drawing.keys ? ` ${drawing.keys}` : ''}`);
    // Only what has points to walk through takes the keyboard's focus.
    const ranked = (drawing.targets?.ranking.length ?? 0) > 0;
    surface.overlay.setAttribute('role', ranked ? 'application' : 'img');
    surface.overlay.setAttribute('aria-roledescription', kindOf());
    if (ranked) surface.overlay.setAttribute('tabindex', '0');
    else surface.overlay.removeAttribute('tabindex');
    drawn = { drawing, size };
    points.reset();
  };
  const select = (indices: readonly number[]): void => {
    selected = indices;
    redraw();
    events.onSelect?.(indices);
  };

  const points = pointerOn(surface, {
    events,
    signal: listening.signal,
    targets: () => drawn?.drawing.targets ?? null,
    ...(spec.selection === undefined ? {} : { select }),
  });
  pointKeys(surface, {
    signal: listening.signal,
    targets: () => drawn?.drawing.targets ?? null,
    focus: points.focus,
    ...(events.onOpen === undefined ? {} : { open: (index: number) => events.onOpen?.(index) }),
    clear: () => {
      if (spec.selection !== undefined && selected.length > 0) select([]);
    },
  });
  redraw();
  const observer = new ResizeObserver(() => {
    const width = Math.floor(host.clientWidth - horizontalPadding(host));
    if (width > 0 && width !== drawn?.size.width) redraw();
  });
  observer.observe(host);
  const recolour = (): void => {
    theme = readTheme(host);
    redraw();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', recolour, { signal: listening.signal });

  /** The drawing at its present size, or at a usual one when the plot is not visible: for paper, light whatever the page is. */
  const forExport = (caption: string) => {
    host.classList.add('for-paper');
    const paper = readTheme(host);
    host.classList.remove('for-paper');
    const size = drawn?.size ?? sizeFor(HIDDEN_WIDTH);
    const drawing = drawAt(size, paper);
    return { drawing, theme: paper, ...withCaption(drawing.scene.shapes, size, caption, { measure, theme: paper }) };
  };
  return {
    update(data) {
      theme = readTheme(host);
      prepared = spec.prepare(data, prepared);
      selected = spec.selection?.(data) ?? selected;
      drawn = null;
      redraw();
    },
    toSvg(caption = '') {
      const { drawing, shapes, size, theme: own } = forExport(caption);
      const { font, paper } = own;
      return svgText(shapes, { ...size, font, paper, title: titleOf(drawing) });
    },
    async toPng(scale = 2, caption = '') {
      const { shapes, size, theme: own } = forExport(caption);
      const canvas = document.createElement('canvas');
      const context = canvas.getContext('2d');
      if (context === null) throw new Error('this browser gives no canvas to draw the PNG on; save the plot as SVG');
      const { font, paper } = own;
      drawOnCanvas(context, shapes, { ...size, ratio: scale, font, paper });
      return new Promise<Blob>((resolve, reject) => {
        canvas.toBlob((blob) => {
          if (blob !== null) resolve(blob);
          else
            reject(new Error(`a PNG at scale ${scale} is larger than this browser can make; choose a smaller scale`));
        }, 'image/png');
      });
    },
    destroy() {
      listening.abort();
      observer.disconnect();
      surface.container.remove();
    },
  };
}

function horizontalPadding(element: HTMLElement): number {
  const { paddingLeft, paddingRight } = getComputedStyle(element);
  return (Number.parseFloat(paddingLeft) || 0) + (Number.parseFloat(paddingRight) || 0);
}

/** Measures text with a canvas of its own. */
function textMeasure(family: () => string): MeasureText {
  const context = document.createElement('canvas').getContext('2d');
  return (text, size, bold = false) => {
    if (context === null) return 0.6 * size * text.length;
    context.font = fontOf(size, bold, family());
    return context.measureText(text).width;
  };
}
