/**
 * Which test of a fixed effect should be the default of REML fits? Type-I error and power of Satterthwaite's, Kenward and
 * Roger's and stratum (between-within, containment) degrees of freedom where donors are few: a condition between donors, a
 * condition that every donor has (samples as a random term, or slopes), and the model that ignores samples.
 *
 *     node bench/default-test.mjs --record       # renews bench/results/default-test.{json,md,tsv}, some 10 minutes
 *     node bench/default-test.mjs --share 0.05   # a twentieth of the draws, for a look
 *
 * Responses are normal and drawn as their moments: every model here is one of sample means and a sum of squares within
 * samples. No test depends on sigma or the intercept, so variances are shares of 1. A rate is no count of rejections but
 * the mean of their probabilities given the residuals: standard error and degrees of freedom are fixed then, and the
 * estimate is normal about its difference from the generalised least-squares estimate at the true variances, with the
 * variance of the latter (Kackar and Harville 1984). That says far more of the tails than counts, which are kept as a
 * check, and power needs no further fits, as an effect moves nothing but the mean.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fitMoments } from '../dist/steps.js';
import {
  bestEstimate,
  cellDesign,
  emptyMoments,
  meansTest,
  momentError,
  momentsOf,
  openLayout,
  openMoments,
  openResponses,
} from './default-test-designs.mjs';
import { judge } from './default-test-rates.mjs';
import { reportRows, reportText, settingLines } from './default-test-report.mjs';
import { argument, builds, machine } from './harness.mjs';
import { labels } from './random.mjs';
import { machineText, RESULTS } from './records.mjs';

const share = argument('share', 1);
/** lme4's tolerance, of the relative standard deviation. */
const SINGULAR_BELOW = 1e-4;
/** Counts may differ from mean probabilities by so many binomial standard errors; there are some 4,000 comparisons. */
const COUNT_BOUND = 5;
const MOMENT_BOUND = 1e-10;

const DONORS = [2, 4, 6, 12, 24];
const many = DONORS.map(() => 10_000);
/** `zero` is the random term whose variance, estimated as zero, matters; `df` that of the effect's stratum. */
const MODELS = [
  {
    name: 'between',
    title: 'condition between donors',
    formula: '~ group + (1 | donor)',
    paired: false,
    zero: 'donor',
    df: ({ donors }) => donors - 2,
    draws: many,
  },
  {
    name: 'samples',
    title: 'condition within donors, samples random',
    formula: '~ stim + (1 | donor) + (1 | sample)',
    paired: true,
    zero: 'sample',
    df: ({ donors }) => donors - 1,
    draws: [2500, 3000, 3000, 1200, 600],
  },
  {
    name: 'slopes',
    title: 'condition within donors, slopes random',
    formula: '~ stim + (stim | donor)',
    paired: true,
    zero: null,
    df: ({ donors }) => donors - 1,
    draws: [3000, 6000, 6000, 5000, 4000],
  },
  {
    name: 'ignored',
    title: 'condition within donors, samples ignored',
    formula: '~ stim + (1 | donor)',
    paired: true,
    zero: 'donor',
    df: ({ donors, n }) => n - donors - 1,
    draws: many,
  },
];
/** Spreads of cells, and shares of the variance: between donors, between samples of a donor. */
const BETWEEN = ['equal', 'unequal', 'tied', 'dominated', 'lopsided'].map((pattern) => ({
  pattern,
  truths: [0, 0.01, 0.03, 0.1, 0.3].map((donor) => ({ donor, sample: 0 })),
}));
const PAIRED = ['equal', 'unequal', 'tied', 'dominated'].map((pattern, k) => ({
  pattern,
  truths: (k < 2 ? [0, 0.1] : [0.1]).flatMap((donor) => [0, 0.01, 0.1].map((sample) => ({ donor, sample }))),
}));
const layoutsOf = ({ name, paired }) => (!paired ? BETWEEN : name === 'ignored' ? PAIRED.slice(0, 2) : PAIRED);

