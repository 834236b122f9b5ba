import { readFileSync } from 'node:fs';
import tCdf from '@stdlib/stats-base-dists-t-cdf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scaledErfc } from '../../src/numeric/distributions/error-function.ts';
import { fillTwoSided, twoSidedLog10P, twoSidedP, twoSidedT } from '../../src/numeric/distributions/student-t.ts';

/** exp(-u) for u up to 668 magnifies a rounding error of u by u: 668 x 1.1e-16, and a few roundings of the rest. */
const relativeP = 2e-13;
/** log10 p has no such magnification; near p = 1 the absolute error of p counts. */
const relativeLogP = 2e-14;
const absoluteLogP = 2e-15;
/** R's pt() by its own algorithms: agreement seen is 3e-14 in p, 7e-15 in log p. */
const relativeToR = 2e-13;
/** @stdlib's incomplete beta function loses a few digits more than ours. */
const relativeToStdlib = 1e-11;

/** Written by student-t-values.py: t, df, p, log10 p. */
const values = JSON.parse(
  readFileSync(new URL('./student-t-values.json', import.meta.url), 'utf8'),
) as readonly (readonly [t: number, df: number | null, p: number, log10P: number])[]; // our own file

/** R 4.2.2: t, df, 2 * pt(-t, df), log(2) + pt(-t, df, log.p = TRUE). */
const fromR = [
  [0.3, 3.7, 0.78026748713146232, -0.2481184858664901],
  [2.2, 3.7, 0.098150394390522172, -2.3212543400250278],
  [7, 3.7, 0.0029162867760806231, -5.8374441239646861],
  [35, 3.7, 8.4129699252787804e-6, -11.685736004193528],
  [0.3, 12, 0.76931047408825226, -0.2622606535205626],
  [7, 12, 1.4343521967634518e-5, -11.152212148511078],
  [35, 12, 1.8879682147053172e-13, -29.29810497677251],
  [2.2, 41.25, 0.03346448551468649, -3.3972705363804758],
  [35, 41.25, 2.6736566120896709e-32, -72.699275922694667],
  [7, 1000, 4.6875025667714179e-12, -26.086121177054267],
  [35, 1000, 7.3462836037485266e-176, -403.26078181374538],
  [2.2, 1e6, 0.027807122916023823, -3.5824630711034269],
  [35, 1e6, 3.274983632675634e-268, -615.90649205098578],
  [400, 1e6, 0, Math.LN2 - 74216.838758714279],
] as const;

const relative = (got: number, expected: number) => Math.abs(got / expected - 1);

describe('two-sided p', () => {
  it(`agrees with ${values.length} values of 60 digits`, () => {
    expect(values.length).toBeGreaterThan(250);
    for (const [t, degrees, p, log10P] of values) {
      const df = degrees ?? Infinity;
      const label = `t ${t}, df ${df}`;
      if (p > 1e-290) expect(relative(twoSidedP(t, df), p), label).toBeLessThan(relativeP);
      const error = Math.abs(twoSidedLog10P(-t, df) - log10P);
      expect(error, label).toBeLessThanOrEqual(Math.max(absoluteLogP, relativeLogP * Math.abs(log10P)));
    }
  });

  it('agrees with R', () => {
    for (const [t, df, p, logP] of fromR) {
      if (p > 0) expect(relative(twoSidedP(-t, df), p), `t ${t}, df ${df}`).toBeLessThan(relativeToR);
      expect(relative(twoSidedLog10P(t, df) * Math.LN10, logP), `t ${t}, df ${df}`).toBeLessThan(relativeToR);
    }
  });

  it('agrees with @stdlib wherever that is in range', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 30, noNaN: true }),
        fc.double({ min: -0.5, max: 5, noNaN: true }),
        (t, logDf) => {
          const df = 10 ** logDf;
          const expected = 2 * tCdf(-t, df);
          if (expected > 1e-250) expect(relative(twoSidedP(t, df), expected)).toBeLessThan(relativeToStdlib);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is the normal tail for df NaN and Infinity, and close to it for huge df', () => {
    expect(twoSidedP(1.959963984540054, Number.NaN)).toBeCloseTo(0.05, 15);
    expect(twoSidedP(2.5, Infinity)).toBe(twoSidedP(2.5, Number.NaN));
    for (const df of [1e19, 1e22, 1e24]) {
      for (const t of [0.2, 3, 30]) expect(relative(twoSidedP(t, df), twoSidedP(t, Infinity))).toBeLessThan(relativeP);
    }
  });

  it('falls with |t| and with df, and is even', () => {
    const size = fc.double({ min: 1e-3, max: 1e6, noNaN: true });
    const shape = fc.double({ min: 0.1, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(size, shape, (t, df) => {
        expect(twoSidedLog10P(-t, df)).toBe(twoSidedLog10P(t, df));
        expect(twoSidedLog10P(t * 1.01, df)).toBeLessThan(twoSidedLog10P(t, df));
        expect(twoSidedLog10P(t, df * 1.1)).toBeLessThanOrEqual(twoSidedLog10P(t, df) + absoluteLogP);
      }),
    );
  });

  it('has its limits', () => {
    expect(twoSidedT(0, 5)).toEqual({ p: 1, log10P: 0 });
    expect(twoSidedT(Infinity, 5)).toEqual({ p: 0, log10P: -Infinity });
    expect(twoSidedT(Number.NaN, 5)).toEqual({ p: Number.NaN, log10P: Number.NaN });
    expect(twoSidedT(2, 0)).toEqual({ p: Number.NaN, log10P: Number.NaN });
    expect(twoSidedP(1e-300, 5)).toBeCloseTo(1, 15);
    expect(twoSidedP(-400, 1e6)).toBe(0);
    expect(twoSidedLog10P(1e300, 3)).toBeCloseTo(-900 + twoSidedLog10P(1e20, 3) + 60, 9);
  });

  it('fills whole arrays with the same numbers', () => {
    const statistic = Float64Array.of(0, -2, 400, Number.NaN, Infinity, 1, 3);
    const df = Float64Array.of(3, 12.5, 1e6, 4, 4, -1, Number.NaN);
    const p = new Float64Array(7);
    const log10P = new Float64Array(7);
    fillTwoSided(statistic, df, p, log10P);
    statistic.forEach((t, i) => {
      expect({ p: p[i], log10P: log10P[i] }).toEqual(twoSidedT(t, df[i]));
    });
  });
});

describe('scaledErfc', () => {
  it('has the values of mpmath on each of its three intervals', () => {
    const expected = [
      [0, 1],
      [0.3, 0.7345993345676551],
      [0.46875, 0.6320696892495561],
      [0.5, 0.6156903441929259],
      [2, 0.2553956763105057],
      [4, 0.1369994576250614],
      [4.5, 0.1224848042738414],
      [30, 0.01879588886141675],
      [1e9, 5.641895835477563e-10],
    ];
    for (const [x, value] of expected) expect(relative(scaledErfc(x), value), `x ${x}`).toBeLessThan(1e-15);
  });
});
