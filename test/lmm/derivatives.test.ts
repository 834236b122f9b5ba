import { describe, expect, it } from 'vitest';
import { buildDesign } from '../../src/formula/design.ts';
import { BlockObjective } from '../../src/lmm/block-objective.ts';
import { CrossedObjective } from '../../src/lmm/crossed-objective.ts';
import type { DesignMoments } from '../../src/moments/moments.ts';
import { evaluateDense } from './dense-model.ts';
import { sharedBatch } from './engines.ts';
import { basisElements, lambdaOf, perturbed } from './factors.ts';
import { dense, frame, label } from './frames.ts';
import { TestRandom } from './random.ts';

/** Central differences with step h err by h^2 f''' and 1e-14 |f| / h: 1e-7 of the largest element at h = 1e-5. */
const DIFFERENCE = 2e-6;
const STEP = 1e-5;
/** A dense n x n factorisation against blocks: rounding of sums over n^2 elements. */
const VALUE = 1e-9;

const CASES = [
  ['~ x + (1 | g)', 1],
  ['~ 0 + x + (1 | g)', 1],
  ['~ x + (0 + x | g)', 1],
  ['~ x + (x | g)', 1],
  ['~ arm * x + (x | g)', 1],
  ['~ x + (1 | g) + (0 + x | g)', 1],
  ['~ x + (x + t | g)', 1],
  ['~ x + (arm + x | g)', 1],
  ['~ x + (x | g) + (0 + t | g)', 1],
  ['~ x + (0 + arm | g)', 1],
  ['~ x + (1 | g) + (1 | h)', 2],
  ['~ x + (1 | site / g)', 2],
  ['~ x + (x | g) + (1 | h)', 2],
  ['~ x + (x | g) + (t | h)', 2],
  ['~ x + (1 | g) + (0 + x | g) + (x | h)', 2],
  ['~ x + (1 | g) + (1 | h) + (1 | site)', 3],
  ['~ 1 + (x | g) + (0 + t | h) + (1 | site)', 3],
  ['~ x + (1 | g) + (x + t | h)', 2],
] as const;

function layout(seed: number) {
  const random = new TestRandom(seed);
  const g: string[] = [];
  const h: string[] = [];
  const site: string[] = [];
  const arm: string[] = [];
  for (let i = 0; i < 9; i++) {
    const rows = i === 0 ? 1 : 2 + random.integer(5); // one level with fewer rows than effects
    for (let k = 0; k < rows; k++) {
      g.push(label('g', i));
      h.push(label('h', random.integer(4)));
      site.push(label('s', i % 3));
      arm.push(random.uniform() < 0.5 ? 'a' : 'b');
    }
  }
  const n = g.length;
  const w = Array.from({ length: n }, () => Math.exp(random.normal()));
  return {
    random,
    columns: { g, h, site, arm, x: random.normals(n), t: random.normals(n), w, o: random.normals(n) },
    n,
  };
}

function objectives(design: DesignMoments, method: 'REML' | 'ML') {
  const crossed = [true, false].map((pairwise) => new CrossedObjective(design, method, pairwise));
  return design.factors.length === 1 ? [new BlockObjective(design, method), ...crossed] : crossed;
}

