/** The data that the page works on: its files, opened once, and the columns of its model frame. */

import { FitError, type InputFiles, isFitError, type MatrixSource, openFiles, type Table } from 'webgpu-lmm';
import { type NamedFile, withStores } from '../protocol/named-files.ts';
import type { Roles } from '../protocol/protocol.ts';
import { plugins } from './filter-plugins.ts';

const TABLE = /\.(csv|tsv|txt|tab)(\.gz)?$|\.(parquet|pq)$/i;
const MATRIX_FILE = /\.(h5ad|h5mu|h5|hdf5|zarr|zip)$/i;
/** What may hold several modalities. */
const MUDATA = /\.(h5mu|zarr|zip)$/i;
const TENX_MATRIX = /matrix\.mtx(\.gz)?$/;
/** The other files of a 10x folder, which are no tables to choose from. */
const TENX_PART = /(^|[/_.])(features|genes|barcodes)\.tsv(\.gz)?$/;
const WEIGHTS = /weight/i;

export interface DataSet {
  readonly files: InputFiles;
  readonly roles: Roles;
  readonly tables: readonly string[];
  /** Modalities to choose from; empty where there is one matrix alone. */
  readonly modalities: readonly string[];
  readonly isMatrix: boolean;
  close(): Promise<void>;
}

/** Opens files; what is what is guessed unless `roles` says so. */
export async function openDataSet(named: readonly NamedFile[], roles: Roles | null): Promise<DataSet> {
  const files = cached(
    openFiles(
      named.map(({ name, file }) => [name, file] as const),
      { plugins },
    ),
  );
  const names = withStores(named.map(({ name }) => name));
  const tables = names.filter((name) => TABLE.test(name) && !(TENX_PART.test(name) && names.some(isTenx)));
  const guessed = roles ?? (await guessRoles(names, tables, files));
  const modalities = await modalitiesOf(guessed.data, files);
  const modality = modalities.find((name) => name === guessed.modality) ?? usualModality(modalities);
  const chosen = modality === undefined ? { ...guessed, modality: null } : { ...guessed, modality };
  return {
    files: modality === undefined ? asPair(files, chosen) : ofModality(files, chosen.data, modality),
    roles: chosen,
    tables,
    modalities,
    isMatrix: files.isMatrix(chosen.data),
    close: () => files.closeAll(),
  };
}

/** A matrix that is in memory as a data set of its own. */
export function memoryDataSet(source: MatrixSource): DataSet {
  const refuse = async (): Promise<never> => {
    throw new FitError('DataError', `${source.path} is a matrix`, { path: source.path });
  };
  const files: InputFiles = {
    exists: (path) => path === source.path,
    isMatrix: (path) => path === source.path,
    openMatrix: async () => source,
    readTable: refuse,
    readObsTable: refuse,
    tableColumns: refuse,
    readBulk: refuse,
    readNameList: refuse,
  };
  return {
    files,
    roles: { data: source.path, obs: null, weights: null },
    tables: [],
    modalities: [],
    isMatrix: true,
    close: async () => {},
  };
}

/** The modalities of a file that holds several, as the reader names them when none is asked for. */
async function modalitiesOf(path: string, files: InputFiles): Promise<readonly string[]> {
  if (!MUDATA.test(path)) return [];
  try {
    // Where there is one matrix alone it stays open, for what reads it next.
    await files.openMatrix(path);
    return [];
  } catch (error) {
    if (isFitError(error, 'OptionError') && error.fields.option === 'modality') return error.fields.choices ?? [];
    throw error;
  }
}

/** Genes before anything else that was measured along with them. */
function usualModality(modalities: readonly string[]): string | undefined {
  return modalities.find((name) => /^(rna|gex)$/i.test(name)) ?? modalities[0];
}

/** Files whose matrix of that name is the one of a modality. */
function ofModality<F extends InputFiles>(files: F, data: string, modality: string): F {
  return {
    ...files,
    openMatrix: (path, options = {}) => files.openMatrix(path, path === data ? { modality, ...options } : options),
  };
}

