import { FitError, nearestName } from '../errors.ts';
import type { FitResult } from '../types/fit-result.ts';

/**
 * Weights over the coefficients of an expression that is linear in their names: `stimstim - 2 * age`, with back-ticks
 * round names that hold operators (`` `A1:Bx` ``), parentheses, numbers, + - * /. A name of a coefficient may also be
 * written bare when it has no operators in it.
 *
 * Throws FormulaError with the column of the mistake: an unknown name, or an expression that is not linear.
 */
export function contrastRows(expression: string, names: readonly string[]): Float64Array {
  const parser = new ContrastParser(expression, names);
  return parser.parse();
}

/** Brackets and signs inside each other at most: nobody writes so many, and each takes its place on the stack. */
const MOST_NESTED = 200;

/** A value on the way: a constant, or weights over the coefficients. */
interface Linear {
  readonly constant: number;
  readonly weights: Float64Array | null;
}

class ContrastParser {
  private readonly source: string;
  private readonly names: readonly string[];
  private at = 0;
  private depth = 0;

  constructor(source: string, names: readonly string[]) {
    this.source = source;
    this.names = names;
  }

  parse(): Float64Array {
    const value = this.sum();
    this.space();
    if (this.at < this.source.length) this.fail(`'${this.source[this.at]}' was not expected`, this.at);
    if (!value.weights) this.fail('the contrast names no coefficient', 0);
    if (value.constant !== 0) this.fail('a contrast has no constant part', 0);
    if (!value.weights.every(Number.isFinite)) this.fail('the contrast has a weight that is no finite number', 0);
    if (value.weights.every((weight) => weight === 0))
      this.fail('the contrast is zero whatever the coefficients are', 0);
    return value.weights;
  }

  private sum(): Linear {
    let left = this.product();
    for (;;) {
      const operator = this.take('+', '-');
      if (!operator) return left;
      const right = this.product();
      left = this.add(left, right, operator === '+' ? 1 : -1);
    }
  }

  private product(): Linear {
    let left = this.unary();
    for (;;) {
      const position = this.at;
      const operator = this.take('*', '/');
      if (!operator) return left;
      const right = this.unary();
      if (operator === '/') {
        if (right.weights) this.fail('a coefficient cannot divide', position);
        if (right.constant === 0) this.fail('division by zero', position);
        left = this.scale(left, 1 / right.constant);
      } else if (left.weights && right.weights)
        this.fail('coefficients cannot be multiplied with each other', position);
      else left = left.weights ? this.scale(left, right.constant) : this.scale(right, left.constant);
    }
  }

  private unary(): Linear {
    this.depth += 1;
    if (this.depth > MOST_NESTED) this.fail(`more than ${MOST_NESTED} brackets and signs inside each other`, this.at);
    const value = this.operand();
    this.depth -= 1;
    return value;
  }

