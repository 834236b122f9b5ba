import type { Table } from '../types/table.ts';
import type { SourceText } from './source.ts';
import { sourceError } from './source.ts';
import { deparse, type Expression } from './syntax.ts';
import type { Training } from './training.ts';

/** What an expression evaluates to: a column over the rows of its scope, or constants. */
export type Value = VectorValue | FactorValue | MatrixValue | ConstantValue;

/** Numbers or logicals (1, 0), NaN missing. */
export interface VectorValue {
  readonly kind: 'numeric' | 'logical';
  readonly values: Float64Array;
}

export interface FactorValue {
  readonly kind: 'factor';
  readonly levels: readonly string[];
  /** -1 is missing. */
  readonly codes: Int32Array;
  readonly ordered: boolean;
}

/** Several columns of numbers under one name (`poly`). */
export interface MatrixValue {
  readonly kind: 'matrix';
  /** rows x columns, column-major. */
  readonly values: Float64Array;
  readonly suffixes: readonly string[];
}

/** One constant, or those of `c(...)`; NaN is missing. */
export interface ConstantValue {
  readonly kind: 'constant';
  readonly values: readonly (number | string | boolean)[];
}

/** What a value is, for messages. */
export function describe(value: Value): string {
  switch (value.kind) {
    case 'numeric':
      return 'numeric';
    case 'logical':
      return 'logical';
    case 'factor':
      return 'a factor (text)';
    case 'matrix':
      return 'a matrix of several columns';
    case 'constant':
      return value.values.length === 1 ? 'a constant' : 'a list of constants';
  }
}

/** The value as numbers, one a row or one constant; anything else is misuse. */
export function numbersOf(value: Value, expression: Expression, scope: Scope): Float64Array | number {
  if (value.kind === 'numeric' || value.kind === 'logical') return value.values;
  if (value.kind === 'constant' && value.values.length === 1 && typeof value.values[0] !== 'string') {
    return Number(value.values[0]);
  }
  const remedy = value.kind === 'factor' ? 'Arithmetic needs a column in which every value is a number.' : undefined;
  throw sourceError(
    scope.source,
    expression.position,
    `'${deparse(expression)}' is ${describe(value)}, not numbers`,
    remedy,
  );
}

/** Applies a function of one number entry by entry. */
export function mapNumbers(numbers: Float64Array | number, f: (x: number) => number, kind: VectorValue['kind']): Value {
  if (typeof numbers === 'number') {
    const result = f(numbers);
    return constant(kind === 'logical' && !Number.isNaN(result) ? result === 1 : result);
  }
  const values = new Float64Array(numbers.length);
  for (let i = 0; i < values.length; i++) values[i] = f(numbers[i]);
  return { kind, values };
}

/** Applies a function of two numbers entry by entry; a constant goes with every row. */
export function mapPairs(
  left: Float64Array | number,
  right: Float64Array | number,
  f: (x: number, y: number) => number,
  kind: VectorValue['kind'],
): Value {
  if (typeof left === 'number') return mapNumbers(right, (y) => f(left, y), kind);
  if (typeof right === 'number') return mapNumbers(left, (x) => f(x, right), kind);
  const values = new Float64Array(left.length);
  for (let i = 0; i < values.length; i++) values[i] = f(left[i], right[i]);
  return { kind, values };
}

export function constant(value: number | string | boolean): ConstantValue {
  return { kind: 'constant', values: [value] };
}

/** Where an expression is evaluated. */
export interface Scope {
  readonly table: Table;
  /** Rows of the table that the values run over; all without it. */
  readonly rows?: Int32Array | undefined;
  readonly source: SourceText;
  /** Columns that the formula read when it was fitted, where other data are read in the same way: `pi` may be one. */
  readonly columns?: ReadonlySet<string> | undefined;
  /** What functions learn from these rows, or learned from others; without it they learn and forget. */
  readonly training?: Training | undefined;
}

export function scopeRows(scope: Scope): number {
  return scope.rows?.length ?? scope.table.rows;
}
