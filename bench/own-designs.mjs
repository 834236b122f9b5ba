/** What do responses cost that have a design of their own, by weights or missing values, from rows to tests? */
import { alternate, measured, measuredRatio } from './clocks.mjs';
import { openComparison, smallestFactor } from './comparison.mjs';
import { argument, builds, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';
import { referenceFit, rowsProblem } from './reference.mjs';

const libraries = await Promise.all(builds.map((build) => build.load('node', 'statistics', 'steps')));
const [{ buildDesign, testRow }] = libraries;
const responses = argument('responses', 3000);
const runs = argument('runs', 15);
const sample = argument('sample', 40);
const samples = 100;
const donors = 25;
const formula = '~ stim + age + size + (1 | donor)';
/** Share of the processor time of commit 1a1b7a5, by `--against`, that a response may take. */
const AT_MOST = 0.1;

const CASES = [
  { name: 'weights of their own', weighted: true, missing: 0 },
  { name: '20 % missing', weighted: false, missing: 0.2 },
  { name: 'weights of their own, 20 % missing', weighted: true, missing: 0.2 },
];

/** Four samples of each donor, two of each condition; a fifth of the responses has no donor effects. */
function simulate({ weighted, missing }) {
  const random = openRandom(1);
  const donor = Array.from({ length: samples }, (_, i) => i % donors);
  const age = Array.from({ length: donors }, () => 20 + random.below(60));
  const stim = donor.map((_, i) => Math.floor(i / donors) % 2);
  const obs = {
    rows: samples,
    columns: new Map([
      ['donor', factor(donor, labels('D', donors))],
      ['stim', factor(stim, ['ctrl', 'stim'])],
      ['age', numeric(donor.map((i) => age[i]))],
      ['size', numeric(donor.map(() => random.normal()))],
    ]),
  };
  const values = new Float64Array(responses * samples);
  const weights = new Float64Array(responses * samples).fill(1);
  for (let g = 0; g < responses; g++) {
    const sd = random.uniform() < 0.2 ? 0 : Math.exp(random.normal() - 0.7);
    const scale = Math.exp(random.normal());
    const level = 8 + 3 * random.normal();
    const effect = 0.4 * random.normal();
    const shift = Array.from({ length: donors }, () => sd * random.normal());
    for (let i = 0; i < samples; i++) {
      const place = g * samples + i;
      if (weighted) weights[place] = Math.exp(0.5 * random.normal());
      const noise = random.normal() / Math.sqrt(weights[place]);
      values[place] = level + scale * (effect * stim[i] + shift[donor[i]] + noise);
      if (random.uniform() < missing) values[place] = Number.NaN;
    }
  }
  const dense = { kind: 'dense', rows: samples, names: labels('g', responses), values };
  return { obs, dense: weighted ? { ...dense, weights } : dense };
}

/** The reference fit of a response on its own rows, each multiplied by the root of its weight. */
function reference({ obs, dense }, g) {
  const whole = buildDesign(formula, obs);
  const from = g * samples;
  const rows = [...Array(samples).keys()].filter((i) => !Number.isNaN(dense.values[from + i]));
  const roots = rows.map((i) => Math.sqrt(dense.weights?.[from + i] ?? 1));
  const scaled = (column) => rows.map((i, k) => column[i] * roots[k]);
  const p = whole.fixed.names.length;
  const x = Array.from({ length: p }, (_, c) => scaled(whole.fixed.x.subarray(c * samples, (c + 1) * samples)));
  const codes = rows.map((i) => whole.random[0].codes[i]);
  const problem = rowsProblem(
    {
      n: rows.length,
      fixed: { names: whole.fixed.names, x: Float64Array.from(x.flat()) },
      random: [{ names: ['(Intercept)'], codes, z: Float64Array.from(roots) }],
    },
    scaled(dense.values.subarray(from, from + samples)),
  );
  const fit = referenceFit(problem);
  const logWeights = roots.reduce((sum, root) => sum + 2 * Math.log(root), 0);
  return { ...fit, criterion: fit.criterion - logWeights, smallest: () => smallestFactor(fit.theta, 1) };
}

/** Largest relative difference of Kenward-Roger df and standard errors from those of the general reader, over a sample. */
function readerErrors(result) {
  const { coefficients } = result.table;
  const p = coefficients.names.length;
  let df = 0;
  let se = 0;
  for (let model = 0; model < responses; model += Math.ceil(responses / sample)) {
    const small = result.smallSample(model);
    for (let k = 0; k < p; k++) {
      const test = testRow(
        small,
        Float64Array.from({ length: p }, (_, i) => (i === k ? 1 : 0)),
      );
      df = Math.max(df, Math.abs(coefficients.df[model * p + k] / test.df - 1));
      se = Math.max(se, Math.abs(coefficients.standardError[model * p + k] / test.standardError - 1));
    }
  }
  return [
    { name: 'Kenward-Roger df against the general reader, relative', value: df, bound: 1e-6 },
    { name: 'SE, relative', value: se, bound: 1e-8 },
  ];
}

const bench = openBench('own-designs', 'What does a response with a design of its own cost, from rows to tests?');
for (const given of CASES) {
  const { obs, dense } = simulate(given);
  const size = `${responses} responses x ${samples} samples x ${donors} donors, ${given.name}`;
  const references = Array.from({ length: sample }, (_, k) => {
    const g = Math.floor((k * responses) / sample);
    return [g, reference({ obs, dense }, g)];
  });
  for (const ddf of ['satterthwaite', 'kenward-roger']) {
    const works = libraries.map((library) => () => library.fit(dense, { obs, formula, ddf, threads: 1 }));
    const [timed, other] = await alternate(works, { runs, warmUp: 3 });
    const { table } = timed.last;
    const comparison = openComparison(table);
    for (const [g, fit] of references) comparison.add(g, fit);
    // Adjusted standard errors are not those of the reference.
    const adjusted = ddf === 'kenward-roger';
    const errors = comparison.errors().filter(({ name }) => !(adjusted && name === 'std.error'));
    if (adjusted) errors.push(...readerErrors(timed.last));
    const singular = table.singular.reduce((sum, flag) => sum + flag, 0);
    bench.row({
      case: `${size}, ${ddf}`,
      ...measured(timed, 'process', (seconds) => (1e6 * seconds) / responses),
      unit: 'us a response',
      errors,
      detail: `${comparison.summary}; ${singular} singular`,
    });
    if (!other) continue;
    bench.row({
      case: `${size}, ${ddf}: against ${builds[1].revision}`,
      ...measuredRatio(timed, other, 'process'),
      unit: `times the processor time of ${builds[1].revision}`,
      bar: { atMost: AT_MOST },
      errors,
    });
  }
}
bench.close();
