import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { blobBytes, collectBytes, gunzip } from '../../../src/data/table/gunzip.ts';
import { isFitError } from '../../../src/errors.ts';

const encoder = new TextEncoder();
const parts = [
  'a,b\n1,2\n',
  '',
  'x'.repeat(3000),
  Array.from({ length: 5000 }, (_, i) => `${(i * 7919) % 1013}`).join(','),
];
const text = parts.join('');
const members = parts.map((part) => gzipSync(part));
const file = new Uint8Array(Buffer.concat(members));

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) cut.push(bytes.slice(at, at + size));
  return cut;
}

async function inflate(bytes: Uint8Array, size: number): Promise<string> {
  return new TextDecoder().decode(await collectBytes(gunzip(pieces(bytes, size), 'f.gz')));
}

describe('gunzip', () => {
  it.each([1, 2, 3, 7, 10, 18, 20, 64, 1000, 1 << 20])('reads several members in pieces of %i bytes', async (size) => {
    expect(await inflate(file, size)).toBe(text);
    expect(await inflate(new Uint8Array(members[2]), size)).toBe(parts[2]);
  });

  it('reads a file whose pieces end where the members end', async () => {
    const out = await collectBytes(gunzip(members.map((member) => new Uint8Array(member))));
    expect(new TextDecoder().decode(out)).toBe(text);
  });

  it('refuses every truncation, unless it falls between members', async () => {
    const whole = new Uint8Array(Buffer.concat([members[0], members[2], members[3]]));
    const ends = new Set([members[0].length, members[0].length + members[2].length]);
    for (let end = 1; end < whole.length; end++) {
      if (ends.has(end)) continue;
      const error = await inflate(whole.slice(0, end), 100).then(
        () => null,
        (e: unknown) => e,
      );
      expect(isFitError(error, 'DataError') && error.fields.unreadable, `cut at ${end}`).toBe(true);
    }
  });

  it('refuses a changed byte', async () => {
    const changed = members[3].slice();
    changed[changed.length >> 1] ^= 1;
    await expect(inflate(new Uint8Array(changed), 1000)).rejects.toThrow('corrupt');
  });

  it('reads blobs, compressed or not', async () => {
    expect(new TextDecoder().decode(await collectBytes(blobBytes(new Blob([file]))))).toBe(text);
    expect(await collectBytes(blobBytes(new Blob([encoder.encode('plain')])))).toEqual(encoder.encode('plain'));
  });
});
