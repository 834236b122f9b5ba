import { studentQuantile } from '../../numeric/distributions/student-quantile.ts';
import type { SpectralDesign } from '../spectral-design.ts';
import { emptySpectralResponse, projectResponse } from '../spectral-response.ts';
import type { IntervalOptions } from './interval-options.ts';
import { type IntervalFinder, writeInterval } from './intervals.ts';
import { findCrossing } from './profile-crossing.ts';
import { spectralProfile } from './spectral-profile.ts';

/**
 * Profile-likelihood intervals of models with one scalar random term; the design must be set up for maximum likelihood,
 * and the fits likewise. A bound is where the signed root deviance is a normal quantile. O(Q) an evaluation.
 */
export function spectralIntervals(spectral: SpectralDesign, { level, asked }: IntervalOptions): IntervalFinder {
  const { columns, space, scale } = spectral;
  const profile = spectralProfile(spectral);
  const response = emptySpectralResponse(spectral);
  const z = studentQuantile(0.5 + level / 2, Number.POSITIVE_INFINITY);
  const levels = space.lambda.length;
  // Relative distances at which the searches for the bounds of standard deviations begin.
  const residualStep = z / Math.sqrt(2 * Math.max(1, space.d - levels));
  const randomStep = Math.min(1, z / Math.sqrt(2 * Math.max(1, levels)));
  let largest = 0;
  for (const value of space.lambda) largest = Math.max(largest, value);

  return ({ responses }, k, fits, at) => {
    response.within = projectResponse(spectral, responses, k, response.w, response.z2);
    profile.load(response, responses, k);
    const theta = fits.theta[at * fits.thetas] * scale;
    const sigma = fits.sigma[at];
    const lowest = profile.deviance(2 * Math.log(theta));

    for (let c = 0; c < columns; c++) {
      if (asked[c] === 0) continue;
      const estimate = fits.estimate[at * columns + c];
      const half = z * fits.standardError[at * columns + c];
      const excess = (x: number) => profile.coefficient(c, x) - lowest;
      const bound = (sign: number) =>
        findCrossing(excess, {
          from: estimate,
          guess: estimate + sign * half,
          end: sign * Number.POSITIVE_INFINITY,
          z,
        });
      writeInterval(fits, at, c, bound(-1), bound(1), 'the profile could not be followed to its limit');
    }
    if (asked[columns] === 1) {
      const sd = sigma * theta;
      const excess = (a: number) => profile.random(a) - lowest;
      // A variance of zero: the smallest step that the largest eigenvalue can tell from it.
      const step = sd > 0 ? sd * randomStep : (z * sigma) / Math.sqrt(largest);
      const low = sd > 0 ? findCrossing(excess, { from: sd, guess: sd - step, end: 0, z }) : 0;
      const high = findCrossing(excess, { from: sd, guess: sd + step, end: Number.POSITIVE_INFINITY, z });
      writeInterval(fits, at, columns, low / scale, high / scale, 'the profile could not be followed to its limit');
    }
    if (asked[columns + 1] === 1) {
      // Over log sigma, which has no end and a nearly straight profile.
      const excess = (x: number) => profile.residual(Math.exp(2 * x)) - lowest;
      const from = Math.log(sigma);
      const bound = (sign: number) =>
        Math.exp(
          findCrossing(excess, { from, guess: from + sign * residualStep, end: sign * Number.POSITIVE_INFINITY, z }),
        );
      writeInterval(fits, at, columns + 1, bound(-1), bound(1), 'the profile could not be followed to its limit');
    }
  };
}
