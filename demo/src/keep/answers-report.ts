/** What a report has of analyses that were made on the page beside the fit, in its words. Pure but for the pictures. */

import type { OutputTable } from 'webgpu-lmm';
import type {
  CalibrationAnswer,
  ComparisonAnswer,
  SelectionAnswer,
  TermsAnswer,
  ValidationAnswer,
} from '../protocol/analysis-protocol.ts';
import type { KeptAnswers } from '../results/kept-answers.ts';
import type { Results } from '../results/results-view.ts';
import { calibrationBasis, RATES_CAPTION, rateColumns, verdicts } from '../words/calibration-words.ts';
import { type CollectedNote, collectNotes } from '../words/collected-notes.ts';
import {
  CRITERIA,
  comparedWords,
  drawnText,
  IDENTITY,
  MODEL,
  modelsTable,
  NO_PAIRS,
  PAIR,
  pairSentence,
  pairTexts,
  RATIO_CAPTION,
  summaryTable,
  TERM,
  TERM_CRITERIA,
  TEST,
  termTestWords,
  withLogs,
  withoutAdjusted,
} from '../words/comparison-words.ts';
import { effectNames } from '../words/effect-words.ts';
import { noteWords, UNITS } from '../words/note-words.ts';
import { count } from '../words/number-text.ts';
import { markedColumns, replicateText } from '../words/replicate-words.ts';
import { responseWords } from '../words/result-words.ts';
import { AFTER_SELECTION, leftTexts, PATH, PATH_CAPTION, selectionRule } from '../words/selection-words.ts';
import { columnOf, numberAt, presentColumns, type ShownColumn, textAt } from '../words/table-cells.ts';
import { apartText, bestTexts, FOLDS, SCORES, SCORES_CAPTION } from '../words/validation-words.ts';
import { calibrationFigure } from './calibration-figure.ts';
import type { FigureTable, ShelfFigure } from './figure-shelf.ts';
import { figureTable } from './means-figure.ts';

/** A part of a report. */
export interface ReportPart {
  readonly title: string;
  /** Paragraphs, then a list. */
  readonly words: readonly string[];
  readonly list: readonly string[];
  readonly tables: readonly FigureTable[];
  readonly figures: readonly ShelfFigure[];
  /** Those that the notes of the fit do not have. */
  readonly notes: readonly CollectedNote[];
}

/** Rows of a table of many responses. */
const LISTED = 200;

/** @param threshold adjusted p up to which something counts as found */
export function answersReport(answers: KeptAnswers, results: Results, threshold: number): ReportPart[] {
  const { comparison, terms, validation, selection, calibration } = answers;
  return [
    ...(comparison ? [comparisonPart(comparison, results, threshold)] : []),
    ...(terms ? [termsPart(terms, results, threshold)] : []),
    ...(validation ? [validationPart(validation, results)] : []),
    ...(selection ? [selectionPart(selection, results)] : []),
    ...(calibration ? [calibrationPart(calibration, results)] : []),
  ];
}

function comparisonPart(
  answer: ComparisonAnswer & { readonly draws: number },
  results: Results,
  threshold: number,
): ReportPart {
  const { models, tests, rankBy, replicates } = answer;
  const warning = replicateText(replicates, rankBy);
  const common = {
    title: 'Models compared',
    words: said(comparedWords(answer), warning ?? '', tests.rows === 0 ? NO_PAIRS : '', drawnText(answer)),
    ...{ figures: [], notes: newNotes(answer.notes, results) },
  };
  if (responseWords(results).single) {
    const { columns, caption } = modelsTable(answer);
    const ratios = [...PAIR, ...withoutAdjusted(TEST)];
    return {
      ...common,
      list: [],
      tables: [whole(models, columns, caption), whole(tests, ratios, RATIO_CAPTION)].filter(isFull),
    };
  }
  const summary = summaryTable(answer, results);
  const names = PAIR.map(({ name }) => name);
  const each = markedColumns([...IDENTITY, ...MODEL, ...CRITERIA], replicates);
  const ratios = [...IDENTITY, ...PAIR, ...withLogs(TEST, tests, PAIR, results)];
  return {
    ...common,
    list: pairTexts(tests, names, pairSentence(tests), threshold, results),
    tables: [
      whole(summary.table, summary.columns, summary.caption),
      // Criteria of thousands are no table to be read.
      ...(models.rows <= LISTED ? [whole(models, each, 'All models')] : []),
      listed(tests, ratios, RATIO_CAPTION),
    ].filter(isFull),
  };
}

