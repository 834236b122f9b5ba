/** Draws a scene on a canvas. */
import { stampDots } from './dots.ts';
import type { Layer, LayeredShape, PathShape, PointsShape, Size, TextShape } from './scene.ts';

export type Context2d = CanvasRenderingContext2D;

export interface CanvasOptions extends Size {
  /** Device pixels per pixel of the page. */
  readonly ratio: number;
  readonly font: string;
  /** Fills the ground first; without it the canvas is transparent. */
  readonly paper?: string;
  /** Draws the shapes of one layer only. */
  readonly layer?: Layer;
}

/** Up to so many dots are drawn as paths. */
const FEW_DOTS = 300;

/** Clears the canvas, gives it its size, and draws. */
export function drawOnCanvas(context: Context2d, shapes: readonly LayeredShape[], options: CanvasOptions): void {
  const { width, height, ratio, paper, layer, font } = options;
  const { canvas } = context;
  const columns = Math.max(1, Math.round(width * ratio));
  const rows = Math.max(1, Math.round(height * ratio));
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, columns, rows);
  if (paper !== undefined) {
    context.fillStyle = paper;
    context.fillRect(0, 0, columns, rows);
  }
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  for (const { layer: own, shape } of shapes) {
    if (layer !== undefined && own !== layer) continue;
    context.globalAlpha = 1;
    if (shape.kind === 'points') drawPoints(context, shape, ratio);
    else if (shape.kind === 'path') drawPath(context, shape);
    else drawText(context, shape, font);
  }
  context.globalAlpha = 1;
}

/** Few dots are paths; many are blended here and laid on in one piece. */
function drawPoints(context: Context2d, shape: PointsShape, ratio: number): void {
  const { x, y, radius, fill, opacity = 1 } = shape;
  const { width, height } = context.canvas;
  if (x.length <= FEW_DOTS) {
    context.fillStyle = fill;
    context.globalAlpha = opacity;
    for (let i = 0; i < x.length; i++) {
      context.beginPath();
      context.arc(x[i], y[i], radius, 0, 2 * Math.PI);
      context.fill();
    }
    return;
  }
  const layer = stampDots({
    x: scaled(x, ratio),
    y: scaled(y, ratio),
    radius: radius * ratio,
    columns: width,
    rows: height,
    colour: channels(fill),
    opacity,
  });
  if (layer === null) return;
  const sheet = document.createElement('canvas');
  sheet.width = layer.width;
  sheet.height = layer.height;
  sheet.getContext('2d')?.putImageData(new ImageData(layer.pixels, layer.width, layer.height), 0, 0);
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(sheet, layer.left, layer.top);
  context.restore();
}

function scaled(values: ArrayLike<number>, factor: number): Float64Array {
  const products = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) products[i] = factor * values[i];
  return products;
}

/** Red, green and blue of a colour in the notation of the theme, six hexadecimal digits. */
function channels(colour: string): readonly [number, number, number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function drawPath(context: Context2d, shape: PathShape): void {
  const { x, y, closed = false, fill, stroke, strokeWidth = 1, opacity = 1, dash = [] } = shape;
  if (x.length === 0) return;
  context.globalAlpha = opacity;
  context.beginPath();
  context.moveTo(x[0], y[0]);
  for (let i = 1; i < x.length; i++) context.lineTo(x[i], y[i]);
  if (closed) context.closePath();
  if (fill !== undefined) {
    context.fillStyle = fill;
    context.fill();
  }
  if (stroke !== undefined) {
    context.strokeStyle = stroke;
    context.lineWidth = strokeWidth;
    context.lineJoin = 'round';
    context.setLineDash([...dash]);
    context.stroke();
  }
}

function drawText(context: Context2d, shape: TextShape, font: string): void {
  const { text, x, y, size, fill, anchor = 'start', bold = false, upwards = false, halo } = shape;
  context.save();
  context.translate(x, y);
  if (upwards) context.rotate(-Math.PI / 2);
  context.font = fontOf(size, bold, font);
  context.textAlign = anchor === 'middle' ? 'center' : anchor;
  context.textBaseline = 'alphabetic';
  if (halo !== undefined) {
    context.strokeStyle = halo;
    context.lineWidth = 3;
    context.lineJoin = 'round';
    context.strokeText(text, 0, 0);
  }
  context.fillStyle = fill;
  context.fillText(text, 0, 0);
  context.restore();
}

/** A font in the notation of CSS. */
export function fontOf(size: number, bold: boolean, family: string): string {
  return `${bold ? '600 ' : ''}${size}px ${family}`;
}
