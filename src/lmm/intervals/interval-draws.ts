import {
  acceleration,
  averageNormalProbability,
  averageNormalQuantile,
  bcaProbability,
  drawBias,
  drawQuantile,
} from '../../numeric/distributions/bootstrap-quantile.ts';
import { normalQuantile } from '../../numeric/distributions/normal.ts';
import { LOST_SHARE } from '../bootstrap/conditional-tails.ts';
import type { Fits } from '../engine.ts';
import type { IntervalOptions, IntervalReason } from './interval-options.ts';
import { writeInterval } from './intervals.ts';

/**
 * What the draws of one response leave: memory for one response at a time. Draws that could not be fitted are NaN
 * throughout.
 */
export interface IntervalDraws {
  /**
   * By column: l'(b(theta*) - b(theta)) in standard errors of the fit. The estimate of the draw is that and a standard
   * normal number independent of it (Kackar and Harville 1984), which is averaged over and not drawn.
   */
  readonly shifts: readonly Float64Array[];
  /** Standard deviations and correlations in the order of theta, then sigma, in the user's units, by parameter; the last one is of every draw that was fitted. */
  readonly parameters: readonly Float64Array[];
  /** Scores of the draws at the fitted parameters: over the symmetric basis of G, then log sigma^2; draws x m. */
  readonly scores: Float64Array;
}

export function emptyIntervalDraws(columns: number, thetas: number, bases: number, draws: number): IntervalDraws {
  const arrays = (count: number) => Array.from({ length: count }, () => new Float64Array(draws).fill(Number.NaN));
  return {
    shifts: arrays(columns),
    parameters: arrays(thetas + 1),
    scores: new Float64Array(draws * (bases + 1)).fill(Number.NaN),
  };
}

const LOST: IntervalReason = 'too many draws could not be fitted, or too few lie beyond the limit';
const UNDEFINED: IntervalReason = 'a standard deviation is estimated as zero: the correlation is not defined';
/** Share of the draws in which a correlation may be undefined, because a variance is estimated as zero there. */
const UNDEFINED_SHARE = 0.1;

/**
 * Writes the limits of every parameter that is asked for into row `at`. `estimates` and `gradients` are those of the
 * fit for `draws.parameters` (squares of standard deviations serve as well in a gradient: limits do not depend on it).
 */
export function writeDrawnIntervals(
  draws: IntervalDraws,
  estimates: Float64Array,
  gradients: readonly Float64Array[],
  { kind, level, asked }: IntervalOptions,
  fits: Fits,
  at: number,
): void {
  const { columns } = fits;
  const last = draws.parameters.length - 1;
  const count = draws.parameters[last].length;
  const lost = countMissing(draws.parameters[last]);
  const alphas = [0.5 - level / 2, 0.5 + level / 2];
  const reachable = (probability: number, number: number) =>
    probability * (number + 1) >= 1 && probability * (number + 1) <= number;
  for (let c = 0; c < columns; c++) {
    if (asked[c] === 0) continue;
    const estimate = fits.estimate[at * columns + c];
    const se = fits.standardError[at * columns + c];
    const shifts = draws.shifts[c];
    const z0 = kind === 'bca' ? normalQuantile(averageNormalProbability(shifts, 0)) : 0;
    const limits = alphas.map((alpha) => {
      // The score of a fixed effect is linear in normal data: no skewness, no acceleration.
      const probability = kind === 'bca' ? bcaProbability(alpha, z0, 0) : alpha;
      if (lost > LOST_SHARE * count || !reachable(probability, count)) return Number.NaN;
      return estimate + se * averageNormalQuantile(shifts, probability);
    });
    writeInterval(fits, at, c, limits[0], limits[1], LOST);
  }
  for (let i = 0; i <= last; i++) {
    if (asked[columns + i] === 0) continue;
    const values = draws.parameters[i].filter((value) => !Number.isNaN(value)).sort();
    const missing = count - values.length;
    const undefinedShare = (missing - lost) / count;
    if (Number.isNaN(estimates[i]) || undefinedShare > UNDEFINED_SHARE) {
      writeInterval(fits, at, columns + i, Number.NaN, Number.NaN, UNDEFINED);
      continue;
    }
    const z0 = kind === 'bca' ? drawBias(values, estimates[i]) : 0;
    const a = kind === 'bca' ? acceleration(draws.scores, gradients[i]) : 0;
    const limits = alphas.map((alpha) => {
      if (lost > LOST_SHARE * count) return Number.NaN;
      return drawQuantile(values, kind === 'bca' ? bcaProbability(alpha, z0, a) : alpha);
    });
    writeInterval(fits, at, columns + i, limits[0], limits[1], LOST);
  }
}

function countMissing(values: Float64Array): number {
  let missing = 0;
  for (const value of values) if (Number.isNaN(value)) missing++;
  return missing;
}
