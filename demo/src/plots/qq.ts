/** Observed against expected p-values. */

import { drawAxes, drawEmpty, TEXT } from './axes.ts';
import { nounsOf } from './nouns.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotEvents, PlotHandle, QuantileData } from './plot-data.ts';
import { Scene } from './scene.ts';
import { formatNumber, formatP } from './ticks.ts';
import { type UniformBand, type UniformQuantiles, uniformBand, uniformQuantiles } from './uniform-quantiles.ts';
import { type HeightAxis, heightAxis, RANKED } from './volcano.ts';

/** Ranks at which the band is computed. */
const BAND_POINTS = 80;

interface PreparedQuantiles {
  readonly data: QuantileData;
  readonly quantiles: UniformQuantiles;
  readonly band: UniformBand;
  readonly vertical: HeightAxis;
}

function prepare(data: QuantileData, previous?: PreparedQuantiles): PreparedQuantiles {
  const quantiles = uniformQuantiles(data.log10P);
  const n = quantiles.order.length;
  // The band depends on nothing but the number of p-values.
  const band = previous?.quantiles.order.length === n ? previous.band : uniformBand(n, BAND_POINTS);
  return { data, quantiles, band, vertical: heightAxis(quantiles.observed) };
}

function draw({ data, quantiles, band, vertical }: PreparedQuantiles, request: DrawRequest): Drawing {
  const { theme, measure } = request;
  const { order, expected, observed, inflation } = quantiles;
  const scene = new Scene();
  const nouns = nounsOf(data);
  if (order.length === 0) {
    drawEmpty(scene, request, theme, `No ${nouns.one} has a p-value`);
    return { scene, summary: `No ${nouns.one} has a p-value.` };
  }
  const far = 1.04 * expected[0];
  const { frame, x, y } = drawAxes(scene, {
    ...request,
    top: 30,
    x: { title: 'Expected −log₁₀ p', low: 0, high: far },
    y: {
      title: vertical.transform === 'linear' ? 'Observed −log₁₀ p' : 'Observed −log₁₀ p (square-root scale)',
      low: 0,
      high: Math.max(vertical.high, far),
      transform: vertical.transform,
    },
  });
  const forth = Array.from(band.expected, (value) => x.at(value));
  scene.add('canvas', {
    kind: 'path',
    x: [...forth, ...forth.toReversed()],
    y: [...Array.from(band.high, (value) => y.at(value)), ...Array.from(band.low, (value) => y.at(value)).reverse()],
    closed: true,
    fill: theme.dull,
    opacity: 0.3,
  });
  // The identity, in pieces because an axis may be of square roots.
  const steps = Array.from({ length: 65 }, (_, i) => (i / 64) * far);
  scene.add('canvas', {
    kind: 'path',
    x: steps.map((value) => x.at(value)),
    y: steps.map((value) => y.at(value)),
    stroke: theme.ink,
    opacity: 0.7,
  });
  const px = expected.map(x.at);
  const py = observed.map(y.at);
  scene.add('canvas', { kind: 'points', x: px, y: py, radius: 2.2, fill: theme.down, dull: true });

  const note = `λ = ${inflation.toFixed(2)}`;
  const right = frame.left + 10;
  scene.text({ text: note, x: right, y: 20, size: TEXT.title, fill: theme.ink, bold: true });
  const rest = 'band: 95 % by chance';
  if (right + measure(note, TEXT.title, true) + measure(rest, TEXT.note) + 34 < frame.right) {
    const at = frame.right - measure(rest, TEXT.note);
    scene.rectangle('overlay', at - 20, 9, at - 6, 21, { fill: theme.dull, opacity: 0.4 });
    scene.text({ text: rest, x: at, y: 19, size: TEXT.note, fill: theme.faint });
  }
  return {
    scene,
    summary:
      `${order.length} p-values against uniform ones; genomic inflation factor ${inflation.toFixed(2)}. ` +
      `Smallest p: ${data.names[order[0]]} with ${formatP(data.log10P[order[0]])}.`,
    targets: {
      x: px,
      y: py,
      index: order,
      ranking: Int32Array.from({ length: Math.min(RANKED, order.length) }, (_, k) => k),
      describe: (k) => [
        data.names[order[k]],
        `p ${formatP(data.log10P[order[k]])}`,
        `expected ${formatNumber(10 ** -expected[k])}`,
      ],
    },
  };
}

/**
 * p-values against those of uniform ones on the scale of -log10, with the band that holds 95 % of independent uniform
 * p-values at each rank and the genomic inflation factor lambda.
 */
export function qqPlot(host: HTMLElement, data: QuantileData, events?: PlotEvents): PlotHandle<QuantileData> {
  return createPlot(
    host,
    data,
    { kind: 'QQ plot of p-values', prepare, draw, height: (_, width) => Math.max(280, Math.min(420, 0.7 * width)) },
    events,
  );
}
