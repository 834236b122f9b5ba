import { describe, expect, it } from 'vitest';
import { fitRange } from '../../src/backend/threads/run.ts';
import { averageTail, logBeyond, logP, tailQuantile } from '../../src/lmm/bootstrap/conditional-tails.ts';
import { momentsSimulator } from '../../src/lmm/bootstrap/factor-bootstrap.ts';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import { loadEngines } from '../../src/lmm/open-engine.ts';
import { spectralEngine } from '../../src/lmm/spectral.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import {
  CounterNormals,
  chiSquaredDeviation,
  normalOfWord,
  streamNumber,
  upperNormal,
} from '../../src/numeric/counter-normals.ts';
import { scaledErfc } from '../../src/numeric/distributions/error-function.ts';
import { twoSidedP } from '../../src/numeric/distributions/student-t.ts';
import { crossedBatches } from '../webgpu/crossed-batches.ts';
import { simulateBatch } from '../webgpu/spectral-batches.ts';

const REML: EngineOptions = { method: 'REML', ddf: 'satterthwaite', contrasts: new Float64Array(0) };

/** Engines that draw from their fits. */
const engines = await loadEngines([{ design: null, options: { bootstrap: { draws: 1, seed: 1, level: undefined } } }]);

function drawn(batch: MomentBatch, draws: number, seed: number, path: 'spectral' | 'block'): Fits {
  const options = { ...REML, bootstrap: { draws, seed, level: 0.95 } };
  return fitRange(engines.open(batch.design, path, options), batch, options, 0, batch.responses.count);
}

describe('normal numbers', () => {
  it('are the quantiles of the normal distribution', () => {
    for (const tail of [0.5, 0.4, 0.1, 0.074, 1e-3, 1e-8, 1.4e-11, 2 ** -33]) {
      const z = upperNormal(tail);
      const back = 0.5 * scaledErfc(z / Math.SQRT2) * Math.exp((-z * z) / 2);
      expect(Math.abs(back / tail - 1)).toBeLessThan(1e-13); // rounding of the exponential
    }
  });

  it('take their sign from the lowest bit of a word, and are finite for every word', () => {
    expect(normalOfWord(0)).toBe(-normalOfWord(1));
    expect(normalOfWord(0)).toBeGreaterThan(6);
    expect(Math.abs(normalOfWord(0xffffffff))).toBeLessThan(1e-9);
  });

  it('have the moments of their distribution', () => {
    const normals = new CounterNormals(7);
    const sums = [0, 0, 0, 0];
    const count = 40_000;
    normals.begin(1, 2, 3);
    for (let i = 0; i < count; i++) {
      const z = normals.next();
      for (let k = 0; k < 4; k++) sums[k] += z ** (k + 1) / count;
    }
    const [mean, square, cube, fourth] = sums;
    const error = 5 / Math.sqrt(count); // five standard errors of a mean of unit variance
    expect(Math.abs(mean)).toBeLessThan(error);
    expect(Math.abs(square - 1)).toBeLessThan(error * Math.sqrt(2));
    expect(Math.abs(cube)).toBeLessThan(error * Math.sqrt(15));
    expect(Math.abs(fourth - 3)).toBeLessThan(error * Math.sqrt(96));
  });

  it('depend on seed, stream, draw and kind, and on nothing else', () => {
    const of = (seed: number, stream: number, draw: number, kind: number) => {
      const normals = new CounterNormals(seed);
      normals.begin(9, 9, 9);
      normals.next();
      normals.begin(stream, draw, kind);
      return [normals.next(), normals.next(), normals.next(), normals.next(), normals.next()];
    };
    const base = of(1, 2, 3, 4);
    expect(of(1, 2, 3, 4)).toEqual(base);
    for (const other of [of(2, 2, 3, 4), of(1, 3, 3, 4), of(1, 2, 4, 4), of(1, 2, 3, 5), of(1 + 2 ** 32, 2, 3, 4)]) {
      expect(other).not.toEqual(base);
    }
  });

  it('become chi-squared numbers by the expansion of Cornish and Fisher', () => {
    // qchisq(c(0.05, 0.95, 0.999), 100) and qchisq(0.95, 10000) of R 4.2.
    const cases = [
      [-1.6448536269514722, 100, 77.9294651650173],
      [1.6448536269514722, 100, 124.342113404004],
      [3.090232306167813, 100, 149.449252779083],
      [1.6448536269514722, 10000, 10233.7488940143],
    ];
    for (const [z, k, value] of cases) {
      expect(Math.abs(k * (1 + chiSquaredDeviation(z, k)) - value) / Math.sqrt(2 * k)).toBeLessThan(1e-5);
    }
  });

  it('belong to names', () => {
    expect(streamNumber('a', 'b')).not.toBe(streamNumber('ab', ''));
    expect(streamNumber('gene1')).toBe(streamNumber('gene1'));
  });
});

