/**
 * A mend for the LZF decompressor that is published for the HDF5 library in WebAssembly (`h5wasm-plugins` 0.2.1).
 *
 * A packed chunk of numbers says how long it is unpacked; one of text, as anndata writes names and categories, does not, and
 * then the C code takes a buffer as long as the packed chunk, finds it too short and gives up instead of trying a longer one.
 * The one instruction that takes that length is exchanged for a constant as long as it, which is the largest chunk that h5py
 * makes of its own accord; where the code is another, nothing is changed.
 */

/** `local.get 4; i32.load; local.set 1` and `i32.const 1048576; local.set 1`, in WebAssembly's bytes. */
const PACKED_LENGTH = Uint8Array.of(0x20, 0x04, 0x28, 0x02, 0x00, 0x21, 0x01);
const LARGEST_CHUNK = Uint8Array.of(0x41, 0x80, 0x80, 0xc0, 0x00, 0x21, 0x01);

/** The file's name among the plugins, less what all of them share. */
export const LZF = 'lzf';

/** The plugin's bytes with the longer buffer; the same bytes when the instruction is not found exactly once. */
export function withWholeBuffer(plugin: Uint8Array): Uint8Array {
  const at = find(plugin, 0);
  if (at < 0 || find(plugin, at + 1) >= 0) return plugin;
  const mended = Uint8Array.from(plugin);
  mended.set(LARGEST_CHUNK, at);
  return mended;
}

function find(bytes: Uint8Array, from: number): number {
  for (let at = from; at + PACKED_LENGTH.length <= bytes.length; at++) {
    if (PACKED_LENGTH.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}
