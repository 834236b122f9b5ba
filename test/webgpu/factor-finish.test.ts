// @vitest-environment node
/** Models with vector terms or several factors finished on the device, in every number type that is exact there, against float64. */
import { describe, expect, it } from 'vitest';
import { CASES, type DeviceCase } from '../../bench/device-cases.mjs';
import type { NumberFormat } from '../../src/backend/webgpu/link.ts';
import { probeArithmetic } from '../../src/backend/webgpu/probe.ts';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import { FINISHES, STATUSES } from '../../src/types/fit-table.ts';
import { TOLERANCE } from '../tolerance.ts';
import { bits, expectSameFits, ML, onCpu, REML } from './agreement.ts';
import { batchesOf, plainBatch } from './case-batches.ts';
import { fitBatch } from './one-batch.ts';
import { findDevice } from './open-device.ts';

const { gpu, on, device } = await findDevice();
const report = gpu ? await probeArithmetic(gpu, { all: true }) : null;
const variants = (report?.variants ?? []).filter(({ name }) => name.startsWith('df64'));
const exact: readonly NumberFormat[] = variants.filter(({ passed }) => passed).map(({ name }) => name);
const [first = 'df64-opaque'] = exact;

const counted = (fits: Fits, finish: string): number =>
  fits.finish.reduce((sum, code) => sum + (FINISHES[code] === finish ? 1 : 0), 0);

/** Cases by name, and what is asked of each beside the first number type. */
const FINISHED: Readonly<Record<string, { readonly options: readonly EngineOptions[]; readonly all?: true }>> = {
  '(1 | donor), 1,000 levels, p = 4': { options: [REML] },
  '(time | subject), 40 levels, p = 4': { options: [REML], all: true },
  '(time + x | subject), 40 levels, p = 5': { options: [REML] },
  'a slope, levels alike': { options: [ML] },
  'two uncorrelated terms, weighted': { options: [ML] },
  'mostly singular': { options: [REML] },
  'few rows, all starts count': { options: [ML] },
  'crossed, weighted': { options: [REML], all: true },
  'crossed, levels alike': { options: [ML] },
  nested: { options: [REML] },
  'slopes of both': { options: [ML] },
  'crossed, mostly singular': { options: [REML] },
};

function caseOf(name: string): DeviceCase {
  const found = CASES.find((given) => given.name === name);
  if (!found) throw new Error(`no case “${name}”`);
  return found;
}

describe(`the finish of factors in pairs (${on})`, () => {
  for (const [name, { options, all }] of Object.entries(FINISHED)) {
    for (const each of options) {
      for (const number of all ? exact : [first]) {
        it.skipIf(!gpu)(`is that of float64: ${name}, ${each.method}, ${number}`, async () => {
          const given = caseOf(name);
          const [batch] = batchesOf(given);
          // A difference of the first two coefficients: a column that is none of them.
          const { p } = batch.design;
          const contrasts = Float64Array.from({ length: p }, (_, c) => (c === 0 ? 1 : c === 1 ? -1 : 0));
          const asked = { ...each, contrasts };
          const { fits, fallback } = await fitBatch(device(), batch, asked, { finish: number });
          expect(fallback).toBeNull();
          expectSameFits(fits, await onCpu(batch, asked), given.engine);
          const share = given.refits ?? TOLERANCE.device.refits;
          expect(counted(fits, 'df64')).toBeGreaterThanOrEqual(Math.floor((1 - share) * fits.count));
        });
      }
    }
  }

  it.skipIf(!gpu).each(['a slope', 'crossed, weighted'])('does not depend on the cut into chunks: %s', async (name) => {
    const batch = plainBatch(name, 130);
    const whole = await fitBatch(device(), batch, REML, { finish: first });
    const cut = await fitBatch(device(), batch, REML, { finish: first, maximumChunk: 64 });
    expect(counted(whole.fits, 'df64')).toBeGreaterThan(127);
    expect(bits(cut.fits)).toEqual(bits(whole.fits));
  });

  it.skipIf(!gpu)('leaves to the host what it is not certain of, and what has no fit', async () => {
    const batch = plainBatch('a slope', 65);
    batch.responses.constant[5] = 1;
    const { fits } = await fitBatch(device(), batch, REML, { finish: first });
    const expected = await onCpu(batch, REML);
    expect(STATUSES[fits.status[5]]).toBe('constant');
    expectSameFits(fits, expected, 'block');
    expect(counted(fits, 'df64')).toBe(64);
  });

  it.skipIf(!gpu)('forms no degrees of freedom for z tests, and leaves Kenward-Roger tests to the host', async () => {
    const batch = plainBatch('a slope', 40);
    const asymptotic = { ...REML, ddf: 'asymptotic' } as const;
    const z = await fitBatch(device(), batch, asymptotic, { finish: first });
    expect(counted(z.fits, 'df64')).toBe(40);
    expect(z.fits.df.every(Number.isNaN)).toBe(true);
    const kenwardRoger = { ...REML, ddf: 'kenward-roger' } as const;
    const { fits } = await fitBatch(device(), batch, kenwardRoger, { finish: first });
    expect(counted(fits, 'host')).toBe(40);
    expectSameFits(fits, await onCpu(batch, kenwardRoger), 'block');
  });

  it.skipIf(!gpu)('of a variant that is wrong on this device is not taken, and the host finishes', async () => {
    const wrong = variants.find(({ passed }) => !passed);
    if (!wrong) return; // every variant is right here: nothing to refuse
    const batch = plainBatch('a slope', 100);
    const { fits } = await fitBatch(device(), batch, REML, { finish: wrong.name });
    // Its gradients are noise: hardly a fit settles, and none that float64 would not have.
    expect(counted(fits, 'host')).toBeGreaterThan(90);
    expectSameFits(fits, await onCpu(batch, REML), 'block');
  });
});
