import { allFractionNames, fixedParts, fractionNames, varianceFractions } from '../infer/variance-fractions.ts';
import type { ModelReader } from '../lmm/engine.ts';
import { modelReader } from '../lmm/model-reader.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import type { DesignMoments, MomentBatch, Moments } from '../moments/moments.ts';
import type { FitResult, RandomEffects } from '../types/fit-result.ts';
import { type FitTable, STATUSES } from '../types/fit-table.ts';
import { findTerm, thetaLength, thetaPlaces } from '../types/parameters.ts';
import type { DenseResponses } from '../types/responses.ts';
import { hypothesisFinder } from './model-hypotheses.ts';

/** A result together with the moments it was fitted from: what predictions, simulation and influence start from. */
export interface MomentFit extends FitResult {
  readonly moments: Moments;
  /** The rows behind the moments, where the responses are held in memory; never in a saved fit. */
  readonly rows?: FitRows | undefined;
}

/** Designs and responses row by row. */
export interface FitRows {
  readonly batches: readonly DenseBatch[];
  readonly responses: DenseResponses;
  /** Response of each model; the same order without it. */
  readonly source: Int32Array | null;
}

/** A fitted model in its moments: response `k` of `batch`, its factors in lme4's order, and the reader of its design. */
export interface LocatedModel {
  readonly batch: MomentBatch;
  readonly k: number;
  readonly reader: ModelReader;
  /** Relative covariance factors of the terms of the batch's design, lower triangles by columns. */
  readonly theta: Float64Array;
  readonly sigma: number;
}

/** Designs whose readers are kept. */
const KEPT_READERS = 64;

/** Finds models of a fit in its moments; null for a model without a fit. Readers of designs are kept for a while. */
export function modelLocator({ moments, table }: Pick<MomentFit, 'moments' | 'table'>): {
  readonly locate: (model: number) => LocatedModel | null;
  readonly batchOf: (model: number) => MomentBatch | null;
} {
  const place = new Map<number, { batch: number; k: number }>();
  moments.batches.forEach(({ index }, batch) => {
    for (let k = 0; k < index.length; k++) place.set(index[k], { batch, k });
  });
  const readers = new Map<number, ModelReader>();
  const total = thetaLength(table.terms);
  const batchOf = (model: number) => {
    const at = place.get(model);
    return at ? moments.batches[at.batch] : null;
  };
  const locate = (model: number): LocatedModel | null => {
    const status = STATUSES[table.status[model]];
    const at = place.get(model);
    if (!at || (status !== 'ok' && status !== 'not_converged')) return null;
    const batch = moments.batches[at.batch];
    let reader = readers.get(at.batch);
    if (!reader) {
      if (readers.size > KEPT_READERS) readers.clear();
      reader = modelReader(batch.design, table.method);
      readers.set(at.batch, reader);
    }
    const places = thetaPlaces(table.terms, batch.design.terms);
    const theta = Float64Array.from(places, (place) => table.theta[model * total + place]);
    return { batch, k: at.k, reader, theta, sigma: table.sigma[model] };
  };
  return { locate, batchOf };
}

/** A table of fits with readers of what is formed on demand from its moments. */
export function readableFit(moments: Moments, table: FitTable, notes: readonly string[]): MomentFit {
  const { locate, batchOf } = modelLocator({ moments, table });
  const hypothesesOf = hypothesisFinder();
  return {
    table,
    notes,
    moments,
    covarianceOfCoefficients(model) {
      const found = locate(model);
      if (!found) return null;
      const { batch, k, reader, theta, sigma } = found;
      return { names: batch.design.coefficients, values: reader.covariance(batch, k, theta, sigma, table.ddf) };
    },
    smallSample(model) {
      const found = locate(model);
      if (!found) return null;
      const { batch, k, reader, theta, sigma } = found;
      const sample = reader.smallSample(batch, k, theta, sigma, table.ddf);
      const untested = untestedOf(table, sample.names, model);
      return untested.includes(1) ? { ...sample, untested } : sample;
    },
    hypotheses(model, type) {
      const found = locate(model);
      return found && hypothesesOf(found.batch.design, found.batch.recipe ?? moments.recipe ?? null, type);
    },
    randomEffects(model): RandomEffects[] {
      const found = locate(model);
      if (!found) return [];
      const { batch, k, reader, theta, sigma } = found;
      return reader.modes(batch, k, theta, sigma).map(({ estimate, standardError }, t) => {
        const { group, names, factor } = batch.design.terms[t];
        return { group, names, levels: batch.design.factors[factor].levels, estimate, standardError };
      });
    },
    fittedValues: () => null,
    varianceNames: (by) =>
      allFractionNames(
        moments.batches.map(({ design }) => design),
        by,
      ),
    varianceFractions(model, by) {
      const found = locate(model);
      if (!found) return null;
      const { design } = found.batch;
      const { names, estimate } = table.coefficients;
      const beta = Float64Array.from(
        design.coefficients,
        (name) => estimate[model * names.length + names.indexOf(name)],
      );
      const parts = fixedParts(design, by);
      const covariances = termCovariances(table, design, model);
      return {
        names: fractionNames(design, parts),
        values: varianceFractions(design, parts, beta, covariances, found.sigma),
      };
    },
    recipe: moments.recipe ?? null,
    recipeOf: (model) => batchOf(model)?.recipe ?? moments.recipe ?? null,
  };
}

/** Which coefficients of a model have no test in the table: a standard error, and no degrees of freedom. */
function untestedOf({ coefficients, ddf }: FitTable, names: readonly string[], model: number): Uint8Array {
  return Uint8Array.from(names, (name) => {
    const at = model * coefficients.names.length + coefficients.names.indexOf(name);
    return ddf !== 'asymptotic' && coefficients.standardError[at] > 0 && Number.isNaN(coefficients.df[at]) ? 1 : 0;
  });
}

/** Covariance of each random term of a design in one model, in the design's order. */
function termCovariances(table: FitTable, design: DesignMoments, model: number): Float64Array[] {
  const width = table.covariance.length / table.models;
  return design.terms.map((term) => {
    const { q } = term;
    const from = model * width + (findTerm(table.terms, term)?.covarianceOffset ?? 0);
    return table.covariance.subarray(from, from + q * q);
  });
}
