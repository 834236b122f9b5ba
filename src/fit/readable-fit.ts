import { fitRowLayout } from '../glmm/fit-row.ts';
import { latentVariance } from '../infer/latent-variance.ts';
import { allFractionNames, fixedParts, fractionNames, varianceFractions } from '../infer/variance-fractions.ts';
import type { ModelReader } from '../lmm/engine.ts';
import type { OpenReader } from '../lmm/model-reader.ts';
import { searchedLength } from '../lmm/structured/covariance-parameters.ts';
import type { DenseBatch } from '../moments/accumulate.ts';
import type { DesignMoments, MomentBatch, Moments } from '../moments/moments.ts';
import { planBatch } from '../plan/plan.ts';
import type { FitResult, RandomEffects } from '../types/fit-result.ts';
import { type FitTable, STATUSES } from '../types/fit-table.ts';
import type { SmallSample } from '../types/inference.ts';
import { findTerm, thetaPlaces } from '../types/parameters.ts';
import type { DenseResponses } from '../types/responses.ts';
import { hypothesisFinder } from './model-hypotheses.ts';

/** A result together with the moments it was fitted from: what predictions, simulation and influence start from. */
export interface MomentFit extends FitResult {
  readonly moments: Moments;
  /** Opens readers of its models. */
  readonly openReader: OpenReader;
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

/** The reader of a batch's design, and where the theta of its models stands in a row of the table's. */
interface DesignReader {
  readonly reader: ModelReader;
  readonly places: Int32Array;
}

/** What tests of some models of a batch need of the table, one model behind the other. */
export interface FittedRange {
  /** In the order of the design's terms. */
  readonly theta: Float64Array;
  readonly sigma: Float64Array;
  /** 1 where a model has a fit. */
  readonly fitted: Uint8Array;
  /** models x p: coefficients without a test (1, else 0); null where all have one. */
  readonly untested: Uint8Array | null;
}

/** Designs whose readers are kept. */
const KEPT_READERS = 64;

/** What models of a fit are found by. */
export type LocatedFit = Pick<MomentFit, 'moments' | 'table' | 'openReader'>;

/** Finds models of a fit in its moments; null for a model without a fit. Readers of designs are kept for a while. */
export function modelLocator({ moments, table, openReader }: LocatedFit): {
  readonly locate: (model: number) => LocatedModel | null;
  readonly batchOf: (model: number) => MomentBatch | null;
  readonly readerOf: (batch: number) => DesignReader;
  readonly modelsOf: (batch: number, from: number, to: number) => FittedRange;
  /** Relative covariance factors of the terms of a model's design, also of one whose reader takes other parameters. */
  readonly relativeTheta: (model: number) => Float64Array;
} {
  const [batchAt, placeAt] = [new Int32Array(table.models).fill(-1), new Int32Array(table.models)];
  moments.batches.forEach(({ index }, batch) => {
    for (let k = 0; k < index.length; k++) {
      batchAt[index[k]] = batch;
      placeAt[index[k]] = k;
    }
  });
  const readers = new Map<number, DesignReader>();
  const readerOf = (b: number): DesignReader => {
    const kept = readers.get(b);
    if (kept) return kept;
    if (readers.size > KEPT_READERS) readers.clear();
    const { design, responses } = moments.batches[b];
    const { path } = planBatch(design, responses.count);
    const made = {
      reader: openReader(design, table.method, path, table.structured?.information, table.family?.nodes),
      places: parameterPlaces(table, design),
    };
    readers.set(b, made);
    return made;
  };
  const batchOf = (model: number): MomentBatch | null => moments.batches[batchAt[model]] ?? null;
  const locate = (model: number): LocatedModel | null => {
    const batch = batchOf(model);
    if (!batch || !isFitted(table, model)) return null;
    const { reader, places } = readerOf(batchAt[model]);
    const theta = new Float64Array(places.length);
    copyTheta(table, model, places, theta);
    return { batch, k: placeAt[model], reader, theta, sigma: table.sigma[model] };
  };
  const modelsOf = (b: number, from: number, to: number): FittedRange => {
    const { design, index } = moments.batches[b];
    const { p } = design;
    const places = parameterPlaces(table, design);
    const width = places.length;
    const theta = new Float64Array((to - from) * width);
    const sigma = new Float64Array(to - from);
    const fitted = new Uint8Array(to - from);
    const untestedIn = untestedFinder(table, design.coefficients);
    let untested: Uint8Array | null = null;
    for (let k = 0; k < to - from; k++) {
      const model = index[from + k];
      if (!isFitted(table, model)) continue;
      fitted[k] = 1;
      sigma[k] = table.sigma[model];
      copyTheta(table, model, places, theta, k * width);
      const without = untestedIn(model);
      if (!without) continue;
      untested ??= new Uint8Array((to - from) * p);
      untested.set(without, k * p);
    }
    return { theta, sigma, fitted, untested };
  };
  const relativeTheta = (model: number): Float64Array => {
    const width = table.theta.length / table.models;
    const places = thetaPlaces(table.terms, batchOf(model)?.design.terms ?? []);
    return Float64Array.from(places, (place) => table.theta[model * width + place]);
  };
  return { locate, batchOf, readerOf, modelsOf, relativeTheta };
}

/** Where what the reader of a design takes stands in a row of theta, or of the parameters of structured models. */
function parameterPlaces({ terms, structured }: FitTable, design: DesignMoments): Int32Array {
  if (design.family) return Int32Array.from({ length: fitRowLayout(design).extraErrors }, (_, i) => i);
  if (!structured) return thetaPlaces(terms, design.terms);
  return Int32Array.from({ length: searchedLength(design) }, (_, i) => i);
}

function copyTheta(table: FitTable, model: number, places: Int32Array, theta: Float64Array, at = 0): void {
  const values = table.family?.parameters ?? table.structured?.parameters ?? table.theta;
  const from = model * (values.length / table.models);
  for (let i = 0; i < places.length; i++) theta[at + i] = values[from + places[i]];
}

function isFitted({ status }: FitTable, model: number): boolean {
  const word = STATUSES[status[model]];
  return word === 'ok' || word === 'not_converged' || word === 'separated';
}

/** A table of fits with readers of what is formed on demand from its moments. */
export function readableFit(fit: LocatedFit, notes: readonly string[]): MomentFit {
  const { moments, table } = fit;
  const { locate, batchOf, readerOf } = modelLocator(fit);
  const hypothesesOf = hypothesisFinder();
  return {
    ...fit,
    notes,
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
      const sample = ownSample(reader.smallSample(batch, k, theta, sigma, table.ddf));
      const untested = untestedFinder(table, sample.names)(model);
      return untested ? { ...sample, untested } : sample;
    },
    eachSample(visit, latent = false) {
      for (const [b, batch] of moments.batches.entries()) {
        const { design, index } = batch;
        const { reader, places } = readerOf(b);
        const theta = new Float64Array(places.length);
        const untested = untestedFinder(table, design.coefficients);
        for (let k = 0; k < index.length; k++) {
          const model = index[k];
          if (!isFitted(table, model)) continue;
          copyTheta(table, model, places, theta);
          const sample =
            (latent ? reader.latentSample?.(batch, k, theta) : undefined) ??
            reader.smallSample(batch, k, theta, table.sigma[model], table.ddf);
          const without = untested(model);
          visit(model, without ? { ...sample, untested: without } : sample);
        }
      }
    },
    hypotheses(model, type) {
      const batch = isFitted(table, model) ? batchOf(model) : null;
      return batch && hypothesesOf(batch.design, batch.recipe ?? moments.recipe ?? null, type);
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
      // Coefficients without an end explain everything.
      if (!found || STATUSES[table.status[model]] === 'separated') return null;
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
        values: varianceFractions(design, parts, beta, covariances, residualDeviation(table, model)),
      };
    },
    recipe: moments.recipe ?? null,
    recipeOf: (model) => batchOf(model)?.recipe ?? moments.recipe ?? null,
  };
}

