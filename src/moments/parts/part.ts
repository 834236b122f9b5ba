/**
 * Plain data of a data set in parts. What travels of the rows of a part are moments of their own: X_k = Q_k R_k with a basis of
 * these rows alone, Q_k'y, Z_k'(y - Q_k Q_k'y) and the squares of what is left. Parts are joined by an orthogonal rotation of
 * the rows of R_k (`merge-rows.ts`), so that nothing cancels, whatever the means of the responses are. Models that need several
 * values of a response at once (structured residuals, families that are not summed entry by entry) get the rows themselves.
 */
import { FitError } from '../../errors.ts';
import type { ModelRecipe } from '../../types/recipe.ts';
import type { Column } from '../../types/table.ts';
import type { DesignMoments, ResponseMoments } from '../moments.ts';

/** A file of the data set. */
export interface DesignFile {
  /** Its name among the files, and the path it had. */
  readonly name: string;
  readonly path: string;
  readonly rows: number;
  /** Rows used, by split. */
  readonly used: readonly number[];
  /** Checksum of each column of the annotation that the model reads. */
  readonly columns: Readonly<Record<string, string>>;
}

/** The design of one level of the column that splits the data. */
export interface DesignSplit {
  readonly split: string | null;
  readonly recipe: ModelRecipe;
  /** T of each random term, q x q row-major (`DesignMoments`). */
  readonly transforms: readonly (readonly number[])[];
  readonly notes: readonly string[];
}

/** What a part needs to be processed alone: everything that depends on the rows of all files. */
export interface WholeDesign {
  readonly version: 1;
  /** What travels of the rows of a file. */
  readonly kind: 'sums' | 'rows';
  /** Whether the files are matrices; tables else. */
  readonly matrix: boolean;
  readonly formula: string;
  /** Options that shape moments, by their names in the library. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Responses; those of tables whose rows travel are found at the end. */
  readonly names: readonly string[];
  readonly genes?: readonly string[];
  /** Whether barcodes carry the name of their file in front. */
  readonly prefixed: boolean;
  readonly files: readonly DesignFile[];
  readonly splits: readonly DesignSplit[];
  readonly notes: readonly string[];
  /** Checksum of all the rest. */
  readonly digest: string;
}

/** The rows of some files in one split. Levels are those that the rows have, in the order of the whole. */
export interface PartRows {
  readonly design: DesignMoments;
  /** Unweighted mean of each raw column of X. */
  readonly centre: Float64Array;
  readonly responses: ResponseMoments;
}

/** The rows of a file, with the columns that the model reads. */
export interface HeldRows {
  readonly rows: number;
  readonly columns: readonly (readonly [string, Column])[];
  /** Responses of a matrix as they enter the model, response-major; those of a table are among its columns. */
  readonly values: Float64Array | null;
}

/** Moments of some files of a data set. */
export interface MomentsPart {
  readonly whole: WholeDesign;
  /** Places of the files among those of the design, increasing. */
  readonly files: readonly number[];
  /** By split; null where the files have no rows of it. */
  readonly splits: readonly (PartRows | null)[];
  /** Rows of each of the files, where these travel. */
  readonly held: readonly HeldRows[];
  readonly notes: readonly string[];
}

/** Names of the files that a part holds, or lacks. */
export function fileNames({ whole, files }: Pick<MomentsPart, 'whole' | 'files'>, held: boolean): string[] {
  const own = new Set(files);
  return whole.files.flatMap(({ name }, k) => (own.has(k) === held ? [name] : []));
}

/** Names of files that a message lists. */
const LISTED = 10;

/** @throws DataError that names the files that are not among the parts */
export function requireComplete(part: MomentsPart, path?: string): void {
  if (fileNames(part, false).length > 0) throw notJoined(part, path);
}

/** The error for moments of parts where those of a whole data set are wanted: it names the files that are missing. */
export function notJoined(part: Pick<MomentsPart, 'whole' | 'files'>, path: string | undefined): FitError {
  const missing = fileNames(part, false);
  const more = missing.length > LISTED ? ` and ${missing.length - LISTED} more` : '';
  const which =
    missing.length === 0
      ? ''
      : `; ${missing.slice(0, LISTED).join(', ')}${more} ${missing.length === 1 ? 'is' : 'are'} missing`;
  const { length } = part.whole.files;
  return new FitError(
    'DataError',
    `${path ?? 'these'} are the moments of ${part.files.length} of ${length} files${which}`,
    {
      path,
      remedy:
        missing.length === 0
          ? 'Make moments of them with webgpu-lmm merge.'
          : 'Form the moments of the missing files with “design”, and join all parts with webgpu-lmm merge.',
    },
  );
}
