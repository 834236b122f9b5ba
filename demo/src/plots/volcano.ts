/** Effect against -log10 p of every gene. */
import { drawAxes, drawEmpty, type Frame, TEXT } from './axes.ts';
import { createGridIndex } from './grid-index.ts';
import { type LabelRequest, placeLabels } from './label-layout.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotEvents, PlotHandle, VolcanoData } from './plot-data.ts';
import { quantileSorted } from './quantiles.ts';
import { extentOf, padded, type Transform } from './scale.ts';
import { Scene } from './scene.ts';
import { formatCount, formatNumber, formatP } from './ticks.ts';

/** How many points the arrow keys visit. */
export const RANKED = 200;
/** Up to so many selected points carry their names. */
const NAMED_SELECTION = 12;

const UP = 1;
const DOWN = 2;
const DULL = 0;

/** What is computed once per data set; arrays run over the genes that have both an effect and a p. */
export interface PreparedVolcano {
  readonly data: VolcanoData;
  readonly index: Int32Array;
  /** -log10 p, Infinity where p is 0. */
  readonly height: Float64Array;
  /** Changed upwards (1), downwards (2) or not (0). */
  readonly kind: Uint8Array;
  /** Positions, smallest p first. */
  readonly ranking: Int32Array;
  readonly counts: { readonly up: number; readonly down: number };
  /** Where the threshold of the adjusted p lies on the scale of -log10 p; null when no gene passes it. */
  readonly cut: number | null;
}

export function prepareVolcano(data: VolcanoData): PreparedVolcano {
  const { effect, log10P, adjusted, threshold } = data;
  const index = Int32Array.from(effect.keys()).filter((i) => Number.isFinite(effect[i]) && !Number.isNaN(log10P[i]));
  const height = Float64Array.from(index, (i) => Math.max(0, -log10P[i]));
  const kind = Uint8Array.from(index, (i) => (adjusted[i] <= threshold ? (effect[i] > 0 ? UP : DOWN) : DULL));
  const ranking = Int32Array.from(index.keys()).sort((a, b) => {
    if (height[a] !== height[b]) return height[b] - height[a];
    return Math.abs(effect[index[b]]) - Math.abs(effect[index[a]]) || a - b;
  });
  let least = Infinity;
  let below = 0;
  height.forEach((value, k) => {
    if (kind[k] !== DULL) least = Math.min(least, value);
  });
  height.forEach((value, k) => {
    if (kind[k] === DULL && value <= least) below = Math.max(below, value);
  });
  return {
    data,
    index,
    height,
    kind,
    ranking,
    counts: { up: kind.filter((k) => k === UP).length, down: kind.filter((k) => k === DOWN).length },
    // Halfway between the last gene that passes and the first that does not.
    cut: least === Infinity ? null : (least + below) / 2,
  };
}

/** The vertical axis: where a few genes tower over all others, on the scale of the square root. */
export function heightAxis(height: Float64Array): { readonly high: number; readonly transform: Transform } {
  const finite = height.filter((value) => Number.isFinite(value)).sort();
  const most = finite.length > 0 ? finite[finite.length - 1] : 0;
  const usual = quantileSorted(finite, 0.99);
  return { high: Math.max(1, 1.06 * most), transform: most > 30 && most > 6 * usual ? 'square-root' : 'linear' };
}

