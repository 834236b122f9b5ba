/** The ways through the device engine, each with a design and responses as small as they can be to take several chunks. */
import { factor, labels, numeric, openRandom } from '../random.mjs';

/** Rows of `groups` donors in 5 batches, x by row; levels of both differ in size. */
function rowsOf(random, groups, each) {
  const [donor, batch] = [[], []];
  for (let i = 0; i < groups; i++) {
    for (let k = 0; k < each + (i % 3); k++) {
      donor.push(i);
      batch.push(donor.length < 6 ? donor.length - 1 : random.below(5));
    }
  }
  const columns = [
    ['donor', factor(donor, labels('D', groups))],
    ['batch', factor(batch, labels('B', 5))],
    ['x', numeric(donor.map(() => random.normal()))],
  ];
  return { rows: donor.length, columns: new Map(columns), donor, batch };
}

const INTERCEPT = { formula: '~ x + (1 | donor)', groups: 8, each: 6, responses: 150 };
const SLOPE = { formula: '~ x + (x | donor)', groups: 8, each: 6, responses: 66 };
const CROSSED = { formula: '~ x + (1 | donor) + (1 | batch)', groups: 6, each: 8, responses: 8 };
const DRAWS = { draws: 100, seed: 5, level: 0.95 };

/** By name: formula, rows, responses, options of the fit; memory in MiB, where there are to be several chunks. */
export const PATHS = {
  spectral: { ...INTERCEPT, options: { memory: 0.02 } },
  'spectral, one chunk': { ...INTERCEPT, options: {} },
  'spectral, 80 levels': { ...INTERCEPT, groups: 80, each: 3, responses: 300, options: { memory: 0.12 } },
  'spectral, df64': { ...INTERCEPT, options: { memory: 0.1, precision: 'df64' } },
  'spectral, threads': { ...INTERCEPT, options: { memory: 0.02, threads: 2 } },
  'slopes, df64': { ...SLOPE, options: { memory: 0.1, precision: 'df64' } },
  slopes: { ...SLOPE, options: { memory: 0.05 } },
  'crossed, df64': { ...CROSSED, options: { precision: 'df64' } },
  crossed: { ...CROSSED, options: {} },
  'crossed, two chunks': { ...CROSSED, responses: 66, options: { memory: 0.1 } },
  weights: { ...INTERCEPT, weighted: true, options: { memory: 0.3 } },
  'weights, slopes': { ...SLOPE, weighted: true, groups: 6, responses: 12, options: {} },
  'several designs': { ...INTERCEPT, missing: true, responses: 120, options: {} },
  poisson: { ...INTERCEPT, family: 'poisson', options: { memory: 0.2, ddf: 'asymptotic' } },
  nbinom2: { ...INTERCEPT, formula: '~ 1 + (1 | donor)', family: 'nbinom2', each: 40, options: { ddf: 'asymptotic' } },
  bootstrap: { ...INTERCEPT, responses: 12, options: { bootstrap: DRAWS, memory: 0.3 } },
  'bootstrap, several designs': { ...INTERCEPT, missing: true, responses: 80, options: { bootstrap: DRAWS } },
  'bootstrap, slopes': { ...SLOPE, responses: 3, options: { bootstrap: DRAWS, memory: 0.2 } },
};

/** Moments of a path, by the library's own steps. */
export async function momentsOf(library, { formula, groups, each, responses, ...more }) {
  const random = openRandom(11);
  const { donor, batch, ...table } = rowsOf(random, groups, each);
  const design = library.buildDesign(formula, table);
  const { rows } = table;
  const x = table.columns.get('x').values;
  const values = new Float64Array(responses * rows);
  const weights = more.weighted ? Float64Array.from(values, () => Math.exp(0.5 * random.normal())) : undefined;
  for (let g = 0; g < responses; g++) {
    const draw = (count, sd) => Array.from({ length: count }, () => sd * random.normal());
    const sd = random.uniform() < 0.2 ? 0 : Math.exp(random.normal());
    const [a, b, c] = [draw(groups, sd), draw(groups, sd / 2), draw(5, 0.7)];
    for (let i = 0; i < rows; i++) {
      const noise = random.normal() / Math.sqrt(weights ? weights[g * rows + i] : 1);
      values[g * rows + i] = 2 + 0.4 * x[i] + a[donor[i]] + b[donor[i]] * x[i] + c[batch[i]] + noise;
    }
    // Two patterns of missing rows, each of many responses.
    if (more.missing && g % 2 === 1) values[g * rows + 3] = Number.NaN;
  }
  const names = labels('g', responses);
  if (!more.family) return library.accumulateMoments(design, { kind: 'dense', rows, names, values, weights });
  // Counts of those means and about these variances.
  const counts = values.map((value) => Math.round(Math.exp(Math.min(value / 2, 6))));
  const options = { formula, family: more.family, obs: table };
  const run = await library.prepare({ kind: 'dense', rows, names, values: counts }, options);
  return (await library.runMoments(run, formula)).moments;
}
