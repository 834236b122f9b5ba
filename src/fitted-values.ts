import { subsetDesign } from './formula/subset.ts';
import type { DenseBatch } from './moments/accumulate.ts';
import type { DenseResponses, Design, FitResult } from './types.ts';

/**
 * The result with `fittedValues`, for responses held in memory. `source[m]` is the response of model m (the same order
 * without it).
 */
export function withFittedValues<R extends FitResult>(
  result: R,
  batches: readonly DenseBatch[],
  responses: DenseResponses,
  source?: Int32Array,
): R {
  const places = new Map<number, DenseBatch>();
  for (const batch of batches) for (const m of batch.index) places.set(m, batch);
  return {
    ...result,
    fittedValues(model) {
      const batch = places.get(model);
      if (!batch) return null;
      const design = batch.keep ? subsetDesign(batch.whole, batch.keep) : batch.whole;
      return fittedRows(design, responses, source ? source[model] : model, result, model);
    },
  };
}

/** X b + Z u + offset and the rest, over the rows of the table; NaN for rows that were not used. */
function fittedRows(
  design: Design,
  responses: DenseResponses,
  response: number,
  result: FitResult,
  model: number,
): { fitted: Float64Array; residual: Float64Array } | null {
  const { estimate, names } = result.table.coefficients;
  const effects = result.randomEffects(model);
  if (effects.length === 0) return null;
  const fitted = new Float64Array(responses.rows).fill(Number.NaN);
  const residual = new Float64Array(responses.rows).fill(Number.NaN);
  const beta = design.fixed.names.map((name) => estimate[model * names.length + names.indexOf(name)]);
  for (let i = 0; i < design.n; i++) {
    let value = design.offset ? design.offset[i] : 0;
    beta.forEach((b, k) => {
      value += b * design.fixed.x[k * design.n + i];
    });
    design.random.forEach((term, t) => {
      const q = term.names.length;
      for (let a = 0; a < q; a++) value += term.z[a * design.n + i] * effects[t].estimate[term.codes[i] * q + a];
    });
    const row = design.rows[i];
    fitted[row] = value;
    residual[row] = responses.values[response * responses.rows + row] - value;
  }
  return { fitted, residual };
}
