/** What the thread that reads untrusted files and the one that asks it say to each other. All of it can be cloned. */
import { FitError, type FitErrorFields, type FitErrorTag, isFitError } from '../../errors.ts';
import type { MatrixBlock, MatrixSource, PassOptions } from '../../types/responses.ts';
import type { Table } from '../../types/table.ts';
import type { MatrixOptions } from '../input-files.ts';

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

export type ReaderReply =
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