/** Files whose table of responses says, where it is no such table, that two tables are read as a pair. */
function asPair<F extends InputFiles>(files: F, { data, obs }: Roles): F {
  if (obs === null || files.isMatrix(data)) return files;
  return {
    ...files,
    readBulk: async (...asked) => {
      try {
        return await files.readBulk(...asked);
      } catch (error) {
        if (!isFitError(error) || asked[0] !== data) throw error;
        const { remedy } = error.fields;
        throw new FitError(
          error.tag,
          `two tables are read as a pair, ${data} as responses with a column for each sample and ${obs} as the samples: ${error.message}`,
          {
            ...error.fields,
            remedy: `Open one table alone to fit a response that is one of its columns.${remedy === undefined ? '' : ` Of a pair: ${remedy}`}`,
          },
        );
      }
    },
  };
}

function isTenx(name: string): boolean {
  return TENX_MATRIX.test(name);
}

/** A matrix with a table is a matrix with its annotation; of two tables the wide one is data, the other annotates it. */
async function guessRoles(names: readonly string[], tables: readonly string[], files: InputFiles): Promise<Roles> {
  const matrices = names.filter((name) => MATRIX_FILE.test(name) || isTenx(name));
  if (matrices.length > 1) {
    throw new FitError('DataError', `there are ${matrices.length} matrices: ${matrices.join(', ')}`, {
      remedy: 'Open one at a time.',
    });
  }
  if (matrices.length === 1) {
    const obs = tables.find((name) => /obs|meta|annot|cells|coldata/i.test(name)) ?? tables[0] ?? null;
    return { data: matrices[0], obs, weights: null };
  }
  if (tables.length === 0) {
    throw new FitError('DataError', `nothing here can be read: ${names.join(', ') || 'no files'}`, {
      remedy:
        'Open .h5ad, .h5mu, .zarr, CellRanger .h5, the three files of a 10x folder, .csv, .tsv (also .gz) or .parquet.',
    });
  }
  if (tables.length === 1) return { data: tables[0], obs: null, weights: null };
  const widths = new Map<string, number>();
  for (const name of tables) widths.set(name, (await files.tableColumns(name)).length);
  const weights = tables.length > 2 ? (tables.find((name) => WEIGHTS.test(name)) ?? null) : null;
  const rest = tables.filter((name) => name !== weights);
  const data = rest.reduce((widest, name) => ((widths.get(name) ?? 0) > (widths.get(widest) ?? 0) ? name : widest));
  return { data, obs: rest.find((name) => name !== data) ?? null, weights };
}

/** Files whose matrices and tables are opened once and stay open: a run closes what it opened. */
function cached(files: InputFiles): InputFiles & { closeAll(): Promise<void> } {
  const matrices = new Map<string, Promise<MatrixSource>>();
  const tables = new Map<string, Promise<Table>>();
  const remember = <T>(map: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> => {
    let found = map.get(key);
    if (!found) {
      found = make();
      map.set(key, found);
      // What failed is tried again.
      found.catch(() => map.delete(key));
    }
    return found;
  };
  return {
    ...files,
    async openMatrix(path, options = {}) {
      const key = JSON.stringify([path, options]);
      const source = await remember(matrices, key, () => files.openMatrix(path, options));
      // By inheritance: `ordered` is a getter that a pass may change.
      return Object.assign(Object.create(source) as MatrixSource, { close: async () => {} });
    },
    readTable: (path, options = {}) =>
      remember(tables, JSON.stringify(['table', path, options]), () => files.readTable(path, options)),
    readObsTable: (path, columns) =>
      remember(tables, JSON.stringify(['obs', path, columns]), () => files.readObsTable(path, columns)),
    async closeAll() {
      const opened = await Promise.allSettled(matrices.values());
      for (const source of opened) if (source.status === 'fulfilled') await source.value.close();
      matrices.clear();
      tables.clear();
    },
  };
}
