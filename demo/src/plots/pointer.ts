/** Pointing at a plot: the nearest point is described, a click opens it, a freehand lasso selects. */
import { createGridIndex, type GridIndex } from './grid-index.ts';

import type { PlotEvents } from './plot-data.ts';
import { pointsInside } from './polygon.ts';
import { type Surface, style } from './surface.ts';

/** Things in a drawing that can be pointed at. Positions count within these arrays. */
export interface Targets {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Index in the data of each target. */
  readonly index: ArrayLike<number>;
  /** Positions in the order in which the arrow keys visit them, the most important first. */
  readonly ranking: ArrayLike<number>;
  /** What is said about a target: a heading, then one fact per line. */
  describe(position: number): readonly string[];
  /** Position of the target at a place, or -1, for targets that are no points. */
  find?(x: number, y: number): number;
}

export interface PointerOptions {
  readonly events: PlotEvents;
  readonly signal: AbortSignal;
  targets(): Targets | null;
  /** Takes the indices inside the lasso; without it there is no lasso. */
  readonly select?: (indices: readonly number[]) => void;
}

export interface PointerControl {
  /** Marks a target, by its position, or none. */
  focus(position: number | null, announce: boolean): void;
  /** Forgets what was marked, after a new drawing. */
  reset(): void;
}

/** How far from a point, in pixels, the pointer may be; a finger hides more. */
const REACH = { mouse: 14, touch: 24 };

export function pointerOn(surface: Surface, options: PointerOptions): PointerControl {
  const { overlay } = surface;
  const { events, signal, targets, select } = options;
  let grid: GridIndex | null = null;
  let marked: number | null = null;
  let loop: { readonly x: number[]; readonly y: number[] } | null = null;
  let justLassoed = false;
  const button = select === undefined ? null : lassoButton(surface);
  const lassoMode = (): boolean => button?.getAttribute('aria-pressed') === 'true';

  const focus = (position: number | null, announce: boolean): void => {
    const list = targets();
    const target = list === null || position === null ? null : position;
    const index = list === null || target === null ? null : list.index[target];
    if (list === null || target === null) surface.note(null, { ring: false, announce });
    else {
      const note = { x: list.x[target], y: list.y[target], lines: list.describe(target) };
      surface.note(note, { ring: list.find === undefined, announce });
    }
    overlay.style.cursor = target !== null && events.onOpen !== undefined && !lassoMode() ? 'pointer' : cursor();
    if (target === marked) return;
    marked = target;
    events.onHover?.(index);
  };
  const cursor = (): string => (lassoMode() ? 'crosshair' : '');
  const place = (event: MouseEvent): readonly [number, number] => {
    const box = overlay.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const hit = (event: PointerEvent | MouseEvent): number | null => {
    const list = targets();
    if (list === null) return null;
    const [x, y] = place(event);
    const touch = 'pointerType' in event && event.pointerType === 'touch';
    if (list.find === undefined) grid ??= createGridIndex(list.x, list.y);
    const found = list.find?.(x, y) ?? grid?.nearest(x, y, touch ? REACH.touch : REACH.mouse) ?? -1;
    return found < 0 ? null : found;
  };
  const finish = (): void => {
    const list = targets();
    if (loop === null) return;
    const { x, y } = loop;
    loop = null;
    surface.lasso([], []);
    if (list === null || select === undefined || x.length < 3) return;
    justLassoed = true;
    select(pointsInside(x, y, list.x, list.y).map((position) => list.index[position]));
  };

  const on = <Name extends keyof SVGElementEventMap>(name: Name, act: (event: SVGElementEventMap[Name]) => void) =>
    overlay.addEventListener(name, act, { signal });
  on('pointerdown', (event) => {
    justLassoed = false;
    if (select === undefined || event.button !== 0 || !(event.shiftKey || lassoMode())) return;
    event.preventDefault();
    const [x, y] = place(event);
    loop = { x: [x], y: [y] };
    overlay.setPointerCapture(event.pointerId);
    focus(null, false);
  });
  on('pointermove', (event) => {
    if (loop === null) {
      focus(hit(event), false);
      return;
    }
    const [x, y] = place(event);
    const last = loop.x.length - 1;
    if (Math.hypot(x - loop.x[last], y - loop.y[last]) < 3) return;
    loop.x.push(x);
    loop.y.push(y);
    surface.lasso(loop.x, loop.y);
  });
  on('pointerup', finish);
  on('pointercancel', () => {
    loop = null;
    surface.lasso([], []);
  });
  on('pointerleave', () => {
    if (loop === null) focus(null, false);
  });
  on('click', (event) => {
    const position = justLassoed || lassoMode() ? null : hit(event);
    justLassoed = false;
    const list = targets();
    if (position !== null && list !== null) events.onOpen?.(list.index[position]);
  });
  button?.addEventListener(
    'click',
    () => {
      const on = !lassoMode();
      button.setAttribute('aria-pressed', String(on));
      button.style.fontWeight = on ? '600' : '';
      button.style.textDecoration = on ? 'underline' : '';
      // While the lasso is on a finger draws, else it scrolls the page.
      overlay.style.touchAction = on ? 'none' : '';
      overlay.style.cursor = cursor();
    },
    { signal },
  );

  return {
    focus,
    reset() {
      grid = null;
      if (marked !== null) focus(null, false);
    },
  };
}

function lassoButton({ container }: Surface): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plot-lasso';
  button.textContent = 'Lasso';
  button.title = 'Draw around points to select them; or drag with Shift held down';
  button.setAttribute('aria-pressed', 'false');
  // No higher than the strip that the volcano plot leaves above its frame.
  style(button, {
    position: 'absolute',
    top: '0',
    right: '0',
    padding: '0 8px',
    'min-height': '26px',
    'font-size': '12px',
    'line-height': '24px',
  });
  container.append(button);
  return button;
}
