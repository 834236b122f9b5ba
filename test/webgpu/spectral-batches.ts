/** Moments of models with one random intercept, drawn without rows: cells of (level, arm) with a mean and a count each. */
import { spectralDesign } from '../../src/lmm/spectral-design.ts';
import { type DesignMoments, emptyResponseMoments, type MomentBatch } from '../../src/moments/moments.ts';
import { TestRandom } from '../lmm/random.ts';

export interface SimulatedShape {
  readonly seed: number;
  /** Levels of the grouping factor. */
  readonly levels: number;
  readonly n: number;
  readonly responses: number;
  readonly balanced?: boolean;
  /** Prior weights: cells weigh other than their counts. */
  readonly weighted?: boolean;
  /** gamma * n / levels of response k. */
  readonly ratio: (random: TestRandom, k: number) => number;
}

/** A quarter without variance between levels, the others from far below to far above the variance within. */
export function mixedRatios(random: TestRandom): number {
  return random.uniform() < 0.25 ? 0 : 10 ** (6 * random.uniform() - 3);
}

/** y ~ arm + age + (1 | level): arm varies within levels, age between them (from 5 levels on). */
export function simulateBatch(shape: SimulatedShape): MomentBatch {
  const { levels, n, responses: count } = shape;
  const random = new TestRandom(shape.seed);
  const p = levels < 5 ? 2 : 3;
  const cells = drawCells(shape, random);
  const ages = Float64Array.from({ length: levels }, () => random.normal());
  const x = cells.map(({ level, arm }) => [1, arm, ages[level]].slice(0, p));

  const r = upperFactor(x, cells, p);
  const ztz = new Float64Array(levels);
  const ztx = new Float64Array(levels * p);
  const basis = x.map((row) => forward(r, row, p)); // rows of X R^-1
  cells.forEach(({ level, weight }, c) => {
    ztz[level] += weight;
    for (let i = 0; i < p; i++) ztx[level * p + i] += weight * basis[c][i];
  });
  const design: DesignMoments = {
    kind: 'moments',
    n,
    p,
    coefficients: ['(Intercept)', 'arm', 'age'].slice(0, p),
    r,
    logDetW: shape.weighted ? -0.1 * n : 0,
    terms: [
      {
        group: 'level',
        names: ['(Intercept)'],
        q: 1,
        factor: 0,
        column: 0,
        transform: Float64Array.of(1),
        meanSquare: Float64Array.of(1),
      },
    ],
    factors: [{ group: 'level', levels: Array.from({ length: levels }, (_, i) => `L${i}`), q: 1, offset: 0, ztz, ztx }],
    crosses: [],
    q: levels,
    xtxCentred: new Float64Array(p * p),
  };

  const responses = emptyResponseMoments(design, count);
  const mean = new Float64Array(cells.length);
  for (let k = 0; k < count; k++) {
    const sd = Math.sqrt((shape.ratio(random, k) * levels) / n);
    const scale = 10 ** (4 * random.uniform() - 2);
    const effects = Float64Array.from({ length: levels }, () => sd * random.normal());
    const slope = random.normal();
    const qty = new Float64Array(p);
    cells.forEach(({ level, arm, weight }, c) => {
      mean[c] = scale * (1 + slope * arm + effects[level] + random.normal() / Math.sqrt(weight));
      for (let i = 0; i < p; i++) qty[i] += weight * basis[c][i] * mean[c];
    });
    let rss = scale * scale * chiSquared(random, n - cells.length);
    cells.forEach(({ level, weight }, c) => {
      let residual = mean[c];
      for (let i = 0; i < p; i++) residual -= basis[c][i] * qty[i];
      rss += weight * residual * residual;
      responses.ztr[k * levels + level] += weight * residual;
    });
    responses.qty.set(qty, k * p);
    responses.rss[k] = rss;
  }
  return { design, responses, index: Int32Array.from({ length: count }, (_, k) => k) };
}

interface Cell {
  readonly level: number;
  readonly arm: number;
  readonly weight: number;
}

/** Two cells a level; their counts add up to about n. */
function drawCells({ levels, n, balanced, weighted }: SimulatedShape, random: TestRandom): Cell[] {
  const sizes = Array.from({ length: 2 * levels }, () => (balanced ? 1 : Math.exp(1.2 * random.normal())));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size, c) => {
    const rows = Math.max(1, Math.round((size / total) * n));
    return { level: c >> 1, arm: c & 1, weight: weighted ? rows * (0.5 + random.uniform()) : rows };
  });
}

/** R of X'WX = R'R, row-major upper triangle. */
function upperFactor(x: readonly number[][], cells: readonly Cell[], p: number): Float64Array {
  const r = new Float64Array(p * p);
  for (let i = 0; i < p; i++) {
    for (let j = i; j < p; j++) {
      let sum = 0;
      cells.forEach(({ weight }, c) => {
        sum += weight * x[c][i] * x[c][j];
      });
      for (let k = 0; k < i; k++) sum -= r[k * p + i] * r[k * p + j];
      r[i * p + j] = i === j ? Math.sqrt(sum) : sum / r[i * p + i];
    }
  }
  return r;
}

/** row R^-1. */
function forward(r: Float64Array, row: readonly number[], p: number): number[] {
  const out: number[] = [];
  for (let j = 0; j < p; j++) {
    let sum = row[j];
    for (let k = 0; k < j; k++) sum -= out[k] * r[k * p + j];
    out.push(sum / r[j * p + j]);
  }
  return out;
}

function chiSquared(random: TestRandom, df: number): number {
  if (df > 200) return df + Math.sqrt(2 * df) * random.normal();
  let sum = 0;
  for (let i = 0; i < df; i++) sum += random.normal() ** 2;
  return sum;
}

/**
 * Responses that no model would draw: eigenvalues over five decades, few degrees of freedom, heavy tails. The criterion
 * of about a third of them has several minima.
 */
export function severalMinimaBatch(seed: number, count: number): MomentBatch {
  const random = new TestRandom(seed);
  const levels = 8;
  const simulated = simulateBatch({ seed, levels, n: 3 * levels, responses: count, ratio: () => 0 });
  const ztz = Float64Array.from({ length: levels }, () => Math.ceil(10 ** (5 * random.uniform())));
  const rows = ztz.reduce((sum, size) => sum + size, 0);
  const design: DesignMoments = {
    ...simulated.design,
    n: levels + 4, // fewer than the levels hold: the algebra does not mind
    p: 1,
    coefficients: ['(Intercept)'],
    r: Float64Array.of(Math.sqrt(rows)),
    factors: [{ ...simulated.design.factors[0], ztz, ztx: ztz.map((size) => size / Math.sqrt(rows)) }],
  };
  const options = { method: 'REML', ddf: 'satterthwaite', contrasts: new Float64Array(0) } as const;
  const { lambda, ut, zeros } = spectralDesign(design, options);
  const responses = emptyResponseMoments(design, count);
  for (let k = 0; k < count; k++) {
    let between = 0;
    for (let j = zeros; j < levels; j++) {
      const z = random.normal() * 10 ** (1.5 * random.normal());
      between += z * z;
      for (let i = 0; i < levels; i++) responses.ztr[k * levels + i] += ut[j * levels + i] * z * Math.sqrt(lambda[j]);
    }
    responses.rss[k] = between * (1 + 10 ** (12 * random.uniform() - 9));
  }
  return { design, responses, index: simulated.index };
}
