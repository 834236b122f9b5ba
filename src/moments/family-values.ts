/** Values that a family can have, and what to do about others. */
import { FitError } from '../errors.ts';
import { type FamilyName, isCounts } from '../types/family.ts';
import { LARGEST_COUNT } from './count-nodes.ts';

/** The row of a design in words: `row 'cell12'`, `row 12`. */
export type RowNamer = (i: number) => string;

/** How far successes may be off a whole number, relative: proportions are rounded. */
const ROUNDING = 1e-6;

/** What a value can be, and what to do about one that cannot. */
interface Fault {
  readonly wanted: string;
  readonly remedy: string;
}

const COUNTS: Fault = {
  wanted: 'counts are whole numbers, zero or more',
  remedy: 'Give raw counts; for values that were normalised leave “family” out.',
};
const TOO_LARGE: Fault = { wanted: `counts reach ${LARGEST_COUNT} at most`, remedy: 'Leave the response out.' };
const PROPORTIONS: Fault = {
  wanted: 'binomial responses are 0 and 1, or proportions of a number of trials',
  remedy:
    'Give successes and failures as cbind(successes, failures), or successes with the column of “trials”; counts without an end are “family: poisson” or nbinom2, grades “family: cumulative”.',
};
const OPEN_UNIT: Fault = {
  wanted: 'responses of “family: beta” lie between 0 and 1, neither of them among them',
  remedy:
    'Shrink the values a little, (y (n - 1) + 0.5) / n for one, or use “family: binomial” for counts of successes.',
};
const POSITIVE: Fault = {
  wanted: 'responses of “family: Gamma” are greater than 0',
  remedy: 'Leave out rows of 0 with “where”, or use another family.',
};

/** What is wrong with a value; null when nothing is. `trials` is the number of trials of its row, null where weights are. */
export function valueFault(
  family: FamilyName,
  value: number,
  {
    trials,
    weight,
    categories,
  }: { readonly trials: number | null; readonly weight: number; readonly categories: number },
): Fault | null {
  switch (family) {
    case 'binomial':
      if (trials !== null) {
        const fine = trials >= 0 && isWhole(value) && value <= trials && isWhole(trials);
        return fine ? null : faultOfTrials(trials);
      }
      if (value === 0 || value === 1) return null;
      return value > 0 && value < 1 && isWhole(value * weight) && isWhole(weight) ? null : PROPORTIONS;
    case 'Gamma':
      return value > 0 && value < Number.POSITIVE_INFINITY ? null : POSITIVE;
    case 'beta':
      return value > 0 && value < 1 ? null : OPEN_UNIT;
    case 'cumulative':
      if (Number.isInteger(value) && value >= 1 && value <= categories) return null;
      return {
        wanted: `categories are the numbers 1 to ${categories}`,
        remedy: 'Give an ordered factor as the response.',
      };
    default:
      if (!(Number.isInteger(value) && value >= 0)) return COUNTS;
      return value <= LARGEST_COUNT ? null : TOO_LARGE;
  }
}

function faultOfTrials(trials: number): Fault {
  return {
    wanted: `successes are whole numbers from 0 to the number of trials, ${trials} there`,
    remedy: 'Look at the two columns; cbind(successes, failures) has failures second, not trials.',
  };
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) <= ROUNDING * Math.max(1, value) && value >= 0;
}

/** Whether a likelihood has no maximum because values from `low` to `high` are all the same. Equal counts, and equal proportions, have one. */
export function isConstant(family: FamilyName, low: number, high: number): boolean {
  if (low !== high) return false;
  if (family === 'binomial') return low === 0 || low === 1;
  return !isCounts(family) || low === 0;
}

/** The error for such a value. */
export function impossibleValue({ wanted, remedy }: Fault, response: string, row: string, value: number): FitError {
  return new FitError('DataError', `'${response}' has the value ${value} in ${row}: ${wanted}`, {
    option: 'family',
    remedy,
  });
}

export function infiniteOffset(offset: number, row: string): FitError {
  return new FitError('DataError', `the offset is ${offset} in ${row}`, {
    option: 'offset',
    remedy:
      offset === Number.NEGATIVE_INFINITY
        ? 'That is the logarithm of a total of 0: leave such rows out with “where” or “minCounts”.'
        : 'Leave the row out with “where”.',
  });
}

/** @throws OptionError for counts that are not to be taken as they are */
export function refuseNormalisation(family: FamilyName, normalisation: string | undefined): void {
  if (normalisation === undefined || normalisation === 'none') return;
  throw new FitError('OptionError', `“family: ${family}” takes counts as they are, not “normalize: ${normalisation}”`, {
    option: 'normalize',
    remedy: 'Leave “normalize” out, and give the totals of the rows as offset(log(total)).',
  });
}
