/** What does a likelihood-ratio test of two models cost, in fits of the larger one, from rows to tables? */
import { compare, fit as fitModels } from '../dist/node.js';
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
bench.close();
