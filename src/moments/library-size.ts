/** Counts of samples: library sizes and log2 counts per million, as edgeR and limma's voom define them. */
import { FitError } from '../errors.ts';
import type { DenseResponses } from '../types/responses.ts';

/**
 * Sum of all counts of each row (sample).
 *
 * @throws DataError for a count that is missing, infinite or negative, and for a sample without counts
 */
export function librarySizes({ names, rows, values }: DenseResponses): Float64Array {
  const sizes = new Float64Array(rows);
  for (let k = 0; k < names.length; k++) {
    for (let i = 0; i < rows; i++) {
      const count = values[k * rows + i];
      if (!(count >= 0 && count < Infinity)) {
        throw new FitError('DataError', `'${names[k]}' has the count ${count} in sample ${i + 1}`, {
          option: 'weights',
          remedy: 'voom takes raw counts, zero or more, none missing; leave that response or sample out.',
        });
      }
      sizes[i] += count;
    }
  }
  const empty = sizes.indexOf(0);
  if (rows > 0 && empty >= 0) {
    throw new FitError('DataError', `sample ${empty + 1} has no counts`, {
      option: 'weights',
      remedy: 'Leave the sample out.',
    });
  }
  return sizes;
}

/** Added to counts and library sizes, so that zeros have a logarithm. */
const PRIOR_COUNT = 0.5;
const PRIOR_SIZE = 1;

/** log2((count + 0.5) / (size + 1) 1e6), response-major like the counts. */
export function logCountsPerMillion({ names, rows, values }: DenseResponses, sizes: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  for (let k = 0; k < names.length; k++) {
    for (let i = 0; i < rows; i++) {
      out[k * rows + i] = Math.log2(((values[k * rows + i] + PRIOR_COUNT) / (sizes[i] + PRIOR_SIZE)) * 1e6);
    }
  }
  return out;
}

/** What turns log2 counts per million of a sample into log2 counts. */
export function logSize(size: number): number {
  return Math.log2(size + PRIOR_SIZE) - Math.log2(1e6);
}
