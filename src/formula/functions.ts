import { nearestName } from '../errors.ts';
import { STRUCTURES } from '../types/residual.ts';
import { NUMERIC_FUNCTIONS } from './numeric-functions.ts';
import { type SourceText, sourceError } from './source.ts';
import type { BinaryExpression, CallExpression, Expression } from './syntax.ts';

/** Parameters of the functions that expressions may call, R's names and order. */
interface Signature {
  readonly parameters: readonly string[];
  /** How many of them must be given; of a variadic function, how many arguments without a name. */
  readonly required: number;
  /** Any number of arguments without a name; the parameters are given by name only. */
  readonly variadic?: true;
}

/** Functions that take any number of arguments under any names. */
const LISTS = 'lists';

const CUT_PARAMETERS = ['x', 'breaks', 'labels', 'include.lowest', 'right', 'dig.lab', 'ordered_result'];

const SIGNATURES: ReadonlyMap<string, Signature | typeof LISTS> = new Map<string, Signature | typeof LISTS>([
  ['I', { parameters: ['x'], required: 1 }],
  ['log', { parameters: ['x', 'base'], required: 1 }],
  ...[...NUMERIC_FUNCTIONS.keys(), 'is.na', 'as.factor'].map((name): [string, Signature] => [
    name,
    { parameters: ['x'], required: 1 },
  ]),
  ['round', { parameters: ['x', 'digits'], required: 1 }],
  ['pmin', { parameters: ['na.rm'], required: 1, variadic: true }],
  ['pmax', { parameters: ['na.rm'], required: 1, variadic: true }],
  ['poly', { parameters: ['x', 'degree', 'raw'], required: 1 }],
  ['ns', { parameters: ['x', 'df', 'knots', 'intercept', 'Boundary.knots'], required: 1 }],
  ['bs', { parameters: ['x', 'df', 'knots', 'degree', 'intercept', 'Boundary.knots'], required: 1 }],
  ['scale', { parameters: ['x', 'center', 'scale'], required: 1 }],
  ['factor', { parameters: ['x', 'levels', 'labels', 'ordered'], required: 1 }],
  ['ordered', { parameters: ['x', 'levels', 'labels'], required: 1 }],
  ['relevel', { parameters: ['x', 'ref'], required: 2 }],
  ['cut', { parameters: CUT_PARAMETERS, required: 2 }],
  ['interaction', { parameters: ['drop', 'sep', 'lex.order'], required: 1, variadic: true }],
  ['ifelse', { parameters: ['test', 'yes', 'no'], required: 3 }],
  ['within', { parameters: ['x', 'g'], required: 2 }],
  ['between', { parameters: ['x', 'g'], required: 2 }],
  ['offset', { parameters: ['object'], required: 1 }],
  ['c', LISTS],
  ['cbind', LISTS],
]);

/** Structures that the covariance of a random term may have: `ar1(0 + visit | g)`; `us` is what a bar alone means. */
export const TERM_STRUCTURES = ['us', 'cs', 'ar1', 'diag'] as const;
export type TermStructure = (typeof TERM_STRUCTURES)[number];

export function isTermStructure(name: string): name is TermStructure {
  return TERM_STRUCTURES.some((structure) => structure === name);
}

/** The bar within `ar1(0 + visit | g)`; throws the error of the source for a call without one. */
export function structuredBar(call: CallExpression, source: SourceText): BinaryExpression {
  const { name, position } = call;
  if (!isTermStructure(name)) {
    throw sourceError(
      source,
      position,
      `${name} is no structure of random effects`,
      `They have ${TERM_STRUCTURES.join(', ')}; of residuals there is “residual: ${name}(visit | subject)”.`,
    );
  }
  const [bar, more] = call.arguments;
  if (bar?.value.type === 'binary' && bar.value.operator === '|' && bar.name === undefined && more === undefined) {
    return bar.value;
  }
  throw sourceError(
    source,
    bar?.value.type === 'binary' && bar.value.operator === '||' ? bar.value.position : position,
    `${name}() holds one random term, with one bar`,
    `Write it like ${name}(0 + visit | group).`,
  );
}

/** Refuses calls of unknown functions and calls with arguments that do not fit. */
export function checkCall(call: CallExpression, source: SourceText): void {
  if (source.noun === 'formula' && STRUCTURES.some((structure) => structure === call.name)) {
    structuredBar(call, source);
    return;
  }
  const signature = SIGNATURES.get(call.name);
  if (signature === undefined) {
    const near = nearestName(call.name, SIGNATURES.keys());
    throw sourceError(
      source,
      call.position,
      `unknown function '${call.name}'${near === undefined ? '' : `; did you mean '${near}'?`}`,
      `Functions are ${[...SIGNATURES.keys()].join(', ')}; compute anything else into a column of the table.`,
    );
  }
  if (signature === LISTS) {
    if (call.arguments.length === 0) throw sourceError(source, call.position, `${call.name}() needs an argument`);
    return;
  }
  const { parameters, required, variadic = false } = signature;
  for (const argument of call.arguments) {
    if (argument.name !== undefined && !parameters.includes(argument.name)) {
      const near = nearestName(argument.name, parameters);
      throw sourceError(
        source,
        argument.value.position,
        `${call.name}() has no argument '${argument.name}'${near === undefined ? '' : `; did you mean '${near}'?`}`,
        variadic ? `By name it takes ${parameters.join(', ')}.` : `Its arguments are ${parameters.join(', ')}.`,
      );
    }
  }
  const named = call.arguments.flatMap((argument) => argument.name ?? []);
  const most = variadic ? Number.POSITIVE_INFINITY : parameters.length;
  if (call.arguments.length > most || new Set(named).size < named.length) {
    throw sourceError(
      source,
      call.position,
      `too many arguments for ${call.name}()`,
      `Its arguments are ${parameters.join(', ')}.`,
    );
  }
  if (variadic) {
    if (call.arguments.length - named.length >= required) return;
    throw sourceError(
      source,
      call.position,
      `${call.name}() needs ${required === 1 ? 'an argument' : `${required} arguments`}`,
    );
  }
  const given = matchArguments(call);
  for (const parameter of parameters.slice(0, required)) {
    if (!given.has(parameter)) {
      throw sourceError(source, call.position, `${call.name}() needs the argument '${parameter}'`);
    }
  }
}

/** Arguments of a checked call by parameter: named ones first, the others in order. */
export function matchArguments(call: CallExpression): ReadonlyMap<string, Expression> {
  const signature = SIGNATURES.get(call.name);
  const matched = new Map<string, Expression>();
  if (signature === undefined || signature === LISTS) return matched;
  for (const argument of call.arguments) if (argument.name !== undefined) matched.set(argument.name, argument.value);
  if (signature.variadic) return matched;
  const free = signature.parameters.filter((parameter) => !matched.has(parameter));
  let next = 0;
  for (const argument of call.arguments) if (argument.name === undefined) matched.set(free[next++], argument.value);
  return matched;
}
