/** A whole output as a Blob, for browsers to offer as a file. */
import type { FitResult } from '../types/fit-result.ts';
import type { OutputTarget } from './output-target.ts';
import type { SummaryOptions } from './summary/model-summary.ts';
import { type TableOptions, tableRuns } from './table-runs.ts';
import { delimitedText } from './write-delimited.ts';
import { type JsonOptions, jsonText } from './write-json.ts';
import { parquetBytes } from './write-parquet.ts';

const MEDIA_TYPES = {
  tsv: 'text/tab-separated-values',
  csv: 'text/csv',
  json: 'application/json',
  parquet: 'application/vnd.apache.parquet',
  text: 'text/plain',
} as const;

/**
 * The text or bytes of a target, as the command writes them to a file of that extension; the Parquet writer is loaded
 * when it is asked for.
 *
 * @throws FitError OptionError as the table does
 */
export async function outputBlob(
  result: FitResult,
  { table, container, contrast }: Pick<OutputTarget, 'table' | 'contrast' | 'container'>,
  options: PieceOptions = {},
): Promise<Blob> {
  const type = MEDIA_TYPES[container];
  if (table === 'json') return new Blob([...jsonText(result, options)], { type });
  if (table === 'summary') return new Blob([await summary(result, options)], { type });
  const named = contrast ?? options.contrast;
  const runs = tableRuns(result, table, { ...options, ...(named === undefined ? {} : { contrast: named }) });
  if (container === 'parquet') {
    const parts: BlobPart[] = [];
    // The writer's arrays are its own and never shared.
    for await (const piece of parquetBytes(runs)) parts.push(piece as BlobPart);
    return new Blob(parts, { type });
  }
  return new Blob([...delimitedText(runs, container === 'csv' ? ',' : '\t')], { type });
}

/** Text (UTF-8) or bytes in order; made only as fast as they can be written. */
export type OutputPieces = Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;

export type PieceOptions = TableOptions & JsonOptions & SummaryOptions;

/**
 * The text or bytes of a target in its container, piece by piece, before any compression, for any place to write to.
 *
 * @throws OptionError as the table does, when the first piece is asked for.
 */
export function outputPieces(
  result: FitResult,
  target: Pick<OutputTarget, 'table' | 'contrast' | 'container'>,
  options: PieceOptions = {},
): OutputPieces {
  if (target.table === 'json') return jsonText(result, options);
  if (target.table === 'summary') return summaryPieces(result, options);
  const contrast = target.contrast ?? options.contrast;
  const runs = tableRuns(result, target.table, { ...options, ...(contrast === undefined ? {} : { contrast }) });
  if (target.container === 'parquet') return parquetBytes(runs);
  return delimitedText(runs, target.container === 'csv' ? ',' : '\t');
}

async function* summaryPieces(result: FitResult, options: SummaryOptions): AsyncGenerator<string> {
  yield await summary(result, options);
}

/** The summary, which only some runs ask for. */
async function summary(result: FitResult, options: SummaryOptions): Promise<string> {
  const { summaryText } = await import('./summary/top-responses.ts');
  return summaryText(result, options);
}
