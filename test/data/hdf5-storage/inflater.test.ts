import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookup3 } from '../../../src/data/hdf5-storage/checksum.ts';
import { Inflater } from '../../../src/data/hdf5-storage/inflater.node.ts';
import { FILTER } from '../../../src/data/hdf5-storage/storage.ts';
import { fletcher32, Unpacker } from '../../../src/data/hdf5-storage/unpack.ts';

const bytesOf = (text: string) => new Uint8Array(new TextEncoder().encode(text));

describe('Inflater', () => {
  const inflater = new Inflater();
  const inflate = (packed: Uint8Array<ArrayBuffer>, length: number) =>
    inflater.inflate(packed, length, new Uint8Array(length + Inflater.room));

  it('gives back what was packed, one stream after the other', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { minLength: 1, maxLength: 5 }),
        (contents) => {
          for (const content of contents) {
            expect(inflate(new Uint8Array(deflateSync(content)), content.length)).toEqual(Uint8Array.from(content));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses streams that are cut off or damaged, and goes on', () => {
    const content = Uint8Array.from({ length: 4000 }, (_, i) => (i * i) % 97);
    const packed = new Uint8Array(deflateSync(content));
    for (const cut of [1, 10, packed.length - 1]) expect(() => inflate(packed.slice(0, cut), 4000)).toThrow();
    for (const at of [0, 30, packed.length - 1]) {
      const damaged = packed.slice();
      damaged[at] ^= 4;
      expect(() => inflate(damaged, 4000)).toThrow();
      expect(inflate(packed, 4000)).toEqual(content);
    }
  });
});

describe('Unpacker', () => {
  it('undoes filters in the order from the last, those of the mask apart', () => {
    const inflater = new Inflater();
    const unpacker = new Unpacker(
      (packed, length, into) => inflater.inflate(packed, length, into.room(length + Inflater.room)),
      true,
    );
    const numbers = new Uint8Array(Int32Array.from({ length: 50 }, (_, i) => i * i - 300).buffer);
    const shuffled = Uint8Array.from(numbers, (_, at) => numbers[(at % 50) * 4 + Math.floor(at / 50)]);
    const task = { filters: [FILTER.shuffle, FILTER.deflate], mask: 0, length: numbers.length, width: 4 };
    expect(unpacker.unpack(new Uint8Array(deflateSync(shuffled)), task)).toEqual(numbers);
    expect(unpacker.unpack(new Uint8Array(deflateSync(numbers)), { ...task, mask: 1 })).toEqual(numbers);
    expect(unpacker.unpack(shuffled, { ...task, mask: 2 })).toEqual(numbers);
    expect(() => unpacker.unpack(shuffled.slice(4), { ...task, mask: 2 })).toThrow(/196 bytes instead of 200/);
  });
});

describe('checksums', () => {
  it('are those of their inventors', () => {
    // Fletcher's sums over big-endian words, an odd byte the high one; Jenkins' own examples.
    expect(fletcher32(Uint8Array.of(1, 2, 3, 4, 5))).toBe(
      ((((0x0102 * 3 + 0x0304 * 2 + 0x0500) & 0xffff) << 16) | (0x0102 + 0x0304 + 0x0500)) >>> 0,
    );
    expect(lookup3(bytesOf(''))).toBe(0xdeadbeef);
    expect(lookup3(bytesOf('Four score and seven years ago'))).toBe(0x17770551);
  });
});
