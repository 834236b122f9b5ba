/** What does a likelihood-ratio test of two models cost, in fits of the larger one, from rows to tables? */
import { compare, crossValidate, fit as fitModels } from '../dist/node.js';
import { buildDesign } from '../dist/steps.js';
import { alternate, measuredRatio } from './clocks.mjs';
import { argument, format, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';

const bench = openBench('compare', 'Cost of testing one model inside another, over the cost of one fit?');
const runs = argument('runs', 7);

/** Subjects with visits at common times, half of them in each arm; responses with and without effects. */
function simulate(responses, subjects, visits) {
  const random = openRandom(3);
  const n = subjects * visits;
  const subject = Array.from({ length: n }, (_, i) => Math.floor(i / visits));
  const obs = {
    rows: n,
    columns: new Map([
      ['subject', factor(subject, labels('S', subjects))],
      [
        'arm',
        factor(
          subject.map((i) => i % 2),
          ['control', 'treated'],
        ),
      ],
      ['time', numeric(subject.map((_, i) => i % visits))],
    ]),
  };
  const values = new Float64Array(responses * n);
  for (let g = 0; g < responses; g++) {
    const sd = random.uniform() < 0.2 ? 0 : Math.exp(random.normal() - 0.5);
    const slope = 0.3 * random.normal();
    const effects = Array.from({ length: subjects }, () => [sd * random.normal(), 0.3 * sd * random.normal()]);
    for (let i = 0; i < n; i++) {
      const [u, v] = effects[subject[i]];
      values[g * n + i] = 5 + u + (slope + v) * (i % visits) + random.normal();
    }
  }
  return { obs, dense: { kind: 'dense', rows: n, names: labels('g', responses), values } };
}

/** Restricted criterion of least squares by modified Gram-Schmidt: log|X'X| + d (1 + log(2 pi S / d)). */
function leastSquaresCriterion(design, y) {
  const { n } = design;
  const p = design.fixed.names.length;
  const columns = Array.from({ length: p }, (_, k) => design.fixed.x.slice(k * n, (k + 1) * n));
  const rest = Float64Array.from(y);
  const remove = (from, unit) => {
    const share = from.reduce((sum, value, i) => sum + value * unit[i], 0);
    from.forEach((_, i) => {
      from[i] -= share * unit[i];
    });
  };
  let logDet = 0;
  columns.forEach((column, k) => {
    const square = column.reduce((sum, value) => sum + value * value, 0);
    logDet += Math.log(square);
    const unit = column.map((value) => value / Math.sqrt(square));
    for (const later of [...columns.slice(k + 1), rest]) remove(later, unit);
  });
  const S = rest.reduce((sum, value) => sum + value * value, 0);
  return logDet + (n - p) * (1 + Math.log((2 * Math.PI * S) / (n - p)));
}

const cases = [
  [
    'random intercept: time * arm against time + arm',
    '~ time + arm + (1 | subject)',
    '~ time * arm + (1 | subject)',
    10_000,
  ],
  [
    'random slope against random intercept (REML)',
    '~ time * arm + (1 | subject)',
    '~ time * arm + (time | subject)',
    2_000,
  ],
  ['random intercept against none (REML)', '~ time * arm', '~ time * arm + (1 | subject)', 10_000],
];
for (const [name, small, large, size] of cases) {
  const responses = argument('responses', size);
  const { obs, dense } = simulate(responses, 40, 6);
  const method = small.split(' + (')[0] === large.split(' + (')[0] ? 'REML' : 'ML';
  const options = { obs, threads: 1, method };
  const [once, both] = await alternate(
    [
      () => fitModels(dense, { ...options, formula: large }),
      () => compare(dense, { ...options, formulas: [small, large] }),
    ],
    { runs },
  );
  // The same ratios from two runs of their own; least squares where the smaller model is a linear one.
  const alone = small.includes('|') ? await fitModels(dense, { ...options, formula: small }) : null;
  const linear = alone ? null : buildDesign(small, obs);
  const [{ chisq }] = both.last.pairs;
  const { criterion } = once.last.table;
  let error = 0;
  for (let m = 0; m < responses; m++) {
    const own = dense.values.subarray(m * dense.rows, (m + 1) * dense.rows);
    const other = alone ? alone.table.criterion[m] : leastSquaresCriterion(linear, own);
    error = Math.max(error, Math.abs(chisq[m] - Math.max(0, other - criterion[m])));
  }
  bench.row({
    case: `${name}, ${responses} responses, 40 subjects x 6 visits`,
    ...measuredRatio(both, once, 'process'),
    unit: 'fits',
    bar: { atMost: 2 },
    errors: [{ name: 'chisq', value: error, bound: 2e-6 }],
    detail: `${format(both.seconds)} s for both models, tests and tables; ${format(once.seconds)} s for one fit`,
  });
}
await crossValidations();
bench.close();

/** Cross-validation over the cost of one fit of the same data from rows, a fold. */
async function crossValidations() {
  const responses = argument('responses', 2_000);
  const levels = 20;
  const { obs, dense } = simulate(responses, levels, 8);
  const formula = '~ time + arm + (1 | subject)';
  const options = { obs, threads: 1, formulas: [formula] };
  const cpu = async (work) => {
    let least = Number.POSITIVE_INFINITY;
    let last;
    for (let k = 0; k < Math.min(runs, 5); k++) {
      const before = process.cpuUsage();
      last = await work();
      const { user, system } = process.cpuUsage(before);
      least = Math.min(least, user + system);
    }
    return { least, last };
  };
  const once = await cpu(() => fitModels(dense, { obs, threads: 1, formula, ddf: 'asymptotic', adjust: 'none' }));
  for (const [folds, by] of [
    [levels, 'subject'],
    [5, 'rows'],
  ]) {
    const { least, last } = await cpu(() => crossValidate(dense, { ...options, folds, by }));
    bench.row({
      case: `cross-validation by ${by}, ${folds} folds, ${responses} responses, ${levels} subjects x 8 visits`,
      value: least / once.least / folds,
      unit: 'fits a fold',
      bar: { atMost: 3 },
      // Which rows a fold has is the program's affair, but all levels one by one are the same in any order.
      errors: by === 'subject' ? [await leftOutError(obs, dense, formula, last)] : [],
      detail: `${(least / responses).toFixed(0)} us a response, ${(once.least / responses).toFixed(1)} us one fit`,
    });
  }
}

/** Log scores against fits without each subject and dense matrices, for some responses. */
async function leftOutError(obs, dense, formula, { scores }) {
  const column = (name) => scores.columns.find((one) => one.name === name).values;
  const n = obs.rows;
  const { codes } = obs.columns.get('subject');
  const subjects = Math.max(...codes) + 1;
  const design = buildDesign(formula, obs);
  let worst = 0;
  for (const m of [0, Math.floor(dense.names.length / 2)]) {
    const y = dense.values.subarray(m * n, (m + 1) * n);
    let total = 0;
    for (let left = 0; left < subjects; left++) {
      const kept = Array.from({ length: n }, (_, i) => i).filter((i) => codes[i] !== left);
      const columns = new Map(
        [...obs.columns].map(([name, one]) => [
          name,
          one.kind === 'factor'
            ? { ...one, codes: Int32Array.from(kept, (i) => one.codes[i]) }
            : { ...one, values: Float64Array.from(kept, (i) => one.values[i]) },
        ]),
      );
      const training = { kind: 'dense', rows: kept.length, names: ['y'], values: Float64Array.from(kept, (i) => y[i]) };
      const { table } = await fitModels(training, { obs: { rows: kept.length, columns }, threads: 1, formula });
      // A new subject: N(X b, s^2 I + t^2 1 1').
      const [s2, t2] = [table.sigma[0] ** 2, table.covariance[0]];
      let [k, sum, square] = [0, 0, 0];
      for (let i = 0; i < n; i++) {
        if (codes[i] !== left) continue;
        let rest = y[i];
        design.fixed.names.forEach((_, c) => {
          rest -= design.fixed.x[c * n + i] * table.coefficients.estimate[c];
        });
        k++;
        sum += rest;
        square += rest * rest;
      }
      const whole = s2 + k * t2;
      total -= 0.5 * (k * Math.log(2 * Math.PI) + (k - 1) * Math.log(s2) + Math.log(whole));
      total -= 0.5 * ((square - (sum * sum) / k) / s2 + (sum * sum) / k / whole);
    }
    worst = Math.max(worst, Math.abs(column('log.score')[m] - total / n));
  }
  return { name: 'log score', value: worst, bound: 1e-7 };
}
