/** Which family the values of a response ask for, in words. Pure. */

import type { ColumnSummary, DataSummary } from '../protocol/protocol.ts';
import type { FamilyName, Settings } from '../protocol/settings.ts';
import { familyNoun, withFamily } from './families.ts';
import { bareName, leftOf } from './formula-names.ts';
import { ownEntry } from './own-entry.ts';

/** A family that the values of the response ask for. */
export interface FamilyProposal {
  readonly family: FamilyName;
  /** What the values are, and what the family makes of them. */
  readonly words: string;
  /** The same where another family is chosen. */
  readonly taken: string;
  /** True where nothing else fits them: the response is text. */
  readonly only: boolean;
}

/** Levels that grades have at most. */
const MOST_GRADES = 10;
/** Names of columns that hold grades rather than counts. */
const GRADES = /grade|score|scale|level|likert|stage|rating|severity|class/i;
/** Counts that never come down to so few are as good as measured. */
const FEW_COUNTS = 5;

/** @param order levels of a text in the order of the model, where it is not that of the data */
export function responseProposal(column: ColumnSummary, order?: readonly string[]): FamilyProposal | null {
  const { name, kind, levels, distinct, range, whole, ordered, meant } = column;
  const labels = order ?? levels.map(({ label }) => label);
  if (meant !== undefined) return null;
  if (kind === 'logical') return proposal('binomial', `'${name}' is TRUE or FALSE`, 'the odds of TRUE are modelled');
  if (kind === 'factor') {
    if (distinct === 2) {
      const odds = `the odds of ${labels[1]} are modelled`;
      return proposal('binomial', `'${name}' holds ${labels.join(' and ')}`, odds, true);
    }
    if (distinct < 3 || distinct > MOST_GRADES) return null;
    const inOrder = ordered === true ? 'levels in order' : `levels, taken in the order ${labels.join(' < ')}`;
    return proposal('cumulative', `'${name}' holds ${distinct} ${inOrder}`, HIGHER, true);
  }
  if (labels.join() === '0,1') return proposal('binomial', `'${name}' is 0 or 1`, 'the odds of 1 are modelled');
  if (!range || !(range[0] < range[1])) return null;
  const [low, high] = range;
  if (whole === true && low >= 0) {
    if (GRADES.test(name) && distinct <= MOST_GRADES) {
      return proposal('cumulative', `'${name}' holds the grades ${labels.join(', ')}`, HIGHER);
    }
    if (low > FEW_COUNTS) return null;
    const rates = 'ratios of rates are modelled, and the variance may exceed the mean';
    return proposal('nbinom2', `'${name}' holds whole numbers from ${low} to ${high}, as counts are`, rates);
  }
  if (low > 0 && high < 1) {
    return proposal('beta', `'${name}' lies between 0 and 1, as shares do`, 'their odds are modelled');
  }
  return null;
}

const HIGHER = 'the odds of a higher one are modelled';

function proposal(family: FamilyName, holds: string, does: string, only = false): FamilyProposal {
  const taken = `${holds}. Taken as ${familyNoun(family)}, ${does}.`;
  return {
    family,
    words: `${holds}: ${does}.`,
    taken: only ? `${taken} A normal distribution does not fit it.` : taken,
    only,
  };
}

/** The proposal for the response that a formula names, or for the counts of a matrix; null where gaussian is what fits. */
export function familyProposal(
  summary: DataSummary,
  response: string,
  levels: Settings['levels'] = {},
): FamilyProposal | null {
  if (summary.kind === 'table') {
    const column = summary.columns.find(({ name }) => name === response);
    return column ? responseProposal(column, ownEntry(levels, response)) : null;
  }
  if (summary.looksLikeCounts !== true) return null;
  const logs =
    summary.kind === 'bulk'
      ? 'Logs of them go into linear models, best with the precision weights of voom, which are among the options'
      : 'Logs of them, normalised, go into linear models, which are fast and exact';
  const words = `The values are counts. ${logs}; a negative binomial takes the counts as they are, with the counts of each row as its offset.`;
  return { family: 'nbinom2', words, taken: words, only: false };
}

/** The response of a formula where it is one column. */
export function responseName(formula: string): string {
  return bareName(leftOf(formula));
}

/** The family that goes with a response: what alone fits it, yes or no of two values, else gaussian, which the page does not leave by itself. */
export function familyOfResponse(column: ColumnSummary | undefined): FamilyName {
  const found = column ? responseProposal(column) : null;
  return found && (found.only || found.family === 'binomial') ? found.family : 'gaussian';
}

/** What changes with the response: its family, unless another one was chosen than that which went with the response before. */
export function familyChange(
  summary: DataSummary,
  settings: Settings,
  [before, next]: readonly [before: string, next: string],
): Partial<Settings> {
  const usual = (response: string): FamilyName =>
    familyOfResponse(summary.columns.find(({ name }) => name === response));
  const family = usual(next);
  const kept = before === next || family === settings.family || settings.family !== usual(before);
  return kept ? {} : withFamily(family, settings, summary);
}

/** Columns that can be the response of a table: numbers, logical values, texts of few levels, and texts that mean numbers. */
export function responseColumns({ columns }: DataSummary): string[] {
  return columns
    .filter(
      ({ kind, distinct, meant }) =>
        kind !== 'factor' || meant !== undefined || (distinct >= 2 && distinct <= MOST_GRADES),
    )
    .map(({ name }) => name);
}
