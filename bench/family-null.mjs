/**
 * Which test of a condition between donors holds its level in generalised models where donors are few? Type-I error at 5 % of z,
 * between-within t and likelihood-ratio tests, of the former with restricted likelihood, and of a t test of the donors' own means, which is nearly exact where donors are
 * alike and asks for no model.
 *
 *     node bench/family-null.mjs --record       # renews bench/results/family-null.{json,md}
 *     node bench/family-null.mjs --draws 500    # for a look
 *
 * Responses without an effect: every donor has as many cells, half of the donors each condition. Sums over the cells of a donor
 * are drawn where they are sufficient (poisson, binomial), else cell by cell.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { twoSidedP, upperTailChiSquared } from '../dist/statistics.js';
import { fitMoments, prepare, runMoments } from '../dist/steps.js';
import { dense, openDraws } from './family-data.mjs';
import { argument, machine, openBench, revisionOf } from './harness.mjs';
import { factor, labels, numeric } from './random.mjs';
import { machineText, markdownTable, RESULTS } from './records.mjs';

const LEVEL = 0.05;
const DRAWS = argument('draws', 2000);
/** Responses fitted at once. */
const BATCH = 1000;
const DONORS = [6, 12, 40];
const SPREADS = [0, 0.5];
const MODELS = [
  { name: 'poisson', family: 'poisson', cells: 30, mean: 1, draw: ({ poisson }, mean, cells) => poisson(cells * mean) },
  {
    name: 'nbinom2',
    family: 'nbinom2',
    cells: 30,
    mean: 1,
    draw: ({ negativeBinomial }, mean) => negativeBinomial(mean, 2),
  },
  {
    name: 'binomial',
    family: 'binomial',
    cells: 20,
    mean: 1,
    draw: ({ binomial }, odds, cells) => binomial(cells, odds / (1 + odds)),
  },
];
const TESTS = [
  'z',
  'between-within',
  'likelihood ratio',
  'restricted z',
  'restricted between-within',
  't test of donors',
];
/** Fits without a test, of all; they count as no rejection. */
const MOST_FAILURES = 0.02;
/** The t test of donors may be so far from its level: donors' means are not normal. */
const YARDSTICK = 0.015;
const FOLDER = new URL('../', import.meta.url).pathname;

/** One row a donor where sums suffice, else one a cell. */
function layout({ name, cells }, donors) {
  const rowsOf = name === 'nbinom2' ? cells : 1;
  const donor = Array.from({ length: donors * rowsOf }, (_, i) => Math.floor(i / rowsOf));
  const columns = new Map([
    ['donor', factor(donor, labels('D', donors))],
    ['group', numeric(donor.map((j) => j % 2))],
    ['size', numeric(donor.map(() => (name === 'poisson' ? Math.log(cells) : 0)))],
  ]);
  return { table: { rows: donor.length, columns }, donor, rowsOf };
}

/** Responses without an effect, and what a t test of donors has of each: its rate or log odds. */
function simulate(model, { donor, rowsOf }, donors, spread, count, draws) {
  const values = [];
  const means = [];
  for (let k = 0; k < count; k++) {
    const shift = Array.from({ length: donors }, () => model.mean * Math.exp(spread * draws.normal()));
    const totals = new Float64Array(donors);
    for (const j of donor) {
      const value = model.draw(draws, shift[j], model.cells);
      values.push(value);
      totals[j] += value;
    }
    const own = (total) =>
      model.family === 'binomial' ? Math.log((total + 0.5) / (model.cells - total + 0.5)) : Math.log(total + 0.5);
    means.push(Array.from(totals, own));
  }
  const responses = dense(donor.length, values);
  const trials = model.family === 'binomial' ? new Float64Array(values.length).fill(model.cells) : undefined;
  return { responses: trials ? { ...responses, trials } : responses, means, rowsOf };
}

/** p of Student's test of two groups that alternate. */
function groupsP(values) {
  const sides = [0, 1].map((side) => values.filter((_, j) => j % 2 === side));
  const centres = sides.map((side) => side.reduce((sum, value) => sum + value, 0) / side.length);
  const squares = sides.reduce((sum, side, s) => sum + side.reduce((own, v) => own + (v - centres[s]) ** 2, 0), 0);
  const df = values.length - 2;
  const error = Math.sqrt((squares / df) * sides.reduce((sum, side) => sum + 1 / side.length, 0));
  return twoSidedP((centres[1] - centres[0]) / error, df);
}

/** Share of rejections with Wilson's interval, in percent. */
function rate(rejected, of) {
  const [p, z] = [rejected / of, 1.96];
  const centre = (p + (z * z) / (2 * of)) / (1 + (z * z) / of);
  const half = (z * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of))) / (1 + (z * z) / of);
  return { value: 100 * p, interval: [100 * (centre - half), 100 * (centre + half)] };
}

