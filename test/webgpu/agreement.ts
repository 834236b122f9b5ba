/** Fits of a device, or of any backend, against float64 on one thread: what is asked of their agreement. */
import { expect } from 'vitest';
import { fitRange } from '../../src/backend/threads/run.ts';
import type { EngineOptions, EnginePath, Fits } from '../../src/lmm/engine.ts';
import { loadEngines } from '../../src/lmm/open-engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { planBatch } from '../../src/plan/plan.ts';
import { STATUSES } from '../../src/types/fit-table.ts';
import { compareFits } from '../lmm/comparison.ts';
import { TOLERANCE } from '../tolerance.ts';

const { criterion, coefficient, standardError } = TOLERANCE.device;
/**
 * Largest differences of theta and of df, a ratio of derivatives at the optimum. With one variance both follow the optimum.
 * A relative factor is judged through the criterion, which at a zero variance is flat to second order: roots of it.
 */
const SPECTRAL = { theta: 1e-6, df: 1e-5 };
const FACTORS = { theta: 1e-4, df: TOLERANCE.device.df };

export const REML: EngineOptions = { method: 'REML', ddf: 'satterthwaite', contrasts: new Float64Array(0) };
export const ML: EngineOptions = { ...REML, method: 'ML' };

export function pathOf({ design, responses }: MomentBatch): EnginePath {
  return planBatch(design, responses.count, 1, 'webgpu').path;
}

export async function onCpu(batch: MomentBatch, options: EngineOptions): Promise<Fits> {
  const engines = await loadEngines([{ design: batch.design, options }]);
  return fitRange(engines.open(batch.design, pathOf(batch), options), batch, options, 0, batch.responses.count);
}

/** Differences within bounds; those of the spectral path, unless the fits are of another. */
export function expectSameFits(fits: Fits, expected: Fits, path: EnginePath = 'spectral'): void {
  for (const name of ['status', 'reason', 'singular', 'converged'] as const) {
    expect([...fits[name]], name).toEqual([...expected[name]]);
  }
  const worst = { criterion: 0, estimate: 0, standardError: 0, sigma: 0, theta: 0, df: 0 };
  for (let k = 0; k < expected.count; k++) {
    if (STATUSES[expected.status[k]] !== 'ok') continue;
    const difference = compareFits(expected, k, fits, k);
    for (const key of ['criterion', 'estimate', 'standardError', 'sigma', 'theta', 'df'] as const) {
      if (key === 'df' && Number.isNaN(expected.df[k * expected.columns])) continue;
      if (!(difference[key] <= worst[key])) worst[key] = difference[key];
    }
  }
  const bounds = path === 'spectral' ? SPECTRAL : FACTORS;
  expect(worst.criterion).toBeLessThan(criterion);
  expect(worst.estimate).toBeLessThan(coefficient);
  expect(Math.max(worst.standardError, worst.sigma)).toBeLessThan(standardError);
  expect(worst.theta).toBeLessThan(bounds.theta);
  expect(worst.df).toBeLessThan(bounds.df);
}

/** All columns that hold results, bit by bit. */
export function bits(fits: Fits): number[] {
  const { estimate, standardError, df, theta, sigma, criterion, gradient, evaluations, status, finish } = fits;
  const columns = [estimate, standardError, df, theta, sigma, criterion, gradient, evaluations, status, finish];
  return columns.flatMap((column) => [...column]);
}
