import { nearestName } from '../errors.ts';
import { columnNamesOf, type Table } from '../types/table.ts';
import { callFunction } from './call.ts';
import { columnValue } from './columns.ts';
import { compare, isAmong } from './comparison.ts';
import { formulaSource, sourceError } from './source.ts';
import { deparse, type Expression, NAMED_NUMBERS, quotedName, standaloneText } from './syntax.ts';
import type { Scope } from './value.ts';
import { constant, describe, mapNumbers, mapPairs, numbersOf, type Value } from './value.ts';

/** Evaluates an expression over the rows of a scope. Throws the error of the source for misuse. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.type) {
    case 'number':
    case 'string':
    case 'logical':
      return { kind: 'constant', values: [expression.value] };
    case 'missing':
      return { kind: 'constant', values: [Number.NaN] };
    case 'name':
      return lookUp(expression.name, expression.position, scope);
    case 'parenthesis':
      return evaluate(expression.inner, scope);
    case 'call':
      return callFunction(expression, scope, evaluate);
    case 'unary':
      return evaluateUnary(expression, scope);
    case 'binary':
      return evaluateBinary(expression, scope);
  }
}

/**
 * A response over all rows of a table; NaN is missing. Logical columns count as 0 and 1; a factor is misuse.
 * `source` is the formula, for messages.
 */
export function evaluateResponse(expression: Expression, table: Table, source = deparse(expression)): Float64Array {
  const scope: Scope = { table, source: formulaSource(source) };
  const value = evaluate(expression, scope);
  if (value.kind === 'numeric' || value.kind === 'logical') return value.values;
  throw sourceError(
    scope.source,
    Math.min(expression.position, source.length),
    `the response '${standaloneText(expression)}' is ${describe(value)}`,
    'A response is a column of numbers; “family: binomial” takes two levels, “family: cumulative” levels in order.',
  );
}

function lookUp(name: string, position: number, scope: Scope): Value {
  const { table, rows, source } = scope;
  const number = NAMED_NUMBERS.get(name);
  if (number !== undefined && !(scope.columns ?? table.columns).has(name)) return constant(number);
  const column = table.columns.get(name);
  if (column !== undefined) return columnValue(column, rows);
  const names = columnNamesOf(table);
  const near = nearestName(name, names);
  const unquoted = unquotedColumn(names, source.text, position - 1);
  if (unquoted !== undefined) {
    throw sourceError(
      source,
      Math.min(position, source.text.length),
      `'${name}' is no column, '${unquoted}' is`,
      `Put back-ticks round a name with operators or blanks: ${quotedName(unquoted)}.`,
    );
  }
  const shown = names.slice(0, 15).join(', ') + (names.length > 15 ? ', ...' : '');
  throw sourceError(
    source,
    Math.min(position, source.text.length),
    `no column '${name}'${near === undefined ? (table.path === undefined ? '' : ` in ${table.path}`) : `; did you mean '${near}'?`}`,
    names.length === 0 ? 'The table has no columns.' : `Its columns are ${shown}.`,
  );
}

/** The longest column whose name, written without the back-ticks that it needs, stands at a place of a text. */
function unquotedColumn(names: readonly string[], text: string, at: number): string | undefined {
  const there = names.filter((name) => {
    if (name === '' || quotedName(name) === name) return false;
    for (let from = text.indexOf(name); from >= 0 && from <= at; from = text.indexOf(name, from + 1)) {
      if (at < from + name.length) return true;
    }
    return false;
  });
  return there.sort((a, b) => b.length - a.length)[0];
}

function evaluateUnary(expression: Extract<Expression, { type: 'unary' }>, scope: Scope): Value {
  const { operator, operand } = expression;
  const numbers = numbersOf(evaluate(operand, scope), operand, scope);
  if (operator === '-') return mapNumbers(numbers, (x) => -x, 'numeric');
  if (operator === '+') return mapNumbers(numbers, (x) => x, 'numeric');
  return mapNumbers(numbers, not, 'logical');
}

const ARITHMETIC: ReadonlyMap<string, (x: number, y: number) => number> = new Map([
  ['+', (x, y) => x + y],
  ['-', (x, y) => x - y],
  ['*', (x, y) => x * y],
  ['/', (x, y) => x / y],
  ['^', power],
  ['%%', (x, y) => x - y * Math.floor(x / y)],
  ['%/%', (x, y) => Math.floor(x / y)],
]);

function evaluateBinary(expression: Extract<Expression, { type: 'binary' }>, scope: Scope): Value {
  const { operator, left, right } = expression;
  const arithmetic = ARITHMETIC.get(operator);
  if (arithmetic !== undefined) {
    const a = numbersOf(evaluate(left, scope), left, scope);
    const b = numbersOf(evaluate(right, scope), right, scope);
    return mapPairs(a, b, arithmetic, 'numeric');
  }
  switch (operator) {
    case '&':
    case '&&':
    case '|':
    case '||': {
      const a = truthOf(left, scope);
      const b = truthOf(right, scope);
      return mapPairs(a, b, operator[0] === '&' ? and : or, 'logical');
    }
    case '%in%':
      return isAmong(expression, evaluate(left, scope), evaluate(right, scope), scope);
    case ':':
      throw sourceError(
        scope.source,
        expression.position,
        "':' means an interaction of terms, within a function it has no meaning",
        'Write * to multiply.',
      );
    default:
      return compare(expression, evaluate(left, scope), evaluate(right, scope), scope);
  }
}

function truthOf(expression: Expression, scope: Scope): Float64Array | number {
  const value = evaluate(expression, scope);
  if (value.kind === 'factor' || (value.kind === 'constant' && typeof value.values[0] === 'string')) {
    throw sourceError(
      scope.source,
      expression.position,
      `'${deparse(expression)}' is text, not TRUE or FALSE`,
      "Compare it with a value, as in column == 'value'.",
    );
  }
  return numbersOf(value, expression, scope);
}

/** R's three-valued logic: NA & FALSE is FALSE, NA | TRUE is TRUE. */
function and(x: number, y: number): number {
  if (x === 0 || y === 0) return 0;
  return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : 1;
}

function or(x: number, y: number): number {
  if ((x !== 0 && !Number.isNaN(x)) || (y !== 0 && !Number.isNaN(y))) return 1;
  return Number.isNaN(x) || Number.isNaN(y) ? Number.NaN : 0;
}

function not(x: number): number {
  return Number.isNaN(x) ? Number.NaN : x === 0 ? 1 : 0;
}

function power(x: number, y: number): number {
  if (y === 2) return x * x;
  return x === 1 ? 1 : x ** y; // R: 1^NA is 1
}
