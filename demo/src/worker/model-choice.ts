/** Models chosen by what they predict, and by leaving out terms, as the command's `compare` does both. */

import { crossValidate, selectBackward } from 'webgpu-lmm';
import { structureTexts } from 'webgpu-lmm/steps';
import type {
  ComparedModels,
  SelectionAnswer,
  SelectionQuestion,
  ValidationAnswer,
  ValidationQuestion,
} from '../protocol/analysis-protocol.ts';
import type { ProgressReport } from '../protocol/protocol.ts';
import { dataOptions, phased } from './analysis-options.ts';
import { comparisonInput, comparisonOptions } from './comparison-input.ts';
import type { DataSet } from './data-set.ts';
import type { AnalysisCall, FittedRun } from './run.ts';

/** Cross-validates models on the same folds. */
export async function validateModels(
  data: DataSet,
  { settings }: FittedRun,
  { models, by, folds, seed }: ValidationQuestion,
  { report, signal }: AnalysisCall,
): Promise<ValidationAnswer> {
  const { input, options } = await comparisonInput(data, settings, models, by === 'rows' ? '' : by);
  const { method } = models;
  const validated = await crossValidate(input, {
    ...options,
    ...comparisonOptions(settings),
    formulas: models.formulas,
    method,
    folds,
    by,
    seed,
    onProgress: phased(overFits(report, folds * modelCount(models, settings.residual))),
    signal,
  });
  const { scores, folds: scored, notes, replicates } = validated;
  return { by, scores, folds: scored, notes, replicates };
}

/** Leaves terms of the fitted formula out one by one. */
export async function selectTerms(
  data: DataSet,
  { settings, input }: FittedRun,
  { by, alpha, random, plain }: SelectionQuestion,
  { report, signal }: AnalysisCall,
): Promise<SelectionAnswer> {
  const { path, selected, notes } = await selectBackward(input, {
    ...dataOptions(settings, data),
    ...comparisonOptions(settings),
    formula: settings.formula,
    method: settings.method,
    by,
    alpha,
    random,
    boundary: !plain,
    onProgress: phased(report),
    signal,
  });
  return { by, alpha, path, selected, notes };
}

/** Models that are fitted to each fold. */
function modelCount({ formulas, structures, families }: ComparedModels, residual: string): number {
  const listed = structures.trim() === '' ? 1 : structureTexts(structures, residual || undefined).length;
  return formulas.length * listed * (families === '' ? 1 : families.split(',').length);
}

/** Fits that each begin anew as one row of progress. */
function overFits(report: (progress: ProgressReport) => void, fits: number): (progress: ProgressReport) => void {
  let finished = 0;
  let ended = false;
  return ({ phase, done, total }) => {
    if (phase !== 'fit') {
      report({ phase, done, total });
      return;
    }
    const whole = fits * total;
    report({ phase, done: Math.min(finished + (ended && done >= total ? 0 : done), whole), total: whole });
    if (done >= total && !ended) finished += total;
    ended = done >= total;
  };
}
