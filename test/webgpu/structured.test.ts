// @vitest-environment node
/** Structured residuals by patterns of visits: the same fits as float64 on one thread, and who made them. */
import { expect, it } from 'vitest';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { FINISHES, STATUSES } from '../../src/types/fit-table.ts';
import { describeUnless } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { bits, expectSameFits, ML, onCpu, REML } from './agreement.ts';
import { fitBatch, fitBatches } from './one-batch.ts';
import { findDevice } from './open-device.ts';
import { type StructuredShape, scaleBlocks, structuredBatches } from './structured-batches.ts';

const { lacking, on, device } = await findDevice();

const finishes = (codes: Uint8Array): Set<string> => new Set([...codes].map((code) => FINISHES[code]));
const statuses = ({ status }: Fits): Set<string> => new Set([...status].map((code) => STATUSES[code]));

function batchOf(shape: StructuredShape): MomentBatch {
  const [batch, ...more] = structuredBatches(shape);
  expect(more).toEqual([]);
  return batch;
}

/** As small as a kernel can be, so that few are compiled for all that is asked of it. */
const plain = (responses: number): MomentBatch => batchOf({ structure: 'ar1', formula: '~ x', visits: 3, responses });

/** Coefficients in one, two and three blocks of four; complete and incomplete patterns; few parameters and many. */
const CASES: readonly (StructuredShape & { readonly method: EngineOptions['method'] })[] = [
  { structure: 'us', formula: '~ x + visit', responses: 130, method: 'REML' },
  { structure: 'us', formula: '~ x', byArm: true, visits: 3, responses: 65, method: 'ML' },
  {
    structure: 'us',
    formula: '~ arm * visit + x',
    visits: 6,
    subjects: 120,
    dropOut: 0.02,
    responses: 20,
    method: 'REML',
  },
  { structure: 'cs', formula: '~ x + arm * visit', responses: 65, method: 'REML' },
  { structure: 'csh', formula: '~ x', byArm: true, responses: 63, method: 'ML' },
  { structure: 'ar1h', formula: '~ x + visit', responses: 64, method: 'REML' },
  { structure: 'ar1', formula: '~ x + visit', dispersion: true, responses: 65, method: 'ML' },
  { structure: 'adh', formula: '~ x + visit', responses: 65, method: 'REML' },
  { structure: 'diag', formula: '~ x + visit', responses: 65, method: 'REML' },
  { structure: null, formula: '~ 1', dispersion: true, responses: 65, method: 'REML' },
];

describeUnless(lacking, `structured residuals on ${on}`, () => {
  it.each(CASES)(
    '$structure, $formula, by arm: $byArm, dispersion: $dispersion, $method',
    async ({ method, ...shape }) => {
      const options = method === 'REML' ? REML : ML;
      const batch = batchOf(shape);
      const expected = await onCpu(batch, options);
      expect(statuses(expected)).toEqual(new Set(['ok']));
      const { fits, refits, fallback } = await fitBatch(device(), batch, options);
      expect(fallback).toBeNull();
      expectSameFits(fits, expected, 'structured');
      expect([...fits.search]).toEqual(Array(shape.responses).fill(1));
      expect(refits).toBeLessThanOrEqual(Math.max(1, TOLERANCE.device.refits * shape.responses));
    },
  );

  it.each([0, 1, 63, 64, 65])('fits a batch of %d', async (responses) => {
    const batch = plain(Math.max(1, responses));
    const some = { ...batch, responses: { ...batch.responses, count: responses } };
    const { fits, fallback } = await fitBatch(device(), some, REML);
    expect(fallback).toBeNull();
    expect(fits.count).toBe(responses);
    expectSameFits(fits, await onCpu(some, REML), 'structured');
  });

  it('depends on no chunks', async () => {
    const batch = plain(200);
    batch.responses.constant[70] = 1;
    const { fits } = await fitBatch(device(), batch, REML);
    for (const run of [{ maximumChunk: 64 }, { memory: 2 ** 16 }]) {
      expect(bits((await fitBatch(device(), batch, REML, run)).fits)).toEqual(bits(fits));
    }
  });

  it('fits responses of any scale, and says which cannot be fitted', async () => {
    const batch = plain(130);
    const { rss, qty, constant } = batch.responses;
    const { p } = batch.design;
    for (let k = 0; k < 130; k++) {
      const scale = 10 ** (2 * (k - 65));
      rss[k] *= scale * scale;
      for (let i = 0; i < p; i++) qty[k * p + i] *= scale;
      scaleBlocks(batch, k, scale);
    }
    constant[3] = 1;
    rss[5] = 0;
    rss[64] = Number.NaN;
    const expected = await onCpu(batch, REML);
    expect(statuses(expected)).toEqual(new Set(['ok', 'constant', 'perfect_fit', 'failed']));
    const { fits, fallback } = await fitBatch(device(), batch, REML);
    expect(fallback).toBeNull();
    expectSameFits(fits, expected, 'structured');
  });

  it('are finished on the host, or taken as they are for a preview', async () => {
    const batch = plain(65);
    const expected = await onCpu(batch, REML);
    const pairs = await fitBatch(device(), batch, REML, { finish: 'df64-opaque' });
    expect(finishes(pairs.fits.finish)).toEqual(new Set(['host']));
    const { fits } = await fitBatch(device(), batch, REML, { preview: true });
    expect(finishes(fits.finish)).toEqual(new Set(['f32']));
    for (let k = 0; k < 65; k++) {
      expect(Math.abs(fits.criterion[k] - expected.criterion[k])).toBeLessThan(TOLERANCE.preview.criterion);
      const error = expected.standardError[k * expected.columns];
      const apart = Math.abs(fits.estimate[k * fits.columns] - expected.estimate[k * expected.columns]);
      expect(apart / error).toBeLessThan(TOLERANCE.preview.coefficient);
    }
  });

  const left: readonly (StructuredShape & { readonly reason: RegExp })[] = [
    {
      structure: 'toep',
      formula: '~ x',
      responses: 3,
      reason: /no search of toep on the device: 3 of 3 fits on the CPU/,
    },
    {
      structure: 'cs',
      formula: '~ x + (1 | site)',
      responses: 3,
      reason: /random effects beside structured residuals/,
    },
    { structure: 'ar1', formula: '~ x', visits: 7, responses: 3, reason: /7 visits .* more than the 6/ },
    {
      structure: 'us',
      formula: '~ x',
      visits: 6,
      byArm: true,
      responses: 3,
      reason: /42 covariance parameters .* the 32/,
    },
    {
      structure: 'ar1',
      formula: '~ x',
      missing: 0.05,
      responses: 20,
      reason: /designs of a response’s own: 20 of 20 fits/,
    },
  ];
  it.each(left)('are left to the CPU: $structure, $formula, $visits, $missing', async ({ reason, ...shape }) => {
    const batches = structuredBatches(shape);
    const { fits, fallback } = await fitBatches(device(), batches, REML);
    expect(fallback).toMatch(reason);
    for (const [b, batch] of batches.entries()) {
      expect(bits(fits[b])).toEqual(bits(await onCpu(batch, REML)));
    }
  });
});
