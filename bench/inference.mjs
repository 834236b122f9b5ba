/** What do small-sample tests cost a response, at 20 levels and 4 coefficients on one core? */
import { anovaTable, marginalMeans } from '../dist/node.js';
import { moderatedFTests, testJointly, testRow, twoSidedP } from '../dist/statistics.js';
import { accumulateMoments, buildDesign, fitMoments } from '../dist/steps.js';
import { argument, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';

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
const design = buildDesign('~ stim + age + size + (1 | donor)', table);
const values = new Float64Array(responses * n);
for (let g = 0; g < responses; g++) {
  const shift = Array.from({ length: donors }, () => 0.7 * random.normal());
  for (let i = 0; i < n; i++) values[g * n + i] = shift[donor[i]] + 0.3 * stim[i] + random.normal();
}
const moments = await accumulateMoments(design, { kind: 'dense', rows: n, names: labels('g', responses), values });
const bench = openBench('inference', 'What do small-sample tests cost a response, tail probabilities apart?');
const size = `${responses} responses x ${donors} donors x ${design.fixed.names.length} coefficients, one core`;

// In turns, and the fastest of each in processor time: what is sought is less than what other programs take.
const methods = ['asymptotic', 'satterthwaite', 'kenward-roger'];
const timed = new Map(methods.map((ddf) => [ddf, { seconds: Number.POSITIVE_INFINITY, last: null }]));
for (let round = 0; round < argument('runs', 15); round++) {
  for (const ddf of methods) {
    const before = process.cpuUsage();
    const last = await fitMoments(moments, { threads: 1, ddf });
    timed.set(ddf, { seconds: Math.min(timed.get(ddf).seconds, processorSeconds(before)), last });
  }
}
const [plain, satterthwaite, kenwardRoger] = methods.map((ddf) => timed.get(ddf));

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

/** Processor time since a reading, in seconds. */
function processorSeconds(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Seconds that the tail probabilities of a table take: with degrees of freedom they cost more than normal tails. */
function tails({ statistic, df }) {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage();
    let sum = 0;
    for (let i = 0; i < statistic.length; i++) sum += twoSidedP(statistic[i], df[i]);
    if (Number.isNaN(sum)) throw new Error('a tail is not a number');
    fastest = Math.min(fastest, processorSeconds(before));
  }
  return fastest;
}

const tailSeconds = [];
for (const { last } of [plain, satterthwaite, kenwardRoger]) tailSeconds.push(tails(last.table.coefficients));
for (const [name, { seconds: whole, last }, at, atMost] of [
  ['Satterthwaite df', satterthwaite, 1, 1.5],
  ['Kenward-Roger SE and df', kenwardRoger, 2, 8],
]) {
  const seconds = whole - tailSeconds[at] - (plain.seconds - tailSeconds[0]);
  bench.row({
    case: `${name} of all coefficients, beyond a fit with z tests: ${size}`,
    value: (seconds * 1e6) / responses,
    unit: 'us a response',
    bar: { atMost },
    errors: readerErrors(last),
    detail: `whole runs ${(plain.seconds * 1e3).toFixed(0)} ms with z, ${(whole * 1e3).toFixed(0)} ms with these`,
  });
}
/** Processor time of the fastest of some runs, us a response, and what the last returned. */
function fastest(work, runs = 9) {
  let least = Number.POSITIVE_INFINITY;
  let last;
  for (let round = 0; round < runs; round++) {
    const before = process.cpuUsage();
    last = work();
    least = Math.min(least, processorSeconds(before));
  }
  return { value: (least * 1e6) / responses, last };
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
for (const [ddf, { last }] of timed) {
  if (ddf === 'asymptotic') continue;
  const tests = fastest(() => anovaTable(last, 'III'));
  bench.row({
    case: `F tests of all terms (type III), ${ddf}: ${size}`,
    value: tests.value,
    unit: 'us a response',
    bar: { atMost: 8 },
    errors: termErrors(tests.last, last),
  });
  const means = fastest(() => marginalMeans(last, { over: ['stim'] }));
  const difference = means.last.pairs.columns.find((column) => column.name === 'std.error').values;
  const { names, standardError } = last.table.coefficients;
  const k = names.indexOf('stimstim');
  let apart = 0;
  difference.forEach((value, m) => {
    apart = Math.max(apart, Math.abs(value / standardError[m * names.length + k] - 1));
  });
  bench.row({
    case: `marginal means of 2 levels and their difference, ${ddf}: ${size}`,
    value: means.value,
    unit: 'us a response',
    bar: { atMost: 8 },
    errors: [{ name: 'SE of the difference against the coefficient, relative', value: apart, bound: 1e-8 }],
  });
  const joint = fastest(() => moderatedFTests(last, names.slice(1)));
  bench.row({
    case: `one F test of ${names.length - 1} coefficients, ${ddf}: ${size}`,
    value: joint.value,
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
