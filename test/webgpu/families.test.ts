// @vitest-environment node
/** Generalised models: the same fits as float64 on one thread, and who made them. */
import { expect, it } from 'vitest';
import type { DeviceRunOptions } from '../../src/backend/webgpu/run.ts';
import { fitRowLayout } from '../../src/glmm/fit-row.ts';
import type { Fits } from '../../src/lmm/engine.ts';
import type { DesignMoments, MomentBatch } from '../../src/moments/moments.ts';
import { FINISHES, STATUSES } from '../../src/types/fit-table.ts';
import { relative } from '../lmm/comparison.ts';
import { describeUnless } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { bits, ML, onCpu } from './agreement.ts';
import { type FamilyShape, familyBatches } from './family-batches.ts';
import { fitBatch, fitBatches } from './one-batch.ts';
import { findDevice } from './open-device.ts';

const { lacking, on, device } = await findDevice();

const finishes = (codes: Uint8Array): Set<string> => new Set([...codes].map((code) => FINISHES[code]));
const Z_TESTS = { ...ML, ddf: 'asymptotic' } as const;

function batchOf(shape: FamilyShape): MomentBatch {
  const [batch, ...more] = familyBatches(shape);
  expect(more).toEqual([]);
  return batch;
}

/** Differences within the bounds that the backends share, other minima among them. */
function expectSameFits(fits: Fits, expected: Fits, design: DesignMoments): void {
  for (const name of ['status', 'reason', 'singular', 'converged'] as const) {
    expect([...fits[name]], name).toEqual([...expected[name]]);
  }
  const { p, m, d, otherMinimum } = fitRowLayout(design);
  const { criterion, coefficient, standardError } = TOLERANCE.device;
  for (let k = 0; k < expected.count; k++) {
    if (STATUSES[expected.status[k]] !== 'ok') continue;
    const size = 1 + Math.abs(expected.criterion[k]);
    expect(Math.abs(fits.criterion[k] - expected.criterion[k]) / size, `criterion ${k}`).toBeLessThan(criterion);
    for (let c = k * expected.columns; c < (k + 1) * expected.columns; c++) {
      const apart = Math.abs(fits.estimate[c] - expected.estimate[c]) / expected.standardError[c];
      expect(apart, `estimate ${k}`).toBeLessThan(coefficient);
      expect(relative(fits.standardError[c], expected.standardError[c]), `error ${k}`).toBeLessThan(standardError);
    }
    for (let e = p; e < p + m + d; e++) {
      const [found, value] = [fits.theta[k * fits.thetas + e], expected.theta[k * expected.thetas + e]];
      expect(Math.abs(found - value) / (1 + Math.abs(value)), `parameter ${e} of ${k}`).toBeLessThan(1e-5);
    }
    const at = k * expected.thetas + otherMinimum;
    expect(Number.isNaN(fits.theta[at]), `another minimum of ${k}`).toBe(Number.isNaN(expected.theta[at]));
  }
}

const COUNTS = 'offset(log(total))';
const CASES: readonly (FamilyShape & { readonly mapping?: DeviceRunOptions['mapping'] })[] = [
  { family: 'poisson', formula: `~ state + arm + ${COUNTS} + (1 | group)`, responses: 130 },
  { family: 'poisson', formula: `~ state + age + ${COUNTS} + (1 | group)`, each: 10, responses: 65 },
  { family: 'poisson', formula: `~ state * arm + dose + ${COUNTS} + (0 + dose | group)`, responses: 63 },
  { family: 'poisson', formula: `~ state + arm + ${COUNTS}`, responses: 65 },
  { family: 'poisson', formula: '~ 0 + state + (1 | group)', responses: 64, level: [2, 6], mapping: 'workgroup' },
  { family: 'binomial', formula: '~ state + arm + (1 | group)', responses: 130, level: [-3, 3] },
  { family: 'binomial', formula: '~ state + age + (1 | group)', each: 10, responses: 65, level: [-2, 2] },
  { family: 'binomial', formula: '~ state * dose', responses: 65, level: [-2, 2], mapping: 'workgroup' },
  { family: 'nbinom2', formula: `~ state + arm + ${COUNTS} + (1 | group)`, responses: 65 },
  { family: 'nbinom2', formula: '~ state + (0 + dose | group)', responses: 65, level: [0, 4], mapping: 'workgroup' },
  { family: 'nbinom2', formula: `~ state + ${COUNTS}`, responses: 33, level: [2, 5] },
];

describeUnless(lacking, `generalised models on ${on}`, () => {
  it.each(CASES)('$family, $formula, by $mapping', async ({ mapping = 'thread', ...shape }) => {
    const batch = batchOf(shape);
    const expected = onCpu(batch, Z_TESTS);
    const { fits, refits, fallback } = await fitBatch(device(), batch, Z_TESTS, { mapping });
    expect(fallback).toBeNull();
    expectSameFits(fits, expected, batch.design);
    const searched = fits.search.reduce((sum, code) => sum + code, 0);
    console.log(shape.family, shape.formula, mapping, 'searched', searched, 'of', shape.responses, 'refits', refits, [...fits.evaluations].reduce((a, b) => a + b) / shape.responses, [...expected.evaluations].reduce((a, b) => a + b) / shape.responses);
    expect(searched).toBeGreaterThan(0.7 * shape.responses);
  });
});
