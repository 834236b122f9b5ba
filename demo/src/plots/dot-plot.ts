/** Genes by cell types: the colour of a dot is the effect, its size how sure it is or how many rows express the gene. */
import { drawEmpty, fitText, TEXT } from './axes.ts';
import { type NamedPoints, nounsOf } from './nouns.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotEvents, PlotHandle } from './plot-data.ts';
import { quantileOf } from './quantiles.ts';
import { Scene } from './scene.ts';
import type { PlotTheme } from './theme.ts';
import { formatNumber, formatP } from './ticks.ts';

/** Arrays are genes x types, a gene after the other; NaN where a type has no fit of a gene. */
export interface DotPlotData extends NamedPoints {
  readonly genes: readonly string[];
  readonly types: readonly string[];
  readonly effect: Float64Array;
  readonly log10P: Float64Array;
  /** log10 of the adjusted p. */
  readonly log10Adjusted: Float64Array;
  /** Share of the rows that are not zero, from 0 to 1. */
  readonly expressed: Float64Array;
  /** Which rows, where not all. */
  readonly rows?: string;
  readonly size: 'p' | 'expressed';
  /** Adjusted p up to which a dot has a rim. */
  readonly threshold: number;
}

const ROW = 22;
/** Radii in pixels. */
const LEAST = 1.2;
const MOST = 9.5;
/** Widths of a column. */
const NARROW = 21;
const WIDE = 64;
/** Pixels below the dots, for the keys. */
const KEYS = 74;
/** Pixels of a character, at most as wide as most are. */
const CHARACTER = 7.5;
/** Sizes that the key shows, as shares of the largest. */
const SHOWN = [0.25, 0.5, 1];

interface Prepared {
  readonly data: DotPlotData;
  /** Size of each dot from 0 to 1, NaN where there is none. */
  readonly size: Float64Array;
  /** What a dot of size 1 stands for: -log10 p, or a share. */
  readonly largest: number;
  /** The effect of full colour. */
  readonly strongest: number;
}

/** Most dots, but not the few largest, decide the scales: those are drawn at their ends. */
const COVERED = 0.95;

export function prepareDots(data: DotPlotData): Prepared {
  const { effect, log10P, expressed, size } = data;
  const raw = size === 'p' ? log10P.map((value) => -value) : expressed;
  const own = raw.map((value, i) => (Number.isNaN(effect[i]) ? Number.NaN : value));
  const finite = own.filter((value) => Number.isFinite(value));
  const largest = size === 'expressed' ? 1 : Math.max(1, finite.length > 0 ? quantileOf(finite, COVERED) : 1);
  const sizes = effect.filter((value) => Number.isFinite(value)).map(Math.abs);
  return {
    data,
    size: own.map((value) => Math.max(0, Math.min(1, value / largest))),
    largest,
    strongest: (sizes.length > 0 ? quantileOf(sizes, COVERED) : 0) || 1,
  };
}

const radiusOf = (size: number): number => LEAST + (MOST - LEAST) * Math.sqrt(size);

/** From the colour of what is no subject to that of up or down. */
function colourOf(share: number, theme: PlotTheme): string {
  const end = share >= 0 ? theme.up : theme.down;
  const pale = mixed(theme.paper, theme.dull, 0.3);
  return mixed(pale, end, Math.min(1, Math.abs(share)));
}

/** Two colours of six hexadecimal digits, mixed. */
function mixed(from: string, to: string, share: number): string {
  const channel = (colour: string, at: number): number => Number.parseInt(colour.slice(at, at + 2), 16);
  const part = (at: number): string =>
    Math.round(channel(from, at) * (1 - share) + channel(to, at) * share)
      .toString(16)
      .padStart(2, '0');
  return `#${part(1)}${part(3)}${part(5)}`;
}

