import type { CallArguments } from './call-arguments.ts';
import { dropUnused, factorOfNumbers } from './grouping.ts';
import { extendLevels, extendNumberLevels } from './known-levels.ts';
import { sourceError } from './source.ts';
import { deparse, type Expression } from './syntax.ts';
import { learn, recall } from './training.ts';
import { describe, type FactorValue, type Scope, type Value } from './value.ts';

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

/** `factor`, `ordered` and `as.factor`: the levels that are found are learned. */
export function factor(given: CallArguments): Value {
  const { call, scope, text } = given;
  const expression = given.expression('x');
  const value = given.value('x');
  const trained = recall(scope.training, 'factor', text);
  const from = trained ? trainedFactor(trained.levels, value, expression, scope) : toFactor(value, expression, scope);
  let { levels, codes } = from;
  const ordered = call.name === 'ordered' || given.isOn('ordered', from.ordered);
  if (given.has('levels')) {
    const wanted = given.texts('levels');
    const position = new Map(wanted.map((level, code) => [level, code]));
    const translated = levels.map((level) => position.get(level) ?? -1);
    codes = codes.map((code) => (code < 0 ? -1 : translated[code]));
    levels = wanted;
  } else if (call.name !== 'as.factor' && !trained) {
    ({ levels, codes } = dropUnused({ levels, codes }));
  }
  learn(scope.training, { kind: 'factor', call: text, levels });
  if (given.has('labels')) {
    const labels = given.texts('labels');
    // levels that are new since the training keep their own texts
    const known = trained ? Math.min(levels.length, trained.levels.length) : levels.length;
    if (labels.length !== known) {
      given.fail('labels', `${labels.length} labels for ${levels.length} levels (${levels.join(', ')})`);
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

/** `relevel`: one of the levels comes first. */
export function relevel(given: CallArguments): Value {
  const { scope, text } = given;
  const expression = given.expression('x');
  const value = given.value('x');
  const trained = recall(scope.training, 'factor', text);
  const { levels, codes, ordered } = trained
    ? trainedFactor(trained.levels, value, expression, scope)
    : toFactor(value, expression, scope);
  learn(scope.training, { kind: 'factor', call: text, levels });
  const [wanted, ...more] = given.texts('ref');
  const first = levels.indexOf(wanted);
  if (first < 0 || more.length > 0) {
    given.fail('ref', 'ref must be one of the levels', `They are ${levels.join(', ')}.`);
  }
  const moved = [wanted, ...levels.filter((_, code) => code !== first)];
  const shift = (code: number) => (code === first ? 0 : code >= 0 && code < first ? code + 1 : code);
  return { kind: 'factor', levels: moved, codes: codes.map(shift), ordered };
}
