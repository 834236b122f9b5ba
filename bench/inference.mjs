/** What do small-sample tests cost a response, at 20 levels and 4 coefficients on one core? */
import { anovaTable, marginalMeans } from '../dist/node.js';
import { testRow, twoSidedP } from '../dist/statistics.js';
import { accumulateMoments, buildDesign, fitMoments } from '../dist/steps.js';
import { argument, openBench, repeat } from './harness.mjs';
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
    { name: 'df against the block path, relative', value: df, bound: 1e-6 },
    { name: 'SE against the block path, relative', value: se, bound: 1e-8 },
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
const tests = await repeat(() => anovaTable(satterthwaite.last, 'III'), { runs: 3 });
bench.note(`F tests of all terms (type III): ${((tests.seconds * 1e6) / responses).toFixed(1)} us a response`);
const means = await repeat(() => marginalMeans(satterthwaite.last, { over: ['stim'] }), { runs: 3 });
bench.note(
  `marginal means of 2 levels and their difference: ${((means.seconds * 1e6) / responses).toFixed(1)} us a response`,
);
bench.close();
