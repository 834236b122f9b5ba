/** Answers to the questions of the views of analyses; the code of each is loaded with the first of its questions. */

import type { AnalysisRequests } from '../protocol/analysis-protocol.ts';
import type { DataSet } from './data-set.ts';
import type { AnalysisCall, FittedRun } from './run.ts';

type AnalysisHandlers = {
  readonly [K in keyof AnalysisRequests]: (
    input: AnalysisRequests[K]['input'],
    call: AnalysisCall,
  ) => Promise<AnalysisRequests[K]['output']>;
};

/** @param opened the data and the fit that are open; both throw a DataError where there are none */
export function analysisHandlers(opened: { data(): DataSet; fit(): FittedRun }): AnalysisHandlers {
  return {
    compare: async (question, call) =>
      (await import('./compare.ts')).compareModels(opened.data(), opened.fit(), question, call),
    terms: async (question, call) =>
      (await import('./compare.ts')).testTerms(opened.data(), opened.fit(), question, call),
    validate: async (question, call) =>
      (await import('./model-choice.ts')).validateModels(opened.data(), opened.fit(), question, call),
    expressed: async (_, call) => (await import('./expressed.ts')).expressedByLevel(opened.fit(), call),
    select: async (question, call) =>
      (await import('./model-choice.ts')).selectTerms(opened.data(), opened.fit(), question, call),
    beside: async ({ formula }, call) =>
      (await import('./compare.ts')).fitBeside(opened.data(), opened.fit(), formula, call),
    factors: async () => (await import('./means.ts')).meanFactors(opened.fit()),
    anova: async (_, call) => (await import('./means.ts')).termTests(opened.fit(), call),
    means: async (question, call) => (await import('./means.ts')).means(opened.fit(), question, call),
    intervals: async ({ model, question }, call) =>
      (await import('./intervals.ts')).modelIntervals(opened.fit(), model, question, call),
    intervalFile: async (file, call) => (await import('./intervals.ts')).intervalFile(opened.fit(), file, call),
    calibrate: async (question, call) =>
      (await import('./calibrate.ts')).calibrateDesign(opened.fit(), opened.data(), question, call),
  };
}
