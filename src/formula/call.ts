import { constantText } from './comparison.ts';
import { matchArguments } from './functions.ts';
import { groupMeans } from './group-means.ts';
import { dropUnused, factorOfNumbers, type Grouping, interactionOfAll } from './grouping.ts';
import { extendLevels, extendNumberLevels } from './known-levels.ts';
import { evaluatePolynomial, trainPolynomial } from './polynomial.ts';
import { sourceError } from './source.ts';
import { type CallExpression, deparse, type Expression } from './syntax.ts';
import { learn, recall } from './training.ts';
import type { Scope } from './value.ts';
import {
  type ConstantValue,
  describe,
  type FactorValue,
  mapNumbers,
  mapPairs,
  numbersOf,
  type Value,
} from './value.ts';

/** How the arguments of a call are evaluated; passed in, as expressions evaluate calls in turn. */
type Evaluate = (expression: Expression, scope: Scope) => Value;

const NUMERIC_FUNCTIONS: ReadonlyMap<string, (x: number) => number> = new Map([
  ['log', Math.log],
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['log1p', Math.log1p],
  ['sqrt', Math.sqrt],
  ['exp', Math.exp],
  ['abs', Math.abs],
]);

/** Evaluates a call whose arguments `checkCall` has found to fit. */
export function callFunction(call: CallExpression, scope: Scope, evaluate: Evaluate): Value {
  const given = matchArguments(call);
  const argument = (name: string): Expression => {
    const found = given.get(name);
    if (found === undefined) throw sourceError(scope.source, call.position, `${call.name}() needs '${name}'`);
    return found;
  };
  const numeric = NUMERIC_FUNCTIONS.get(call.name);
  if (numeric !== undefined) {
    const x = numbersOf(evaluate(argument('x'), scope), argument('x'), scope);
    const base = given.get('base');
    if (base === undefined) return mapNumbers(x, numeric, 'numeric');
    const divisor = numbersOf(evaluate(base, scope), base, scope);
    return mapPairs(x, divisor, (value, b) => Math.log(value) / Math.log(b), 'numeric');
  }
  switch (call.name) {
    case 'I':
      return evaluate(argument('x'), scope);
    case 'offset':
      return evaluate(argument('object'), scope);
    case 'is.na':
      return isMissing(evaluate(argument('x'), scope));
    case 'scale':
      return scaleColumn(call, given, scope, evaluate);
    case 'poly':
      return polynomial(call, given, scope, evaluate);
    case 'within':
    case 'between':
      return groupPart(call, given, scope, evaluate);
    case 'factor':
    case 'ordered':
    case 'as.factor':
      return factor(call, given, scope, evaluate);
    case 'relevel':
      return relevel(call, given, scope, evaluate);
    case 'c':
      return list(call, scope, evaluate);
    default:
      throw sourceError(scope.source, call.position, `${call.name}() cannot stand here`);
  }
}

function isMissing(value: Value): Value {
  if (value.kind === 'factor') {
    return { kind: 'logical', values: Float64Array.from(value.codes, (code) => (code < 0 ? 1 : 0)) };
  }
  if (value.kind === 'constant') return { kind: 'constant', values: value.values.map((x) => Number.isNaN(x)) };
  return { kind: 'logical', values: value.values.map((x) => (Number.isNaN(x) ? 1 : 0)) };
}

/** A numeric column of the scope; constants do not do. */
function columnOf(call: CallExpression, expression: Expression, scope: Scope, evaluate: Evaluate): Float64Array {
  const numbers = numbersOf(evaluate(expression, scope), expression, scope);
  if (typeof numbers !== 'number') return numbers;
  throw sourceError(scope.source, expression.position, `${call.name}() needs a column, not a constant`);
}

/** Centred by the mean and divided by the standard deviation of the values that are there. */
function scaleColumn(
  call: CallExpression,
  given: ReadonlyMap<string, Expression>,
  scope: Scope,
  evaluate: Evaluate,
): Value {
  const source = given.get('x') ?? call;
  const x = columnOf(call, source, scope, evaluate);
  const text = deparse(call);
  const trained = recall(scope.training, 'scale', text);
  if (trained) return mapNumbers(x, (value) => (value - trained.center) / trained.scale, 'numeric');
  const center = option(call, given.get('center'), scope, true, evaluate);
  const scaling = option(call, given.get('scale'), scope, true, evaluate);
  let count = 0;
  let sum = 0;
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i])) continue;
    count++;
    sum += x[i];
  }
  const mean = typeof center === 'number' ? center : center ? sum / count : 0;
  let squares = 0;
  for (let i = 0; i < x.length; i++) if (!Number.isNaN(x[i])) squares += (x[i] - mean) ** 2;
  const deviation = typeof scaling === 'number' ? scaling : scaling ? Math.sqrt(squares / Math.max(1, count - 1)) : 1;
  if (count > 0 && deviation === 0) {
    throw sourceError(scope.source, call.position, `'${deparse(source)}' does not vary, scale() divides by zero`);
  }
  learn(scope.training, { kind: 'scale', call: text, center: mean, scale: deviation });
  return mapNumbers(x, (value) => (value - mean) / deviation, 'numeric');
}