function drawVolcano(prepared: PreparedVolcano, request: DrawRequest): Drawing {
  const { data, index, height, kind, ranking, counts, cut } = prepared;
  const { theme, measure, selected } = request;
  const scene = new Scene();
  if (index.length === 0) {
    drawEmpty(scene, request, theme, 'No gene has a p-value');
    return { scene, summary: 'No gene has a p-value.' };
  }
  const [low, high] = padded(extentOf(Float64Array.from(index, (i) => data.effect[i])), 0.05);
  const vertical = heightAxis(height);
  const axes = drawAxes(scene, {
    ...request,
    top: 30,
    x: { title: 'Effect', low: Math.min(0, low), high: Math.max(0, high) },
    y: {
      title: vertical.transform === 'linear' ? '−log₁₀ p' : '−log₁₀ p (square-root scale)',
      low: 0,
      ...vertical,
    },
  });
  const { frame } = axes;
  const x = Float64Array.from(index, (i) => axes.x.at(data.effect[i]));
  const y = Float64Array.from(height, (value) => axes.y.at(value));
  const zero = axes.x.at(0);
  scene.line('canvas', zero, frame.top, zero, frame.bottom, { stroke: theme.faint, opacity: 0.6 });

  const radius = index.length > 3000 ? 1.8 : 2.6;
  const groups = [
    { code: DULL, fill: theme.dull, radius, opacity: index.length > 3000 ? 0.45 : 0.7, dull: true },
    { code: DOWN, fill: theme.down, radius: radius + 0.6, opacity: 0.85, dull: false },
    { code: UP, fill: theme.up, radius: radius + 0.6, opacity: 0.85, dull: false },
  ];
  for (const { code, ...paint } of groups) {
    const members = Int32Array.from(kind.keys()).filter((k) => kind[k] === code);
    const at = (pixels: Float64Array) => Float64Array.from(members, (k) => pixels[k]);
    if (members.length > 0) scene.add('canvas', { kind: 'points', x: at(x), y: at(y), ...paint });
  }
  if (cut !== null) {
    const at = axes.y.at(cut);
    scene.line('overlay', frame.left, at, frame.right, at, { stroke: theme.ink, dash: [5, 4], opacity: 0.7 });
  }
  const chosen = new Set(selected);
  const rings = Int32Array.from(index.keys()).filter((k) => chosen.has(index[k]));
  drawRings(scene, rings, prepared, { x, y, request, radius: radius + 0.6 });

  const changed = ranking.subarray(0, Math.max(data.labels, 0)).filter((k) => kind[k] !== DULL);
  const named = [...new Set(rings.length <= NAMED_SELECTION ? [...rings, ...changed] : changed)];
  drawLabels(scene, named, prepared, { x, y, request, frame });

  const marks = [
    { text: `▲ ${formatCount(counts.up)} up`, fill: theme.up },
    { text: `▼ ${formatCount(counts.down)} down`, fill: theme.down },
    { text: `of ${formatCount(index.length)}`, fill: theme.faint },
  ];
  let left = frame.left;
  for (const { text, fill } of marks) {
    scene.text({ text, x: left, y: 19, size: TEXT.note, fill, bold: fill !== theme.faint });
    left += measure(text, TEXT.note, fill !== theme.faint) + 12;
  }
  return {
    scene,
    summary:
      `${index.length} genes; ${counts.up} up and ${counts.down} down at an adjusted p of ${formatNumber(data.threshold)}. ` +
      `Smallest p: ${data.names[index[ranking[0]]]}. Arrow keys walk through the genes, Enter opens one.`,
    targets: {
      x,
      y,
      index,
      ranking: ranking.subarray(0, RANKED),
      describe: (k) => {
        const i = index[k];
        return [
          data.names[i],
          `effect ${formatNumber(data.effect[i])}`,
          `p ${formatP(data.log10P[i])}`,
          `adjusted p ${formatNumber(data.adjusted[i])}`,
        ];
      },
    },
  };
}

interface Placement {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly request: DrawRequest;
}

/** Selected points: a dark rim around the dot. */
function drawRings(
  scene: Scene,
  members: Int32Array,
  { kind }: PreparedVolcano,
  { x, y, request: { theme }, radius }: Placement & { readonly radius: number },
): void {
  if (members.length === 0) return;
  const dots = (positions: Int32Array) => ({
    kind: 'points' as const,
    x: Float64Array.from(positions, (k) => x[k]),
    y: Float64Array.from(positions, (k) => y[k]),
  });
  scene.add('canvas', { ...dots(members), radius: radius + 1.8, fill: theme.ink });
  const fills = [theme.dull, theme.up, theme.down];
  fills.forEach((fill, code) => {
    scene.add('canvas', { ...dots(members.filter((k) => kind[k] === code)), radius, fill });
  });
}

function drawLabels(
  scene: Scene,
  members: readonly number[],
  { data, index, kind }: PreparedVolcano,
  { x, y, request: { theme, measure }, frame }: Placement & { readonly frame: Frame },
): void {
  const coloured = Int32Array.from(kind.keys()).filter((k) => kind[k] !== DULL);
  const at = (pixels: Float64Array) => Float64Array.from(coloured, (k) => pixels[k]);
  const grid = createGridIndex(at(x), at(y));
  const texts = members.map((k) => shorten(data.names[index[k]]));
  const requests = members.map(
    (k, j): LabelRequest => ({ x: x[k], y: y[k], width: measure(texts[j], TEXT.label) + 2, height: TEXT.label + 2 }),
  );
  const placed = placeLabels(requests, {
    bounds: { ...frame, top: frame.top - 4 },
    covered: ({ left, top, right, bottom }) => grid.count(left, top, right, bottom),
  });
  for (const { request, box, leader } of placed) {
    const k = members[request];
    if (!leader) continue;
    const endX = Math.max(box.left, Math.min(box.right, x[k]));
    const endY = Math.max(box.top, Math.min(box.bottom, y[k]));
    scene.line('overlay', x[k], y[k], endX, endY, { stroke: theme.faint, strokeWidth: 0.8 });
  }
  for (const { request, box } of placed) {
    scene.text({
      text: texts[request],
      x: box.left + 1,
      y: box.bottom - 3.5,
      size: TEXT.label,
      fill: theme.ink,
      halo: theme.paper,
    });
  }
}

/** A name as a label: long ones lose their end. */
function shorten(name: string): string {
  const characters = [...name];
  return characters.length > 22 ? `${characters.slice(0, 21).join('')}…` : name;
}

/**
 * A volcano plot. The line is where the adjusted p crosses `threshold`; the first `labels` of the genes beyond it carry
 * their names. Pointing describes the nearest gene, a click or Enter opens it, a lasso (the button, or dragging with
 * Shift) selects.
 */
export function volcanoPlot(host: HTMLElement, data: VolcanoData, events?: PlotEvents): PlotHandle<VolcanoData> {
  return createPlot(
    host,
    data,
    { kind: 'Volcano plot', prepare: prepareVolcano, draw: drawVolcano, selection: ({ selected }) => selected },
    events,
  );
}