function draw(prepared: Prepared, request: DrawRequest): Drawing {
  const { data, size } = prepared;
  const { genes, types, effect, log10P, log10Adjusted, expressed, threshold } = data;
  const { theme, measure, width } = request;
  const scene = new Scene();
  if (genes.length === 0 || types.length === 0) {
    drawEmpty(scene, request, theme, 'Nothing was tested');
    return { scene, summary: 'Nothing was tested.' };
  }
  const longest = Math.max(...genes.map((name) => measure(name, TEXT.label)));
  const left = Math.ceil(Math.min(0.32 * width, longest)) + 14;
  const column = Math.max(NARROW, Math.min(WIDE, (width - left - 8) / types.length));
  const widest = Math.max(...types.map((name) => measure(name, TEXT.label)));
  const upwards = widest > column - 6;
  const head = upwards ? Math.min(120, Math.ceil(widest) + 14) : 24;
  const top = head + 4;
  const x = (k: number): number => left + (k + 0.5) * column;
  const y = (g: number): number => top + (g + 0.5) * ROW;
  for (const [k, name] of types.entries()) {
    const text = fitText(name, upwards ? head - 14 : column - 4, TEXT.label, measure);
    if (upwards) scene.text({ text, x: x(k) + 4, y: head - 4, size: TEXT.label, fill: theme.ink, upwards: true });
    else scene.text({ text, x: x(k), y: head - 4, size: TEXT.label, fill: theme.ink, anchor: 'middle' });
  }
  for (const [g, name] of genes.entries()) {
    const text = fitText(name, left - 14, TEXT.label, measure);
    scene.line('canvas', left, y(g), left + column * types.length, y(g), { stroke: theme.grid });
    scene.text({ text, x: left - 8, y: y(g) + 4, size: TEXT.label, fill: theme.ink, anchor: 'end' });
  }
  const places: number[] = [];
  for (let i = 0; i < size.length; i++) {
    if (Number.isNaN(size[i])) continue;
    places.push(i);
    const [dotX, dotY] = [[x(i % types.length)], [y(Math.floor(i / types.length))]];
    const radius = radiusOf(size[i]);
    const dot = { kind: 'points' as const, x: dotX, y: dotY };
    if (log10Adjusted[i] <= Math.log10(threshold)) {
      scene.add('canvas', { ...dot, radius: radius + 1.4, fill: theme.ink });
    }
    scene.add('canvas', { ...dot, radius, fill: colourOf(effect[i] / prepared.strongest, theme) });
  }
  drawKeys(scene, prepared, request, top + genes.length * ROW + 12);
  const geneOf = (i: number): string => genes[Math.floor(i / types.length)];
  const ranking = [...places.keys()].sort((a, b) => log10P[places[a]] - log10P[places[b]]);
  return {
    scene,
    summary: `${genes.length} ${nounsOf(data).many} in ${types.length} groups. Arrow keys walk through the dots, the smallest p first, Enter opens one.`,
    targets: {
      x: Float64Array.from(places, (i) => x(i % types.length)),
      y: Float64Array.from(places, (i) => y(Math.floor(i / types.length))),
      index: places,
      ranking,
      describe: (position) => {
        const i = places[position];
        return [
          `${geneOf(i)}, ${types[i % types.length]}`,
          `effect ${formatNumber(effect[i])}`,
          `p ${formatP(log10P[i])}`,
          `adjusted p ${formatP(log10Adjusted[i])}`,
          ...(Number.isNaN(expressed[i])
            ? []
            : [
                `not zero in ${formatNumber(100 * expressed[i])} % of the rows${data.rows === undefined ? '' : ` of ${data.rows}`}`,
              ]),
        ];
      },
    },
  };
}

/** What colours, sizes and rims mean. */
function drawKeys(scene: Scene, { data, largest, strongest }: Prepared, request: DrawRequest, top: number): void {
  const { theme, measure, width } = request;
  const note = { size: TEXT.note, fill: theme.faint };
  const bar = Math.min(150, 0.38 * width);
  const left = 14;
  const steps = 24;
  for (let k = 0; k < steps; k++) {
    const at = left + (k * bar) / steps;
    const fill = colourOf((2 * (k + 0.5)) / steps - 1, theme);
    scene.rectangle('canvas', at, top + 18, at + bar / steps + 1, top + 30, { fill });
  }
  scene.text({ ...note, text: 'effect', x: left, y: top + 11 });
  scene.text({ ...note, text: formatNumber(-strongest, 2), x: left, y: top + 45 });
  scene.text({ ...note, text: formatNumber(strongest, 2), x: left + bar, y: top + 45, anchor: 'end' });
  let at = left + bar + 34;
  const percent = data.size === 'expressed';
  scene.text({
    ...note,
    text: percent ? `% not zero${data.rows === undefined ? '' : `, ${data.rows}`}` : '−log₁₀ p',
    x: at - 8,
    y: top + 11,
  });
  for (const share of SHOWN) {
    const text = percent ? `${100 * share}` : formatNumber(share * largest, 2);
    const radius = radiusOf(share);
    scene.add('canvas', { kind: 'points', x: [at], y: [top + 24], radius, fill: theme.dull });
    scene.text({ ...note, text, x: at, y: top + 45, anchor: 'middle' });
    at += Math.max(34, measure(text, TEXT.note) + 12);
  }
  const rim = `rim: adjusted p ≤ ${formatNumber(data.threshold)}`;
  const fits = at + measure(rim, TEXT.note) + 20 <= width;
  const [ringX, ringY] = fits ? [at + 6, top + 24] : [left + 6, top + 58];
  scene.add('canvas', { kind: 'points', x: [ringX], y: [ringY], radius: 6, fill: theme.ink });
  scene.add('canvas', { kind: 'points', x: [ringX], y: [ringY], radius: 4.6, fill: theme.paper });
  scene.text({ ...note, text: rim, x: ringX + 12, y: ringY + 4 });
}

/** Pixels of width below which columns would be cut. */
export function dotPlotWidth({ genes, types }: DotPlotData): number {
  const longest = CHARACTER * Math.max(0, ...genes.map((name) => name.length));
  return Math.ceil(Math.min(120, longest) + 24 + NARROW * types.length);
}

/** Room for the heads of the columns, before texts can be measured. */
function headRoom(types: readonly string[], width: number): number {
  const widest = CHARACTER * Math.max(0, ...types.map((name) => name.length));
  return widest > Math.min(WIDE, (0.7 * width) / Math.max(1, types.length)) - 6 ? Math.min(128, widest + 20) : 32;
}

/** A dot plot of genes by cell types; a click or Enter opens the gene in that type. */
export function dotPlot(host: HTMLElement, data: DotPlotData, events?: PlotEvents): PlotHandle<DotPlotData> {
  return createPlot(
    host,
    data,
    {
      kind: 'Dot plot',
      prepare: (next) => prepareDots(next),
      draw,
      height: ({ data: { genes, types } }, width) => headRoom(types, width) + ROW * Math.max(1, genes.length) + KEYS,
    },
    events,
  );
}
