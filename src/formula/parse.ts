import { FitError } from '../errors.ts';
import { isTermStructure, structuredBar, type TermStructure } from './functions.ts';
import { type GroupingFactor, parseGrouping } from './grouping.ts';
import { ExpressionParser } from './pratt.ts';
import { formulaSource, type SourceText, sourceError } from './source.ts';
import { type BinaryExpression, collectNames, deparse, type Expression, standaloneText, visit } from './syntax.ts';
import { expandTerms, type ModelTerms } from './terms.ts';

/** A response of a formula. */
export interface ResponseExpression {
  /** Its text, which names the response: `y`, `log(y + 20)`. */
  readonly name: string;
  readonly expression: Expression;
}

/** One random term with one grouping factor; `||` and `/` are resolved into several. */
export interface RandomPart {
  /** As in the formula or its expansion: `0 + x | g`. */
  readonly text: string;
  readonly terms: ModelTerms;
  readonly group: GroupingFactor;
  /** Covariance of the effects of a level, where the formula gives one; any without it. */
  readonly structure?: Exclude<TermStructure, 'us'>;
}

/** A random term as it stands in a formula: `(0 + x | g)`, `ar1(0 + visit | g)`. */
export function randomPartText({
  text,
  structure,
}: {
  readonly text: string;
  readonly structure?: RandomPart['structure'] | undefined;
}): string {
  return `${structure ?? ''}(${text})`;
}

/** A parsed formula with its terms expanded; plain data. */
export interface Formula {
  readonly source: string;
  /** Left side; empty where there is none. */
  readonly responses: readonly ResponseExpression[];
  readonly fixed: ModelTerms;
  /** In the order in which lme4 finds them, before it sorts them by number of levels. */
  readonly random: readonly RandomPart[];
}

/**
 * Parses a formula of R's language with lme4's random terms. The left side is optional.
 *
 * Throws FormulaError with the column of the mistake.
 */
export function parseFormula(source: string): Formula {
  if (typeof source !== 'string') {
    throw new FitError('FormulaError', 'the formula is no text', {
      source: '',
      position: 1,
      remedy: "Give it as text: { formula: 'y ~ x + (1 | g)' }.",
    });
  }
  const sourceText = formulaSource(source);
  const parser = new ExpressionParser(sourceText);
  let left: Expression | undefined;
  if (!parser.at('~')) {
    left = parser.expression();
    if (!parser.at('~')) {
      if (parser.token.kind !== 'end') parser.end();
      parser.fail(parser.token.position, "there is no '~'", 'Write ~ before the terms, after the response if any.');
    }
  }
  parser.advance();
  if (parser.token.kind === 'end') parser.unexpected('Write the terms behind the ~, or 1 for the intercept alone.');
  const right = parser.expression();
  if (parser.at('~')) parser.unexpected('A formula has one ~.');
  parser.end();

  const responses = left === undefined ? [] : parseResponses(left, sourceText);
  const random: RandomPart[] = [];
  const fixed = takeRandomTerms(right, sourceText, random);
  const response = responses.length === 1 ? deparse(responses[0].expression) : undefined;
  const formula: Formula = { source, responses, fixed: expandTerms(fixed, sourceText, response), random };
  visitVariables(formula, (expression) => checkPlaces(expression, sourceText));
  return formula;
}

/** The responses that the left side names. */
export function responseExpressions(formula: Formula): readonly ResponseExpression[] {
  return formula.responses;
}

/** Names of the columns that a formula reads, grouping factors and offsets included; `rightOnly` leaves out those of the left side. */
export function formulaVariables(formula: Formula, options: { readonly rightOnly?: boolean } = {}): string[] {
  const names = new Set<string>();
  if (options.rightOnly !== true) {
    for (const response of formula.responses) collectNames(response.expression, names);
  }
  visitVariables(formula, (expression) => collectNames(expression, names));
  return [...names];
}

/** Calls back with every variable of the right side, fixed and random, in the order of the formula's parts. */
export function visitVariables(formula: Formula, visitor: (expression: Expression, label: string) => void): void {
  const parts = [formula.fixed, ...formula.random.flatMap((part) => [part.terms, part.group])];
  for (const part of parts) for (const { expression, label } of part.variables) visitor(expression, label);
}

function parseResponses(left: Expression, source: SourceText): ResponseExpression[] {
  if (left.type === 'parenthesis') return parseResponses(left.inner, source);
  const parts =
    left.type === 'call' && left.name === 'cbind'
      ? left.arguments.map(({ name, value }) => ({ name: name ?? standaloneText(value), expression: value }))
      : [{ name: standaloneText(left), expression: left }];
  const seen = new Set<string>();
  for (const { name, expression } of parts) {
    const names = new Set<string>();
    collectNames(expression, names);
    if (names.size === 0) throw sourceError(source, expression.position, 'this response reads no column');
    if (names.has('.')) throw sourceError(source, expression.position, "'.' is not supported", 'Name the columns.');
    if (seen.has(name)) throw sourceError(source, expression.position, `response '${name}' comes twice`);
    seen.add(name);
    visit(expression, (part) => {
      if (
        part.type === 'call' &&
        (['cbind', 'offset', 'poly', 'ns', 'bs'].includes(part.name) || isTermStructure(part.name))
      ) {
        throw sourceError(source, part.position, `${part.name}() cannot stand within a response`);
      }
    });
  }
  return parts;
}

