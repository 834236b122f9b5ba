/** Residual standard deviation against mean. */

import { drawAxes, drawEmpty, TEXT } from './axes.ts';
import { gather, greatest, placesWhere } from './gather.ts';
import { nounsOf } from './nouns.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { GenePoints, PlotEvents, PlotHandle } from './plot-data.ts';
import { quantileOf } from './quantiles.ts';
import { extentOf, padded, type Transform } from './scale.ts';
import { Scene } from './scene.ts';
import { formatNumber, formatP } from './ticks.ts';
import { medianTrend, type Trend } from './trend.ts';
import { RANKED } from './volcano.ts';

interface PreparedMeanVariance {
  readonly data: GenePoints;
  /** Genes with a mean and a standard deviation. */
  readonly index: Int32Array;
  readonly mean: Float64Array;
  readonly sigma: Float64Array;
  readonly x: AxisChoice;
  readonly y: AxisChoice;
  readonly trend: Trend | null;
  /** Positions of the genes with the smallest p, in that order. */
  readonly ranking: Int32Array;
}

interface AxisChoice {
  readonly transform: Transform;
  readonly low: number;
  readonly high: number;
}

/** Most genes of a data set in few pixels, as raw counts would be, ask for a logarithm. */
const LOG_RATIO = 50;

export function chooseAxis(values: Float64Array): AxisChoice {
  const [least, most] = extentOf(values) ?? [NaN, NaN];
  const spread = quantileOf(values, 0.98) / quantileOf(values, 0.02);
  if (least > 0 && spread > LOG_RATIO) {
    const [low, high] = padded([Math.log10(least), Math.log10(most)], 0.04);
    return { transform: 'log', low: 10 ** low, high: 10 ** high };
  }
  const [low, high] = padded(extentOf(values), 0.04);
  return { transform: 'linear', low: least >= 0 ? Math.max(0, low) : low, high };
}

function prepare(data: GenePoints): PreparedMeanVariance {
  const { length } = data.mean;
  const index = placesWhere(length, (i) => Number.isFinite(data.mean[i]) && Number.isFinite(data.sigma[i]));
  const mean = gather(data.mean, index);
  const sigma = gather(data.sigma, index);
  const bins = Math.max(4, Math.min(40, Math.floor(index.length / 20)));
  return {
    data,
    index,
    mean,
    sigma,
    x: chooseAxis(mean),
    y: chooseAxis(sigma),
    ranking: greatest(
      gather(data.log10P, index).map((value) => -value),
      RANKED,
    ),
    trend: medianTrend(mean, sigma, bins),
  };
}

function draw(prepared: PreparedMeanVariance, request: DrawRequest): Drawing {
  const { data, index, mean, sigma, trend, ranking } = prepared;
  const { theme, measure } = request;
  const scene = new Scene();
  const nouns = nounsOf(data);
  if (index.length === 0) {
    drawEmpty(scene, request, theme, `No ${nouns.one} has a mean and a standard deviation`);
    return { scene, summary: `No ${nouns.one} has a mean and a standard deviation.` };
  }
  const { frame, x, y } = drawAxes(scene, {
    ...request,
    top: 30,
    x: { title: 'Mean', ...prepared.x },
    y: { title: 'Residual standard deviation', ...prepared.y },
  });
  const px = mean.map(x.at);
  const py = sigma.map(y.at);
  const many = index.length > 3000;
  scene.add('canvas', {
    kind: 'points',
    x: px,
    y: py,
    radius: many ? 1.8 : 2.6,
    fill: theme.down,
    opacity: many ? 0.35 : 0.6,
    dull: true,
  });
  if (trend !== null) {
    const line = { x: Array.from(trend.x, (value) => x.at(value)), y: Array.from(trend.y, (value) => y.at(value)) };
    scene.add('overlay', { kind: 'path', ...line, stroke: theme.paper, strokeWidth: 5 });
    scene.add('overlay', { kind: 'path', ...line, stroke: theme.up, strokeWidth: 2.5 });
    const key = frame.right - measure('running median', TEXT.note) - 30;
    scene.line('overlay', key, 15, key + 24, 15, { stroke: theme.up, strokeWidth: 2.5 });
    const fill = theme.ink;
    scene.text({ text: 'running median', x: frame.right, y: 19, size: TEXT.note, fill, anchor: 'end' });
  }
  const [low, high] = extentOf(sigma) ?? [NaN, NaN];
  return {
    scene,
    summary: `${index.length} ${nouns.many}; residual standard deviations from ${formatNumber(low)} to ${formatNumber(high)}.`,
    keys: `Arrow keys walk through the ${nouns.many} with the smallest p.`,
    targets: {
      x: px,
      y: py,
      index,
      ranking,
      describe: (k) => [
        data.names[index[k]],
        `mean ${formatNumber(mean[k])}`,
        `residual SD ${formatNumber(sigma[k])}`,
        `p ${formatP(data.log10P[index[k]])}`,
      ],
    },
  };
}

/** Residual standard deviation against mean of each gene, with the running median; logarithmic where the data ask for it. */
export function meanVariancePlot(host: HTMLElement, data: GenePoints, events?: PlotEvents): PlotHandle<GenePoints> {
  return createPlot(
    host,
    data,
    { kind: 'Mean–variance plot', prepare, draw, height: (_, width) => Math.max(280, Math.min(420, 0.62 * width)) },
    events,
  );
}
