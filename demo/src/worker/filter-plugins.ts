/** Decompressors of HDF5 files beside those built in: the page's own files, fetched when a matrix needs one. */

import blosc from 'h5wasm-plugins/plugins/libH5Zblosc.so?url';
import lzf from 'h5wasm-plugins/plugins/libH5Zlzf.so?url';
import zstd from 'h5wasm-plugins/plugins/libH5Zzstd.so?url';

const fetched = (url: string) => async (): Promise<Uint8Array> => {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
};

export const plugins = { blosc: fetched(blosc), lzf: fetched(lzf), zstd: fetched(zstd) };
