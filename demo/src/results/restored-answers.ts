/** What of answers that come from a file or a store the page can show. Files may be edited. Pure. */

import type { FitTable, OutputTable } from 'webgpu-lmm';
import type { KeptAnswers } from './kept-answers.ts';
import { isPlainPicture } from './plain-picture.ts';
import { MEAN_ADJUSTMENTS } from './restored-choices.ts';
import { areIntervals, arePredictions } from './restored-found.ts';

/**
 * Answers of a session or a store, those that are whole.
 *
 * @param isTable whether a table of fits is whole
 */
export function restoreAnswers(stored: unknown, isTable: (table: FitTable) => boolean): KeptAnswers {
  const restored: Record<string, unknown> = {};
  if (typeof stored !== 'object' || stored === null) return restored;
  for (const [name, check] of Object.entries(CHECKS)) {
    const own: unknown = Reflect.get(stored, name);
    if (own === null) restored[name] = null;
    else if (typeof own === 'object' && check(own, isTable)) restored[name] = own;
  }
  return restored; // every answer as its check has it
}

type Check = (own: object, isTable: (table: FitTable) => boolean) => boolean;

const texts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === 'string');
const at = (own: object, key: string): unknown => Reflect.get(own, key);
const tables = (own: object, ...keys: readonly string[]): boolean => keys.every((key) => isWhole(at(own, key)));
const word = (own: object, key: string, ...words: readonly string[]): boolean =>
  words.some((one) => one === at(own, key));
const drawn = (own: object): boolean => Number.isSafeInteger(at(own, 'draws'));
/** Whether a table has columns of texts, or of numbers. */
const has = (table: unknown, kind: 'string' | 'number', ...names: readonly string[]): boolean =>
  isWhole(table) && names.every((name) => table.columns.some((column) => column.name === name && column.kind === kind));
/** By model, whether rows are replicates in it. */
const marks = (own: object): boolean => {
  const value = at(own, 'replicates');
  return Array.isArray(value) && value.every((one) => typeof one === 'boolean');
};
const counts = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => Number.isSafeInteger(one));

/** Columns that say of which model a row is, and how it was tested. */
const OF_MODELS: readonly string[] = ['split', 'response', 'gene', 'df.method'];

const CHECKS: { readonly [K in keyof KeptAnswers]-?: Check } = {
  comparison: (own) =>
    tables(own, 'models', 'tests', 'summary', 'best') &&
    word(own, 'method', 'REML', 'ML') &&
    word(own, 'rankBy', 'AIC', 'AICc', 'BIC') &&
    texts(at(own, 'notes')) &&
    marks(own) &&
    drawn(own),
  terms: (own) =>
    tables(own, 'table') &&
    word(own, 'kind', 'random', 'fixed') &&
    word(own, 'method', 'REML', 'ML') &&
    texts(at(own, 'notes')) &&
    drawn(own),
  validation: (own) =>
    tables(own, 'scores', 'folds') &&
    typeof at(own, 'by') === 'string' &&
    typeof at(own, 'basis') === 'string' &&
    marks(own) &&
    texts(at(own, 'notes')),
  selection(own) {
    const selected = at(own, 'selected');
    return (
      tables(own, 'path') &&
      word(own, 'by', 'lrt', 'aic') &&
      typeof at(own, 'alpha') === 'number' &&
      Array.isArray(selected) &&
      selected.every((formula) => formula === null || typeof formula === 'string') &&
      texts(at(own, 'notes'))
    );
  },
  beside: (own, isTable) =>
    typeof at(own, 'formula') === 'string' && texts(at(own, 'notes')) && isTable(at(own, 'table') as FitTable), // as checked there
  anova: (own) => has(own, 'string', 'term') && has(own, 'number', 'p.value'),
  means(own) {
    const question = at(own, 'question');
    if (typeof question !== 'object' || question === null || !isMeansQuestion(question)) return false;
    const [means, pairs] = [at(own, 'means'), at(own, 'pairs')];
    const limits = has(means, 'number', 'std.error', 'conf.low', 'conf.high') && isWhole(means);
    const named = limits && means.columns.some(({ name, kind }) => kind === 'string' && !OF_MODELS.includes(name));
    return named && has(pairs, 'string', 'contrast') && texts(at(own, 'notes'));
  },
  calibration: (own) =>
    word(own, 'scheme', 'simulate', 'permute') &&
    has(at(own, 'rates'), 'string', 'term', 'test') &&
    has(at(own, 'rates'), 'number', 'level', 'rate', 'conf.low', 'conf.high') &&
    tables(own, 'pValues') &&
    counts(at(own, 'statuses')) &&
    Number.isSafeInteger(at(own, 'singular')) &&
    Number.isSafeInteger(at(own, 'permutations')) &&
    texts(at(own, 'notes')) &&
    isPlainPicture(at(own, 'svg')),
  intervals: areIntervals,
  predictions: arePredictions,
};

/** Whether the page can say what means were asked for. */
function isMeansQuestion(own: object): boolean {
  const [over, values, level] = [at(own, 'over'), at(own, 'at'), at(own, 'level')];
  return (
    texts(over) &&
    (over as string[]).length > 0 && // as just seen
    texts(at(own, 'by')) &&
    typeof values === 'object' &&
    values !== null &&
    Object.values(values).every(texts) &&
    typeof at(own, 'slopes') === 'string' &&
    typeof level === 'number' &&
    level > 0 &&
    level < 1 &&
    word(own, 'adjust', ...MEAN_ADJUSTMENTS) &&
    word(own, 'type', 'link', 'response') &&
    typeof at(own, 'reverse') === 'boolean'
  );
}

/** Whether each column of a table has a value a row, of its kind. */
function isWhole(value: unknown): value is OutputTable {
  if (typeof value !== 'object' || value === null) return false;
  const { rows, columns } = value as Partial<Record<keyof OutputTable, unknown>>;
  if (!Number.isSafeInteger(rows) || Number(rows) < 0 || !Array.isArray(columns)) return false;
  return columns.every((column: unknown) => {
    if (typeof column !== 'object' || column === null || typeof at(column, 'name') !== 'string') return false;
    const values = at(column, 'values');
    const isKind =
      at(column, 'kind') === 'string'
        ? Array.isArray(values) && values.every((one) => one === null || typeof one === 'string')
        : at(column, 'kind') === 'number'
          ? values instanceof Float64Array
          : word(column, 'kind', 'integer', 'logical') && values instanceof Int32Array;
    return isKind && (values as { readonly length: number }).length === rows; // a list, as just seen
  });
}
