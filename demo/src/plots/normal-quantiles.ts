/** Quantiles of residuals against those of the standard normal distribution. */
import { betaQuantile, studentQuantile } from 'webgpu-lmm/statistics';
import { drawAxes, drawEmpty, TEXT } from './axes.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotHandle } from './plot-data.ts';
import { sortedValues } from './quantiles.ts';
import { padded } from './scale.ts';
import { Scene } from './scene.ts';
import { formatCount, formatNumber } from './ticks.ts';

export interface NormalQuantileData {
  readonly values: Float64Array;
  readonly yLabel: string;
}

/** Points that are drawn at most; of more, evenly spaced ranks and all at the ends. */
const MOST_POINTS = 4000;
const WHOLE_TAIL = 200;
const BAND_POINTS = 41;

interface PreparedNormal {
  readonly data: NormalQuantileData;
  readonly expected: Float64Array;
  readonly observed: Float64Array;
  readonly count: number;
  readonly band: { readonly at: Float64Array; readonly low: Float64Array; readonly high: Float64Array };
}

/** The quantile of the standard normal distribution. */
function normalQuantile(probability: number): number {
  return studentQuantile(probability, Number.POSITIVE_INFINITY);
}

function prepare(data: NormalQuantileData): PreparedNormal {
  const sorted = sortedValues(data.values);
  const n = sorted.length;
  const stride = Math.max(1, Math.ceil(n / MOST_POINTS));
  const ranks = Int32Array.from(sorted.keys()).filter((k) => k % stride === 0 || k < WHOLE_TAIL || k >= n - WHOLE_TAIL);
  // The k-th of n uniform numbers is Beta(k, n + 1 - k): its median is about (k - 1/3) / (n + 1/3).
  const places = new Set<number>();
  for (let i = 0; i < BAND_POINTS && n > 0; i++) {
    const share = (1 - Math.cos((Math.PI * i) / (BAND_POINTS - 1))) / 2;
    places.add(1 + Math.round(share * (n - 1)));
  }
  const k = Float64Array.from(places);
  const limit = (probability: number) => k.map((rank) => normalQuantile(betaQuantile(probability, rank, n + 1 - rank)));
  return {
    data,
    count: n,
    expected: Float64Array.from(ranks, (rank) => normalQuantile((rank + 2 / 3) / (n + 1 / 3))),
    observed: Float64Array.from(ranks, (rank) => sorted[rank]),
    band: { at: k.map((rank) => normalQuantile((rank - 1 / 3) / (n + 1 / 3))), low: limit(0.025), high: limit(0.975) },
  };
}

function draw({ data, count, expected, observed, band }: PreparedNormal, request: DrawRequest): Drawing {
  const { theme, measure } = request;
  const scene = new Scene();
  if (count < 2) {
    drawEmpty(scene, request, theme, 'There are no residuals');
    return { scene, summary: 'There are no residuals.' };
  }
  const [left, right] = padded([expected[0], expected[expected.length - 1]], 0.04);
  const [low, high] = padded([Math.min(observed[0], left), Math.max(observed[observed.length - 1], right)], 0.03);
  const { frame, x, y } = drawAxes(scene, {
    ...request,
    top: 30,
    x: { title: 'Normal quantile', low: left, high: right },
    y: { title: data.yLabel, low, high },
  });
  const forth = Array.from(band.at, x.at);
  scene.add('canvas', {
    kind: 'path',
    x: [...forth, ...forth.toReversed()],
    y: [...Array.from(band.high, y.at), ...Array.from(band.low, y.at).reverse()],
    closed: true,
    fill: theme.dull,
    opacity: 0.3,
  });
  scene.line('canvas', x.at(left), y.at(left), x.at(right), y.at(right), { stroke: theme.ink, opacity: 0.7 });
  const [px, py] = [expected.map(x.at), observed.map(y.at)];
  scene.add('canvas', { kind: 'points', x: px, y: py, radius: 2, fill: theme.down, dull: true });
  const rest = 'band: 95 % by chance';
  if (frame.left + measure(rest, TEXT.note) < frame.right) {
    scene.text({ text: rest, x: frame.right, y: 19, size: TEXT.note, fill: theme.faint, anchor: 'end' });
  }
  const ends = Int32Array.from(expected.keys()).sort((a, b) => Math.abs(observed[b]) - Math.abs(observed[a]));
  return {
    scene,
    summary:
      `${formatCount(count)} residuals against normal quantiles, from ${formatNumber(observed[0])} ` +
      `(expected ${formatNumber(expected[0])}) to ${formatNumber(observed[observed.length - 1])} ` +
      `(expected ${formatNumber(expected[expected.length - 1])}).`,
    targets: {
      x: px,
      y: py,
      index: Int32Array.from(expected.keys()),
      ranking: ends.subarray(0, 50),
      describe: (k) => [`residual ${formatNumber(observed[k])}`, `expected ${formatNumber(expected[k])}`],
    },
  };
}

/** Residuals against normal quantiles with the band that holds 95 % of independent normal ones at each rank. */
export function normalQuantilePlot(host: HTMLElement, data: NormalQuantileData): PlotHandle<NormalQuantileData> {
  return createPlot(host, data, {
    kind: 'Normal quantiles of residuals',
    prepare,
    draw,
    height: (_, width) => Math.max(260, Math.min(360, 0.7 * width)),
  });
}
