import { describe, expect, it } from 'vitest';
import { fitDesign } from '../../src/fit.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { symmetricEigen } from '../../src/numeric/symmetric-eigen.ts';
import type { Design } from '../../src/types/design.ts';
import { relative } from './comparison.ts';
import { dense, frame, label, responseOver, statusOf, unbalancedLayout } from './frames.ts';

/** Against n x n matrices inverted by eigenvalues. */
const EXACT = 1e-7;

const { random, g, x, arm, n } = unbalancedLayout(61, 11, 6);
const h = Array.from({ length: n }, () => label('h', random.integer(4)));
const site = g.map((name) => `s${Number(name.slice(1)) % 3}`);
const w = Array.from({ length: n }, () => Math.exp(random.normal()));
const o = Array.from(random.normals(n), (v) => 3 * v);
const table = frame({ g, h, x, arm, site, w, o });
const y = responseOver(random, g, x, 1.2, 0.8).map((v, i) => v + o[i] + (h[i] === 'h00001' ? 2 : 0));

/** Inverse of the covariance of y, sigma^2 V, from the result's covariances. */
function inverseCovariance(design: Design, covariances: readonly number[][], sigma: number): Float64Array {
  const V = new Float64Array(n * n);
  for (let i = 0; i < n; i++) V[i * n + i] = sigma ** 2 / (design.weights ? design.weights[i] : 1);
  design.random.forEach(({ names, codes, z }, t) => {
    const q = names.length;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (codes[i] !== codes[j]) continue;
        for (let a = 0; a < q; a++)
          for (let b = 0; b < q; b++) V[i * n + j] += z[a * n + i] * covariances[t][a * q + b] * z[b * n + j];
      }
    }
  });
  const { values, vectors } = symmetricEigen(V, n);
  const inverse = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) inverse[i * n + j] += (vectors[i * n + k] * vectors[j * n + k]) / values[k];
  }
  return inverse;
}

describe.each([
  ['~ x + (1 | g)', {}],
  ['~ x + (1 | g)', { weights: 'w', offset: 'o' }],
  ['~ x + (x | g)', { weights: 'w', offset: 'o' }],
  ['~ x * arm + (x | g) + (1 | h)', { offset: 'o' }],
  ['~ x + (1 | g) + (0 + x | g)', { weights: 'w' }],
  ['~ x + (1 | site / g) + (1 | h)', { weights: 'w', offset: 'o' }],
] as const)('%s %o', (formula, options) => {
  it.each(['REML', 'ML'] as const)(
    'modes, their sd, the covariance of coefficients, R2 and fitted values, %s',
    async (method) => {
      const design = buildDesign(formula, table, options);
      const result = await fitDesign(design, dense({ y }), { method, ddf: 'satterthwaite', threads: 1 });
      const { table: fits } = result;
      expect(statusOf(fits)).toBe('ok');
      const sigma = fits.sigma[0];
      const covariances = fits.terms.map(({ covarianceOffset, names }) => [
        ...fits.covariance.subarray(covarianceOffset, covarianceOffset + names.length ** 2),
      ]);
      const inverse = inverseCovariance(design, covariances, sigma);
      const p = design.fixed.names.length;
      const column = (k: number) => design.fixed.x.subarray(k * n, (k + 1) * n);
      const form = (a: ArrayLike<number>, b: ArrayLike<number>) => {
        let sum = 0;
        for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += a[i] * inverse[i * n + j] * b[j];
        return sum;
      };

      // X'V^-1 X times the covariance of the coefficients is the identity.
      const covariance = result.covarianceOfCoefficients(0);
      if (!covariance) throw new Error('no fit');
      for (let a = 0; a < p; a++) {
        for (let b = 0; b < p; b++) {
          let sum = 0;
          for (let k = 0; k < p; k++) sum += form(column(a), column(k)) * covariance.values[k * p + b];
          expect(Math.abs(sum - (a === b ? 1 : 0))).toBeLessThan(EXACT * 10);
        }
        expect(relative(Math.sqrt(covariance.values[a * p + a]), fits.coefficients.standardError[a])).toBeLessThan(
          EXACT,
        );
      }

      // Modes G Z'V^-1 (y - o - X b) and their variances G - G Z'V^-1 Z G.
      const residual = Float64Array.from(y, (v, i) => {
        let rest = v - (design.offset ? design.offset[i] : 0);
        for (let k = 0; k < p; k++) rest -= fits.coefficients.estimate[k] * column(k)[i];
        return rest;
      });
      const whitened = Float64Array.from({ length: n }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += inverse[i * n + j] * residual[j];
        return sum;
      });
      const effects = result.randomEffects(0);
      const conditional = Float64Array.from(residual, (_, i) => y[i] - residual[i]);
      design.random.forEach(({ names, levels, codes, z }, t) => {
        const q = names.length;
        expect(effects[t].levels).toEqual(levels);
        levels.forEach((_, level) => {
          const members = Array.from({ length: n }, (__, i) => i).filter((i) => codes[i] === level);
          for (let a = 0; a < q; a++) {
            // Row a of G Z'.
            const row = new Float64Array(n);
            for (const i of members) for (let b = 0; b < q; b++) row[i] += covariances[t][a * q + b] * z[b * n + i];
            let mode = 0;
            for (const i of members) mode += row[i] * whitened[i];
            expect(Math.abs(effects[t].estimate[level * q + a] - mode)).toBeLessThan(EXACT * sigma);
            const variance = Math.max(0, covariances[t][a * q + a] - form(row, row));
            expect(Math.abs(effects[t].standardError[level * q + a] ** 2 - variance)).toBeLessThan(
              EXACT * (sigma ** 2 + covariances[t][a * q + a]),
            );
            for (const i of members) conditional[i] += z[a * n + i] * effects[t].estimate[level * q + a];
          }
        });
      });
      const fitted = result.fittedValues(0);
      for (let i = 0; i < n; i++) {
        expect(Math.abs((fitted?.fitted[i] ?? Number.NaN) - conditional[i])).toBeLessThan(EXACT * sigma);
        expect(Math.abs((fitted?.residual[i] ?? Number.NaN) - (y[i] - conditional[i]))).toBeLessThan(EXACT * sigma);
      }

      // Nakagawa's R2 row by row.
      const linear = Float64Array.from({ length: n }, (_, i) => {
        let sum = 0;
        for (let k = 0; k < p; k++) sum += fits.coefficients.estimate[k] * column(k)[i];
        return sum;
      });
      const mean = linear.reduce((a, b) => a + b) / n;
      const fixed = linear.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
      let between = 0;
      design.random.forEach(({ names, z }, t) => {
        const q = names.length;
        for (let i = 0; i < n; i++)
          for (let a = 0; a < q; a++)
            for (let b = 0; b < q; b++) between += (z[a * n + i] * covariances[t][a * q + b] * z[b * n + i]) / n;
      });
      const total = fixed + between + sigma ** 2;
      expect(fits.r2Marginal[0]).toBeCloseTo(fixed / total, 9);
      expect(fits.r2Conditional[0]).toBeCloseTo((fixed + between) / total, 9);
      expect(fits.icc[0]).toBeCloseTo(between / (between + sigma ** 2), 9);
    },
  );
});