/** Moves the random terms of a sum into `random`; returns what is left, undefined if nothing is. */
function takeRandomTerms(expression: Expression, source: SourceText, random: RandomPart[]): Expression | undefined {
  if (expression.type === 'parenthesis') {
    const inner = unwrap(expression);
    if (isBar(inner)) {
      addRandomTerm(inner, source, random);
      return undefined;
    }
    const rest = takeRandomTerms(expression.inner, source, random);
    return rest === undefined ? undefined : { ...expression, inner: rest };
  }
  if (expression.type === 'call' && isTermStructure(expression.name)) {
    const { name } = expression;
    addRandomTerm(structuredBar(expression, source), source, random, name === 'us' ? undefined : name);
    return undefined;
  }
  if (expression.type === 'unary' && expression.operator === '+') {
    return takeRandomTerms(expression.operand, source, random);
  }
  if (expression.type === 'binary' && (expression.operator === '+' || expression.operator === '-')) {
    const left = takeRandomTerms(expression.left, source, random);
    if (expression.operator === '-') {
      refuseBars(expression.right, source);
      return left === undefined
        ? { type: 'unary', operator: '-', operand: expression.right, position: expression.position }
        : { ...expression, left };
    }
    const right = takeRandomTerms(expression.right, source, random);
    if (left === undefined || right === undefined) return left ?? right;
    return { ...expression, left, right };
  }
  refuseBars(expression, source);
  return expression;
}

type Bar = BinaryExpression & { readonly operator: '|' | '||' };

function isBar(expression: Expression): expression is Bar {
  return expression.type === 'binary' && (expression.operator === '|' || expression.operator === '||');
}

function unwrap(expression: Expression): Expression {
  return expression.type === 'parenthesis' ? unwrap(expression.inner) : expression;
}

/** Refuses a random term in any place but a sum. */
function refuseBars(expression: Expression, source: SourceText): void {
  const bar = findBar(expression);
  if (bar === undefined) return;
  throw sourceError(
    source,
    bar.position,
    'a random term must stand in parentheses of its own, joined to the other terms by +',
    'Write it like + (1 | group).',
  );
}

/** The first bar outside of functions, where | means 'or'. */
export function findBar(expression: Expression): BinaryExpression | undefined {
  switch (expression.type) {
    case 'parenthesis':
      return findBar(expression.inner);
    case 'unary':
      return findBar(expression.operand);
    case 'binary':
      return isBar(expression) ? expression : (findBar(expression.left) ?? findBar(expression.right));
    default:
      return undefined;
  }
}

function addRandomTerm(
  bar: BinaryExpression,
  source: SourceText,
  random: RandomPart[],
  structure?: RandomPart['structure'],
): void {
  refuseBars(bar.left, source);
  const whole = expandTerms(bar.left, source);
  if (whole.offsets.length > 0) {
    throw sourceError(source, bar.left.position, 'an offset cannot stand in a random term');
  }
  if (!whole.intercept && whole.terms.length === 0) {
    throw sourceError(source, bar.left.position, 'this random term has no column', 'Write (1 | group).');
  }
  const groups = parseGrouping(bar.right, source);
  if (structure === 'ar1' && (whole.intercept || whole.terms.length !== 1 || whole.terms[0].length !== 1)) {
    throw sourceError(
      source,
      bar.left.position,
      'ar1() needs one effect for each level of one factor',
      `Write the factor without an intercept: ar1(0 + visit | ${groups[0].name}).`,
    );
  }
  const lefts = bar.operator === '||' ? separateTerms(whole) : [{ text: deparse(bar.left), terms: whole }];
  for (const { text, terms } of lefts) {
    for (const group of groups) {
      const part = { text: `${text} | ${group.name}`, terms, group };
      random.push(structure === undefined ? part : { ...part, structure });
    }
  }
}

/** The uncorrelated parts of `(x + f || g)`: `1`, `0 + x`, `0 + f`. */
function separateTerms(whole: ModelTerms): { text: string; terms: ModelTerms }[] {
  const parts = whole.terms.map((term, t) => ({
    text: `0 + ${whole.labels[t]}`,
    terms: {
      variables: term.map((index) => whole.variables[index]),
      intercept: false,
      terms: [term.map((_, i) => i)],
      labels: [whole.labels[t]],
      offsets: [],
    },
  }));
  if (!whole.intercept) return parts;
  return [{ text: '1', terms: { variables: [], intercept: true, terms: [], labels: [], offsets: [] } }, ...parts];
}

/** Checks what no function's signature tells: where functions and constants may stand. */
export function checkPlaces(variable: Expression, source: SourceText): void {
  const names = new Set<string>();
  collectNames(variable, names);
  if (names.size === 0) {
    throw sourceError(source, variable.position, `'${deparse(variable)}' reads no column`);
  }
  visit(variable, (part) => {
    if (part.type === 'name' && part.name === '.') {
      throw sourceError(source, part.position, "'.' is not supported", 'Name the columns.');
    }
    if (part.type !== 'call') return;
    if (isTermStructure(part.name)) {
      throw sourceError(
        source,
        part.position,
        `the random term ${part.name}() must stand alone, joined to the other terms by +`,
        `Write it like + ${part.name}(0 + visit | group).`,
      );
    }
    if (part.name === 'cbind') {
      throw sourceError(source, part.position, 'cbind() joins responses, on the left of ~ only');
    }
    if (part.name === 'offset' && part !== variable) {
      throw sourceError(source, part.position, 'offset() cannot stand within a function');
    }
  });
}
