import { librarySizes, logCountsPerMillion } from '../moments/library-size.ts';
import { trimmedMeanFactors } from '../moments/norm-factors.ts';
import type { Design } from '../types/design.ts';
import type { DenseResponses } from '../types/responses.ts';
import { selectDense } from './input.ts';
import type { Run } from './run.ts';
import { voom } from './voom.ts';

/** Responses of a run with `--weights voom`. */
export interface VoomResponses {
  /** log2 counts per million with precision weights, the selected responses alone. */
  readonly responses: DenseResponses;
  /** For each part the responses that are seen in enough of its samples. */
  readonly keep: readonly Int32Array[];
  readonly notes: readonly string[];
}

/**
 * Precision weights by the trend of each part, over all responses of the file that are seen in at least `--min-cells` of
 * its samples; library sizes are sums over all responses of the file, in all samples.
 */
export async function voomResponses(
  counts: DenseResponses,
  parts: readonly { readonly split: string | null; readonly design: Design }[],
  { select, minCells, voom: normFactors, options, stream }: Run,
): Promise<VoomResponses> {
  const { onProgress, signal } = stream;
  const { rows, names } = counts;
  const sums = librarySizes(counts);
  const factors = normFactors === 'tmm' ? trimmedMeanFactors(counts, sums) : null;
  const sizes = factors ? sums.map((size, i) => size * factors[i]) : sums;
  const weights = new Float64Array(counts.values.length).fill(1);
  const wanted = select ?? Int32Array.from(names.keys());
  const keep: Int32Array[] = [];
  const notes: string[] = [];
  for (const { split, design } of parts) {
    const seen = Int32Array.from(names.keys()).filter((k) => {
      let samples = 0;
      for (const row of design.rows) if (counts.values[k * rows + row] > 0) samples++;
      return samples >= minCells;
    });
    const part = await voom(selectDense(counts, seen), design, {
      librarySizes: sizes,
      threads: options.threads,
      onProgress,
      signal,
    });
    seen.forEach((k, at) => {
      for (const row of design.rows) weights[k * rows + row] = part.responses.weights[at * rows + row];
    });
    const isSeen = new Set(seen);
    keep.push(Int32Array.from(wanted.keys()).filter((i) => isSeen.has(wanted[i])));
    for (const note of part.notes) notes.push(split === null ? note : `${split}: ${note}`);
  }
  const values = logCountsPerMillion(counts, sizes);
  return { responses: selectDense({ ...counts, values, weights }, wanted), keep, notes };
}
