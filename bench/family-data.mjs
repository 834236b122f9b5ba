/** Tables and responses of generalised models for `families.mjs` and `family-null.mjs`: draws of counts, cells of donors. */
import { factor, labels, numeric, openRandom } from './random.mjs';

/** Draws of counts beside the normals of `random.mjs`. */
export function openDraws(seed) {
  const { uniform, normal, below } = openRandom(seed);
  /** Poisson: by products of uniforms, in parts where the mean is large. */
  function poisson(mean) {
    let left = mean;
    let count = 0;
    while (left > 30) {
      // Of the first whole number of arrivals below the mean, the time of the last is a gamma variable.
      const arrivals = Math.floor(left * 0.875);
      const time = gamma(arrivals);
      if (time > left) return count + binomial(arrivals - 1, left / time);
      count += arrivals;
      left -= time;
    }
    const limit = Math.exp(-left);
    for (let product = uniform(); product > limit; product *= uniform()) count++;
    return count;
  }
  function binomial(trials, p) {
    let count = 0;
    for (let k = 0; k < trials; k++) if (uniform() < p) count++;
    return count;
  }
  /** Gamma of scale 1 (G. Marsaglia and W. W. Tsang, "A simple method for generating gamma variables", 2000). */
  function gamma(shape) {
    if (shape < 1) return gamma(shape + 1) * uniform() ** (1 / shape);
    const d = shape - 1 / 3;
    for (;;) {
      const z = normal();
      const v = (1 + z / Math.sqrt(9 * d)) ** 3;
      if (v > 0 && Math.log(uniform()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return d * v;
    }
  }
  /** Variance mean + mean^2 / size. */
  const negativeBinomial = (mean, size) => poisson((mean * gamma(size)) / size);
  return { uniform, normal, below, poisson, binomial, gamma, negativeBinomial };
}

export const dense = (rows, values) => ({
  kind: 'dense',
  rows,
  names: labels('y', values.length / rows),
  values: Float64Array.from(values),
});

/** Cells of donors as in a blood atlas: 20 to 180 cells each, sex and age of the donor, library sizes over two log units. */
export function donorCells({ cells, donors, genes, seed }) {
  const draws = openDraws(seed);
  const weight = Array.from({ length: donors }, () => 20 + 160 * draws.uniform());
  const share = weight.map((value) => value / weight.reduce((sum, w) => sum + w, 0));
  const donor = [];
  for (let j = 0; j < donors; j++) {
    const count = j === donors - 1 ? cells - donor.length : Math.round(cells * share[j]);
    for (let k = 0; k < count; k++) donor.push(j);
  }
  const sex = Array.from({ length: donors }, (_, j) => j % 2);
  const age = Array.from({ length: donors }, () => Number((2 * draws.normal()).toFixed(2)));
  const size = donor.map(() => 7.5 + 0.4 * draws.normal());
  const columns = new Map([
    ['donor', factor(donor, labels('D', donors))],
    [
      'sex',
      factor(
        donor.map((j) => sex[j]),
        ['F', 'M'],
      ),
    ],
    ['decades', numeric(donor.map((j) => age[j]))],
    ['log_size', numeric(size)],
  ]);
  const values = [];
  for (let g = 0; g < genes; g++) {
    // Seen in 5 % of the cells and more, as genes that are tested are.
    const level = -2.6 + 3 * draws.uniform() ** 2;
    const [spread, size2, effect] = [0.1 + 0.3 * draws.uniform(), Math.exp(draws.normal() + 1), 0.2 * draws.normal()];
    const shift = sex.map((s) => level + effect * s + spread * draws.normal());
    for (let i = 0; i < cells; i++) {
      values.push(draws.negativeBinomial(Math.exp(shift[donor[i]] + size[i] - 7.5), size2));
    }
  }
  return { table: { rows: cells, columns }, responses: dense(cells, values) };
}

/** Every subject with every item, once: counts. */
export function crossedCounts({ subjects, items, count, seed }) {
  const draws = openDraws(seed);
  const rows = subjects * items;
  const [subject, item] = [0, 1].map((k) =>
    Array.from({ length: rows }, (_, i) => (k === 0 ? Math.floor(i / items) : i % items)),
  );
  const columns = new Map([
    ['subject', factor(subject, labels('S', subjects))],
    ['item', factor(item, labels('I', items))],
    ['arm', numeric(subject.map((s) => s % 2))],
  ]);
  const values = [];
  for (let k = 0; k < count; k++) {
    const [a, b] = [subjects, items].map((length, t) =>
      Array.from({ length }, () => (t === 0 ? 0.5 : 0.3) * draws.normal()),
    );
    for (let i = 0; i < rows; i++) {
      values.push(draws.poisson(Math.exp(0.5 + 0.2 * (subject[i] % 2) + a[subject[i]] + b[item[i]])));
    }
  }
  return { table: { rows, columns }, responses: dense(rows, values) };
}

/** Visits of subjects with a binary response, intercepts and slopes by subject. */
export function binaryVisits({ subjects, visits, count, seed }) {
  const draws = openDraws(seed);
  const rows = subjects * visits;
  const subject = Array.from({ length: rows }, (_, i) => Math.floor(i / visits));
  const time = Array.from({ length: rows }, (_, i) => (i % visits) / (visits - 1) - 0.5);
  const columns = new Map([
    ['subject', factor(subject, labels('S', subjects))],
    ['time', numeric(time)],
    ['arm', numeric(subject.map((s) => s % 2))],
  ]);
  const values = [];
  for (let k = 0; k < count; k++) {
    const effects = Array.from({ length: subjects }, () => [draws.normal(), 1.2 * draws.normal()]);
    for (let i = 0; i < rows; i++) {
      const [a, b] = effects[subject[i]];
      const eta = 0.3 * (subject[i] % 2) + a + (0.5 + b) * time[i];
      values.push(draws.uniform() < 1 / (1 + Math.exp(-eta)) ? 1 : 0);
    }
  }
  return { table: { rows, columns }, responses: dense(rows, values) };
}

/** Cells of samples of donors: each donor in both conditions, samples that differ beyond that. */
export function sampleCells({ donors, cells, count, seed }) {
  const draws = openDraws(seed);
  const rows = donors * 2 * cells;
  const donor = Array.from({ length: rows }, (_, i) => Math.floor(i / (2 * cells)));
  const condition = Array.from({ length: rows }, (_, i) => Math.floor(i / cells) % 2);
  const size = donor.map(() => 0.4 * draws.normal());
  const columns = new Map([
    ['donor', factor(donor, labels('D', donors))],
    ['condition', factor(condition, ['control', 'treated'])],
    ['log_size', numeric(size)],
  ]);
  const values = [];
  for (let k = 0; k < count; k++) {
    const [level, theta] = [draws.normal(), Math.exp(0.5 * draws.normal() + 1)];
    const shift = Array.from({ length: donors }, () => 0.4 * draws.normal());
    const samples = Array.from({ length: 2 * donors }, () => 0.25 * draws.normal());
    for (let i = 0; i < rows; i++) {
      const eta = level + size[i] + 0.2 * condition[i] + shift[donor[i]] + samples[2 * donor[i] + condition[i]];
      values.push(draws.negativeBinomial(Math.exp(eta), theta));
    }
  }
  return { table: { rows, columns }, responses: dense(rows, values) };
}
