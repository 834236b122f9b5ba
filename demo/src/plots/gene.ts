/** The values of one gene by condition and donor, with the fitted means. */
import type { FittedMean } from '../protocol/protocol.ts';
import { drawAxes, drawEmpty, fitText, TEXT } from './axes.ts';
import { drawDistribution, stripKind } from './distribution.ts';
import { type Block, layoutBlocks, type PreparedGene, type PreparedGroup, prepareGene } from './gene-layout.ts';
import { vanDerCorput } from './jitter.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { GeneData, PlotHandle } from './plot-data.ts';
import { padded, type Scale } from './scale.ts';
import { Scene } from './scene.ts';
import { formatCount, formatNumber } from './ticks.ts';
import { drawStrip } from './violin.ts';

/** What can be pointed at. */
interface Spot {
  readonly x: number;
  readonly y: number;
  readonly lines: readonly string[];
  /** Half the width within which the pointer is on it. */
  readonly reach: number;
}

function draw(prepared: PreparedGene, request: DrawRequest): Drawing {
  const { conditions, extent, yLabel } = prepared;
  const { theme, measure, width } = request;
  const scene = new Scene();
  if (extent === null) {
    drawEmpty(scene, request, theme, 'There are no values');
    return { scene, summary: 'There are no values.' };
  }
  const donors = conditions.map(({ groups }) => groups.length);
  const kind = stripKind(conditions.flatMap(({ groups }) => groups.map(({ sorted }) => sorted.length)));
  // Whether the donors' names fit depends on the strips, and these a little on the axis; a usual axis is near enough.
  const { strip: likely } = layoutBlocks(donors, 60, width - 14);
  const names = conditions.flatMap(({ groups }) => groups.map(({ group }) => group.donor));
  const widest = names.reduce((most, name) => Math.max(most, measure(name, TEXT.tick)), 0);
  const level = likely !== null && widest <= likely - 4;
  const upwards = !level && likely !== null && likely >= 14;
  const nameRoom = level ? 18 : upwards ? Math.min(84, widest) + 10 : 0;

  const [low, high] = padded(extent, 0.05);
  const { frame, y } = drawAxes(scene, {
    ...request,
    top: 30,
    bottom: nameRoom + 42,
    x: null,
    y: { title: yLabel, low, high },
  });
  scene.line('overlay', frame.left, frame.bottom, frame.right, frame.bottom, { stroke: theme.faint });
  const { blocks, strip } = layoutBlocks(donors, frame.left + 4, frame.right);
  const spots: Spot[] = [];
  conditions.forEach(({ name, groups, pooled, fitted }, k) => {
    const block = blocks[k];
    const colour = theme.series[k % theme.series.length];
    if (strip === null) {
      const room = block.fit - 13 - block.left;
      const unit = Math.min(room, 260);
      const across = block.left + room / 2 - 0.2 * unit;
      const halfWidth = 0.26 * unit;
      drawStrip(scene, { ...pooled, across, halfWidth, along: y.at, upright: true, colour, theme });
      spots.push(...drawMeans(scene, groups, block.left + room / 2 + 0.3 * unit, 0.17 * unit, y, request));
    } else {
      groups.forEach((group, j) => {
        const across = block.strips[j];
        drawDistribution(scene, {
          ...{ sample: group, kind, across, halfWidth: 0.42 * Math.min(strip, 70), along: y.at, colour, theme },
        });
        spots.push({ x: across, y: y.at(group.mean), lines: linesOf(group), reach: strip / 2 });
        if (level || upwards) {
          const text = fitText(group.group.donor, level ? strip : 84, TEXT.tick, measure);
          const place = level ? { x: across, y: frame.bottom + 16 } : { x: across + 4, y: frame.bottom + 6 };
          const anchor = level ? 'middle' : 'end';
          scene.text({ text, ...place, size: TEXT.tick, fill: theme.faint, anchor, upwards });
        }
      });
    }
    if (fitted !== null) spots.push(drawFitted(scene, fitted, block, y, request));
    const middle = (block.left + block.right) / 2;
    const title = fitText(name, block.right - block.left + 8, TEXT.title, measure);
    const base = frame.bottom + nameRoom + 16;
    scene.text({ text: title, x: middle, y: base, size: TEXT.title, fill: theme.ink, anchor: 'middle', bold: true });
    const number = countOf(groups, pooled.sorted.length);
    const count = fitText(number, block.right - block.left + 4, TEXT.tick, measure);
    scene.text({ text: count, x: middle, y: base + 16, size: TEXT.tick, fill: theme.faint, anchor: 'middle' });
  });
  if (conditions.some(({ fitted }) => fitted !== null)) {
    const note = 'fitted mean and interval';
    drawDiamond(scene, frame.left + 6, 15, request);
    scene.text({ text: note, x: frame.left + 16, y: 19, size: TEXT.note, fill: theme.faint });
  }
  return {
    scene,
    summary: `${yLabel}. ${conditions.map(sentence).join(' ')}`,
    targets: {
      x: Float64Array.from(spots, ({ x }) => x),
      y: Float64Array.from(spots, (spot) => spot.y),
      index: Int32Array.from(spots.keys()),
      ranking: Int32Array.from(spots.keys()),
      describe: (k) => spots[k].lines,
      ...(strip === null
        ? {}
        : {
            find: (px: number, py: number) =>
              py > frame.bottom + nameRoom ? -1 : spots.findIndex(({ x, reach }) => Math.abs(px - x) <= reach),
          }),
    },
  };
}

