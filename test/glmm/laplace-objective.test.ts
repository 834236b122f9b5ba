import { describe, expect, it } from 'vitest';
import { familyCovariance } from '../../src/glmm/family-covariance.ts';
import { rowDerivatives } from '../../src/glmm/family-kernel.ts';
import { LaplaceObjective } from '../../src/glmm/laplace-objective.ts';
import { openFamily } from '../../src/glmm/open-family.ts';
import { QuadratureObjective } from '../../src/glmm/quadrature-objective.ts';
import { ScalarObjective } from '../../src/glmm/scalar-objective.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectClose } from './expect-close.ts';
import {
  DESIGNS,
  type DesignKind,
  differenceGradient,
  differenceJacobian,
  FAMILY_LINKS,
  type RandomModel,
  randomModel,
} from './random-models.ts';
import { rowEvidence } from './row-evidence.ts';

function open(model: RandomModel, split = true): { objective: LaplaceObjective; point: Float64Array } {
  const objective = new LaplaceObjective(model.evidence, openFamily(model.evidence), split);
  objective.load(model.values, 0);
  return { objective, point: objective.parametersOf(model.beta, model.theta, model.extras) };
}

describe("Laplace's criterion", () => {
  it.each(FAMILY_LINKS.flatMap(([family, link]) => DESIGNS.map((kind) => [family, link, kind] as const)))(
    'of %s (%s) with %s has its gradient',
    (family, link, kind) => {
      const model = randomModel(family, link, kind, 11);
      const { objective, point } = open(model);
      const value = (at: Float64Array) => objective.evaluate(at, 0);
      const wanted = differenceGradient(value, point);
      expect(wanted.every(Number.isFinite)).toBe(true);
      const there = objective.evaluate(point, 1);
      expectClose(objective.gradient, wanted, TOLERANCE.laplaceGradient);
      expect(Math.abs(value(point) - there)).toBeLessThan(TOLERANCE.laplaceRounding * (1 + Math.abs(there)));
    },
  );

  it.each(FAMILY_LINKS.flatMap(([family, link]) => DESIGNS.map((kind) => [family, link, kind] as const)))(
    'of %s (%s) with %s has its Hessian, by differences only where the family has no second derivatives',
    (family, link, kind) => {
      const model = randomModel(family, link, kind, 29, 300);
      const { objective, point } = open(model);
      expect(objective.costlyHessian).toBe(family === 'cumulative');
      const there = objective.evaluate(point, 2);
      const gradient = objective.gradient.slice();
      const hessian = objective.hessian.slice();
      const slopes = (at: Float64Array) => {
        objective.evaluate(at, 1);
        return objective.gradient.slice();
      };
      expectClose(hessian, differenceJacobian(slopes, point).flat(), TOLERANCE.laplaceHessian);
      expectClose([objective.evaluate(point, 1)], [there], TOLERANCE.laplaceRounding);
      expectClose(gradient, objective.gradient, TOLERANCE.laplaceGradient);
    },
  );

  it('is the same where rows differ in their offsets alone as where each has its own effects', () => {
    // Strata of several rows: the columns of x and the levels repeat, the offsets do not.
    const { rows, evidence } = randomModel('nbinom2', 'log', 'nested', 31, 48);
    const [inner, outer] = evidence.effects;
    const cells = Int32Array.from({ length: 48 }, (_, i) => i % 12);
    const x = Float64Array.from({ length: 96 }, (_, e) => (e % 2 === 0 ? 1 : cells[e >> 1] % 2));
    const effects = [
      { z: inner.z, codes: cells },
      { z: outer.z, codes: cells.map((cell) => cell >> 1) },
    ];
    const other = rowEvidence({ ...rows, x, effects });
    const kernel = () => openFamily(other.evidence);
    const strata = new LaplaceObjective(other.evidence, kernel());
    expect(strata.mode.strata.count).toBe(12);
    const each = new QuadratureObjective({ ...other.evidence, effects: [effects[0]] }, kernel(), 1);
    const scalar = new LaplaceObjective({ ...other.evidence, effects: [effects[0]] }, kernel());
    for (const objective of [strata, each, scalar]) objective.load(other.values, 0);
    const point = Float64Array.of(0.4, 0.3, 0.5, 0.6);
    expectClose([scalar.evaluate(point, 1)], [each.evaluate(point, 1)], TOLERANCE.laplaceRounding);
    expectClose(scalar.gradient, each.gradient, TOLERANCE.laplaceGradient);
    expectClose(scalar.eta, each.eta, TOLERANCE.laplaceGradient);
    // A factor of zero leaves the nested model with the inner effects alone.
    const nested = Float64Array.of(0.4, 0.3, 0.5, 0, 0.6);
    expectClose([strata.evaluate(nested, 2)], [scalar.evaluate(point, 2)], TOLERANCE.laplaceRounding);
    const kept = [0, 1, 2, 4];
    expectClose(
      kept.flatMap((i) => kept.map((j) => strata.hessian[5 * i + j])),
      scalar.hessian,
      TOLERANCE.laplaceHessian,
    );
  });

  it.each(DESIGNS)('with %s is that of dense matrices, formed as its definition says', (kind) => {
    for (const [family, link] of FAMILY_LINKS) {
      const model = randomModel(family, link, kind, 3);
      const { objective, point } = open(model);
      const value = objective.evaluate(point, 0);
      const dense = denseCriterion(model);
      expect(Math.abs(value - dense), `${family} ${link}`).toBeLessThan(
        TOLERANCE.laplaceRounding * (1 + Math.abs(dense)),
      );
    }
  });

  it.each(DESIGNS)('with %s is the same where levels that no row connects are not told apart', (kind) => {
    const model = randomModel('nbinom2', 'log', kind, 5);
    const apart = open(model);
    const together = open(model, false);
    const value = apart.objective.evaluate(apart.point, 1);
    expectClose([together.objective.evaluate(apart.point, 1)], [value], TOLERANCE.laplaceRounding);
    expectClose(together.objective.gradient, apart.objective.gradient, TOLERANCE.laplaceGradient);
    const modes = together.objective.modes();
    apart.objective.modes().forEach(({ estimate, standardError }, t) => {
      expectClose(modes[t].estimate, estimate, TOLERANCE.laplaceGradient);
      expectClose(modes[t].standardError, standardError, TOLERANCE.laplaceGradient);
    });
  });

  it.each(FAMILY_LINKS)('of %s (%s) with one scalar term is the one by sums over levels', (family, link) => {
    const model = randomModel(family, link, 'intercept', 7);
    const { objective, point } = open(model);
    const scalar = new ScalarObjective(model.evidence, openFamily(model.evidence));
    scalar.load(model.values, 0);
    const same = scalar.parametersOf(model.beta, model.theta, model.extras);
    const value = objective.evaluate(point, 2);
    expectClose([value], [scalar.evaluate(same, 2)], TOLERANCE.laplaceRounding);
    // d/dsd = 2 sd d/dvariance, and for the second derivative the gradient comes in once more.
    const { p } = objective;
    const n = point.length;
    const sd = point[p];
    const slope = (j: number) => (j === p ? 2 * sd : 1);
    expectClose(
      objective.gradient,
      scalar.gradient.map((g, j) => slope(j) * g),
      TOLERANCE.laplaceGradient,
    );
    const hessian = scalar.hessian.map((h, e) => {
      const i = Math.floor(e / n);
      const j = e % n;
      return slope(i) * slope(j) * h + (i === p && j === p ? 2 * scalar.gradient[p] : 0);
    });
    expectClose(objective.hessian, hessian, TOLERANCE.scalarHessian);
    const [modes] = objective.modes();
    const [wanted] = scalar.modes();
    expectClose(modes.estimate, wanted.estimate, TOLERANCE.laplaceGradient);
    expectClose(modes.standardError, wanted.standardError, TOLERANCE.laplaceGradient);
    expectClose(objective.eta, scalar.eta, TOLERANCE.laplaceGradient);
  });

  it('has the Hessian of its gradient, also at factors that are zero and at the Poisson limit', () => {
    for (const kind of ['slope', 'nested'] satisfies DesignKind[]) {
      const model = randomModel('nbinom2', 'log', kind, 13);
      const { objective, point } = open(model);
      const last = point.length - 1;
      point[last - 1] = 0;
      point[last] = 0;
      objective.evaluate(point, 2);
      const hessian = objective.hessian.slice();
      // Values on both sides of zero are there for factors, and on one side for 1/size.
      for (let j = 0; j < last; j++) {
        const row = differenceGradient((at) => {
          objective.evaluate(
            point.map((x, k) => x + at[0] * (k === j ? 1 : 0)),
            1,
          );
          return objective.gradient[j];
        }, Float64Array.of(0));
        expectClose([hessian[j * point.length + j]], row, TOLERANCE.laplaceHessian);
      }
      expect(hessian.every(Number.isFinite)).toBe(true);
      expect(
        Number.isNaN(
          objective.evaluate(
            point.map((x, k) => (k === last ? -1e-6 : x)),
            0,
          ),
        ),
      ).toBe(true);
    }
  });

  it('does not see the signs of columns of a factor, nor a rotation of the columns of z', () => {
    const model = randomModel('Gamma', 'log', 'slope', 17);
    const { objective, point } = open(model);
    const value = objective.evaluate(point, 0);
    const { p } = objective;
    const turned = point.map((x, j) => (j === p || j === p + 1 ? -x : x));
    expectClose([objective.evaluate(turned, 0)], [value], TOLERANCE.laplaceRounding);
    expect(Array.from(objective.theta(turned))).toEqual(Array.from(model.theta));
    // z R and R^-1 L L'R^-T: R lower triangular with columns (1, 2), (0, 3).
    const [{ z, codes }] = model.evidence.effects;
    const mixed = z.map((value, e) => (e % 2 === 0 ? value + 2 * z[e + 1] : 3 * value));
    const other = rowEvidence({ ...model.rows, effects: [{ z: mixed, codes }] });
    const again = new LaplaceObjective(other.evidence, openFamily(other.evidence));
    again.load(other.values, 0);
    const [a, b, c] = model.theta;
    const theta = Float64Array.of(a, (b - 2 * a) / 3, c / 3);
    expectClose(
      [again.evaluate(again.parametersOf(model.beta, theta, model.extras), 0)],
      [value],
      TOLERANCE.laplaceRounding,
    );
  });

  it('has one covariance of the estimates, whatever signs a search left columns with', () => {
    const model = randomModel('beta', 'logit', 'slope', 17);
    const { objective, point } = open(model);
    const { p } = objective;
    objective.evaluate(point, 2);
    const wanted = familyCovariance(objective, 'beta', point);
    const turned = point.map((x, j) => (j === p || j === p + 1 ? -x : x));
    objective.evaluate(turned, 2);
    const { joint, conditionalErrors } = familyCovariance(objective, 'beta', turned);
    expectClose(joint, wanted.joint, TOLERANCE.laplaceHessian);
    expectClose(conditionalErrors, wanted.conditionalErrors, TOLERANCE.laplaceGradient);
  });

  it('finds the same modes from wherever the search was before, and forgets them with the response', () => {
    for (const [family, link] of FAMILY_LINKS) {
      const model = randomModel(family, link, 'crossed slopes', 19);
      const { objective, point } = open(model);
      const value = objective.evaluate(point, 1);
      const gradient = objective.gradient.slice();
      const far = point.map((x, j) => (j < objective.p + objective.m ? 4 * x + 1 : x));
      objective.evaluate(far, 0);
      expectClose([objective.evaluate(point, 1)], [value], TOLERANCE.laplaceRounding);
      expectClose(objective.gradient, gradient, TOLERANCE.laplaceGradient);
      objective.evaluate(far, 0);
      objective.load(model.values, 0);
      expect(objective.evaluate(point, 1), `${family} ${link}`).toBe(value);
    }
  });
});

