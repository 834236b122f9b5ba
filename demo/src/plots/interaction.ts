/** Means of the levels of a factor with their intervals, one line for each level of a second factor. */
import { drawAxes, drawEmpty, fitText, TEXT } from './axes.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotHandle } from './plot-data.ts';
import { extentOf, padded } from './scale.ts';
import { Scene } from './scene.ts';
import { formatNumber } from './ticks.ts';

export interface InteractionData {
  /** The levels along the axis. */
  readonly levels: readonly string[];
  /** One line each; its numbers are by level, NaN where a mean cannot be estimated. */
  readonly lines: readonly {
    readonly name: string;
    readonly mean: Float64Array;
    readonly low: Float64Array;
    readonly high: Float64Array;
  }[];
  readonly xTitle: string;
  readonly yTitle: string;
  /** What the lines are levels of; empty for one line. */
  readonly lineTitle: string;
}

/** Part of the room of a level over which its lines are spread, so that intervals do not hide each other. */
const SPREAD = 0.3;
const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [6, 3], [2, 3], [8, 3, 2, 3]];
const KEY_ROW = 18;

function draw(data: InteractionData, request: DrawRequest): Drawing {
  const { theme, measure, width } = request;
  const { levels, lines, xTitle, yTitle, lineTitle } = data;
  const scene = new Scene();
  const values = lines.flatMap(({ mean, low, high }) => [...mean, ...low, ...high]);
  if (extentOf(values) === null) {
    drawEmpty(scene, request, theme, 'No mean can be estimated');
    return { scene, summary: 'No mean can be estimated.' };
  }
  const [low, high] = padded(extentOf(values), 0.06);
  const keyed = lines.length > 1;
  const entries = keyed ? lines.map(({ name }) => `${lineTitle}: ${name}`) : [];
  const places = keyPlaces(
    entries.map((text) => measure(text, TEXT.note) + 40),
    width - 60,
  );
  const { frame, x, y } = drawAxes(scene, {
    ...request,
    top: 14 + (keyed ? KEY_ROW * (places.rows + 0.3) : 0),
    x: null,
    bottom: 46,
    y: { title: fitText(yTitle, 0.8 * request.height, TEXT.title, measure), low, high },
  });
  void x;
  const room = (frame.right - frame.left) / levels.length;
  const centre = (k: number): number => frame.left + (k + 0.5) * room;
  levels.forEach((level, k) => {
    const text = fitText(level, room - 6, TEXT.tick, measure);
    scene.text({ text, x: centre(k), y: frame.bottom + 18, size: TEXT.tick, fill: theme.faint, anchor: 'middle' });
  });
  scene.line('canvas', frame.left, frame.bottom, frame.right, frame.bottom, { stroke: theme.grid });
  const middle = (frame.left + frame.right) / 2;
  scene.text({ text: xTitle, x: middle, y: request.height - 8, size: TEXT.title, fill: theme.ink, anchor: 'middle' });
  const [px, py, index]: [number[], number[], number[]] = [[], [], []];
  lines.forEach((line, l) => {
    const stroke = theme.series[l % theme.series.length];
    const shift = lines.length > 1 ? (l / (lines.length - 1) - 0.5) * SPREAD * room : 0;
    const own = levels.flatMap((_, k) => (Number.isFinite(line.mean[k]) ? [k] : []));
    const xs = own.map((k) => centre(k) + shift);
    const ys = own.map((k) => y.at(line.mean[k]));
    if (keyed) {
      const dash = DASHES[Math.floor(l / theme.series.length) % DASHES.length] ?? DASHES[l % DASHES.length];
      // No line over a level of which no mean can be estimated.
      const [along, height] = [levels.map((_, k) => centre(k) + shift), Array.from(line.mean, y.at)];
      scene.curve('canvas', along, height, { stroke, strokeWidth: 1.8, ...(dash ? { dash } : {}) });
      const { left, row } = places.at[l];
      const [kx, ky] = [frame.left + left, 12 + row * KEY_ROW];
      scene.line('overlay', kx, ky, kx + 22, ky, { stroke, strokeWidth: 2.5, ...(dash ? { dash } : {}) });
      scene.text({ text: entries[l], x: kx + 28, y: ky + 4, size: TEXT.note, fill: theme.ink });
    }
    own.forEach((k, i) => {
      if (Number.isFinite(line.low[k]) && Number.isFinite(line.high[k])) {
        const [top, bottom] = [y.at(line.high[k]), y.at(line.low[k])];
        scene.line('canvas', xs[i], top, xs[i], bottom, { stroke, strokeWidth: 1.6 });
        for (const end of [top, bottom]) {
          scene.line('canvas', xs[i] - 4, end, xs[i] + 4, end, { stroke, strokeWidth: 1.6 });
        }
      }
      px.push(xs[i]);
      py.push(ys[i]);
      index.push(l * levels.length + k);
    });
    scene.add('canvas', { kind: 'points', x: xs, y: ys, radius: 4, fill: stroke });
  });
  const said = (at: number): string[] => {
    const [l, k] = [Math.floor(index[at] / levels.length), index[at] % levels.length];
    const line = lines[l];
    return [
      keyed ? `${levels[k]}, ${line.name}` : levels[k],
      `${formatNumber(line.mean[k])} (${formatNumber(line.low[k])} to ${formatNumber(line.high[k])})`,
    ];
  };
  return {
    scene,
    summary: `${yTitle} by ${xTitle}${keyed ? ` and ${lineTitle}` : ''}: ${index.map((_, at) => said(at).join(' ')).join('; ')}.`,
    targets: {
      x: Float64Array.from(px),
      y: Float64Array.from(py),
      index,
      ranking: Int32Array.from(index.keys()),
      describe: said,
    },
  };
}

/** Where the entries of a key stand: from the left, in as many rows as they need. */
function keyPlaces(
  widths: readonly number[],
  room: number,
): { readonly at: readonly { readonly left: number; readonly row: number }[]; readonly rows: number } {
  let [left, row] = [0, 0];
  const at = widths.map((width) => {
    if (left > 0 && left + width > room) {
      left = 0;
      row += 1;
    }
    const place = { left, row };
    left += width;
    return place;
  });
  return { at, rows: row + 1 };
}

export function interactionPlot(host: HTMLElement, data: InteractionData): PlotHandle<InteractionData> {
  return createPlot(host, data, {
    kind: 'Interaction plot',
    prepare: (given: InteractionData) => given,
    draw,
    height: (_, width) => Math.max(280, Math.min(420, 0.6 * width)),
  });
}
