import type { CallArguments } from './call-arguments.ts';
import { evaluatePolynomial, trainPolynomial } from './polynomial.ts';
import { fewestColumns, quantileKnots, type SplineKnots, type SplineShape, splineColumns } from './spline-basis.ts';
import { deparse } from './syntax.ts';
import { learn, recall } from './training.ts';
import { mapNumbers, type Value } from './value.ts';

/** `scale`: centred by the mean and divided by the standard deviation of the values that are there. */
export function scaleColumn(given: CallArguments): Value {
  const { training } = given.scope;
  const { text } = given;
  const x = given.column('x');
  const trained = recall(training, 'scale', text);
  if (trained) return mapNumbers(x, (value) => (value - trained.center) / trained.scale, 'numeric');
  const center = given.option('center', true);
  const scaling = given.option('scale', true);
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
    given.fail(undefined, `'${deparse(given.expression('x'))}' does not vary, scale() divides by zero`);
  }
  learn(training, { kind: 'scale', call: text, center: mean, scale: deviation });
  return mapNumbers(x, (value) => (value - mean) / deviation, 'numeric');
}

/** The most powers that `poly` gives; beyond that the columns are noise. */
const MAXIMUM_DEGREE = 95;

/** `poly`: orthogonal polynomials, or powers. */
export function polynomial(given: CallArguments): Value {
  const { training } = given.scope;
  const x = given.column('x');
  const degree = given.wholeNumber('degree', 1, 1, MAXIMUM_DEGREE);
  let values: Float64Array | undefined;
  if (given.isOn('raw', false)) {
    values = new Float64Array(x.length * degree);
    for (let k = 0; k < degree; k++) for (let i = 0; i < x.length; i++) values[k * x.length + i] = x[i] ** (k + 1);
  } else {
    const { text } = given;
    const known = recall(training, 'poly', text);
    const trained = known ? undefined : trainPolynomial(x, degree);
    if (trained) learn(training, { kind: 'poly', call: text, ...trained.basis });
    values = known ? evaluatePolynomial(known, x) : trained?.values;
  }
  if (values === undefined) {
    given.fail(
      undefined,
      `poly() of degree ${degree} needs more than ${degree} different values of '${deparse(given.expression('x'))}'`,
      'Lower the degree.',
    );
  }
  return numberedColumns(values, degree);
}

/** One column of numbers, or several named by their places. */
function numberedColumns(values: Float64Array, count: number): Value {
  if (count === 1) return { kind: 'numeric', values };
  return { kind: 'matrix', values, suffixes: Array.from({ length: count }, (_, k) => String(k + 1)) };
}

/** Columns of one spline beyond which nobody reads its coefficients. */
const MAXIMUM_COLUMNS = 1000;

/** `ns` and `bs`: natural splines and B-splines. */
export function spline(given: CallArguments): Value {
  const { training } = given.scope;
  const { text } = given;
  const natural = given.call.name === 'ns';
  const x = given.column('x');
  const shape: SplineShape = {
    natural,
    degree: natural ? 3 : given.wholeNumber('degree', 3, 1, MAXIMUM_DEGREE),
    intercept: given.isOn('intercept', false),
  };
  const known = recall(training, 'spline', text) ?? knotsOf(given, shape, x);
  learn(training, { kind: 'spline', call: text, knots: known.knots, boundary: known.boundary });
  return numberedColumns(splineColumns(shape, known, x), fewestColumns(shape) + known.knots.length);
}

/** Knots as the call gives them, or from the values: quantiles, and the range as boundary. */
function knotsOf(given: CallArguments, shape: SplineShape, x: Float64Array): SplineKnots {
  const { knots, boundary } = foundKnots(given, shape, x);
  const all = [boundary[0], ...knots, boundary[1]];
  const gaps = all.slice(1).map((knot, k) => knot - all[k]);
  if (gaps.some((gap) => (gap !== 0 && gap < LEAST_GAP) || gap > GREATEST_GAP)) {
    given.fail(
      'x',
      `${given.call.name}() cannot count with knots from ${all[0]} to ${all[all.length - 1]}`,
      'Choose another unit for the column.',
    );
  }
  return { knots, boundary };
}

/** Distances of knots whose squares and reciprocals are safely within the range of doubles. */
const LEAST_GAP = 1e-100;
const GREATEST_GAP = 1e100;

function foundKnots(given: CallArguments, shape: SplineShape, x: Float64Array): SplineKnots {
  const { name } = given.call;
  const what = deparse(given.expression('x'));
  const values = x.filter(Number.isFinite);
  const boundary = given.has('Boundary.knots') ? boundaryKnots(given) : rangeOf(values);
  if (!(boundary[0] < boundary[1])) given.fail('x', `${name}() needs two different values of '${what}'`);
  const fewest = fewestColumns(shape);
  const df = given.wholeNumber('df', fewest, fewest, MAXIMUM_COLUMNS);
  if (!given.has('knots')) {
    const knots = quantileKnots(values, df - fewest, boundary);
    if (knots !== undefined) return { knots, boundary };
    given.fail(
      undefined,
      `${name}() would place knots at quantiles of '${what}' that lie on its boundary: too many rows have the same value`,
      'Lower df, or give knots and Boundary.knots.',
    );
  }
  if (given.has('df'))
    given.fail('df', `${name}() takes df or knots, not both`, 'Knots say how many columns there are.');
  const knots = given.numberList('knots').sort((a, b) => a - b);
  if (knots.some((knot) => !(knot > boundary[0] && knot < boundary[1]))) {
    given.fail(
      'knots',
      `the knots of ${name}() must lie between its boundary knots ${boundary.join(' and ')}`,
      'Give other knots, or other Boundary.knots.',
    );
  }
  if (knots.length + fewest > MAXIMUM_COLUMNS)
    given.fail('knots', `${name}() takes at most ${MAXIMUM_COLUMNS} columns`);
  return { knots, boundary };
}

function boundaryKnots(given: CallArguments): [number, number] {
  const [low, high, ...more] = given.numberList('Boundary.knots').sort((a, b) => a - b);
  if (high !== undefined && more.length === 0 && low < high && high - low < Number.POSITIVE_INFINITY)
    return [low, high];
  return given.fail(
    'Boundary.knots',
    `the Boundary.knots of ${given.call.name}() are two different numbers`,
    'Write them like c(0, 10).',
  );
}

/** The least and the greatest value; infinities without one. */
function rangeOf(values: Float64Array): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}
