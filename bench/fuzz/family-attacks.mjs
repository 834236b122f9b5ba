/**
 * Attacks by data on generalised models: a random design is fitted, and what came of it is held against an independent
 * reference: its criterion at the estimates, and whether searches from there and from elsewhere go lower. Changes that must
 * not matter must not: the order of rows and levels, units of a covariate, a shift of the offset, successes for failures,
 * categories in reverse, whole weights for repeated rows.
 */
import { descend, familyProblem, pointOf } from '../family-reference.mjs';
import { brokenFits } from './invariants.mjs';
import { readEverything } from './language-attacks.mjs';
import { randomStream } from './random.mjs';
import { randomFamily } from './random-families.mjs';
import { delimited } from './trial-table.mjs';
import { judgeError, worst } from './verdicts.mjs';

const FIT = { backend: 'cpu', threads: 1 };
/** The reference at the estimates, and two ways to one minimum: absolute and relative. */
const AGREES = { absolute: 1e-6, relative: 1e-8 };
/** Beyond this a dispersion is none: a Gamma or beta distribution that has become a point runs on without end. */
const RUNS_AWAY = 9;
/** Standard deviations of random effects, in linear predictors, that end at the search's own bound. */
const LARGEST_DEVIATION = 29;
const DEVIATIONS = [0.4, 2];
const ROUNDS = 60;
/** With hardly more rows than parameters there are minima without number. */
const ROWS_PER_PARAMETER = 3;
const [OK, TOO_FEW, NOT_CONVERGED, FAILED, SEPARATED] = [0, 2, 5, 6, 7];
const close = (a, b) => Math.abs(a - b) <= AGREES.absolute + AGREES.relative * Math.abs(a);

/** The reference's problem for a random design, and a fit's parameters in its order. */
function referenceOf({ columns, formula, family, link, options }, table, fit, { library }) {
  const complete = [Float64Array.from(columns.y, (value) => value ?? Number.NaN)];
  const { weights, offset, trials } = options;
  const thresholds = family === 'cumulative';
  const design = library.buildDesign(formula, table, { weights, offset, complete, thresholds });
  const values = Array.from(design.rows, (row) => columns.y[row]);
  const grades = thresholds ? [...new Set(values)].sort((a, b) => a - b) : [];
  const y = thresholds ? values.map((value) => grades.indexOf(value)) : values;
  const given = trials ? Array.from(design.rows, (row) => columns[trials][row]) : undefined;
  const problem = familyProblem(design, { family, link, y, trials: given, categories: grades.length });
  const { p, m, d, sizes } = problem;
  const own = fit.family.parameters.slice(0, p + m + d);
  // Terms of a fit may stand in another order than those of a design.
  const key = ({ group, names }) => `${group}: ${names.join()}`;
  let at = p;
  design.random.forEach((term, t) => {
    const { thetaOffset } = fit.terms.find((found) => key(found) === key(term));
    const length = (sizes[t] * (sizes[t] + 1)) / 2;
    for (let e = 0; e < length; e++) own[at++] = fit.family.parameters[p + thetaOffset + e];
  });
  return { problem: { ...problem, reaches: reachesOf(design) }, point: pointOf(family, own, problem) };
}

/** What moves a linear predictor by as much as its random effect, by column of each term: the median of what is not zero. */
function reachesOf({ random, n }) {
  return random.flatMap(({ z }) =>
    Array.from({ length: z.length / n }, (_, c) => {
      const sizes = Array.from(z.subarray(c * n, (c + 1) * n), Math.abs).filter((value) => value > 0);
      return sizes.sort((a, b) => a - b)[sizes.length >> 1] ?? 0;
    }),
  );
}

/** Places to search from: the estimates, and there with other variances and dispersions. */
function starts(family, point, { p, m, d, sizes }) {
  const list = [point];
  if (m === 0 && d !== 1) return list;
  for (const deviation of DEVIATIONS) {
    const start = point.slice();
    let at = p;
    for (const q of sizes)
      for (let c = 0; c < q; c++) for (let r = c; r < q; r++) start[at++] = r === c ? deviation : 0;
    if (d === 1) start[p + m] = /nbinom/.test(family) ? 0.7 : 1;
    list.push(start);
  }
  return list;
}

/** Minima that are none: a variance or a dispersion has run away. */
function isRunaway(family, point, { p, m, d, sizes, reaches }) {
  let at = p;
  let first = 0;
  for (const q of sizes) {
    for (let c = 0; c < q; c++) {
      for (let r = c; r < q; r++) if (Math.abs(point[at++]) * reaches[first + r] > LARGEST_DEVIATION) return true;
    }
    first += q;
  }
  return d === 1 && !/nbinom/.test(family) && Math.abs(point[p + m]) > RUNS_AWAY;
}