describe('conditional tails', () => {
  it('are those of the normal distribution for draws without spread', () => {
    const draws = { mean: new Float64Array(50), ratio: new Float64Array(50).fill(1) };
    for (const t of [0, 0.5, 1.96, 8, 30]) {
      expect(averageTail(draws, t).log).toBeCloseTo(Math.log(twoSidedP(t, 1e30)), 10);
      expect(averageTail(draws, t).effective).toBeCloseTo(50, 9);
      expect(logP(draws, t).log).toBeCloseTo(Math.log(twoSidedP(t, 1e30)), 10);
    }
    expect(tailQuantile(draws, 0.05)).toBeCloseTo(1.959963984540054, 8);
  });

  it('are those of Student’s t for the ratios of a t statistic', () => {
    const df = 7;
    const normals = new CounterNormals(3);
    const count = 20_000;
    const ratio = Float64Array.from({ length: count }, (_, b) => {
      normals.begin(0, b, 0);
      return Math.sqrt(normals.chiSquared(df) / df);
    });
    const draws = { mean: new Float64Array(count), ratio };
    for (const t of [0.3, 1, 2, 4, 6]) {
      // Three times the Monte-Carlo error, which the effective number of draws tells.
      const { log, effective } = averageTail(draws, t);
      expect(Math.abs(log - Math.log(twoSidedP(t, df)))).toBeLessThan(3 / Math.sqrt(effective));
    }
  });

  it('end where too few draws carry them, and hardly rise with t', () => {
    const normals = new CounterNormals(5);
    const ratio = Float64Array.from({ length: 200 }, (_, b) => {
      normals.begin(0, b, 0);
      return Math.sqrt(normals.chiSquared(4) / 4);
    });
    const draws = { mean: new Float64Array(200), ratio };
    let last = 0;
    for (let t = 0; t < 40; t += 0.5) {
      const { log } = logP(draws, t);
      expect(log).toBeLessThanOrEqual(last + 0.05); // the floor is found to a few hundredths
      expect(log).toBeGreaterThan(Math.log(1e-4));
      last = log;
    }
  });

  it('do not underflow, and keep their floor however large t is', () => {
    expect(logBeyond(0.3, 100)).toBeLessThan(-4900);
    expect(Number.isFinite(logBeyond(-2, 1e5))).toBe(true);
    expect(logBeyond(0.7, 0)).toBeCloseTo(0, 12);
    const normals = new CounterNormals(5);
    const ratio = Float64Array.from({ length: 1000 }, (_, b) => {
      normals.begin(0, b, 0);
      return Math.sqrt(normals.chiSquared(12) / 12);
    });
    const draws = { mean: new Float64Array(1000), ratio };
    const { log: floor, bound } = logP(draws, 20);
    expect(bound).toBe(true);
    for (const t of [1e2, 1e4, 1e6, 1e12]) expect(Math.abs(logP(draws, t).log - floor)).toBeLessThan(0.05);
  });

  it('leave out draws that could not be fitted, and say nothing where those are many', () => {
    const draws = { mean: new Float64Array(1000), ratio: new Float64Array(1000).fill(1) };
    draws.ratio[3] = Number.NaN;
    draws.ratio[500] = -1;
    expect(logP(draws, 2).log).toBeCloseTo(Math.log(twoSidedP(2, 1e30)), 10);
    expect(logP(draws, 2).bound).toBe(false);
    draws.ratio.fill(Number.NaN, 0, 20);
    expect(logP(draws, 2).log).toBeNaN();
    expect(tailQuantile(draws, 0.05)).toBeNaN();
  });
});

