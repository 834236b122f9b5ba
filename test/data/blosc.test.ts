/** What no container of blosc holds is refused with words, whatever its bytes are; the stores of test/data/zarr.test.ts are read by it. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unpackBlosc } from '../../src/data/zarr/blosc.ts';
import { isFitError } from '../../src/errors.ts';

const zeros = (_packed: Uint8Array, length: number): Uint8Array => new Uint8Array(length);
const UNPACKERS = { lz4: zeros, zlib: zeros, zstd: zeros };

/** A container of one block of one stream of `packed` bytes. */
function container(length: number, packed: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(24 + packed);
  bytes.set([2, 1, flags, 4]);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, length, true);
  view.setUint32(8, length, true);
  view.setInt32(16, 20, true);
  view.setInt32(20, packed, true);
  return bytes;
}

it('unpacks what is whole, and refuses what is cut or altered with words', () => {
  const outcomes = { unpacked: 0, refused: 0 };
  const changes = fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 2 });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.nat(20),
      fc.constantFrom(16, 17, 20, 1, 2).map((flags) => flags | (1 << 5)),
      fc.option(fc.nat(44)),
      changes,
      (length, packed, flags, cut, altered) => {
        const bytes = container(length, packed, flags).subarray(0, cut ?? undefined);
        // The upper half of a length stays as it is, or the container would be of gigabytes.
        for (const [at, value] of altered) if (![5, 6, 7].includes(at) && at < bytes.length) bytes[at] = value;
        try {
          unpackBlosc(bytes, UNPACKERS);
          outcomes.unpacked++;
        } catch (error) {
          if (!isFitError(error, 'DataError')) throw error;
          outcomes.refused++;
        }
      },
    ),
    { numRuns: 20_000, seed: 7 },
  );
  expect(outcomes.refused).toBeGreaterThan(1000);
  expect(outcomes.unpacked).toBeGreaterThan(1000);
});
