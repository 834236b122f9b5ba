/** How long do profile-likelihood intervals of thousands of responses take, and are they right? */
import { alternate, measured, repeat } from './clocks.mjs';
import { argument, builds, openBench } from './harness.mjs';
import { factor, labels, numeric, openRandom } from './random.mjs';

/** Distance of a limit from one found by brute force, of the interval's width: golden sections there end at 1e-7. */
const LIMIT = 1e-5;
/** chi-squared with one degree of freedom, 95 %. */
const QUANTILE = 3.841458820694124;

const responses = argument('responses', 20_000);
const sample = argument('sample', 40);
const threads = argument('threads', 2);
const donors = 20;

/** About ten cells a donor; a fifth of the responses without donor effects. */
function simulate({ buildDesign }, slopes, groups, count) {
  const random = openRandom(1);
  const group = [];
  for (let i = 0; i < groups; i++) for (let k = 6 + random.below(9); k > 0; k--) group.push(i);
  const n = group.length;
  const time = Array.from({ length: n }, () => random.normal());
  const stim = Array.from({ length: n }, () => random.below(2));
  const table = {
    rows: n,
    columns: new Map([
      ['donor', factor(group, labels('D', groups))],
      ['stim', factor(stim, ['ctrl', 'stim'])],
      ['time', numeric(time)],
    ]),
  };
  const values = new Float64Array(count * n);
  for (let r = 0; r < count; r++) {
    const sd = random.uniform() < 0.2 ? 0 : Math.exp(random.normal() - 0.7);
    const effect = 0.4 * random.normal();
    const shift = Array.from({ length: groups }, () => sd * random.normal());
    const slope = Array.from({ length: groups }, () => (slopes ? 0.5 * sd : 0) * random.normal());
    for (let i = 0; i < n; i++) {
      values[r * n + i] = effect * stim[i] + shift[group[i]] + slope[group[i]] * time[i] + random.normal();
    }
  }
  const formula = slopes ? '~ stim + time + (time | donor)' : '~ stim + time + (1 | donor)';
  return {
    design: buildDesign(formula, table),
    n,
    group,
    dense: { kind: 'dense', rows: n, names: labels('g', count), values },
  };
}

/**
 * Deviance of a random-intercept model with rows, V = I + gamma ZZ' inverted level by level, and one parameter held: a
 * coefficient (its column goes to the response), the random sd, or sigma. Minimised over gamma by golden sections.
 */
function heldDeviance({ design, n, group }, y, held, x) {
  const p = design.fixed.names.length;
  const columns = [];
  for (let k = 0; k < p; k++) {
    if (held.column !== k) columns.push(design.fixed.x.subarray(k * n, (k + 1) * n));
  }
  const offset = held.column === undefined ? null : design.fixed.x.subarray(held.column * n, (held.column + 1) * n);
  const target = Float64Array.from(y, (value, i) => value - (offset ? x * offset[i] : 0));
  const sizes = new Float64Array(donors);
  for (const g of group) sizes[g]++;
  const level = columns.length;
  const all = [...columns, target];
  const plain = all.map((a) => all.map((b) => a.reduce((sum, v, i) => sum + v * b[i], 0)));
  const sums = all.map((a) => {
    const out = new Float64Array(donors);
    for (let i = 0; i < n; i++) out[group[i]] += a[i];
    return out;
  });
  const at = (gamma) => {
    let logDet = 0;
    const M = plain.map((row) => [...row]);
    for (let g = 0; g < donors; g++) {
      logDet += Math.log1p(gamma * sizes[g]);
      const shrink = gamma / (1 + gamma * sizes[g]);
      for (let a = 0; a <= level; a++) for (let b = 0; b <= level; b++) M[a][b] -= shrink * sums[a][g] * sums[b][g];
    }
    for (let k = 0; k < level; k++) {
      for (let a = k + 1; a <= level; a++) {
        const ratio = M[a][k] / M[k][k];
        for (let b = k; b <= level; b++) M[a][b] -= ratio * M[k][b];
      }
    }
    const S = M[level][level];
    const variance = held.sigma ? x * x : held.sd ? (x * x) / gamma : S / n;
    return n * Math.log(variance) + logDet + S / variance;
  };
  if (held.absent) return at(0);
  // Golden sections over log gamma from several brackets: the criterion may have two minima.
  let best = held.sd ? Number.POSITIVE_INFINITY : at(0);
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let start = -14; start < 8; start += 2) {
    let [low, high] = [start, start + 4];
    while (high - low > 1e-6) {
      const [a, b] = [high - golden * (high - low), low + golden * (high - low)];
      if (at(Math.exp(a)) < at(Math.exp(b))) high = b;
      else low = a;
    }
    best = Math.min(best, at(Math.exp(0.5 * (low + high))));
  }
  return best;
}

