import { describe, expect, it } from 'vitest';
import { designBasis } from '../../src/glmm/design-basis.ts';
import { familyCovariance } from '../../src/glmm/family-covariance.ts';
import { FamilySearch } from '../../src/glmm/family-search.ts';
import { openFamily } from '../../src/glmm/open-family.ts';
import { openCriterion, openObjective } from '../../src/glmm/open-objective.ts';
import type { FamilyEvidence } from '../../src/moments/family-evidence.ts';
import { lowerTriangle } from '../../src/numeric/triangle.ts';
import { TestRandom } from '../lmm/random.ts';
import { TOLERANCE } from '../tolerance.ts';
import { expectClose } from './expect-close.ts';
import { DESIGNS, FAMILY_LINKS, randomModel } from './random-models.ts';

function product(A: Float64Array, B: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, e) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += A[Math.floor(e / n) * n + k] * B[k * n + (e % n)];
    return sum;
  });
}

const identity = (n: number) => Float64Array.from({ length: n * n }, (_, e) => (e % (n + 1) === 0 ? 1 : 0));

/** Inner products of the columns, by rows. */
function products(x: Float64Array, p: number): Float64Array {
  const rows = x.length / p;
  return Float64Array.from({ length: p * p }, (_, e) => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += x[i * p + Math.floor(e / p)] * x[i * p + (e % p)];
    return sum / rows;
  });
}

const FAR = 2020;

/** A model whose covariates lie far from zero, in X and in z. */
function farModel(family: (typeof FAMILY_LINKS)[number][0], link: (typeof FAMILY_LINKS)[number][1], seed: number) {
  const model = randomModel(family, link, 'crossed slopes', seed);
  const { evidence } = model;
  const p = evidence.x.length / evidence.rows;
  const x = evidence.x.map((value, e) => (e % p === p - 2 ? value + FAR : value));
  const effects = evidence.effects.map((own) => {
    const q = own.z.length / evidence.rows;
    return { ...own, z: own.z.map((value, e) => (e % q === 1 ? value + FAR : value)) };
  });
  return { ...model, evidence: { ...evidence, x, effects } };
}

