/** Mean against effect of every gene. */

import { drawAxes, drawEmpty } from './axes.ts';
import { gather, greatest, placesWhere } from './gather.ts';
import { changeKinds, describeGene, drawCounts, drawNames, drawPoints, type PointKinds } from './gene-points.ts';
import { chooseAxis } from './mean-variance.ts';
import { nounsOf } from './nouns.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotEvents, PlotHandle, VolcanoData } from './plot-data.ts';
import { extentOf, padded } from './scale.ts';
import { Scene } from './scene.ts';
import { formatNumber } from './ticks.ts';
import { RANKED } from './volcano.ts';

/** Pixels above the frame, for the counts and the button of the lasso. */
const STRIP = 32;

interface PreparedMa extends PointKinds {
  readonly mean: Float64Array;
  readonly effect: Float64Array;
  readonly x: ReturnType<typeof chooseAxis>;
  readonly vertical: readonly [number, number];
}

export function prepareMa(data: VolcanoData): PreparedMa {
  const { mean, effect, log10P } = data;
  const index = placesWhere(
    effect.length,
    (i) => Number.isFinite(mean[i]) && Number.isFinite(effect[i]) && !Number.isNaN(log10P[i]),
  );
  const own = gather(effect, index);
  const means = gather(mean, index);
  return {
    data,
    index,
    ...changeKinds(data, index),
    mean: means,
    effect: own,
    ranking: greatest(
      gather(log10P, index).map((value) => -value),
      Math.max(RANKED, data.labels),
      (k) => Math.abs(own[k]),
    ),
    x: chooseAxis(means),
    vertical: padded(extentOf([0, ...(extentOf(own) ?? [])]), 0.05),
  };
}

function draw(prepared: PreparedMa, request: DrawRequest): Drawing {
  const { data, index, mean, effect, ranking, counts, vertical } = prepared;
  const { theme } = request;
  const scene = new Scene();
  const nouns = nounsOf(data);
  if (index.length === 0) {
    drawEmpty(scene, request, theme, `No ${nouns.one} has a mean and a p-value`);
    return { scene, summary: `No ${nouns.one} has a mean and a p-value.` };
  }
  const axes = drawAxes(scene, {
    ...request,
    top: STRIP,
    x: { title: 'Mean', ...prepared.x },
    y: { title: data.effectTitle ?? 'Effect', low: vertical[0], high: vertical[1] },
  });
  const { frame } = axes;
  const placement = { x: mean.map(axes.x.at), y: effect.map(axes.y.at), request };
  const zero = axes.y.at(0);
  scene.line('canvas', frame.left, zero, frame.right, zero, { stroke: theme.faint, opacity: 0.6 });
  drawPoints(scene, prepared, placement);
  const { leastEffect = 0 } = data;
  for (const value of leastEffect > 0 ? [-leastEffect, leastEffect] : []) {
    if (value < vertical[0] || value > vertical[1]) continue;
    const at = axes.y.at(value);
    scene.line('overlay', frame.left, at, frame.right, at, { stroke: theme.ink, dash: [5, 4], opacity: 0.7 });
  }
  drawNames(scene, prepared, placement, frame);
  drawCounts(scene, prepared, request, frame);
  return {
    scene,
    summary:
      `${index.length} ${nouns.many} by mean and effect; ${counts.up} up and ${counts.down} down at an adjusted p of ${formatNumber(data.threshold)}. ` +
      `Smallest p: ${data.names[index[ranking[0]]]}.`,
    keys: `Arrow keys walk through the ${nouns.many}, Enter opens one.`,
    targets: {
      x: placement.x,
      y: placement.y,
      index,
      ranking: ranking.subarray(0, RANKED),
      describe: (k) => describeGene(prepared, k, `mean ${formatNumber(mean[k])}`),
    },
  };
}

/** An MA plot: the effect of each gene against its mean, with colours, names and lasso of the volcano plot. */
export function maPlot(host: HTMLElement, data: VolcanoData, events?: PlotEvents): PlotHandle<VolcanoData> {
  return createPlot(
    host,
    data,
    { kind: 'MA plot', prepare: (next) => prepareMa(next), draw, selection: ({ selected }) => selected },
    events,
  );
}
