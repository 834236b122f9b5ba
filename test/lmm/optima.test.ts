/**
 * Tiny designs have second optima. The criterion is searched by brute force, through n x n matrices, and no engine may
 * stop above what that finds.
 */
import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { emptyOptimum } from '../../src/lmm/ratio-search.ts';
import { ScalarProfile } from '../../src/lmm/scalar-profile.ts';
import { evaluateDense } from './dense-model.ts';
import { fitWith, outcome, sharedBatch } from './engines.ts';
import { dense, frame, label } from './frames.ts';
import { TestRandom } from './random.ts';
import { multiStart } from './simplex-search.ts';

/** Brute force stops within 1e-9 of an optimum; anything higher by more than this is another optimum. */
const HIGHER = 1e-6;
/** At a slope of zero the criterion is a fourth power in theta: its rounding of 1e-14 leaves 1e-7 of theta^2 open. */
const FLAT = 1e-7;
/** Beyond this theta the residual variance is as good as zero, and n x n matrices lose their digits. */
const LARGEST = 1e4;

function tiny(seed: number) {
  const random = new TestRandom(seed);
  const groups = 3 + random.integer(4);
  const g: string[] = [];
  const h: string[] = [];
  const x: number[] = [];
  const w: number[] = [];
  for (let i = 0; i < groups; i++) {
    const rows = 1 + random.integer(5);
    const level = Math.exp(2 * random.normal());
    for (let k = 0; k < rows; k++) {
      g.push(label('g', i));
      h.push(label('h', random.integer(3)));
      x.push(random.normal());
      w.push(level * Math.exp(random.normal()));
    }
  }
  const intercepts = random.normals(groups).map((v) => (seed % 2 ? 3 * v : 0));
  const slopes = random.normals(groups).map((v) => (seed % 3 ? 2 * v : 0));
  const y = g.map((name, i) => {
    const level = Number(name.slice(1));
    return random.normal() + intercepts[level] + slopes[level] * x[i];
  });
  return { table: frame({ g, h, x, w }), y, n: g.length };
}

/** One of them with a scalar random term, some with weights, some by ML. */
function scalar(seed: number) {
  const { table, y, n } = tiny(seed);
  const formula = seed % 3 ? '~ x + (1 | g)' : '~ 1 + (1 | g)';
  const design = buildDesign(formula, table, seed % 5 < 2 ? { weights: 'w' } : {});
  return { design, y, n, method: seed % 7 === 0 ? 'ML' : 'REML' } as const;
}

const out = emptyOptimum();

interface Miss {
  seed: number;
  above: number;
  theta: number[];
  better: number[];
  outcome: string;
}

describe('one scalar term', () => {
  const grid = [0];
  for (let u = -4; u <= 4; u += 0.05) grid.push(10 ** u);
  /** Criterion on the grid by seed. */
  const landscapes = new Map<number, readonly number[]>();

  it.each(['spectral', 'scalar', 'covariance'] as const)('%s engine', (engine) => {
    const misses: Miss[] = [];
    let several = 0;
    let most = 0;
    for (let seed = 0; seed < 450; seed++) {
      const { design, y, n, method } = scalar(seed);
      if (n < 6) continue;
      const fits = fitWith(engine, design, dense({ y }), { method });
      if (outcome(fits) !== 'ok') continue;
      most = Math.max(most, fits.evaluations[0]);
      // The same for each engine, and most of the work.
      const known = landscapes.get(seed);
      const values = known ?? grid.map((theta) => evaluateDense(design, y, [theta], method).criterion);
      landscapes.set(seed, values);
      const lowest = values.indexOf(Math.min(...values));
      const minima = values.filter(
        (v, i) => v < (values[i - 1] ?? Infinity) && v < (values[i + 1] ?? -Infinity),
      ).length;
      if (minima > 1) several++;
      const above = fits.criterion[0] - values[lowest];
      if (above > HIGHER && grid[lowest] < LARGEST / 2) {
        misses.push({ seed, above, theta: [fits.theta[0]], better: [grid[lowest]], outcome: outcome(fits) });
      }
      // And the value it reports is that of its theta.
      const own = evaluateDense(design, y, [fits.theta[0]], method).criterion;
      if (fits.theta[0] < LARGEST) expect(Math.abs(own - fits.criterion[0])).toBeLessThan(1e-7 * (1 + Math.abs(own)));
    }
    expect(several).toBeGreaterThan(2); // the designs do have second optima
    expect(most).toBeLessThan(400);
    expect(misses).toEqual([]);
  });
});

