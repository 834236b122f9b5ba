/** The histogram of p-values: flat where nothing differs, with a peak at 0 where something does. */

import { drawAxes, drawEmpty, TEXT } from './axes.ts';
import { type Histogram, histogramOfP } from './histogram.ts';
import { nounsOf, type PointNouns } from './nouns.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { HistogramData, PlotHandle } from './plot-data.ts';
import { Scene } from './scene.ts';
import { formatCount, formatNumber } from './ticks.ts';

const BINS = 40;

interface PreparedHistogram extends Histogram {
  readonly nouns: PointNouns;
}

function drawHistogram({ counts, total, nullShare, nouns }: PreparedHistogram, request: DrawRequest): Drawing {
  const { theme, measure } = request;
  const scene = new Scene();
  if (total === 0) {
    drawEmpty(scene, request, theme, `No ${nouns.one} has a p-value`);
    return { scene, summary: `No ${nouns.one} has a p-value.` };
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const { frame, x, y } = drawAxes(scene, {
    ...request,
    top: 30,
    x: { title: 'p-value', low: 0, high: 1, grid: false },
    y: { title: nouns.title, low: 0, high: 1.06 * most, format: (value) => formatCount(Math.round(value)) },
  });
  counts.forEach((count, bin) => {
    if (count === 0) return;
    const left = x.at(bin / BINS);
    const right = x.at((bin + 1) / BINS);
    scene.rectangle('canvas', left + 0.5, y.at(count), right - 0.5, frame.bottom, { fill: theme.down, opacity: 0.85 });
  });
  scene.line('overlay', frame.left, frame.bottom, frame.right, frame.bottom, { stroke: theme.faint });
  const level = y.at((nullShare * total) / BINS);
  scene.line('overlay', frame.left, level, frame.right, level, { stroke: theme.up, strokeWidth: 2, dash: [6, 4] });
  const note = `null ${nouns.many} at most ${formatNumber(100 * nullShare, 2)} %`;
  const key = frame.right - measure(note, TEXT.note) - 30;
  scene.line('overlay', key, 15, key + 24, 15, { stroke: theme.up, strokeWidth: 2, dash: [6, 4] });
  scene.text({ text: note, x: frame.right, y: 19, size: TEXT.note, fill: theme.ink, anchor: 'end' });

  return {
    scene,
    summary:
      `${total} p-values in ${BINS} bins; ${counts[0]} below ${formatNumber(1 / BINS)}, where ${formatNumber(total / BINS)} ` +
      `would be by chance. The right half suggests that at most ${formatNumber(100 * nullShare, 2)} % of the ${nouns.many} do not differ.`,
    targets: {
      x: Float64Array.from(counts, (_, bin) => x.at((bin + 0.5) / BINS)),
      y: Float64Array.from(counts, (count) => y.at(count)),
      index: Int32Array.from(counts.keys()),
      ranking: [],
      describe: (bin) => [
        `${formatNumber(bin / BINS)} to ${formatNumber((bin + 1) / BINS)}`,
        `${formatCount(counts[bin])} ${nouns.many}`,
      ],
      find: (px, py) => {
        if (px < frame.left || px >= frame.right || py < frame.top || py > frame.bottom) return -1;
        return Math.floor(((px - frame.left) / (frame.right - frame.left)) * BINS);
      },
    },
  };
}

/** A histogram of p-values, with the level of the genes that do not differ. */
export function pHistogram(host: HTMLElement, data: HistogramData): PlotHandle<HistogramData> {
  return createPlot(host, data, {
    kind: 'Histogram of p-values',
    prepare: (own): PreparedHistogram => ({ ...histogramOfP(own.p, BINS), nouns: nounsOf(own) }),
    draw: drawHistogram,
    height: (_, width) => Math.max(280, Math.min(420, 0.7 * width)),
  });
}
