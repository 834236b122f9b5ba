/** One distribution as a strip, drawn alike wherever it stands and by how many values there are. */
import type { Sample } from './gene-layout.ts';
import { jitterOf } from './jitter.ts';
import type { Scene } from './scene.ts';
import type { PlotTheme } from './theme.ts';
import { drawStrip } from './violin.ts';

/** From so many values on the points stand on a box. */
const LEAST_BOXED = 12;
/** Beyond so many values a strip is a violin with a box. */
const MOST_POINTS = 150;

export type StripKind = 'points' | 'points and box' | 'violin and box';

/** What the strips of a plot are drawn as, all alike: by the median number of their values. */
export function stripKind(counts: readonly number[]): StripKind {
  const middle = counts.toSorted((a, b) => a - b)[counts.length >> 1] ?? 0;
  if (middle > MOST_POINTS) return 'violin and box';
  return middle < LEAST_BOXED ? 'points' : 'points and box';
}

export interface DistributionRequest {
  readonly sample: Sample;
  /** As of all strips of the plot; a few values are points in any. */
  readonly kind: StripKind;
  /** Middle of the strip, and half its width, in pixels. */
  readonly across: number;
  readonly halfWidth: number;
  /** Pixel of a value. */
  along(value: number): number;
  readonly colour: string;
  readonly theme: PlotTheme;
}

/** Points with their mean, with a box behind them, or a violin with a box. */
export function drawDistribution(scene: Scene, request: DistributionRequest): void {
  const { sample, across, halfWidth, along, colour, theme } = request;
  const { sorted, density, mean, box } = sample;
  if (sorted.length === 0) return;
  const kind = sorted.length < LEAST_BOXED ? 'points' : request.kind;
  if (kind === 'violin and box') {
    drawStrip(scene, { box, density, across, halfWidth, along, upright: true, colour, theme });
    return;
  }
  if (kind === 'points and box') {
    const [top, bottom] = [along(box.upper), along(box.lower)];
    scene.rectangle('canvas', across - halfWidth, top, across + halfWidth, bottom, {
      stroke: theme.dull,
      strokeWidth: 1,
    });
    const middle = along(box.median);
    scene.line('canvas', across - halfWidth, middle, across + halfWidth, middle, {
      stroke: theme.dull,
      strokeWidth: 1.5,
    });
  }
  const radius = halfWidth < 8 ? 1.6 : 2.4;
  const shifts = sorted.length === 1 ? new Float64Array(1) : jitterOf(sorted, density);
  scene.add('canvas', {
    kind: 'points',
    x: shifts.map((shift) => across + shift * Math.max(0, halfWidth - radius)),
    y: sorted.map((value) => along(value)),
    radius,
    fill: colour,
    opacity: 0.65,
  });
  const at = along(mean);
  scene.line('canvas', across - halfWidth, at, across + halfWidth, at, { stroke: theme.ink, strokeWidth: 2 });
}