describe.each(CASES)('%s', (formula, factors) => {
  it.each([
    ['REML', false],
    ['ML', false],
    ['REML', true],
    ['ML', true],
  ] as const)('%s, weights and offset: %s', (method, weighted) => {
    const { random, columns, n } = layout(formula.length + (weighted ? 100 : 0));
    const design = buildDesign(formula, frame(columns), weighted ? { weights: 'w', offset: 'o' } : {});
    const y = Array.from(random.normals(n), (v, i) => v + 5 + Math.sin(3 * Number(columns.g[i].slice(1))));
    const batch = sharedBatch(design, dense({ y }));
    expect(batch.design.factors).toHaveLength(factors);
    const thetas = batch.design.terms.reduce((sum, { q }) => sum + (q * (q + 1)) / 2, 0);
    for (const objective of objectives(batch.design, method)) {
      objective.load(batch.responses, 0, batch.design.q);
      for (let round = 0; round < 3; round++) {
        const theta = Array.from({ length: thetas }, () => 0.2 + 0.8 * Math.abs(random.normal()));
        const lambda = lambdaOf(batch.design, theta);
        const value = objective.evaluate(lambda);
        const { d, bases, slots } = objective;

        // The value, sigma, coefficients and their covariance, against n x n matrices.
        const full = evaluateDense(design, y, theta, method);
        let constant = d * (1 + Math.log((2 * Math.PI) / d));
        const { r, p } = batch.design;
        if (method === 'REML') for (let k = 0; k < p; k++) constant += 2 * Math.log(Math.abs(r[k * p + k]));
        constant -= batch.design.logDetW;
        // The oracle's V has W^-1, so that its log-determinant holds - log|W| already.
        expect(Math.abs(value + constant - full.criterion)).toBeLessThan(VALUE * Math.abs(full.criterion));
        expect(Math.abs(objective.S / full.S - 1)).toBeLessThan(VALUE);
        for (let i = 0; i < p; i++) {
          // R b = coordinates; R cov R' = C.
          let coordinate = 0;
          for (let k = 0; k < p; k++) coordinate += r[i * p + k] * full.beta[k];
          expect(Math.abs(coordinate - batch.responses.qty[i] - objective.shift[i])).toBeLessThan(1e-8);
          let variance = 0;
          for (let a = 0; a < p; a++)
            for (let b = 0; b < p; b++) variance += r[i * p + a] * full.covariance[a][b] * r[i * p + b];
          expect(Math.abs(variance / objective.covariance[i * p + i] - 1)).toBeLessThan(1e-8);
        }

        // Derivatives. Copies first: the arrays belong to the last evaluation.
        const gradient = basisElements(slots).map(({ slot, a, b }) => {
          const at = slot.square + a * slot.q + b;
          return a === b ? objective.gradient[at] : 2 * objective.gradient[at];
        });
        const hessian = Float64Array.from(objective.hessian);
        const changeOfS = Float64Array.from(objective.changeOfS);
        const changeOfInformation = Float64Array.from(objective.changeOfInformation);
        const information = () => inverse(objective.covariance, p);
        const scaleOf = (values: ArrayLike<number>) => Math.max(...Array.from(values, Math.abs), 1e-3);
        for (let e = 0; e < bases; e++) {
          const at = (h: number) => {
            const f = objective.evaluate(perturbed(slots, lambda, e, h));
            const g = basisElements(slots).map(({ slot, a, b }) => {
              const k = slot.square + a * slot.q + b;
              return a === b ? objective.gradient[k] : 2 * objective.gradient[k];
            });
            return { f, g, S: objective.S, information: information() };
          };
          const up = at(STEP);
          const down = at(-STEP);
          const slope = (high: number, low: number) => (high - low) / (2 * STEP);
          expect(Math.abs(slope(up.f, down.f) - gradient[e])).toBeLessThan(DIFFERENCE * scaleOf(gradient) + 1e-7);
          expect(Math.abs(slope(up.S, down.S) - changeOfS[e])).toBeLessThan(
            DIFFERENCE * Math.max(objective.S, scaleOf(changeOfS)),
          );
          for (let f = 0; f < bases; f++) {
            expect(Math.abs(slope(up.g[f], down.g[f]) - hessian[e * bases + f])).toBeLessThan(
              DIFFERENCE * scaleOf(hessian),
            );
          }
          const change = changeOfInformation.subarray(e * p * p, (e + 1) * p * p);
          for (let i = 0; i < p * p; i++) {
            // d(X'V^-1 X) = -X'V^-1 V_e V^-1 X
            expect(Math.abs(slope(up.information[i], down.information[i]) + change[i])).toBeLessThan(
              1e-5 * scaleOf(change),
            );
          }
        }
      }
    }
  });
});

/** Inverse of a small symmetric matrix by elimination. */
function inverse(m: Float64Array, p: number): Float64Array {
  const a = Array.from({ length: p }, (_, i) => [
    ...m.subarray(i * p, (i + 1) * p),
    ...Array.from({ length: p }, (__, j) => (i === j ? 1 : 0)),
  ]);
  for (let i = 0; i < p; i++) {
    const pivot = a[i][i];
    for (let j = 0; j < 2 * p; j++) a[i][j] /= pivot;
    for (let k = 0; k < p; k++) {
      if (k === i) continue;
      const factor = a[k][i];
      for (let j = 0; j < 2 * p; j++) a[k][j] -= factor * a[i][j];
    }
  }
  return Float64Array.from(a.flatMap((row) => row.slice(p)));
}
