/**
 * The scale on which marginal means of generalised models are shown. On that of the response means are those of the link turned
 * back, with standard errors by the delta method, and limits turned back; differences of logarithms and logits are ratios, with
 * exp(estimate) times the standard error of the logarithm. Tests stay those of the link.
 */
import { FitError } from '../errors.ts';
import { parseFormula } from '../formula/parse.ts';
import { inverseLink } from '../glmm/responses/inverse-link.ts';
import type { MarginalOptions } from '../infer/marginal-rows.ts';
import { chosen } from '../options/entries.ts';
import { type FamilyChoice, isCounts } from '../types/family.ts';
import type { FitResult } from '../types/fit-result.ts';

/** Estimates with limits. */
interface Shown {
  readonly estimate: Float64Array;
  readonly standardError: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface MarginalScale {
  /** Names of the columns of means and of comparisons. */
  readonly mean: 'estimate' | 'prob' | 'rate' | 'mean';
  readonly pair: 'estimate' | 'odds.ratio' | 'ratio';
  /** Between the two sides of a comparison. */
  readonly sign: '-' | '/';
  means(columns: Shown): Shown;
  pairs(columns: Shown): Shown;
  readonly notes: readonly string[];
}

/** @throws OptionError where means of that kind have no such scale */
export function marginalScale({ table, recipe }: FitResult, options: MarginalOptions): MarginalScale {
  const { family } = table;
  const type = chosen('meansType', options.type);
  const same = (columns: Shown): Shown => columns;
  const offset = recipe !== null && (recipe.offset !== null || parseFormula(recipe.formula).fixed.offsets.length > 0);
  const notes = family && offset && options.slopes === undefined ? ['marginal means are those at an offset of 0'] : [];
  if (!family || type === 'link') {
    return { mean: 'estimate', pair: 'estimate', sign: '-', means: same, pairs: same, notes };
  }
  refuseScale(family, options);
  const { mean, slope } = inverseLink(family.link);
  const back = turnedBack(mean, slope);
  const ratios = family.link === 'log' || family.link === 'logit';
  return {
    mean: family.family === 'binomial' ? 'prob' : isCounts(family.family) ? 'rate' : 'mean',
    pair: ratios ? (family.link === 'logit' ? 'odds.ratio' : 'ratio') : 'estimate',
    sign: ratios ? '/' : '-',
    means: back,
    pairs: ratios ? turnedBack(Math.exp, Math.exp) : same,
    notes: ratios ? notes : [...notes, `comparisons of the link ${family.link} stay on its scale`],
  };
}

/** @throws OptionError where means of a family have no such scale */
export function refuseScale({ family }: FamilyChoice, { type, slopes }: MarginalOptions): void {
  if (type !== 'response') return;
  const refuse = (message: string, remedy: string) =>
    new FitError('OptionError', message, { option: 'meansType', remedy });
  if (family === 'cumulative') {
    throw refuse(
      'means of an ordinal response are those of the latent variable behind it',
      'Leave “meansType” out; predictions are the probabilities of the categories.',
    );
  }
  if (slopes !== undefined) {
    throw refuse('slopes are on the scale of the link', 'Leave “meansType” out, or “slopes”.');
  }
}

function turnedBack(mean: (eta: number) => number, slope: (eta: number) => number): (columns: Shown) => Shown {
  return ({ estimate, standardError, low, high }) => ({
    estimate: estimate.map(mean),
    standardError: standardError.map((error, i) => error * slope(estimate[i])),
    low: low.map(mean),
    high: high.map(mean),
  });
}
