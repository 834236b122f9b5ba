/** Residuals by the levels of a column. */
import { drawAxes, drawEmpty, fitText, TEXT } from './axes.ts';
import { drawDistribution, stripKind } from './distribution.ts';
import { type Sample, sampleOf } from './gene-layout.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotHandle } from './plot-data.ts';
import { sortedValues } from './quantiles.ts';
import { extentOf, padded } from './scale.ts';
import { Scene } from './scene.ts';
import { formatCount, formatNumber } from './ticks.ts';

export interface ResidualGroupData {
  readonly residual: Float64Array;
  /** Level of each residual; -1 for none. */
  readonly codes: Int32Array;
  readonly levels: readonly string[];
  readonly column: string;
  readonly yLabel: string;
  /** What they are called where they are no residuals, and what they are parted by where the axis says something else. */
  readonly what?: string;
  readonly by?: string;
}

interface PreparedGroups {
  readonly data: ResidualGroupData;
  readonly groups: readonly { readonly name: string; readonly sample: Sample }[];
}

function prepare(data: ResidualGroupData): PreparedGroups {
  const { residual, codes, levels } = data;
  const range = extentOf(residual);
  const constant = range === null ? 1 : 0.01 * (range[1] - range[0]) || 1;
  const members = levels.map((): number[] => []);
  codes.forEach((code, i) => {
    if (code >= 0 && Number.isFinite(residual[i])) members[code].push(residual[i]);
  });
  const groups = levels.flatMap((name, k) => {
    const sorted = sortedValues(Float64Array.from(members[k]));
    return sorted.length === 0 ? [] : [{ name, sample: sampleOf(sorted, constant) }];
  });
  return { data, groups };
}

function draw({ data, groups }: PreparedGroups, request: DrawRequest): Drawing {
  const { theme, measure, height } = request;
  const { what = 'residuals', by = data.column } = data;
  const scene = new Scene();
  if (groups.length === 0) {
    drawEmpty(scene, request, theme, `There are no ${what}`);
    return { scene, summary: `There are no ${what}.` };
  }
  const widest = groups.reduce((most, { name }) => Math.max(most, measure(name, TEXT.tick)), 0);
  const likely = (request.width - 70) / groups.length;
  const level = widest <= likely - 4;
  const upwards = !level && likely >= 13;
  const nameRoom = level ? 18 : upwards ? Math.min(84, widest) + 8 : 0;
  const ends = extentOf(groups.flatMap(({ sample: { sorted } }) => [sorted[0], sorted[sorted.length - 1], 0]));
  const [low, high] = padded(ends, 0.05);
  const { frame, y } = drawAxes(scene, {
    ...request,
    top: 14,
    bottom: nameRoom + 26,
    x: null,
    y: { title: data.yLabel, low, high },
  });
  const zero = y.at(0);
  scene.line('canvas', frame.left, zero, frame.right, zero, { stroke: theme.ink, opacity: 0.7 });
  const strip = (frame.right - frame.left) / groups.length;
  const kind = stripKind(groups.map(({ sample }) => sample.sorted.length));
  groups.forEach(({ name, sample }, k) => {
    const across = frame.left + (k + 0.5) * strip;
    const halfWidth = 0.42 * Math.min(strip, 70);
    drawDistribution(scene, { sample, kind, across, halfWidth, along: y.at, colour: theme.down, theme });
    if (!level && !upwards) return;
    const text = fitText(name, level ? strip : 84, TEXT.tick, measure);
    const place = level ? { x: across, y: frame.bottom + 16 } : { x: across + 4, y: frame.bottom + 6 };
    scene.text({ text, ...place, size: TEXT.tick, fill: theme.faint, anchor: level ? 'middle' : 'end', upwards });
  });
  const title = fitText(data.column, frame.right - frame.left, TEXT.title, measure);
  const middle = (frame.left + frame.right) / 2;
  scene.text({ text: title, x: middle, y: height - 8, size: TEXT.title, fill: theme.ink, anchor: 'middle' });
  const order = Int32Array.from(groups.keys()).sort(
    (a, b) => Math.abs(groups[b].sample.mean) - Math.abs(groups[a].sample.mean),
  );
  return {
    scene,
    summary: `${capital(what)} by ${by}, ${groups.length} levels; ${groups[order[0]].name} is furthest from 0 with a mean of ${formatNumber(groups[order[0]].sample.mean)}.`,
    targets: {
      x: Float64Array.from(groups, (_, k) => frame.left + (k + 0.5) * strip),
      y: Float64Array.from(groups, ({ sample }) => y.at(sample.mean)),
      index: Int32Array.from(groups.keys()),
      ranking: order,
      describe: (k) => {
        const { name, sample } = groups[k];
        const { sorted, mean, box } = sample;
        return [
          name,
          `${formatCount(sorted.length)} ${what}`,
          `mean ${formatNumber(mean)}`,
          `half of them from ${formatNumber(box.lower)} to ${formatNumber(box.upper)}`,
        ];
      },
      find: (px, py) => {
        const k = Math.floor((px - frame.left) / strip);
        return py <= frame.bottom + nameRoom && k >= 0 && k < groups.length ? k : -1;
      },
    },
  };
}

function capital(text: string): string {
  return text.replace(/^./, (letter) => letter.toUpperCase());
}

/** A strip of residuals for each level: points, box or violin by how many there are. */
export function residualGroupPlot(host: HTMLElement, data: ResidualGroupData): PlotHandle<ResidualGroupData> {
  return createPlot(host, data, {
    kind: ({ data: { what = 'residuals', by = 'group' } }) => `${capital(what)} by ${by}`,
    prepare,
    draw,
    height: (_, width) => Math.max(280, Math.min(380, 0.7 * width)),
  });
}
