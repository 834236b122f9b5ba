/** One number for each level, as dots on lines from a reference, the greatest distance on top. */
import { drawAxes, drawEmpty, fitText, TEXT } from './axes.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotHandle } from './plot-data.ts';
import { extentOf, padded } from './scale.ts';
import { Scene } from './scene.ts';
import { formatNumber } from './ticks.ts';

export interface LevelValueData {
  readonly levels: readonly string[];
  readonly values: Float64Array;
  /** What the lines begin at. */
  readonly reference: number;
  /** Shaded, such as the reference with its standard error; null for none. */
  readonly band: readonly [number, number] | null;
  /** Words for the reference, above the plot; empty for none. */
  readonly note: string;
  readonly axis: string;
  /** Lines that are said of a level beside its value. */
  describe(level: number): readonly string[];
}

/** Levels that have a row with their name; of more the furthest are drawn. */
const NAMED_LEVELS = 30;
const ROW = 18;

interface PreparedLevels {
  readonly data: LevelValueData;
  readonly order: Int32Array;
}

function prepare(data: LevelValueData): PreparedLevels {
  const { values, reference } = data;
  const distance = (i: number) => Math.abs(values[i] - reference);
  const order = Int32Array.from(values.keys())
    .filter((i) => Number.isFinite(values[i]))
    .sort((a, b) => distance(b) - distance(a) || a - b);
  return { data, order };
}

function draw({ data, order }: PreparedLevels, request: DrawRequest): Drawing {
  const { theme, measure, width } = request;
  const { levels, values, reference, band, note, axis } = data;
  const scene = new Scene();
  if (order.length === 0) {
    drawEmpty(scene, request, theme, 'No level can be left out');
    return { scene, summary: 'No level can be left out.' };
  }
  const shown = order.subarray(0, NAMED_LEVELS);
  const names = Array.from(shown, (i) => fitText(levels[i], 0.34 * width, TEXT.tick, measure));
  const left = Math.max(...names.map((name) => measure(name, TEXT.tick))) + 18;
  const [low, high] = padded(extentOf([...Array.from(shown, (i) => values[i]), reference, ...(band ?? [])]), 0.05);
  const { frame, x } = drawAxes(scene, { ...request, top: 30, left, x: { title: axis, low, high }, y: null });
  if (band) {
    const [from, to] = [x.at(band[0]), x.at(band[1])];
    scene.rectangle('canvas', from, frame.top, to, frame.bottom, { fill: theme.dull, opacity: 0.2 });
  }
  const zero = x.at(reference);
  scene.line('canvas', zero, frame.top, zero, frame.bottom, { stroke: theme.ink, opacity: 0.8 });
  const words =
    shown.length < order.length
      ? `${note}${note === '' ? '' : '; '}the ${shown.length} furthest of ${order.length}`
      : note;
  scene.text({ text: fitText(words, width - 16, TEXT.note, measure), x: 8, y: 19, size: TEXT.note, fill: theme.faint });
  const row = (frame.bottom - frame.top) / shown.length;
  const py = Float64Array.from(shown, (_, k) => frame.top + (k + 0.5) * row);
  const px = Float64Array.from(shown, (i) => x.at(values[i]));
  const outside = (i: number) => band !== null && (values[i] < band[0] || values[i] > band[1]);
  shown.forEach((i, k) => {
    const stroke = outside(i) ? theme.up : theme.down;
    scene.line('canvas', zero, py[k], px[k], py[k], { stroke, strokeWidth: 1.5 });
    scene.text({ text: names[k], x: left - 10, y: py[k] + 4, size: TEXT.tick, fill: theme.ink, anchor: 'end' });
  });
  for (const far of [false, true]) {
    const members = Array.from(shown.keys()).filter((k) => outside(shown[k]) === far);
    if (members.length === 0) continue;
    scene.add('canvas', {
      kind: 'points',
      x: members.map((k) => px[k]),
      y: members.map((k) => py[k]),
      radius: 4,
      fill: far ? theme.up : theme.down,
    });
  }
  const first = order[0];
  return {
    scene,
    summary: `${axis}. ${order.length} levels; ${levels[first]} is furthest with ${formatNumber(values[first])}, against ${formatNumber(reference)}.`,
    targets: {
      x: px,
      y: py,
      index: shown,
      ranking: Int32Array.from(shown.keys()),
      describe: (k) => [levels[shown[k]], ...data.describe(shown[k])],
      find: (_, at) => {
        const k = Math.floor((at - frame.top) / row);
        return k >= 0 && k < shown.length ? k : -1;
      },
    },
  };
}

/** Values of levels, the furthest from the reference on top. */
export function levelValuePlot(host: HTMLElement, data: LevelValueData): PlotHandle<LevelValueData> {
  return createPlot(host, data, {
    kind: 'Values by level',
    prepare,
    draw,
    height: ({ order }) => ROW * Math.max(4, Math.min(NAMED_LEVELS, order.length)) + 84,
  });
}
