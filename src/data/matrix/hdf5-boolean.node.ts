import { open } from 'node:fs/promises';
import type { FileOptions, Group } from 'h5wasm/node';
import { writeFully } from '../replace-file.node.ts';

/**
 * Booleans as h5py and anndata store them: an HDF5 enumeration of FALSE = 0 and TRUE = 1 over int8. h5wasm reads that type
 * but cannot create it. So values are written under a compound type of one int8 member, which has the same elements of one
 * byte, and its description in the file, 60 bytes that occur nowhere else, is afterwards overwritten with that of the
 * enumeration, 38 bytes. Both are version-1 encodings, and only object headers of version 1 carry no checksum: files have to
 * be created with {@link PLAIN_HEADERS}.
 */
const MEMBER = 'boolean';

/** Bounds of the format version that make the library write object headers of version 1. */
export const PLAIN_HEADERS: FileOptions = { libver: ['earliest', 'v200'] };

/** Description of int8: class 0 version 1, signed, size 1, offset 0, precision 8. */
const INT8 = [0x10, 0x08, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0];
/** Class 6 version 1, one member, size 1; then its name, offset, no dimensions and type. */
const COMPOUND = Buffer.from([
  0x16,
  1,
  0,
  0,
  1,
  0,
  0,
  0,
  ...ascii(MEMBER, 8),
  ...new Array<number>(32).fill(0),
  ...INT8,
]);
/** Class 8 version 1, two members, size 1; then the base type, the names and the values. */
const ENUMERATION = Buffer.from([0x18, 2, 0, 0, 1, 0, 0, 0, ...INT8, ...ascii('FALSE', 8), ...ascii('TRUE', 8), 0, 1]);

/** Read and searched at a time. */
const WINDOW_BYTES = 1 << 24;

/** Writes the attribute as a placeholder. */
export function createBooleanAttribute(group: Group, name: string, value: boolean): void {
  group.create_attribute(name, new Map([[MEMBER, Int8Array.of(value ? 1 : 0)]]), [], [[MEMBER, '<b']]);
}

/** Writes a dataset of 0 and 1 as a placeholder. */
export function createBooleanDataset(
  group: Group,
  name: string,
  values: Int8Array,
  shape: number[] = [values.length],
): ReturnType<Group['create_dataset']> {
  const data = new Map([[MEMBER, values]]);
  return group.create_dataset({ name, data, shape, dtype: [[MEMBER, '<b']] });
}

/** Turns every placeholder in a closed file, from a byte on, into a boolean; returns how many there were. */
export async function finishBooleans(path: string, first = 0): Promise<number> {
  const replacement = Buffer.alloc(COMPOUND.length);
  ENUMERATION.copy(replacement);
  const file = await open(path, 'r+');
  try {
    const bytes = Buffer.alloc(WINDOW_BYTES);
    let found = 0;
    for (let from = first; ; ) {
      const { bytesRead } = await file.read(bytes, 0, WINDOW_BYTES, from);
      const window = bytes.subarray(0, bytesRead);
      for (let at = window.indexOf(COMPOUND); at >= 0; at = window.indexOf(COMPOUND, at + COMPOUND.length)) {
        await writeFully(file, replacement, from + at);
        found++;
      }
      if (bytesRead < WINDOW_BYTES) return found;
      // The windows overlap, so that none of the descriptions is cut in two.
      from += bytesRead - COMPOUND.length;
    }
  } finally {
    await file.close();
  }
}

function ascii(text: string, width: number): number[] {
  return Array.from({ length: width }, (_, i) => (i < text.length ? text.charCodeAt(i) : 0));
}
