/** The elements of one plot: canvas, SVG above it, the mark of the focused point, the box that describes it. */

import type { LayeredShape, Size } from './scene.ts';
import { drawOnCanvas } from './scene-canvas.ts';
import { SVG_NAMESPACE, svgElement } from './scene-svg.ts';
import type { PlotTheme } from './theme.ts';

/** What is shown about a point: pixels and lines of text, the first as a heading. */
export interface PointNote {
  readonly x: number;
  readonly y: number;
  readonly lines: readonly string[];
}

export interface Surface {
  readonly container: HTMLDivElement;
  readonly overlay: SVGSVGElement;
  resize(size: Size): void;
  draw(shapes: readonly LayeredShape[], size: Size, theme: PlotTheme): void;
  /** Marks a point and describes it, or takes both away. */
  note(point: PointNote | null, options: { readonly ring: boolean; readonly announce: boolean }): void;
  /** Draws the line of the lasso; empty takes it away. */
  lasso(x: readonly number[], y: readonly number[]): void;
}

/**
 * Puts the elements into `host`. Styles are set through the object model, which a strict content-security policy allows,
 * and classes (`plot`, `plot-tip`) let the page add its own.
 */
export function createSurface(host: HTMLElement): Surface {
  const container = document.createElement('div');
  container.className = 'plot';
  style(container, { position: 'relative', width: '100%', overflow: 'hidden' });
  const canvas = document.createElement('canvas');
  canvas.setAttribute('aria-hidden', 'true');
  style(canvas, { position: 'absolute', inset: '0', width: '100%', height: '100%', 'pointer-events': 'none' });
  const overlay = svg('svg');
  style(overlay, { position: 'absolute', inset: '0', width: '100%', height: '100%', 'user-select': 'none' });
  const marks = svg('g');
  const ring = svg('circle');
  ring.setAttribute('fill', 'none');
  ring.setAttribute('stroke-width', '2');
  const loop = svg('path');
  loop.setAttribute('stroke-dasharray', '4 3');
  loop.setAttribute('fill-opacity', '0.1');
  overlay.append(marks, ring, loop);
  const tip = document.createElement('div');
  tip.className = 'plot-tip';
  tip.setAttribute('aria-hidden', 'true');
  style(tip, {
    position: 'absolute',
    left: '0',
    top: '0',
    'max-width': 'min(260px, 90%)',
    padding: '4px 8px',
    'border-radius': '4px',
    'font-size': '12px',
    'line-height': '1.4',
    'pointer-events': 'none',
    'overflow-wrap': 'anywhere',
  });
  const live = document.createElement('div');
  live.setAttribute('aria-live', 'polite');
  style(live, { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden', 'clip-path': 'inset(50%)' });
  container.append(canvas, overlay, tip, live);
  host.append(container);
  show(ring, false);
  show(tip, false);

  let inner: Size = { width: 0, height: 0 };
  return {
    container,
    overlay,
    resize(size) {
      inner = size;
      container.style.height = `${size.height}px`;
      overlay.setAttribute('viewBox', `0 0 ${size.width} ${size.height}`);
    },
    draw(shapes, size, theme) {
      const context = canvas.getContext('2d');
      const { font } = theme;
      if (context !== null) {
        drawOnCanvas(context, shapes, { ...size, ratio: devicePixelRatio, font, layer: 'canvas' });
      }
      const elements = shapes.filter(({ layer }) => layer === 'overlay').map(({ shape }) => elementOf(shape));
      marks.replaceChildren(...elements);
      overlay.setAttribute('font-family', font);
      ring.setAttribute('stroke', theme.ink);
      loop.setAttribute('stroke', theme.ink);
      loop.setAttribute('fill', theme.ink);
      style(tip, { background: theme.paper, color: theme.ink, border: `1px solid ${theme.faint}` });
    },
    note(point, options) {
      show(ring, point !== null && options.ring);
      show(tip, point !== null);
      if (point === null) return;
      const { x, y, lines } = point;
      ring.setAttribute('cx', String(x));
      ring.setAttribute('cy', String(y));
      ring.setAttribute('r', '6');
      tip.replaceChildren(
        ...lines.map((line, i) => {
          const row = document.createElement('div');
          row.textContent = line;
          if (i === 0) row.style.fontWeight = '600';
          return row;
        }),
      );
      const { offsetWidth, offsetHeight } = tip;
      const left = x + 12 + offsetWidth <= inner.width ? x + 12 : Math.max(0, x - 12 - offsetWidth);
      const top = Math.max(0, Math.min(inner.height - offsetHeight, y - offsetHeight - 8));
      tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
      if (options.announce) live.textContent = lines.join(', ');
    },
    lasso(x, y) {
      loop.setAttribute('d', x.length < 2 ? '' : `M${x.map((value, i) => `${value} ${y[i]}`).join('L')}Z`);
    },
  };
}

function elementOf(shape: LayeredShape['shape']): SVGElement {
  const { name, attributes, text } = svgElement(shape);
  const element = svg(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function svg<Name extends keyof SVGElementTagNameMap>(name: Name): SVGElementTagNameMap[Name] {
  return document.createElementNS(SVG_NAMESPACE, name);
}

export function style(element: HTMLElement | SVGElement, properties: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
}

function show(element: HTMLElement | SVGElement, shown: boolean): void {
  element.style.display = shown ? '' : 'none';
}
