/**
 * Many dots of one colour, blended pixel by pixel: a browser that draws tens of thousands of shapes takes longer than a
 * frame. Dots of one colour differ in nothing but how much they cover, so it is enough to follow the alpha channel:
 *
 *     alpha <- alpha + (1 - alpha) * opacity * coverage
 */

/** Positions of a dot within a pixel that have a stamp of their own, per axis. */
const PHASES = 4;

export interface DotLayer {
  /** Top left corner in device pixels. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha for each pixel, row by row; alpha is not multiplied in. */
  readonly pixels: Uint8ClampedArray<ArrayBuffer>;
}

export interface DotRequest {
  /** Centres in device pixels; dots with NaN are left out. */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly radius: number;
  /** The parts of the picture that are wanted, in device pixels. */
  readonly columns: number;
  readonly rows: number;
  readonly colour: readonly [red: number, green: number, blue: number];
  readonly opacity: number;
}

/** The smallest rectangle of the picture that holds all dots; null when it holds none. */
export function stampDots({ x, y, radius, columns, rows, colour, opacity }: DotRequest): DotLayer | null {
  const reach = Math.ceil(radius) + 1;
  let [left, top, right, bottom] = [columns, rows, 0, 0];
  for (let i = 0; i < x.length; i++) {
    if (x[i] - reach < left) left = x[i] - reach;
    if (y[i] - reach < top) top = y[i] - reach;
    if (x[i] + reach > right) right = x[i] + reach;
    if (y[i] + reach > bottom) bottom = y[i] + reach;
  }
  left = Math.max(0, Math.floor(left));
  top = Math.max(0, Math.floor(top));
  const width = Math.min(columns, Math.ceil(right) + 1) - left;
  const height = Math.min(rows, Math.ceil(bottom) + 1) - top;
  if (width <= 0 || height <= 0) return null;

  const stamps = dotStamps(radius, reach, opacity);
  const side = 2 * reach + 1;
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i]) || Number.isNaN(y[i])) continue;
    const column = Math.floor(x[i]);
    const row = Math.floor(y[i]);
    const stamp = stamps[Math.floor((y[i] - row) * PHASES) * PHASES + Math.floor((x[i] - column) * PHASES)];
    const firstColumn = column - reach - left;
    const firstRow = row - reach - top;
    for (let v = Math.max(0, -firstRow); v < side && firstRow + v < height; v++) {
      const start = (firstRow + v) * width + firstColumn;
      for (let u = Math.max(0, -firstColumn); u < side && firstColumn + u < width; u++) {
        const cover = stamp[v * side + u];
        if (cover === 0) continue;
        const below = alpha[start + u];
        alpha[start + u] = below + ((255 - below) * cover + 127) / 255;
      }
    }
  }
  const pixels = new Uint8ClampedArray(4 * alpha.length);
  // Whole pixels at a time; where browsers run, the first byte is the lowest.
  const words = new Uint32Array(pixels.buffer);
  const [red, green, blue] = colour;
  const opaque = red | (green << 8) | (blue << 16);
  for (let p = 0; p < alpha.length; p++) {
    const own = alpha[p];
    if (own !== 0) words[p] = opaque | (own << 24);
  }
  return { left, top, width, height, pixels };
}

/** Alpha (0 to 255) of a dot in a square of pixels around the one with its centre, for each position within that. */
function dotStamps(radius: number, reach: number, opacity: number): readonly Uint8Array[] {
  const side = 2 * reach + 1;
  return Array.from({ length: PHASES * PHASES }, (_, phase) => {
    const centreX = reach + ((phase % PHASES) + 0.5) / PHASES;
    const centreY = reach + (Math.floor(phase / PHASES) + 0.5) / PHASES;
    return Uint8Array.from({ length: side * side }, (_, p) => {
      const distance = Math.hypot((p % side) + 0.5 - centreX, Math.floor(p / side) + 0.5 - centreY);
      return Math.round(255 * opacity * Math.max(0, Math.min(1, radius + 0.5 - distance)));
    });
  });
}
