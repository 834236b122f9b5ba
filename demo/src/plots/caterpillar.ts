/** Predicted random effects in order of size, with their intervals. */
import { drawAxes, drawEmpty, fitText, TEXT } from './axes.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { CaterpillarData, PlotHandle } from './plot-data.ts';
import { extentOf, padded } from './scale.ts';
import { Scene } from './scene.ts';
import { formatNumber } from './ticks.ts';

/** 97.5 % point of the normal distribution. */
const NORMAL = 1.959963984540054;
/** Up to so many levels have a row with their name. */
const NAMED_LEVELS = 40;
const ROW = 16;

interface PreparedCaterpillar {
  readonly data: CaterpillarData;
  /** Levels with an estimate, the smallest first. */
  readonly order: Int32Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

function prepare(data: CaterpillarData): PreparedCaterpillar {
  const { estimate, standardError } = data;
  const order = Int32Array.from(estimate.keys())
    .filter((i) => Number.isFinite(estimate[i]))
    .sort((i, j) => estimate[i] - estimate[j] || i - j);
  const limit = (sign: number) =>
    Float64Array.from(order, (i) => {
      const error = standardError[i];
      return estimate[i] + sign * NORMAL * (Number.isFinite(error) ? error : 0);
    });
  return { data, order, low: limit(-1), high: limit(1) };
}

function draw({ data, order, low, high }: PreparedCaterpillar, request: DrawRequest): Drawing {
  const { theme, measure, width } = request;
  const { levels, estimate, title } = data;
  const scene = new Scene();
  if (order.length === 0) {
    drawEmpty(scene, request, theme, 'No random effects');
    return { scene, summary: `${title}. No random effects.` };
  }
  const named = order.length <= NAMED_LEVELS;
  const names = Array.from(order, (i) => fitText(levels[i], 0.34 * width, TEXT.tick, measure));
  const left = named ? Math.max(...names.map((name) => measure(name, TEXT.tick))) + 18 : 16;
  const [least, most] = padded(extentOf([...low, ...high, 0]), 0.03);
  const { frame, x } = drawAxes(scene, {
    ...request,
    top: 34,
    left,
    x: { title: 'Predicted random effect, 95 % interval', low: least, high: most },
    y: null,
  });
  const heading = fitText(title, width - 16, TEXT.title, measure);
  scene.text({ text: heading, x: 8, y: 20, size: TEXT.title, fill: theme.ink, bold: true });
  const zero = x.at(0);
  scene.line('canvas', zero, frame.top, zero, frame.bottom, { stroke: theme.ink, opacity: 0.7 });

  const row = (frame.bottom - frame.top) / order.length;
  // The greatest on top.
  const py = Float64Array.from(order, (_, k) => frame.bottom - (k + 0.5) * row);
  const px = Float64Array.from(order, (i) => x.at(estimate[i]));
  const colour = (k: number) => (low[k] > 0 ? theme.up : high[k] < 0 ? theme.down : theme.dull);
  const strokeWidth = Math.max(0.75, Math.min(2, 0.35 * row));
  py.forEach((at, k) => {
    scene.line('canvas', x.at(low[k]), at, x.at(high[k]), at, {
      stroke: colour(k),
      strokeWidth,
      opacity: named ? 1 : 0.55,
    });
    if (!named) return;
    scene.text({ text: names[k], x: left - 10, y: at + 4, size: TEXT.tick, fill: theme.ink, anchor: 'end' });
  });
  const radius = named ? 3.5 : Math.max(1.2, Math.min(2.5, 0.5 * row));
  for (const fill of [theme.dull, theme.down, theme.up]) {
    const members = Int32Array.from(order.keys()).filter((k) => colour(k) === fill);
    const x = Float64Array.from(members, (k) => px[k]);
    const y = Float64Array.from(members, (k) => py[k]);
    if (members.length > 0) scene.add('canvas', { kind: 'points', x, y, radius, fill });
  }
  const apart = low.filter((value, k) => value > 0 || high[k] < 0).length;
  const [first, last] = [order[0], order[order.length - 1]];
  return {
    scene,
    summary:
      `${title}. ${order.length} levels from ${levels[first]} (${formatNumber(estimate[first])}) to ${levels[last]} ` +
      `(${formatNumber(estimate[last])}); the intervals of ${apart} leave out 0.`,
    keys: 'Arrow keys walk through the levels.',
    targets: {
      x: px,
      y: py,
      index: order,
      ranking: Int32Array.from(order.keys()).reverse(),
      describe: (k) => [
        levels[order[k]],
        `${formatNumber(estimate[order[k]])} (${formatNumber(low[k])} to ${formatNumber(high[k])})`,
      ],
      find: (_, y) => {
        const k = Math.floor((frame.bottom - y) / row);
        return k >= 0 && k < order.length ? k : -1;
      },
    },
  };
}

/**
 * A caterpillar plot: predicted random effects, the greatest on top, with normal intervals of their conditional standard
 * deviations; coloured where the interval leaves out 0. Levels have rows with names up to sixty of them.
 */
export function caterpillarPlot(host: HTMLElement, data: CaterpillarData): PlotHandle<CaterpillarData> {
  return createPlot(host, data, {
    kind: 'Caterpillar plot',
    prepare,
    draw,
    height: ({ order }) =>
      (order.length <= NAMED_LEVELS ? ROW * Math.max(3, order.length) : Math.min(520, 3 * order.length)) + 84,
  });
}
