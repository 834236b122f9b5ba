/** Fitted means on the scale of the values beside them. */

import { linksOf } from '../model/families.ts';
import type { Settings } from '../protocol/settings.ts';
import type { FittedRun } from './run.ts';

/** From the linear predictor to the mean of a row without random effects. */
export function meanOfLink({ family, link }: Settings): (eta: number) => number {
  if (family === 'gaussian') return (eta) => eta;
  switch (link === '' ? linksOf(family)[0] : link) {
    case 'log':
      return Math.exp;
    case 'cloglog':
      return (eta) => -Math.expm1(-Math.exp(eta));
    default:
      return (eta) => 1 / (1 + Math.exp(-eta));
  }
}

/** Whether fitted means can stand beside the values: not with exposures and trials of each row, nor of grades. */
export function showsMeans({ settings, input }: FittedRun): boolean {
  const { family, link, offset, trials } = settings;
  if (family === 'gaussian') return true;
  if (family === 'cumulative' || link === 'probit' || trials !== '' || offset !== '') return false;
  return input.formula.fixed.offsets.length === 0 && input.formula.responses.length <= 1;
}
