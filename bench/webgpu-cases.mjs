/** The models of webgpu.mjs: designs, moments of any number of simulated responses, and what their fits cost at least. */
import { accumulateMoments, buildDesign, planFit } from '../dist/steps.js';
import { factor, labels, numeric, openRandom } from './random.mjs';

/** Responses whose rows are held at a time: a million times 3,000 rows would fill any memory. */
const SLICE = 2048;
/** Rows of `donors` donors, `least` to `most` rows each, with a treatment by row and an age by donor. */
function visits(random, donors, least, most) {
  const donor = [];
  for (let i = 0; i < donors; i++) for (let k = least + random.below(most - least + 1); k > 0; k--) donor.push(i);
  const age = Array.from({ length: donors }, () => (random.below(60) - 30) / 20);
  const columns = [
    ['donor', factor(donor, labels('D', donors))],
    ['stim', treatment(donor.map(() => random.below(2)))],
    ['age', numeric(donor.map((i) => age[i]))],
    ['size', numeric(donor.map(() => random.normal()))],
  ];
  return { rows: donor.length, columns: new Map(columns) };
}

/** Rows of 40 subjects at times of their own, two arms, a dose that varies by row. */
function courses(random, most) {
  const [subject, time] = [[], []];
  for (let i = 0; i < 40; i++) {
    for (let k = 0; k < most; k++) {
      if (k > 1 && random.uniform() < 0.1) continue;
      subject.push(i);
      time.push(k + 0.4 * (random.uniform() - 0.5));
    }
  }
  const columns = [
    ['subject', factor(subject, labels('S', 40))],
    ['time', numeric(time)],
    ['arm', treatment(subject.map((i) => i % 2))],
    ['dose', numeric(subject.map(() => random.normal()))],
  ];
  return { rows: subject.length, columns: new Map(columns) };
}

/** Rows of 12 donors in 8 batches, none to five of each pair. */
function crossing(random) {
  const [donor, batch] = [[], []];
  for (let i = 0; i < 12; i++) {
    for (let b = 0; b < 8; b++) {
      for (let k = random.below(6); k > 0; k--) {
        donor.push(i);
        batch.push(b);
      }
    }
  }
  const columns = [
    ['donor', factor(donor, labels('D', 12))],
    ['batch', factor(batch, labels('B', 8))],
    ['stim', treatment(donor.map(() => random.below(2)))],
  ];
  return { rows: donor.length, columns: new Map(columns) };
}

const treatment = (codes) => factor(codes, ['control', 'treated']);

// Standard deviations of a response's random effects, column by column.
const someZero = (random) => [random.uniform() < 0.2 ? 0 : Math.exp(random.normal() - 0.7)];
const vector = (slopes) => (random) => [
  Math.exp(0.5 * random.normal()),
  ...Array.from({ length: slopes }, () => Math.exp(0.7 * random.normal() - 1.5)),
];
const crossed = (random) => [Math.exp(0.6 * random.normal() - 0.7), Math.exp(0.6 * random.normal() - 1)];

const INTERCEPT = { formula: '~ stim + age + size + (1 | donor)', deviations: someZero };
const SLOPE = {
  formula: '~ time * arm + (time | subject)',
  table: (random) => courses(random, 6),
  deviations: vector(1),
};

/** A case: name, design, standard deviations of its random effects, whether each response has weights of its own. */
export const CASES = [
  { name: '(1 | donor), 20 levels, p = 4', ...INTERCEPT, table: (random) => visits(random, 20, 6, 14) },
  { name: '(1 | donor), 1,000 levels, p = 4', ...INTERCEPT, table: (random) => visits(random, 1000, 2, 4) },
  { name: '(time | subject), 40 levels, p = 4', ...SLOPE },
  {
    name: '(time + dose | subject), 40 levels, p = 5',
    formula: '~ time * arm + dose + (time + dose | subject)',
    table: (random) => courses(random, 8),
    deviations: vector(2),
  },
  {
    name: '(1 | donor) + (1 | batch), 12 x 8 levels, p = 2',
    formula: '~ stim + (1 | donor) + (1 | batch)',
    table: crossing,
    deviations: crossed,
  },
  {
    name: '(1 | donor), 20 levels, p = 4, weights by response',
    ...INTERCEPT,
    table: (random) => visits(random, 20, 6, 14),
    weighted: true,
  },
  { name: '(time | subject), 40 levels, p = 4, weights by response', ...SLOPE, weighted: true },
];

