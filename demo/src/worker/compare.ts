/** Models beside the one that is fitted, on the same data: compared by likelihood, taken apart, or fitted as well. */

import { compare, fixedTermTests, isFitError, randomTermTests } from 'webgpu-lmm';
import { fitMoments, prepareMoments, readInput } from 'webgpu-lmm/steps';
import type {
  AnalysisRequests,
  BesideAnswer,
  ComparisonAnswer,
  ComparisonQuestion,
  TermsAnswer,
} from '../protocol/analysis-protocol.ts';
import type { Settings } from '../protocol/settings.ts';
import { dataOptions, drawn, phased } from './analysis-options.ts';
import { comparisonInput, comparisonOptions, ratioOptions } from './comparison-input.ts';
import type { DataSet } from './data-set.ts';
import { inspect } from './inspect.ts';
import type { AnalysisCall, FittedRun } from './run.ts';
import { fitOptions, prepareOptions } from './run-options.ts';

/** Compares models as the command's `compare` does; a row counts where it is complete for all of them. */
export async function compareModels(
  data: DataSet,
  { settings }: FittedRun,
  question: ComparisonQuestion,
  { report, signal }: AnalysisCall,
): Promise<ComparisonAnswer> {
  const { formulas, rankBy, method } = question;
  const { input, options } = await comparisonInput(data, settings, question);
  const compared = await compare(input, {
    ...options,
    ...comparisonOptions(settings),
    ...ratioOptions(question),
    formulas,
    rankBy,
    method,
    onProgress: phased(report),
    onDraws: drawn(report),
    signal,
  });
  const { models, tests, summary, best, notes, replicates } = compared;
  return { method: compared.method, rankBy: compared.rankBy, models, tests, summary, best, notes, replicates };
}

/** Tests of each random or fixed term of the fitted formula, as the command's `compare --tests` makes them. */
export async function testTerms(
  data: DataSet,
  run: FittedRun,
  question: AnalysisRequests['terms']['input'],
  { report, signal }: AnalysisCall,
): Promise<TermsAnswer> {
  const { settings, input } = run;
  const { kind } = question;
  const options = {
    ...dataOptions(settings, data),
    ...comparisonOptions(settings),
    ...ratioOptions(question),
    formula: settings.formula,
    onProgress: phased(report),
    onDraws: drawn(report),
    signal,
  };
  const tested =
    kind === 'random'
      ? await randomTermTests(input, { ...options, method: settings.method })
      : await fixedTermTests(input, options);
  return { kind, method: tested.method, table: tested.table, notes: tested.notes };
}

/** Fits another formula with the settings of the fit on show; contrasts that it does not have are left out, and named. */
export async function fitBeside(
  data: DataSet,
  run: FittedRun,
  formula: string,
  { report, signal }: AnalysisCall,
): Promise<BesideAnswer> {
  const wanted: Settings = { ...run.settings, formula };
  const lacking = Object.keys((await inspect(data, wanted)).contrastErrors);
  const settings = { ...wanted, contrasts: wanted.contrasts.filter(({ name }) => !lacking.includes(name)) };
  const options = prepareOptions(settings, data.roles, data.isMatrix);
  const input = await readInput(data.roles.data, options, data.files);
  const prepared = await prepareMoments(input, options, phased(report), signal);
  const fitOn = (backend: Settings['backend']) =>
    fitMoments(prepared.moments, { ...fitOptions(settings), backend, onProgress: phased(report), signal });
  const result = await fitOn(settings.backend).catch((error: unknown) => {
    if (!isFitError(error, 'DeviceError')) throw error;
    return fitOn('cpu');
  });
  const absent = lacking.length > 0 ? [`this model has no contrast ${lacking.join(', ')}`] : [];
  return { formula, table: result.table, notes: [...new Set([...absent, ...prepared.notes, ...result.notes])] };
}
