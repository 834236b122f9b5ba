import { FitError } from '../../errors.ts';
import type { DenseResponses, MatrixSource } from '../../types/responses.ts';

/** Megabytes of values that are held where nobody says how many. */
const MOST_MEGABYTES = 4096;

/** What of a matrix is held, and how much of it may be. */
export interface DenseMatrixOptions {
  /** Row of the matrix of each row of the responses; all rows without it. */
  readonly matrixRows?: Int32Array | undefined;
  /** Indices of the responses wanted, increasing; all without it. */
  readonly select?: Int32Array | undefined;
  /** Megabytes at most. */
  readonly memory?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whether an error says that a matrix has missing values, which sums by strata cannot hold. */
export function isMissingValue(error: unknown): boolean {
  return error instanceof FitError && error.fields.missing === true;
}

/**
 * A matrix in memory with its missing values (NaN), for fits that drop the rows that a response lacks.
 *
 * @throws FitError OptionError where it would take more memory than there may be
 */
export async function holdMatrix(source: MatrixSource, options: DenseMatrixOptions = {}): Promise<DenseResponses> {
  const { matrixRows, select, memory = MOST_MEGABYTES, signal } = options;
  const rows = matrixRows?.length ?? source.rows;
  const wanted = select ?? Int32Array.from(source.names.keys());
  const megabytes = (rows * wanted.length * 8) / 1e6;
  if (megabytes > memory) {
    throw new FitError(
      'OptionError',
      `held in memory, ${source.path} takes ${Math.ceil(megabytes)} MB: ${memory} are allowed`,
      {
        option: 'memory',
        path: source.path,
        unreadable: true,
        remedy: 'Fit fewer responses at a time with “responses”.',
      },
    );
  }
  const place = new Int32Array(source.names.length).fill(-1);
  wanted.forEach((g, k) => {
    place[g] = k;
  });
  const rowOf = new Int32Array(source.rows).fill(-1);
  if (matrixRows) {
    matrixRows.forEach((row, i) => {
      rowOf[row] = i;
    });
  } else for (let i = 0; i < rows; i++) rowOf[i] = i;
  const values = new Float64Array(rows * wanted.length);
  for await (const block of source.blocks({ missing: true, signal })) {
    const byRow = block.major === 'row';
    block.majors.forEach((major, k) => {
      for (let e = block.pointers[k]; e < block.pointers[k + 1]; e++) {
        const row = rowOf[byRow ? major : block.indices[e]];
        const response = place[byRow ? block.indices[e] : major];
        if (row >= 0 && response >= 0) values[response * rows + row] = block.values[e];
      }
    });
  }
  const { names, genes } = source;
  return {
    kind: 'dense',
    rows,
    names: Array.from(wanted, (g) => names[g]),
    ...(genes ? { genes: Array.from(wanted, (g) => genes[g]) } : {}),
    values,
  };
}
