import { describe, expect, it } from 'vitest';
import { compare } from '../../src/compare/comparisons.ts';
import { upperTailF } from '../../src/numeric/distributions/f-distribution.ts';
import { referenceTable } from '../formula/reference-table.ts';

const sleep = referenceTable('sleepstudy.csv');
const bootstrap = { draws: 2000, seed: 7 };

/** A table of one response with some responses without any effect beside it. */
function withNoise(responses: number, seed = 1): typeof sleep {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const columns = new Map(sleep.columns);
  for (let k = 0; k < responses; k++) {
    const values = Float64Array.from(
      { length: sleep.rows },
      () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
    );
    columns.set(`y${k}`, { kind: 'numeric', values });
  }
  return { ...sleep, columns };
}

describe('bootstrap of likelihood ratios', () => {
  it('gives the exact F test of linear models, within its Monte-Carlo error', async () => {
    const table = referenceTable('orthodont.csv');
    const formulas = ['distance ~ Sex', 'distance ~ Sex + I((age - 11)^2)'];
    const { pairs, fits } = await compare(table, { formulas, bootstrap, threads: 1 });
    // exp(chisq / n) = 1 + F / (n - p).
    const [n, p] = [fits[1].nobs[0], fits[1].rank[0]];
    const exact = upperTailF((n - p) * Math.expm1(pairs[0].chisq[0] / n), 1, n - p).p;
    const error = 4 * Math.sqrt((exact * (1 - exact)) / bootstrap.draws);
    expect(Math.abs((pairs[0].bootstrapP?.[0] ?? Number.NaN) - exact)).toBeLessThan(error + 1 / bootstrap.draws);
  });

  it('agrees with the mixture where one variance is at its bound', async () => {
    const table = withNoise(30);
    const names = Array.from({ length: 30 }, (_, k) => `y${k}`).join(', ');
    const formulas = [`cbind(${names}) ~ Days`, `cbind(${names}) ~ Days + (1 | Subject)`];
    const { pairs, method } = await compare(table, { formulas, bootstrap, threads: 1 });
    expect(method).toBe('REML');
    const [{ pValue, bootstrapP, chisq }] = pairs;
    for (let m = 0; m < 30; m++) {
      // With 18 groups the share at zero is a little above one half.
      if (chisq[m] > 1e-6) expect(Math.abs((bootstrapP?.[m] ?? Number.NaN) - pValue[m])).toBeLessThan(0.08);
      else expect(bootstrapP?.[m]).toBe(1);
    }
  });

  it('is small for what is there, the same for the same seed, and needs the larger design only', async () => {
    const formulas = [
      'Reaction ~ Days + (1 | Subject)',
      'Reaction ~ Days + (Days | Subject)',
      'Reaction ~ 1 + (Days | Subject)',
    ];
    const run = () => compare(sleep, { formulas, bootstrap: { draws: 300, seed: 5 }, threads: 1 });
    const [first, second] = [await run(), await run()];
    expect(first.pairs.map(({ small, large }) => [small, large])).toEqual([
      [0, 1],
      [2, 1],
    ]);
    for (const [k, { bootstrapP }] of first.pairs.entries()) {
      expect(bootstrapP?.[0]).toBeLessThan(0.01);
      expect(second.pairs[k].bootstrapP).toEqual(bootstrapP);
    }
  });

  it('is uniform under the smaller model, also where that has random effects', async () => {
    const table = withNoise(40, 9);
    const subject = table.columns.get('Subject');
    if (subject?.kind !== 'factor') throw new Error('Subject is a factor');
    const names = Array.from({ length: 40 }, (_, k) => `y${k}`);
    for (const [k, name] of names.entries()) {
      const column = table.columns.get(name);
      if (column?.kind !== 'numeric') throw new Error('a response of numbers');
      column.values.forEach((value, i) => {
        column.values[i] = value + 2 * Math.sin(17.3 * subject.codes[i] * (k + 1) + k);
      });
    }
    const left = `cbind(${names.join(', ')})`;
    const formulas = [`${left} ~ 1 + (1 | Subject)`, `${left} ~ Days + (1 | Subject)`];
    const { pairs } = await compare(table, { formulas, bootstrap: { draws: 200, seed: 2 }, threads: 1 });
    const p = pairs[0].bootstrapP ?? new Float64Array(0);
    const mean = p.reduce((sum, value) => sum + value, 0) / p.length;
    // Standard error of the mean of 40 uniform numbers: 0.046.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.14);
    // And near the chi-squared tail, which is nearly exact for a covariate within subjects.
    p.forEach((value, m) => {
      expect(Math.abs(value - pairs[0].pValue[m])).toBeLessThan(0.15);
    });
  });

  it('refuses too few draws', async () => {
    const formulas = ['Reaction ~ Days + (1 | Subject)', 'Reaction ~ Days + (Days | Subject)'];
    await expect(compare(sleep, { formulas, bootstrap: { draws: 10 } })).rejects.toMatchObject({ tag: 'OptionError' });
  });
});
