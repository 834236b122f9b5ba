import { type SourceText, sourceError } from './source.ts';
import { deparse, type Expression } from './syntax.ts';

/** A variable of a model frame: an expression, and the text by which it is known. */
export interface Variable {
  readonly label: string;
  readonly expression: Expression;
}

/** The terms of one side of a formula, expanded as R's `terms.formula` does. */
export interface ModelTerms {
  /** Variables in order of their first appearance; also those of terms that `-` removed, whose missing values count. */
  readonly variables: readonly Variable[];
  readonly intercept: boolean;
  /** Indices of the variables of each term, increasing; terms by degree, then in order of appearance. */
  readonly terms: readonly (readonly number[])[];
  /** Text of each term: its variables joined by ':'. */
  readonly labels: readonly string[];
  /** Variables that are offsets. */
  readonly offsets: readonly number[];
}

/** Products like `(a + b + c + ...)^9` grow without bound; no design has this many terms. */
const MAXIMUM_TERMS = 2000;
/** Pairs of terms that one product may form. */
const MAXIMUM_PAIRS = 500_000;

type Term = readonly number[];

/** Expands a right side without random terms. `response` is the text of the response, which is no term of its own. */
export function expandTerms(expression: Expression | undefined, source: SourceText, response?: string): ModelTerms {
  const expansion = new Expansion(source);
  const encoded = expression === undefined ? [] : expansion.encode(expression);
  const { variables, intercept } = expansion;
  const offsets = [...variables.keys()].filter((index) => isOffset(variables[index].expression));
  const kept = encoded.filter((term) => {
    if (term.length === 1 && variables[term[0]].label === response) return false;
    return !term.some((index) => offsets.includes(index));
  });
  const terms = kept.sort((a, b) => a.length - b.length); // stable
  const labels = terms.map((term) => term.map((index) => variables[index].label).join(':'));
  return { variables, intercept, terms, labels, offsets };
}

function isOffset(expression: Expression): boolean {
  return expression.type === 'call' && expression.name === 'offset';
}

/** The state of one expansion: the variables seen so far, and whether there is an intercept. */
class Expansion {
  readonly source: SourceText;
  readonly variables: Variable[] = [];
  intercept = true;
  readonly #indices = new Map<string, number>();
  /** False within the right side of `-`, where 1 takes the intercept away. */
  #adding = true;

  constructor(source: SourceText) {
    this.source = source;
  }

