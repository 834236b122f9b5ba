import { checkCall } from './functions.ts';
import { type Token, tokenize } from './lexer.ts';
import { type SourceText, sourceError } from './source.ts';
import type { Argument, Expression } from './syntax.ts';

/** How tightly each operator binds to its left, in the order of R's grammar. */
const BINDING: ReadonlyMap<string, number> = new Map([
  ['|', 10],
  ['||', 10],
  ['&', 20],
  ['&&', 20],
  ['==', 40],
  ['!=', 40],
  ['<', 40],
  ['<=', 40],
  ['>', 40],
  ['>=', 40],
  ['+', 50],
  ['-', 50],
  ['*', 60],
  ['/', 60],
  ['%in%', 70],
  ['%%', 70],
  ['%/%', 70],
  [':', 80],
  ['^', 100],
]);
const NOT = 30;
const COMPARISON = 40;
const SIGN = 90;
const POWER = 100;
/** Parentheses within parentheses; keeps hostile input from overflowing the stack. */
const MAXIMUM_DEPTH = 200;
/** Operators in one text, for the same reason: a chain `a + b + ...` is a tree as deep as it is long. */
const MAXIMUM_OPERATORS = 2000;
/** Characters in one text. */
const MAXIMUM_LENGTH = 1_000_000;

/** Pratt parser of R expressions over the tokens of one source. */
export class ExpressionParser {
  readonly source: SourceText;
  readonly #tokens: readonly Token[];
  #index = 0;
  #depth = 0;
  #operators = 0;

  constructor(source: SourceText) {
    this.source = source;
    if (source.text.length > MAXIMUM_LENGTH) {
      throw sourceError({ ...source, text: source.text.slice(0, 100) }, 1, `the ${source.noun} is too long`);
    }
    this.#tokens = tokenize(source);
  }

  get token(): Token {
    return this.#tokens[this.#index];
  }

  /** True when the token at hand is this operator. */
  at(operator: string): boolean {
    return this.token.kind === 'operator' && this.token.text === operator;
  }

  advance(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#index++;
    return token;
  }

  fail(position: number, message: string, remedy?: string): never {
    throw sourceError(this.source, position, message, remedy);
  }

  /** Complains about the token at hand. */
  unexpected(remedy?: string): never {
    const { token } = this;
    if (token.kind === 'end') return this.fail(token.position, `the ${this.source.noun} ends too early`, remedy);
    const shown = token.kind === 'string' ? `"${token.text}"` : `'${token.text}'`;
    return this.fail(token.position, `unexpected ${shown}`, remedy);
  }

  /** Checks that nothing follows. */
  end(): void {
    if (this.token.kind === 'end') return;
    if (this.at(')')) this.unexpected('Remove it, or add the parenthesis that it closes.');
    if (this.at('=')) this.unexpected('Write == to compare.');
    this.unexpected('An operator such as + is missing before it, or back-ticks round a name with blanks.');
  }

  /** One expression whose operators bind tighter than `minimum`. */
  expression(minimum = 0): Expression {
    if (++this.#depth > MAXIMUM_DEPTH) this.fail(this.token.position, `the ${this.source.noun} is nested too deeply`);
    let left = this.#prefix();
    while (this.token.kind === 'operator') {
      const { text: operator, position } = this.token;
      const binding = BINDING.get(operator);
      if (binding === undefined || binding <= minimum) break;
      this.advance();
      this.#countOperator(position);
      // ^ groups from the right, all others from the left
      const right = this.expression(operator === '^' ? POWER - 1 : binding);
      left = { type: 'binary', operator, left, right, position };
      if (binding === COMPARISON && BINDING.get(this.token.text) === COMPARISON && this.token.kind === 'operator') {
        this.unexpected('Join comparisons with &.');
      }
    }
    this.#depth--;
    return left;
  }

  #countOperator(position: number): void {
    if (++this.#operators > MAXIMUM_OPERATORS) {
      this.fail(position, `the ${this.source.noun} has more than ${MAXIMUM_OPERATORS} operators`);
    }
  }

  #prefix(): Expression {
    const token = this.token;
    const { position } = token;
    switch (token.kind) {
      case 'number': {
        this.advance();
        const integer = token.text.endsWith('L');
        return { type: 'number', value: Number(integer ? token.text.slice(0, -1) : token.text), integer, position };
      }
      case 'string':
        this.advance();
        return { type: 'string', value: token.text, position };
      case 'name':
        this.advance();
        return this.#nameOrCall(token);
      case 'operator':
        if (token.text === '(') {
          this.advance();
          if (this.at(')')) this.unexpected('Write an expression between the parentheses.');
          const inner = this.expression();
          this.close(position);
          return { type: 'parenthesis', inner, position };
        }
        if (token.text === '-' || token.text === '+' || token.text === '!') {
          this.advance();
          this.#countOperator(position);
          const operand = this.expression(token.text === '!' ? NOT : SIGN);
          return { type: 'unary', operator: token.text, operand, position };
        }
    }
    return this.unexpected(token.kind === 'end' ? undefined : 'A column name, a number or a parenthesis belongs here.');
  }

  /** Takes the ')' that closes the parenthesis opened at a column. */
  close(opened: number): void {
    if (this.at(')')) {
      this.advance();
      return;
    }
    if (this.token.kind === 'end') this.fail(opened, "this '(' is never closed", "Add ')'.");
    this.unexpected(this.at('=') ? 'Write == to compare.' : "An operator, a comma or ')' belongs here.");
  }

  #nameOrCall(token: Token): Expression {
    const { position } = token;
    if (this.at('(')) return this.#call(token);
    if (!token.quoted) {
      if (token.text === 'TRUE' || token.text === 'FALSE') {
        return { type: 'logical', value: token.text === 'TRUE', position };
      }
      if (token.text === 'NA') return { type: 'missing', position };
      if (token.text === 'Inf') return { type: 'number', value: Number.POSITIVE_INFINITY, integer: false, position };
    }
    return { type: 'name', name: token.text, position };
  }

  #call(token: Token): Expression {
    const opened = this.advance().position;
    const parts: Argument[] = [];
    if (!this.at(')')) {
      do {
        parts.push(this.#argument());
      } while (this.at(',') && this.advance());
    }
    this.close(opened);
    const call = { type: 'call', name: token.text, arguments: parts, position: token.position } as const;
    checkCall(call, this.source);
    return call;
  }

  #argument(): Argument {
    const token = this.token;
    const next = this.#tokens[this.#index + 1];
    if (token.kind === 'name' && next?.kind === 'operator' && next.text === '=') {
      this.advance();
      this.advance();
      return { name: token.text, value: this.expression() };
    }
    return { value: this.expression() };
  }
}
