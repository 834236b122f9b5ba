/** The model of a trial with visits in common: means by visit, and a covariance of the visits, in words. Pure. */

import type { DataSummary } from '../protocol/protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { builtFormula, parsedBuilder } from './builder.ts';
import { familyOfResponse } from './family-proposal.ts';
import { codedFactors } from './level-proposal.ts';
import { baselineColumn, missingVisitWords, withoutBaseline } from './missing-visits.ts';
import { guessedChoice, residualText } from './residual-structures.ts';
import { levelsOf } from './unit-words.ts';

export interface TrialProposal {
  readonly words: string;
  /** What is said of missing visits; empty for none. */
  readonly dropout: string;
  readonly change: Partial<Settings>;
  /** The same adjusted for the value of each subject before treatment; null where no column has it. */
  readonly adjusted: { readonly column: string; readonly words: string; readonly change: Partial<Settings> } | null;
}

/** Subjects from which on an unstructured covariance of so many visits can be told. */
const SUBJECTS_A_VISIT = 3;

/** Of tables where subjects are compared and seen at most once at each visit; null elsewhere, and where a structure is chosen. */
export function trialProposal(summary: DataSummary, settings: Settings): TrialProposal | null {
  const { kind, rows, columns, reading } = summary;
  const { family, residual, formula } = settings;
  if (kind !== 'table' || family !== 'gaussian' || residual !== '' || !reading) return null;
  const { comparison, condition, donor } = reading.layout;
  const parsed = parsedBuilder(formula);
  if (comparison !== 'between' || condition === '' || !parsed || parsed.response === '') return null;
  const own = columns.find(({ name }) => name === parsed.response);
  if (familyOfResponse(own) !== 'gaussian' || reading.traits?.includes(parsed.response)) return null;
  // What was stored by an older page names no visits.
  const visit =
    reading.layout.visits ||
    guessedChoice(
      columns.filter(({ name }) => name !== reading.exposure),
      donor,
    ).visit;
  const visits = columns.find(({ name }) => name === visit);
  const subjects = columns.find(({ name }) => name === donor)?.distinct ?? 0;
  if (!visits || visit === condition || rows > subjects * visits.distinct) return null;
  if (subjects < SUBJECTS_A_VISIT * visits.distinct || rows < 2 * subjects) return null;
  const text = residualText({ structure: 'us', visit, subject: donor, by: '' });
  const known = [condition, visit, donor, reading.layout.time];
  const covariates = [parsed.condition, parsed.interaction, ...parsed.covariates].filter(
    (name, i, all) => name !== '' && !known.includes(name) && all.indexOf(name) === i,
  );
  const trial = { ...parsed, condition, interaction: visit, covariates, donor: '', slope: '', sample: '' };
  const planned = subjects * visits.distinct;
  const seen = rows - (own?.missing ?? 0);
  const dropout = missingVisitWords(planned, seen);
  const coded = codedFactors(reading, settings.factors);
  const factors = visits.kind === 'numeric' && !coded.includes(visit) ? [...coded, visit] : coded;
  const change: Partial<Settings> = {
    formula: builtFormula(trial),
    residual: text,
    condition,
    ...(factors.length > settings.factors.length ? { factors } : {}),
  };
  const column = baselineColumn(summary, { response: parsed.response, subject: donor });
  const without = withoutBaseline(summary, column ?? '', settings.where);
  return {
    words: `Each ${donor} is seen at up to ${levelsOf(String(visits.distinct), visit)}. The usual model of such a trial has a mean for each ${condition} at each ${visit}, and lets visits of one ${donor} vary and go together as they do (unstructured), in the place of a straight course.`,
    dropout,
    change,
    adjusted:
      column === null || covariates.includes(column)
        ? null
        : {
            column,
            words: `${baselineWords(column, donor)}${without.words}`,
            change: {
              ...change,
              ...without.change,
              formula: builtFormula({ ...trial, covariates: [...covariates, column] }),
            },
          },
  };
}

/** What a baseline is in the model for. */
export function baselineWords(column: string, subject: string): string {
  return `'${column}' is, by its name, the value of each ${subject} before treatment. Trials are usually adjusted for it: the comparison is sharper, and fair where arms began apart. That is laid down before results are seen.`;
}