/** -2 log L by Laplace's approximation: Newton's method on all random effects at once, Gaussian elimination. */
function denseCriterion(model: RandomModel): number {
  const { evidence, values, beta, theta, extras } = model;
  const { rows, effects, x, offset } = evidence;
  const kernel = openFamily(evidence);
  kernel.load(values, 0);
  const p = beta.length;
  const columns: number[][] = [];
  let at = 0;
  for (const { z, codes } of effects) {
    const q = z.length / rows;
    const L = Array.from({ length: q }, () => new Float64Array(q));
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) L[r][c] = theta[at++];
    for (let level = 0; level <= Math.max(...codes); level++) {
      for (let c = 0; c < q; c++) {
        columns.push(
          Array.from({ length: rows }, (_, i) => {
            let sum = 0;
            for (let r = c; r < q; r++) sum += codes[i] === level ? z[i * q + r] * L[r][c] : 0;
            return sum;
          }),
        );
      }
    }
  }
  const Q = columns.length;
  const u = new Float64Array(Q);
  const out = rowDerivatives(rows, kernel.extras);
  let logDet = 0;
  for (let step = 0; step < 60; step++) {
    const eta = Float64Array.from({ length: rows }, (_, i) => {
      let sum = offset[i];
      for (let j = 0; j < p; j++) sum += x[i * p + j] * beta[j];
      for (let j = 0; j < Q; j++) sum += columns[j][i] * u[j];
      return sum;
    });
    kernel.evaluate(eta, extras, 1, out);
    const system = columns.map((a, j) => [
      ...columns.map((b, k) => a.reduce((sum, value, i) => sum + value * out.w[i] * b[i], j === k ? 1 : 0)),
      a.reduce((sum, value, i) => sum + value * out.r[i], -u[j]),
    ]);
    const { solution, logDeterminant } = eliminate(system);
    logDet = logDeterminant;
    const longest = Math.max(...solution.map(Math.abs));
    if (longest < 1e-13) break;
    solution.forEach((value, j) => {
      u[j] += value / Math.max(1, longest);
    });
  }
  const remainder = { value: 0, first: new Float64Array(4), second: new Float64Array(16) };
  kernel.remainder(extras, 1, remainder);
  const total = out.l.reduce((sum, value) => sum + value, remainder.value);
  return -2 * total + u.reduce((sum, value) => sum + value * value, 0) + logDet;
}

/** Solution and log determinant of a symmetric positive definite system with its right side in the last column. */
function eliminate(system: number[][]): { solution: number[]; logDeterminant: number } {
  const n = system.length;
  let logDeterminant = 0;
  for (let c = 0; c < n; c++) {
    logDeterminant += Math.log(system[c][c]);
    for (let r = c + 1; r < n; r++) {
      const factor = system[r][c] / system[c][c];
      for (let k = c; k <= n; k++) system[r][k] -= factor * system[c][k];
    }
  }
  const solution = new Array<number>(n).fill(0);
  for (let r = n - 1; r >= 0; r--) {
    let sum = system[r][n];
    for (let k = r + 1; k < n; k++) sum -= system[r][k] * solution[k];
    solution[r] = sum / system[r][r];
  }
  return { solution, logDeterminant };
}
