/** The outline of a density with its box, upright or lying. */
import type { Density } from './kernel-density.ts';
import type { Box } from './quantiles.ts';
import type { Scene } from './scene.ts';
import type { PlotTheme } from './theme.ts';

export interface StripRequest {
  readonly box: Box;
  /** Null draws the box alone. */
  readonly density: Density | null;
  /** Middle of the strip, in pixels across the direction of the values. */
  readonly across: number;
  /** Half the width of the densest place, in pixels. */
  readonly halfWidth: number;
  /** Pixel of a value along the strip. */
  along(value: number): number;
  /** True when the values run up the plot. */
  readonly upright: boolean;
  readonly colour: string;
  readonly theme: PlotTheme;
}

/** Densities below this share of the highest are not drawn: a hair of no width. */
const LEAST = 0.004;

export function drawStrip(scene: Scene, request: StripRequest): void {
  const { box, density, across, halfWidth, along, upright, colour, theme } = request;
  /** A path through points given along and across the strip. */
  const path = (points: readonly (readonly [number, number])[], paint: object, closed: boolean): void => {
    const alongs = points.map(([value]) => value);
    const acrosses = points.map(([, shift]) => shift);
    scene.add('canvas', {
      kind: 'path',
      x: upright ? acrosses : alongs,
      y: upright ? alongs : acrosses,
      closed,
      ...paint,
    });
  };
  if (density !== null) {
    const highest = density.density.reduce((most, value) => Math.max(most, value), 0);
    const outline: (readonly [number, number])[] = [];
    density.x.forEach((value, i) => {
      const share = density.density[i] / highest;
      if (share > LEAST) outline.push([along(value), share * halfWidth]);
    });
    const there = outline.map(([at, shift]) => [at, across - shift] as const);
    const back = outline.map(([at, shift]) => [at, across + shift] as const).reverse();
    path([...there, ...back], { fill: colour, opacity: 0.4 }, true);
    path([...there, ...back], { stroke: colour, strokeWidth: 1 }, true);
  }
  const half = Math.max(1.5, Math.min(6, 0.25 * halfWidth));
  const ink = { stroke: theme.ink, strokeWidth: 1.2 };
  const [start, lower, median, upper, end] = [box.whiskerLow, box.lower, box.median, box.upper, box.whiskerHigh].map(
    along,
  );
  path(
    [
      [start, across],
      [lower, across],
    ],
    ink,
    false,
  );
  path(
    [
      [upper, across],
      [end, across],
    ],
    ink,
    false,
  );
  path(
    [
      [lower, across - half],
      [upper, across - half],
      [upper, across + half],
      [lower, across + half],
    ],
    { ...ink, fill: theme.paper },
    true,
  );
  path(
    [
      [median, across - half],
      [median, across + half],
    ],
    { stroke: theme.ink, strokeWidth: 2.5 },
    false,
  );
}
