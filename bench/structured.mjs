/** How many fits a second with structured residuals, or standard deviations by group, does one core finish, from moments to tests? */
import { measured, repeat } from './clocks.mjs';
import { argument, builds, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';
import { structuredReference } from './structured-reference.mjs';

const scale = argument('responses', 0);

/** Subjects in two arms at visits, the later ones missing after drop-out, with a baseline value. */
function trial(subjects, visits, dropOut, random) {
  const [subject, visit, arm, base] = [[], [], [], []];
  for (let i = 0; i < subjects; i++) {
    const last = random.uniform() < dropOut ? 1 + random.below(visits - 1) : visits;
    const own = random.normal();
    for (let v = 0; v < last; v++) {
      subject.push(i);
      visit.push(v);
      arm.push(i % 2);
      base.push(own);
    }
  }
  const columns = new Map([
    ['subject', factor(subject, labels('S', subjects))],
    ['visit', factor(visit, labels('V', visits))],
    ['arm', factor(arm, ['control', 'treated'])],
    ['base', numeric(base)],
  ]);
  return { rows: subject.length, columns };
}

/** Cells of donors, of eight types. */
function cells(donors, each, random) {
  const donor = Array.from({ length: donors * each }, (_, i) => i % donors);
  const type = donor.map(() => random.below(8));
  const stim = donor.map(() => random.below(2));
  const columns = new Map([
    ['donor', factor(donor, labels('D', donors))],
    ['type', factor(type, labels('T', 8))],
    ['stim', factor(stim, ['ctrl', 'stim'])],
  ]);
  return { rows: donor.length, columns };
}

/** Responses with an effect of each subject or donor, an autoregression within, and a residual sd of the response's own. */
function simulate(table, group, spread, responses, random) {
  const codes = table.columns.get(group).codes;
  const levels = table.columns.get(group).levels.length;
  const values = new Float64Array(responses * table.rows);
  for (let g = 0; g < responses; g++) {
    const [sd, rho, size] = [Math.exp(0.4 * random.normal()), 0.2 + 0.5 * random.uniform(), Math.exp(random.normal())];
    const effects = Array.from({ length: levels }, () => sd * random.normal());
    const before = new Float64Array(levels);
    for (let i = 0; i < table.rows; i++) {
      const s = codes[i];
      before[s] = rho * before[s] + Math.sqrt(1 - rho * rho) * random.normal();
      values[g * table.rows + i] = size * (5 + effects[s] + before[s] * spread(i));
    }
  }
  return { kind: 'dense', rows: table.rows, names: labels('g', responses), values };
}

const CASES = [
  { name: 'us, 4 visits with drop-out', residual: 'us(visit | subject)', bar: 1000, responses: 400 },
  { name: 'ar1, the same', residual: 'ar1(visit | subject)', bar: 5000, responses: 1000 },
  { name: 'csh, the same', residual: 'csh(visit | subject)', bar: undefined, responses: 400 },
  { name: 'cs, 40 subjects x 1,000 times', residual: 'cs(visit | subject)', bar: 1000, responses: 300 },
  { name: 'ar1, 40 subjects x 1,000 times', residual: 'ar1(visit | subject)', bar: undefined, responses: 100 },
  { name: 'sd by 8 types of cells beside donors', dispersion: '~ 0 + type', bar: 2000, responses: 300 },
];

const [build] = builds;
const { buildDesign, accumulateMoments, fitMoments } = await build.load('steps');
const bench = openBench('structured', 'Fits a second of structured residuals on one core, from moments to tests?');
for (const { name, residual, dispersion, bar, responses: usual } of CASES) {
  const random = openRandom(5);
  const responses = scale || usual;
  const long = name.includes('1,000');
  const table = dispersion ? cells(24, 120, random) : long ? trial(40, 1000, 0, random) : trial(200, 4, 0.3, random);
  const types = table.columns.get('type')?.codes;
  const dense = simulate(
    table,
    dispersion ? 'donor' : 'subject',
    (i) => (types ? 0.5 + 0.25 * types[i] : 1),
    responses,
    random,
  );
  const formula = dispersion ? '~ stim + (1 | donor)' : long ? '~ arm + base' : '~ base + arm * visit + base:arm';
  const design = buildDesign(formula, table, { residual, dispersion });
  const moments = await accumulateMoments(design, dense);
  const timed = await repeat(() => fitMoments(moments, { threads: 1, ddf: 'satterthwaite' }), {
    runs: argument('runs', 7),
    warmUp: 2,
  });
  const result = timed.last.table;
  const errors = structuredReference(design, dense, result, long ? 1 : argument('sample', 5));
  const evaluations = result.evaluations.reduce((sum, value) => sum + value, 0) / responses;
  bench.row({
    case: `${name}, p = ${design.fixed.names.length}`,
    ...measured(timed, 'process', (seconds) => responses / seconds),
    unit: 'fits/s',
    bar: bar === undefined ? undefined : { atLeast: bar },
    errors,
    detail: `${evaluations.toFixed(1)} evaluations a fit`,
  });
}
bench.close();
