/** What do small-sample tests cost a response, at 20 levels and 4 coefficients on one core? */
import { alternate, clocksSince, measured, measuredDifference, readClocks, repeat } from './clocks.mjs';
import { argument, builds, format, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';

const libraries = await Promise.all(builds.map((build) => build.load('node', 'statistics', 'steps')));
const [{ anovaTable, marginalMeans, moderatedFTests, testJointly, testRow }] = libraries;
const responses = argument('responses', 20_000);
const donors = 20;
const random = openRandom(3);
const donor = [];
for (let i = 0; i < donors; i++) for (let k = 6 + random.below(9); k > 0; k--) donor.push(i);
const n = donor.length;
const age = Array.from({ length: donors }, () => 20 + random.below(60));
const stim = donor.map(() => random.below(2));
const table = {
  rows: n,
  columns: new Map([
    ['donor', factor(donor, labels('D', donors))],
    ['stim', factor(stim, ['ctrl', 'stim'])],
    ['age', numeric(donor.map((i) => age[i]))],
    ['size', numeric(donor.map(() => random.normal()))],
  ]),
};
const formula = '~ stim + age + size + (1 | donor)';
const values = new Float64Array(responses * n);
for (let g = 0; g < responses; g++) {
  const shift = Array.from({ length: donors }, () => 0.7 * random.normal());
  for (let i = 0; i < n; i++) values[g * n + i] = shift[donor[i]] + 0.3 * stim[i] + random.normal();
}
const dense = { kind: 'dense', rows: n, names: labels('g', responses), values };
const bench = openBench('inference', 'What do small-sample tests cost a response, tail probabilities apart?');
const size = `${responses} responses x ${donors} donors x 4 coefficients, one core`;

/** A fit with tests of a kind, and the seconds of it that are not tail probabilities: with degrees of freedom they cost more. */
function openFit({ fitMoments, twoSidedP }, moments, ddf) {
  return async () => {
    const started = readClocks();
    const result = await fitMoments(moments, { threads: 1, ddf });
    const fit = clocksSince(started);
    const before = readClocks();
    const { statistic, df } = result.table.coefficients;
    let sum = 0;
    for (let i = 0; i < statistic.length; i++) sum += twoSidedP(statistic[i], df[i]);
    if (Number.isNaN(sum)) throw new Error('a tail is not a number');
    const tails = clocksSince(before);
    return { result, clocks: Object.fromEntries(Object.keys(fit).map((clock) => [clock, fit[clock] - tails[clock]])) };
  };
}

// In turns: what is sought is less than what other programs take of a run. A round of the three methods gives a difference.
const fits = [];
for (const library of libraries) {
  const moments = await library.accumulateMoments(library.buildDesign(formula, table), dense);
  for (const ddf of ['asymptotic', 'satterthwaite', 'kenward-roger']) fits.push(openFit(library, moments, ddf));
}
const timings = await alternate(fits, { runs: argument('runs', 25), warmUp: 3, timedElsewhere: true });
const [plain, satterthwaite, kenwardRoger] = timings;

/** Largest relative difference of the engine's df and standard errors from those of the general reader, over a sample. */
function readerErrors(result) {
  const { coefficients } = result.table;
  const p = coefficients.names.length;
  let df = 0;
  let se = 0;
  for (let model = 0; model < responses; model += Math.ceil(responses / 100)) {
    const sample = result.smallSample(model);
    for (let k = 0; k < p; k++) {
      const weights = Float64Array.from({ length: p }, (_, i) => (i === k ? 1 : 0));
      const test = testRow(sample, weights);
      df = Math.max(df, Math.abs(coefficients.df[model * p + k] / test.df - 1));
      se = Math.max(se, Math.abs(coefficients.standardError[model * p + k] / test.standardError - 1));
    }
  }
  return [
    { name: 'df against the reader of tests, relative', value: df, bound: 1e-6 },
    { name: 'SE against the reader of tests, relative', value: se, bound: 1e-8 },
  ];
}

const perResponse = (seconds) => (1e6 * seconds) / responses;
for (const [k, name, timed, atMost] of [
  [1, 'Satterthwaite df', satterthwaite, 1.5],
  [2, 'Kenward-Roger SE and df', kenwardRoger, 8],
]) {
  const label = `${name} of all coefficients, beyond a fit with z tests: ${size}`;
  const errors = readerErrors(timed.last.result);
  const [whole, without] = [timed, plain].map((one) => format(measured(one, 'process', perResponse).value));
  bench.row({
    case: label,
    ...measuredDifference(timed, plain, 'process', perResponse),
    unit: 'us a response',
    bar: { atMost },
    errors,
    detail: `fits without tail probabilities: ${without} us a response with z tests, ${whole} with these`,
  });
  bench.against(`fit with ${name}`, timed, timings[3 + k], errors);
}
/** Processor time of a reader of fits, us a response, and what it returned. */
async function costOf(work) {
  const timed = await repeat(work, { runs: 9 });
  return { measured: measured(timed, 'process', perResponse), last: timed.last };
}

/** Largest relative difference of the F tests of one coefficient from the squares of the engine's t tests. */
function termErrors(table, { table: { coefficients } }) {
  const column = (name) => table.columns.find((one) => one.name === name).values;
  const [F, df, label] = ['statistic', 'den.df', 'term'].map(column);
  const p = coefficients.names.length;
  let [worstF, worstDf] = [0, 0];
  for (let row = 0; row < table.rows; row++) {
    const k = coefficients.names.findIndex((name) => name.startsWith(label[row]));
    const at = Math.floor(row / (p - 1)) * p + k;
    worstF = Math.max(worstF, Math.abs(F[row] / coefficients.statistic[at] ** 2 - 1));
    worstDf = Math.max(worstDf, Math.abs(df[row] / coefficients.df[at] - 1));
  }
  return [
    { name: 'F against t squared, relative', value: worstF, bound: 1e-8 },
    { name: 'df against the engine, relative', value: worstDf, bound: 1e-6 },
  ];
}

/** Tables beyond the fit, tail probabilities and adjusted p-values included. */
for (const [
  ddf,
  {
    last: { result: last },
  },
] of [
  ['Satterthwaite', satterthwaite],
  ['Kenward-Roger', kenwardRoger],
]) {
  const tests = await costOf(() => anovaTable(last, 'III'));
  bench.row({
    case: `F tests of all terms (type III), ${ddf}: ${size}`,
    ...tests.measured,
    unit: 'us a response',
    bar: { atMost: 8 },
    errors: termErrors(tests.last, last),
  });
  const means = await costOf(() => marginalMeans(last, { over: ['stim'] }));
  const difference = means.last.pairs.columns.find((column) => column.name === 'std.error').values;
  const { names, standardError } = last.table.coefficients;
  const k = names.indexOf('stimstim');
  let apart = 0;
  difference.forEach((value, m) => {
    apart = Math.max(apart, Math.abs(value / standardError[m * names.length + k] - 1));
  });
  bench.row({
    case: `marginal means of 2 levels and their difference, ${ddf}: ${size}`,
    ...means.measured,
    unit: 'us a response',
    bar: { atMost: 8 },
    errors: [{ name: 'SE of the difference against the coefficient, relative', value: apart, bound: 1e-8 }],
  });
  const joint = await costOf(() => moderatedFTests(last, names.slice(1)));
  bench.row({
    case: `one F test of ${names.length - 1} coefficients, ${ddf}: ${size}`,
    ...joint.measured,
    unit: 'us a response',
    bar: { atMost: 8 },
    errors: jointErrors(joint.last, last),
  });
}

/** Largest relative difference of a joint test from that of the general reader, over a sample. */
function jointErrors({ statistic }, result) {
  const { names } = result.table.coefficients;
  const rows = Float64Array.from({ length: (names.length - 1) * names.length }, (_, at) =>
    at % names.length === Math.floor(at / names.length) + 1 ? 1 : 0,
  );
  let worst = 0;
  for (let model = 0; model < responses; model += Math.ceil(responses / 100)) {
    const { scale, statistic: own } = testJointly(result.smallSample(model), rows);
    worst = Math.max(worst, Math.abs(statistic[model] / (own / scale) - 1));
  }
  return [{ name: 'F against the general test, relative', value: worst, bound: 1e-8 }];
}
bench.close();
