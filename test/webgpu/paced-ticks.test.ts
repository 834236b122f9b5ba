// @vitest-environment node
/** Who waits for a device in Node does not keep the thread busy, and nobody else notices how. */
import { afterEach, expect, it } from 'vitest';
import { BUFFER_USAGE } from '../../src/backend/webgpu/buffers.ts';
import { paceTicks } from '../../src/backend/webgpu/paced-ticks.node.ts';
import { findDevice } from './open-device.ts';

const { gpu, on, device } = await findDevice();

const own = globalThis.setImmediate;
afterEach(() => {
  globalThis.setImmediate = own;
});

/** Counts the turns that are asked for at once from here on. */
function countImmediates(): { count: number; readonly counting: typeof own } {
  const counted = { count: 0, counting: own };
  counted.counting = Object.assign((...given: Parameters<typeof own>) => {
    counted.count++;
    return own(...given);
  }, own);
  globalThis.setImmediate = counted.counting;
  return counted;
}

it('looks a few times at once, then in turns of a timer, and puts setImmediate back each time', async () => {
  const counted = countImmediates();
  const seen = new Set<unknown>();
  let looks = 0;
  // As Dawn does it: by name, until there is an answer.
  const requestAdapter = (): Promise<null> =>
    new Promise((resolve) => {
      const look = (): void => {
        seen.add(globalThis.setImmediate);
        if (++looks === 20) resolve(null);
        else globalThis.setImmediate(look);
      };
      globalThis.setImmediate(look);
    });
  const asked = paceTicks({ requestAdapter } as unknown as GPU).requestAdapter();
  expect(globalThis.setImmediate).toBe(counted.counting);
  await expect(asked).resolves.toBeNull();
  expect(globalThis.setImmediate).toBe(counted.counting);
  expect(looks).toBe(20);
  expect(counted.count).toBe(4);
  expect(seen.has(counted.counting)).toBe(false);
});

it('puts setImmediate back when a look fails', () => {
  const requestAdapter = (): never => {
    throw new RangeError('no adapter');
  };
  return expect(paceTicks({ requestAdapter } as unknown as GPU).requestAdapter())
    .rejects.toThrow('no adapter')
    .then(() => {
      expect(globalThis.setImmediate).toBe(own);
    });
});

it.skipIf(!gpu)(`asks a device for turns at once a few times a call (${on})`, async () => {
  const buffer = await device().createBuffer('looked at', 2 ** 20, BUFFER_USAGE.copySource | BUFFER_USAGE.copyTarget);
  await device().readBack(buffer, 2 ** 20);
  const counted = countImmediates();
  device().upload(buffer, new Uint32Array(2 ** 18).fill(7));
  const read = new Uint32Array(await device().readBack(buffer, 2 ** 20));
  expect(globalThis.setImmediate).toBe(counted.counting);
  expect(read.every((word) => word === 7)).toBe(true);
  // Two error scopes and a map; a loop that asks in every turn is unlikely to be as short.
  expect(counted.count).toBeGreaterThan(0);
  expect(counted.count).toBeLessThanOrEqual(3 * 4);
  buffer.destroy();
});