/** A switch or number argument: `scale = FALSE`, `center = 10`. */
function option(
  call: CallExpression,
  expression: Expression | undefined,
  scope: Scope,
  fallback: boolean,
  evaluate: Evaluate,
): boolean | number {
  if (expression === undefined) return fallback;
  const value = evaluate(expression, scope);
  if (value.kind === 'constant' && value.values.length === 1 && typeof value.values[0] !== 'string') {
    const [first] = value.values;
    if (!Number.isNaN(first)) return first;
  }
  throw sourceError(scope.source, expression.position, `${call.name}() needs TRUE, FALSE or a number here`);
}

/** The most powers that `poly` gives; beyond that the columns are noise. */
const MAXIMUM_DEGREE = 95;

function polynomial(
  call: CallExpression,
  given: ReadonlyMap<string, Expression>,
  scope: Scope,
  evaluate: Evaluate,
): Value {
  const source = given.get('x') ?? call;
  const x = columnOf(call, source, scope, evaluate);
  const degreeExpression = given.get('degree');
  const degree = degreeExpression === undefined ? 1 : option(call, degreeExpression, scope, false, evaluate);
  if (typeof degree !== 'number' || !Number.isInteger(degree) || degree < 1 || degree > MAXIMUM_DEGREE) {
    throw sourceError(
      scope.source,
      (degreeExpression ?? call).position,
      `the degree of poly() must be a whole number from 1 to ${MAXIMUM_DEGREE}`,
    );
  }
  const raw = option(call, given.get('raw'), scope, false, evaluate) !== false;
  let values: Float64Array | undefined;
  if (raw) {
    values = new Float64Array(x.length * degree);
    for (let k = 0; k < degree; k++) for (let i = 0; i < x.length; i++) values[k * x.length + i] = x[i] ** (k + 1);
  } else {
    const text = deparse(call);
    const known = recall(scope.training, 'poly', text);
    const trained = known ? undefined : trainPolynomial(x, degree);
    if (trained) learn(scope.training, { kind: 'poly', call: text, ...trained.basis });
    values = known ? evaluatePolynomial(known, x) : trained?.values;
  }
  if (values === undefined) {
    throw sourceError(
      scope.source,
      call.position,
      `poly() of degree ${degree} needs more than ${degree} different values of '${deparse(source)}'`,
      'Lower the degree.',
    );
  }
  if (degree === 1) return { kind: 'numeric', values };
  return { kind: 'matrix', values, suffixes: Array.from({ length: degree }, (_, k) => String(k + 1)) };
}

/** The mean of x by group (`between`), or what x has beyond it (`within`). */
function groupPart(
  call: CallExpression,
  given: ReadonlyMap<string, Expression>,
  scope: Scope,
  evaluate: Evaluate,
): Value {
  const source = given.get('x') ?? call;
  const group = given.get('g') ?? call;
  const x = columnOf(call, source, scope, evaluate);
  const means = groupMeans(
    x,
    groupsOf(group, scope, evaluate),
    `mean(${deparse(source)}, ${deparse(group)})`,
    scope.training,
  );
  if (call.name === 'between') return { kind: 'numeric', values: means };
  return { kind: 'numeric', values: means.map((mean, i) => x[i] - mean) };
}

/** The groups that `g` or `a:b` names. */
function groupsOf(expression: Expression, scope: Scope, evaluate: Evaluate): Grouping {
  if (expression.type === 'parenthesis') return groupsOf(expression.inner, scope, evaluate);
  if (expression.type === 'binary' && expression.operator === ':') {
    return interactionOfAll(groupsOf(expression.left, scope, evaluate), groupsOf(expression.right, scope, evaluate));
  }
  return toFactor(evaluate(expression, scope), expression, scope);
}

/** Any value as a factor: numbers in increasing order, logicals FALSE before TRUE. */
export function toFactor(value: Value, expression: Expression, scope: Scope): FactorValue {
  switch (value.kind) {
    case 'factor':
      return value;
    case 'numeric':
      return { kind: 'factor', ...factorOfNumbers(value.values), ordered: false };
    case 'logical': {
      const codes = new Int32Array(value.values.length);
      for (let i = 0; i < codes.length; i++) codes[i] = Number.isNaN(value.values[i]) ? -1 : value.values[i];
      return { kind: 'factor', levels: ['FALSE', 'TRUE'], codes, ordered: false };
    }
    default:
      throw sourceError(scope.source, expression.position, `'${deparse(expression)}' is ${describe(value)}`);
  }
}

