import { describe, expect, it } from 'vitest';
import { effectOdds, statisticOfTail } from '../../src/infer/moderation/effect-odds.ts';
import { jointF } from '../../src/infer/moderation/moderated-f.ts';
import { squeezeVariances } from '../../src/infer/moderation/squeeze-variance.ts';
import { upperTailF } from '../../src/numeric/distributions/f-distribution.ts';
import { twoSidedLog10P, twoSidedP } from '../../src/numeric/distributions/student-t.ts';
import { TOLERANCE } from '../tolerance.ts';
import { LIMMA, worstRelative } from './limma-values.ts';

const { ebayes } = LIMMA;
const genes = ebayes.sigma.length;
const column = (rows: readonly number[][], k: number) => Float64Array.from(rows, (row) => row[k]);

describe('empirical Bayes as eBayes and topTable of limma', () => {
  it.each([
    ['plain', {}],
    ['robust', { robust: true }],
    ['trend', { covariate: Float64Array.from(ebayes.mean) }],
  ] as const)('%s', (name, options) => {
    const expected = ebayes[name];
    const bound = name === 'robust' ? TOLERANCE.limmaRobust : TOLERANCE.limma;
    const residualDf = Float64Array.from(ebayes.df);
    const prior = squeezeVariances(
      Float64Array.from(ebayes.sigma, (sigma) => sigma * sigma),
      residualDf,
      options,
    );
    const pooled = residualDf.reduce((sum, value) => sum + value, 0);
    const df = residualDf.map((value, g) => Math.min(value + prior.df[g], pooled));
    expect(worstRelative(df, expected.df_total)).toBeLessThan(bound);
    const t = [0, 1, 2].map((k) =>
      Float64Array.from(
        { length: genes },
        (_, g) => ebayes.coefficients[g][k] / (ebayes.stdev_unscaled[g][k] * Math.sqrt(prior.posterior[g])),
      ),
    );
    for (const k of [0, 1, 2]) {
      expect(worstRelative(t[k], column(expected.t, k))).toBeLessThan(bound);
      const p = t[k].map((value, g) => twoSidedP(value, df[g]));
      // p moves with the logarithm of the statistic times the degrees of freedom.
      expect(worstRelative(p, column(expected.p, k))).toBeLessThan(100 * bound);
      const odds = effectOdds({
        statistic: t[k],
        unscaled: column(ebayes.stdev_unscaled, k),
        df,
        priorDf: prior.df,
        priorVariance: prior.variance,
      });
      const lods = column(expected.lods, k);
      odds.forEach((value, g) => {
        expect(Math.abs(value - lods[g])).toBeLessThan(10 * bound * (1 + Math.abs(lods[g])));
      });
    }
    const covariance = Float64Array.of(ebayes.cov[1][1], ebayes.cov[1][2], ebayes.cov[2][1], ebayes.cov[2][2]);
    for (let g = 0; g < genes; g++) {
      const { F, rank } = jointF(Float64Array.of(t[1][g], t[2][g]), covariance);
      expect(rank).toBe(2);
      expect(Math.abs(F / expected.F[g] - 1)).toBeLessThan(10 * bound);
      expect(Math.abs(upperTailF(F, rank, df[g]).p / expected.F_p[g] - 1)).toBeLessThan(100 * bound);
    }
  });

  it('counts the rank of estimates that depend on each other', () => {
    const covariance = Float64Array.of(1, 0, 1, 0, 1, 1, 1, 1, 2);
    const t = Float64Array.of(1.5, -0.4, (1.5 - 0.4) / Math.SQRT2);
    const all = jointF(t, covariance);
    expect(all.rank).toBe(2);
    expect(all.F).toBeCloseTo((1.5 ** 2 + 0.4 ** 2) / 2, 12);
  });
});

describe('the statistic of a tail', () => {
  it('inverts the logarithm of p, far out too', () => {
    for (const df of [2.5, 40, 1e5]) {
      for (const t of [1e-3, 0.7, 4, 300, 1e20]) {
        expect(statisticOfTail(twoSidedLog10P(t, df), df) / t).toBeCloseTo(1, 9);
      }
    }
    expect(statisticOfTail(0, 5)).toBe(0);
  });
});