async function fitted(responses, table, formula, { family }, reml = false) {
  const offset = family === 'poisson' ? { offset: 'size' } : {};
  const run = await prepare(responses, { formula, family, obs: table, ...offset });
  const { moments } = await runMoments(run, formula);
  const options = { threads: 1, backend: 'cpu', adjust: 'none', ddf: 'between-within', reml };
  return (await fitMoments(moments, options)).table;
}

/** Rejections of every test, and fits that have none. */
async function runSetting(model, donors, spread, seed) {
  const draws = openDraws(seed);
  const place = layout(model, donors);
  const rejected = Object.fromEntries(TESTS.map((name) => [name, 0]));
  let failed = 0;
  let zero = 0;
  for (let from = 0; from < DRAWS; from += BATCH) {
    const count = Math.min(BATCH, DRAWS - from);
    const { responses, means } = simulate(model, place, donors, spread, count, draws);
    const full = await fitted(responses, place.table, '~ group + (1 | donor)', model);
    const restricted = await fitted(responses, place.table, '~ group + (1 | donor)', model, true);
    const none = await fitted(responses, place.table, '~ 1 + (1 | donor)', model);
    for (let k = 0; k < count; k++) {
      if (groupsP(means[k]) < LEVEL) rejected['t test of donors']++;
      if (full.singular[k] === 1) zero++;
      if ([full, none, restricted].some(({ status }) => status[k] !== 0)) {
        failed++;
        continue;
      }
      for (const [table, prefix] of [
        [full, ''],
        [restricted, 'restricted '],
      ]) {
        const { estimate, standardError, pValue } = table.coefficients;
        const at = 2 * k + 1;
        if (twoSidedP(estimate[at] / standardError[at], Number.NaN) < LEVEL) rejected[`${prefix}z`]++;
        if (pValue[at] < LEVEL) rejected[`${prefix}between-within`]++;
      }
      const ratio = Math.max(0, none.criterion[k] - full.criterion[k]);
      if (upperTailChiSquared(ratio, 1).p < LEVEL) rejected['likelihood ratio']++;
    }
  }
  return { model: model.name, donors, spread, rejected, failed: failed / DRAWS, zero: zero / DRAWS };
}

/** What a row of the record says beside the rate of between-within tests. */
function detailOf(byVariance) {
  const rates = ({ rejected }) =>
    TESTS.map((test) => `${test} ${((100 * rejected[test]) / DRAWS).toFixed(1)}`).join(', ');
  const said = byVariance.map((found) => `sd ${found.spread}: ${rates(found)}`);
  return `${said.join('; ')}; ${DRAWS} draws`;
}

const question = 'Type-I error at 5 % of tests of a condition between few donors, generalised models, in percent?';
const bench = openBench('family-null', question);
const settings = [];
for (const [f, model] of MODELS.entries()) {
  for (const donors of DONORS) {
    const byVariance = [];
    for (const [s, spread] of SPREADS.entries()) {
      byVariance.push(await runSetting(model, donors, spread, 1000 * f + 10 * donors + s));
    }
    settings.push(...byVariance);
    const apart = byVariance.map(({ rejected }) => Math.abs(rejected['t test of donors'] / DRAWS - LEVEL));
    bench.row({
      case: `${model.name}, ${donors} donors, sd ${SPREADS.at(-1)}: between-within`,
      ...rate(byVariance.at(-1).rejected['between-within'], DRAWS),
      unit: '%',
      errors: [
        {
          name: 'fits without a test',
          value: Math.max(...byVariance.map(({ failed }) => failed)),
          bound: MOST_FAILURES,
        },
        {
          name: 't test of donors, from its level',
          value: Math.max(...apart),
          bound: YARDSTICK + 3 * Math.sqrt((LEVEL * (1 - LEVEL)) / DRAWS),
        },
      ],
      detail: detailOf(byVariance),
    });
  }
}
const table = markdownTable(
  ['family', 'donors', 'sd between donors', ...TESTS],
  settings.map(({ model, donors, spread, rejected }) => [
    model,
    String(donors),
    String(spread),
    ...TESTS.map((test) => ((100 * rejected[test]) / DRAWS).toFixed(1)),
  ]),
);
console.log(`\n${table}`);
bench.close();
if (process.argv.includes('--record') && process.exitCode !== 1) {
  const when = `${new Date().toISOString().slice(0, 10)}, ${revisionOf(FOLDER)}; ${machineText(machine())}`;
  const text = `${question} ${DRAWS} draws each, so that a rate of 5 is known to about 1. ${when}`;
  writeFileSync(join(RESULTS, 'family-null.md'), `# family-null\n\n${text}\n\n${table}\n`);
}