/** The means of donors that are too many for strips. */
function drawMeans(
  scene: Scene,
  groups: readonly PreparedGroup[],
  across: number,
  halfWidth: number,
  y: Scale,
  { theme }: DrawRequest,
): Spot[] {
  const ordered = groups.toSorted((a, b) => a.mean - b.mean);
  const spots = ordered.map((group, k): Spot => {
    const x = across + (2 * vanDerCorput(k) - 1) * halfWidth;
    return { x, y: y.at(group.mean), lines: linesOf(group), reach: 0 };
  });
  scene.add('canvas', {
    kind: 'points',
    x: spots.map(({ x }) => x),
    y: spots.map((spot) => spot.y),
    radius: 2.4,
    fill: theme.ink,
    opacity: 0.6,
  });
  return spots;
}

/** Error bar and diamond at the block's end, with a thin line through the block at the mean. */
function drawFitted(scene: Scene, fitted: FittedMean, block: Block, y: Scale, request: DrawRequest): Spot {
  const { mean, low, high, condition } = fitted;
  const { theme } = request;
  const at = y.at(mean);
  const x = block.fit;
  scene.line('overlay', block.left, at, block.fit, at, { stroke: theme.ink, dash: [2, 3], opacity: 0.8 });
  if (Number.isFinite(low) && Number.isFinite(high)) {
    const ink = { stroke: theme.ink, strokeWidth: 1.8 };
    scene.line('overlay', x, y.at(low), x, y.at(high), ink);
    for (const end of [low, high]) scene.line('overlay', x - 5, y.at(end), x + 5, y.at(end), ink);
  }
  drawDiamond(scene, x, at, request);
  const lines = [condition, `fitted mean ${formatNumber(mean)}`, `${formatNumber(low)} to ${formatNumber(high)}`];
  return { x, y: at, lines, reach: 13 };
}

function drawDiamond(scene: Scene, x: number, y: number, { theme }: DrawRequest): void {
  scene.add('overlay', {
    kind: 'path',
    x: [x - 5, x, x + 5, x],
    y: [y, y - 5, y, y + 5],
    closed: true,
    fill: theme.ink,
    stroke: theme.paper,
  });
}

function linesOf({ group, sorted, mean, box }: PreparedGroup): readonly string[] {
  return [
    group.label,
    group.condition,
    `${formatCount(sorted.length)} ${sorted.length === 1 ? 'value' : 'values'}`,
    `mean ${formatNumber(mean)}`,
    `median ${formatNumber(box.median)}`,
  ];
}

/** Without a column of units the values of a condition are one group, which is no unit. */
function countOf(groups: PreparedGene['conditions'][number]['groups'], values: number): string {
  const valueText = values === 1 ? '1 value' : `${formatCount(values)} values`;
  if (groups.length === 1 && groups[0].group.donor === '') return valueText;
  const unitText = groups.length === 1 ? '1 unit' : `${formatCount(groups.length)} units`;
  return values === groups.length ? unitText : `${unitText}, ${valueText}`;
}

function sentence({ name, groups, pooled, fitted }: PreparedGene['conditions'][number]): string {
  const fit =
    fitted === null
      ? ''
      : `, fitted mean ${formatNumber(fitted.mean)} (${formatNumber(fitted.low)} to ${formatNumber(fitted.high)})`;
  return `${name}: ${countOf(groups, pooled.sorted.length)}, mean ${formatNumber(pooled.mean)}${fit}.`;
}

/**
 * The values of one gene: a strip for each donor within each condition, of jittered points with the mean, or of a violin
 * with a box where the values are many; one violin for each condition with the donors' means where donors are too many
 * for strips. The fitted means stand at the end of each condition.
 */
export function genePlot(host: HTMLElement, data: GeneData): PlotHandle<GeneData> {
  return createPlot(host, data, {
    kind: 'Values by condition',
    prepare: prepareGene,
    draw,
    height: (_, width) => Math.max(340, Math.min(460, 0.6 * width)),
  });
}
