/**
 * A plot as plain data: shapes in pixels, back to front. One scene is drawn three ways: points and areas on a canvas with
 * the rest in an SVG above it (the page), everything on a canvas (PNG), everything as text (SVG files).
 */

export interface Paint {
  readonly fill?: string;
  readonly stroke?: string;
  readonly strokeWidth?: number;
  readonly opacity?: number;
  readonly dash?: readonly number[];
}

/** An open or closed line through points; filled when it has a fill. */
export interface PathShape extends Paint {
  readonly kind: 'path';
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly closed?: boolean;
}

/** Filled dots of one colour. */
export interface PointsShape {
  readonly kind: 'points';
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly radius: number;
  /** Six hexadecimal digits, as the theme has them. */
  readonly fill: string;
  readonly opacity?: number;
  /** A file may leave out dots that lie on others: these are the background of the plot. */
  readonly dull?: boolean;
}

export interface TextShape {
  readonly kind: 'text';
  readonly text: string;
  readonly x: number;
  /** The baseline. */
  readonly y: number;
  readonly size: number;
  readonly fill: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly bold?: boolean;
  /** True for text that reads upwards. */
  readonly upwards?: boolean;
  /** Colour of a rim that keeps the text readable above points. */
  readonly halo?: string;
}

export type Shape = PathShape | PointsShape | TextShape;

/** Where a shape goes on the page: the canvas, or the SVG above it. */
export type Layer = 'canvas' | 'overlay';

export interface LayeredShape {
  readonly layer: Layer;
  readonly shape: Shape;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Width of a text in pixels. */
export type MeasureText = (text: string, size: number, bold?: boolean) => number;

/** Collects shapes in the order in which they are drawn. */
export class Scene {
  readonly shapes: LayeredShape[] = [];

  add(layer: Layer, shape: Shape): void {
    this.shapes.push({ layer, shape });
  }

  line(layer: Layer, x1: number, y1: number, x2: number, y2: number, paint: Paint): void {
    this.add(layer, { kind: 'path', x: [x1, x2], y: [y1, y2], ...paint });
  }

  /** A line through points that breaks where one has no value; a point between two gaps is a dot. */
  curve(layer: Layer, x: ArrayLike<number>, y: ArrayLike<number>, paint: Paint & { readonly stroke: string }): void {
    for (const [from, to] of unbroken(y)) {
      const [xs, ys] = [Array.from(x).slice(from, to), Array.from(y).slice(from, to)];
      if (to - from > 1) this.add(layer, { kind: 'path', x: xs, y: ys, ...paint });
      else this.add(layer, { kind: 'points', x: xs, y: ys, radius: paint.strokeWidth ?? 1, fill: paint.stroke });
    }
  }

  /** The area between two lines, in parts where they break. */
  band(layer: Layer, x: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>, paint: Paint): void {
    for (const [from, to] of unbroken(low)) {
      const [xs, bottom, top] = [x, low, high].map((values) => Array.from(values).slice(from, to));
      const round = { x: [...xs, ...xs.toReversed()], y: [...top, ...bottom.toReversed()] };
      this.add(layer, { kind: 'path', ...round, closed: true, ...paint });
    }
  }

  rectangle(layer: Layer, left: number, top: number, right: number, bottom: number, paint: Paint): void {
    this.add(layer, {
      kind: 'path',
      x: [left, right, right, left],
      y: [top, top, bottom, bottom],
      closed: true,
      ...paint,
    });
  }

  text(shape: Omit<TextShape, 'kind'>): void {
    this.add('overlay', { kind: 'text', ...shape });
  }
}

/** Runs of finite values: from each first place to behind the last. */
function unbroken(values: ArrayLike<number>): (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = [];
  for (let from = 0; from < values.length; from++) {
    let to = from;
    while (to < values.length && Number.isFinite(values[to])) to++;
    if (to > from) runs.push([from, to]);
    from = to;
  }
  return runs;
}
