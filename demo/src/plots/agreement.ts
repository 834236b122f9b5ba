/** One number of each response by two analyses: the same on the line, apart from it where they differ. */
import { FOUND_BY, NOT_TESTED } from '../results/paired-tests.ts';
import { drawAxes, drawEmpty, fitText, TEXT } from './axes.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotEvents, PlotHandle } from './plot-data.ts';
import { extentOf, padded } from './scale.ts';
import { Scene } from './scene.ts';
import { formatCount, formatNumber } from './ticks.ts';

export interface AgreementData {
  readonly names: readonly string[];
  /** A number of each gene by the first and by the second analysis; NaN where there is none. */
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** Index into {@link FOUND_BY} of each gene. */
  readonly found: Uint8Array;
  readonly xTitle: string;
  readonly yTitle: string;
}

/** Genes that the arrow keys visit. */
const RANKED = 400;

interface PreparedAgreement {
  readonly data: AgreementData;
  /** Genes with both numbers and both tests, those found last, so that they lie on top. */
  readonly order: Int32Array;
  /** Positions in `order`, the largest differences first. */
  readonly ranking: Int32Array;
}

function prepare(data: AgreementData): PreparedAgreement {
  const { first, second, found } = data;
  const order = Int32Array.from(first.keys())
    .filter((i) => found[i] !== NOT_TESTED && Number.isFinite(first[i]) && Number.isFinite(second[i]))
    .sort((a, b) => found[a] - found[b] || a - b);
  const away = Float64Array.from(order, (i) => Math.abs(first[i] - second[i]));
  const ranking = Int32Array.from(order.keys()).sort((a, b) => away[b] - away[a] || a - b);
  return { data, order, ranking: ranking.slice(0, RANKED) };
}

function draw({ data, order, ranking }: PreparedAgreement, request: DrawRequest): Drawing {
  const { theme, measure } = request;
  const scene = new Scene();
  if (order.length === 0) {
    drawEmpty(scene, request, theme, 'No response has both numbers');
    return { scene, summary: 'No response has both numbers.' };
  }
  const first = Float64Array.from(order, (i) => data.first[i]);
  const second = Float64Array.from(order, (i) => data.second[i]);
  const [low, high] = padded(extentOf([...first, ...second]), 0.03);
  const shortened = (title: string): string => fitText(title, 0.8 * request.width, TEXT.title, measure);
  const { frame, x, y } = drawAxes(scene, {
    ...request,
    top: 30,
    x: { title: shortened(data.xTitle), low, high },
    y: { title: fitText(data.yTitle, 0.8 * request.height, TEXT.title, measure), low, high },
  });
  scene.line('canvas', x.at(low), y.at(low), x.at(high), y.at(high), { stroke: theme.ink, opacity: 0.6 });
  const px = first.map(x.at);
  const py = second.map(y.at);
  const colours = [theme.dull, theme.series[0], theme.series[1], theme.series[2]];
  const counts = colours.map((fill, kind) => {
    const own = order.map((_, k) => k).filter((k) => data.found[order[k]] === kind);
    const points = { x: Float64Array.from(own, (k) => px[k]), y: Float64Array.from(own, (k) => py[k]) };
    scene.add('canvas', { kind: 'points', ...points, radius: kind === 0 ? 2 : 2.8, fill, dull: kind === 0 });
    return own.length;
  });
  // The key, as far as there is room.
  let at = frame.left;
  const kinds = FOUND_BY.slice(0, NOT_TESTED);
  kinds.forEach((name, kind) => {
    const text = `${name} ${formatCount(counts[kind])}`;
    const width = measure(text, TEXT.note) + 22;
    if (at + width > frame.right) return;
    scene.add('overlay', { kind: 'points', x: [at + 6], y: [15], radius: 4, fill: colours[kind] });
    scene.text({ text, x: at + 14, y: 19, size: TEXT.note, fill: theme.ink });
    at += width;
  });
  return {
    scene,
    summary: `${order.length} responses; found by ${kinds.map((name, kind) => `${name}: ${counts[kind]}`).join(', ')}.`,
    targets: {
      x: px,
      y: py,
      index: order,
      ranking,
      describe: (k) => [
        data.names[order[k]],
        `${data.xTitle}: ${formatNumber(first[k])}`,
        `${data.yTitle}: ${formatNumber(second[k])}`,
        `found by ${FOUND_BY[data.found[order[k]]]}`,
      ],
    },
  };
}

/** A scatter of one number by two analyses over one range on both axes, coloured by which of them finds the gene. */
export function agreementPlot(host: HTMLElement, data: AgreementData, events?: PlotEvents): PlotHandle<AgreementData> {
  return createPlot(
    host,
    data,
    {
      kind: 'Two analyses beside each other',
      prepare,
      draw,
      height: (_, width) => Math.max(280, Math.min(460, width)),
    },
    events,
  );
}
