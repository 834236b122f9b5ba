/** What analyses beside a fit found, kept with its results where that is small. Pure. */

import type { FitTable, OutputTable } from 'webgpu-lmm';
import type {
  BesideAnswer,
  ComparisonAnswer,
  SelectionAnswer,
  TermsAnswer,
  ValidationAnswer,
} from '../protocol/analysis-protocol.ts';

/** By what was asked; null for an answer that is not kept, as it is large. */
export interface KeptAnswers {
  /** `draws` are those of the ratios; 0 for none. */
  readonly comparison?: (ComparisonAnswer & { readonly draws: number }) | null;
  readonly terms?: (TermsAnswer & { readonly draws: number }) | null;
  /** `basis` says what was held out. */
  readonly validation?: (ValidationAnswer & { readonly basis: string }) | null;
  readonly selection?: SelectionAnswer | null;
  readonly beside?: BesideAnswer | null;
}

/** Bytes of an answer that is small. */
const SMALL = 4_000_000;

/** What of some answers goes into a session. */
export function smallAnswers(answers: KeptAnswers): KeptAnswers {
  return Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [name, sizeOf(answer) <= SMALL ? answer : null]),
  );
}

/** Bytes of data, about. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (ArrayBuffer.isView(value)) return value.byteLength;
  let sum = 0;
  for (const part of Object.values(value)) sum += sizeOf(part);
  return sum;
}

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

const CHECKS: { readonly [K in keyof KeptAnswers]-?: Check } = {
  comparison: (own) =>
    tables(own, 'models', 'tests', 'summary', 'best') &&
    word(own, 'method', 'REML', 'ML') &&
    word(own, 'rankBy', 'AIC', 'AICc', 'BIC') &&
    texts(at(own, 'notes')) &&
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
};

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