describe('the coordinates of a generalised model', () => {
  it.each(FAMILY_LINKS)('have orthogonal columns, and lead back: %s (%s)', (family, link) => {
    const { evidence, extras } = farModel(family, link, 1);
    const p = evidence.x.length / evidence.rows;
    const basis = designBasis(evidence, extras.length);
    const n = Math.sqrt(basis.forward.length);
    expectClose(product(basis.forward, basis.back, n), identity(n), TOLERANCE.farFromZero);
    // About medians, thresholds being their intercept.
    if (family !== 'cumulative') expectClose(products(basis.evidence.x, p), identity(p), TOLERANCE.orthogonal);
    for (const { z } of basis.evidence.effects) {
      const q = z.length / evidence.rows;
      expectClose(products(z, q), identity(q), TOLERANCE.orthogonal);
    }
    // One is a multiple of the other, where that is asked for.
    const last = designBasis(evidence, extras.length, { last: 0 }).forward;
    for (let k = 1; k < p; k++) expect(last[k]).toBe(0);
  });

  it('have no column where a random effect is made up of earlier ones', () => {
    const random = new TestRandom(3);
    const rows = 30;
    const slopes = random.normals(rows);
    const z = Float64Array.from({ length: rows * 3 }, (_, e) => [1, 4, slopes[Math.floor(e / 3)]][e % 3]);
    const codes = Int32Array.from({ length: rows }, (_, i) => i % 5);
    const { evidence } = randomModel('poisson', 'log', 'intercept', 3, rows);
    const basis = designBasis({ ...evidence, effects: [{ z, codes }] }, 0);
    const [own] = basis.evidence.effects;
    const wanted = identity(3);
    wanted[4] = 0;
    expectClose(products(own.z, 3), wanted, TOLERANCE.orthogonal);
    expect(own.z.every((value, e) => e % 3 !== 1 || value === 0)).toBe(true);
  });

  it.each(FAMILY_LINKS.flatMap(([family, link]) => DESIGNS.map((kind) => [family, link, kind] as const)))(
    'leave the criterion what it is: %s (%s) with %s',
    (family, link, kind) => {
      const model = randomModel(family, link, kind, 5);
      const { evidence, values, beta, theta, extras } = model;
      const plain = openCriterion(evidence, openFamily(evidence));
      const turned = openObjective(evidence, openFamily(evidence));
      const point = plain.parametersOf(beta, theta, extras);
      const other = turned.parametersOf(beta, theta, extras);
      // Covariance parameters are those of other effects where columns were turned.
      const n = point.length;
      const same = (j: number) => !turned.turned || j < plain.p || j >= plain.p + plain.m;
      const kept = (values: Float64Array) => values.filter((_, j) => same(j));
      const block = (values: Float64Array) => values.filter((_, e) => same(Math.floor(e / n)) && same(e % n));
      expectClose(kept(other), kept(point), TOLERANCE.orthogonal);
      expectClose(turned.theta(other), plain.theta(point), TOLERANCE.orthogonal);
      expectClose(turned.rawParameters(turned.ownParameters(other)), other, TOLERANCE.orthogonal);
      plain.load(values, 0);
      turned.load(values, 0);
      expectClose([turned.evaluate(other, 2)], [plain.evaluate(point, 2)], TOLERANCE.laplaceRounding);
      expectClose(kept(turned.gradient), kept(plain.gradient), TOLERANCE.laplaceGradient);
      expectClose(block(turned.hessian), block(plain.hessian), TOLERANCE.scalarHessian);
      const [a, b] = [plain, turned].map((objective, k) => familyCovariance(objective, family, [point, other][k]));
      // Covariances of estimates are those of the whole Hessian at a minimum alone.
      if (a.positive && b.positive && !turned.turned) {
        expectClose(b.joint, a.joint, TOLERANCE.scalarHessian);
        expectClose(b.search, a.search, TOLERANCE.scalarHessian);
      }
      expectClose(b.conditionalErrors, a.conditionalErrors, TOLERANCE.laplaceGradient);
      const modes = turned.modes();
      plain.modes().forEach(({ estimate, standardError }, t) => {
        expectClose(modes[t].estimate, estimate, TOLERANCE.laplaceGradient);
        expectClose(modes[t].standardError, standardError, TOLERANCE.laplaceGradient);
      });
      const z = evidence.effects.map((own) => own.z.subarray(0, own.z.length / evidence.rows));
      const levels = evidence.effects.map(({ codes }) => codes[0]);
      expectClose([turned.effectVariance(levels, z)], [plain.effectVariance(levels, z)], TOLERANCE.laplaceGradient);
    },
  );

  it('have the covariances of estimates at a minimum', () => {
    const { evidence, values } = randomModel('poisson', 'log', 'slope', 20, 120);
    const search = new FamilySearch(evidence, openCriterion);
    const { parameters } = search.fit(values, 0);
    const { objective } = search;
    const { p, m } = objective;
    const turned = familyCovariance(objective, 'poisson', parameters);
    const plain = openCriterion(evidence, openFamily(evidence));
    plain.load(values, 0);
    const point = plain.parametersOf(parameters.slice(0, p), objective.theta(parameters), parameters.slice(p + m));
    plain.evaluate(point, 2);
    expect(turned.positive).toBe(true);
    expectClose(turned.joint, familyCovariance(plain, 'poisson', point).joint, TOLERANCE.scalarHessian);
  });

  it.each(FAMILY_LINKS)('are those of covariates about zero, wherever these lie: %s (%s)', (family, link) => {
    const near = randomModel(family, link, 'crossed slopes', 7);
    const far = farModel(family, link, 7);
    const p = near.beta.length;
    const ordinal = family === 'cumulative';
    const beta = near.beta.slice();
    if (!ordinal) beta[0] -= FAR * beta[p - 2];
    const extras = near.extras.slice();
    if (ordinal) extras[0] += FAR * beta[p - 2];
    // The intercept's effect loses the slope's, times the distance.
    const theta = near.theta.slice();
    const criteria = [near.evidence, far.evidence].map((evidence: FamilyEvidence, k) => {
      const objective = openObjective(evidence, openFamily(evidence));
      objective.load(near.values, 0);
      const own = objective.basis.turns.map((turn) => turn !== null);
      expect(own).toEqual([true, true]);
      if (k === 0) return objective.evaluate(objective.parametersOf(near.beta, near.theta, near.extras), 0);
      return objective.evaluate(objective.parametersOf(beta, movedFactors(theta), extras), 0);
    });
    expectClose([criteria[1]], [criteria[0]], TOLERANCE.farFromZero);
  });
});

/** Factors of terms of two and three effects whose second columns are FAR larger: of M L, M b having b_0 - FAR b_1. */
function movedFactors(theta: Float64Array): Float64Array {
  const out: number[] = [];
  let at = 0;
  for (const q of [2, 3]) {
    const L = lowerTriangle(theta, at, q);
    at += (q * (q + 1)) / 2;
    for (let c = 0; c < q; c++) L[c] -= FAR * L[q + c];
    // Householder's reflections of the columns, from the right, make it a triangle again.
    for (let r = 0; r < q; r++) {
      let norm = 0;
      for (let c = r; c < q; c++) norm += L[r * q + c] ** 2;
      const v = Float64Array.from({ length: q }, (_, c) => (c < r ? 0 : L[r * q + c]));
      v[r] -= Math.sqrt(norm);
      const square = v.reduce((sum, value) => sum + value * value, 0);
      if (square === 0) continue;
      for (let i = 0; i < q; i++) {
        let along = 0;
        for (let c = 0; c < q; c++) along += L[i * q + c] * v[c];
        for (let c = 0; c < q; c++) L[i * q + c] -= (2 * along * v[c]) / square;
      }
    }
    for (let c = 0; c < q; c++) for (let r = c; r < q; r++) out.push(L[r * q + c]);
  }
  return Float64Array.from(out);
}
