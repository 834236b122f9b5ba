import { describe, expect, it } from 'vitest';
import { ScalarObjective } from '../../src/glmm/scalar-objective.ts';
import { expectFit } from './expect-fit.ts';
import { familyFits, rowsOfFit } from './reference-fits.ts';

const cases = familyFits().flatMap((fit) => {
  const rows = fit.nAGQ > 1 ? null : rowsOfFit(fit);
  return rows === null ? [] : [{ id: fit.id, fit, rows }];
});

describe('fits of one scalar random effect', () => {
  it('are there', () => {
    expect(cases.length).toBeGreaterThan(30);
    expect(new Set(cases.map(({ fit }) => fit.family)).size).toBe(7);
  });

  it.each(cases)('agree with R: $id', ({ fit, rows }) => {
    expectFit(fit, rows, (evidence, kernel) => new ScalarObjective(evidence, kernel));
  });
});