describe('the bootstrap of a random intercept', () => {
  it('has the exact distribution where one is known: levels alike, a covariate between them', () => {
    // With a ratio of variances so large that no draw is singular, t has 10 degrees of freedom exactly.
    const [batch] = crossedBatches({
      seed: 4,
      formula: '~ between + (1 | donor)',
      rows: 120,
      donors: 12,
      batches: 1,
      sites: 1,
      balanced: true,
      responses: 6,
      deviations: () => [20, 0, 0, 0],
    });
    const fits = drawn(batch, 4000, 1, 'spectral');
    for (let k = 0; k < fits.count; k++) {
      const at = k * fits.columns + 1;
      const t = fits.estimate[at] / fits.standardError[at];
      expect(fits.df[at]).toBeCloseTo(10, 6);
      expect(Math.abs(fits.bootstrapLog10P[at] - Math.log10(twoSidedP(t, 10)))).toBeLessThan(0.02);
      // qt(0.975, 10); a quantile of 4000 draws has a Monte-Carlo error of 0.013.
      expect(Math.abs(fits.bootstrapWidth[at] - 2.2281388519649385)).toBeLessThan(0.05);
    }
  });

  it('agrees with draws of rows that are fitted and counted', () => {
    const batch = simulateBatch({ seed: 2, levels: 6, n: 60, responses: 1, ratio: () => 0.5 });
    const fits = drawn(batch, 3000, 1, 'spectral');
    const { design } = batch;
    const simulate = momentsSimulator(design, 99);
    const count = 3000;
    // Estimates of the draws themselves are needed here, so their coordinates are drawn too: `qty` has them.
    const engine = spectralEngine(design, REML);
    const scale = design.terms[0].transform[0];
    const beyond = new Float64Array(fits.columns);
    const row = fitRange(engine, batch, REML, 0, 1);
    for (let b = 0; b < count; b++) {
      const responses = simulate(5, b, 1, Float64Array.of(fits.theta[0] * scale));
      const one = fitRange(engine, { ...batch, responses }, REML, 0, 1);
      for (let c = 0; c < fits.columns; c++) {
        const t = Math.abs(one.estimate[c] / one.standardError[c]);
        if (t >= Math.abs(row.estimate[c] / row.standardError[c])) beyond[c] += 1 / count;
      }
    }
    for (let c = 0; c < fits.columns; c++) {
      const p = 10 ** fits.bootstrapLog10P[c];
      expect(Math.abs(p - beyond[c])).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / count) + 1e-3);
    }
  });

  it('gives a variance of zero the null distribution of its likelihood ratio', () => {
    // Levels alike: the ratio is positive exactly where F of the one-way table is above 1; P(F_(11, 108) > 1) = 0.4504.
    const [batch] = crossedBatches({
      seed: 6,
      formula: '~ (1 | donor)',
      rows: 120,
      donors: 12,
      batches: 1,
      sites: 1,
      balanced: true,
      responses: 400,
      deviations: () => [0, 0, 0, 0],
    });
    const fits = drawn(batch, 2000, 1, 'spectral');
    const positive = fits.varianceP.filter((p) => p < 1);
    const largest = Math.max(...positive);
    expect(Math.abs(largest - 0.4504)).toBeLessThan(0.045); // four Monte-Carlo errors of 2000 draws
    for (const level of [0.05, 0.2, 0.4]) {
      const share = fits.varianceP.filter((p) => p <= level).length / 400;
      expect(Math.abs(share - level)).toBeLessThan(4 * Math.sqrt((level * (1 - level)) / 400));
    }
    expect(fits.varianceP.every((p, k) => p < 1 || fits.varianceRatio[k] === 0)).toBe(true);
  });

  it('does not depend on order, chunks or other responses', () => {
    const batch = simulateBatch({ seed: 8, levels: 8, n: 90, responses: 4, ratio: () => 1 });
    const streams = Uint32Array.of(11, 12, 13, 14);
    const responses = { ...batch.responses, streams };
    const options = { ...REML, bootstrap: { draws: 50, seed: 3, level: undefined } };
    const whole = fitRange(engines.open(batch.design, 'spectral', options), { ...batch, responses }, options, 0, 4);
    const last = fitRange(engines.open(batch.design, 'spectral', options), { ...batch, responses }, options, 2, 4);
    expect([...last.bootstrapLog10P]).toEqual([...whole.bootstrapLog10P.subarray(2 * whole.columns)]);
  });
});

