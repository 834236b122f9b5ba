/** How long does one fit of the size of lme4's InstEval take, and how fast are many small crossed fits? */
import { alternate, measured, repeat } from './clocks.mjs';
import { openComparison } from './comparison.mjs';
import { argument, builds, format, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';
import { finish, referenceFit, rowsProblem } from './reference.mjs';

/** Ratings of lecturers by students: 73,421 rows, 2,972 students, 1,128 lecturers in 14 departments, as in InstEval. */
function ratings() {
  const random = openRandom(4);
  const [n, students, lecturers, departments] = [argument('rows', 73_421), 2972, 1128, 14];
  const home = Int32Array.from({ length: lecturers }, () => Math.floor(departments * random.uniform() ** 1.3));
  const [s, d, dept, service, y] = [[], [], [], [], []];
  const deviations = (length, sd) => Float64Array.from({ length }, () => sd * random.normal());
  const [us, ud, ut] = [deviations(students, 0.32), deviations(lecturers, 0.5), deviations(departments, 0.1)];
  for (let i = 0; i < n; i++) {
    const student = i < students ? i : random.below(students);
    const lecturer = i < lecturers ? i : Math.floor(lecturers * random.uniform() ** 1.4);
    const outside = random.uniform() < 0.25 ? 1 : 0;
    const teaches = outside && random.uniform() < 0.3 ? random.below(departments) : home[lecturer];
    s.push(student);
    d.push(lecturer);
    dept.push(teaches);
    service.push(outside);
    y.push(3.2 - 0.07 * outside + us[student] + ud[lecturer] + ut[teaches] + 1.18 * random.normal());
  }
  const columns = new Map([
    ['s', factor(s, labels('s', students))],
    ['d', factor(d, labels('d', lecturers))],
    ['dept', factor(dept, labels('t', departments))],
    ['service', factor(service, ['0', '1'])],
    ['y', numeric(y)],
  ]);
  return { rows: n, columns };
}

/**
 * The REML problem of the big fit from its rows: the mixed-model equations with the first term (the students) eliminated
 * row by row, the rest dense, one plain Cholesky. Parameters: the relative standard deviation of each term.
 */
function equationsProblem(design, y) {
  const { n, random } = design;
  const { x, names } = design.fixed;
  const p = names.length;
  const [first, ...others] = random;
  const starts = [];
  let border = 0;
  for (const { levels } of others) {
    starts.push(border);
    border += levels.length;
  }
  const size = border + p + 1;
  const byLevel = first.levels.map(() => []);
  first.codes.forEach((code, i) => {
    byLevel[code].push(i);
  });
  const evaluate = (theta) => {
    const a = new Float64Array(size * size);
    let logDet = 0;
    const dense = new Float64Array(size);
    for (const rows of byLevel) {
      dense.fill(0);
      const touched = new Set();
      for (const i of rows) {
        const columns = others.map(({ codes }, t) => [starts[t] + codes[i], theta[t + 1]]);
        for (let c = 0; c < p; c++) columns.push([border + c, x[c * n + i]]);
        columns.push([size - 1, y[i]]);
        for (const [j, value] of columns) {
          dense[j] += value;
          touched.add(j);
          for (const [k, other] of columns) if (k <= j) a[j * size + k] += value * other;
        }
      }
      const g = theta[0] ** 2;
      logDet += Math.log1p(g * rows.length);
      const weight = g / (1 + g * rows.length);
      const list = [...touched];
      for (const j of list) for (const k of list) if (k <= j) a[j * size + k] -= weight * dense[j] * dense[k];
    }
    for (let j = 0; j < border; j++) a[j * size + j] += 1;
    // Cholesky of the border of random effects; the Schur complement left below it is [X y]'V^-1 [X y].
    for (let j = 0; j < size; j++) {
      const row = j * size;
      for (let k = 0; k <= j; k++) {
        let sum = a[row + k];
        const other = k * size;
        for (let l = 0, end = Math.min(k, border); l < end; l++) sum -= a[row + l] * a[other + l];
        if (k >= border) a[row + k] = sum;
        else if (k < j) a[row + k] = sum / a[other + k];
        else {
          logDet += Math.log(sum);
          a[row + k] = Math.sqrt(sum);
        }
      }
    }
    const cross = new Float64Array((p + 1) ** 2);
    for (let j = 0; j <= p; j++) {
      for (let k = 0; k <= p; k++)
        cross[j * (p + 1) + k] = a[(border + Math.max(j, k)) * size + border + Math.min(j, k)];
    }
    return finish(cross, p, n - p, logDet);
  };
  return { p, d: n - p, evaluate };
}

/** How far the reference criterion at theta lies above the minimum of the parabola through its neighbourhood. */
function aboveMinimum(problem, theta) {
  const h = 2e-4; // rounding of the criterion is about 1e-9
  const centre = problem.evaluate(theta).criterion;
  let above = 0;
  theta.forEach((_, i) => {
    const at = (step) => problem.evaluate(theta.map((t, k) => (k === i ? t + step : t))).criterion;
    const [up, down] = [at(h), at(-h)];
    const [slope, curvature] = [(up - down) / (2 * h), (up - 2 * centre + down) / (h * h)];
    above += slope ** 2 / (2 * curvature);
  });
  return above;
}

const libraries = await Promise.all(builds.map((build) => build.load('steps')));
const { accumulateMoments, buildDesign, planFit } = libraries[0];

/** The fits of a design by each build, which then alternate, on one thread. */
async function openFits(formula, table, dense) {
  const fits = [];
  for (const library of libraries) {
    const moments = await library.accumulateMoments(library.buildDesign(formula, table), dense);
    fits.push(() => library.fitMoments(moments, { threads: 1, ddf: 'satterthwaite' }));
  }
  return fits;
}

async function big(bench) {
  const table = ratings();
  const formula = 'y ~ service + (1 | s) + (1 | d) + (1 | dept)';
  const design = buildDesign(formula, table);
  const y = table.columns.get('y').values;
  const dense = { kind: 'dense', rows: table.rows, names: ['y'], values: y };
  const formed = await repeat(() => accumulateMoments(design, dense), { runs: 1 });
  const fits = await openFits(formula, table, dense);
  const [timed, other] = await alternate(fits, { runs: argument('runs', 3), warmUp: 0 });
  const fit = timed.last.table;
  const problem = equationsProblem(design, y);
  const theta = [...fit.theta];
  const reference = problem.evaluate(theta);
  const se = Math.sqrt((reference.S / problem.d) * reference.C[3]);
  const errors = [
    { name: 'criterion', value: Math.abs(fit.criterion[0] / reference.criterion - 1), bound: 1e-9 },
    { name: 'criterion above the minimum', value: aboveMinimum(problem, theta), bound: 1e-6 },
    { name: 'estimate', value: Math.abs(fit.coefficients.estimate[1] - reference.beta[1]) / se, bound: 1e-5 },
    { name: 'std.error', value: Math.abs(fit.coefficients.standardError[1] / se - 1), bound: 1e-5 },
    { name: 'gradient', value: fit.gradient[0], bound: 1e-8 },
  ];
  const name = `${formula}, ${table.rows} rows, ${design.random.map((t) => t.levels.length).join(' + ')} levels`;
  bench.row({
    case: name,
    ...measured(timed, 'process'),
    unit: 's',
    bar: { atMost: 60 },
    errors,
    detail: `criterion ${fit.criterion[0].toFixed(6)}, ${fit.evaluations[0]} evaluations of ${(timed.seconds / fit.evaluations[0]).toFixed(2)} s, df of service ${fit.coefficients.df[1].toFixed(1)}; moments ${format(formed.seconds)} s more`,
  });
  bench.against(name, timed, other, errors);
}

async function batch(bench) {
  const random = openRandom(5);
  const [responses, donors, batches] = [argument('responses', 200), 12, 8];
  const [donor, lot, stim] = [[], [], []];
  for (let i = 0; i < donors; i++) {
    for (let b = 0; b < batches; b++) {
      for (let k = random.below(6); k > 0; k--) {
        donor.push(i);
        lot.push(b);
        stim.push(random.below(2));
      }
    }
  }
  const n = donor.length;
  const columns = new Map([
    ['donor', factor(donor, labels('D', donors))],
    ['batch', factor(lot, labels('B', batches))],
    ['stim', factor(stim, ['ctrl', 'stim'])],
  ]);
  const values = new Float64Array(responses * n);
  for (let g = 0; g < responses; g++) {
    const [sd1, sd2] = [Math.exp(0.6 * random.normal() - 0.7), Math.exp(0.6 * random.normal() - 1)];
    const u = Array.from({ length: donors }, () => sd1 * random.normal());
    const v = Array.from({ length: batches }, () => sd2 * random.normal());
    for (let i = 0; i < n; i++) values[g * n + i] = u[donor[i]] + v[lot[i]] + 0.3 * stim[i] + random.normal();
  }
  const formula = '~ stim + (1 | donor) + (1 | batch)';
  const design = buildDesign(formula, { rows: n, columns });
  const dense = { kind: 'dense', rows: n, names: labels('g', responses), values };
  const fits = await openFits(formula, { rows: n, columns }, dense);
  const [timed, other] = await alternate(fits, { runs: 9, warmUp: 3 });
  const comparison = openComparison(timed.last.table);
  for (let g = 0; g < responses; g += Math.ceil(responses / argument('sample', 5))) {
    const fit = referenceFit(rowsProblem(design, values.subarray(g * n, (g + 1) * n)), [0.5]);
    comparison.add(g, { ...fit, smallest: () => Math.min(...fit.theta.map(Math.abs)) });
  }
  const evaluations = timed.last.table.evaluations.reduce((sum, count) => sum + count, 0);
  const name = `${formula}, ${donors} x ${batches} levels, ${responses} responses`;
  const errors = comparison.errors();
  bench.row({
    case: name,
    ...measured(timed, 'process', (seconds) => responses / seconds),
    unit: 'fits/s',
    errors,
    detail: `${comparison.summary}; ${(evaluations / responses).toFixed(1)} evaluations a fit`,
  });
  bench.against(name, timed, other, errors);
}

/** Levels of two factors and the time of one fit; how far the plan's estimate of it is off. */
async function shapes(bench) {
  for (const [rows, levels, others] of [
    [4000, 2000, 10],
    [20_000, 10_000, 10],
    [6000, 1000, 60],
    [3000, 120, 130],
  ]) {
    const random = openRandom(rows);
    const deal = (count) => Array.from({ length: rows }, (_, i) => (i < count ? i : random.below(count)));
    const [a, b] = [deal(levels), deal(others)];
    const [u, v] = [levels, others].map((count) => Float64Array.from({ length: count }, () => 0.6 * random.normal()));
    const x = Float64Array.from({ length: rows }, () => random.normal());
    const y = x.map((value, i) => 0.3 * value + u[a[i]] + v[b[i]] + random.normal());
    const columns = new Map([
      ['a', factor(a, labels('a', levels))],
      ['b', factor(b, labels('b', others))],
      ['x', numeric(x)],
    ]);
    const formula = '~ x + (1 | a) + (1 | b)';
    const design = buildDesign(formula, { rows, columns });
    const dense = { kind: 'dense', rows, names: ['y'], values: y };
    const moments = await accumulateMoments(design, dense);
    const [{ fitCost, setUpCost }] = planFit(moments, { method: 'REML', threads: 1 }).batches;
    const fits = await openFits(formula, { rows, columns }, dense);
    const [timed, other] = await alternate(fits, { runs: argument('runs', 5) });
    const { criterion, theta, gradient } = timed.last.table;
    const reference = equationsProblem(design, y).evaluate([...theta]);
    const errors = [
      { name: 'criterion', value: Math.abs(criterion[0] / reference.criterion - 1), bound: 1e-9 },
      { name: 'gradient', value: gradient[0], bound: 1e-8 },
    ];
    const name = `${formula}, ${rows} rows, ${levels} x ${others} levels`;
    bench.row({ case: name, ...measured(timed, 'process', (seconds) => 1000 * seconds), unit: 'ms', errors });
    bench.against(name, timed, other, errors);
    const estimate = (fitCost + setUpCost) / 1e9;
    bench.row({
      case: `${name}: over the estimate`,
      ...measured(timed, 'process', (seconds) => seconds / estimate),
      unit: 'times',
      bar: { atMost: 3 },
      errors,
    });
  }
}

const bench = openBench(
  'crossed',
  'Seconds for one fit of the size of InstEval, and small crossed fits a second, on one core?',
);
await batch(bench);
await shapes(bench);
if (argument('big', 1) === 1) await big(bench);
bench.close();
