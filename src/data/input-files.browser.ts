import { FitError } from '../errors.ts';
import type { Table } from '../types/table.ts';
import { conversionAdvice } from './foreign-formats.ts';
import { type InputFiles, MATRIX_FORMATS, refuseLayer } from './input-files.ts';
import type { FilterPlugins } from './matrix/hdf5.browser.ts';
import { openTenxBlobs } from './matrix/tenx.browser.ts';
import { isTenxMatrix } from './matrix/tenx-folder.ts';
import { bulkFromTable, readBulkText } from './table/bulk.ts';
import { readDelimited, readHeader } from './table/csv.ts';
import { blobBytes, collectBytes } from './table/gunzip.ts';
import { rowIdentifiers } from './table/join.ts';
import type { TextOptions } from './table/number-text.ts';
import { parseNameList } from './table/response-selection.ts';

const HDF5 = /\.(h5ad|h5mu|h5|hdf5)$/i;
const ZARR = /\.(zarr|zip)\/?$/i;
const PARQUET = /\.(parquet|pq)$/i;
const DELIMITED = /\.(csv|tsv|txt|tab)(\.gz)?$/i;

/**
 * Files that a browser was handed (picked, dropped, fetched), by name, as the readers of data want them. Names may hold
 * folders (`filtered/matrix.mtx.gz`); a folder that holds a 10x matrix is a matrix. HDF5 and Parquet readers are loaded
 * when a file needs them. Best used in a worker, where large HDF5 files are read lazily.
 *
 * `plugins` says where the decompressors of HDF5 files lie that the HDF5 library has not built in (`lzf`, `zstd`, `blosc` …: the
 * files `plugins/libH5Z*.so` of the package `h5wasm-plugins`); it is called when a file needs one.
 */
export function openFiles(
  files: Iterable<readonly [name: string, file: Blob]>,
  { plugins }: { readonly plugins?: FilterPlugins } = {},
): InputFiles {
  const blobs = new Map(files);
  const isFolder = (path: string): boolean => {
    const folder = `${path.replace(/\/$/, '')}/`;
    return [...blobs.keys()].some((name) => name.startsWith(folder));
  };
  const blobOf = (path: string): Blob => {
    const blob = blobs.get(path);
    if (blob) return blob;
    throw new FitError('DataError', `no file ${path}`, {
      path,
      unreadable: true,
      remedy: `the files are ${[...blobs.keys()].join(', ')}`,
    });
  };
  const bytes = (path: string) => () => blobBytes(blobOf(path), path);

  async function readTable(
    path: string,
    options: { readonly columns?: readonly string[] } & TextOptions = {},
  ): Promise<Table> {
    if (requireTable(path) === 'delimited') return readDelimited(bytes(path), { ...options, path });
    const { readParquet } = await import('./table/parquet.ts');
    return readParquet(asyncBuffer(blobOf(path)), { ...options, path });
  }

  async function tableColumns(path: string): Promise<string[]> {
    if (requireTable(path) === 'delimited') return readHeader(bytes(path), { path });
    const { parquetColumns } = await import('./table/parquet.ts');
    return parquetColumns(asyncBuffer(blobOf(path)), path);
  }

  return {
    exists: (path) => blobs.has(path) || isFolder(path),
    isMatrix: (path) => HDF5.test(path) || ZARR.test(path) || isTenxMatrix(path) || isFolder(path),
    async openMatrix(path, options = {}) {
      if (!blobs.has(path) && !isFolder(path)) blobOf(path);
      if (ZARR.test(path)) {
        const { openZarrBlobs } = await import('./zarr/zarr-files.browser.ts');
        return openZarrBlobs(path, blobs, options);
      }
      if (isTenxMatrix(path) || isFolder(path)) {
        refuseLayer(path, options);
        return openTenxBlobs(path, blobs, options);
      }
      if (!HDF5.test(path)) {
        throw new FitError('DataError', `${path} is no cell x gene matrix`, {
          path,
          remedy: `a matrix is ${MATRIX_FORMATS}`,
        });
      }
      const [{ openHdf5Blob }, { hdf5Source }] = await Promise.all([
        import('./matrix/hdf5.browser.ts'),
        import('./matrix/hdf5-source.ts'),
      ]);
      const { tree, close } = await openHdf5Blob(blobOf(path), path, plugins);
      return await hdf5Source(tree, options, close);
    },
    readTable,
    async readObsTable(path, columns, text = {}) {
      const wanted = { ...text, ...(columns === undefined ? {} : { columns }) };
      if (requireTable(path) === 'delimited') {
        return readDelimited(bytes(path), { ...wanted, path, rowNames: true });
      }
      const table = await readTable(path, wanted);
      if (table.rowNames !== undefined) return table;
      const names = await tableColumns(path);
      return { ...table, rowNames: rowIdentifiers(await readTable(path, { columns: names.slice(0, 1) })) };
    },
    tableColumns,
    async readBulk(path, options = {}) {
      if (requireTable(path) === 'delimited') return readBulkText(bytes(path), path, options);
      return bulkFromTable(await readTable(path), options);
    },
    async readNameList(path) {
      return parseNameList(new TextDecoder().decode(await collectBytes(blobBytes(blobOf(path), path))));
    },
  };
}

function requireTable(path: string): 'delimited' | 'parquet' {
  if (DELIMITED.test(path)) return 'delimited';
  if (PARQUET.test(path)) return 'parquet';
  throw new FitError('DataError', `${path}: the extension is not that of a table`, {
    path,
    remedy: conversionAdvice(path) ?? 'tables are .csv, .tsv, .txt (also .gz) or .parquet',
  });
}

/** A blob as the Parquet reader wants its files. */
function asyncBuffer(blob: Blob): {
  readonly byteLength: number;
  slice(start: number, end?: number): Promise<ArrayBuffer>;
} {
  return { byteLength: blob.size, slice: (start, end = blob.size) => blob.slice(start, end).arrayBuffer() };
}
