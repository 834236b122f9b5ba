import { describe, expect, it } from 'vitest';
import { afterTrial, costText, momentWork } from '../../src/plan/dense-moments.ts';

describe('the side that forms moments', () => {
  it('is the device where it is faster', () => {
    expect(afterTrial({ device: 1e-6, host: 2e-6 }, 10, false)).toBe('device');
    expect(afterTrial({ device: 2e-6, host: 2e-6 }, 10, true)).toBe('host');
  });

  it('is open after a short trial that the device lost, while a larger one is possible', () => {
    expect(afterTrial({ device: 2e-6, host: 1e-6 }, 100, false)).toBe('grow');
    expect(afterTrial({ device: 2e-6, host: 1e-6 }, 100, true)).toBe('host');
    expect(afterTrial({ device: 2e-3, host: 1e-3 }, 100, false)).toBe('host');
  });

  it('is explained in responses a second', () => {
    const cost = { device: 1 / 123_456, host: 1 / 2_000 };
    expect(costText(cost)).toBe('measured 120,000 responses a second on the device, 2,000 on the host');
  });

  it('counts two projections, a square and the entries of Z', () => {
    expect(momentWork(100, 5, 200)).toBe(100 * 23 + 200);
  });
});
