/** Intervals of a number line as the levels of a factor, by the rules of R's `cut`. */
import { significantText } from './number-text.ts';

/** How intervals take their ends. */
export interface IntervalEnds {
  /** (a,b] rather than [a,b). */
  readonly right: boolean;
  /** The outermost interval takes the end that is left over. */
  readonly includeLowest: boolean;
}

/** The outermost of `equalBreaks` stand beyond the range by one part in so many of it. */
const MARGIN = 1000;

/** Breaks of so many intervals of equal width over the range of some values; undefined without a value. */
export function equalBreaks(values: Float64Array, count: number): number[] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return undefined;
  const margin = (high > low ? high - low : Math.abs(low) || 1) / MARGIN;
  // round a single value the breaks are equally far apart; else the margin widens the outermost intervals
  const [from, to] = high > low ? [low, high] : [low - margin, high + margin];
  const step = (to - from) / count;
  const breaks = Array.from({ length: count + 1 }, (_, i) => from + i * step);
  breaks[0] = low - margin;
  breaks[count] = high + margin;
  return breaks;
}

/** Interval of each value, from 0; -1 outside all of them and where it is missing. The breaks increase. */
export function intervalCodes(
  values: Float64Array,
  breaks: readonly number[],
  { right, includeLowest }: IntervalEnds,
): Int32Array {
  const last = breaks.length - 1;
  return Int32Array.from(values, (x) => {
    if (!(x >= breaks[0] && x <= breaks[last])) return -1;
    let low = 0;
    let high = last;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (right ? x > breaks[middle] : x >= breaks[middle]) low = middle;
      else high = middle;
    }
    const leftOver = right ? x === breaks[0] : x === breaks[last];
    return leftOver && !includeLowest ? -1 : low;
  });
}

/** Digits that labels have at most, unless more are asked for. */
const MOST_DIGITS = 12;

/** Texts of the intervals, `(0,2.5]`: with more digits than asked for where breaks would look alike. */
export function intervalLabels(
  breaks: readonly number[],
  { right, includeLowest }: IntervalEnds,
  fewestDigits: number,
): string[] {
  const [open, close] = right ? ['(', ']'] : ['[', ')'];
  for (let digits = fewestDigits; digits <= Math.max(MOST_DIGITS, fewestDigits); digits++) {
    const texts = breaks.map((value) => (value === Number.POSITIVE_INFINITY ? ' Inf' : significantText(value, digits)));
    if (texts.some((text, i) => i > 0 && text === texts[i - 1])) continue;
    const labels = texts.slice(1).map((text, i) => `${open}${texts[i]},${text}${close}`);
    if (includeLowest && right) labels[0] = `[${labels[0].slice(1)}`;
    else if (includeLowest) labels[labels.length - 1] = `${labels[labels.length - 1].slice(0, -1)}]`;
    return labels;
  }
  return breaks.slice(1).map((_, i) => `Range_${i + 1}`);
}
