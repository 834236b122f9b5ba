/** Genes as points: which of them changed, how they are drawn, ringed and named. What volcano and MA plot have in common. */
import { type Frame, TEXT } from './axes.ts';
import { gather, placesWhere } from './gather.ts';
import { createGridIndex } from './grid-index.ts';
import { type LabelRequest, placeLabels } from './label-layout.ts';
import type { DrawRequest } from './plot.ts';
import type { VolcanoData } from './plot-data.ts';
import type { Scene } from './scene.ts';
import { formatCount, formatNumber, formatP } from './ticks.ts';

/** Up to so many selected points carry their names. */
const NAMED_SELECTION = 12;
/** Pixels of width for each name. */
const PER_LABEL = 36;
/** Above so many, points are small and pale. */
const MANY = 3000;

export const UP = 1;
export const DOWN = 2;
export const DULL = 0;

/** Genes that a plot has; arrays run over them. */
export interface PointKinds {
  readonly data: VolcanoData;
  /** Their places in the data. */
  readonly index: Int32Array;
  /** Changed upwards (1), downwards (2) or not (0). */
  readonly kind: Uint8Array;
  /** 1 where the fit is singular: such points are hollow. */
  readonly singular: Uint8Array;
  readonly counts: { readonly up: number; readonly down: number };
  /** Positions of the genes with the smallest p, in that order. */
  readonly ranking: Int32Array;
}

/** Which genes changed: an adjusted p up to the threshold, and an effect of the least size asked for. */
export function changeKinds(data: VolcanoData, index: Int32Array): Pick<PointKinds, 'kind' | 'singular' | 'counts'> {
  const { effect, adjusted, threshold, leastEffect = 0 } = data;
  const kind = new Uint8Array(index.length);
  const singular = new Uint8Array(index.length);
  let [up, down] = [0, 0];
  for (let k = 0; k < index.length; k++) {
    const i = index[k];
    singular[k] = data.singular?.[i] ?? 0;
    if (!(adjusted[i] <= threshold && Math.abs(effect[i]) >= leastEffect)) continue;
    kind[k] = effect[i] > 0 ? UP : DOWN;
    if (kind[k] === UP) up++;
    else down++;
  }
  return { kind, singular, counts: { up, down } };
}

export interface Placement {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly request: DrawRequest;
}

/** Dots in the colours of their kinds, hollow where fits are singular, those that are selected with a rim. */
export function drawPoints(scene: Scene, { index, kind, singular }: PointKinds, { x, y, request }: Placement): void {
  const { theme, selected } = request;
  const many = index.length > MANY;
  const radius = many ? 1.8 : 2.6;
  const groups = [
    { code: DULL, fill: theme.dull, radius, opacity: many ? 0.45 : 0.7, dull: true },
    { code: DOWN, fill: theme.down, radius: radius + 0.6, opacity: 0.85, dull: false },
    { code: UP, fill: theme.up, radius: radius + 0.6, opacity: 0.85, dull: false },
  ];
  const dots = (positions: Int32Array) => ({
    kind: 'points' as const,
    x: gather(x, positions),
    y: gather(y, positions),
  });
  for (const { code, ...paint } of groups) {
    // A ring is a dot with a smaller one of the paper's colour on it, which every way of drawing can do.
    for (const hollow of [1, 0]) {
      const members = placesWhere(kind.length, (k) => kind[k] === code && singular[k] === hollow);
      if (members.length === 0) continue;
      scene.add('canvas', { ...dots(members), ...paint });
      if (hollow === 1) {
        const hole = { radius: paint.radius - 1, fill: theme.paper, opacity: 1, dull: paint.dull };
        scene.add('canvas', { ...dots(members), ...hole });
      }
    }
  }
  const rings = ringed(index, selected);
  if (rings.length === 0) return;
  const rim = radius + 0.6;
  scene.add('canvas', { ...dots(rings), radius: rim + 1.8, fill: theme.ink });
  for (const [code, fill] of [theme.dull, theme.up, theme.down].entries()) {
    scene.add('canvas', { ...dots(rings.filter((k) => kind[k] === code)), radius: rim, fill });
  }
}

function ringed(index: Int32Array, selected: readonly number[]): Int32Array {
  if (selected.length === 0) return new Int32Array(0);
  const chosen = new Set(selected);
  return placesWhere(index.length, (k) => chosen.has(index[k]));
}

/** How many went up and down, and what hollow dots are, in the strip above the frame. */
export function drawCounts(scene: Scene, points: PointKinds, request: DrawRequest, frame: Frame): void {
  const { theme, measure, width } = request;
  const { counts, index, singular } = points;
  const marks = [
    { text: `▲ ${formatCount(counts.up)} up`, fill: theme.up },
    { text: `▼ ${formatCount(counts.down)} down`, fill: theme.down },
    { text: `of ${formatCount(index.length)}`, fill: theme.faint },
    ...(singular.includes(1) ? [{ text: '○ singular', fill: theme.faint }] : []),
  ];
  let left = frame.left;
  for (const { text, fill } of marks) {
    const bold = fill !== theme.faint;
    const end = left + measure(text, TEXT.note, bold);
    // The button of the lasso is at the right.
    if (end > width - 56) break;
    scene.text({ text, x: left, y: 19, size: TEXT.note, fill, bold });
    left = end + 12;
  }
}

/** Names of the changed genes with the smallest p, and of the selected where these are few. */
export function drawNames(scene: Scene, points: PointKinds, placement: Placement, frame: Frame): void {
  const { data, index, kind, ranking } = points;
  const rings = ringed(index, placement.request.selected);
  // A narrow plot has room for few names.
  const most = Math.max(0, Math.min(data.labels, Math.floor((frame.right - frame.left) / PER_LABEL)));
  const changed = ranking.subarray(0, most).filter((k) => kind[k] !== DULL);
  const named = [...new Set(rings.length <= NAMED_SELECTION ? [...rings, ...changed] : changed)];
  drawLabels(scene, named, points, placement, frame);
}

function drawLabels(
  scene: Scene,
  members: readonly number[],
  { data, index, kind }: PointKinds,
  { x, y, request: { theme, measure } }: Placement,
  frame: Frame,
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

/** What is said about a gene. */
export function describeGene({ data, index, singular }: PointKinds, k: number, ...further: string[]): string[] {
  const i = index[k];
  const adjusted = data.log10Adjusted ? formatP(data.log10Adjusted[i]) : formatNumber(data.adjusted[i]);
  return [
    data.names[i],
    `effect ${formatNumber(data.effect[i])}`,
    ...further,
    `p ${formatP(data.log10P[i])}`,
    `adjusted p ${adjusted}`,
    ...(singular[k] === 1 ? ['singular fit'] : []),
  ];
}
