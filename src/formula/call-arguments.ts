import { constantText } from './comparison.ts';
import { matchArguments } from './functions.ts';
import { sourceError } from './source.ts';
import { type CallExpression, deparse, type Expression } from './syntax.ts';
import type { Scope, Value } from './value.ts';
import { numbersOf } from './value.ts';

/** How the arguments of a call are evaluated; passed in, as expressions evaluate calls in turn. */
export type Evaluate = (expression: Expression, scope: Scope) => Value;

/** The arguments of a call that `checkCall` has found to fit, evaluated as they are asked for. */
export class CallArguments {
  readonly call: CallExpression;
  readonly scope: Scope;
  readonly evaluate: Evaluate;
  readonly #given: ReadonlyMap<string, Expression>;

  constructor(call: CallExpression, scope: Scope, evaluate: Evaluate) {
    this.call = call;
    this.scope = scope;
    this.evaluate = evaluate;
    this.#given = matchArguments(call);
  }

  /** The call as R would write it: what it learns goes by this text. */
  get text(): string {
    return deparse(this.call);
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  expression(name: string): Expression {
    const found = this.#given.get(name);
    return found ?? this.fail(undefined, `${this.call.name}() needs '${name}'`);
  }

  /** The arguments without a name of a function that takes any number of them. */
  get rest(): Expression[] {
    return this.call.arguments.flatMap(({ name, value }) => (name === undefined ? [value] : []));
  }

  value(name: string): Value {
    return this.evaluate(this.expression(name), this.scope);
  }

  /** One number a row, or one constant. */
  numbers(name: string): Float64Array | number {
    const expression = this.expression(name);
    return numbersOf(this.evaluate(expression, this.scope), expression, this.scope);
  }

  /** A numeric column of the scope; constants do not do. */
  column(name: string): Float64Array {
    const numbers = this.numbers(name);
    if (typeof numbers !== 'number') return numbers;
    return this.fail(name, `${this.call.name}() needs a column, not a constant`);
  }

  /** A switch or a number: `scale = FALSE`, `center = 10`. */
  option(name: string, fallback: boolean): boolean | number {
    if (!this.has(name)) return fallback;
    const value = this.value(name);
    if (value.kind === 'constant' && value.values.length === 1) {
      const [first] = value.values;
      if (typeof first !== 'string' && !Number.isNaN(first)) return first;
    }
    return this.fail(name, `${this.call.name}() needs TRUE, FALSE or a number here`);
  }

  isOn(name: string, fallback: boolean): boolean {
    return Boolean(this.option(name, fallback));
  }

  wholeNumber(name: string, fallback: number, minimum: number, maximum: number): number {
    if (!this.has(name)) return fallback;
    const number = this.option(name, false);
    if (typeof number === 'number' && Number.isInteger(number) && number >= minimum && number <= maximum) return number;
    return this.fail(name, `the ${name} of ${this.call.name}() must be a whole number from ${minimum} to ${maximum}`);
  }

  /** Constants, as one or in `c(...)`. */
  constants(name: string, example: string): readonly (number | string | boolean)[] {
    const value = this.value(name);
    if (value.kind === 'constant') return value.values;
    return this.fail(name, `${this.call.name}() needs constants here`, `Write them like ${example}.`);
  }

  /** Constants that are numbers, none of them missing. */
  numberList(name: string): number[] {
    return this.constants(name, 'c(1, 2.5)').map((value) =>
      typeof value === 'number' && !Number.isNaN(value)
        ? value
        : this.fail(name, `${this.call.name}() needs numbers here`, 'Write them like c(1, 2.5).'),
    );
  }

  /** Distinct constants as texts of levels. */
  texts(name: string): string[] {
    const found = this.constants(name, "c('a', 'b')").map(constantText);
    if (new Set(found).size < found.length) this.fail(name, 'a level comes twice');
    return found;
  }

  /** Raises the error of the source at an argument, or at the call. */
  fail(name: string | undefined, message: string, remedy?: string): never {
    const at = (name === undefined ? undefined : this.#given.get(name)) ?? this.call;
    throw sourceError(this.scope.source, at.position, message, remedy);
  }
}
