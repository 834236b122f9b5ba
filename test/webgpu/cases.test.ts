// @vitest-environment node
/** Every case of `bench/device-cases.mjs` on every backend: the same fits as float64 on one thread, and who made them. */
import { describe, expect, it } from 'vitest';
import { CASES, type DeviceCase } from '../../bench/device-cases.mjs';
import type { EngineOptions, Fits } from '../../src/lmm/engine.ts';
import type { MomentBatch } from '../../src/moments/moments.ts';
import { FINISHES, STATUSES } from '../../src/types/fit-table.ts';
import { describeUnless } from '../requirements.ts';
import { TOLERANCE } from '../tolerance.ts';
import { bits, expectSameFits, ML, onCpu, pathOf, REML } from './agreement.ts';
import { backendsOf } from './backends.ts';
import { batchesOf } from './case-batches.ts';
import { findDevice } from './open-device.ts';

const HOST = FINISHES.indexOf('host');
/** Designs of few responses each are searched together, not one after another. */
const TOGETHER = [1, 9] as const;

/** The exact fits of a case, which all backends are held to. */
interface Expected {
  readonly batches: readonly MomentBatch[];
  readonly fits: readonly Fits[];
}
const known = new Map<string, Expected>();

async function expectedOf(given: DeviceCase, options: EngineOptions): Promise<Expected> {
  const key = `${given.name} ${options.method}`;
  let found = known.get(key);
  if (!found) {
    const batches = batchesOf(given);
    found = { batches, fits: await Promise.all(batches.map((batch) => onCpu(batch, options))) };
    known.set(key, found);
  }
  return found;
}

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

for (const { name, lacking, searches, fitAll } of backendsOf(await findDevice())) {
  describeUnless(lacking, `on ${name}`, () => {
    describe.each(CASES)('$engine: $name', (given) => {
      const { methods, missing, weights, engine, left } = given;
      const designs = missing !== undefined || weights === 'response';
      const share = given.refits ?? TOLERANCE.device.refits;
      const dispatches = given.dispatches ?? (designs ? TOGETHER : undefined);

      it.each(methods ? [REML] : [REML, ML])('$method', async (options) => {
        const { batches, fits: expected } = await expectedOf(given, options);
        for (const batch of batches) expect(pathOf(batch)).toBe(engine);
        expect(expected.every(({ status }) => status.every((code) => STATUSES[code] === 'ok'))).toBe(true);
        if (designs) expect(batches.length).toBeGreaterThan(60);

        const outcome = await fitAll(batches, options);
        for (const [b, fits] of outcome.fits.entries()) {
          expect(fits.count).toBe(batches[b].responses.count);
          expectSameFits(fits, expected[b], engine);
          // What one thread does is the same in chunks.
          if (!searches || left !== undefined) expect(bits(fits)).toEqual(bits(expected[b]));
        }
        const searched = sum(outcome.fits.flatMap(({ search }) => [...search]));
        expect(searched).toBe(searches && left === undefined ? given.responses : 0);
        if (searches && left !== undefined) {
          expect(outcome.fallback).toMatch(new RegExp(left));
          return;
        }
        expect(outcome.fallback).toBeNull();
        if (!searches) return;
        expect(outcome.refits).toBeLessThanOrEqual(Math.max(given.responses < 10 ? 0 : 1, share * given.responses));
        const finished = outcome.fits.flatMap(({ finish }) => [...finish]);
        expect(finished.filter((code) => code !== HOST).length).toBe(outcome.refits);
        if (dispatches) {
          expect(outcome.dispatches).toBeGreaterThanOrEqual(dispatches[0]);
          expect(outcome.dispatches).toBeLessThanOrEqual(dispatches[1]);
        }
      });
    });
  });
}
