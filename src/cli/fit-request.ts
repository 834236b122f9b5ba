import { FitError } from '../errors.ts';
import type { MomentFitOptions } from '../fit/fit-moments.ts';
import type { Moments } from '../moments/moments.ts';
import { exponentiates } from '../result/family-rows.ts';
import { checkMarginal } from '../result/marginal-means.ts';
import { type OutputTarget, SUMMARY } from '../result/output-target.ts';
import { UNITS_OF_TESTS } from '../types/inference.ts';
import type { AnnotatedTarget } from './annotated-output.ts';
import { checkArguments, type FitArguments } from './arguments.ts';
import { type ConfidenceArguments, checkParameters, confidenceIntervals } from './confidence.ts';
import { type DerivedTables, derivedTables } from './derived-tables.ts';
import { type AskedGeneSets, checkGeneSets } from './gene-sets.ts';
import { noteWriter } from './notes.ts';
import type { Given } from './options.ts';
import { checkToptables, keepInputs, outputTargets, requireFolders } from './output-targets.ts';

/** What is asked of fits: the options of `fit`, or of `gather` with those of the fits that it gathers. */
export interface FitRequest {
  readonly raw: Given;
  readonly args: FitArguments;
  readonly intervals: ConfidenceArguments | undefined;
  readonly derived: DerivedTables;
  /** Where tables and JSON go. */
  readonly targets: readonly OutputTarget[];
  /** Copies of the data with results in them. */
  readonly annotated: readonly AnnotatedTarget[];
  readonly note: (text: string) => void;
  /** Read by `withGeneSets`. */
  readonly geneSets?: AskedGeneSets;
  /** Notes that a summary repeats. */
  readonly summaryNotes: 'all' | 'units' | 'none';
  /** Milliseconds by the clock of the process. */
  readonly started: number;
}

/**
 * Checks all that can be checked before the data are read; `inputs` are the files that are read, data first.
 *
 * @throws OptionError, and DataError for places that cannot be written to
 */
export function fitRequest(inputs: readonly (string | undefined)[], raw: Given): FitRequest {
  const args = checkArguments(raw);
  const drawsIntervals = raw.confMethod !== undefined && !['wald', 'profile'].includes(raw.confMethod);
  if (raw.seed !== undefined && !args.bootstrap && !drawsIntervals) {
    throw new FitError('OptionError', '“seed” belongs to “bootstrap”, which is not given', {
      option: 'seed',
      remedy: 'Add “bootstrap: 1000”, or leave “seed” out: a fit alone draws no random numbers.',
    });
  }
  if (raw.save !== undefined) checkPlace('save', raw.save, '.fit', inputs);
  if (raw.savePart !== undefined) checkPlace('savePart', raw.savePart, '.part', inputs);
  const intervals = confidenceIntervals(raw);
  const derived = derivedTables(raw, intervals?.level);
  const { isTTY } = process.stdout;
  const format = raw.format ?? (isTTY && raw.out === undefined ? SUMMARY : derived.format);
  const outputs = outputTargets([...inputs, raw.geneSets], format === undefined ? raw : { ...raw, format });
  if (raw.columns !== undefined && outputs.targets.every(({ table }) => table !== 'toptable')) {
    throw new FitError('OptionError', '“columns” names those of a toptable, and none is written', {
      option: 'columns',
      remedy: 'Ask for one: “out: toptable=FILE.tsv”, or “out: toptable:NAME=FILE.tsv” for a contrast or coefficient.',
    });
  }
  // On a terminal notes stand above the summary, and below it what its tests rest on.
  const onScreen =
    isTTY && process.stderr.isTTY && outputs.targets.some(({ table, path }) => table === SUMMARY && path === null);
  const note = noteWriter(raw);
  return {
    ...{ raw, args, intervals, derived, ...outputs, started: performance.now() },
    note: onScreen ? (text) => (text.startsWith(UNITS_OF_TESTS) ? undefined : note(text)) : note,
    summaryNotes: raw.noNotes ? 'none' : onScreen ? 'units' : 'all',
  };
}

/** Checks of what only the moments tell, before anything is fitted. */
export function checkAgainst({ raw, args, intervals, derived, targets, geneSets }: FitRequest, moments: Moments): void {
  const contrasts = Object.keys(args.contrasts);
  const { recipe, batches } = moments;
  checkToptables(targets, moments, contrasts);
  if (derived.marginal) checkMarginal(recipe, derived.marginal, batches[0]?.design.family);
  if (raw.exponentiate) exponentiates(batches[0]?.design ?? {});
  checkParameters(intervals, moments, contrasts);
  if (geneSets) checkGeneSets(geneSets, moments);
}

/** The options of the fits themselves. */
export function fitOptions({ args, intervals }: FitRequest): MomentFitOptions {
  const { bootstrap } = args;
  const level = intervals === undefined ? {} : { level: intervals.level };
  return { ...args, bootstrap: bootstrap && { ...bootstrap, ...level } };
}

/** The place of a file that only this program reads, checked before anything is read. */
function checkPlace(
  option: 'save' | 'savePart',
  place: string,
  extension: string,
  inputs: readonly (string | undefined)[],
): void {
  if (place === '-' || /\.(tsv|csv|json|parquet|gz|h5ad|moments)$/i.test(place)) {
    throw new FitError('OptionError', `“${option}: ${place}”: a fit is saved to a file of its own kind`, {
      option,
      remedy: `Give the file the extension ${extension}; tables and JSON go to “out”.`,
    });
  }
  requireFolders([place]);
  keepInputs(inputs, [place], option);
}
