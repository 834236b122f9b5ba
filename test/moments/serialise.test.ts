import { describe, expect, it } from 'vitest';
import { FitError } from '../../src/errors.ts';
import { fitMoments } from '../../src/fit/fit-moments.ts';
import { buildDesign } from '../../src/formula/design.ts';
import { deserialiseMoments } from '../../src/moments/deserialise.ts';
import { serialiseMoments } from '../../src/moments/serialise.ts';
import { denseMoments } from '../../src/moments/table-moments.ts';
import { dense, frame, unbalancedLayout } from '../lmm/frames.ts';

function bytesOf(pieces: Iterable<Uint8Array>): Uint8Array {
  const parts = [...pieces];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function example() {
  const { random, g, x, arm, n } = unbalancedLayout(5, 10, 6);
  const h = arm.map((a, i) => `${a}-ü-${i % 3}`); // names beyond ASCII
  const design = buildDesign('~ x * arm + (x | g) + (1 | h)', frame({ g, x, arm, h }));
  const y = random.normals(n);
  const missing = y.map((v, i) => (i === 4 ? Number.NaN : v));
  return denseMoments(design, dense({ 'gene "α"': y, other: random.normals(n), missing }));
}

describe('moments as bytes', () => {
  it('come back the same, wherever the bytes begin', async () => {
    const moments = example();
    const bytes = bytesOf(serialiseMoments(moments, { normalisation: 'none' }));
    for (const offset of [0, 1, 4, 7]) {
      const shifted = new Uint8Array(bytes.length + offset + 3);
      shifted.set(bytes, offset);
      const back = deserialiseMoments(shifted.subarray(offset, offset + bytes.length));
      expect(back.extra).toEqual({ normalisation: 'none' });
      const plain = {
        ...moments,
        batches: moments.batches.map(({ design, responses, index }) => ({ design, responses, index })),
      };
      expect(back.moments).toEqual(plain);
      const a = await fitMoments(moments, { threads: 1 });
      const b = await fitMoments(back.moments, { threads: 1 });
      expect(b.table).toEqual(a.table);
      expect(b.randomEffects(0)).toEqual(a.randomEffects(0));
    }
  });

  it('are refused when cut short at any place, or damaged in the header', () => {
    const bytes = bytesOf(serialiseMoments(example()));
    const refused = (b: Uint8Array) => {
      try {
        deserialiseMoments(b, 'x.moments');
      } catch (error) {
        if (error instanceof FitError && error.tag === 'DataError' && error.fields.unreadable === true) return true;
        throw error;
      }
      return false;
    };
    for (let length = 0; length < bytes.length; length += length < 200 ? 1 : 97) {
      expect(refused(bytes.subarray(0, length)), `${length} of ${bytes.length} bytes`).toBe(true);
    }
    for (const at of [0, 22, 30]) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 0x5a;
      expect(refused(damaged), `byte ${at}`).toBe(true);
    }
  });

  it('with any one byte of the header changed are refused or read, never worse', async () => {
    const bytes = bytesOf(serialiseMoments(example()));
    const header = new DataView(bytes.buffer).getUint32(21, true);
    for (let at = 0; at < 25 + header; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 1 << (at % 7);
      let read: ReturnType<typeof deserialiseMoments> | null = null;
      try {
        read = deserialiseMoments(damaged);
      } catch (error) {
        if (!(error instanceof FitError)) throw new Error(`byte ${at}: ${String(error)}`, { cause: error });
      }
      expect(read === null || Array.isArray(read.moments.batches)).toBe(true);
    }
  });
});
