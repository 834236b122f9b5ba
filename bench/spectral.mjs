/** How many random-intercept fits a second does one core finish, from moments to rows with p-values? */
import { alternate, measured, repeat } from './clocks.mjs';
import { openComparison, smallestFactor } from './comparison.mjs';
import { argument, builds, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';
import { referenceFit, rowsProblem } from './reference.mjs';

const responses = argument('responses', 20_000);
const sample = argument('sample', 200);
const donors = 20;

/** About ten cells a donor: after the moments nothing depends on that, and the reference works on rows. */
function simulate({ buildDesign }) {
  const random = openRandom(1);
  const donor = [];
  for (let i = 0; i < donors; i++) for (let k = 6 + random.below(9); k > 0; k--) donor.push(i);
  const n = donor.length;
  const age = Array.from({ length: donors }, () => 20 + random.below(60));
  const table = {
    rows: n,
    columns: new Map([
      ['donor', factor(donor, labels('D', donors))],
      [
        'stim',
        factor(
          donor.map(() => random.below(2)),
          ['ctrl', 'stim'],
        ),
      ],
      ['age', numeric(donor.map((i) => age[i]))],
      ['size', numeric(donor.map(() => random.normal()))],
    ]),
  };
  const design = buildDesign('~ stim + age + size + (1 | donor)', table);
  const values = new Float64Array(responses * n);
  for (let g = 0; g < responses; g++) {
    const sd = random.uniform() < 0.2 ? 0 : Math.exp(random.normal() - 0.7); // a fifth without donor effects
    const scale = Math.exp(random.normal());
    const level = 3 * random.normal();
    const effect = 0.4 * random.normal();
    const shift = Array.from({ length: donors }, () => sd * random.normal());
    for (let i = 0; i < n; i++) {
      const mean = level + effect * table.columns.get('stim').codes[i] + shift[donor[i]];
      values[g * n + i] = scale * (mean + random.normal());
    }
  }
  return { design, dense: { kind: 'dense', rows: n, names: labels('g', responses), values } };
}

const bench = openBench(
  'spectral',
  'Fits a second on one core, from moments to estimate, SE, df, p, variances and logLik?',
);
const sides = [];
for (const build of builds) {
  const library = await build.load('node', 'steps');
  const { design, dense } = simulate(library);
  sides.push({ library, design, dense, moments: await library.accumulateMoments(design, dense) });
}
const [{ library, design, dense, moments }] = sides;
const references = new Map();
for (let k = 0; k < sample; k++) {
  const g = Math.floor((k * responses) / sample);
  const fit = referenceFit(rowsProblem(design, dense.values.subarray(g * dense.rows, (g + 1) * dense.rows)));
  references.set(g, { ...fit, smallest: () => smallestFactor(fit.theta, 1) });
}
const size = `${responses} responses x ${donors} donors x ${design.fixed.names.length} fixed effects`;
for (const ddf of ['satterthwaite', 'asymptotic']) {
  const fits = sides.map((side) => () => side.library.fitMoments(side.moments, { threads: 1, ddf }));
  const [timed, other] = await alternate(fits, { runs: argument('runs', 15), warmUp: 2 });
  const { table } = timed.last;
  const comparison = openComparison(table);
  for (const [g, reference] of references) comparison.add(g, reference);
  const singular = table.singular.reduce((sum, flag) => sum + flag, 0);
  const name = `${size}, ${ddf}`;
  const errors = comparison.errors();
  bench.row({
    case: name,
    ...measured(timed, 'process', (seconds) => responses / seconds),
    unit: 'fits/s',
    ...(ddf === 'satterthwaite' ? { bar: { atLeast: 1e5 } } : {}),
    errors,
    detail: `${comparison.summary}; ${singular} singular`,
  });
  bench.against(name, timed, other, errors);
}
const fitted = await library.fitMoments(moments, { threads: 1 });
const rows = await repeat(() => library.tidy(fitted), { runs: 5 });
bench.note(`a tidy table of all fits takes ${(rows.seconds * 1000).toFixed(0)} ms more`);
bench.close();
