import { describe, expect, it } from 'vitest';
import { openFamily } from '../../src/glmm/open-family.ts';
import { ScalarObjective } from '../../src/glmm/scalar-objective.ts';
import { FAMILIES, LINKS_OF } from '../../src/types/family.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { type RandomRows, randomRows } from './random-rows.ts';
import { rowEvidence } from './row-evidence.ts';

const families = FAMILIES.flatMap((family) => LINKS_OF[family].map((link) => ({ family, link })));

/** Weights of differences at steps -2 .. 2, and at 0 .. 4 beside a bound. */
const CENTRAL = [1 / 12, -2 / 3, 0, 2 / 3, -1 / 12];
const FORWARD = [-25 / 12, 4, -3, 4 / 3, -1 / 4];

function open(random: TestRandom, options: RandomRows) {
  const { evidence, values } = rowEvidence(randomRows(random, options));
  const kernel = openFamily(evidence);
  const objective = new ScalarObjective(evidence, kernel);
  objective.load(values, 0);
  return { evidence, values, kernel, objective };
}

function differences(
  objective: ScalarObjective,
  point: Float64Array,
  of: (at: Float64Array) => Float64Array,
): number[][] {
  // A variance and a dispersion act on the scale of their origin: steps are part of that.
  const steps = point.map((value, j) => {
    const origin = objective.origin[j];
    return Number.isFinite(origin) ? 1e-3 * (value + origin) : 1e-3;
  });
  return Array.from(point, (value, j) => {
    const h = steps[j];
    const forward = value - 2 * h < objective.least[j];
    const weights = forward ? FORWARD : CENTRAL;
    const terms = weights.map((weight, k) => {
      const at = point.slice();
      at[j] = value + (forward ? k : k - 2) * h;
      return of(at).map((f) => (weight * f) / h);
    });
    return Array.from(terms[0], (_, i) => terms.reduce((sum, term) => sum + term[i], 0));
  });
}

/** A point with extras as a search might have them. */
function pointOf(random: TestRandom, objective: ScalarObjective, gamma: number, extras: Float64Array): Float64Array {
  const { p } = objective;
  const beta = random.normals(p).map((value) => 0.3 * value);
  return objective.parametersOf(beta, Float64Array.of(Math.sqrt(gamma)), extras);
}

describe.each(families)('the criterion of one variance: $family, $link', ({ family, link }) => {
  it.each([0, 1e-3, 0.6, 8])('has the derivatives of its values where the variance is %d', (gamma) => {
    const random = new TestRandom(11);
    const { evidence, kernel, objective } = open(random, { family, link });
    for (const extras of kernel.starts(evidence.offset)) {
      const point = pointOf(random, objective, gamma, extras);
      const n = point.length;
      expect(Number.isFinite(objective.evaluate(point, 2))).toBe(true);
      const gradient = objective.gradient.slice();
      const hessian = objective.hessian.slice();
      const values = differences(objective, point, (at) => Float64Array.of(objective.evaluate(at, 0)));
      const slopes = differences(objective, point, (at) => {
        objective.evaluate(at, 1);
        return objective.gradient.slice();
      });
      const size = gradient.reduce((most, g) => Math.max(most, Math.abs(g)), 1);
      for (let j = 0; j < n; j++) {
        expect(Math.abs(gradient[j] - values[j][0])).toBeLessThan(TOLERANCE.generalised.gradient * size);
        for (let i = 0; i < n; i++) {
          const unit = Math.max(1, Math.sqrt(Math.abs(hessian[i * n + i] * hessian[j * n + j])), size);
          expect(Math.abs(hessian[j * n + i] - slopes[j][i])).toBeLessThan(TOLERANCE.generalised.hessian * unit);
          expect(hessian[j * n + i]).toBe(hessian[i * n + j]);
        }
      }
    }
  });

  it('does not depend on where modes start from', () => {
    const random = new TestRandom(5);
    const { evidence, values, kernel, objective } = open(random, { family, link });
    const [extras] = kernel.starts(evidence.offset);
    const near = pointOf(random, objective, 0.5, extras);
    const far = pointOf(random, objective, 40, extras);
    const fresh = [near, far].map((point) => {
      objective.load(values, 0);
      return objective.evaluate(point, 1);
    });
    const [atNear, atFar] = fresh;
    for (const [point, value] of [
      [near, atNear],
      [far, atFar],
      [near, atNear],
    ] as const) {
      for (const order of [0, 2, 1] as const) {
        expect(Math.abs(objective.evaluate(point, order) - value)).toBeLessThan(
          TOLERANCE.objectives * (1 + Math.abs(value)),
        );
      }
    }
  });

  it('is the likelihood itself without a random effect', () => {
    const random = new TestRandom(3);
    const rows = randomRows(random, { family, link });
    const { evidence, values } = rowEvidence({ ...rows, z: undefined, codes: undefined });
    const with0 = open(new TestRandom(3), { family, link });
    const objective = new ScalarObjective(evidence, openFamily(evidence));
    objective.load(values, 0);
    expect([objective.m, objective.modes()]).toEqual([0, []]);
    const [extras] = with0.kernel.starts(evidence.offset);
    const beta = random.normals(objective.p);
    const value = objective.evaluate(Float64Array.from([...beta, ...extras]), 1);
    const point = with0.objective.parametersOf(beta, Float64Array.of(0), extras);
    const difference = Math.abs(with0.objective.evaluate(point, 1) - value);
    expect(difference).toBeLessThan(TOLERANCE.objectives * (1 + Math.abs(value)));
    const { p, m } = with0.objective;
    const gradient = with0.objective.gradient.filter((_, j) => j < p || j >= p + m);
    objective.gradient.forEach((g, j) => {
      expect(Math.abs(g - gradient[j])).toBeLessThan(TOLERANCE.objectives * (1 + Math.abs(g)));
    });
  });

  it('is NaN out of range, and finite again afterwards', () => {
    const random = new TestRandom(8);
    const { evidence, kernel, objective } = open(random, { family, link });
    const [extras] = kernel.starts(evidence.offset);
    const point = pointOf(random, objective, 0.5, extras);
    const value = objective.evaluate(point, 1);
    for (const [j, out] of [
      [objective.p, -0.1],
      [objective.p, 1e9],
      [0, Number.NaN],
      [0, Number.POSITIVE_INFINITY],
    ]) {
      const wrong = point.slice();
      wrong[j] = out;
      expect(objective.evaluate(wrong, 2)).toBeNaN();
    }
    expect(Math.abs(objective.evaluate(point, 1) - value)).toBeLessThan(TOLERANCE.objectives * (1 + Math.abs(value)));
  });
});
