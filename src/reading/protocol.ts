/** What the thread that reads untrusted files and the one that asks it say to each other. All of it can be cloned. */

import type { MatrixOptions } from '../data/input-files.ts';
import type { StoredMatrix } from '../data/matrix/stored-tree.ts';
import { FitError, type FitErrorFields, type FitErrorTag, isFitError } from '../errors.ts';
import type { EntryPass, PassSums } from '../types/entry-pass.ts';
import type { MatrixBlock, MatrixSource, PassOptions, Share } from '../types/responses.ts';
import type { Table } from '../types/table.ts';

/** What is known of an open matrix without reading it. */
export type MatrixFacts = Pick<
  MatrixSource,
  'rows' | 'names' | 'genes' | 'entries' | 'notes' | 'layers' | 'obsColumns'
>;

/** Every request, and what it is answered with. */
export interface ReaderCalls {
  openMatrix: { readonly input: { path: string; options: MatrixOptions }; readonly output: MatrixFacts };
  rowNames: { readonly input: null; readonly output: readonly string[] };
  repeatedRowNames: { readonly input: null; readonly output: boolean };
  readObs: { readonly input: { columns?: readonly string[]; rowNames?: boolean }; readonly output: Table };
  beginPass: { readonly input: Omit<PassOptions, 'signal'>; readonly output: number };
  /** How other threads read the matrix; null where only the HDF5 library can. */
  storedMatrix: { readonly input: null; readonly output: StoredMatrix | null };
  /** Begins the sums of a pass over the matrix that is open, or over one that is described. */
  beginSums: { readonly input: { pass: EntryPass; stored: StoredMatrix | null }; readonly output: null };
  /** Sums of a share, in memory that both threads see; the next share overwrites them. */
  sumShare: { readonly input: Share; readonly output: PassSums };
  endSums: { readonly input: null; readonly output: null };
  nextBlock: { readonly input: number; readonly output: MatrixBlock | null };
  endPass: { readonly input: number; readonly output: null };
  closeMatrix: { readonly input: null; readonly output: null };
  readParquet: { readonly input: { path: string; columns?: readonly string[] }; readonly output: Table };
  parquetColumns: { readonly input: { path: string }; readonly output: readonly string[] };
}

export type ReaderCall = keyof ReaderCalls;

export interface ReaderRequest {
  readonly id: number;
  readonly call: ReaderCall;
  readonly input: unknown;
}

/** Ends a request, whose answer then is an error. */
export interface ReaderCancel {
  readonly cancel: number;
}

export type ReaderReply =
  /** Entries that were read since the last such reply. */
  | { readonly id: number; readonly entries: number }
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: StoredError };

/** An error as plain data. */
export interface StoredError {
  readonly tag: FitErrorTag | null;
  readonly message: string;
  readonly fields: FitErrorFields;
}

export function storeError(error: unknown): StoredError {
  if (!isFitError(error))
    return { tag: null, message: error instanceof Error ? error.message : String(error), fields: {} };
  const { cause: _, ...fields } = error.fields;
  return { tag: error.tag, message: error.message, fields };
}

/** The error again; one that has no tag says that the file cannot be read. */
export function restoreError({ tag, message, fields }: StoredError, path: string): FitError {
  if (tag !== null) return new FitError(tag, message, fields);
  return new FitError('DataError', `${path} cannot be read: ${message}`, {
    path,
    unreadable: true,
    remedy: 'the file is damaged: fetch or write it again',
  });
}
