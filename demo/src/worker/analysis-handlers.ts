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
  // Which data and which fit are asked about is settled before code is loaded: others may be taken meanwhile.
  return {
    async compare(question, call) {
      const [data, fit] = [opened.data(), opened.fit()];
      return (await import('./compare.ts')).compareModels(data, fit, question, call);
    },
    async terms(question, call) {
      const [data, fit] = [opened.data(), opened.fit()];
      return (await import('./compare.ts')).testTerms(data, fit, question, call);
    },
    async validate(question, call) {
      const [data, fit] = [opened.data(), opened.fit()];
      return (await import('./model-choice.ts')).validateModels(data, fit, question, call);
    },
    async expressed(_, call) {
      const fit = opened.fit();
      return (await import('./expressed.ts')).expressedByLevel(fit, call);
    },
    async select(question, call) {
      const [data, fit] = [opened.data(), opened.fit()];
      return (await import('./model-choice.ts')).selectTerms(data, fit, question, call);
    },
    async beside({ formula }, call) {
      const [data, fit] = [opened.data(), opened.fit()];
      return (await import('./compare.ts')).fitBeside(data, fit, formula, call);
    },
    async factors() {
      const fit = opened.fit();
      return (await import('./means.ts')).meanFactors(fit);
    },
    async anova(_, call) {
      const fit = opened.fit();
      return (await import('./means.ts')).termTests(fit, call);
    },
    async means(question, call) {
      const fit = opened.fit();
      return (await import('./means.ts')).means(fit, question, call);
    },
    async intervals({ model, question }, call) {
      const fit = opened.fit();
      return (await import('./intervals.ts')).modelIntervals(fit, model, question, call);
    },
    async intervalFile(file, call) {
      const fit = opened.fit();
      return (await import('./intervals.ts')).intervalFile(fit, file, call);
    },
    async calibrate(question, call) {
      const [data, fit] = [opened.data(), opened.fit()];
      return (await import('./calibrate.ts')).calibrateDesign(fit, data, question, call);
    },
  };
}
