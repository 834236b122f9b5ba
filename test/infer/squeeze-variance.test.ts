import { describe, expect, it } from 'vitest';
import { squeezeVariances } from '../../src/infer/moderation/squeeze-variance.ts';
import { TOLERANCE } from '../tolerance.ts';
import { LIMMA, worstRelative } from './limma-values.ts';

describe('squeezed variances', () => {
  it.each(Object.entries(LIMMA.squeeze))('as squeezeVar of limma: %s', (_, values) => {
    const { covariate, robust } = values;
    const squeezed = squeezeVariances(Float64Array.from(values.var), Float64Array.from(values.df), {
      robust,
      covariate: covariate ? Float64Array.from(covariate) : undefined,
    });
    const bound = robust ? TOLERANCE.limmaRobust : TOLERANCE.limma;
    const priorDf = values.df_prior.map((df) => (df === 'Inf' ? Infinity : df));
    expect(worstRelative(squeezed.df, priorDf)).toBeLessThan(bound);
    expect(worstRelative(squeezed.variance, values.var_prior)).toBeLessThan(bound);
    expect(worstRelative(squeezed.posterior, values.var_post)).toBeLessThan(bound);
  });

  it('leaves one variance as it is', () => {
    const squeezed = squeezeVariances(Float64Array.of(2), Float64Array.of(5), { robust: true });
    expect([...squeezed.posterior]).toEqual([2]);
    expect([...squeezed.df]).toEqual([0]);
  });

  it('refuses lengths that differ, and no degrees of freedom at all', () => {
    expect(() => squeezeVariances(Float64Array.of(1, 2), Float64Array.of(1))).toThrow(/2 variances with 1/);
    expect(() => squeezeVariances(Float64Array.of(1, 2), Float64Array.of(0, 0))).toThrow(/no residual degrees/);
  });
});
