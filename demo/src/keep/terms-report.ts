/** What a report has of the terms of a model: F tests, and differences of the condition at each visit or level beside it. */

import type { OutputTable } from 'webgpu-lmm';
import type { MeanFactors, MeansAnswer, MeansQuestion } from '../protocol/analysis-protocol.ts';
import type { KeptAnswers } from '../results/kept-answers.ts';
import type { Results } from '../results/results-view.ts';
import type { Client } from '../state/client.ts';
import { isLarge } from '../words/large-sample.ts';
import { OF_MANY, termColumns } from '../words/mean-columns.ts';
import { ordinaryClause } from '../words/ordinary-variances.ts';
import { pageWords } from '../words/page-words.ts';
import { isSingle } from '../words/subject-words.ts';
import type { FigureTable, ShelfFigure } from './figure-shelf.ts';
import { figureTable, meansFigure, rowsOfModel } from './means-figure.ts';
import type { TermsReport } from './report-request.ts';

/** Models up to which all terms are reported: a trial with some outcomes, not thousands of genes. */
const MOST_MODELS = 12;

const NOTHING: TermsReport = { tables: [], figures: [], means: [], notes: [] };

/**
 * What was found on the page, and what the worker finds beside it; what it cannot give is said in the notes.
 *
 * @param live whether the data of the results are open
 */
export async function termsReport(
  client: Client,
  results: Results,
  live: boolean,
  { anova, means: taken }: Pick<KeptAnswers, 'anova' | 'means'>,
): Promise<TermsReport> {
  const { table } = results.outcome;
  if (table.models > MOST_MODELS || table.coefficients.names.length < 2) return NOTHING;
  const own = taken ? figuresOf(taken, results) : [];
  const notes = new Set<string>(taken && own.length > 0 ? taken.notes.map(pageWords) : []);
  const found = { figures: own, means: taken && own.length > 0 ? [taken] : [] };
  if (!live) {
    const lacking = [anova ? '' : 'F tests of the terms', own.length > 0 ? '' : 'differences of means'].filter(
      (what) => what !== '',
    );
    const words = `The data of these results were not open: ${lacking.join(' and ')} are not in this report.`;
    if (lacking.length > 0) notes.add(words);
    return { ...found, tables: anova ? termTables(anova, results) : [], notes: [...notes] };
  }
  const attempt = async <T>(what: string, work: () => Promise<T>, none: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      notes.add(`${what}: ${pageWords(error instanceof Error ? error.message : String(error))}`);
      return none;
    }
  };
  const tables = await attempt(
    'No F tests',
    async () => termTables(anova ?? (await client.ask('anova', null)), results),
    [],
  );
  const factors = await attempt('No means', () => client.ask('factors', null), null);
  for (const question of factors ? meansQuestions(factors, results) : []) {
    const answer = await attempt(
      question.slopes === '' ? 'No means' : 'No slopes',
      () => client.ask('means', question),
      null,
    );
    // Those that were taken on the page are as they were wanted there.
    const figures = answer
      ? figuresOf(answer, results).filter(({ title }) => own.every((one) => one.title !== title))
      : [];
    if (!answer || figures.length === 0) continue;
    for (const note of answer.notes) notes.add(pageWords(note));
    found.figures.push(...figures);
    found.means.push(answer);
  }
  return { ...found, tables, notes: [...notes] };
}

function termTables(table: OutputTable, results: Results): FigureTable[] {
  const { responses, models } = results.outcome.table;
  const large = isLarge(results);
  const columns = termColumns(table, large).filter(({ name }) => !OF_MANY.includes(name));
  return Array.from({ length: models }, (_, model) =>
    figureTable({
      ...{ table, columns, rows: rowsOfModel(table, results.outcome.table, model) },
      caption: `${large ? 'Large-sample chi-squared tests' : 'F tests'} of the terms${isSingle(results) ? '' : ` of ${responses[model]}`}, each given all others (type III)${ordinaryClause(results.outcome.table)}`,
    }),
  ).filter(({ rows }) => rows.length > 0);
}

function figuresOf(answer: MeansAnswer, results: Results): ShelfFigure[] {
  return Array.from({ length: results.outcome.table.models }, (_, model) => meansFigure(answer, results, model))
    .filter(({ means }) => means.rows.length > 0)
    .map(({ figure }) => figure);
}

/**
 * Means of the condition (else of the first factor) at the levels of what its effect depends on, compared within each; over a
 * covariate also its slopes. Exported for tests.
 */
export function meansQuestions(
  { factors, covariates, together, linked }: MeanFactors,
  { settings, summary }: Pick<Results, 'settings' | 'summary'>,
): MeansQuestion[] {
  const names = factors.map(({ name }) => name);
  const wanted = [settings.condition, summary.reading?.layout.condition ?? ''].find((name) => names.includes(name));
  const axis = wanted ?? names[0];
  if (axis === undefined) return [];
  const beside = new Set(together.filter((term) => term.includes(axis)).flat());
  beside.delete(axis);
  const usual: Omit<MeansQuestion, 'by' | 'at' | 'slopes'> = {
    ...{ over: [axis], level: 0.95, adjust: 'tukey', type: linked ? 'response' : 'link', reverse: true },
  };
  const factor = names.find((name) => beside.has(name));
  const covariate = covariates.find(({ name }) => beside.has(name));
  const questions: MeansQuestion[] = [];
  if (factor !== undefined || !covariate) {
    questions.push({ ...usual, by: factor === undefined ? [] : [factor], at: {}, slopes: '' });
  }
  if (covariate) {
    const { name, values } = covariate;
    if (factor === undefined) questions.push({ ...usual, by: [name], at: { [name]: values.map(String) }, slopes: '' });
    // Slopes are on the scale of the link.
    questions.push({ ...usual, type: 'link', by: [], at: {}, slopes: name });
  }
  return questions;
}
