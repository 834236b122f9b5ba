/** Files that are parts of one data set, as one file. */
import type { InputFiles } from '../data/input-files.ts';
import type { BulkTable } from '../data/table/bulk.ts';
import { stackBulk } from '../data/table/stack-bulk.ts';
import {
  requireEverywhere,
  requireNewColumn,
  type StackedTable,
  stackTables,
  withSampleColumn,
} from '../data/table/stack-tables.ts';
import { FitError } from '../errors.ts';
import { stackMatrices, stackName } from '../moments/stacked-matrix.ts';
import { chosen } from '../options/entries.ts';
import type { InputOptions } from './data-options.ts';

/** What of the options is about several files. */
export interface StackingOptions extends Pick<InputOptions, 'matchGenes' | 'sampleColumn' | 'obs'> {
  /** Columns that none of the files may lack where another has them. */
  readonly needed?: ReadonlySet<string> | undefined;
  /** Of files that are part of a data set: the responses of all of it, their names, and whether these precede the barcodes. */
  readonly part?:
    | { readonly names: readonly string[]; readonly samples: readonly string[]; readonly prefixed: boolean }
    | undefined;
}

/** Files as a run reads them, and the name under which it reads the stack. */
export interface StackedFiles {
  readonly path: string;
  readonly files: InputFiles;
  /** Names of the files. */
  readonly samples: readonly string[];
  /** Rows of each file, where a table was read. */
  readonly rows: readonly number[];
  /** What there is to say of tables that were read. */
  readonly notes: readonly string[];
}

/**
 * Files under which a path stands for the rows (cells, samples) of several files, one file after the other.
 *
 * @throws OptionError for matrices beside tables
 */
export function stackFiles(paths: readonly string[], files: InputFiles, options: StackingOptions): StackedFiles {
  const { sampleColumn, obs, needed = new Set<string>(), part } = options;
  const notes: string[] = [];
  const rows: number[] = [];
  const matrices = paths.filter((path) => files.isMatrix(path));
  if (matrices.length > 0 && matrices.length < paths.length) {
    const other = paths.find((path) => !matrices.includes(path));
    throw new FitError('OptionError', `${matrices[0]} is a matrix of cells and genes, ${other} is not`, {
      path: other,
      remedy: 'Give files of one kind.',
    });
  }
  const path = stackName(paths);
  const samples = part?.samples ?? sampleNames(paths);
  const stacked: InputFiles = {
    ...files,
    exists: (one) => one === path || files.exists(one),
    isMatrix: (one) => (one === path ? matrices.length > 0 : files.isMatrix(one)),
    openMatrix(one, how) {
      if (one !== path) return files.openMatrix(one, how);
      return stackMatrices(
        paths.map((member) => () => files.openMatrix(member, how)),
        {
          ...{ path, samples, genes: chosen('matchGenes', options.matchGenes) },
          ...(part ? { names: part.names, prefixed: part.prefixed } : {}),
          // Annotation of its own has the columns of all.
          ...(obs === undefined ? { sampleColumn, columns: needed } : {}),
        },
      );
    },
    async tableColumns(one) {
      if (one !== path) return files.tableColumns(one);
      const found = await Promise.all(
        paths.map(async (member) => ({ path: member, columns: await files.tableColumns(member) })),
      );
      requireEverywhere(needed, found);
      for (const each of found) requireNewColumn(sampleColumn, each.columns, each.path);
      const shared = found[0].columns.filter((name) => found.every(({ columns }) => columns.includes(name)));
      return sampleColumn === undefined ? shared : [...shared, sampleColumn];
    },
    async readTable(one, how) {
      if (one !== path) return files.readTable(one, how);
      const { columns, ...text } = how ?? {};
      const own = columns?.filter((name) => name !== sampleColumn);
      const parts: StackedTable[] = [];
      for (const [k, member] of paths.entries()) {
        const table = await files.readTable(member, { ...text, ...(own === undefined ? {} : { columns: own }) });
        rows[k] = table.rows;
        parts.push({
          table: sampleColumn === undefined ? table : withSampleColumn(table, sampleColumn, samples[k]),
          path: member,
        });
      }
      const { table, notes: found } = stackTables(parts, path);
      notes.push(...found);
      return table;
    },
    async readBulk(one, how) {
      if (one !== path) return files.readBulk(one, how);
      const tables: BulkTable[] = [];
      for (const member of paths) tables.push(await files.readBulk(member, how));
      return stackBulk(tables, path, chosen('matchGenes', options.matchGenes));
    },
  };
  return { path, files: stacked, samples, rows, notes };
}

/**
 * Names of files: their own without extension, of files with the same name that of the innermost folder in which they differ, as
 * `SAMPLE/outs/filtered_feature_bc_matrix.h5`.
 *
 * @throws OptionError for a file that is given twice
 */
export function sampleNames(paths: readonly string[]): string[] {
  const parts = paths.map((path) => path.replaceAll('\\', '/').replace(/\/+$/, '').split('/'));
  const seen = new Set<string>();
  for (const [k, own] of parts.entries()) {
    const whole = own.filter((part) => part !== '.').join('/');
    if (!seen.has(whole)) {
      seen.add(whole);
      continue;
    }
    throw new FitError('OptionError', `${paths[k]} is given twice`, { path: paths[k], remedy: 'Give each file once.' });
  }
  const depth = Math.max(...parts.map((own) => own.length));
  for (let from = 1; from <= depth; from++) {
    const names = parts.map((own) => (own.at(-from) ?? own[0]).replace(EXTENSION, ''));
    if (new Set(names).size === names.length) return names;
  }
  return parts.map((own) => own.join('/').replace(EXTENSION, ''));
}

const EXTENSION = /(\.(h5ad|h5mu|h5|hdf5|zarr|zarr\.zip|zip|csv|tsv|txt|tab|parquet|pq|mtx))?(\.gz)?$/i;
