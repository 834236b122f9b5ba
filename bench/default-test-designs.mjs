/** Designs of bench/default-test.mjs, and responses without an effect drawn as the moments that the library fits. */
import { accumulateMoments, buildDesign } from '../dist/steps.js';
import { factor, labels, numeric, openRandom } from './random.mjs';

export const CELLS = 75;
export const FEWEST_CELLS = 20;
export const MOST_CELLS = 200;

/**
 * How cells are spread over samples:
 *
 *     equal       as many everywhere
 *     unequal     from few to many in equal steps of the logarithm, shuffled
 *     tied        few in samples of one condition, many in those of the other
 *     dominated   few, but many in one donor (in one of each side, where donors are compared)
 *     lopsided    a quarter of the donors with many against the others with few (where donors are compared)
 */
const CELLS_OF = {
  equal: () => CELLS,
  unequal: (_, rank) => Math.round(FEWEST_CELLS * (MOST_CELLS / FEWEST_CELLS) ** rank),
  tied: (_, __, condition) => (condition === 0 ? FEWEST_CELLS : MOST_CELLS),
  dominated: (j) => (j < 2 ? MOST_CELLS : FEWEST_CELLS),
  lopsided: (_, __, condition) => (condition === 0 ? MOST_CELLS : FEWEST_CELLS),
};

/** Samples with their donor, condition and number of cells: a design. */
export function openLayout(paired, donors, pattern) {
  const count = paired ? 2 * donors : donors;
  const order = Array.from({ length: count }, (_, j) => j);
  const { below } = openRandom(100 + donors);
  for (let j = count - 1; j > 0; j--) {
    const k = below(j + 1);
    [order[j], order[k]] = [order[k], order[j]];
  }
  const samples = order.map((rank, j) => {
    const condition = pattern === 'lopsided' ? Number(j >= Math.floor(donors / 4)) : j % 2;
    return {
      donor: paired ? Math.floor(j / 2) : j,
      condition,
      cells: CELLS_OF[pattern](j, rank / (count - 1), condition),
    };
  });
  return { paired, donors, pattern, samples, n: samples.reduce((sum, { cells }) => sum + cells, 0) };
}

/** Design of a model on the cells of a layout. */
export function cellDesign({ samples, donors, n }, formula) {
  const sampleOf = samples.flatMap(({ cells }, j) => Array(cells).fill(j));
  const condition = numeric(sampleOf.map((j) => samples[j].condition));
  const columns = new Map([
    [
      'donor',
      factor(
        sampleOf.map((j) => samples[j].donor),
        labels('D', donors),
      ),
    ],
    ['sample', factor(sampleOf, labels('S', samples.length))],
    ['group', condition],
    ['stim', condition],
  ]);
  return { design: buildDesign(formula, { rows: n, columns }), sampleOf };
}

export const momentsOf = (design, values, count) =>
  accumulateMoments(design, { kind: 'dense', rows: values.length / count, names: labels('y', count), values });

/** Draws sample means and the sum of squares within samples of responses without an effect, one after the other. */
export function openResponses({ samples, donors, n }, { donor, sample }, seed) {
  const { normal } = openRandom(seed);
  const sigma = Math.sqrt(1 - donor - sample);
  const roots = samples.map(({ cells }) => Math.sqrt(cells));
  return (means) => {
    const shift = Array.from({ length: donors }, () => Math.sqrt(donor) * normal());
    for (let j = 0; j < samples.length; j++) {
      means[j] = shift[samples[j].donor] + Math.sqrt(sample) * normal() + (sigma * normal()) / roots[j];
    }
    return sigma ** 2 * chiSquared(n - samples.length, normal);
  };
}

/** Sum of d squared normals; for many of them the cube of a normal (Wilson and Hilferty), good to 1e-5 from 100 on. */
function chiSquared(d, normal) {
  if (d >= 100) return d * (1 - 2 / (9 * d) + normal() * Math.sqrt(2 / (9 * d))) ** 3;
  let sum = 0;
  for (let k = 0; k < d; k++) sum += normal() ** 2;
  return sum;
}

