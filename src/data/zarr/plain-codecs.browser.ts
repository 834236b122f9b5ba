/**
 * Decompressors for Zarr in browsers that make no code at run time: those that zarrita brings do, which the content security
 * policy of a page that is served well forbids.
 */
import { unzlibSync } from 'fflate';
import { registry } from 'zarrita';
import { type Unpackers, unpackBlosc } from './blosc.ts';

async function unpackers(): Promise<Unpackers> {
  const { decompressLz4Raw, decompressZstd } = await import('hyparquet-compressors');
  return {
    lz4: decompressLz4Raw,
    zlib: (packed) => unzlibSync(packed),
    // The frame says how long it is; the readers of Zarr want a buffer of its own.
    zstd: (packed) => decompressZstd(packed).slice(),
  };
}

/** As numcodecs writes it: the length, then the block. */
function unpackLz4(packed: Uint8Array, { lz4 }: Unpackers): Uint8Array {
  const length = new DataView(packed.buffer, packed.byteOffset, packed.byteLength).getUint32(0, true);
  return lz4(packed.subarray(4), length);
}

function codec(unpack: (packed: Uint8Array, by: Unpackers) => Uint8Array) {
  const entry = {
    kind: 'bytes_to_bytes' as const,
    fromConfig: () => ({
      kind: entry.kind,
      encode: (): never => {
        throw new Error('stores are only read here');
      },
      decode: async (packed: Uint8Array) => unpack(packed, await unpackers()),
    }),
  };
  return async () => entry;
}

/** Puts them in the place of zarrita's. */
export function usePlainCodecs(): void {
  const own = {
    blosc: codec(unpackBlosc),
    lz4: codec(unpackLz4),
    zstd: codec((packed, { zstd }) => zstd(packed, 0)),
  };
  for (const [name, make] of Object.entries(own)) {
    registry.set(name, make);
    registry.set(`numcodecs.${name}`, make);
  }
}
