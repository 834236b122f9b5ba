import { FitError } from '../errors.ts';
import { familyReader } from '../lmm/generalised/family-reader.ts';
import { readerOpener } from '../lmm/model-reader.ts';
import { blocksReader } from '../lmm/structured/blocks-reader.ts';
import { deserialiseMoments } from '../moments/deserialise.ts';
import { serialiseMoments } from '../moments/serialise.ts';
import { isMomentsFile } from '../moments/stored-header.ts';
import type { FitTable } from '../types/fit-table.ts';
import { type MomentFit, readableFit } from './readable-fit.ts';
import { criterionDisagreement, shapeDisagreement } from './table-agreement.ts';

/**
 * A saved fit is a moments file that also holds the table of fits: `fit` in its header has the format's version, the
 * columns of the table and the notes. What a reader needs of the design (recipe) and of the data (moments) is there, the
 * rows are not: fitted values and residuals belong to the run that had the data.
 */
const VERSION = 1;

/** Names that the moments hold already. */
type StoredTable = Omit<FitTable, 'responses' | 'genes' | 'splits'>;

interface StoredFit {
  readonly version: number;
  readonly table: StoredTable;
  readonly notes: readonly string[];
}

/** The pieces of a saved fit, in order. `extra` is kept beside it (how it was made). */
export function serialiseFit(result: MomentFit, extra: Readonly<Record<string, unknown>> = {}): Generator<Uint8Array> {
  const { responses: _, genes: __, splits: ___, ...table } = result.table;
  const fit: StoredFit = { version: VERSION, table, notes: result.notes };
  return serialiseMoments(result.moments, { ...extra, fit });
}

/**
 * Reads a fit back: the same readers as after fitting, save fitted values, which need the rows.
 *
 * Throws DataError (`unreadable`) for bytes that are no saved fit, are truncated or damaged, or whose criteria are not
 * those of their moments.
 */
export function deserialiseFit(bytes: Uint8Array, path?: string): { fit: MomentFit; extra: Record<string, unknown> } {
  const broken = (what: string, remedy = 'Save the fit again.', cause?: unknown) =>
    new FitError('DataError', `${path ?? 'the fit'}: ${what}`, {
      unreadable: true,
      remedy,
      path,
      ...(cause === undefined ? {} : { cause }),
    });
  if (!isMomentsFile(bytes)) throw broken('not a saved fit');
  const { moments, extra } = deserialiseMoments(bytes, path);
  const { fit: stored, ...rest } = extra;
  if (!isStoredFit(stored)) {
    throw rest['shard'] === undefined
      ? broken('these are moments, without a fit', 'Fit them first, and save the fit.')
      : broken('this is a part of a fit', 'Put all parts together with webgpu-lmm gather, and save the fit.');
  }
  if (
    !(Array.isArray(stored.notes) && stored.notes.every((note) => typeof note === 'string')) ||
    typeof stored.table !== 'object' ||
    stored.table === null
  ) {
    throw broken('the table of fits is damaged');
  }
  if (stored.version !== VERSION) {
    throw broken(`saved in version ${stored.version} of the format, this program reads ${VERSION}`);
  }
  const table: FitTable = {
    ...stored.table,
    responses: moments.names,
    genes: moments.genes ?? null,
    splits: moments.splits ?? null,
  };
  // Those of all models: bytes are read at once, not when something has been loaded.
  const openReader = readerOpener({ family: familyReader, structured: blocksReader });
  let fault: string | null;
  try {
    const fit = { moments, table, openReader };
    fault = shapeDisagreement(fit) ?? criterionDisagreement(fit);
  } catch (cause) {
    throw broken('the table of fits is damaged', undefined, cause); // a part of the wrong kind
  }
  if (fault !== null) throw broken(fault);
  return { fit: readableFit({ moments, table, openReader }, stored.notes), extra: rest };
}

function isStoredFit(value: unknown): value is StoredFit {
  return typeof value === 'object' && value !== null && 'version' in value && 'table' in value;
}
