/** Which intervals and predictions that come from a file or a store can be. Files may be edited. Pure. */

import type { FoundIntervals, KeptPredictions } from './kept-answers.ts';
import { MOST_FOUND, PREDICTIONS } from './kept-answers.ts';
import { isIntervalQuestion } from './restored-choices.ts';

/** Characters of a name, a reason or a cell, and parameters of a model, that are kept. */
const LONGEST = 2000;
const MOST_ROWS = 5000;

const at = (own: object, key: string): unknown => Reflect.get(own, key);
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST;
const isPlace = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isNumbers = (own: object, ...keys: readonly string[]): boolean =>
  keys.every((key) => typeof at(own, key) === 'number');

/** A list of things that are all sound, and not too many. */
function isList<T>(value: unknown, most: number, check: (one: unknown) => boolean): value is readonly T[] {
  return Array.isArray(value) && value.length <= most && value.every(check);
}

export function areIntervals(value: unknown): value is readonly FoundIntervals[] {
  return isList(value, MOST_FOUND, (one) => {
    if (!isObject(one) || !isPlace(at(one, 'model')) || !isPlace(at(one, 'draws'))) return false;
    return isIntervalQuestion(at(one, 'question')) && isList(at(one, 'rows'), MOST_ROWS, isParameter);
  });
}

function isParameter(row: unknown): boolean {
  if (!isObject(row)) return false;
  const [group, drawn] = [at(row, 'group'), at(row, 'drawn')];
  return (
    isText(at(row, 'effect')) &&
    (group === null || isText(group)) &&
    isText(at(row, 'term')) &&
    isText(at(row, 'reason')) &&
    isNumbers(row, 'estimate', 'low', 'high') &&
    (drawn === null ||
      (isObject(drawn) && typeof at(drawn, 'bound') === 'boolean' && isNumbers(drawn, 'p', 'low', 'high')))
  );
}

export function arePredictions(value: unknown): value is readonly KeptPredictions[] {
  return isList(value, MOST_FOUND, (one) => {
    if (!isObject(one) || !isPlace(at(one, 'model'))) return false;
    const values = at(one, 'values');
    return (
      isObject(values) &&
      isList(Object.values(values), MOST_ROWS, isText) &&
      isList(at(one, 'rows'), PREDICTIONS.rows, (row) => isList(row, PREDICTIONS.cells, isText))
    );
  });
}
