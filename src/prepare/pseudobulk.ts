/** Pseudobulk as the library offers it; what it does is loaded when it is asked for. */
import type { Progress } from '../types/fit-result.ts';
import type { ResponseMatrix } from './given-data.ts';
import type { Input } from './input.ts';
import type { Pseudobulk, PseudobulkOptions } from './sample-sums.ts';

export type { Pseudobulk, PseudobulkOptions } from './sample-sums.ts';

/**
 * Adds up the cells of each sample, in one pass over a matrix (several where the sums would not fit into `memory`). Takes a
 * matrix, or what `readCells` read of files.
 *
 * Rejects with OptionError and DataError for misuse, AbortError when the signal fires.
 */
export async function pseudobulk(
  data: ResponseMatrix | Input,
  options: PseudobulkOptions,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<Pseudobulk> {
  const { sumSamples } = await import('./sample-sums.ts');
  return sumSamples(data, options, onProgress, signal);
}
