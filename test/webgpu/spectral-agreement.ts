/** The device against the CPU engine: what is asked of their agreement, and how the tests get a device. */
import { expect } from 'vitest';
import { fitRange } from '../../src/backend/threads/run.ts';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import { spectralEngine } from '../../src/lmm/spectral.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import { compareFits } from '../lmm/comparison.ts';

/** What the design asks of WebGPU against the CPU: relative, and in standard errors. */
const CRITERION = 1e-8;
const COEFFICIENT = 1e-6;
/** Standard errors, sigma and theta follow the same optimum; df is a ratio of its derivatives. */
const RELATIVE = 1e-6;
const DF = 1e-5;
/** Share of the fits of a batch that the CPU may have to search again. */
export const REFITS = 0.01;

export const REML: EngineOptions = { method: 'REML', ddf: 'satterthwaite', contrasts: new Float64Array(0) };
export const ML: EngineOptions = { ...REML, method: 'ML' };

export function onCpu(batch: MomentBatch, options: EngineOptions): Fits {
  return fitRange(spectralEngine(batch.design, options), batch, options, 0, batch.responses.count);
}

export function expectSameFits(fits: Fits, expected: Fits): void {
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
  expect(Math.max(worst.standardError, worst.sigma, worst.theta)).toBeLessThan(RELATIVE);
  expect(worst.df).toBeLessThan(DF);
  expect([...fits.singular]).toEqual([...expected.singular]);
  expect([...fits.converged]).toEqual([...expected.converged]);
}
