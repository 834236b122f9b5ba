/** A covariance of visits as a map: standard deviations on the diagonal, correlations below it, with their numbers. */
import { drawEmpty, fitText, TEXT } from './axes.ts';
import { createPlot, type Drawing, type DrawRequest } from './plot.ts';
import type { PlotHandle } from './plot-data.ts';
import { Scene } from './scene.ts';
import { formatNumber } from './ticks.ts';

export interface CovarianceData {
  readonly title: string;
  readonly visits: readonly string[];
  /** One a visit, in units of the response; NaN for a visit without rows. */
  readonly sd: ArrayLike<number>;
  /** visits x visits, row-major. */
  readonly correlation: ArrayLike<number>;
}

/** Pixels of a cell below which it has no number. */
const READABLE = 30;
const TOP = 34;
/** Room for names of visits below the map, and the longest of them that read upwards. */
const BELOW = 26;
const LONGEST = 80;

function draw(data: CovarianceData, request: DrawRequest): Drawing {
  const { theme, measure, width, height } = request;
  const { title, visits, sd, correlation } = data;
  const scene = new Scene();
  const m = visits.length;
  if (m === 0) {
    drawEmpty(scene, request, theme, 'No visits');
    return { scene, summary: `${title}. No visits.` };
  }
  const names = visits.map((visit) => fitText(visit, 0.28 * width, TEXT.tick, measure));
  const left = Math.max(...names.map((name) => measure(name, TEXT.tick))) + 14;
  const widest = Math.max(...visits.map((visit) => measure(visit, TEXT.tick)));
  const cellOver = (below: number): number => Math.max(8, Math.min((width - left - 8) / m, (height - TOP - below) / m));
  // Names that are wider than their columns read upwards.
  const upwards = widest > cellOver(BELOW) - 2;
  const cell = upwards ? cellOver(Math.min(widest, LONGEST) + 12) : cellOver(BELOW);
  const size = Math.min(TEXT.label, 0.34 * cell);
  scene.text({
    text: fitText(title, width - 16, TEXT.title, measure),
    x: 8,
    y: 20,
    size: TEXT.title,
    fill: theme.ink,
    bold: true,
  });
  const x: number[] = [];
  const y: number[] = [];
  for (let a = 0; a < m; a++) {
    const top = TOP + a * cell;
    scene.text({
      text: names[a],
      x: left - 8,
      y: top + cell / 2 + 4,
      size: TEXT.tick,
      fill: theme.ink,
      anchor: 'end',
    });
    for (let b = 0; b <= a; b++) {
      const own = a === b;
      const value = own ? sd[a] : correlation[a * m + b];
      const at = left + b * cell;
      const fill = own ? theme.grid : value < 0 ? theme.up : theme.down;
      const opacity = own ? 1 : Number.isNaN(value) ? 0 : Math.min(1, 0.08 + 0.82 * Math.abs(value));
      scene.rectangle('canvas', at + 1, top + 1, at + cell - 1, top + cell - 1, { fill, opacity });
      x.push(at + cell / 2);
      y.push(top + cell / 2);
      if (cell < READABLE || Number.isNaN(value)) continue;
      scene.text({
        text: own ? formatNumber(value, 3) : value.toFixed(2).replace('-', '−'),
        x: at + cell / 2,
        y: top + cell / 2 + 4,
        size,
        // On a strong ground the paper's colour can be read, on a weak one the ink.
        fill: opacity > 0.55 && !own ? theme.paper : theme.ink,
        anchor: 'middle',
        bold: own,
      });
    }
  }
  const bottom = TOP + m * cell;
  visits.forEach((visit, b) => {
    const middle = left + (b + 0.5) * cell;
    const text = fitText(visit, upwards ? LONGEST : cell - 2, TEXT.tick, measure);
    const place = upwards
      ? { x: middle + 4, y: bottom + 6, anchor: 'end' as const, upwards }
      : { x: middle, y: bottom + 16, anchor: 'middle' as const };
    scene.text({ text, size: TEXT.tick, fill: theme.ink, ...place });
  });
  const pairs = Array.from({ length: x.length }, (_, k) => {
    const a = Math.floor((Math.sqrt(8 * k + 1) - 1) / 2);
    return [a, k - (a * (a + 1)) / 2] as const;
  });
  const spreads = visits.map((visit, a) => `${visit} ${formatNumber(sd[a], 3)}`).join(', ');
  return {
    scene,
    summary: `${title}. Standard deviations: ${spreads}. Correlations below the diagonal.`,
    targets: {
      x: Float64Array.from(x),
      y: Float64Array.from(y),
      index: Int32Array.from(x.keys()),
      ranking: Int32Array.from(x.keys()),
      describe: (k) => {
        const [a, b] = pairs[k];
        if (a === b) return [visits[a], `sd ${formatNumber(sd[a], 4)}`];
        return [`${visits[b]} and ${visits[a]}`, `correlation ${formatNumber(correlation[a * m + b], 3)}`];
      },
      find: (px, py) => {
        const [a, b] = [Math.floor((py - TOP) / cell), Math.floor((px - left) / cell)];
        return a >= 0 && a < m && b >= 0 && b <= a ? (a * (a + 1)) / 2 + b : -1;
      },
    },
  };
}

/** A map of a covariance by visit. */
export function covariancePlot(host: HTMLElement, data: CovarianceData): PlotHandle<CovarianceData> {
  return createPlot(host, data, {
    kind: 'Covariance by visit',
    prepare: (own) => own,
    draw,
    height: ({ visits }, width) => Math.max(140, Math.min(460, 0.85 * width, TOP + 30 + 64 * visits.length)),
  });
}