/** One model on one layout with one truth: every test. */
async function runSetting(model, layout, truth, draws) {
  const { paired, samples, n } = layout;
  const { design } = cellDesign(layout, model.formula);
  const [{ design: moments }] = (
    await momentsOf(
      design,
      Float64Array.from({ length: n }, (_, i) => i % 7),
      1,
    )
  ).batches;
  const responses = emptyMoments(moments, draws);
  const write = openMoments(layout, moments);
  const draw = openResponses(layout, truth, 1);
  const { weights, variance } = bestEstimate(layout, truth);
  const best = new Float64Array(draws);
  const columns = () => ({ estimate: best.slice(), standardError: best.slice(), df: best.slice() });
  const naive = columns();
  const ofMeans = columns();
  const means = new Float64Array(samples.length);
  const r = Math.abs(moments.r[3]);
  for (let k = 0; k < draws; k++) {
    write(means, draw(means), responses, k);
    best[k] = weights.reduce((sum, weight, j) => sum + weight * means[j], 0);
    naive.estimate[k] = responses.qty[2 * k + 1] / moments.r[3];
    naive.standardError[k] = Math.sqrt(responses.rss[k] / (n - 2)) / r;
    naive.df[k] = n - 2;
    const test = meansTest(layout, means);
    for (const name of Object.keys(test)) ofMeans[name][k] = test[name];
  }
  const run = {
    formula: model.formula,
    names: labels('y', draws),
    batches: [{ design: moments, responses, index: Int32Array.from({ length: draws }, (_, k) => k) }],
    coefficients: moments.coefficients,
    notes: [],
  };
  const fitted = {};
  for (const ddf of ['satterthwaite', 'kenward-roger']) {
    const { table } = await fitMoments(run, { threads: 1, backend: 'cpu', adjust: 'none', ddf });
    const pick = (values) => Float64Array.from({ length: draws }, (_, k) => values[2 * k + 1]);
    const { estimate, standardError, df } = table.coefficients;
    fitted[ddf] = { estimate: pick(estimate), standardError: pick(standardError), df: pick(df) };
    fitted.table = table;
  }
  const stratum = model.df(layout);
  const capped = (test) => ({ ...test, df: test.df.map((value) => Math.min(value, stratum)) });
  const inStratum = (test) => ({ ...test, df: test.df.map(() => stratum) });
  const { satterthwaite, 'kenward-roger': kenwardRoger, table } = fitted;
  const width = table.theta.length / draws;
  const zero = table.terms.find(({ group }) => group === model.zero);
  const singular = zero
    ? Uint8Array.from({ length: draws }, (_, k) => (table.theta[k * width + zero.thetaOffset] < SINGULAR_BELOW ? 1 : 0))
    : table.singular;
  const all = [
    ['naive', naive],
    ['satterthwaite', satterthwaite],
    ['kenward-roger', kenwardRoger],
    ['stratum', inStratum(satterthwaite)],
    ['stratum, adjusted', inStratum(kenwardRoger)],
    ['satterthwaite, capped', capped(satterthwaite)],
    ['kenward-roger, capped', capped(kenwardRoger)],
    ['t test of means', ofMeans],
  ];
  const sd = Math.sqrt(variance);
  return {
    model: model.name,
    donors: layout.donors,
    cells: layout.pattern,
    truth: paired ? truth : { donor: truth.donor },
    draws,
    stratum,
    failed: table.status.reduce((count, code) => count + (code === 0 ? 0 : 1), 0),
    zero: singular.reduce((sum, flag) => sum + flag, 0) / draws,
    tests: Object.fromEntries(all.map(([name, test]) => [name, judge(test, best, sd, singular)])),
  };
}
const settings = [];
let momentsApart = 0;
const question = 'Which test of a fixed effect holds its level where donors are few, and what power is left?';
console.log(`default-test: ${question}\n${machineText(machine())}\n`);
for (const model of MODELS) {
  for (const [d, donors] of DONORS.entries()) {
    if (!model.paired && donors === 2) {
      console.log(`${model.formula}, 2 donors: one a side, no test`);
      continue;
    }
    const from = performance.now();
    for (const { pattern, truths } of layoutsOf(model)) {
      const layout = openLayout(model.paired, donors, pattern);
      momentsApart = Math.max(momentsApart, await momentError(layout, cellDesign(layout, model.formula)));
      for (const truth of truths) {
        settings.push(await runSetting(model, layout, truth, Math.max(100, Math.round(share * model.draws[d]))));
      }
    }
    console.log(`${model.formula}, ${donors} donors: ${((performance.now() - from) / 1000).toFixed(0)} s`);
  }
}
const { user, system } = process.cpuUsage();
const seconds = (user + system) / 1e6;

/** The t test of means is exact where cells are equal: its rates at 5 %, in standard errors from it. */
const yardstick = settings.flatMap(({ cells, tests }) => {
  const [{ rate, level, error }] = tests['t test of means'].rates;
  return cells === 'equal' ? [Math.abs(rate - level) / error] : [];
});
const errors = [
  { name: 'moments against those of cells, relative', value: momentsApart, bound: MOMENT_BOUND },
  {
    name: 'counts against mean probabilities, in standard errors',
    value: Math.max(...settings.flatMap(({ tests }) => Object.values(tests).map(({ countError }) => countError))),
    bound: COUNT_BOUND,
  },
  {
    name: 'exact t test of means of equal cells at 5 %, in standard errors',
    value: Math.max(...yardstick),
    bound: COUNT_BOUND,
  },
  { name: 'fits that failed', value: settings.reduce((sum, { failed }) => sum + failed, 0), bound: 0 },
];

const bad = errors.filter(({ value, bound }) => !(value <= bound));
for (const { name, value, bound } of errors) console.log(`error: ${name} ${value.toPrecision(2)} (<= ${bound})`);
if (bad.length > 0) {
  console.log('NO RESULT, an error is out of bounds');
  process.exitCode = 1;
} else {
  const text = reportText({ question, models: MODELS, settings, errors, seconds });
  console.log(`\n${text.slice(text.indexOf('## '))}`);
  if (process.argv.includes('--record')) record(text);
}

/** Renews the record: the harness reads `rows` for the table of latest results. */
function record(text) {
  const [{ revision }] = builds;
  const date = new Date().toISOString();
  const rows = reportRows(MODELS, settings);
  writeFileSync(
    join(RESULTS, 'default-test.json'),
    `${JSON.stringify([{ date, revision, machine: machine(), rows }], null, 2)}\n`,
  );
  writeFileSync(join(RESULTS, 'default-test.tsv'), settingLines(settings));
  const when = `${date.slice(0, 16).replace('T', ' ')} UTC, ${revision}; ${machineText(machine())}`;
  writeFileSync(join(RESULTS, 'default-test.md'), text.replace('DATE', when));
  console.log('recorded in bench/results/default-test.json');
}