const isCrowded = ({ nobs, family }) => nobs[0] < ROWS_PER_PARAMETER * family.parameters.length;

/** Whether a random effect has no largest deviation, and says so: bounds of searches are no minima, and others from elsewhere. */
const isUnbounded = ({ messages }) => messages[0]?.includes('unbounded: ') ?? false;

function brokenAgainstReference(design, table, fit, context) {
  const { problem, point } = referenceOf(design, table, fit, context);
  const crowded = isCrowded(fit);
  const criterion = fit.criterion[0];
  const there = problem.criterion(point);
  if (Number.isFinite(there) && !close(criterion, there))
    return [`another criterion at the estimates: ${criterion}, not ${there}`];
  for (const [k, start] of starts(design.family, point, problem).entries()) {
    if (crowded && k > 0) break;
    problem.restart();
    const { value, point: end } = descend(problem, start, { rounds: ROUNDS });
    if (!(value < criterion) || close(criterion, value) || isRunaway(design.family, end, problem)) continue;
    if (k > 0 && isUnbounded(fit)) continue;
    // A search must not end on a slope; that there is a lower minimum elsewhere is for another to find.
    return [`${k === 0 ? 'a lower criterion close by' : 'a lower minimum elsewhere'}: ${value}, not ${criterion}`];
  }
  return [];
}

/** What a fit of some status has to say and must not. */
function brokenStatus({ table }, { statuses }) {
  const [code] = table.status;
  // Hardly more rows than parameters: that there is no minimum is an answer.
  if (code === NOT_CONVERGED && isCrowded(table)) return [];
  const broken = [];
  if (code !== OK && table.messages[0] === null) broken.push(`a status without a message: ${statuses[code]}`);
  if (code === NOT_CONVERGED || code === FAILED) broken.push(`no fit: ${statuses[code]}: ${table.messages[0]}`);
  if (code === SEPARATED && table.coefficients.standardError.some(Number.isFinite)) {
    broken.push('separated with standard errors: they say nothing');
  }
  return broken;
}

const reordered = (columns, order) =>
  Object.fromEntries(Object.entries(columns).map(([key, values]) => [key, order.map((i) => values[i])]));

/** How far a covariate is moved from zero, and an offset. */
const FAR = 2020;
const SHIFT = 0.75;
/** Models of which a covariate's zero is no part: it has no effect without an intercept beside it, fixed and random. */
const MOVABLE = /^y ~ (?:x|f \* x|poly\(x, 2\)) \+ \((?:1|x) \| (?:g|g \/ h)\)$|^y ~ (?:f \+ )?x$/;

/** Changes of a design, with what becomes of its estimates: by column of the table, times a sign; NaN where that says nothing. */
function changes(design, random) {
  const { columns, family, link, options, formula } = design;
  const rows = columns.y.map((_, i) => i);
  const list = [['rows in another order', { columns: reordered(columns, random.shuffle(rows)) }, () => 1]];
  const names = [...new Set(columns.g)].sort();
  const others = random.shuffle(names.map((_, i) => `r${String(i).padStart(2, '0')}`));
  const renamed = columns.g.map((level) => others[names.indexOf(level)]);
  list.push(['levels in another order', { columns: { ...columns, g: renamed } }, () => 1]);
  if (!/z|poly/.test(formula)) {
    const scaled = columns.x.map((value) => value / 8);
    list.push([
      'a covariate in another unit',
      { columns: { ...columns, x: scaled } },
      (name) => (/x/.test(name) ? 8 : 1),
    ]);
  }
  // Spreads of less than a thousandth of the distance lose digits that estimates need.
  const spread = Math.max(...columns.x) - Math.min(...columns.x);
  if (MOVABLE.test(formula) && spread > FAR / 1000) {
    const moved = columns.x.map((value) => value + FAR);
    const own = (name) => (name === 'x' || (name !== '(Intercept)' && !formula.includes('*')) ? 1 : Number.NaN);
    list.push(['a covariate far from zero', { columns: { ...columns, x: moved } }, own]);
  }
  if (options.offset) {
    const shifted = columns.o.map((value) => value + SHIFT);
    const own = (name) => (name === '(Intercept)' || formula.includes('0 + f') ? Number.NaN : 1);
    list.push(['a shift of the offset', { columns: { ...columns, o: shifted } }, own]);
  }
  if (family === 'binomial' && link !== 'cloglog' && !options.offset && !options.weights) {
    const failures = columns.y.map((value, i) => (value === null ? null : columns.m[i] - value));
    list.push(['successes for failures', { columns: { ...columns, y: failures } }, () => -1]);
  }
  if (family === 'cumulative' && link !== 'cloglog' && !options.offset) {
    const reversed = columns.y.map((value) => (value === null ? null : 9 - value));
    list.push(['categories in reverse', { columns: { ...columns, y: reversed } }, () => -1]);
  }
  const whole = columns.w?.every(Number.isInteger);
  if (whole && family !== 'binomial') {
    const repeated = rows.flatMap((i) => Array(columns.w[i]).fill(i));
    if (repeated.length > 0 && !/poly/.test(formula)) {
      const { weights: _, ...rest } = options;
      list.push(['rows for weights', { columns: reordered(columns, repeated), options: rest }, () => 1]);
    }
  }
  return list;
}

