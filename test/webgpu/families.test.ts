// @vitest-environment node
/** Generalised models: the same fits as float64 on one thread, and who made them. */
import { expect, it } from 'vitest';
import type { DeviceRunOptions } from '../../src/backend/webgpu/run.ts';
import { isFitError } from '../../src/errors.ts';
import { fitMoments } from '../../src/fit/fit-moments.ts';
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

/** As small as a kernel can be, so that few are compiled for all that is asked of it. */
const plain = (responses: number): MomentBatch =>
  batchOf({ family: 'poisson', formula: '~ state + (1 | group)', each: 10, level: [0, 3], responses });

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
  { family: 'binomial', formula: '~ state + age + (1 | group)', each: 10, responses: 65, level: [-1, 1] },
  { family: 'binomial', formula: '~ state * dose', responses: 65, level: [-2, 2], mapping: 'workgroup' },
  { family: 'nbinom2', formula: `~ state + arm + ${COUNTS} + (1 | group)`, responses: 65 },
  { family: 'nbinom2', formula: '~ state + (0 + dose | group)', responses: 65, level: [0, 4], mapping: 'workgroup' },
  { family: 'nbinom2', formula: `~ state + ${COUNTS}`, responses: 33, level: [2, 5] },
];

describeUnless(lacking, `generalised models on ${on}`, () => {
  it.each(CASES)('$family, $formula, by $mapping', async ({ mapping = 'thread', ...shape }) => {
    const batch = batchOf(shape);
    const expected = await onCpu(batch, Z_TESTS);
    const { fits, refits, fallback } = await fitBatch(device(), batch, Z_TESTS, { mapping });
    expect(fallback).toBeNull();
    expectSameFits(fits, expected, batch.design);
    expect([...fits.search]).toEqual(Array(shape.responses).fill(1));
    expect(refits).toBeLessThanOrEqual(Math.max(1, TOLERANCE.device.refits * shape.responses));
  });

  it.each([0, 1, 63, 64, 65])('fits a batch of %d', async (responses) => {
    const batch = plain(Math.max(1, responses));
    const some = { ...batch, responses: { ...batch.responses, count: responses } };
    const { fits, fallback } = await fitBatch(device(), some, Z_TESTS);
    expect(fallback).toBeNull();
    expect(fits.count).toBe(responses);
    expectSameFits(fits, await onCpu(some, Z_TESTS), batch.design);
  });

  it('depends on no chunks', async () => {
    const batch = plain(200);
    batch.responses.constant[70] = 1;
    const { fits } = await fitBatch(device(), batch, Z_TESTS);
    for (const run of [{ maximumChunk: 64 }, { memory: 2 ** 17 }]) {
      expect(bits((await fitBatch(device(), batch, Z_TESTS, run)).fits)).toEqual(bits(fits));
    }
  });

  it('leaves to the host what has several minima or none, and takes huge counts', async () => {
    const shapes = [
      { formula: `~ state + ${COUNTS} + (1 | group)`, each: 4, level: [-5, -1] },
      { formula: `~ state + arm + (1 | group)`, level: [8, 12] },
    ] as const;
    for (const shape of shapes) {
      const batch = batchOf({ ...shape, family: 'poisson', responses: 65 });
      const expected = await onCpu(batch, Z_TESTS);
      const { fits } = await fitBatch(device(), batch, Z_TESTS);
      expectSameFits(fits, expected, batch.design);
      expect(new Set(fits.search).has(1)).toBe(true);
    }
  });

  it('are finished on the host, or taken as they are for a preview', async () => {
    const batch = plain(65);
    const expected = await onCpu(batch, Z_TESTS);
    const pairs = await fitBatch(device(), batch, Z_TESTS, { finish: 'df64-opaque' });
    expect(finishes(pairs.fits.finish)).toEqual(new Set(['host']));
    const { fits } = await fitBatch(device(), batch, Z_TESTS, { preview: true });
    expect(finishes(fits.finish)).toEqual(new Set(['f32']));
    for (let k = 0; k < 65; k++) {
      expect(Math.abs(fits.criterion[k] - expected.criterion[k])).toBeLessThan(TOLERANCE.preview.criterion);
      const error = expected.standardError[k * expected.columns];
      const apart = Math.abs(fits.estimate[k * fits.columns] - expected.estimate[k * expected.columns]);
      expect(apart / error).toBeLessThan(TOLERANCE.preview.coefficient);
    }
  });

  const left: readonly (FamilyShape & { readonly reason: RegExp })[] = [
    { family: 'nbinom1', formula: '~ state', responses: 3, reason: /no search of nbinom1 \(log\) on the device/ },
    {
      family: 'binomial',
      link: 'probit',
      formula: '~ state + (1 | group)',
      responses: 3,
      reason: /no search of binomial \(probit\) on the device: 3 of 3 fits on the CPU/,
    },
    { family: 'poisson', formula: '~ state + (state | group)', responses: 3, reason: /more than one random effect/ },
    { family: 'nbinom2', formula: '~ state', each: 10, responses: 3, reason: /no more than 300 rows/ },
    {
      family: 'poisson',
      formula: '~ state + (1 | group)',
      missing: 0.05,
      responses: 20,
      reason: /generalised models under designs of a response’s own: 20 of 20 fits/,
    },
  ];
  it.each(left)('are left to the CPU: $family, $link, $formula, $missing', async ({ reason, ...shape }) => {
    const batches = familyBatches(shape);
    const { fits, fallback } = await fitBatches(device(), batches, Z_TESTS);
    expect(fallback).toMatch(reason);
    for (const [b, batch] of batches.entries()) {
      expect(bits(fits[b])).toEqual(bits(await onCpu(batch, Z_TESTS)));
    }
  });
});

/** What a user is told before any device is looked for. */
it.each([
  [{ family: 'nbinom1', formula: '~ state' }, {}, /no search of nbinom1/],
  [{ family: 'poisson', formula: '~ state + (state | group)' }, {}, /more than one random effect a level/],
  [{ family: 'poisson', formula: '~ state + (1 | group)' }, { nagq: 7 }, /quadrature/],
  [{ family: 'poisson', formula: '~ state + (1 | group)' }, { reml: true }, /restricted likelihoods/],
] as const)('refuses a device for %s with %s', async (shape, options, reason) => {
  const batches = familyBatches({ ...shape, each: 6, responses: 2 });
  const [{ design }] = batches;
  const { coefficients } = design;
  const moments = { formula: shape.formula, names: ['g0', 'g1'], coefficients, notes: [], batches };
  const error = await fitMoments(moments, { ...options, backend: 'webgpu' }).catch((cause: unknown) => cause);
  expect(isFitError(error, 'OptionError')).toBe(true);
  expect(String(error)).toMatch(reason);
  const { table } = await fitMoments(moments, { ...options, threads: 1 });
  expect(table.models).toBe(2);
});
