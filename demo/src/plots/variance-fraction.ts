/** How the variance of the genes is shared out among the components of the model. */

import { drawAxes, drawEmpty, fitText, TEXT } from './axes.ts';
import { type Density, kernelDensity } from './kernel-density.ts';
import { nounsOf, type PointNouns } from './nouns.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { FractionData, PlotHandle } from './plot-data.ts';
import { type Box, boxOf, sortedValues } from './quantiles.ts';
import { Scene } from './scene.ts';
import { formatCount, formatNumber } from './ticks.ts';
import { drawStrip } from './violin.ts';

/** Height of one component, in pixels. */
const ROW = 64;

interface Component {
  readonly name: string;
  readonly box: Box;
  /** Null for fewer genes than make an outline. */
  readonly density: Density | null;
}

interface PreparedFractions {
  readonly components: readonly Component[];
  readonly nouns: PointNouns;
}

function prepare(data: FractionData): PreparedFractions {
  const { components: names, fractions } = data;
  const components = names.map((name, k) => {
    const sorted = sortedValues(fractions[k] ?? new Float64Array());
    const density = sorted.length < 10 ? null : kernelDensity(sorted, { low: 0, high: 1, points: 401, bounded: true });
    return { name, box: boxOf(sorted), density };
  });
  return { components, nouns: nounsOf(data) };
}

function draw({ components, nouns }: PreparedFractions, request: DrawRequest): Drawing {
  const { theme, measure, width } = request;
  const scene = new Scene();
  if (!components.some(({ box }) => box.count > 0)) {
    drawEmpty(scene, request, theme, `No ${nouns.one} has variance components`);
    return { scene, summary: `No ${nouns.one} has variance components.` };
  }
  const room = 0.3 * width;
  const names = components.map(({ name }) => fitText(name, room, TEXT.title, measure));
  const left = Math.max(...names.map((name) => measure(name, TEXT.title))) + 22;
  const { frame, x } = drawAxes(scene, {
    ...request,
    left,
    x: {
      title: 'Share of the variance',
      low: 0,
      high: 1,
      format: (value) => `${Math.round(100 * value)} %`,
    },
    y: null,
  });
  const row = (frame.bottom - frame.top) / components.length;
  const centres = components.map((_, k) => frame.top + (k + 0.5) * row);
  components.forEach(({ box, density }, k) => {
    scene.text({ text: names[k], x: left - 10, y: centres[k] + 4, size: TEXT.title, fill: theme.ink, anchor: 'end' });
    if (box.count === 0) return;
    drawStrip(scene, {
      box,
      density,
      across: centres[k],
      halfWidth: Math.min(0.42 * row, 30),
      along: (value) => x.at(value),
      upright: false,
      colour: theme.series[k % theme.series.length],
      theme,
    });
  });
  const percent = (share: number) => `${formatNumber(100 * share, 3)} %`;
  const medians = components.map(({ name, box }) => `${name} ${percent(box.median)}`);
  return {
    scene,
    summary: `Median share of the variance over the ${nouns.many}: ${medians.join('; ')}.`,
    targets: {
      x: Float64Array.from(components, ({ box }) => x.at(box.median)),
      y: Float64Array.from(centres),
      index: Int32Array.from(components.keys()),
      ranking: [],
      describe: (k) => {
        const { name, box } = components[k];
        return [
          name,
          `median ${percent(box.median)}`,
          `half of the ${nouns.many}: ${percent(box.lower)} to ${percent(box.upper)}`,
          `${formatCount(box.count)} ${nouns.many}`,
        ];
      },
      find: (_, py) => {
        const k = Math.floor((py - frame.top) / row);
        return k >= 0 && k < components.length && components[k].box.count > 0 ? k : -1;
      },
    },
  };
}

/** A violin and a box for each variance component, over the genes; shares run from 0 to 1. */
export function varianceFractionPlot(host: HTMLElement, data: FractionData): PlotHandle<FractionData> {
  return createPlot(host, data, {
    kind: 'Variance shares',
    prepare,
    draw,
    height: ({ components }) => Math.max(160, ROW * components.length + 62),
  });
}
