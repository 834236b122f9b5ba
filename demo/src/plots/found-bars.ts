/** What was found in each cell type, up to the right and down to the left. */
import { drawEmpty, fitText, TEXT } from './axes.ts';
import { kindsOf, type NamedKinds, type NamedPoints, nounsOf } from './nouns.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotEvents, PlotHandle } from './plot-data.ts';
import { createScale } from './scale.ts';
import { Scene } from './scene.ts';
import { formatCount } from './ticks.ts';

export interface FoundBarsData extends NamedPoints, NamedKinds {
  readonly types: readonly string[];
  readonly up: Int32Array;
  readonly down: Int32Array;
  /** How many were tested in each. */
  readonly tested: Int32Array;
}

/** Pixels of a row, of its bar, of the strip with the heads, and below. */
const ROW = 28;
const BAR = 16;
const STRIP = 28;
const FOOT = 6;
/** Share of the width that names may take. */
const NAMES = 0.34;

function draw(data: FoundBarsData, request: DrawRequest): Drawing {
  const { types, up, down, tested } = data;
  const { theme, measure, width } = request;
  const scene = new Scene();
  const kinds = kindsOf(data);
  if (types.length === 0) {
    drawEmpty(scene, request, theme, `No ${kinds.many}`);
    return { scene, summary: `No ${kinds.many}.` };
  }
  const count = (value: number): string => formatCount(value);
  const widest = Math.max(...types.map((name) => measure(name, TEXT.label)));
  const beyond = Math.max(...[...up, ...down].map((value) => measure(count(value), TEXT.label))) + 8;
  // The head “down” ends at the line of zero, however short names and bars are.
  const head = measure('down', TEXT.note) + 14;
  const left = Math.max(Math.ceil(Math.min(NAMES * width, widest)) + 12, head - beyond);
  const of = tested.some((value) => value > 0)
    ? Math.max(...Array.from(tested, (n) => measure(`of ${count(n)}`, TEXT.label)))
    : 0;
  const right = width - Math.ceil(of) - 12;
  const [mostUp, mostDown] = [Math.max(0, ...up), Math.max(0, ...down)];
  // One scale for both directions; each side has the room that its longest bar and its number take.
  // The word above the bars that go down has room where none does.
  const lead = Math.max(left + beyond, Math.ceil(1.1 * measure('down', TEXT.note)) + 10);
  const room = Math.max(20, right - lead - beyond);
  const total = Math.max(1, mostUp + mostDown);
  const zero = lead + (room * mostDown) / total;
  const scale = createScale('linear', 0, total, 0, room);
  scene.text({ text: 'down', x: zero - 8, y: 16, size: TEXT.note, fill: theme.down, anchor: 'end', bold: true });
  scene.text({ text: 'up', x: zero + 8, y: 16, size: TEXT.note, fill: theme.up, bold: true });
  const middles = Float64Array.from(types, (_, k) => STRIP + (k + 0.5) * ROW);
  for (const [k, name] of types.entries()) {
    const middle = middles[k];
    const text = { y: middle + 4, size: TEXT.label };
    scene.text({
      ...text,
      text: fitText(name, left - 12, TEXT.label, measure),
      x: left - 8,
      fill: theme.ink,
      anchor: 'end',
    });
    const [low, high] = [zero - scale.at(down[k]), zero + scale.at(up[k])];
    if (down[k] > 0) scene.rectangle('canvas', low, middle - BAR / 2, zero, middle + BAR / 2, { fill: theme.down });
    if (up[k] > 0) scene.rectangle('canvas', zero, middle - BAR / 2, high, middle + BAR / 2, { fill: theme.up });
    scene.text({ ...text, text: count(down[k]), x: low - 5, fill: theme.ink, anchor: 'end' });
    scene.text({ ...text, text: count(up[k]), x: high + 5, fill: theme.ink });
    scene.text({ ...text, text: `of ${count(tested[k])}`, x: width - 4, fill: theme.faint, anchor: 'end' });
  }
  scene.line('overlay', zero, STRIP - 4, zero, STRIP + types.length * ROW, { stroke: theme.ink, opacity: 0.7 });
  const said = (k: number): string => `${types[k]}: ${up[k]} up, ${down[k]} down of ${tested[k]}`;
  return {
    scene,
    summary: `${nounsOf(data).title} found by ${kinds.one}. ${types.map((_, k) => said(k)).join('; ')}.`,
    keys: `Arrow keys walk through the ${kinds.many}, Enter opens one.`,
    targets: {
      x: new Float64Array(types.length).fill(zero),
      y: middles,
      index: types.map((_, k) => k),
      ranking: types.map((_, k) => k),
      describe: (k) => [types[k], `${count(up[k])} up`, `${count(down[k])} down`, `of ${count(tested[k])} tested`],
      find: (_x, y) => {
        const row = Math.floor((y - STRIP) / ROW);
        return row >= 0 && row < types.length ? row : -1;
      },
    },
  };
}

/** Bars of what was found in each cell type; a click or Enter opens the type. */
export function foundBars(host: HTMLElement, data: FoundBarsData, events?: PlotEvents): PlotHandle<FoundBarsData> {
  return createPlot(
    host,
    data,
    {
      kind: (prepared) => `Bars of ${nounsOf(prepared).many} found`,
      prepare: (next) => next,
      draw,
      height: ({ types }) => STRIP + FOOT + ROW * Math.max(1, types.length),
    },
    events,
  );
}
