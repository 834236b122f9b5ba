import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { rowDerivatives } from '../../src/glmm/family-kernel.ts';
import { LaplaceObjective } from '../../src/glmm/laplace-objective.ts';
import { openFamily } from '../../src/glmm/open-family.ts';
import { openCriterion } from '../../src/glmm/open-objective.ts';
import { QuadratureObjective } from '../../src/glmm/quadrature-objective.ts';
import { ScalarObjective } from '../../src/glmm/scalar-objective.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectClose } from './expect-close.ts';
import { differenceGradient, FAMILY_LINKS, type RandomModel, randomModel } from './random-models.ts';

function open(model: RandomModel, nodes: number): { objective: QuadratureObjective; point: Float64Array } {
  const objective = new QuadratureObjective(model.evidence, openFamily(model.evidence), nodes);
  objective.load(model.values, 0);
  return { objective, point: objective.parametersOf(model.beta, model.theta, model.extras) };
}

describe('adaptive Gauss-Hermite quadrature', () => {
  it.each(FAMILY_LINKS)("of %s (%s) with one node is Laplace's approximation", (family, link) => {
    const model = randomModel(family, link, 'intercept', 23);
    const { objective, point } = open(model, 1);
    const laplace = new LaplaceObjective(model.evidence, openFamily(model.evidence));
    laplace.load(model.values, 0);
    expectClose([objective.evaluate(point, 1)], [laplace.evaluate(point, 1)], TOLERANCE.laplaceRounding);
    expectClose(objective.gradient, laplace.gradient, TOLERANCE.laplaceGradient);
    const [modes] = objective.modes();
    const [wanted] = laplace.modes();
    expectClose(modes.estimate, wanted.estimate, TOLERANCE.laplaceGradient);
    expectClose(modes.standardError, wanted.standardError, TOLERANCE.laplaceGradient);
  });

  it.each(FAMILY_LINKS)('of %s (%s) has its gradient and Hessian', (family, link) => {
    for (const nodes of [2, 9]) {
      const model = randomModel(family, link, 'intercept', 29);
      const { objective, point } = open(model, nodes);
      const wanted = differenceGradient((at) => objective.evaluate(at, 0), point);
      objective.evaluate(point, 2);
      expectClose(objective.gradient, wanted, TOLERANCE.laplaceGradient);
      const hessian = objective.hessian.slice();
      const { p } = objective;
      const n = point.length;
      const row = differenceGradient((at) => {
        objective.evaluate(at, 1);
        return objective.gradient[p];
      }, point);
      expectClose(hessian.subarray(p * n, (p + 1) * n), row, TOLERANCE.laplaceHessian);
    }
  });

  it.each(FAMILY_LINKS)('of %s (%s) is the integral over the random effects', (family, link) => {
    const model = randomModel(family, link, 'intercept', 31, 21);
    const { objective, point } = open(model, 40);
    const value = objective.evaluate(point, 0);
    expectClose([value], [integratedCriterion(model)], TOLERANCE.integrated);
  });

  it('comes closer to the integral node by node', () => {
    const model = randomModel('binomial', 'logit', 'intercept', 37);
    const wanted = integratedCriterion(model);
    const errors = [1, 3, 7, 15].map((nodes) => {
      const { objective, point } = open(model, nodes);
      return Math.abs(objective.evaluate(point, 0) - wanted);
    });
    for (let k = 1; k < errors.length; k++) expect(errors[k]).toBeLessThan(errors[k - 1] / 3);
  });

  it('without variance is the likelihood of independent rows, its gradient by the standard deviation zero', () => {
    const model = randomModel('poisson', 'log', 'intercept', 41);
    const { objective, point } = open(model, 7);
    point[objective.p] = 0;
    const { l, total } = independent(model);
    expectClose([objective.evaluate(point, 1)], [-2 * (l + total)], TOLERANCE.laplaceRounding);
    expectClose([objective.gradient[objective.p]], [0], TOLERANCE.laplaceRounding);
  });
});

describe('the criterion of a model', () => {
  it('has the form that suits its random terms', () => {
    const of = (kind: Parameters<typeof randomModel>[2], nodes?: number, effects = true) => {
      const { evidence } = randomModel('poisson', 'log', kind, 43);
      const taken = effects ? evidence : { ...evidence, effects: [] };
      return openCriterion(taken, openFamily(taken), nodes);
    };
    expect(of('intercept')).toBeInstanceOf(ScalarObjective);
    expect(of('intercept', 1, false)).toBeInstanceOf(ScalarObjective);
    expect(of('intercept', 5, false)).toBeInstanceOf(ScalarObjective);
    expect(of('intercept', 5)).toBeInstanceOf(QuadratureObjective);
    expect(of('slope')).toBeInstanceOf(LaplaceObjective);
    expect(of('crossed')).toBeInstanceOf(LaplaceObjective);
    expect(() => of('slope', 2)).toThrow(FitError);
    expect(() => of('nested', 2)).toThrow(FitError);
  });
});

/** Log likelihood of the rows without random effects, and what belongs to no row. */
function independent(model: RandomModel): { l: number; total: number } {
  const { evidence, values, beta, extras } = model;
  const kernel = openFamily(evidence);
  kernel.load(values, 0);
  const eta = evidence.offset.map((o, i) => beta.reduce((sum, b, j) => sum + b * evidence.x[i * beta.length + j], o));
  const out = rowDerivatives(evidence.rows, kernel.extras);
  kernel.evaluate(eta, extras, 1, out);
  const remainder = { value: 0, first: new Float64Array(4), second: new Float64Array(16) };
  kernel.remainder(extras, 1, remainder);
  return { l: out.l.reduce((sum, value) => sum + value, 0), total: remainder.value };
}

/** -2 log L of an intercept by level, by the trapezoidal rule on [-12, 12], exact to rounding for such integrands. */
function integratedCriterion(model: RandomModel): number {
  const { evidence, values, beta, theta, extras } = model;
  const kernel = openFamily(evidence);
  kernel.load(values, 0);
  const { rows, x, offset, effects } = evidence;
  const [{ codes }] = effects;
  const levels = Math.max(...codes) + 1;
  const POINTS = 1200;
  const h = 24 / POINTS;
  const out = rowDerivatives(rows, kernel.extras);
  const logs = Array.from({ length: levels }, () => new Float64Array(POINTS));
  for (let k = 0; k < POINTS; k++) {
    const u = -12 + (k + 0.5) * h;
    const eta = offset.map((o, i) => beta.reduce((sum, b, j) => sum + b * x[i * beta.length + j], o + theta[0] * u));
    kernel.evaluate(eta, extras, 1, out);
    for (let g = 0; g < levels; g++) logs[g][k] = -0.5 * u * u - 0.5 * Math.log(2 * Math.PI);
    for (let i = 0; i < rows; i++) logs[codes[i]][k] += out.l[i];
  }
  let total = independent(model).total;
  for (const log of logs) {
    const most = log.reduce((a, b) => Math.max(a, b));
    total += most + Math.log(log.reduce((sum, value) => sum + Math.exp(value - most), 0) * h);
  }
  return -2 * total;
}
