/** Functions of numbers that take rows one by one; missing values stay missing. */
import type { CallArguments } from './call-arguments.ts';
import { roundTo } from './numeric-functions.ts';
import { mapNumbers, mapPairs, numbersOf, type Value } from './value.ts';

/** `log(x, base)`. */
export function logarithm(given: CallArguments): Value {
  if (!given.has('base')) return mapNumbers(given.numbers('x'), Math.log, 'numeric');
  return mapPairs(given.numbers('x'), given.numbers('base'), (x, b) => Math.log(x) / Math.log(b), 'numeric');
}

/** Decimal places either way beyond which `round` changes nothing, or leaves nothing, of ordinary numbers. */
const MOST_PLACES = 300;

/** `round(x, digits)`. */
export function rounded(given: CallArguments): Value {
  const digits = given.wholeNumber('digits', 0, -MOST_PLACES, MOST_PLACES);
  return mapNumbers(given.numbers('x'), (x) => roundTo(x, digits), 'numeric');
}

/** `pmin` and `pmax`: the least or greatest of the arguments in each row; `na.rm` passes over missing ones. */
export function extremes(given: CallArguments): Value {
  const { call, scope, evaluate } = given;
  const choose = call.name === 'pmin' ? Math.min : Math.max;
  const skip = given.isOn('na.rm', false);
  const pick = (x: number, y: number) => {
    if (skip && Number.isNaN(x)) return y;
    return skip && Number.isNaN(y) ? x : choose(x, y);
  };
  const columns = given.rest.map((expression) => numbersOf(evaluate(expression, scope), expression, scope));
  const [first, ...others] = columns;
  return others.reduce<Value>(
    (value, next) => mapPairs(numbersOf(value, call, scope), next, pick, 'numeric'),
    mapNumbers(first, (x) => x, 'numeric'),
  );
}
