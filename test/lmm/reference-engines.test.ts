import { describe, expect, it } from 'vitest';
import { BlockObjective } from '../../src/lmm/block-objective.ts';
import { CrossedObjective } from '../../src/lmm/crossed-objective.ts';
import type { CovarianceObjective } from '../../src/lmm/objective.ts';
import { TOLERANCE } from '../tolerance.ts';
import { arrayDifference, compareFits } from './comparison.ts';
import { fitBatchWith, outcome } from './engines.ts';
import { referenceModels } from './reference-models.ts';

const models = referenceModels();
const scalar = models.filter(({ design }) => design.random.length === 1 && design.random[0].names.length === 1);
const oneFactor = models.filter(({ batch }) => batch.design.factors.length === 1);

describe('both engines on the scalar reference models', () => {
  it('finds them', () => expect(scalar.length).toBeGreaterThan(25));
  it.each(scalar.map((m) => [m.reference.id, m] as const))('%s', (_, { batch, reference }) => {
    const { method } = reference;
    const p = batch.design.p;
    const contrasts = new Float64Array(2 * p); // the last coefficient, and the sum of all
    contrasts[p - 1] = 1;
    contrasts.fill(1, p);
    const a = fitBatchWith('spectral', batch, { method, contrasts });
    const b = fitBatchWith('covariance', batch, { method, contrasts });
    expect([outcome(a), outcome(b)]).toEqual(['ok', 'ok']);
    const difference = compareFits(a, 0, b, 0);
    expect(difference.criterion).toBeLessThan(TOLERANCE.enginesCriterion);
    expect(difference.sigma).toBeLessThan(TOLERANCE.engines);
    expect(difference.estimate).toBeLessThan(TOLERANCE.engines);
    expect(difference.standardError).toBeLessThan(TOLERANCE.engines);
    expect(difference.df).toBeLessThan(TOLERANCE.enginesDf);
    expect(difference.theta).toBeLessThan(TOLERANCE.enginesTheta);
    // A contrast that is one coefficient has that coefficient's row.
    expect(a.estimate[p]).toBe(a.estimate[p - 1]);
    expect(b.standardError[p]).toBe(b.standardError[p - 1]);
    expect(b.df[p]).toBe(b.df[p - 1]);
  });
});

describe('the crossed objective on one factor is the block objective', () => {
  it('finds models', () => expect(oneFactor.length).toBeGreaterThan(40));
  it.each(oneFactor.map((m) => [m.reference.id, m] as const))('%s', (_, { batch, reference }) => {
    const block: CovarianceObjective = new BlockObjective(batch.design, reference.method);
    const crossed: CovarianceObjective = new CrossedObjective(batch.design, reference.method);
    block.load(batch.responses, 0, batch.design.q);
    crossed.load(batch.responses, 0, batch.design.q);
    const lambda = new Float64Array(block.squares);
    // Square factors at which nothing is special: neither triangular nor symmetric, one of them nearly singular.
    for (const size of [1, 0.05, 4]) {
      for (let i = 0; i < lambda.length; i++) lambda[i] = size * Math.sin(1 + 2.3 * i);
      const f = block.evaluate(lambda);
      const g = crossed.evaluate(lambda);
      const close = (a: ArrayLike<number>, b: ArrayLike<number>) =>
        expect(arrayDifference(a, b)).toBeLessThan(TOLERANCE.objectives);
      close([f, block.S], [g, crossed.S]);
      close(block.gradient, crossed.gradient);
      close(block.hessian, crossed.hessian);
      close(block.changeOfS, crossed.changeOfS);
      close(block.covariance, crossed.covariance);
      close(block.changeOfInformation, crossed.changeOfInformation);
      const scale = Math.sqrt(block.S); // a shift may be rounding altogether (balanced designs)
      close([scale, ...block.shift], [scale, ...crossed.shift]);
      const a = block.conditional()[0];
      const b = crossed.conditional()[0];
      close(a.projected, b.projected);
      close(a.information, b.information);
    }
    expect(crossed.within).toBeCloseTo(block.within, 6);
  });
});
