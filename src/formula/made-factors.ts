/** Functions of formulas that make factors of columns: `cut`, `interaction`, and `ifelse` where it chooses texts. */
import { compareCodePoints } from '../data/table/level-order.ts';
import type { CallArguments } from './call-arguments.ts';
import { dropUnused, type Grouping, interactionOfAll } from './grouping.ts';
import { equalBreaks, type IntervalEnds, intervalCodes, intervalLabels } from './intervals.ts';
import { sourceError } from './source.ts';
import { deparse, type Expression } from './syntax.ts';
import { learn, recall } from './training.ts';
import { describe, type FactorValue, numbersOf, scopeRows, type Value } from './value.ts';

/** Intervals and digits beyond which a label says nothing. */
const MOST_INTERVALS = 10_000;
const MOST_DIGITS = 22;

/** `cut`: the interval of each value. A number of intervals is turned into breaks once, which are learned. */
export function cut(given: CallArguments): Value {
  const x = given.column('x');
  const breaks = breaksOf(given, x);
  const ends: IntervalEnds = {
    right: given.isOn('right', true),
    includeLowest: given.isOn('include.lowest', false),
  };
  const digits = given.wholeNumber('dig.lab', 3, 1, MOST_DIGITS);
  const codes = intervalCodes(x, breaks, ends);
  const labels = labelsOf(given, breaks.length - 1);
  if (labels === null) {
    return { kind: 'numeric', values: Float64Array.from(codes, (code) => (code < 0 ? Number.NaN : code + 1)) };
  }
  const ordered = given.isOn('ordered_result', false);
  return { kind: 'factor', levels: labels ?? intervalLabels(breaks, ends, digits), codes, ordered };
}

function breaksOf(given: CallArguments, x: Float64Array): readonly number[] {
  const { text } = given;
  const { training } = given.scope;
  const breaks = given.numberList('breaks').sort((a, b) => a - b);
  if (breaks.length > 1) {
    if (breaks.some((end, i) => i > 0 && end === breaks[i - 1])) given.fail('breaks', 'a break comes twice');
    return breaks;
  }
  const known = recall(training, 'cut', text);
  if (known) return known.breaks;
  const count = given.wholeNumber('breaks', 0, 2, MOST_INTERVALS);
  const what = deparse(given.expression('x'));
  const found = equalBreaks(x, count);
  if (found === undefined) given.fail('x', `'${what}' has no value to cut`);
  if (found.some((end, i) => i > 0 && !(end > found[i - 1]))) {
    given.fail('breaks', `the range of '${what}' has no room for ${count} intervals`);
  }
  learn(training, { kind: 'cut', call: text, breaks: found });
  return found;
}

/** The labels that the call gives: undefined without any, null for `labels = FALSE`, which asks for the numbers. */
function labelsOf(given: CallArguments, count: number): string[] | null | undefined {
  if (!given.has('labels')) return undefined;
  const labels = given.constants('labels', "c('low', 'high')");
  if (labels.length === 1 && labels[0] === false) return null;
  if (labels.length === count) return given.texts('labels');
  const found = labels.length === 1 ? '1 label' : `${labels.length} labels`;
  return given.fail('labels', `${found} for ${count === 1 ? '1 interval' : `${count} intervals`}`);
}

/** `interaction`: the combinations of levels that occur, the first factor varying fastest unless `lex.order` is TRUE. */
export function interaction(given: CallArguments): Value {
  const separator = given.has('sep') ? given.texts('sep').join('') : '.';
  const lexical = given.isOn('lex.order', false);
  const [first, ...others] = given.rest.map((expression) => asFactor(given, expression));
  const { levels, codes } = others.reduce<Grouping>(
    (before, next) =>
      lexical
        ? interactionOfAll(before, next, (outer, inner) => outer + separator + inner)
        : interactionOfAll(next, before, (outer, inner) => inner + separator + outer),
    dropUnused(first),
  );
  // combinations that read alike are one level, as in R
  const distinct = [...new Set(levels)];
  const place = new Map(distinct.map((level, code) => [level, code]));
  const merged = levels.map((level) => place.get(level) ?? -1);
  return {
    kind: 'factor',
    levels: distinct,
    codes: codes.map((code) => (code < 0 ? -1 : merged[code])),
    ordered: false,
  };
}

/** An argument as a factor; numbers keep the texts of the levels that they had in the fit. */
function asFactor({ scope, evaluate }: CallArguments, expression: Expression): FactorValue {
  const value = evaluate(expression, scope);
  if (value.kind === 'factor') return value;
  const { position } = expression;
  const factor = evaluate({ type: 'call', name: 'as.factor', arguments: [{ value: expression }], position }, scope);
  if (factor.kind === 'factor') return factor;
  throw sourceError(scope.source, position, `'${deparse(expression)}' is ${describe(value)}`);
}

/** `ifelse`: by row one of two numbers, or of two texts, which make a factor with its levels sorted. */
export function choose(given: CallArguments): Value {
  const test = given.numbers('test');
  if (typeof test === 'number') given.fail('test', 'the test of ifelse() reads no column');
  const yes = given.value('yes');
  const no = given.value('no');
  if (isText(yes) || isText(no)) return chooseTexts(given, test, yes, no);
  const first = numbersOf(yes, given.expression('yes'), given.scope);
  const second = numbersOf(no, given.expression('no'), given.scope);
  const values = test.map((truth, i) => {
    if (Number.isNaN(truth)) return Number.NaN;
    const chosen = truth === 0 ? second : first;
    return typeof chosen === 'number' ? chosen : chosen[i];
  });
  return { kind: isLogical(yes) && isLogical(no) ? 'logical' : 'numeric', values };
}

function chooseTexts(given: CallArguments, test: Float64Array, yes: Value, no: Value): FactorValue {
  const whenTrue = textsOf(given, 'yes', yes);
  const whenFalse = textsOf(given, 'no', no);
  const levels = [...new Set([...whenTrue.levels, ...whenFalse.levels])].sort(compareCodePoints);
  const place = new Map(levels.map((level, code) => [level, code]));
  const codes = Int32Array.from(test, (truth, i) => {
    if (Number.isNaN(truth)) return -1;
    const chosen = truth === 0 ? whenFalse : whenTrue;
    return place.get(chosen.levels[chosen.codes[i]]) ?? -1;
  });
  return { kind: 'factor', ...dropUnused({ levels, codes }), ordered: false };
}

/** A factor, a text for all rows, or NA for all of them. */
function textsOf(given: CallArguments, name: 'yes' | 'no', value: Value): Grouping {
  if (value.kind === 'factor') return value;
  const [constant, ...more] = value.kind === 'constant' ? value.values : [];
  if (constant === undefined || more.length > 0 || (typeof constant !== 'string' && !Number.isNaN(constant))) {
    given.fail(
      name,
      `ifelse() chooses between text and '${deparse(given.expression(name))}', which is ${describe(value)}`,
      'Give it two numbers or two texts.',
    );
  }
  const levels = typeof constant === 'string' ? [constant] : [];
  return { levels, codes: new Int32Array(scopeRows(given.scope)).fill(levels.length - 1) };
}

function isText(value: Value): boolean {
  return (
    value.kind === 'factor' || (value.kind === 'constant' && value.values.some((each) => typeof each === 'string'))
  );
}

function isLogical(value: Value): boolean {
  if (value.kind === 'logical') return true;
  return value.kind === 'constant' && value.values.every((each) => typeof each === 'boolean');
}