function termsPart(answer: TermsAnswer & { readonly draws: number }, results: Results, threshold: number): ReportPart {
  const { table } = answer;
  const { title, words, caption } = termTestWords(answer);
  const columns = [...TERM, ...TERM_CRITERIA];
  const { single } = responseWords(results);
  return {
    title,
    words: said(words, drawnText(answer)),
    list: single ? [] : pairTexts(table, ['term'], (row) => textAt(table, 'term', row), threshold, results),
    tables: [
      single
        ? whole(table, [...columns, ...withoutAdjusted(TEST)], caption)
        : listed(table, [...IDENTITY, ...columns, ...withLogs(TEST, table, TERM, results)], caption),
    ].filter(isFull),
    ...{ figures: [], notes: newNotes(answer.notes, results) },
  };
}

function validationPart(
  { scores, folds, replicates, notes, basis }: ValidationAnswer & { readonly basis: string },
  results: Results,
): ReportPart {
  const { single, everywhere } = responseWords(results);
  const marked = (columns: readonly ShownColumn[]): ShownColumn[] => markedColumns(columns, replicates);
  return {
    title: 'Models cross-validated',
    words: said(basis, replicateText(replicates, 'log score') ?? '', single ? apartText(scores, replicates) : ''),
    list: single ? [] : bestTexts(scores, everywhere, replicates),
    tables: [
      listed(scores, marked([...(single ? [] : IDENTITY), ...SCORES]), SCORES_CAPTION),
      ...(single ? [whole(folds, marked(FOLDS), 'Scores by fold')] : []),
    ].filter(isFull),
    ...{ figures: [], notes: newNotes(notes, results) },
  };
}

function selectionPart(answer: SelectionAnswer, results: Results): ReportPart {
  const { path, selected, notes } = answer;
  const { single, many, everywhere } = responseWords(results);
  const rule = selectionRule(answer);
  const [left] = selected;
  const one = left === null ? 'The fitted model has no fit to begin with.' : `Left, with ${rule}: ${left}`;
  return {
    title: 'Terms left out one by one',
    words: [
      single ? one : `Of each ${many === 'genes' ? 'gene' : 'response'} by itself, with ${rule}.`,
      AFTER_SELECTION,
    ],
    list: single ? [] : leftTexts(selected, everywhere).map(({ formula, words }) => `${formula}${words}`),
    tables: [listed(path, [...(single ? [] : IDENTITY), ...PATH], PATH_CAPTION, false)].filter(isFull),
    ...{ figures: [], notes: newNotes(notes, results) },
  };
}

function calibrationPart(answer: CalibrationAnswer, results: Results): ReportPart {
  const words = verdicts(answer, effectNames(results));
  const units = results.outcome.notes.filter((note) => note.startsWith(UNITS));
  return {
    title: 'Are the tests right on this design?',
    words: [calibrationBasis(answer, results), ...units.map((note) => sentence(noteWords(note, results)))],
    list: words,
    tables: [whole(answer.rates, rateColumns(effectNames(results)), RATES_CAPTION)],
    figures: [calibrationFigure(answer, words)],
    notes: newNotes(answer.notes, results),
  };
}

function sentence(note: string): string {
  return `${note.replace(/^./, (letter) => letter.toUpperCase())}.`;
}

function said(...words: readonly string[]): string[] {
  return words.filter((own) => own !== '');
}

function isFull({ rows }: FigureTable): boolean {
  return rows.length > 0;
}

function newNotes(notes: readonly string[], results: Results): CollectedNote[] {
  const known = new Set(results.outcome.notes);
  return collectNotes(
    notes.filter((note) => !known.has(note)),
    (note) => noteWords(note, results),
  );
}

function whole(table: OutputTable, columns: readonly ShownColumn[], caption: string): FigureTable {
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  return figureTable({ table, columns: presentColumns(table, columns), rows, caption });
}

/** Of many rows those with the smallest p, or the first ones, which the title says. */
function listed(table: OutputTable, columns: readonly ShownColumn[], caption: string, byP = true): FigureTable {
  if (table.rows <= LISTED) return whole(table, columns, caption);
  const p = (row: number): number => {
    // Of those below every double the logarithm tells them apart.
    const value = numberAt(table, 'log10p', row);
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value;
  };
  const all = Array.from({ length: table.rows }, (_, row) => row);
  const isTest = byP && columnOf(table, 'log10p') !== undefined;
  const rows = (isTest ? all.sort((a, b) => p(a) - p(b) || a - b) : all).slice(0, LISTED);
  const which = `${isTest ? 'the smallest p' : 'the first'}: ${count(LISTED)} of ${count(table.rows)} rows`;
  return figureTable({ table, columns: presentColumns(table, columns), rows, caption: `${caption}, ${which}` });
}