/** How far a limit is from where the brute-force deviance exceeds its minimum by the quantile, of the interval's width. */
function limitError(data, y, held, limit, width) {
  const lowest = heldDeviance(data, y, {}, 0);
  // A lower limit of zero is right where the deviance without the effect stays below the quantile.
  if (held.sd && limit === 0) return heldDeviance(data, y, { absent: true }, 0) - lowest <= QUANTILE ? 0 : Number.NaN;
  const step = 1e-4 * width;
  const [below, above] = [limit - step, limit + step].map((x) => heldDeviance(data, y, held, x));
  const slope = (above - below) / (2 * step);
  return Math.abs((heldDeviance(data, y, held, limit) - lowest - QUANTILE) / slope) / width;
}

const bench = openBench('profile', 'How long do profile-likelihood intervals of many responses take, moments at hand?');
/** The fits of simulated responses by each build, whose profiles then alternate; the data are those of ours. */
async function openFits(slopes, groups, count) {
  const sides = [];
  for (const build of builds) {
    const library = await build.load('node', 'steps');
    const data = simulate(library, slopes, groups, count);
    const fitted = await library.fitMoments(await library.accumulateMoments(data.design, data.dense), { threads });
    sides.push({ data, profiles: (options) => () => library.profileIntervals(fitted, { ...options, threads }) });
  }
  return { data: sides[0].data, profiles: (options) => sides.map((side) => side.profiles(options)) };
}

const { data, profiles } = await openFits(false, donors, responses);
const rows = data.dense.rows;
const cases = [
  { name: 'one coefficient', parameters: ['stimstim'], held: { column: 1 } },
  { name: 'sd of the random intercept', parameters: ['sd__(Intercept)'], held: { sd: true } },
  { name: 'sigma', parameters: ['sigma'], held: { sigma: true } },
];
const size = `${responses} responses x ${donors} donors, random intercept`;
for (const { name, parameters, held } of cases) {
  const [timed, other] = await alternate(profiles({ parameters }), { runs: argument('runs', 3) });
  const { low, high, reason, parameters: all } = timed.last;
  const place = reason.subarray(0, all.length).indexOf(0);
  let worst = 0;
  let missing = 0;
  for (let r = 0; r < responses; r++) if (reason[r * all.length + place] !== 0) missing++;
  for (let k = 0; k < sample; k++) {
    const r = Math.floor((k * responses) / sample);
    const y = data.dense.values.subarray(r * rows, (r + 1) * rows);
    const [from, to] = [low[r * all.length + place], high[r * all.length + place]];
    for (const limit of [from, to]) {
      const error = limitError(data, y, held, limit, to - from);
      worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
    }
  }
  const errors = [
    { name: 'limit, of the width', value: worst, bound: LIMIT },
    { name: 'intervals not found', value: missing, bound: 0 },
  ];
  bench.row({
    case: `${size}: ${name}`,
    ...measured(timed, 'wall'),
    unit: `s on ${threads} threads`,
    bar: { atMost: 10 },
    errors,
    detail: `${sample} responses compared with brute force`,
  });
  bench.against(`${size}: ${name}`, timed, other, errors);
}
const every = await repeat(profiles({})[0], { runs: 1, warmUp: 0 });
bench.note(`all five parameters of the same responses take ${every.seconds.toFixed(1)} s`);

// Slopes: every point of a profile against the deviance of a fit of its own, that is against the general engine.
const count = argument('slopes', 200);
const slopes = await openFits(true, 30, count);
const [timed, other] = await alternate(slopes.profiles({}), { runs: argument('runs', 3) });
let lost = 0;
for (const reason of timed.last.reason) if (reason !== 0 && reason !== 4) lost++;
const slopeCase = `${count} responses x 30 donors, random intercepts and slopes: all ${timed.last.parameters.length} parameters`;
const errors = [{ name: 'intervals not found', value: lost, bound: 0 }];
bench.row({
  case: slopeCase,
  ...measured(timed, 'wall', (seconds) => (1000 * seconds) / count),
  unit: `ms/response on ${threads} threads`,
  errors,
  detail: "limits of such models are compared with lme4's in the tests",
});
bench.against(slopeCase, timed, other, errors);
bench.close();
