/** Effect against -log10 p of every gene. */

import { drawAxes, drawEmpty } from './axes.ts';
import { gather, greatest, placesWhere } from './gather.ts';
import { changeKinds, DULL, describeGene, drawCounts, drawNames, drawPoints, type PointKinds } from './gene-points.ts';
import { nounsOf } from './nouns.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotEvents, PlotHandle, VolcanoData } from './plot-data.ts';
import { quantileOf } from './quantiles.ts';
import { extentOf, padded, type Transform } from './scale.ts';
import { Scene } from './scene.ts';
import { formatNumber } from './ticks.ts';

/** How many points the arrow keys visit. */
export const RANKED = 200;
/** Pixels above the frame, for the counts and the button of the lasso. */
const STRIP = 32;

/** What is computed once per data set; arrays run over the genes that have both an effect and a p. */
export interface PreparedVolcano extends PointKinds {
  readonly effect: Float64Array;
  /** -log10 p, Infinity where p is 0. */
  readonly height: Float64Array;
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
  const { effect, log10P } = data;
  const index = placesWhere(effect.length, (i) => Number.isFinite(effect[i]) && !Number.isNaN(log10P[i]));
  const own = gather(effect, index);
  const height = gather(log10P, index).map((value) => Math.max(0, -value));
  const kinds = changeKinds(data, index);
  const { kind, counts } = kinds;
  let least = Infinity;
  for (let k = 0; k < index.length; k++) if (kind[k] !== DULL) least = Math.min(least, height[k]);
  let below = 0;
  for (let k = 0; k < index.length; k++) {
    if (kind[k] === DULL && height[k] <= least && height[k] > below) below = height[k];
  }
  return {
    data,
    index,
    effect: own,
    height,
    ...kinds,
    ranking: greatest(height, Math.max(RANKED, data.labels), (k) => Math.abs(own[k])),
    // Halfway between the last gene that passes and the first that does not.
    cut: counts.up + counts.down === 0 || least === Infinity ? null : (least + below) / 2,
    horizontal: padded(extentOf([0, ...(extentOf(own) ?? [])]), 0.05),
    vertical: heightAxis(height),
  };
}

const SAME = ['effect', 'log10P', 'adjusted', 'threshold', 'labels', 'leastEffect', 'singular'] as const;

/** True where only the selection can differ. */
function sameNumbers(a: VolcanoData, b: VolcanoData): boolean {
  return SAME.every((name) => a[name] === b[name]);
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
  const { data, index, effect, height, ranking, counts, cut, horizontal, vertical } = prepared;
  const { theme } = request;
  const scene = new Scene();
  const nouns = nounsOf(data);
  if (index.length === 0) {
    drawEmpty(scene, request, theme, `No ${nouns.one} has a p-value`);
    return { scene, summary: `No ${nouns.one} has a p-value.` };
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
  const placement = { x, y, request };
  drawPoints(scene, prepared, placement);
  const border = { stroke: theme.ink, dash: [5, 4], opacity: 0.7 };
  if (cut !== null) {
    const at = axes.y.at(cut);
    scene.line('overlay', frame.left, at, frame.right, at, border);
  }
  const { leastEffect = 0 } = data;
  for (const value of leastEffect > 0 ? [-leastEffect, leastEffect] : []) {
    if (value < horizontal[0] || value > horizontal[1]) continue;
    const at = axes.x.at(value);
    scene.line('overlay', at, frame.top, at, frame.bottom, border);
  }
  drawNames(scene, prepared, placement, frame);
  drawCounts(scene, prepared, request, frame);
  return {
    scene,
    summary:
      `${index.length} ${nouns.many}; ${counts.up} up and ${counts.down} down at an adjusted p of ${formatNumber(data.threshold)}${leastEffect > 0 ? ` and an effect of at least ${formatNumber(leastEffect)}` : ''}. ` +
      `Smallest p: ${data.names[index[ranking[0]]]}.`,
    keys: `Arrow keys walk through the ${nouns.many}, Enter opens one.`,
    targets: {
      x,
      y,
      index,
      ranking: ranking.subarray(0, RANKED),
      describe: (k) => describeGene(prepared, k),
    },
  };
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
