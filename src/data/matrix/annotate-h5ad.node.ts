/** Adds a frame to the `varm` of an AnnData file, and facts to its `uns`, in a copy of the file (Node only). */
import { constants, copyFile, stat } from 'node:fs/promises';
import type { File, Group } from 'h5wasm/node';
import { FitError } from '../../errors.ts';
import type { Column } from '../../types/table.ts';
import { replaceFiles } from '../replace-file.node.ts';
import { uniqueNames } from '../unique-names.ts';
import { frameNames, openFrame } from './anndata-frame.ts';
import { openHdf5 } from './hdf5.node.ts';
import { createBooleanDataset, finishBooleans, PLAIN_HEADERS } from './hdf5-boolean.node.ts';
import { type WatchedFiles, watchFiles } from './hdf5-files.ts';
import { hdf5StoredTree } from './hdf5-stored-tree.ts';
import { type WrittenFiles, watchWrites } from './hdf5-writes.node.ts';
import { encode, withFile, writeFrame, writeStrings } from './write-h5ad.node.ts';

/** What `uns` holds: texts, numbers, truth values, lists of texts, and groups of them. */
export type Fact = string | number | boolean | readonly string[] | { readonly [name: string]: Fact };

/** What is added, under one name in `varm` and `uns`. */
export interface Annotation {
  readonly key: string;
  /** Columns for the genes of `var`, named as a run names them. */
  readonly columns: (genes: readonly string[]) => ReadonlyMap<string, Column>;
  readonly facts: { readonly [name: string]: Fact };
}

/** An attribute of an object header takes 64 kB, and the name of a column 16 bytes of it. */
const MOST_COLUMNS = 4000;

/**
 * Writes a copy of `source` with the annotation to `path`; the copy is appended to, so that no part of the matrix is read. Where
 * the file has something of that name already, the name gets a number: an HDF5 file cannot drop it.
 *
 * @returns the name that was taken
 * @throws FitError `DataError` for a file that is no AnnData; `OptionError` for too many columns, or a `path` that is no file
 */
export async function writeAnnotated(path: string, source: string, annotation: Annotation): Promise<string> {
  const { tree, close } = await openHdf5(source);
  let names: string[];
  try {
    const stored = hdf5StoredTree(tree);
    names = await frameNames(stored, await openFrame(stored, 'var'));
  } finally {
    close();
  }
  const columns = annotation.columns(uniqueNames(names, 'feature names').names);
  if (columns.size > MOST_COLUMNS) {
    throw new FitError('OptionError', `${columns.size} columns are more than a frame of an .h5ad file holds`, {
      option: 'out',
      path,
      remedy: 'Write tables instead: tidy=FILE.parquet.',
    });
  }
  let key = annotation.key;
  await replaceFiles([
    {
      path,
      plain: true,
      async write(temporary) {
        await copyFile(source, temporary, constants.COPYFILE_FICLONE);
        const { size } = await stat(temporary);
        const { File, ready } = await import('h5wasm/node');
        const library = await ready;
        library.activate_throwing_error_handler();
        const files = library.FS as unknown as WrittenFiles & WatchedFiles;
        const { within } = watchFiles(files);
        let booleans = 0;
        await withFile(
          watchWrites(files),
          () => new File(temporary, 'a', PLAIN_HEADERS),
          async (file) => {
            // The file may name others, which are never opened.
            const { error, foreign } = within(() => {
              const [varm, uns] = ['varm', 'uns'].map((name) => groupIn(file, name, source));
              for (let k = 2; varm.keys().includes(key) || uns.keys().includes(key); k++)
                key = `${annotation.key}_${k}`;
              writeFrame(varm, key, names, columns);
              booleans = [...columns.values()].filter(({ kind }) => kind === 'factor').length;
              booleans += writeFact(uns, key, annotation.facts);
            });
            if (foreign !== null) throw otherFile(source, foreign);
            if (error !== undefined) throw error;
          },
        );
        // What is appended stands at the end; else the whole file is looked through.
        let finished = await finishBooleans(temporary, size);
        if (finished < booleans) finished += await finishBooleans(temporary);
        if (finished < booleans) throw new Error('truth values that are not where they should be');
      },
    },
  ]);
  return key;
}

function groupIn(file: File, name: string, path: string): Group {
  if (!file.keys().includes(name)) {
    const group = file.create_group(name);
    encode(group, 'dict', '0.1.0');
    return group;
  }
  const found = file.get(name);
  if (found !== null && 'type' in found && found.type === 'Group') return found as Group; // as its type says
  throw new FitError('DataError', `'${name}' of ${path} is no group, as anndata before 0.7 wrote it`, {
    path,
    unreadable: true,
    remedy: 'open it in Python with a current anndata and save it again: anndata.read_h5ad(path).write_h5ad(path)',
  });
}

function otherFile(path: string, other: string): FitError {
  return new FitError(
    'DataError',
    `a part of ${path} lies in another file ('${other}'), and other files are never opened`,
    {
      path,
      unreadable: true,
      remedy: 'write all data into one file',
    },
  );
}

/** Writes one fact; returns how many truth values there are in it. */
function writeFact(group: Group, name: string, fact: Fact): number {
  if (typeof fact === 'string') {
    encode(group.create_dataset({ name, data: fact, shape: [], dtype: 'S' }), 'string', '0.2.0');
    return 0;
  }
  if (typeof fact === 'number') {
    encode(group.create_dataset({ name, data: Float64Array.of(fact), shape: [] }), 'numeric-scalar', '0.2.0');
    return 0;
  }
  if (typeof fact === 'boolean') {
    encode(createBooleanDataset(group, name, Int8Array.of(fact ? 1 : 0), []), 'numeric-scalar', '0.2.0');
    return 1;
  }
  if (isList(fact)) {
    writeStrings(group, name, fact);
    return 0;
  }
  const inner = group.create_group(name);
  encode(inner, 'dict', '0.1.0');
  return Object.entries(fact).reduce(
    (count, [key, value]) => count + writeFact(inner, key.replaceAll('/', '_'), value),
    0,
  );
}

function isList(fact: Fact): fact is readonly string[] {
  return Array.isArray(fact);
}
