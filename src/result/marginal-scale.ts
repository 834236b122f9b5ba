/**
 * The scale on which marginal means of generalised models are shown. On that of the response means are those of the link turned
 * back, with standard errors by the delta method, and limits turned back; differences of logarithms and logits are ratios, with
 * exp(estimate) times the standard error of the logarithm, and limits of the logarithm exponentiated. Tests stay those of the link.
 */
import { FitError } from '../errors.ts';
import { parseFormula } from '../formula/parse.ts';
import { inverseLink } from '../glmm/responses/inverse-link.ts';
import type { MarginalOptions } from '../infer/marginal-rows.ts';
import { chosen } from '../options/entries.ts';
import { type FamilyChoice, isCounts, type LinkName } from '../types/family.ts';
import type { FitResult } from '../types/fit-result.ts';
import { exponentiates } from './family-rows.ts';

/** Estimates with limits. */
interface Shown {
  readonly estimate: Float64Array;
  readonly standardError: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** Names of exponentiated differences: of logits, of logarithms, of complementary log-logs. */
const RATIOS = { logit: 'odds.ratio', log: 'ratio', cloglog: 'hazard.ratio' } as const;
type RatioName = (typeof RATIOS)[keyof typeof RATIOS];

export interface MarginalScale {
  /** Names of the columns of means and of comparisons. */
  readonly mean: 'estimate' | 'prob' | 'rate' | 'mean' | RatioName;
  readonly pair: 'estimate' | RatioName;
  /** Between the two sides of a comparison. */
  readonly sign: '-' | '/';
  means(columns: Shown): Shown;
  pairs(columns: Shown): Shown;
  readonly notes: readonly string[];
}

/** @throws OptionError where means or comparisons have no such scale */
export function marginalScale({ table, recipe }: FitResult, options: MarginalOptions): MarginalScale {
  const { family } = table;
  const offset = recipe !== null && (recipe.offset !== null || parseFormula(recipe.formula).fixed.offsets.length > 0);
  const notes = family && offset && options.slopes === undefined ? ['marginal means are those at an offset of 0'] : [];
  const asked = options.exponentiate === true && exponentiates(table);
  if (!family) return { mean: 'estimate', pair: 'estimate', sign: '-', means: same, pairs: same, notes };
  const { link } = family;
  const onResponse = marginalType(family, options) === 'response';
  if (onResponse) refuseScale(family, options);
  const ratio = isRatioLink(link) && (asked || (onResponse && link !== 'cloglog')) ? RATIOS[link] : null;
  if (onResponse && ratio === null) notes.push(`comparisons of the link ${link} stay on its scale`);
  if (asked && !onResponse && options.slopes === undefined) notes.push(`marginal means stay on the scale of the link`);
  const comparisons = {
    pair: ratio ?? 'estimate',
    sign: ratio === null ? '-' : '/',
    pairs: ratio === null ? same : exponentiated,
    notes,
  } as const;
  if (onResponse) {
    const { mean, slope } = inverseLink(link);
    return { mean: responseName(family), means: turnedBack(mean, slope), ...comparisons };
  }
  // Ratios for each unit of the covariate, and ratios of these.
  if (asked && ratio !== null && options.slopes !== undefined) {
    return { mean: ratio, means: exponentiated, ...comparisons, pair: 'ratio' };
  }
  return { mean: 'estimate', means: same, ...comparisons };
}

function responseName({ family }: FamilyChoice): 'prob' | 'rate' | 'mean' {
  return family === 'binomial' ? 'prob' : isCounts(family) ? 'rate' : 'mean';
}

function isRatioLink(link: LinkName): link is keyof typeof RATIOS {
  return link in RATIOS;
}

/** The scale of means: as asked for, else that of the response beside ratios, where it is defined. */
function marginalType({ family }: FamilyChoice, { type, exponentiate, slopes }: MarginalOptions): 'link' | 'response' {
  const own = exponentiate === true && family !== 'cumulative' && slopes === undefined ? 'response' : undefined;
  return chosen('meansType', type ?? own);
}

function same(columns: Shown): Shown {
  return columns;
}

function exponentiated(columns: Shown): Shown {
  return turnedBack(Math.exp, Math.exp)(columns);
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
