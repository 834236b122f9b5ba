import { polynomial, scaleColumn, spline } from './basis-call.ts';
import { CallArguments, type Evaluate } from './call-arguments.ts';
import { extremes, logarithm, rounded } from './elementwise.ts';
import { factor, relevel, toFactor } from './factor-call.ts';
import { groupMeans } from './group-means.ts';
import { type Grouping, interactionOfAll } from './grouping.ts';
import { choose, cut, interaction } from './made-factors.ts';
import { NUMERIC_FUNCTIONS } from './numeric-functions.ts';
import { sourceError } from './source.ts';
import { type CallExpression, deparse, type Expression } from './syntax.ts';
import type { Scope } from './value.ts';
import { type ConstantValue, describe, mapNumbers, type Value } from './value.ts';

/** Evaluates a call whose arguments `checkCall` has found to fit. */
export function callFunction(call: CallExpression, scope: Scope, evaluate: Evaluate): Value {
  const given = new CallArguments(call, scope, evaluate);
  const numeric = NUMERIC_FUNCTIONS.get(call.name);
  if (numeric !== undefined) return mapNumbers(given.numbers('x'), numeric, 'numeric');
  switch (call.name) {
    case 'I':
      return given.value('x');
    case 'offset':
      return given.value('object');
    case 'log':
      return logarithm(given);
    case 'round':
      return rounded(given);
    case 'pmin':
    case 'pmax':
      return extremes(given);
    case 'is.na':
      return isMissing(given.value('x'));
    case 'scale':
      return scaleColumn(given);
    case 'poly':
      return polynomial(given);
    case 'ns':
    case 'bs':
      return spline(given);
    case 'within':
    case 'between':
      return groupPart(given);
    case 'factor':
    case 'ordered':
    case 'as.factor':
      return factor(given);
    case 'relevel':
      return relevel(given);
    case 'cut':
      return cut(given);
    case 'interaction':
      return interaction(given);
    case 'ifelse':
      return choose(given);
    case 'c':
      return list(given);
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

/** The mean of x by group (`between`), or what x has beyond it (`within`). */
function groupPart(given: CallArguments): Value {
  const { call, scope } = given;
  const group = given.expression('g');
  const x = given.column('x');
  const means = groupMeans(
    x,
    groupsOf(group, given),
    `mean(${deparse(given.expression('x'))}, ${deparse(group)})`,
    scope.training,
  );
  if (call.name === 'between') return { kind: 'numeric', values: means };
  return { kind: 'numeric', values: means.map((mean, i) => x[i] - mean) };
}

/** The groups that `g` or `a:b` names. */
function groupsOf(expression: Expression, given: CallArguments): Grouping {
  if (expression.type === 'parenthesis') return groupsOf(expression.inner, given);
  if (expression.type === 'binary' && expression.operator === ':') {
    return interactionOfAll(groupsOf(expression.left, given), groupsOf(expression.right, given));
  }
  return toFactor(given.evaluate(expression, given.scope), expression, given.scope);
}

function list({ call, scope, evaluate }: CallArguments): ConstantValue {
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
