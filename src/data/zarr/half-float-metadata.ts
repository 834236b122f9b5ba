/**
 * Half floats, for which not every engine has an array: their 16 bits are read as whole numbers, by metadata that say so.
 */
import type { AsyncReadable } from '@zarrita/storage';
import { METADATA } from './zarr-files.ts';

/** Bits of the values with which chunks that were never written are filled. */
const BITS = new Map<unknown, number>([
  [null, 0],
  [0, 0],
  ['NaN', 0x7e00],
  ['Infinity', 0x7c00],
  ['-Infinity', 0xfc00],
]);

/** The store whose arrays of half floats are of whole numbers, and whether any was met. */
export function halfFloatsAsBits(store: AsyncReadable): {
  readonly store: AsyncReadable;
  readonly isHalf: () => boolean;
} {
  let half = false;
  return {
    isHalf: () => half,
    store: {
      ...store,
      async get(key, options) {
        const bytes = await store.get(key, options);
        if (bytes === undefined || (key !== `/${METADATA.both}` && key !== `/${METADATA.array}`)) return bytes;
        const metadata: unknown = JSON.parse(new TextDecoder().decode(bytes));
        if (typeof metadata !== 'object' || metadata === null) return bytes;
        const type = 'data_type' in metadata ? metadata.data_type : 'dtype' in metadata ? metadata.dtype : undefined;
        const bits = BITS.get('fill_value' in metadata ? metadata.fill_value : null);
        if (bits === undefined || (type !== 'float16' && type !== '<f2' && type !== '>f2')) return bytes;
        half = true;
        const named = 'data_type' in metadata ? { data_type: 'uint16' } : { dtype: type.replace('f', 'u') };
        return new TextEncoder().encode(JSON.stringify({ ...metadata, ...named, fill_value: bits }));
      },
    },
  };
}
