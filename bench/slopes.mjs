/** How many random-slope fits a second does one core finish, with visits at the same times for all and without? */
import { alternate, measured } from './clocks.mjs';
import { openComparison, smallestFactor } from './comparison.mjs';
import { argument, builds, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';
import { referenceFit, rowsProblem } from './reference.mjs';

const [responses, subjects, visits] = [argument('responses', 2_000), 40, 6];

/** Visits of 40 subjects: all at times 0 to 5, or each at its own times with some visits missed. */
function visitTable(jittered, random) {
  const [subject, time] = [[], []];
  for (let i = 0; i < subjects; i++) {
    for (let k = 0; k < visits; k++) {
      if (jittered && k > 1 && random.uniform() < 0.1) continue;
      subject.push(i);
      time.push(jittered ? k + 0.4 * (random.uniform() - 0.5) : k);
    }
  }
  const columns = new Map([
    ['subject', factor(subject, labels('S', subjects))],
    ['time', numeric(time)],
    [
      'arm',
      factor(
        subject.map((i) => i % 2),
        ['control', 'treated'],
      ),
    ],
  ]);
  return { rows: subject.length, columns };
}

function simulate(table, random) {
  const n = table.rows;
  const [subject, time] = [table.columns.get('subject').codes, table.columns.get('time').values];
  const values = new Float64Array(responses * n);
  for (let g = 0; g < responses; g++) {
    // From clear to hardly any variance of the slopes: a part of the fits is singular, as in practice.
    const [sd0, sd1] = [Math.exp(0.5 * random.normal()), Math.exp(0.7 * random.normal() - 1.5)];
    const [level, slope, lean] = [random.normal(), 0.3 * random.normal(), random.uniform() - 0.5];
    const u = Array.from({ length: subjects }, () => {
      const first = random.normal();
      return [sd0 * first, sd1 * (lean * first + Math.sqrt(1 - lean * lean) * random.normal())];
    });
    for (let i = 0; i < n; i++) {
      const [u0, u1] = u[subject[i]];
      values[g * n + i] = level + u0 + (slope + u1) * time[i] + random.normal();
    }
  }
  return { kind: 'dense', rows: n, names: labels('g', responses), values };
}

const libraries = await Promise.all(builds.map((build) => build.load('steps')));
const bench = openBench('slopes', 'Fits a second of random intercepts and slopes on one core, from moments?');
for (const jittered of [false, true]) {
  const random = openRandom(3);
  const table = visitTable(jittered, random);
  const dense = simulate(table, random);
  for (const formula of ['~ time + (time | subject)', '~ time * arm + (time | subject)']) {
    const design = libraries[0].buildDesign(formula, table);
    const fits = [];
    for (const { buildDesign, accumulateMoments, fitMoments } of libraries) {
      const moments = await accumulateMoments(buildDesign(formula, table), dense);
      fits.push(() => fitMoments(moments, { threads: 1, ddf: 'satterthwaite' }));
    }
    const [timed, other] = await alternate(fits, { runs: argument('runs', 15), warmUp: 3 });
    const result = timed.last.table;
    const comparison = openComparison(result);
    const sample = argument('sample', 20);
    for (let k = 0; k < sample; k++) {
      const g = Math.floor((k * responses) / sample);
      const fit = referenceFit(rowsProblem(design, dense.values.subarray(g * table.rows, (g + 1) * table.rows)));
      comparison.add(g, { ...fit, smallest: () => smallestFactor(fit.theta, 2) });
    }
    const sum = (values) => values.reduce((total, value) => total + value, 0);
    const name = `${formula}, ${jittered ? 'own times' : 'balanced'}`;
    const errors = comparison.errors();
    bench.row({
      case: name,
      ...measured(timed, 'process', (seconds) => responses / seconds),
      unit: 'fits/s',
      bar: { atLeast: jittered ? 5000 : 2000 },
      errors,
      detail: `${comparison.summary}; ${sum(result.singular)} of ${responses} singular, ${(sum(result.evaluations) / responses).toFixed(1)} evaluations a fit`,
    });
    bench.against(name, timed, other, errors);
  }
}
bench.close();