function factor(call: CallExpression, given: ReadonlyMap<string, Expression>, scope: Scope, evaluate: Evaluate): Value {
  const expression = given.get('x') ?? call;
  const value = evaluate(expression, scope);
  const text = deparse(call);
  const trained = recall(scope.training, 'factor', text);
  const from = trained ? trainedFactor(trained.levels, value, expression, scope) : toFactor(value, expression, scope);
  const levelsExpression = given.get('levels');
  const labelsExpression = given.get('labels');
  const orderedExpression = given.get('ordered');
  let { levels, codes } = from;
  let { ordered } = from;
  if (call.name === 'ordered') ordered = true;
  if (orderedExpression !== undefined) ordered = option(call, orderedExpression, scope, false, evaluate) !== false;
  if (levelsExpression !== undefined) {
    const wanted = texts(call, levelsExpression, scope, evaluate);
    const position = new Map(wanted.map((level, code) => [level, code]));
    const translated = levels.map((level) => position.get(level) ?? -1);
    codes = codes.map((code) => (code < 0 ? -1 : translated[code]));
    levels = wanted;
  } else if (call.name !== 'as.factor' && !trained) {
    ({ levels, codes } = dropUnused({ levels, codes }));
  }
  learn(scope.training, { kind: 'factor', call: text, levels });
  if (labelsExpression !== undefined) {
    const labels = texts(call, labelsExpression, scope, evaluate);
    // levels that are new since the training keep their own texts
    const known = trained ? Math.min(levels.length, trained.levels.length) : levels.length;
    if (labels.length !== known) {
      throw sourceError(
        scope.source,
        labelsExpression.position,
        `${labels.length} labels for ${levels.length} levels (${levels.join(', ')})`,
      );
    }
    levels = [...labels, ...levels.slice(known)];
  }
  return { kind: 'factor', levels, codes, ordered };
}

/** A factor of other data in the levels that a call was trained on. */
function trainedFactor(levels: readonly string[], value: Value, expression: Expression, scope: Scope): FactorValue {
  const ordered = value.kind === 'factor' && value.ordered;
  if (value.kind === 'numeric') return { kind: 'factor', ...extendNumberLevels(levels, value.values), ordered };
  return { kind: 'factor', ...extendLevels(levels, toFactor(value, expression, scope)), ordered };
}

function relevel(
  call: CallExpression,
  given: ReadonlyMap<string, Expression>,
  scope: Scope,
  evaluate: Evaluate,
): Value {
  const expression = given.get('x') ?? call;
  const value = evaluate(expression, scope);
  const text = deparse(call);
  const trained = recall(scope.training, 'factor', text);
  const { levels, codes, ordered } = trained
    ? trainedFactor(trained.levels, value, expression, scope)
    : toFactor(value, expression, scope);
  learn(scope.training, { kind: 'factor', call: text, levels });
  const reference = given.get('ref') ?? call;
  const [wanted, ...more] = texts(call, reference, scope, evaluate);
  const first = levels.indexOf(wanted);
  if (first < 0 || more.length > 0) {
    throw sourceError(
      scope.source,
      reference.position,
      'ref must be one of the levels',
      `They are ${levels.join(', ')}.`,
    );
  }
  const moved = [wanted, ...levels.filter((_, code) => code !== first)];
  const shift = (code: number) => (code === first ? 0 : code >= 0 && code < first ? code + 1 : code);
  return { kind: 'factor', levels: moved, codes: codes.map(shift), ordered };
}

/** Distinct constants as texts of levels. */
function texts(call: CallExpression, expression: Expression, scope: Scope, evaluate: Evaluate): string[] {
  const value = evaluate(expression, scope);
  if (value.kind !== 'constant') {
    throw sourceError(
      scope.source,
      expression.position,
      `${call.name}() needs constants here`,
      "Write them like c('a', 'b').",
    );
  }
  const found = value.values.map(constantText);
  if (new Set(found).size < found.length) {
    throw sourceError(scope.source, expression.position, 'a level comes twice');
  }
  return found;
}

function list(call: CallExpression, scope: Scope, evaluate: Evaluate): ConstantValue {
  const values = call.arguments.flatMap(({ value }) => {
    const part = evaluate(value, scope);
    if (part.kind !== 'constant') {
      throw sourceError(
        scope.source,
        value.position,
        `c() holds constants, '${deparse(value)}' is ${describe(part)}`,
        'Put quotes round text.',
      );
    }
    return part.values;
  });
  return { kind: 'constant', values };
}