  encode(expression: Expression): Term[] {
    switch (expression.type) {
      case 'number':
        if (expression.value === 0 || expression.value === 1) {
          this.intercept = (expression.value === 1) === this.#adding;
          return [];
        }
        return this.#refuse(expression, 'a number is no term; only 0 and 1 stand for the intercept', 'Write I(...).');
      case 'string':
        return this.#refuse(expression, 'a text is no term', 'Write a column name without quotes or in back-ticks.');
      case 'logical':
      case 'missing':
        return this.#refuse(expression, `${deparse(expression)} is no term`);
      case 'name':
        if (expression.name === '.') return this.#refuse(expression, "'.' is not supported", 'Name the columns.');
        return [[this.#install(expression)]];
      case 'parenthesis':
        return this.encode(expression.inner);
      case 'unary':
        if (expression.operator === '+') return this.encode(expression.operand);
        if (expression.operator === '-') return this.#remove([], expression.operand);
        return [[this.#install(expression)]];
      case 'call':
        return [[this.#install(expression)]];
      case 'binary':
        return this.#encodeBinary(expression);
    }
  }

  #encodeBinary(expression: Extract<Expression, { type: 'binary' }>): Term[] {
    const { operator, left, right, position } = expression;
    switch (operator) {
      case '+': {
        const terms = this.encode(left);
        return this.#distinct([...terms, ...this.encode(right)], position);
      }
      case '-':
        return this.#remove(this.encode(left), right);
      case ':': {
        const terms = this.encode(left);
        return this.#products(terms, this.encode(right), position);
      }
      case '*': {
        const a = this.encode(left);
        const b = this.encode(right);
        return this.#distinct([...a, ...b, ...this.#products(a, b, position)], position);
      }
      case '%in%': {
        const terms = this.encode(left);
        const within = union(this.encode(right));
        return this.#distinct(
          terms.map((term) => union([term, within])),
          position,
        );
      }
      case '/': {
        const terms = this.encode(left);
        const outer = union(terms);
        const nested = this.encode(right).map((term) => union([outer, term]));
        return this.#distinct([...terms, ...nested], position);
      }
      case '^': {
        const power = right.type === 'parenthesis' ? right.inner : right;
        if (power.type !== 'number' || !Number.isInteger(power.value) || power.value < 1) {
          return this.#refuse(right, 'the power of terms must be a whole number from 1', 'For x squared write I(x^2).');
        }
        const terms = this.encode(left);
        let result = terms;
        // beyond the number of variables a power adds nothing
        const times = Math.min(power.value, this.variables.length);
        for (let i = 1; i < times; i++) result = this.#products(result, terms, position);
        return result;
      }
      case '|':
      case '||':
        return this.#refuse(
          { ...expression, position },
          'a random term must stand in parentheses of its own',
          'Write it like + (1 | group).',
        );
      default:
        return [[this.#install(expression)]];
    }
  }

  #install(expression: Expression): number {
    const label = deparse(expression);
    let index = this.#indices.get(label);
    if (index === undefined) {
      index = this.variables.length;
      this.#indices.set(label, index);
      this.variables.push({ label, expression });
    }
    return index;
  }

  #remove(terms: readonly Term[], expression: Expression): Term[] {
    this.#adding = !this.#adding;
    const removed = new Set(this.encode(expression).map(key));
    this.#adding = !this.#adding;
    return terms.filter((term) => !removed.has(key(term)));
  }

  #products(left: readonly Term[], right: readonly Term[], position: number): Term[] {
    this.#checkCount(left.length * right.length > MAXIMUM_PAIRS ? Number.POSITIVE_INFINITY : 0, position);
    const found = new Map<string, Term>();
    for (const a of left) {
      for (const b of right) {
        const term = union([a, b]);
        found.set(key(term), term);
        this.#checkCount(found.size, position);
      }
    }
    return [...found.values()];
  }

  #distinct(terms: readonly Term[], position: number): Term[] {
    const found = new Map<string, Term>();
    for (const term of terms) if (!found.has(key(term))) found.set(key(term), term);
    this.#checkCount(found.size, position);
    return [...found.values()];
  }

  #checkCount(count: number, position: number): void {
    if (count > MAXIMUM_TERMS) {
      throw sourceError(this.source, position, `this expands to more than ${MAXIMUM_TERMS} terms`);
    }
  }

  #refuse(expression: Expression, message: string, remedy?: string): never {
    throw sourceError(this.source, expression.position, message, remedy);
  }
}

function union(terms: readonly Term[]): Term {
  return [...new Set(terms.flat())].sort((a, b) => a - b);
}

function key(term: Term): string {
  return term.join(',');
}

/**
 * Which variables of which terms get a full set of indicators instead of contrasts: R's rule. A factor is coded by
 * contrasts when the term without it, or a term that contains that, comes before in the model (the empty term always
 * does); without an intercept the first factor of the model gets indicators.
 *
 * Returns for each term one flag a variable of the term.
 */
export function indicatorFlags(model: ModelTerms, isFactor: readonly boolean[]): boolean[][] {
  const { terms } = model;
  const sets = terms.map((term) => new Set(term));
  const flags = terms.map((term, t) =>
    term.map((variable) => {
      if (!isFactor[variable]) return false;
      const margin = term.filter((other) => other !== variable);
      if (margin.length === 0) return false;
      return !sets.slice(0, t).some((earlier) => margin.every((other) => earlier.has(other)));
    }),
  );
  if (!model.intercept) {
    for (const [t, term] of terms.entries()) {
      const first = term.findIndex((variable) => isFactor[variable]);
      if (first < 0) continue;
      flags[t][first] = true;
      break;
    }
  }
  return flags;
}
