/**
 * Draws the cases of `device-cases.mjs`. It needs no library but hands what it draws to one: the tests pass it the functions
 * of the sources, the benches those of the built package.
 */
import { factor, labels, numeric, openRandom } from './random.mjs';

/**
 * Standard deviations of random effects, of the residual's: which share is zero, and decimal logarithms between which the
 * others lie evenly. With `mean` they count in standard errors of a level's mean, at which a variance begins to show.
 */
const LAWS = {
  typical: { zero: 0.05, log10: [-0.9, 0.4] },
  clear: { zero: 0, log10: [-0.5, 0.5] },
  singular: { zero: 0.35, log10: [-1.5, 0.5] },
  mixed: { zero: 0.25, log10: [-1.5, 1.5], mean: true },
  above: { zero: 0, log10: [1.5, 4], mean: true },
  below: { zero: 0, log10: [-4, -1], mean: true },
  none: { zero: 1, log10: [0, 0] },
};
const SEED = 6;

/** The design of a case, what draws its responses, and what turns the moments of cells into those of their rows. */
export function openModel(shape, buildDesign) {
  const table = drawTable(shape, openRandom(shape.seed ?? SEED));
  const weighted = shape.cells !== undefined || shape.wild || shape.weights === 'row';
  const design = buildDesign(shape.formula, table, {
    weights: weighted ? 'w' : undefined,
    residual: shape.residual,
  });
  const [levels] = Object.values(shape.factors);
  const law = LAWS[shape.deviations];
  const unit = law?.mean ? Math.sqrt(levels / (shape.cells ?? table.rows)) : 1;
  const byLaw = (random) => () => (random.uniform() < law.zero ? 0 : unit * 10 ** between(law.log10, random));
  const deviationsOf = typeof shape.deviations === 'function' ? shape.deviations : byLaw;
  return {
    design,
    /** Responses over the rows of the table, in the library's words, and what is within the cells of each. */
    draw(count, random) {
      const { n } = design;
      const values = new Float64Array(count * n);
      const weights = shape.weights === 'response' ? new Float64Array(count * n) : undefined;
      const within = new Float64Array(count);
      for (let k = 0; k < count; k++) {
        const own = weights?.subarray(k * n, (k + 1) * n);
        for (let i = 0; own && i < n; i++) own[i] = Math.exp(0.5 * random.normal());
        const scale = 10 ** between([-2, 2], random);
        const y = drawResponse({ design, shape, deviation: deviationsOf(random, k), own }, random);
        for (let i = 0; i < n; i++) values[k * n + i] = scale * y[i];
        for (let i = 0; shape.missing && i < n; i++)
          if (random.uniform() < shape.missing) values[k * n + i] = Number.NaN;
        if (shape.cells !== undefined) within[k] = scale ** 2 * chiSquared(shape.cells - n, random);
        // Residuals of wild ones: from a billionth of what lies between levels to a thousand times as much.
        if (shape.wild) within[k] = 10 ** between([-9, 3], random);
      }
      return { within, dense: { kind: 'dense', rows: n, names: labels('g', count), values, weights } };
    },
    /** Moments of the rows that cells stand for, which differ within their cell. */
    spread(batch, within) {
      if (shape.cells === undefined && !shape.wild) return batch;
      const { rss } = batch.responses;
      for (let k = 0; k < rss.length; k++) rss[k] += within[k] * (shape.wild ? rss[k] : 1);
      // The algebra does not mind that wild ones have fewer rows than their levels hold.
      const n = shape.wild ? levels + 4 : shape.cells;
      return { ...batch, design: { ...batch.design, n, logDetW: shape.weights === 'row' ? -0.1 * n : 0 } };
    },
  };
}

/** Every level of the first factor with every level of the second, so and so many rows each; the third nests the first. */
function drawTable(shape, random) {
  const [first, second = ['', 1], third = ['', 1]] = Object.entries(shape.factors);
  const [least, most] = shape.wild ? [1, 1] : shape.rows;
  const [codes, place] = [[[], [], []], []];
  for (let i = 0; i < first[1]; i++) {
    for (let j = 0; j < second[1]; j++) {
      const size = least + random.below(most - least + 1);
      for (let k = 0; k < size; k++) {
        for (const [f, code] of [i, j, i % third[1]].entries()) codes[f].push(code);
        place.push(k);
      }
    }
  }
  const levelOf = codes[0];
  const ages = Array.from({ length: first[1] }, () => random.normal());
  const normals = () => {
    const all = place.map(() => random.normal());
    return numeric(shape.alike ? place.map((k) => all[k]) : all);
  };
  const columns = [
    ...[first, second, third].map(([name, count], f) => [name, factor(codes[f], labels(name, count))]),
    ['x', normals()],
    ['z', normals()],
    ['time', numeric(place.map((k) => k + 0.4 * (random.uniform() - 0.5)))],
    [
      'stim',
      factor(
        place.map((k) => k % 2),
        ['control', 'treated'],
      ),
    ],
    [
      'arm',
      factor(
        levelOf.map((i) => i % 2),
        ['control', 'treated'],
      ),
    ],
    ['age', numeric(levelOf.map((i) => ages[i]))],
    ['between', numeric(levelOf.map((i) => Math.sin(3 * i)))],
    ['w', numeric(drawWeights(shape, place.length, random))],
  ];
  return { rows: place.length, columns: new Map(columns) };
}

/** Prior weights: counts of the rows that cells stand for, in all `cells`, and weights of rows. */
function drawWeights({ cells, alike, wild, weights }, n, random) {
  const sizes = Array.from({ length: n }, () => (alike ? 1 : Math.exp(1.2 * random.normal())));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => {
    // Over five decades, so that the criterion of about a third of the responses has several minima.
    const count = wild
      ? Math.ceil(10 ** (5 * random.uniform()))
      : cells
        ? Math.max(1, Math.round((size / total) * cells))
        : 1;
    return weights === 'row' ? count * (cells ? 1 : 20) * (0.5 + random.uniform()) : count;
  });
}

/** Fixed effects, effects of every level that are more or less correlated, and noise of a variance that the weights tell. */
function drawResponse({ design, shape, deviation, own }, random) {
  const { n, fixed, random: terms, weights } = design;
  const y = new Float64Array(n).fill(shape.wild ? 0 : 3 * random.normal());
  for (let c = 0; c < fixed.names.length; c++) {
    const effect = shape.wild ? 0 : 0.4 * random.normal();
    for (let i = 0; i < n; i++) y[i] += effect * fixed.x[c * n + i];
  }
  for (const { group, names, levels, codes, z } of terms) {
    const share = random.uniform();
    const first = levels.map(() => random.normal());
    names.forEach((name, c) => {
      const sd = deviation(group, name);
      const u = first.map((value) => sd * (c === 0 ? value : share * value + (1 - share) * random.normal()));
      for (let i = 0; i < n; i++) y[i] += u[codes[i]] * z[c * n + i];
    });
  }
  for (let i = 0; i < n; i++) {
    const weight = (weights?.[i] ?? 1) * (own?.[i] ?? 1);
    y[i] += (random.normal() * (shape.wild ? 10 ** (1.5 * random.normal()) : 1)) / Math.sqrt(weight);
  }
  return y;
}

const between = ([low, high], random) => low + (high - low) * random.uniform();

function chiSquared(df, random) {
  if (df > 200) return df + Math.sqrt(2 * df) * random.normal();
  let sum = 0;
  for (let i = 0; i < df; i++) sum += random.normal() ** 2;
  return sum;
}
