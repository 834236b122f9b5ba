/** Effect against -log10 p of every gene. */
import { drawAxes, drawEmpty, type Frame, TEXT } from './axes.ts';
import { gather, greatest, placesWhere } from './gather.ts';
import { createGridIndex } from './grid-index.ts';
import { type LabelRequest, placeLabels } from './label-layout.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotEvents, PlotHandle, VolcanoData } from './plot-data.ts';
import { quantileOf } from './quantiles.ts';
import { extentOf, padded, type Transform } from './scale.ts';
import { Scene } from './scene.ts';
import { formatCount, formatNumber, formatP } from './ticks.ts';

/** How many points the arrow keys visit. */
export const RANKED = 200;
/** Up to so many selected points carry their names. */
const NAMED_SELECTION = 12;
/** Pixels above the frame, for the counts and the button of the lasso. */
const STRIP = 32;
/** Pixels of width for each name. */
const PER_LABEL = 36;

const UP = 1;
const DOWN = 2;
const DULL = 0;

/** What is computed once per data set; arrays run over the genes that have both an effect and a p. */
export interface PreparedVolcano {
  readonly data: VolcanoData;
  readonly index: Int32Array;
  readonly effect: Float64Array;
  /** -log10 p, Infinity where p is 0. */
  readonly height: Float64Array;
  /** Changed upwards (1), downwards (2) or not (0). */
  readonly kind: Uint8Array;
  /** Positions of the genes with the smallest p, in that order. */
  readonly ranking: Int32Array;
  readonly counts: { readonly up: number; readonly down: number };
  /** Where the threshold of the adjusted p lies on the scale of -log10 p; null when no gene passes it. */
  readonly cut: number | null;
  /** Least and greatest effect on the axis. */
  readonly horizontal: readonly [number, number];
  readonly vertical: HeightAxis;
}

export interface HeightAxis {
  readonly high: number;
  readonly transform: Transform;
}

export function prepareVolcano(data: VolcanoData, previous?: PreparedVolcano): PreparedVolcano {
  if (previous !== undefined && sameNumbers(data, previous.data)) return { ...previous, data };
  const { effect, log10P, adjusted, threshold } = data;
  const index = placesWhere(effect.length, (i) => Number.isFinite(effect[i]) && !Number.isNaN(log10P[i]));
  const own = gather(effect, index);
  const height = gather(log10P, index).map((value) => Math.max(0, -value));
  const kind = new Uint8Array(index.length);
  let least = Infinity;
  let [up, down] = [0, 0];
  for (let k = 0; k < index.length; k++) {
    if (!(adjusted[index[k]] <= threshold)) continue;
    kind[k] = own[k] > 0 ? UP : DOWN;
    if (kind[k] === UP) up++;
    else down++;
    least = Math.min(least, height[k]);
  }
  let below = 0;
  for (let k = 0; k < index.length; k++) {
    if (kind[k] === DULL && height[k] <= least && height[k] > below) below = height[k];
  }
  return {
    data,
    index,
    effect: own,
    height,
    kind,
    ranking: greatest(height, Math.max(RANKED, data.labels), (k) => Math.abs(own[k])),
    counts: { up, down },
    // Halfway between the last gene that passes and the first that does not.
    cut: up + down === 0 || least === Infinity ? null : (least + below) / 2,
    horizontal: padded(extentOf([0, ...(extentOf(own) ?? [])]), 0.05),
    vertical: heightAxis(height),
  };
}

/** True where only the selection can differ. */
function sameNumbers(a: VolcanoData, b: VolcanoData): boolean {
  return (['effect', 'log10P', 'adjusted', 'threshold', 'labels'] as const).every((name) => a[name] === b[name]);
}

/** The vertical axis: where a few genes tower over all others, on the scale of the square root. */
export function heightAxis(height: Float64Array): HeightAxis {
  const finite = gather(
    height,
    placesWhere(height.length, (k) => height[k] < Infinity),
  );
  const [, most] = extentOf(finite) ?? [0, 0];
  const usual = quantileOf(finite, 0.99);
  return { high: Math.max(1, 1.06 * most), transform: most > 30 && most > 6 * usual ? 'square-root' : 'linear' };
}

function drawVolcano(prepared: PreparedVolcano, request: DrawRequest): Drawing {
  const { data, index, effect, height, kind, ranking, counts, cut, horizontal, vertical } = prepared;
  const { theme, measure, selected } = request;
  const scene = new Scene();
  if (index.length === 0) {
    drawEmpty(scene, request, theme, 'No gene has a p-value');
    return { scene, summary: 'No gene has a p-value.' };
  }
  const axes = drawAxes(scene, {
    ...request,
    top: STRIP,
    x: { title: data.effectTitle ?? 'Effect', low: horizontal[0], high: horizontal[1] },
    y: {
      title: vertical.transform === 'linear' ? '−log₁₀ p' : '−log₁₀ p (square-root scale)',
      low: 0,
      ...vertical,
    },
  });
  const { frame } = axes;
  const x = effect.map(axes.x.at);
  const y = height.map(axes.y.at);
  const zero = axes.x.at(0);
  scene.line('canvas', zero, frame.top, zero, frame.bottom, { stroke: theme.faint, opacity: 0.6 });

  const radius = index.length > 3000 ? 1.8 : 2.6;
  const groups = [
    { code: DULL, fill: theme.dull, radius, opacity: index.length > 3000 ? 0.45 : 0.7, dull: true },
    { code: DOWN, fill: theme.down, radius: radius + 0.6, opacity: 0.85, dull: false },
    { code: UP, fill: theme.up, radius: radius + 0.6, opacity: 0.85, dull: false },
  ];
  for (const { code, ...paint } of groups) {
    const members = placesWhere(kind.length, (k) => kind[k] === code);
    if (members.length > 0)
      scene.add('canvas', { kind: 'points', x: gather(x, members), y: gather(y, members), ...paint });
  }
  if (cut !== null) {
    const at = axes.y.at(cut);
    scene.line('overlay', frame.left, at, frame.right, at, { stroke: theme.ink, dash: [5, 4], opacity: 0.7 });
  }
  const chosen = new Set(selected);
  const rings = placesWhere(index.length, (k) => chosen.has(index[k]));
  drawRings(scene, rings, prepared, { x, y, request, radius: radius + 0.6 });

  // A narrow plot has room for few names.
  const most = Math.max(0, Math.min(data.labels, Math.floor((frame.right - frame.left) / PER_LABEL)));
  const changed = ranking.subarray(0, most).filter((k) => kind[k] !== DULL);
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
    x: gather(x, positions),
    y: gather(y, positions),
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
  const coloured = placesWhere(kind.length, (k) => kind[k] !== DULL);
  const grid = createGridIndex(gather(x, coloured), gather(y, coloured));
  const texts = members.map((k) => shorten(data.names[index[k]]));
  const requests = members.map(
    (k, j): LabelRequest => ({ x: x[k], y: y[k], width: measure(texts[j], TEXT.label) + 2, height: TEXT.label + 2 }),
  );
  const placed = placeLabels(requests, {
    bounds: frame,
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
