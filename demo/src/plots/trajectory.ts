/** A response over time: a thin line for each subject, the fitted means of the conditions with their bands. */
import { type AxesRequest, crisp, drawAxes, drawEmpty, type Frame, fitText, TEXT } from './axes.ts';
import { drawLegend } from './legend.ts';
import { type ObservedShare, observedShares } from './observed-shares.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotHandle } from './plot-data.ts';
import { createScale, extentOf, padded, type Scale } from './scale.ts';
import { Scene } from './scene.ts';
import { formatNumber } from './ticks.ts';

export interface SubjectLine {
  readonly subject: string;
  /** Place among the conditions. */
  readonly condition: number;
  readonly time: Float64Array;
  readonly value: Float64Array;
  /** Fitted with the subject's random effects; may be empty. */
  readonly fitted: Float64Array;
}

export interface MeanLine {
  readonly condition: number;
  readonly time: Float64Array;
  readonly mean: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface TrajectoryData {
  readonly lines: readonly SubjectLine[];
  readonly means: readonly MeanLine[];
  readonly conditions: readonly string[];
  /** Labels of visits, whose times are their places; null for numbers. */
  readonly visits: readonly string[] | null;
  readonly timeLabel: string;
  readonly yLabel: string;
  /** Draws the lines through the fitted values of the subjects, and what was seen as dots. */
  readonly byFit: boolean;
  /** What a line is of; a subject unless told. */
  readonly subject?: string;
}

interface PreparedTrajectory {
  readonly data: TrajectoryData;
  readonly time: readonly [number, number];
  readonly values: readonly [number, number] | null;
  /** Conditions that have lines or means. */
  readonly shown: readonly number[];
  /** Of answers of yes or no, in the place of lines; null for other values. */
  readonly shares: readonly ObservedShare[] | null;
}

function prepare(data: TrajectoryData): PreparedTrajectory {
  const { lines, means, byFit } = data;
  const all = [...lines, ...means];
  const time = extentOf(all.flatMap((line) => Array.from(line.time)));
  const values = extentOf([
    ...lines.flatMap(({ value, fitted }) => [...value, ...(byFit ? fitted : [])]),
    ...means.flatMap(({ low, high, mean }) => [...low, ...high, ...mean]),
  ]);
  const shown = [...new Set(all.map(({ condition }) => condition))].sort((a, b) => a - b);
  return { data, time: time ?? [0, 1], values, shown, shares: byFit ? null : observedShares(lines) };
}

function draw({ data, time, values, shown, shares }: PreparedTrajectory, request: DrawRequest): Drawing {
  const { theme, measure } = request;
  const { lines, means, conditions, visits, timeLabel, yLabel, byFit, subject = 'subject' } = data;
  const scene = new Scene();
  if (values === null) {
    drawEmpty(scene, request, theme, 'There are no values');
    return { scene, summary: 'There are no values.' };
  }
  const [low, high] = padded(values, 0.05);
  const axes = { ...request, top: 34, y: { title: yLabel, low, high } };
  const { frame, x, y } = visits
    ? visitAxes(scene, axes, visits, time, timeLabel)
    : timeAxes(scene, axes, time, timeLabel);
  const colour = (condition: number) => theme.series[condition % theme.series.length];
  const opacity = Math.max(0.12, Math.min(0.6, 3.5 / Math.sqrt(lines.length + 1)));
  for (const line of shares ? [] : lines) {
    const height = byFit && line.fitted.length > 0 ? line.fitted : line.value;
    const paint = { stroke: colour(line.condition), strokeWidth: 1, opacity };
    scene.add('canvas', { kind: 'path', x: Array.from(line.time, x.at), y: Array.from(height, y.at), ...paint });
  }
  for (const condition of shown) {
    const own = shares ? [] : lines.filter((line) => line.condition === condition && (byFit || line.time.length === 1));
    const px = own.flatMap((line) => Array.from(line.time, x.at));
    const py = own.flatMap((line) => Array.from(line.value, y.at));
    if (px.length === 0) continue;
    scene.add('canvas', {
      kind: 'points',
      x: px,
      y: py,
      radius: 1.8,
      fill: colour(condition),
      opacity: 0.5,
      dull: true,
    });
  }
  // Bands first, so that no mean lies under one.
  for (const { condition, time, low, high } of means) {
    const edges = [low, high].map((edge) => Array.from(edge, y.at));
    const paint = { fill: colour(condition), opacity: 0.22 };
    scene.band('canvas', Array.from(time, x.at), edges[0], edges[1], paint);
  }
  for (const { condition, time, mean } of means) {
    const [at, height] = [Array.from(time, x.at), Array.from(mean, y.at)];
    scene.curve('overlay', at, height, { stroke: theme.paper, strokeWidth: 5 });
    scene.curve('overlay', at, height, { stroke: colour(condition), strokeWidth: 2.6 });
  }
  for (const condition of shares ? shown : []) {
    const own = shares?.filter((one) => one.condition === condition) ?? [];
    const place = { x: own.map((one) => x.at(one.time)), y: own.map((one) => y.at(one.share)) };
    scene.add('overlay', { kind: 'points', ...place, radius: 4.6, fill: theme.paper });
    scene.add('overlay', { kind: 'points', ...place, radius: 3.6, fill: colour(condition) });
  }
  const named = shown.filter((condition) => (conditions[condition] ?? '') !== '');
  const entries = named.map((condition) => ({ name: conditions[condition], colour: colour(condition) }));
  const end = drawLegend(scene, entries, { left: frame.left, y: 20 }, request);
  const note = shares ? 'dots: share seen' : byFit ? `lines: fitted for each ${subject}` : `lines: each ${subject}`;
  const rest = means.length > 0 ? `${note}; ${shares ? 'lines' : 'thick'}: mean, 95 % band` : note;
  if (end + measure(rest, TEXT.note) < frame.right) {
    scene.text({ text: rest, x: frame.right, y: 20, size: TEXT.note, fill: theme.faint, anchor: 'end' });
  }
  const when = (value: number) => visits?.[value] ?? `${timeLabel} ${formatNumber(value)}`;
  const spots: readonly Spot[] = shares
    ? shares.map(({ condition, time: at, share, count }) => ({
        ...{ x: x.at(at), y: y.at(share), first: true },
        lines: [
          ...(conditions[condition] ? [conditions[condition]] : []),
          `${when(at)}: ${formatNumber(share)}`,
          `of ${count} seen`,
        ],
      }))
    : lines.flatMap((line) =>
        Array.from(line.time, (value, k) => ({
          x: x.at(value),
          y: y.at(line.value[k]),
          first: k === 0,
          lines: [
            line.subject,
            ...(conditions[line.condition] ? [conditions[line.condition]] : []),
            `${when(value)}: ${formatNumber(line.value[k])}`,
            ...(line.fitted.length > 0 ? [`fitted ${formatNumber(line.fitted[k])}`] : []),
          ],
        })),
      );
  return {
    scene,
    summary: `${yLabel} by ${timeLabel}. ${shown.map((condition) => sentence(data, condition, when)).join(' ')}`,
    targets: {
      x: Float64Array.from(spots, (spot) => spot.x),
      y: Float64Array.from(spots, (spot) => spot.y),
      index: Int32Array.from(spots.keys()),
      ranking: Int32Array.from(spots.keys()).filter((k) => spots[k].first),
      describe: (k) => spots[k].lines,
    },
  };
}

/** What can be pointed at. */
interface Spot {
  readonly x: number;
  readonly y: number;
  /** Whether the arrow keys come to it. */
  readonly first: boolean;
  readonly lines: readonly string[];
}

type PartRequest = Omit<AxesRequest, 'x'>;

function timeAxes(scene: Scene, request: PartRequest, time: readonly [number, number], title: string) {
  const [low, high] = padded(time, 0.02);
  return drawAxes(scene, { ...request, x: { title, low, high, grid: false } });
}

/** An axis of visits, each with its label where there is room. */
function visitAxes(
  scene: Scene,
  request: PartRequest,
  visits: readonly string[],
  [first, last]: readonly [number, number],
  title: string,
): { frame: Frame; x: Scale; y: Scale } {
  const { theme, measure, height } = request;
  const { frame, y } = drawAxes(scene, { ...request, x: null, bottom: 46 });
  const x = createScale('linear', first - 0.3, last + 0.3, frame.left, frame.right);
  const room = (frame.right - frame.left) / (last - first + 1);
  const every = Math.max(1, Math.ceil(36 / room));
  scene.line('overlay', frame.left, frame.bottom, frame.right, frame.bottom, { stroke: theme.faint });
  for (let visit = first; visit <= last; visit += every) {
    const text = fitText(visits[visit] ?? '', room * every - 4, TEXT.tick, measure);
    const at = x.at(visit);
    scene.line('canvas', crisp(at), frame.top, crisp(at), frame.bottom, { stroke: theme.grid });
    scene.text({ text, x: at, y: frame.bottom + 18, size: TEXT.tick, fill: theme.faint, anchor: 'middle' });
  }
  const middle = (frame.left + frame.right) / 2;
  scene.text({ text: title, x: middle, y: height - 8, size: TEXT.title, fill: theme.ink, anchor: 'middle' });
  return { frame, x, y };
}

function sentence(
  { lines, means, conditions }: TrajectoryData,
  condition: number,
  when: (time: number) => string,
): string {
  const own = lines.filter((line) => line.condition === condition).length;
  const name = conditions[condition] ? `${conditions[condition]}: ` : '';
  const mean = means.find((one) => one.condition === condition);
  if (!mean) return `${name}${own} lines.`;
  const first = mean.mean.findIndex(Number.isFinite);
  const last = mean.mean.findLastIndex(Number.isFinite);
  if (first < 0) return `${name}${own} lines.`;
  return (
    `${name}${own} lines, mean from ${formatNumber(mean.mean[first])} at ${when(mean.time[first])} ` +
    `to ${formatNumber(mean.mean[last])} at ${when(mean.time[last])}.`
  );
}

/** Values of each subject over time, coloured by condition, with the fitted means and their 95 % bands. */
export function trajectoryPlot(host: HTMLElement, data: TrajectoryData): PlotHandle<TrajectoryData> {
  return createPlot(host, data, {
    kind: 'Trajectories',
    prepare,
    draw,
    height: (_, width) => Math.max(340, Math.min(460, 0.6 * width)),
  });
}
