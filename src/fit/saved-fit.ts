import { FitError } from '../errors.ts';
import { fitRowLayout } from '../glmm/fit-row.ts';
import { familyReader } from '../lmm/generalised/family-reader.ts';
import { readerOpener } from '../lmm/model-reader.ts';
import { blocksReader } from '../lmm/structured/blocks-reader.ts';
import { searchedLength } from '../lmm/structured/covariance-parameters.ts';
import { deserialiseMoments } from '../moments/deserialise.ts';
import type { Moments } from '../moments/moments.ts';
import { serialiseMoments } from '../moments/serialise.ts';
import { isMomentsFile } from '../moments/stored-header.ts';
import type { FitTable } from '../types/fit-table.ts';
import { tableFault } from './fit-table-shape.ts';
import { type LocatedFit, type MomentFit, modelLocator, readableFit } from './readable-fit.ts';

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

/** Models whose criterion is formed again on reading. */
const CHECKED_MODELS = 20;
/** Two paths to one criterion differ by rounding; a theta of another fit does not come near. */
const CRITERION_AGREES = { absolute: 1e-6, relative: 1e-9 };
const SIGMA_AGREES = 1e-6;

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
    const widths = { structured: searchedWidth(moments), family: familyWidth(moments) };
    fault = tableFault(table, moments.coefficients.length, widths) ?? disagreement({ moments, table, openReader });
  } catch (cause) {
    throw broken('the table of fits is damaged', undefined, cause); // a part of the wrong kind
  }
  if (fault !== null) throw broken(fault);
  return { fit: readableFit({ moments, table, openReader }, stored.notes), extra: rest };
}

/** Most parameters of a design with a covariance by blocks; null where none has one. */
function searchedWidth({ batches }: Moments): number | null {
  const widths = batches.flatMap(({ design }) => (design.blocks ? [searchedLength(design)] : []));
  return widths.length === 0 ? null : widths.reduce((most, width) => Math.max(most, width), 0);
}

/** Most parameters of a generalised model; null where there is none. */
function familyWidth({ batches }: Moments): number | null {
  const widths = batches.flatMap(({ design }) => (design.family ? [fitRowLayout(design).extraErrors] : []));
  return widths.length === 0 ? null : widths.reduce((most, width) => Math.max(most, width), 0);
}

function isStoredFit(value: unknown): value is StoredFit {
  return typeof value === 'object' && value !== null && 'version' in value && 'table' in value;
}

/** The first of some models whose criterion is not what its moments and theta give; null when all agree. */
function disagreement(fit: LocatedFit): string | null {
  const { table } = fit;
  const { locate } = modelLocator(fit);
  const step = Math.max(1, Math.floor(table.models / CHECKED_MODELS));
  for (let model = 0; model < table.models; model += step) {
    const found = locate(model);
    if (!found) continue;
    const { criterion, sigma } = found.reader.criterion(found.batch, found.k, found.theta);
    const bound = CRITERION_AGREES.absolute + CRITERION_AGREES.relative * Math.abs(criterion);
    const agrees =
      Math.abs(criterion - table.criterion[model]) <= bound &&
      Math.abs(sigma - table.sigma[model]) <= SIGMA_AGREES * sigma;
    if (!agrees) {
      return `the criterion of '${table.responses[model]}' is ${table.criterion[model]}, its moments give ${criterion}`;
    }
  }
  return null;
}
