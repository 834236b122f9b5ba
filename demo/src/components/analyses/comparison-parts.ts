/** What became of a comparison of models: over all responses, pair by pair, and response by response. */

import { element } from '../../element.ts';
import { fileStem } from '../../keep/file-stem.ts';
import type { ComparisonAnswer, TermsAnswer } from '../../protocol/analysis-protocol.ts';
import type { Results } from '../../results/results-view.ts';
import type { Context } from '../../state/context.ts';
import {
  CRITERIA,
  comparedWords,
  MODEL,
  modelsTable,
  NO_PAIRS,
  PAIR,
  pairSentence,
  pairTexts,
  RATIO_CAPTION,
  SUMMARY,
  summaryTable,
  TERM,
  TERM_CRITERIA,
  TEST,
  termTestWords,
  withLogs,
  withoutAdjusted,
} from '../../words/comparison-words.ts';
import { markedColumns } from '../../words/replicate-words.ts';
import { responseWords } from '../../words/result-words.ts';
import { byResponse, IDENTITY } from './by-response.ts';
import { plainTable, type ShownColumn, saveButtons, textAt } from './output-cells.ts';
import { replicateWarning } from './replicate-marks.ts';

/** The parts of a comparison, the most telling first. */
export function comparisonParts(context: Context, results: Results, answer: ComparisonAnswer): HTMLElement[] {
  const { single, many } = responseWords(results);
  const { models, tests, best, rankBy, replicates } = answer;
  const marked = (columns: readonly ShownColumn[]): ShownColumn[] => markedColumns(columns, replicates);
  const warning = replicateWarning(replicates, rankBy);
  const stem = fileStem(results);
  const parts: HTMLElement[] = [
    element('h3', {}, 'Models compared'),
    element('p', { class: 'hint' }, comparedWords(answer)),
    ...(warning ? [warning] : []),
  ];
  if (single) {
    const { columns, caption } = modelsTable(answer);
    parts.push(plainTable(models, columns, { id: 'models-table', caption }));
    if (tests.rows > 0) {
      const columns = [...PAIR, ...withoutAdjusted(TEST)];
      parts.push(plainTable(tests, columns, { id: 'ratio-table', caption: RATIO_CAPTION }));
    } else parts.push(noPairs());
    parts.push(
      element(
        'div',
        { class: 'row' },
        element('span', { class: 'hint' }, 'Models'),
        saveButtons(
          'models',
          () => `${stem}.models`,
          () => models,
        ),
      ),
      element(
        'div',
        { class: 'row' },
        element('span', { class: 'hint' }, 'Tests'),
        saveButtons(
          'tests',
          () => `${stem}.tests`,
          () => tests,
        ),
      ),
    );
    return parts;
  }
  const { table: summary, columns, caption } = summaryTable(answer, results);
  parts.push(
    plainTable(summary, columns, { id: 'models-table', caption }),
    ...(tests.rows > 0
      ? pairLines(
          pairTexts(
            tests,
            PAIR.map(({ name }) => name),
            pairSentence(tests),
            context.store.state.threshold,
            results,
          ),
        )
      : [noPairs()]),
    ...byResponse(context, results, many, [
      [
        'best',
        `${warning ? `Least ${rankBy}` : 'Best model'} by ${many === 'genes' ? 'gene' : 'response'}`,
        best,
        marked(bestColumns),
      ],
      ['models', 'All models', models, marked([...IDENTITY, ...MODEL, ...CRITERIA])],
      ['tests', 'Likelihood ratio tests', tests, [...IDENTITY, ...PAIR, ...withLogs(TEST, tests, PAIR, results)]],
      ['summary', 'Summary by model', answer.summary, marked(SUMMARY)],
    ]),
  );
  return parts;
}

const bestColumns: readonly ShownColumn[] = [
  ...IDENTITY,
  ...MODEL,
  ...CRITERIA.filter(({ name }) => ['npar', 'logLik', 'AIC', 'AICc', 'BIC', 'weight'].includes(name)),
  { name: 'left.out', title: 'No rank', hint: 'Models without a rank' },
];

/** Tests of the terms of the fitted model, each left out by itself. */
export function termParts(context: Context, results: Results, answer: TermsAnswer): HTMLElement[] {
  const { single, many } = responseWords(results);
  const { table, kind } = answer;
  const { title, words, caption } = termTestWords(answer);
  const heading = [element('h3', {}, title), element('p', { class: 'hint' }, words)];
  const stem = `${fileStem(results)}.${kind}-terms`;
  const columns = [...TERM, ...TERM_CRITERIA];
  if (single) {
    return [
      ...heading,
      plainTable(table, [...columns, ...withoutAdjusted(TEST)], { id: `${kind}-table`, caption }),
      element(
        'div',
        { class: 'row' },
        saveButtons(
          `${kind} terms`,
          () => stem,
          () => table,
        ),
      ),
    ];
  }
  return [
    ...heading,
    ...pairLines(
      pairTexts(table, ['term'], (row) => textAt(table, 'term', row), context.store.state.threshold, results),
    ),
    ...byResponse(context, results, many, [
      [`${kind}-terms`, `Each ${kind} term`, table, [...IDENTITY, ...columns, ...withLogs(TEST, table, TERM, results)]],
    ]),
  ];
}

function noPairs(): HTMLElement {
  return element('p', { class: 'note' }, NO_PAIRS);
}

function pairLines(texts: readonly string[]): HTMLElement[] {
  return [element('ul', { class: 'pair-lines' }, ...texts.map((text) => element('li', {}, text)))];
}
