/** Levels of a factor with slopes of its own whose rows tell something of the slope that is tested. */
import { interceptPlace } from '../lmm/level-means.ts';
import type { DesignMoments, FactorMoments } from '../moments/moments.ts';

/** Levels whose slope of the weights is below this share of the steepest come in through other covariates only. */
const LEAST_SLOPE = 0.1;
/** A level whose rows differ by less than this share of what they differ in on average has one value. */
const ONE_VALUE = 1e-9;

/**
 * How many of them: those with one visit, or with one of two conditions, have nothing that is compared within them. The weights of
 * the rows of a level, a_i, have a slope over the columns that differ there; a level counts where it has one, however few or close
 * its rows are.
 *
 * @param shares what each level holds of a'a by all columns of the factor
 */
export function slopeLevels(
  design: DesignMoments,
  factor: FactorMoments,
  shares: Float64Array,
  v: Float64Array,
): number {
  const place = interceptPlace(design, factor);
  // Without intercepts one row tells the slope.
  if (!place) return countAbove(shares, new Float64Array(shares.length).fill(1), 0);
  const { p } = design;
  const { q, ztz, ztx, levels } = factor;
  const J = levels.length;
  // Sums of squares and of a within each level: what is left of them beside the level's intercept.
  const within = new Float64Array(J * q);
  const slopes = new Float64Array(J);
  const mean = new Float64Array(q);
  for (let i = 0; i < J; i++) {
    let [size, sum] = [0, 0];
    for (let a = 0; a < q; a++) {
      mean[a] = 0;
      for (let b = 0; b < q; b++) mean[a] += ztz[(i * q + a) * q + b] * place[b];
      size += place[a] * mean[a];
      for (let k = 0; k < p; k++) sum += place[a] * ztx[(i * q + a) * p + k] * v[k];
    }
    if (!(size > 0)) continue;
    for (let a = 0; a < q; a++) within[i * q + a] = ztz[(i * q + a) * q + a] - (mean[a] * mean[a]) / size;
    slopes[i] = shares[i] - (sum * sum) / size;
  }
  const spread = new Float64Array(J);
  for (let a = 0; a < q; a++) {
    let all = 0;
    for (let i = 0; i < J; i++) all += within[i * q + a];
    if (all > 0) for (let i = 0; i < J; i++) spread[i] += (J * within[i * q + a]) / all;
  }
  return countAbove(slopes, spread, ONE_VALUE);
}

/** Levels whose squared weights over their spread come up to those of the steepest. */
function countAbove(squares: Float64Array, spread: Float64Array, least: number): number {
  const steep = squares.map((value, i) => (spread[i] > least ? value / spread[i] : 0));
  const most = steep.reduce((largest, value) => Math.max(largest, value), 0);
  return steep.reduce((sum, value) => sum + (value > LEAST_SLOPE ** 2 * most ? 1 : 0), 0);
}