describe('what the scalar engine passes over', () => {
  /** Points of log gamma between two of which nothing is passed over unseen. */
  const STEP = 0.05;
  /** Slopes are differences of numbers near the rows: within so much of zero they have no sign. */
  const NO_SLOPE = 1e-9;

  it('has no change of sign', () => {
    const passed = { falling: 0, rising: 0, fromInside: 0 };
    for (let seed = 0; seed < 450; seed++) {
      const { design, y, n, method } = scalar(seed);
      if (n < 6) continue;
      const batch = sharedBatch(design, dense({ y }));
      const profile = ScalarProfile.of(batch.design.p, batch.design.q);
      profile.load(batch.design, method, batch.responses, 0, 1);
      const { grid } = profile;
      const slope0 = profile.slopeAtZero();
      const steady = profile.steadyTo(slope0);
      const sign = slope0 < 0 ? -1 : 1;
      for (let u = Math.min(steady, grid[8]) - 1e-9; u > grid[0] - 2; u -= STEP) {
        profile.evaluate(u, out);
        expect(sign * out.slope, `${seed} at ${u}`).toBeGreaterThan(-NO_SLOPE * n);
      }
      if (steady > grid[1]) passed[slope0 < 0 ? 'falling' : 'rising']++;
      const from = [...grid.keys()].find((g) => profile.slopeOnGrid(g) >= 0 && profile.risesFrom(g));
      if (from === undefined) continue;
      passed.fromInside++;
      for (let u = grid[from]; u < grid[8]; u += STEP) {
        profile.evaluate(u, out);
        expect(out.slope, `${seed} at ${u}`).toBeGreaterThan(-NO_SLOPE * n);
      }
    }
    // Something is passed over, on both sides.
    expect(passed.falling).toBeGreaterThan(20);
    expect(passed.rising).toBeGreaterThan(20);
    expect(passed.fromInside).toBeGreaterThan(100);
  });
});

describe.each(['~ x + (x | g)', '~ x + (1 | g) + (0 + x | g)', '~ x + (1 | g) + (1 | h)', '~ 1 + (1 | g) + (x | h)'])(
  '%s',
  (formula) => {
    it('ends at the lowest optimum', () => {
      const misses: Miss[] = [];
      for (let seed = 0; seed < 60; seed++) {
        const { table, y, n } = tiny(seed + 17);
        if (n < 9) continue;
        const design = buildDesign(formula, table);
        const method = seed % 7 === 0 ? 'ML' : 'REML';
        const fits = fitWith('covariance', design, dense({ y }), { method });
        const theta = [...fits.theta];
        if (outcome(fits).startsWith('too_few') || outcome(fits).startsWith('perfect_fit')) continue;
        expect(outcome(fits)).toBe('ok');
        const own = evaluateDense(design, y, theta, method).criterion;
        expect(Math.abs(own - fits.criterion[0])).toBeLessThan(1e-7 * (1 + Math.abs(own)));
        const criterion = (t: Float64Array) =>
          t.some((v) => Math.abs(v) > LARGEST) ? Number.NaN : evaluateDense(design, y, t, method).criterion;
        const starts = [0.05, 1, 8].flatMap((first) =>
          [0.05, 1, 8].map((last) => theta.map((_, k) => (k === 0 ? first : k === theta.length - 1 ? last : 0.3))),
        );
        const best = multiStart(criterion, starts, 200);
        const above = fits.criterion[0] - best.value;
        if (above > HIGHER) misses.push({ seed, above, theta, better: [...best.x], outcome: outcome(fits) });
      }
      expect(misses).toEqual([]);
    });
  },
);

describe('the boundary', () => {
  it('is found from both sides of a slope of zero', () => {
    // Balanced one-way layout: the optimum is at zero exactly when between <= within mean square.
    const J = 6;
    const m = 4;
    const g = Array.from({ length: J * m }, (_, i) => label('g', Math.floor(i / m)));
    const random = new TestRandom(3);
    const within = random.normals(J * m);
    for (let i = 0; i < J; i++) {
      let mean = 0;
      for (let k = 0; k < m; k++) mean += within[i * m + k] / m;
      for (let k = 0; k < m; k++) within[i * m + k] -= mean;
    }
    const between = random.normals(J);
    const centre = between.reduce((a, b) => a + b) / J;
    const msw = within.reduce((s, v) => s + v * v, 0) / (J * (m - 1));
    const msb = (m * between.reduce((s, v) => s + (v - centre) ** 2, 0)) / (J - 1);
    const design = buildDesign('~ 1 + (1 | g)', frame({ g }));
    for (const ratio of [1 - 1e-6, 1 - 1e-12, 1, 1 + 1e-12, 1 + 1e-6, 1 + 1e-3, 4]) {
      const size = Math.sqrt((ratio * msw) / msb);
      const y = Array.from(within, (v, i) => v + size * (between[Math.floor(i / m)] - centre));
      for (const engine of ['spectral', 'scalar', 'covariance'] as const) {
        const fits = fitWith(engine, design, dense({ y }));
        expect(outcome(fits)).toBe('ok');
        const exact = Math.max(0, (ratio - 1) / m);
        expect(Math.abs(fits.theta[0] ** 2 - exact), `${engine} ${ratio}`).toBeLessThan(FLAT + 1e-6 * exact);
        expect(fits.gradient[0]).toBeLessThan(1e-8);
        // sigma^2 and the standard error of the mean have closed forms.
        const sigma2 = ratio > 1 ? msw : (msw * J * (m - 1) + ratio * msw * (J - 1)) / (J * m - 1);
        expect(Math.abs(fits.sigma[0] ** 2 / sigma2 - 1)).toBeLessThan(1e-6);
      }
    }
  });
});
