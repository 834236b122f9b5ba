import type { DenseBatch } from '../moments/accumulate.ts';
import type { DenseResponses } from '../types/responses.ts';

/** The responses of a batch alone, over all rows of the table. */
export function batchResponses(
  { index }: Pick<DenseBatch, 'index'>,
  responses: DenseResponses,
  source: Int32Array | null,
): DenseResponses {
  const members = Array.from(index, (model) => (source ? source[model] : model));
  const { rows, names, values, weights, trials } = responses;
  const gather = (from: Float64Array): Float64Array => {
    const out = new Float64Array(members.length * rows);
    members.forEach((k, at) => {
      out.set(from.subarray(k * rows, (k + 1) * rows), at * rows);
    });
    return out;
  };
  return {
    ...{ kind: 'dense', rows, names: members.map((k) => names[k]), values: gather(values) },
    ...(weights ? { weights: gather(weights) } : {}),
    ...(trials ? { trials: gather(trials) } : {}),
    ...(responses.categories ? { categories: responses.categories } : {}),
  };
}
