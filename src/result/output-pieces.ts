/** Content of an output in its container, piece by piece, for any place to write to. */
import type { FitResult } from '../types/fit-result.ts';
import type { OutputTarget } from './output-target.ts';
import { type TableOptions, tableRuns } from './table-runs.ts';
import { delimitedText } from './write-delimited.ts';
import { type JsonOptions, jsonText } from './write-json.ts';
import { parquetBytes } from './write-parquet.ts';

export type PieceOptions = TableOptions & JsonOptions;

/**
 * The text or bytes of a target, before any compression.
 *
 * @throws OptionError as the table does, when the first piece is asked for.
 */
export function outputPieces(
  result: FitResult,
  target: Pick<OutputTarget, 'table' | 'contrast' | 'container'>,
  options: PieceOptions = {},
): Iterable<string | Uint8Array> {
  if (target.table === 'json') return jsonText(result, options);
  const contrast = target.contrast ?? options.contrast;
  const runs = tableRuns(result, target.table, { ...options, ...(contrast === undefined ? {} : { contrast }) });
  if (target.container === 'parquet') return parquetBytes(runs);
  return delimitedText(runs, target.container === 'csv' ? ',' : '\t');
}
