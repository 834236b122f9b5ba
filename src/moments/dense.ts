import { addBlocks } from './covariance-blocks.ts';
import type { Projector } from './design-moments.ts';
import type { ResponseMoments } from './moments.ts';

/**
 * Residual sums of squares below this multiple of y'y are rounding: the residuals come out of a projection that errs by
 * a few units in the last place of y.
 */
const ROUNDING = 1e-28;
/** Sums of squares outside this range have overflowed, or lost digits to underflow. */
const LARGEST = 1e300;
const SMALLEST = 1e-280;

/**
 * Adds the moments of one response. `y` has the projector's m rows (stratum means when it is collapsed); `within` is the
 * weighted sum of squares inside the strata. Residuals are formed explicitly and projected twice, so that a mean of
 * 1e6 beside a standard deviation of 1 costs no digits.
 */
export function addDenseResponse(
  projector: Projector,
  y: Float64Array,
  within: number,
  out: ResponseMoments,
  k: number,
  workspace: Float64Array = new Float64Array(projector.m),
): void {
  const { m, q, rootWeight, count, factors, offset, moments, blockRows } = projector;
  const { p } = moments;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < m; i++) {
    const value = offset ? y[i] - offset[i] : y[i];
    if (value < low) low = value;
    if (value > high) high = value;
    sum += y[i] * (count ? count[i] : 1);
    const r = value * (rootWeight ? rootWeight[i] : 1);
    workspace[i] = r;
    total += r * r;
  }
  out.mean[k] = sum / moments.n;
  const at = k * p;
  for (let pass = 0; pass < 2; pass++) {
    for (let c = 0; c < p; c++) {
      const column = c * m;
      let dot = 0;
      for (let i = 0; i < m; i++) dot += q[column + i] * workspace[i];
      out.qty[at + c] = (pass === 0 ? 0 : out.qty[at + c]) + dot;
      for (let i = 0; i < m; i++) workspace[i] -= q[column + i] * dot;
    }
  }
  let rss = within;
  for (let i = 0; i < m; i++) rss += workspace[i] * workspace[i];
  out.rss[k] = judgedSquares(rss, total, m, high > low);
  out.constant[k] = low === high && within === 0 ? 1 : 0;
  const { blocks } = moments;
  if (blocks && blockRows && out.blocks) addBlocks(blocks, blockRows, p, workspace, out.blocks, k * blocks.width);
  let base = k * moments.q;
  factors.forEach(({ codes, z }, f) => {
    const qf = moments.factors[f].q;
    for (let i = 0; i < m; i++) {
      const r = workspace[i] * (rootWeight ? rootWeight[i] : 1);
      const to = base + codes[i] * qf;
      for (let a = 0; a < qf; a++) out.ztr[to + a] += r * z[i * qf + a];
    }
    base += moments.factors[f].levels.length * qf;
  });
}

/** A residual sum of squares as fits get it, from `total` = y'y over some rows: 0 where it is rounding, NaN where squares say nothing. */
export function judgedSquares(rss: number, total: number, rows: number, varies: boolean): number {
  // Squares beyond the range of a double say nothing about the fit.
  if (!(total < LARGEST) || (total < SMALLEST && varies)) return Number.NaN;
  return rss <= ROUNDING * rows * total ? 0 : rss;
}
