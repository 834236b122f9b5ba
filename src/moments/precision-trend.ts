/**
 * The mean-variance trend of voom (Law, Chen, Shi and Smyth, "voom: precision weights unlock linear model analysis tools for
 * RNA-seq read counts", Genome Biology 15:R29, 2014): the square root of the residual standard deviation of log2 counts per
 * million is a lowess curve of the mean log2 count, and the precision weight of a count is the inverse fourth power of that
 * curve at its fitted log2 count.
 */
import { lowess } from '../numeric/lowess.ts';
import { orderOf } from '../numeric/order-statistics.ts';

export interface PrecisionTrend {
  /** Mean log2 counts, increasing. */
  readonly x: Float64Array;
  /** Square roots of standard deviations. */
  readonly y: Float64Array;
}

/** The curve through (mean log2 count, residual standard deviation) of two or more responses. */
export function precisionTrend(logCount: Float64Array, sigma: Float64Array, span: number): PrecisionTrend {
  const root = sigma.map(Math.sqrt);
  const smooth = lowess(logCount, root, { span });
  const x: number[] = [];
  const y: number[] = [];
  const order = orderOf(logCount);
  for (let from = 0; from < order.length; ) {
    // Equal means have one value: the mean of theirs.
    let to = from;
    let sum = 0;
    while (to < order.length && logCount[order[to]] === logCount[order[from]]) sum += smooth[order[to++]];
    x.push(logCount[order[from]]);
    y.push(sum / (to - from));
    from = to;
  }
  return { x: Float64Array.from(x), y: Float64Array.from(y) };
}

/** The precision weight at a fitted log2 count: linear between the points of the curve, constant beyond its ends. */
export function precisionWeight({ x, y }: PrecisionTrend, logCount: number): number {
  const last = x.length - 1;
  if (!(logCount > x[0])) return y[0] ** -4;
  if (!(logCount < x[last])) return y[last] ** -4;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] <= logCount) low = middle;
    else high = middle;
  }
  const share = (logCount - x[low]) / (x[high] - x[low]);
  return (y[low] + share * (y[high] - y[low])) ** -4;
}