/** Differences of two fits; estimates are compared where the model has one minimum. */
function difference(name, table, other, sign, sameRows) {
  const [a, b] = [table.status[0], other.status[0]];
  if (!sameRows && a === TOO_FEW) return [];
  const crowded = isCrowded(table) && (a === NOT_CONVERGED || b === NOT_CONVERGED);
  if (a !== b && !crowded && (sameRows || a === OK || b === OK)) {
    return [`${name}, another status: ${a} becomes ${b} (${table.messages[0] ?? ''} / ${other.messages[0] ?? ''})`];
  }
  if (a !== OK || b !== OK || (isUnbounded(table) && isUnbounded(other))) return [];
  const [before, after] = [table.criterion[0], other.criterion[0]];
  if (!close(before, after)) return [`${name}, another criterion: ${before} becomes ${after}`];
  const { names, estimate, standardError } = table.coefficients;
  return names.flatMap((column, k) => {
    const at = other.coefficients.names.indexOf(column);
    if (at < 0 || !(standardError[k] > 0) || Number.isNaN(sign(column))) return [];
    const far = Math.abs(sign(column) * estimate[k] - other.coefficients.estimate[at]) / Math.abs(sign(column));
    return far <= 1e-3 * standardError[k] + 1e-6
      ? []
      : [`${name}, another estimate: ${column} ${estimate[k]} becomes ${other.coefficients.estimate[at]}`];
  });
}

/** Attack `number` by a random design of a family. */
export async function attackFamily(_kind, number, context) {
  const { library } = context;
  const random = randomStream(context.seed, 'families', number);
  const design = randomFamily(random);
  const { columns, formula, options, kind } = design;
  const flags = Object.entries(options).flatMap(([key, value]) => [`--${key}`, String(value)]);
  const outcomes = [];
  const attempt = async (step, files, work) => {
    const said = {
      what: `${formula}, ${flags.join(' ')}, on ${columns.y.length} rows, ${kind}, ${step}`,
      files,
      command: ['fit', Object.keys(files).at(-1), '--formula', formula, ...flags],
    };
    context.announce(said);
    try {
      const broken = await work();
      outcomes.push({ verdict: broken.length === 0 ? 'ok' : 'wrong', message: broken.slice(0, 3).join('; '), ...said });
    } catch (error) {
      outcomes.push({ ...judgeError(error, library.isFitError), ...said });
    }
  };
  const fitColumns = async (changed) => {
    const own = { ...design, ...changed };
    const table = await library.readDelimited(delimited(own.columns), { path: 'design.csv' });
    return { table, result: await library.fit(table, { formula, ...own.options, ...FIT }) };
  };
  const files = { 'design.csv': delimited(columns) };
  let plain;
  await attempt('the fit', files, async () => {
    const { table, result } = await fitColumns({});
    plain = result.table;
    readEverything(library, result);
    const broken = [...brokenFits(result), ...brokenStatus(result, { statuses: library.STATUSES })];
    if (broken.length > 0 || plain.status[0] !== OK || options.nagq) return broken;
    return brokenAgainstReference(design, table, plain, context);
  });
  if (plain && outcomes.every(({ verdict }) => verdict === 'ok')) {
    for (const [name, changed, sign] of changes(design, random)) {
      await attempt(name, { ...files, 'other.csv': delimited(changed.columns ?? columns) }, async () => {
        const { result } = await fitColumns(changed);
        return difference(name, plain, result.table, sign, name !== 'rows for weights');
      });
    }
  }
  return worst(outcomes);
}
