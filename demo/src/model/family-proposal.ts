/** Which family the values of a response ask for, in words. Pure. */

import type { ColumnSummary, DataSummary } from '../protocol/protocol.ts';
import type { FamilyName } from '../protocol/settings.ts';
import { bareName, leftOf } from './formula-names.ts';

/** A family that the values of the response ask for. */
export interface FamilyProposal {
  readonly family: FamilyName;
  /** What the values are, and what the family makes of them. */
  readonly words: string;
  /** True where nothing else fits them: the response is text. */
  readonly only: boolean;
}

/** Levels that grades have at most. */
const MOST_GRADES = 10;
/** Names of columns that hold grades rather than counts. */
const GRADES = /grade|score|scale|level|likert|stage|rating|severity|class/i;
/** Counts that never come down to so few are as good as measured. */
const FEW_COUNTS = 5;

export function responseProposal(column: ColumnSummary): FamilyProposal | null {
  const { name, kind, levels, distinct, range, whole, ordered } = column;
  const labels = levels.map(({ label }) => label);
  if (kind === 'logical') {
    return { family: 'binomial', words: `'${name}' is TRUE or FALSE: the odds of TRUE are modelled.`, only: false };
  }
  if (kind === 'factor') {
    if (distinct === 2) {
      const words = `'${name}' holds ${labels.join(' and ')}: the odds of ${labels[1]} are modelled.`;
      return { family: 'binomial', words, only: true };
    }
    if (distinct < 3 || distinct > MOST_GRADES) return null;
    const order = ordered === true ? 'levels in order' : `levels, taken in the order ${labels.join(' < ')}`;
    const words = `'${name}' holds ${distinct} ${order}: the odds of a higher one are modelled.`;
    return { family: 'cumulative', words, only: true };
  }
  if (labels.join() === '0,1') {
    return { family: 'binomial', words: `'${name}' is 0 or 1: the odds of 1 are modelled.`, only: false };
  }
  if (!range || !(range[0] < range[1])) return null;
  const [low, high] = range;
  if (whole === true && low >= 0) {
    if (GRADES.test(name) && distinct <= MOST_GRADES) {
      const words = `'${name}' holds the grades ${labels.join(', ')}: the odds of a higher one are modelled.`;
      return { family: 'cumulative', words, only: false };
    }
    if (low > FEW_COUNTS) return null;
    const words = `'${name}' holds whole numbers from ${low} to ${high}, as counts are: ratios of rates are modelled, and the variance may exceed the mean.`;
    return { family: 'nbinom2', words, only: false };
  }
  if (low > 0 && high < 1) {
    return {
      family: 'beta',
      words: `'${name}' lies between 0 and 1, as shares do: their odds are modelled.`,
      only: false,
    };
  }
  return null;
}

/** The proposal for the response that a formula names, or for the counts of a matrix; null where gaussian is what fits. */
export function familyProposal(summary: DataSummary, response: string): FamilyProposal | null {
  if (summary.kind === 'table') {
    const column = summary.columns.find(({ name }) => name === response);
    return column ? responseProposal(column) : null;
  }
  if (summary.looksLikeCounts !== true) return null;
  const logs =
    summary.kind === 'bulk'
      ? 'Logs of them go into linear models, best with the precision weights of voom, which are among the options'
      : 'Logs of them, normalised, go into linear models, which are fast and exact';
  const words = `The values are counts. ${logs}; a negative binomial takes the counts as they are, with the counts of each row as its offset.`;
  return { family: 'nbinom2', words, only: false };
}

/** The response of a formula where it is one column. */
export function responseName(formula: string): string {
  return bareName(leftOf(formula));
}

/** The family that goes with a response: the one that alone fits it, else gaussian, which the page does not leave by itself. */
export function familyOfResponse(column: ColumnSummary | undefined): FamilyName {
  const proposal = column ? responseProposal(column) : null;
  return proposal?.only ? proposal.family : 'gaussian';
}

/** Columns that can be the response of a table: numbers, logical values, and texts of few levels. */
export function responseColumns({ columns }: DataSummary): string[] {
  return columns
    .filter(({ kind, distinct }) => kind !== 'factor' || (distinct >= 2 && distinct <= MOST_GRADES))
    .map(({ name }) => name);
}
