/** The checksums of Parquet files, which the reader does not look at: of gzip, and of the pages' headers. */
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { FitError } from '../../errors.ts';
import { crc32 } from '../../numeric/crc32.ts';

/**
 * Compares what was unpacked with the length and the check at the end of the packed bytes, which the unpacker of Parquet pages
 * does not look at.
 *
 * @throws FitError DataError, `unreadable`, where they disagree
 */
export function checkGzip(packed: Uint8Array, unpacked: Uint8Array): Uint8Array {
  const end = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const right =
    packed.byteLength >= 18 &&
    end.getUint32(packed.byteLength - 4, true) === unpacked.length >>> 0 &&
    end.getUint32(packed.byteLength - 8, true) === crc32(unpacked);
  if (right) return unpacked;
  throw mismatch();
}

/**
 * Compares the pages of some columns with the checks in their headers: of the bytes behind a header, packed as they are.
 * A chunk whose first page has none is left alone: writers give one to every page or to none.
 *
 * @throws FitError DataError, `unreadable`, where they disagree
 */
export async function checkPages(
  file: AsyncBuffer,
  { row_groups }: FileMetaData,
  isChosen: (column: string) => boolean,
): Promise<void> {
  for (const { columns } of row_groups) {
    for (const { meta_data: chunk } of columns) {
      if (!chunk || !isChosen(chunk.path_in_schema[0])) continue;
      const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
      const bytes = new Uint8Array(await file.slice(start, start + Number(chunk.total_compressed_size)));
      const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
      while (reader.offset < bytes.length) {
        const { crc, compressed_page_size: size } = parquetHeader(reader);
        if (crc === undefined) break;
        const page = bytes.subarray(reader.offset, reader.offset + size);
        if (!(size >= 0) || crc32(page) !== crc >>> 0) throw mismatch();
        reader.offset += size;
      }
    }
  }
}

function mismatch(): FitError {
  return new FitError('DataError', 'a page does not match its checksum', { unreadable: true });
}