/** From sample means and sums of squares to the moments that the library fits. */
export function openMoments({ samples }, design) {
  const { p, r, q, factors, terms } = design;
  const rows = samples.map(({ condition }) => [1, condition]);
  // zt T = z, a term at a time, for every sample.
  const places = samples.flatMap((sample, j) =>
    factors.map((found) => {
      const level = found.levels.indexOf(
        found.group === 'donor' ? `D${padded(sample.donor, found)}` : `S${padded(j, found)}`,
      );
      const z = new Float64Array(found.q);
      for (const term of terms) {
        if (factors[term.factor] !== found) continue;
        for (let k = 0; k < term.q; k++) {
          let value = rows[j][term.names[k] === '(Intercept)' ? 0 : 1];
          for (let i = 0; i < k; i++) value -= z[term.column + i] * term.transform[i * term.q + k];
          z[term.column + k] = value / term.transform[k * term.q + k];
        }
      }
      return { at: found.offset + level * found.q, z };
    }),
  );
  const sums = new Float64Array(p);
  const fixed = new Float64Array(p);
  return (means, within, into, k) => {
    sums.fill(0);
    samples.forEach(({ cells }, j) => {
      for (let a = 0; a < p; a++) sums[a] += rows[j][a] * cells * means[j];
    });
    into.mean[k] = sums[0] / design.n;
    const qty = into.qty.subarray(k * p, (k + 1) * p);
    for (let a = 0; a < p; a++) {
      qty[a] = sums[a];
      for (let b = 0; b < a; b++) qty[a] -= qty[b] * r[b * p + a];
      qty[a] /= r[a * p + a];
    }
    for (let a = p - 1; a >= 0; a--) {
      fixed[a] = qty[a];
      for (let b = a + 1; b < p; b++) fixed[a] -= r[a * p + b] * fixed[b];
      fixed[a] /= r[a * p + a];
    }
    let rss = within;
    samples.forEach(({ cells }, j) => {
      let residual = means[j];
      for (let a = 0; a < p; a++) residual -= rows[j][a] * fixed[a];
      rss += cells * residual * residual;
      for (let f = 0; f < factors.length; f++) {
        const { at, z } = places[j * factors.length + f];
        for (let c = 0; c < z.length; c++) into.ztr[k * q + at + c] += z[c] * cells * residual;
      }
    });
    into.rss[k] = rss;
  };
}

const padded = (index, { levels }) => String(index + 1).padStart(String(levels.length).length, '0');

export const emptyMoments = ({ p, q }, count) => ({
  count,
  qty: new Float64Array(count * p),
  ztr: new Float64Array(count * q),
  rss: new Float64Array(count),
  mean: new Float64Array(count),
  constant: new Uint8Array(count),
  expressed: new Int32Array(count).fill(-1),
});

/** Largest relative difference of moments from those of cells, over a few responses drawn cell by cell. */
export async function momentError(layout, { design, sampleOf }) {
  const count = 3;
  const { normal } = openRandom(5);
  const values = Float64Array.from({ length: count * layout.n }, () => 1 + normal());
  const [{ design: moments, responses }] = (await momentsOf(design, values, count)).batches;
  const write = openMoments(layout, moments);
  const own = emptyMoments(moments, count);
  for (let k = 0; k < count; k++) {
    const y = values.subarray(k * layout.n, (k + 1) * layout.n);
    const means = new Float64Array(layout.samples.length);
    y.forEach((value, i) => {
      means[sampleOf[i]] += value / layout.samples[sampleOf[i]].cells;
    });
    write(
      means,
      y.reduce((sum, value, i) => sum + (value - means[sampleOf[i]]) ** 2, 0),
      own,
      k,
    );
  }
  const differences = ['qty', 'ztr', 'rss'].map((name) => {
    const scale = Math.max(...responses[name].map(Math.abs));
    return Math.max(...responses[name].map((value, i) => Math.abs(value - own[name][i]))) / scale;
  });
  return Math.max(...differences);
}

/** Generalised least squares at the true variances: the weights of its estimate of the effect, and its variance. */
export function bestEstimate({ samples, donors }, { donor, sample }) {
  // V^-1 by donor: D^-1 - donor D^-1 11' D^-1 / (1 + donor 1'D^-1 1), D diagonal.
  const inverse = samples.map(({ cells }) => 1 / (sample + (1 - donor - sample) / cells));
  const total = new Float64Array(donors);
  samples.forEach((own, j) => {
    total[own.donor] += inverse[j];
  });
  const solve = (x) => {
    const sum = new Float64Array(donors);
    samples.forEach((own, j) => {
      sum[own.donor] += inverse[j] * x[j];
    });
    return x.map((value, j) => {
      const d = samples[j].donor;
      return inverse[j] * (value - (donor * sum[d]) / (1 + donor * total[d]));
    });
  };
  const x = samples.map(({ condition }) => condition);
  const ones = solve(samples.map(() => 1));
  const own = solve(x);
  const dot = (a, b) => a.reduce((sum, value, j) => sum + value * b[j], 0);
  const one = ones.reduce((sum, value) => sum + value, 0);
  const cross = dot(ones, x);
  const left = dot(own, x) - cross ** 2 / one;
  return { weights: own.map((value, j) => (value - (cross / one) * ones[j]) / left), variance: 1 / left };
}

/** Two-sample or paired t test of sample means, whatever their cells. */
export function meansTest({ paired, donors, samples }, means) {
  const values = [[], []];
  samples.forEach(({ condition }, j) => {
    values[condition].push(means[j]);
  });
  const sides = paired ? [values[1].map((value, i) => value - values[0][i])] : values;
  const centres = sides.map((side) => side.reduce((sum, value) => sum + value, 0) / side.length);
  const squares = sides.reduce(
    (sum, side, s) => sum + side.reduce((own, value) => own + (value - centres[s]) ** 2, 0),
    0,
  );
  const df = donors - sides.length;
  const per = sides.reduce((sum, side) => sum + 1 / side.length, 0);
  return {
    estimate: paired ? centres[0] : centres[1] - centres[0],
    standardError: Math.sqrt((squares / df) * per),
    df,
  };
}
