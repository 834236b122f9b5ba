import { describe, expect, it } from 'vitest';
import { calibrate } from '../../src/calibrate/calibration.ts';
import type { Calibration } from '../../src/calibrate/collected-tests.ts';
import { rejectionRate } from '../../src/calibrate/rejection-rates.ts';
import { TOLERANCE } from '../tolerance.ts';
import { distanceFromUniform, donorTable } from './null-designs.ts';

/** 12 donors of unequal size, condition between donors, donors as different as cells. */
const table = donorTable({ donors: 12, cells: [30, 45, 60, 80], ratio: 1, seed: 3 });
const SIMULATIONS = 6000;
const found = calibrate(table, {
  formula: 'y1 ~ group + (1 | donor)',
  terms: ['group'],
  simulations: SIMULATIONS,
  seed: 11,
  backend: 'cpu',
  threads: 1,
});

function pValues({ pValues: curves }: Calibration, test: string): Float64Array {
  return curves.find((curve) => curve.test === test)?.pValues ?? new Float64Array(0);
}

describe('p-values under the null, 12 donors, condition between donors', () => {
  for (const test of ['satterthwaite', 'kenward-roger']) {
    it(`of ${test} are uniform within Monte-Carlo error`, async () => {
      const p = pValues(await found, test);
      expect(p).toHaveLength(SIMULATIONS);
      expect(p.some(Number.isNaN)).toBe(false);
      for (const level of [0.05, 0.01]) {
        const error = Math.sqrt((level * (1 - level)) / SIMULATIONS);
        const { rate } = rejectionRate(p, level);
        expect(Math.abs(rate - level), `${rate} at ${level}`).toBeLessThan(TOLERANCE.nullRate * error);
      }
      expect(distanceFromUniform(p)).toBeLessThan(TOLERANCE.nullDistance / Math.sqrt(SIMULATIONS));
    });
  }

  it('of z are too small, and those of cells taken as independent grossly so', async () => {
    const z = rejectionRate(pValues(await found, 'z'), 0.05);
    expect(z.low).toBeGreaterThan(0.06);
    const naive = rejectionRate(pValues(await found, 'naive'), 0.05);
    expect(naive.rate).toBeGreaterThan(0.3);
    expect(rejectionRate(pValues(await found, 'naive'), 0.001).rate).toBeGreaterThan(0.3);
  });
});
