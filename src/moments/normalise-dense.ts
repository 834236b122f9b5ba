import { FitError } from '../errors.ts';
import type { ValueFacts } from '../types/entry-pass.ts';
import type { DenseResponses } from '../types/responses.ts';
import { type Normalisation, TARGET_TOTAL } from './normalise.ts';

/** Responses from which on whole numbers look like a matrix of counts. */
const MANY_RESPONSES = 5;

/** What the values of responses in memory look like. */
export function valueFacts({ values, names }: DenseResponses): ValueFacts {
  let counts = names.length >= MANY_RESPONSES;
  let largest = 0;
  let seen = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value)) continue;
    seen++;
    if (counts && !(value >= 0 && Number.isInteger(value))) counts = false;
    if (value > largest) largest = value;
  }
  return { counts, largest, seen };
}

/**
 * log(1 + target x count / total of the row), totals over all responses unless they are given; rows without counts stay zero,
 * missing values missing.
 *
 * @throws FitError DataError for negative values, which are no counts
 */
export function normaliseDense(
  responses: DenseResponses,
  normalisation: Normalisation,
  totals: Float64Array,
  path: string,
): DenseResponses {
  const target = TARGET_TOTAL[normalisation];
  if (target === 0) return responses;
  const { rows, values } = responses;
  const normalised = values.map((value, at) => {
    if (value < 0) {
      throw new FitError('DataError', `${path} holds the negative value ${value}, which is no count`, {
        path,
        option: 'normalize',
        remedy: 'Leave out “normalize” for values that are normalised already.',
      });
    }
    const total = totals[at % rows];
    return total > 0 ? Math.log1p((value * target) / total) : value;
  });
  return { ...responses, values: normalised };
}
