import { betaQuantile } from '../numeric/distributions/incomplete-beta.ts';
import type { Calibration } from './collected-tests.ts';
import { LEVELS, type NullPValues, rejectionRate } from './rejection-rates.ts';

/** Colour and mark of each test: Okabe and Ito's palette, told apart by shape too. */
const STYLES: Readonly<Record<string, { readonly colour: string; readonly mark: string; readonly label: string }>> = {
  naive: { colour: '#D55E00', mark: 'M0-4L4 3H-4Z', label: 'naive (rows independent)' },
  z: { colour: '#E69F00', mark: 'M0-4L4 0L0 4L-4 0Z', label: 'z' },
  satterthwaite: { colour: '#0072B2', mark: 'M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0Z', label: 'Satterthwaite' },
  'kenward-roger': { colour: '#009E73', mark: 'M-3-3H3V3H-3Z', label: 'Kenward-Roger' },
  'between-within': { colour: '#56B4E9', mark: 'M0 4L4-3H-4Z', label: 'between-within' },
  lrt: {
    colour: '#000000',
    mark: 'M0-4.5L1.2-1.2 4.5 0 1.2 1.2 0 4.5-1.2 1.2-4.5 0-1.2-1.2Z',
    label: 'likelihood ratio',
  },
  bootstrap: { colour: '#CC79A7', mark: 'M-1-4H1V-1H4V1H1V4H-1V1H-4V-1H-1Z', label: 'bootstrap' },
};

const PANEL = { width: 380, height: 320, left: 56, right: 14, top: 34, bottom: 48 } as const;
const LINE = 18;
const HEADING = 58;
/** Lines of the heading of a panel: their height, most of them, and letters in each. */
const HEADING_LINE = 15;
const HEADING_LINES = 3;
const HEADING_LETTERS = 44;
const COLUMNS = 3;
/** Room for the lines of text of a single panel. */
const NARROWEST = 540;
/** Panels beyond this make no picture that anyone reads. */
const MOST_PANELS = 12;
/** Points drawn of each curve: all of the smallest p-values, of the others some at equal distances on the axis. */
const TAIL_POINTS = 40;
const BODY_POINTS = 60;
/** The axis of observed values ends at this multiple of the largest expected one. */
const REACH = 2;

/** What a picture calls hypotheses and tests: by their names, those that have words. */
export interface PlotWords {
  readonly terms?: ReadonlyMap<string, string>;
  readonly tests?: ReadonlyMap<string, string>;
}

/**
 * Quantile-quantile plot as SVG: -log10 p, observed against expected under a uniform distribution, one panel a hypothesis, one
 * curve a test, with the pointwise 95 % band of order statistics of independent p-values and the share of p-values up to 0.05.
 * Values beyond the axis stand on its upper edge.
 *
 * @param words what hypotheses and tests are called, where not by their names
 */
