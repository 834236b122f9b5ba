import { numberText } from './number-text.ts';

/** An expression of R's syntax as plain data. `position` is its column in the source, from 1. */
export type Expression =
  | { readonly type: 'number'; readonly value: number; readonly integer: boolean; readonly position: number }
  | { readonly type: 'string'; readonly value: string; readonly position: number }
  | { readonly type: 'logical'; readonly value: boolean; readonly position: number }
  | { readonly type: 'missing'; readonly position: number }
  | { readonly type: 'name'; readonly name: string; readonly position: number }
  | { readonly type: 'parenthesis'; readonly inner: Expression; readonly position: number }
  | { readonly type: 'unary'; readonly operator: string; readonly operand: Expression; readonly position: number }
  | BinaryExpression
  | CallExpression;

export interface BinaryExpression {
  readonly type: 'binary';
  readonly operator: string;
  readonly left: Expression;
  readonly right: Expression;
  /** Column of the operator. */
  readonly position: number;
}

export interface CallExpression {
  readonly type: 'call';
  readonly name: string;
  readonly arguments: readonly Argument[];
  readonly position: number;
}

export interface Argument {
  /** `degree` of `degree = 2`. */
  readonly name?: string;
  readonly value: Expression;
}

const SYNTACTIC_NAME = /^(?:\.(?![0-9])|\p{L})[\p{L}\p{N}\p{M}._]*$/u;
const RESERVED = new Set(['TRUE', 'FALSE', 'NULL', 'NA', 'NaN', 'Inf', 'if', 'else', 'for', 'while', 'function', 'in']);
/** Operators that R's deparse writes without blanks. */
const TIGHT = new Set(['^', ':', '/', '%%', '%/%']);

/** A name as it stands in a longer expression: in back-ticks when it is no plain R name. */
export function quotedName(name: string): string {
  if (SYNTACTIC_NAME.test(name) && !RESERVED.has(name)) return name;
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
}

/** A label or a name as a user writes it, without the back-ticks round it. */
export function bareName(label: string): string {
  return label.replace(/^`([^`]*)`$/, '$1');
}

/** The text of an expression as R's `deparse` writes it; terms and coefficients are named by it. */
export function deparse(expression: Expression): string {
  switch (expression.type) {
    case 'number':
      return expression.integer ? `${expression.value}L` : numberText(expression.value);
    case 'string':
      return JSON.stringify(expression.value);
    case 'logical':
      return expression.value ? 'TRUE' : 'FALSE';
    case 'missing':
      return 'NA';
    case 'name':
      return quotedName(expression.name);
    case 'parenthesis':
      return `(${deparse(expression.inner)})`;
    case 'unary':
      return `${expression.operator}${deparse(expression.operand)}`;
    case 'binary': {
      const blank = TIGHT.has(expression.operator) ? '' : ' ';
      return `${deparse(expression.left)}${blank}${expression.operator}${blank}${deparse(expression.right)}`;
    }
    case 'call': {
      const parts = expression.arguments.map((argument) =>
        argument.name === undefined
          ? deparse(argument.value)
          : `${quotedName(argument.name)} = ${deparse(argument.value)}`,
      );
      return `${expression.name}(${parts.join(', ')})`;
    }
  }
}

/** Text of an expression that stands alone: a bare column name goes without back-ticks. */
export function standaloneText(expression: Expression): string {
  return expression.type === 'name' ? expression.name : deparse(expression);
}

/** Visits an expression and all its parts, from left to right. */
export function visit(expression: Expression, visitor: (part: Expression) => void): void {
  visitor(expression);
  switch (expression.type) {
    case 'parenthesis':
      visit(expression.inner, visitor);
      break;
    case 'unary':
      visit(expression.operand, visitor);
      break;
    case 'binary':
      visit(expression.left, visitor);
      visit(expression.right, visitor);
      break;
    case 'call':
      for (const argument of expression.arguments) visit(argument.value, visitor);
      break;
  }
}

/** Names that stand for numbers where the table has no such column. */
export const NAMED_NUMBERS: ReadonlyMap<string, number> = new Map([['pi', Math.PI]]);

/** Adds the names that an expression reads to `names`: columns, and numbers such as `pi`. */
export function collectNames(expression: Expression, names: Set<string>): void {
  visit(expression, (part) => {
    if (part.type === 'name') names.add(part.name);
  });
}

/** Whether a function of some name is called in an expression. */
export function callsFunction(expression: Expression, name: string): boolean {
  let found = false;
  visit(expression, (part) => {
    if (part.type === 'call' && part.name === name) found = true;
  });
  return found;
}
