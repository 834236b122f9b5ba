/** Type-I error of the tests on the rows of the open fit, with its picture. */

import { calibrate, calibrationPlot, type PlotWords } from 'webgpu-lmm';
import type { CalibrationAnswer, CalibrationQuestion } from '../protocol/analysis-protocol.ts';
import { dataOptions, fitPlace, phased } from './analysis-options.ts';
import type { DataSet } from './data-set.ts';
import type { AnalysisCall, FittedRun } from './run.ts';
import { fitOptions } from './run-options.ts';

/** Calibrates as the command does, with its seed. */
export async function calibrateDesign(
  { settings, input }: FittedRun,
  data: DataSet,
  { test, simulations, scheme, words }: CalibrationQuestion & { readonly words?: PlotWords },
  { report, signal }: AnalysisCall,
): Promise<CalibrationAnswer> {
  const { method, reml, nagq } = fitOptions(settings);
  const contrast = settings.contrasts.find(({ name }) => name === test);
  const asked = contrast
    ? { contrasts: { [test]: contrast.expression } }
    : test === ''
      ? { contrasts: Object.fromEntries(settings.contrasts.map(({ name, expression }) => [name, expression])) }
      : { terms: [test] };
  const found = await calibrate(input, {
    ...dataOptions(settings, data),
    formula: settings.formula,
    ...asked,
    method,
    reml,
    nagq,
    simulations,
    scheme,
    ...fitPlace(settings),
    onProgress: phased(report),
    signal,
  });
  const { rates, statuses, singular, notes, clusters } = found;
  return {
    scheme: found.scheme,
    rates,
    statuses,
    singular,
    notes,
    pValues: found.pValueTable(),
    permutations: new Set(clusters ?? []).size,
    svg: calibrationPlot(found, settings.formula, words),
  };
}
