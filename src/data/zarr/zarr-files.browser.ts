/** Zarr stores that a browser was handed: the files of a folder, or a zip file. */
import { BlobReader } from '@zarrita/storage/zip';
import type { MatrixSource } from '../../types/responses.ts';
import type { MatrixOptions } from '../input-files.ts';
import { usePlainCodecs } from './plain-codecs.browser.ts';
import { foldersOf, type ZarrFiles, zipFiles } from './zarr-files.ts';
import { zarrSource } from './zarr-source.ts';

/** Opens the matrix of a store of that name among the files; see {@link zarrSource}. */
export async function openZarrBlobs(
  path: string,
  blobs: ReadonlyMap<string, Blob>,
  options: MatrixOptions,
): Promise<MatrixSource> {
  usePlainCodecs();
  const zip = blobs.get(path);
  const files = zip ? await zipFiles(new BlobReader(zip), path, async () => {}) : blobFiles(path, blobs);
  return zarrSource(files, path, options);
}

function blobFiles(path: string, blobs: ReadonlyMap<string, Blob>): ZarrFiles {
  const folder = path.replace(/\/$/, '');
  const bytesOf = async (blob: Blob | undefined) => blob && new Uint8Array(await blob.arrayBuffer());
  const inside = [...blobs.keys()].filter((name) => name.startsWith(`${folder}/`));
  return {
    get: (key) => bytesOf(blobs.get(folder + key)),
    getRange(key, range) {
      const blob = blobs.get(folder + key);
      const part =
        'suffixLength' in range
          ? blob?.slice(-range.suffixLength)
          : blob?.slice(range.offset, range.offset + range.length);
      return bytesOf(part);
    },
    folders: foldersOf(inside.map((name) => name.slice(folder.length + 1))),
    close: async () => {},
  };
}
