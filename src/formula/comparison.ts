import { numberText } from './number-text.ts';
import { sourceError } from './source.ts';
import { type BinaryExpression, deparse } from './syntax.ts';
import {
  type ConstantValue,
  constant,
  describe,
  type FactorValue,
  mapNumbers,
  mapPairs,
  numbersOf,
  type Scope,
  scopeRows,
  type Value,
} from './value.ts';

const COMPARISONS: ReadonlyMap<string, (x: number, y: number) => boolean> = new Map([
  ['==', (x, y) => x === y],
  ['!=', (x, y) => x !== y],
  ['<', (x, y) => x < y],
  ['<=', (x, y) => x <= y],
  ['>', (x, y) => x > y],
  ['>=', (x, y) => x >= y],
]);
const MIRRORED: ReadonlyMap<string, string> = new Map([
  ['<', '>'],
  ['<=', '>='],
  ['>', '<'],
  ['>=', '<='],
]);

/** `left == right` and its kin, entry by entry; missing where either side is. */
export function compare(expression: BinaryExpression, left: Value, right: Value, scope: Scope): Value {
  const { operator } = expression;
  const test = COMPARISONS.get(operator);
  if (test === undefined) throw sourceError(scope.source, expression.position, `'${operator}' has no meaning here`);
  if (left.kind === 'factor') return compareFactor(expression, operator, left, right, scope);
  if (right.kind === 'factor') {
    return compareFactor(expression, MIRRORED.get(operator) ?? operator, right, left, scope);
  }
  const leftText = textConstant(left);
  const rightText = textConstant(right);
  if (leftText !== undefined && rightText !== undefined) {
    const order = leftText < rightText ? -1 : leftText > rightText ? 1 : 0;
    return constant(test(order, 0));
  }
  const a =
    leftText === undefined
      ? numbersOf(left, expression.left, scope)
      : numberOfText(expression, leftText, right, deparse(expression.right), scope);
  const b =
    rightText === undefined
      ? numbersOf(right, expression.right, scope)
      : numberOfText(expression, rightText, left, deparse(expression.left), scope);
  return mapPairs(a, b, threeValued(test), 'logical');
}

/** `left %in% right`; a missing value is among the constants only if NA is one of them. */
export function isAmong(expression: BinaryExpression, left: Value, right: Value, scope: Scope): Value {
  if (right.kind !== 'constant') {
    throw sourceError(
      scope.source,
      expression.right.position,
      '%in% needs a list of constants on its right',
      "Write it like column %in% c('a', 'b').",
    );
  }
  const missing = right.values.some((value) => typeof value === 'number' && Number.isNaN(value));
  if (left.kind === 'factor') {
    const wanted = new Set(right.values.map(constantText));
    const hits = Uint8Array.from(left.levels, (level) => (wanted.has(level) ? 1 : 0));
    return codesTo(left, (code) => (code < 0 ? (missing ? 1 : 0) : hits[code]));
  }
  const text = textConstant(left);
  if (text !== undefined) return constant(right.values.some((value) => constantText(value) === text));
  const wanted = new Set(
    right.values.map((value) =>
      typeof value === 'string'
        ? numberOfText(expression, value, left, deparse(expression.left), scope)
        : Number(value),
    ),
  );
  // a Set finds NaN
  return mapNumbers(numbersOf(left, expression.left, scope), (x) => (wanted.has(x) ? 1 : 0), 'logical');
}

function compareFactor(
  expression: BinaryExpression,
  operator: string,
  factor: FactorValue,
  other: Value,
  scope: Scope,
): Value {
  const test = COMPARISONS.get(operator) ?? (() => false);
  const equality = operator === '==' || operator === '!=';
  if (other.kind === 'factor' && equality) {
    const position = new Map(factor.levels.map((level, code) => [level, code]));
    const translated = Int32Array.from(other.levels, (level) => position.get(level) ?? -2);
    const values = new Float64Array(scopeRows(scope));
    for (let i = 0; i < values.length; i++) {
      const a = factor.codes[i];
      const b = other.codes[i];
      values[i] = a < 0 || b < 0 ? Number.NaN : test(a, translated[b]) ? 1 : 0;
    }
    return { kind: 'logical', values };
  }
  if (other.kind !== 'constant' || other.values.length !== 1) {
    throw sourceError(
      scope.source,
      expression.position,
      `${operator} cannot compare a factor with ${describe(other)}`,
      other.kind === 'constant' ? 'Write %in% for a list of values.' : 'Compare it with one of its levels in quotes.',
    );
  }
  const [value] = other.values;
  if (typeof value === 'number' && Number.isNaN(value)) return codesTo(factor, () => Number.NaN);
  const wanted = factor.levels.indexOf(constantText(value));
  if (!equality && (!factor.ordered || wanted < 0)) {
    throw sourceError(
      scope.source,
      expression.position,
      factor.ordered
        ? `'${constantText(value)}' is not one of the levels ${factor.levels.join(', ')}`
        : `${operator} has no meaning for a factor without order`,
      factor.ordered ? undefined : 'Declare the column ordered (“ordered: COLUMN=LEVEL1,LEVEL2”), or use == or %in%.',
    );
  }
  return codesTo(factor, (code) => (code < 0 ? Number.NaN : test(code, wanted) ? 1 : 0));
}

function codesTo(factor: FactorValue, f: (code: number) => number): Value {
  const values = new Float64Array(factor.codes.length);
  for (let i = 0; i < values.length; i++) values[i] = f(factor.codes[i]);
  return { kind: 'logical', values };
}

function threeValued(test: (x: number, y: number) => boolean): (x: number, y: number) => number {
  return (x, y) => (Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : test(x, y) ? 1 : 0);
}

/** A constant as a level of a factor would be written. */
export function constantText(value: ConstantValue['values'][number]): string {
  if (typeof value === 'number') {
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? String(value) : numberText(value);
  }
  return typeof value === 'boolean' ? (value ? 'TRUE' : 'FALSE') : value;
}

function textConstant(value: Value): string | undefined {
  if (value.kind !== 'constant' || value.values.length !== 1) return undefined;
  const [first] = value.values;
  return typeof first === 'string' ? first : undefined;
}

/** A quoted value that is compared with numbers or logicals: fine when it says one. */
function numberOfText(expression: BinaryExpression, text: string, other: Value, name: string, scope: Scope): number {
  if (other.kind === 'logical' && /^(?:TRUE|FALSE|true|false)$/.test(text))
    return text.toUpperCase() === 'TRUE' ? 1 : 0;
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isNaN(number)) return number;
  throw sourceError(
    scope.source,
    expression.position,
    `'${name}' is ${describe(other)}, "${text}" is text`,
    'Compare it with a number, or declare the column a factor.',
  );
}