export function calibrationPlot(
  { pValues, scheme, clusters }: Calibration,
  title = 'p-values under the null',
  words: PlotWords = {},
): string {
  const terms = [...new Set(pValues.map(({ term }) => term))].slice(0, MOST_PANELS);
  const perPanel = Math.max(...terms.map((term) => pValues.filter((curve) => curve.term === term).length));
  const columns = Math.min(COLUMNS, terms.length);
  const headings = terms.map((term) => headingOf(words.terms?.get(term) ?? term));
  const rise = HEADING_LINE * (Math.max(1, ...headings.map(({ length }) => length)) - 1);
  const height = rise + PANEL.height + 10 + perPanel * LINE;
  const total = HEADING + Math.ceil(terms.length / columns) * height + 8;
  const width = Math.max(NARROWEST, columns * PANEL.width);
  const largest = Math.max(0, ...pValues.map((curve) => curve.pValues.length));
  const source =
    scheme === 'simulate'
      ? `${largest} responses drawn from fitted models without the effect`
      : `${largest} tests of ${new Set(clusters ?? []).size} permutations`;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${total}" width="${width}" height="${total}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="${width}" height="${total}" fill="#fff"/>`,
    `<text x="14" y="24" font-size="15" font-weight="bold">${escapeText(title)}</text>`,
    `<text x="14" y="43" fill="#555">${escapeText(source)}; grey: 95 % of ${scheme === 'simulate' ? 'exact' : 'exact, independent'} tests</text>`,
  ];
  terms.forEach((term, t) => {
    const x = (t % columns) * PANEL.width;
    const y = HEADING + rise + Math.floor(t / columns) * height;
    lines.push(
      `<g transform="translate(${x} ${y})">`,
      ...panel(
        headings[t],
        pValues.filter((curve) => curve.term === term),
        clusters,
        words.tests,
      ),
      '</g>',
    );
  });
  lines.push('</svg>', '');
  return lines.join('\n');
}

function panel(
  heading: readonly string[],
  curves: readonly NullPValues[],
  clusters: Int32Array | null,
  testWords: PlotWords['tests'],
): string[] {
  const { left, top } = PANEL;
  const width = PANEL.width - left - PANEL.right;
  const height = PANEL.height - top - PANEL.bottom;
  const sorted = curves.map(({ pValues }) => pValues.filter((p) => !Number.isNaN(p)).sort());
  const n = Math.max(1, ...sorted.map(({ length }) => length));
  const limitX = Math.max(1, -Math.log10(0.5 / n) * 1.03);
  const limitY = limitX * REACH;
  const px = (value: number) => round(left + (value / limitX) * width);
  const py = (value: number) => round(top + height - (Math.min(value, limitY) / limitY) * height);
  const out = [
    ...heading.map((line, k) => {
      const y = top - 10 - HEADING_LINE * (heading.length - 1 - k);
      return `<text x="${left}" y="${y}" font-weight="bold">${escapeText(line)}</text>`;
    }),
    `<path d="${bandPath(n, px, py)}" fill="#ddd"/>`,
    `<path d="M${px(0)} ${py(0)}L${px(limitX)} ${py(limitX)}" stroke="#777" fill="none"/>`,
  ];
  for (const level of LEVELS) {
    const at = -Math.log10(level);
    if (at > limitX) continue;
    // Before its line a name stands lower than that of the line before it.
    const isLast = at > 0.8 * limitX;
    const beside = isLast ? `x="${px(at) - 3}" text-anchor="end"` : `x="${px(at) + 3}"`;
    out.push(
      `<path d="M${px(at)} ${top}V${top + height}" stroke="#bbb" stroke-dasharray="2 3"/>`,
      `<text ${beside} y="${top + (isLast ? 30 : 18)}" font-size="10" fill="#666">p = ${level}</text>`,
    );
  }
  out.push(...axes(limitX, limitY, px, py, left, top, width, height));
  // The naive test first, so that the others lie upon it.
  const order = [...curves.keys()].sort((a, b) => rank(curves[a].test) - rank(curves[b].test));
  for (const c of order) {
    const { colour, mark } = styleOf(curves[c].test);
    const points = quantilePoints(sorted[c]);
    out.push(`<g fill="${colour}" fill-opacity="0.85">`);
    for (const { expected, observed } of points) {
      out.push(`<path transform="translate(${px(expected)} ${py(observed)})" d="${mark}"/>`);
    }
    out.push('</g>');
  }
  curves.forEach(({ test, pValues }, c) => {
    const { colour, mark, label: name } = styleOf(test);
    const label = testWords?.get(test) ?? name;
    const y = PANEL.height + 4 + c * LINE;
    const { rate, low, high } = rejectionRate(pValues, LEVELS[0], clusters);
    const beyond = sorted[c].filter((p) => -Math.log10(p) > limitY).length;
    const share = Number.isNaN(rate)
      ? 'no test'
      : `${percent(rate)} up to 0.05 (${percent(low)} to ${percent(high)})${beyond > 0 ? `, ${beyond} beyond the axis` : ''}`;
    out.push(
      `<path transform="translate(${left + 4} ${y - 4})" d="${mark}" fill="${colour}"/>`,
      `<text x="${left + 14}" y="${y}" font-size="11">${escapeText(`${label}: ${share}`)}</text>`,
    );
  });
  return out;
}

function axes(
  limitX: number,
  limitY: number,
  px: (value: number) => number,
  py: (value: number) => number,
  left: number,
  top: number,
  width: number,
  height: number,
): string[] {
  const out = [`<path d="M${left} ${top}V${top + height}H${left + width}" stroke="#222" fill="none"/>`];
  for (let value = 0; value <= limitX; value++) {
    out.push(`<text x="${px(value)}" y="${top + height + 15}" text-anchor="middle">${value}</text>`);
  }
  const step = limitY > 12 ? 4 : limitY > 5 ? 2 : 1;
  for (let value = 0; value <= limitY; value += step) {
    out.push(`<text x="${left - 6}" y="${py(value) + 4}" text-anchor="end">${value}</text>`);
  }
  const middle = top + height / 2;
  out.push(
    `<text x="${left + width / 2}" y="${top + height + 32}" text-anchor="middle">expected -log10 p</text>`,
    `<text x="16" y="${middle}" text-anchor="middle" transform="rotate(-90 16 ${middle})">observed -log10 p</text>`,
  );
  return out;
}

/** Points of a curve: expected -log10 of (i - 1/2) / n against that of the i-th smallest p-value. */
export function quantilePoints(sorted: Float64Array): { readonly expected: number; readonly observed: number }[] {
  const n = sorted.length;
  return places(n).map((i) => ({
    expected: -Math.log10((i - 0.5) / n),
    observed: Math.max(0, -Math.log10(Math.max(sorted[i - 1], Number.MIN_VALUE))),
  }));
}

/** Ranks drawn of n: the first ones, then some at equal distances in the logarithm. */
function places(n: number): number[] {
  const found = new Set<number>();
  for (let i = 1; i <= Math.min(n, TAIL_POINTS); i++) found.add(i);
  for (let k = 0; k <= BODY_POINTS; k++) found.add(Math.round(TAIL_POINTS * (n / TAIL_POINTS) ** (k / BODY_POINTS)));
  return [...found].filter((i) => i >= 1 && i <= n).sort((a, b) => a - b);
}

/** The band between the 2.5 % and 97.5 % quantiles of the order statistics of n uniform numbers. */
function bandPath(n: number, px: (value: number) => number, py: (value: number) => number): string {
  const ranks = places(n);
  const upper = ranks.map(
    (i) => `${px(-Math.log10((i - 0.5) / n))} ${py(-Math.log10(betaQuantile(0.025, i, n - i + 1)))}`,
  );
  const lower = ranks.map(
    (i) => `${px(-Math.log10((i - 0.5) / n))} ${py(-Math.log10(betaQuantile(0.975, i, n - i + 1)))}`,
  );
  return `M${[...upper, ...lower.reverse()].join('L')}Z`;
}

function styleOf(test: string): { readonly colour: string; readonly mark: string; readonly label: string } {
  return STYLES[test] ?? { colour: '#222', mark: STYLES['z'].mark, label: test };
}

function rank(test: string): number {
  return Object.keys(STYLES).indexOf(test);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Lines of a heading, broken between words; what is too long for all of them ends in dots. */
function headingOf(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    const joined = last === '' ? word : `${last} ${word}`;
    if (joined.length <= HEADING_LETTERS || last === '') lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  const shown = lines.slice(0, HEADING_LINES);
  if (lines.length > HEADING_LINES) shown[HEADING_LINES - 1] += ` ${lines[HEADING_LINES]}`;
  return shown.map((line) => (line.length > HEADING_LETTERS ? `${line.slice(0, HEADING_LETTERS - 1)}…` : line));
}

function escapeText(text: string): string {
  return (
    text
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      // Characters that XML has no room for.
      .replace(/[^\t\n\r\u0020-\uFFFD]/g, '?')
  );
}