/** sigma; of generalised models the standard deviation of their distribution on the scale of the link. */
function residualDeviation({ family, sigma, mean }: FitTable, model: number): number {
  if (!family) return sigma[model];
  const dispersion = family.dispersion?.value[model] ?? Number.NaN;
  return Math.sqrt(latentVariance(family.family, family.link, mean[model], dispersion));
}

/** A sample that no later call of its reader changes. */
function ownSample(sample: SmallSample): SmallSample {
  const { model, adjusted, elements, changes, shift, weights } = sample.variance;
  const own = model.slice();
  return {
    ...sample,
    coordinates: sample.coordinates.slice(),
    variance: {
      model: own,
      adjusted: adjusted === model ? own : adjusted.slice(),
      elements,
      changes: changes.slice(),
      shift: shift.slice(),
      weights: weights.slice(),
    },
  };
}

/**
 * Finds the coefficients of a model without a test in the table: all of one that has not converged, else those with a standard error
 * and no degrees of freedom. Null where all have one.
 */
function untestedFinder(
  { coefficients, ddf, status }: FitTable,
  names: readonly string[],
): (model: number) => Uint8Array | null {
  const { names: all, standardError, df } = coefficients;
  const columns = Int32Array.from(names, (name) => all.indexOf(name));
  const isOpen = (at: number) => standardError[at] > 0 && Number.isNaN(df[at]);
  return (model) => {
    if (STATUSES[status[model]] === 'not_converged') return new Uint8Array(names.length).fill(1);
    if (ddf === 'asymptotic') return null;
    const from = model * all.length;
    let any = false;
    for (let k = 0; k < columns.length; k++) any ||= isOpen(from + columns[k]);
    return any ? Uint8Array.from(columns, (column) => (isOpen(from + column) ? 1 : 0)) : null;
  };
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
