/**
 * The models that the device is tested and timed on, one list for both, as plain data: `device-models.mjs` draws them,
 * `test/webgpu/cases.test.ts` holds the fits of each to float64, `webgpu.mjs` and others time those that are `timed`.
 */
const intercept = (name, changes = {}) => ({
  name,
  engine: 'spectral',
  formula: '~ stim + age + (1 | level)',
  factors: { level: 12 },
  rows: [2, 2],
  cells: 200,
  deviations: 'mixed',
  responses: 300,
  ...changes,
});
const slopes = (name, changes = {}) => ({
  name,
  engine: 'block',
  formula: '~ x + age + (x | level)',
  factors: { level: 30 },
  rows: [2, 14],
  deviations: 'clear',
  responses: 130,
  ...changes,
});
const crossed = (name, changes = {}) => ({
  name,
  engine: 'crossed',
  formula: '~ x + (1 | donor) + (1 | batch)',
  factors: { donor: 12, batch: 8, site: 4 },
  rows: [0, 6],
  deviations: 'clear',
  responses: 66, // a workgroup and a little
  ...changes,
});
const timed = (name, changes) => ({ deviations: 'typical', responses: 66, ...changes, name, timed: true });
const donors = { engine: 'spectral', formula: '~ stim + age + x + (1 | donor)', factors: { donor: 20 }, rows: [6, 14] };
const visits = { engine: 'block', formula: '~ time * arm + (time | subject)', factors: { subject: 40 }, rows: [5, 6] };
/** Where many variances are zero, the factor is degenerate: float64 may refuse some more of what a device found. */
const degenerate = { refits: 0.03 };
const once = { methods: ['REML'] };
/** A share of the values is missing, so that responses have designs of their own. */
const gaps = { cells: undefined, deviations: 'clear', missing: 0.05, responses: 70 };
const deep = '~ x + (x + z + age + I(x^2) + I(z^2) + I(x * z) | level)';

