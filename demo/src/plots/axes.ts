/** The rectangle of the data with its axes, grid and titles. */
import { createScale, type Scale, type Transform } from './scale.ts';
import type { MeasureText, Scene, Size } from './scene.ts';
import type { PlotTheme } from './theme.ts';

/** Sizes of text in pixels. */
export const TEXT = { tick: 12, title: 13, label: 12, note: 12 } as const;

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface AxisRequest {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly transform?: Transform;
  /** Turns the value of a tick into its text. */
  readonly format?: (value: number, label: string) => string;
  /** False where only the other axis has lines through the plot. */
  readonly grid?: boolean;
}

export interface AxesRequest extends Size {
  readonly x: AxisRequest | null;
  readonly y: AxisRequest | null;
  readonly theme: PlotTheme;
  readonly measure: MeasureText;
  /** Room above the data, for titles and notes. */
  readonly top?: number;
  /** Room left of the data where there is no y axis. */
  readonly left?: number;
  /** Room below the data where there is no x axis. */
  readonly bottom?: number;
}

export interface Axes {
  readonly frame: Frame;
  readonly x: Scale;
  readonly y: Scale;
}

/** Lays out the frame, draws grid and axes, and gives the scales. Without an axis the scale is of the pixels themselves. */
export function drawAxes(scene: Scene, request: AxesRequest): Axes {
  const { width, height, x, y, theme, measure, top = 12 } = request;
  const frameTop = top;
  const bottom = height - (x === null ? (request.bottom ?? 8) : 46);
  const rows = Math.max(2, Math.round((bottom - frameTop) / 60));
  // Ticks depend on the scale's domain only, so their texts can be measured before the frame is known.
  const yScale = scaleOf(y, bottom, frameTop);
  const yTicks = y === null ? [] : yScale.ticks(rows).map((tick) => ({ ...tick, text: textOf(y, tick) }));
  const widest = yTicks.reduce((most, { text }) => Math.max(most, measure(text, TEXT.tick)), 0);
  const left = y === null ? (request.left ?? 12) : Math.ceil(widest) + 32;
  const columns = Math.max(2, Math.round((width - left - 14) / 80));
  const xTicks =
    x === null
      ? []
      : scaleOf(x, 0, 1)
          .ticks(columns)
          .map((tick) => ({ ...tick, text: textOf(x, tick) }));
  // The last tick may stand at the very end, with half of its text beyond.
  const beyond = xTicks.length === 0 ? 0 : measure(xTicks[xTicks.length - 1].text, TEXT.tick) / 2;
  const right = width - Math.max(14, Math.ceil(beyond) + 2);
  const xScale = scaleOf(x, left, right);

  if (y !== null) {
    for (const { value, text } of yTicks) {
      const at = crisp(yScale.at(value));
      if (y.grid !== false) scene.line('canvas', left, at, right, at, { stroke: theme.grid });
      scene.text({ text, x: left - 8, y: at + 4, size: TEXT.tick, fill: theme.faint, anchor: 'end' });
    }
    const middle = (frameTop + bottom) / 2;
    scene.text({
      text: fitText(y.title, bottom - frameTop, TEXT.title, measure),
      x: 14,
      y: middle,
      size: TEXT.title,
      fill: theme.ink,
      anchor: 'middle',
      upwards: true,
    });
  }
  if (x !== null) {
    for (const { value, text } of xTicks) {
      const at = crisp(xScale.at(value));
      if (x.grid !== false) scene.line('canvas', at, frameTop, at, bottom, { stroke: theme.grid });
      scene.text({ text, x: at, y: bottom + 18, size: TEXT.tick, fill: theme.faint, anchor: 'middle' });
    }
    const middle = (left + right) / 2;
    const title = fitText(x.title, right - left, TEXT.title, measure);
    scene.text({ text: title, x: middle, y: height - 8, size: TEXT.title, fill: theme.ink, anchor: 'middle' });
  }
  return { frame: { left, top: frameTop, right, bottom }, x: xScale, y: yScale };
}

function scaleOf(axis: AxisRequest | null, from: number, to: number): Scale {
  if (axis === null) return createScale('linear', from, to, from, to);
  return createScale(axis.transform ?? 'linear', axis.low, axis.high, from, to);
}

function textOf({ format }: AxisRequest, { value, label }: { readonly value: number; readonly label: string }): string {
  return format === undefined ? label : format(value, label);
}

/** The middle of a pixel, where a line of width 1 is sharp. */
export function crisp(pixel: number): number {
  return Math.floor(pixel) + 0.5;
}

/** A line of text in the middle, for plots without data. */
export function drawEmpty(scene: Scene, { width, height }: Size, theme: PlotTheme, text: string): void {
  scene.text({ text, x: width / 2, y: height / 2, size: TEXT.title, fill: theme.faint, anchor: 'middle' });
}

/** The text, cut with an ellipsis where it is wider than `width`. */
export function fitText(text: string, width: number, size: number, measure: MeasureText): string {
  if (measure(text, size) <= width) return text;
  const characters = [...text];
  let low = 0;
  let high = characters.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(`${characters.slice(0, middle).join('')}…`, size) <= width) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${characters.slice(0, low).join('')}…`;
}