/** Opens a case: its design, and moments of as many responses as asked for, the same at every size. */
export async function openCase({ formula, table, deviations, weighted = false }) {
  const design = buildDesign(formula, table(openRandom(6)));
  const { n } = design;
  const form = async (count, random) => {
    const values = new Float64Array(count * n);
    const weights = weighted ? new Float64Array(count * n) : undefined;
    for (let g = 0; g < count; g++) fillResponse(design, deviations(random), random, values, weights, g * n);
    return accumulateMoments(design, { kind: 'dense', rows: n, names: labels('g', count), values, weights });
  };
  const probe = await form(4, openRandom(7)); // shows what one response takes
  const shape = probe.batches[0].design;
  return {
    design: shape,
    estimate: (responses) => estimate(probe, shape, responses, weighted),
    async moments(responses) {
      const random = openRandom(7);
      let all = null;
      for (let done = 0; done < responses; done += SLICE) {
        const part = await form(Math.min(SLICE, responses - done), random);
        all ??= { ...part, names: labels('g', responses), batches: [] };
        if (weighted) {
          for (const batch of part.batches) all.batches.push({ ...batch, index: batch.index.map((k) => done + k) });
        } else append(all.batches, part.batches[0], done, responses);
      }
      return all;
    },
  };
}

/** One response: fixed effects, correlated effects of every level, noise of a variance that its weights tell. */
function fillResponse({ n, fixed, random: terms }, sds, random, values, weights, from) {
  const level = 3 * random.normal();
  const [effects, scale, lean] = [fixed.names.map(() => 0.4 * random.normal()), Math.exp(random.normal()), 0.3];
  for (let i = 0; i < n; i++) {
    let sum = level;
    for (let c = 0; c < effects.length; c++) sum += effects[c] * fixed.x[c * n + i];
    if (weights) weights[from + i] = Math.exp(0.5 * random.normal());
    values[from + i] = sum + random.normal() / (weights ? Math.sqrt(weights[from + i]) : 1);
  }
  let column = 0;
  for (const { names, levels, codes, z } of terms) {
    const q = names.length;
    const u = new Float64Array(levels.length * q);
    for (let at = 0; at < u.length; at += q) {
      const first = random.normal();
      for (let c = 0; c < q; c++) {
        u[at + c] = sds[column + c] * (c === 0 ? first : lean * first + Math.sqrt(1 - lean * lean) * random.normal());
      }
    }
    for (let c = 0; c < q; c++) for (let i = 0; i < n; i++) values[from + i] += u[codes[i] * q + c] * z[c * n + i];
    column += q;
  }
  for (let i = 0; i < n; i++) values[from + i] *= scale;
}

/** Adds a slice's responses to the one batch of all. */
function append(batches, { design, responses }, done, total) {
  if (batches.length === 0) {
    const empty = { count: total };
    for (const key of ['qty', 'ztr', 'rss', 'mean', 'constant', 'expressed']) {
      const values = responses[key];
      empty[key] = new values.constructor((values.length / responses.count) * total);
    }
    batches.push({ design, responses: empty, index: Int32Array.from({ length: total }, (_, k) => k) });
  }
  const target = batches[0].responses;
  for (const key of ['qty', 'ztr', 'rss', 'mean', 'constant', 'expressed']) {
    const values = responses[key];
    target[key].set(values, (values.length / responses.count) * done);
  }
}

/** Seconds that one thread would need by the library's own plan, and bytes of moments and of two tables of results. */
function estimate(probe, design, responses, weighted) {
  const { p, q: columns, factors } = design;
  const batches = [{ design, responses: { count: weighted ? 1 : responses } }];
  const [{ fitCost, setUpCost }] = planFit({ ...probe, batches }, { method: 'REML', threads: 1 }).batches;
  const seconds = (responses * fitCost + (weighted ? responses : 1) * setUpCost) / 1e9;
  const ofDesign = factors.reduce((sum, { q, levels }) => sum + 8 * levels.length * q * (q + p), 3000);
  const ofModel = 8 * (p + columns + 3) + 4 * 8 * (25 + 8 * p) + (weighted ? ofDesign : 0);
  return { seconds, bytes: responses * ofModel };
}

/**
 * Floating-point operations of one evaluation on the device, about: all terms of the sums over levels once (spectral),
 * or elimination of every level and of the border with the derivatives, eight for each multiplication of the former.
 */
export function operationsPerEvaluation(kernel, { p, q: columns, factors }) {
  if (kernel === 'spectral search') return 16 * columns;
  const most = factors.reduce((a, b) => (b.levels.length > a.levels.length ? b : a));
  const random = columns - most.levels.length * most.q;
  return 8 * (most.levels.length * most.q * (most.q + random + p) ** 2 + random * (random + p) ** 2);
}