/** What the properties mean stands in `device-cases.d.mts`. */
export const CASES = [
  timed('(1 | donor), 20 levels, p = 4', donors),
  timed('(1 | donor), 1,000 levels, p = 4', {
    ...{ ...donors, engine: 'block', factors: { donor: 1000 }, rows: [2, 4], responses: 10 },
  }),
  timed('(time | subject), 40 levels, p = 4', visits),
  timed('(time + x | subject), 40 levels, p = 5', {
    ...{ ...visits, rows: [7, 8] },
    formula: '~ time * arm + x + (time + x | subject)',
  }),
  timed(
    '(1 | donor) + (1 | batch), 12 x 8 levels, p = 2',
    crossed('', { formula: '~ stim + (1 | donor) + (1 | batch)', deviations: 'typical' }),
  ),
  timed('(1 | donor), 20 levels, p = 4, weights by response', { ...donors, weights: 'response' }),
  timed('(time | subject), 40 levels, p = 4, weights by response', { ...visits, weights: 'response' }),

  intercept('12 levels'),
  intercept('2 levels', { formula: '~ stim + (1 | level)', factors: { level: 2 }, cells: 100 }),
  intercept('3 levels', { formula: '~ stim + (1 | level)', factors: { level: 3 }, cells: 100, responses: 1000 }),
  intercept('12 levels, balanced', { cells: 240, alike: true, responses: 1000 }),
  intercept('12 levels of 24,000 rows, weighted', { cells: 24_000, weights: 'row', responses: 1000 }),
  intercept('12 levels of a million rows', { cells: 1e6, responses: 1000 }),
  intercept('20 levels of 102 rows', { factors: { level: 20 }, cells: 102, responses: 1000 }),
  intercept('20 levels of a million rows, null data', {
    ...{ factors: { level: 20 }, cells: 1e6 },
    ...{ deviations: 'none', responses: 1000 },
  }),
  intercept('100 levels of 50,000 rows', { factors: { level: 100 }, cells: 50_000 }),
  intercept('variances far above the residual', { deviations: 'above' }),
  intercept('variances far below the residual', { cells: 5000, deviations: 'below' }),
  intercept('several minima', {
    ...{ formula: '~ 1 + (1 | level)', factors: { level: 8 }, wild: true },
    ...{ deviations: 'none', responses: 1000 },
  }),

  slopes('a slope'),
  slopes('a slope, levels alike', { formula: '~ x + (x | level)', rows: [8, 8], alike: true }),
  slopes('two slopes', { formula: '~ x + z + (x + z | level)', factors: { level: 40 }, rows: [2, 18], responses: 66 }),
  slopes('two uncorrelated terms, weighted', { formula: '~ x + (1 | level) + (0 + x | level)', weights: 'row' }),
  slopes('mostly singular', { ...degenerate, deviations: 'singular', responses: 300 }),
  slopes('few rows, all starts count', {
    ...degenerate,
    formula: '~ x + (x | level)',
    factors: { level: 10 },
    rows: [2, 10],
  }),
  slopes('levels of 500 rows', { factors: { level: 20 }, rows: [2, 998], responses: 40 }),
  slopes('two terms of one factor, no fixed effects', {
    ...{ formula: '~ 0 + (0 + x | level) + (1 | level)', factors: { level: 12 }, rows: [2, 48] },
    responses: 66,
  }),
  slopes('beyond the kernel that keeps a model in its thread', {
    ...{ ...once, formula: '~ x + z + (x * z + I(x^2) | level)', rows: [2, 58], responses: 10 },
  }),
  slopes('fixed effects take up a column', {
    ...{ ...once, formula: '~ 0 + level + x + (x | level)', factors: { level: 7 }, responses: 3 },
    left: 'fixed effects take up a column',
  }),
  slopes('30,000 levels', {
    ...{ ...once, factors: { level: 30_000 }, rows: [2, 4], responses: 1 },
    left: 'types of levels .*take longer than a dispatch may last: 1 of 1',
  }),
  slopes('seven random effects', {
    ...{ ...once, formula: deep, rows: [2, 58], responses: 2 },
    left: '7 random effects a level, more than the 6 that the device takes: 2 of 2 fits',
  }),

  crossed('crossed, weighted', { weights: 'row', deviations: 'typical' }),
  crossed('crossed, levels alike', { formula: '~ (1 | donor) + (1 | batch)', rows: [3, 3] }),
  crossed('nested', { formula: '~ x + (1 | site / donor)', factors: { donor: 20, batch: 1, site: 4 }, rows: [6, 24] }),
  crossed('three factors', { formula: '~ x + (1 | donor) + (1 | batch) + (1 | site)', rows: [0, 10] }),
  crossed('slopes of both', { formula: '~ x + (x | donor) + (x | batch)', rows: [0, 10], responses: 34 }),
  crossed('a slope beside a crossed factor', { formula: '~ x + (x || donor) + (1 | batch)' }),
  crossed('crossed, mostly singular', { ...degenerate, deviations: 'singular', responses: 200 }),
  crossed('crossed, few rows', { ...degenerate, factors: { donor: 6, batch: 5 }, rows: [1, 3], responses: 65 }),
  // About 70 x 2 x 40^2 + 40^3 operations an evaluation, over the bound of one dispatch.
  crossed('a search of several dispatches', {
    ...{ ...once, formula: '~ x + (x | donor) + (1 | batch)', factors: { donor: 70, batch: 38 }, rows: [0, 1] },
    ...{ responses: 6, dispatches: [5, 1000] },
  }),

  intercept('missing values, few levels', { ...gaps, rows: [3, 47] }),
  intercept('missing values, many levels', { ...gaps, engine: 'block', factors: { level: 40 }, rows: [2, 8] }),
  slopes('missing values, a slope', { ...gaps, formula: '~ x + (x | level)', factors: { level: 25 }, rows: [2, 18] }),
  crossed('missing values, crossed factors', { ...gaps, missing: 0.1 }),
];
