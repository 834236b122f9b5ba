/** The device search of vector terms against the CPU engine; the bounds are those of the spectral path. */
import { expect } from 'vitest';
import { fitRange } from '../../src/backend/threads/run.ts';
import { covarianceEngine } from '../../src/lmm/covariance-engine.ts';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import { compareFits } from '../lmm/comparison.ts';

const CRITERION = 1e-8;
const COEFFICIENT = 1e-6;
const RELATIVE = 1e-6;
/** A relative factor is judged through the criterion, which at a zero variance is flat to second order: roots of it. */
const THETA = 1e-4;
const DF = 1e-4;

export function blockOnCpu(batch: MomentBatch, options: EngineOptions): Fits {
  return fitRange(covarianceEngine(batch.design, options), batch, options, 0, batch.responses.count);
}

export function expectSameBlockFits(fits: Fits, expected: Fits): void {
  expect([...fits.status]).toEqual([...expected.status]);
  expect([...fits.reason]).toEqual([...expected.reason]);
  const worst = { criterion: 0, estimate: 0, standardError: 0, sigma: 0, theta: 0, df: 0 };
  for (let k = 0; k < expected.count; k++) {
    if (STATUSES[expected.status[k]] !== 'ok') continue;
    const difference = compareFits(expected, k, fits, k);
    for (const key of ['criterion', 'estimate', 'standardError', 'sigma', 'theta', 'df'] as const) {
      if (key === 'df' && Number.isNaN(expected.df[k * expected.columns])) continue;
      if (!(difference[key] <= worst[key])) worst[key] = difference[key];
    }
  }
  expect(worst.criterion).toBeLessThan(CRITERION);
  expect(worst.estimate).toBeLessThan(COEFFICIENT);
  expect(Math.max(worst.standardError, worst.sigma)).toBeLessThan(RELATIVE);
  expect(worst.theta).toBeLessThan(THETA);
  expect(worst.df).toBeLessThan(DF);
  expect([...fits.singular]).toEqual([...expected.singular]);
  expect([...fits.converged]).toEqual([...expected.converged]);
}
