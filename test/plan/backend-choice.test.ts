import { describe, expect, it } from 'vitest';
import { estimatedSeconds, fasterBackend, worthMeasuring } from '../../src/plan/backend-choice.ts';
import type { FitPlan } from '../../src/plan/plan.ts';

function planOf(models: number, fitCost: number, threads: number): FitPlan {
  return {
    batches: [{ path: 'block', reason: '', models, fitCost, setUpCost: 0, drawCost: 0.5 * fitCost }],
    threads,
    background: false,
    chunk: 256,
    arithmetic: 'float64',
    backend: 'cpu',
  };
}

describe('the choice of a backend', () => {
  it('leaves small work to the CPU without a look at a device', () => {
    expect(worthMeasuring(planOf(20_000, 3_000, 1))).toBe(false);
    expect(worthMeasuring(planOf(20_000, 3_000, 1), 1000)).toBe(true);
    expect(worthMeasuring(planOf(1e6, 1e5, 64))).toBe(false);
    expect(estimatedSeconds(planOf(1e6, 1e5, 50))).toBeCloseTo(2, 9);
    expect(estimatedSeconds(planOf(99, 1e6, 1), 1000)).toBeCloseTo(0.099 + 100 * 0.5, 9); // and one without effects
  });

  it('takes the faster by measured cost, with all threads counted, and says why', () => {
    const even = fasterBackend({ cpu: 1e-4, device: 4e-5 }, 2);
    expect(even).toEqual({
      backend: 'webgpu',
      reason: 'measured 25,000 models a second on the device, 20,000 on 2 threads',
    });
    expect(fasterBackend({ cpu: 1e-4, device: 4e-5 }, 4).backend).toBe('cpu');
  });
});
