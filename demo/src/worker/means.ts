/** F tests of the terms of the open fit, and means of the levels of its factors. */

import { anovaTable, type MarginalOptions, marginalMeans, type OutputTable } from 'webgpu-lmm';
import { withTests } from 'webgpu-lmm/statistics';
import type { MeanFactors, MeansAnswer, MeansQuestion } from '../protocol/analysis-protocol.ts';
import { phased } from './analysis-options.ts';
import type { AnalysisCall, FittedRun } from './run.ts';

/** Type of the F tests, the command's own. */
const TYPE = 'III';

/** The factors that means can be taken over, and the covariates that slopes can be taken by. */
export async function meanFactors({ result }: FittedRun): Promise<MeanFactors> {
  const { recipe, table } = result;
  if (!recipe) return { factors: [], covariates: [], together: [], linked: false };
  const fixed = new Set(recipe.fixed.terms.flatMap(({ variables }) => variables));
  const own = recipe.variables.filter(({ label }) => fixed.has(label));
  const read = new Set(own.flatMap(({ columns }) => columns));
  return {
    factors: own.flatMap(({ label, kind, levels }) => (kind === 'factor' ? [{ name: label, levels }] : [])),
    covariates: recipe.columns.flatMap((column) => {
      if (column.kind !== 'numeric' || !read.has(column.name)) return [];
      const { name, minimum, mean, maximum } = column;
      const values = [minimum, mean, maximum].flatMap((value) =>
        value === null ? [] : [Number(value.toPrecision(4))],
      );
      return [{ name, values: [...new Set(values)] }];
    }),
    together: recipe.fixed.terms.flatMap(({ variables }) => (variables.length > 1 ? [variables] : [])),
    // Means of grades are those of the latent variable alone.
    linked: table.family !== undefined && !table.family.thresholds,
  };
}

/** The F tests of all models, formed on threads. */
export async function termTests(run: FittedRun, { report, signal }: AnalysisCall): Promise<OutputTable> {
  const limits = { ...threadsOf(run), onProgress: phased(report), signal };
  return anovaTable(await withTests(run.result, { anova: TYPE }, limits), TYPE);
}

/** The means of all models and their pairwise comparisons. */
export async function means(
  run: FittedRun,
  question: MeansQuestion,
  { report, signal }: AnalysisCall,
): Promise<MeansAnswer> {
  const options = marginalOptions(question);
  const limits = { ...threadsOf(run), onProgress: phased(report), signal };
  const tested = await withTests(run.result, { means: options }, limits);
  return { question, ...marginalMeans(tested, options) };
}

/** The options of the library that a question of the page stands for. */
function marginalOptions({ slopes, ...options }: MeansQuestion): MarginalOptions {
  return { ...options, ...(slopes === '' ? {} : { slopes }) };
}

function threadsOf({ settings }: FittedRun): { threads?: number } {
  return settings.threads > 0 ? { threads: settings.threads } : {};
}
