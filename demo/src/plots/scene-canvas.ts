/** Draws a scene on a canvas. */
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

/** One dot is drawn once and then copied to whole device pixels: far faster than a path for each. */
function drawPoints(context: Context2d, shape: PointsShape, ratio: number): void {
  const { x, y, radius, fill, opacity = 1 } = shape;
  const reach = Math.ceil(radius * ratio) + 1;
  const dot = document.createElement('canvas');
  dot.width = 2 * reach;
  dot.height = 2 * reach;
  const pen = dot.getContext('2d');
  if (pen === null) return;
  pen.fillStyle = fill;
  pen.beginPath();
  pen.arc(reach, reach, radius * ratio, 0, 2 * Math.PI);
  pen.fill();
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.globalAlpha = opacity;
  for (let i = 0; i < x.length; i++) {
    context.drawImage(dot, Math.round(x[i] * ratio) - reach, Math.round(y[i] * ratio) - reach);
  }
  context.restore();
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
