/** Residuals against fitted values. */
import { drawAxes, drawEmpty } from './axes.ts';
import { placesWhere } from './gather.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotHandle } from './plot-data.ts';
import { extentOf, padded } from './scale.ts';
import { Scene } from './scene.ts';
import { formatNumber } from './ticks.ts';
import { medianTrend, type Trend } from './trend.ts';

export interface ResidualData {
  readonly fitted: Float64Array;
  readonly residual: Float64Array;
  readonly xLabel: string;
  readonly yLabel: string;
}

interface PreparedResiduals {
  readonly data: ResidualData;
  readonly index: Int32Array;
  readonly trend: Trend | null;
}

/** Values that are fewer than this in all get no trend. */
const LEAST_TREND = 60;

function prepare(data: ResidualData): PreparedResiduals {
  const { fitted, residual } = data;
  const index = placesWhere(fitted.length, (i) => Number.isFinite(fitted[i]) && Number.isFinite(residual[i]));
  const bins = Math.min(25, Math.floor(index.length / 20));
  return { data, index, trend: index.length < LEAST_TREND ? null : medianTrend(fitted, residual, bins) };
}

function draw({ data, index, trend }: PreparedResiduals, request: DrawRequest): Drawing {
  const { theme } = request;
  const { fitted, residual, xLabel, yLabel } = data;
  const scene = new Scene();
  if (index.length === 0) {
    drawEmpty(scene, request, theme, 'There are no residuals');
    return { scene, summary: 'There are no residuals.' };
  }
  const xs = Float64Array.from(index, (i) => fitted[i]);
  const ys = Float64Array.from(index, (i) => residual[i]);
  const [left, right] = padded(extentOf(xs), 0.04);
  const [low, high] = padded(extentOf([...(extentOf(ys) ?? []), 0]), 0.05);
  const { frame, x, y } = drawAxes(scene, {
    ...request,
    top: 14,
    x: { title: xLabel, low: left, high: right },
    y: { title: yLabel, low, high },
  });
  const zero = y.at(0);
  scene.line('canvas', frame.left, zero, frame.right, zero, { stroke: theme.ink, opacity: 0.7 });
  const many = index.length > 1000;
  const [px, py] = [xs.map(x.at), ys.map(y.at)];
  scene.add('canvas', {
    kind: 'points',
    x: px,
    y: py,
    radius: many ? 1.6 : 2.4,
    fill: theme.down,
    opacity: many ? 0.35 : 0.6,
    dull: true,
  });
  if (trend !== null) {
    const line = { x: Array.from(trend.x, x.at), y: Array.from(trend.y, y.at) };
    scene.add('overlay', { kind: 'path', ...line, stroke: theme.paper, strokeWidth: 5 });
    scene.add('overlay', { kind: 'path', ...line, stroke: theme.up, strokeWidth: 2.5 });
  }
  const largest = Int32Array.from(index.keys()).sort((a, b) => Math.abs(ys[b]) - Math.abs(ys[a]));
  return {
    scene,
    summary:
      `${index.length} residuals from ${formatNumber(extentOf(ys)?.[0] ?? NaN)} to ${formatNumber(extentOf(ys)?.[1] ?? NaN)} ` +
      `against fitted values from ${formatNumber(left)} to ${formatNumber(right)}.`,
    targets: {
      x: px,
      y: py,
      index,
      ranking: largest.subarray(0, 50),
      describe: (k) => [`residual ${formatNumber(ys[k])}`, `fitted ${formatNumber(xs[k])}`],
    },
  };
}

/** Residuals against fitted values, with their running median where there are enough. */
export function residualFittedPlot(host: HTMLElement, data: ResidualData): PlotHandle<ResidualData> {
  return createPlot(host, data, {
    kind: 'Residuals against fitted values',
    prepare,
    draw,
    height: (_, width) => Math.max(260, Math.min(360, 0.7 * width)),
  });
}