  private operand(): Linear {
    const operator = this.take('+', '-');
    if (operator) return this.scale(this.unary(), operator === '-' ? -1 : 1);
    if (this.take('(')) {
      // `(Intercept)` is a name, any other parenthesis groups.
      if (this.source.startsWith('Intercept)', this.at)) {
        const from = this.at - 1;
        this.at += 'Intercept)'.length;
        return this.coefficient('(Intercept)', from);
      }
      const value = this.sum();
      if (!this.take(')')) this.fail("')' is missing", this.at);
      return value;
    }
    this.space();
    const from = this.at;
    if (this.source[from] === '`') {
      // Names of coefficients have the back-ticks of their columns: `dose (mg/kg)`low.
      const own = this.names.filter((name) => name.startsWith('`') && this.source.startsWith(name, from));
      const longest = own.sort((a, b) => b.length - a.length)[0];
      if (longest !== undefined) {
        this.at += longest.length;
        return this.coefficient(longest, from);
      }
      const end = this.source.indexOf('`', from + 1);
      if (end < 0) this.fail('the back-tick is not closed', from);
      this.at = end + 1;
      return this.coefficient(this.source.slice(from + 1, end), from);
    }
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}_.])/u.exec(this.source.slice(from));
    if (number) {
      this.at += number[0].length;
      return { constant: Number(number[0]), weights: null };
    }
    // The longest coefficient name that begins here, so that names with operators may also stand bare.
    const rest = this.source.slice(from);
    const known = this.names.filter((name) => rest.startsWith(name)).sort((a, b) => b.length - a.length)[0];
    const word = /^[^\s+\-*/()`]+/u.exec(rest)?.[0] ?? '';
    const name = known !== undefined && known.length >= word.length ? known : word;
    if (name === '')
      this.fail(from < this.source.length ? `'${rest[0]}' was not expected` : 'the contrast ends too early', from);
    this.at += name.length;
    return this.coefficient(name, from);
  }

  private coefficient(name: string, position: number): Linear {
    const index = this.names.indexOf(name);
    if (index < 0) {
      const near = nearestName(name, this.names);
      this.fail(
        `no coefficient '${name}'${near === undefined ? '' : `; did you mean '${near}'?`}`,
        position,
        `The coefficients are ${this.names.join(', ')}.`,
      );
    }
    const weights = new Float64Array(this.names.length);
    weights[index] = 1;
    return { constant: 0, weights };
  }

  private add(a: Linear, b: Linear, sign: number): Linear {
    if (!a.weights && !b.weights) return { constant: a.constant + sign * b.constant, weights: null };
    const weights = new Float64Array(this.names.length);
    for (let i = 0; i < weights.length; i++) weights[i] = (a.weights?.[i] ?? 0) + sign * (b.weights?.[i] ?? 0);
    return { constant: a.constant + sign * b.constant, weights };
  }

  private scale(a: Linear, factor: number): Linear {
    return { constant: a.constant * factor, weights: a.weights ? a.weights.map((w) => w * factor) : null };
  }

  private take(...options: string[]): string | null {
    this.space();
    const found = options.find((option) => this.source.startsWith(option, this.at));
    if (found === undefined) return null;
    this.at += found.length;
    return found;
  }

  private space(): void {
    while (this.at < this.source.length && /\s/.test(this.source[this.at])) this.at++;
  }

  private fail(
    message: string,
    position: number,
    remedy = 'A contrast is linear in coefficient names, such as "b - 2 * a".',
  ): never {
    throw new FitError('FormulaError', `${message}\n  ${this.source}\n  ${' '.repeat(position)}^`, {
      source: this.source,
      position: position + 1,
      option: 'contrasts',
      remedy,
    });
  }
}

/**
 * Estimate and standard error of a contrast of the coefficients of one model; `expression` as in the option `contrasts`
 * of a fit (which also gives degrees of freedom and p-values, for all models at once).
 *
 * Throws FormulaError for a name that is no coefficient of the model, OptionError for a model without a fit.
 */
export function contrast(
  result: FitResult,
  expression: string,
  model = 0,
): { readonly estimate: number; readonly standardError: number } {
  const covariance = result.covarianceOfCoefficients(model);
  if (!covariance) {
    throw new FitError('OptionError', `model ${model} has no fit: ${result.table.messages[model] ?? 'failed'}`, {
      remedy: 'Look at the status of the model first.',
    });
  }
  const { names, values } = covariance;
  const weights = contrastRows(expression, names);
  const { coefficients } = result.table;
  let estimate = 0;
  let variance = 0;
  names.forEach((name, i) => {
    if (weights[i] === 0) return;
    estimate +=
      weights[i] * coefficients.estimate[model * coefficients.names.length + coefficients.names.indexOf(name)];
    for (let j = 0; j < names.length; j++) variance += weights[i] * weights[j] * values[i * names.length + j];
  });
  return { estimate, standardError: Math.sqrt(variance) };
}