describe('the bootstrap of other models', () => {
  it('agrees with that of the spectral path where both apply', () => {
    const batch = simulateBatch({ seed: 12, levels: 10, n: 100, responses: 3, ratio: () => 0.7 });
    const spectral = drawn(batch, 1500, 1, 'spectral');
    const factors = drawn(batch, 1500, 2, 'block');
    for (let i = 0; i < spectral.bootstrapLog10P.length; i++) {
      const [a, b] = [spectral.bootstrapLog10P[i], factors.bootstrapLog10P[i]];
      // Far out few draws carry the tail, and its Monte-Carlo error grows.
      if (a > -3) expect(Math.abs(a - b)).toBeLessThan(0.03 * (1 + Math.abs(a)));
      else expect(b).toBeLessThan(-2.5);
      expect(Math.abs(spectral.bootstrapWidth[i] - factors.bootstrapWidth[i])).toBeLessThan(0.06);
    }
    for (let k = 0; k < 3; k++) expect(spectral.varianceRatio[k]).toBeCloseTo(factors.varianceRatio[k], 6);
  });

  it('draws moments whose averages are those of the model, crossed and nested', () => {
    for (const formula of ['~ x + (x | donor) + (1 | batch)', '~ x + (1 | site / donor)']) {
      const [batch] = crossedBatches({
        seed: 15,
        formula,
        rows: 150,
        donors: 9,
        batches: 5,
        sites: 3,
        responses: 1,
        deviations: () => [1, 1, 1, 1],
      });
      const { design } = batch;
      const simulate = momentsSimulator(design, 4);
      const squares = design.terms.reduce((sum, { q }) => sum + q * q, 0);
      const lambda = new Float64Array(squares);
      let at = 0;
      for (const { q } of design.terms) {
        for (let a = 0; a < q; a++) for (let b = 0; b <= a; b++) lambda[at + a * q + b] = a === b ? 0.8 : 0.3;
        at += q * q;
      }
      const count = 4000;
      let residual = 0;
      const projected = new Float64Array(design.factors.length);
      for (let b = 0; b < count; b++) {
        const { rss, ztr } = simulate(0, b, 1, lambda);
        residual += rss[0] / count;
        design.factors.forEach(({ offset, q, levels }, f) => {
          for (let i = 0; i < q * levels.length; i++) projected[f] += ztr[offset + i] ** 2 / count;
        });
      }
      const expected = expectedSums(design, lambda);
      expect(Math.abs(residual / expected.residual - 1)).toBeLessThan(0.05); // four standard errors of these means
      projected.forEach((value, f) => {
        expect(Math.abs(value / expected.projected[f] - 1)).toBeLessThan(0.12);
      });
    }
  });
});

/** E r'r and E |Z_f'r|^2 for r = M y, y ~ N(0, I + Z G Z'), from dense Z'MZ. */
function expectedSums(design: MomentBatch['design'], lambda: Float64Array) {
  const { q: Q, p, factors, terms, crosses, n } = design;
  const ztx = new Float64Array(Q * p);
  const K = new Float64Array(Q * Q);
  for (const { offset, q, levels, ztz, ztx: own } of factors) {
    ztx.set(own, offset * p);
    for (let i = 0; i < levels.length; i++) {
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) K[(offset + i * q + a) * Q + offset + i * q + b] = ztz[(i * q + a) * q + b];
      }
    }
  }
  for (const { a, b, pointers, columns, values } of crosses) {
    const A = factors[a];
    const B = factors[b];
    for (let i = 0; i + 1 < pointers.length; i++) {
      for (let k = pointers[i]; k < pointers[i + 1]; k++) {
        for (let s = 0; s < A.q; s++) {
          for (let t = 0; t < B.q; t++) {
            const row = A.offset + i * A.q + s;
            const column = B.offset + columns[k] * B.q + t;
            K[row * Q + column] = values[(k * A.q + s) * B.q + t];
            K[column * Q + row] = K[row * Q + column];
          }
        }
      }
    }
  }
  for (let i = 0; i < Q; i++) {
    for (let j = 0; j < Q; j++) for (let k = 0; k < p; k++) K[i * Q + j] -= ztx[i * p + k] * ztx[j * p + k];
  }
  const G = new Float64Array(Q * Q);
  let at = 0;
  for (const { q, factor, column } of terms) {
    const { offset, q: width, levels } = factors[factor];
    for (let i = 0; i < levels.length; i++) {
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) {
          let sum = 0;
          for (let l = 0; l < q; l++) sum += lambda[at + a * q + l] * lambda[at + b * q + l];
          G[(offset + i * width + column + a) * Q + offset + i * width + column + b] = sum;
        }
      }
    }
    at += q * q;
  }
  // Var(Z'r) = K + K G K, E r'r = n - p + tr(K G).
  let residual = n - p;
  const KG = new Float64Array(Q * Q);
  for (let i = 0; i < Q; i++) {
    for (let j = 0; j < Q; j++) for (let l = 0; l < Q; l++) KG[i * Q + j] += K[i * Q + l] * G[l * Q + j];
  }
  for (let i = 0; i < Q; i++) residual += KG[i * Q + i];
  const projected = factors.map(({ offset, q, levels }) => {
    let sum = 0;
    for (let i = offset; i < offset + q * levels.length; i++) {
      sum += K[i * Q + i];
      for (let l = 0; l < Q; l++) sum += KG[i * Q + l] * K[l * Q + i];
    }
    return sum;
  });
  return { residual, projected };
}
