import { FitError } from '../../errors.ts';
import type { DenseResponses, MatrixSource } from '../../types/responses.ts';
import type { Table } from '../../types/table.ts';
import { joinObs } from './join.ts';

/** A model frame and the responses that belong to its rows. */
export interface AlignedObs<R> {
  readonly table: Table;
  readonly responses: R;
  /** Row of a matrix of each row of the table; undefined where they are the same. */
  readonly matrixRows: Int32Array | undefined;
  readonly notes: readonly string[];
}

/**
 * Pairs the rows of responses with those of their model frame: by name where both have names, row by row else. `matrixRows`
 * says how they are paired already.
 *
 * @throws DataError for rows without names that are not as many on both sides, and for names of which none is on both
 */
export async function alignObs<R extends DenseResponses | MatrixSource>(
  responses: R,
  obs: Table,
  matrixRows?: Int32Array,
): Promise<AlignedObs<R>> {
  if (matrixRows !== undefined) return { table: obs, responses, matrixRows, notes: [] };
  const names = obs.rowNames === undefined ? undefined : await rowNamesOf(responses);
  if (obs.rowNames === undefined || names === undefined) {
    if (obs.rows === responses.rows) {
      const foreign = responses.kind === 'matrix' && obs.path !== undefined && obs.path !== responses.path;
      const notes = obs.rowNames === undefined && foreign ? [BY_POSITION] : [];
      return { table: obs, responses, matrixRows: undefined, notes };
    }
    throw new FitError('DataError', `the responses have ${responses.rows} rows, the model frame ${obs.rows}`, {
      option: 'obs',
      remedy: 'Align them: one row of options.obs for each row of the responses, or rowNames on both sides.',
    });
  }
  const same = obs.rows === names.length && names.every((name, i) => name === obs.rowNames?.[i]);
  if (same) return { table: obs, responses, matrixRows: undefined, notes: [] };
  const { table, rows, notes } = joinObs(names, obs);
  if (responses.kind === 'matrix') return { table, responses, matrixRows: rows, notes };
  const gathered = gatherRows(responses, rows);
  return { table, responses: gathered as R, matrixRows: undefined, notes }; // R is dense here
}

/** Said where a table without names meets a matrix, whose rows have some. */
const BY_POSITION =
  'the rows of the table are taken to be those of the matrix in order, as the table has no row names: readObsTable takes its first column for them';

async function rowNamesOf(responses: DenseResponses | MatrixSource): Promise<readonly string[] | undefined> {
  return responses.kind === 'matrix' ? responses.rowNames() : responses.rowNames;
}

function gatherRows(responses: DenseResponses, keep: Int32Array): DenseResponses {
  const { rows, names, rowNames, values, weights } = responses;
  const gather = (from: Float64Array): Float64Array =>
    Float64Array.from({ length: names.length * keep.length }, (_, at) => {
      return from[Math.floor(at / keep.length) * rows + keep[at % keep.length]];
    });
  return {
    ...responses,
    rows: keep.length,
    values: gather(values),
    ...(rowNames ? { rowNames: Array.from(keep, (row) => rowNames[row]) } : {}),
    ...(weights ? { weights: gather(weights) } : {}),
  };
}
