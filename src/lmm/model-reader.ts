import type { DesignMoments, MomentBatch } from '../moments/moments.ts';
import { solveUpperVector } from '../numeric/cholesky.ts';
import type { DdfMethod, SmallSample, VarianceModel } from '../types/inference.ts';
import { withBetweenWithin } from './between-within.ts';
import { BlockObjective } from './block-objective.ts';
import { factorProduct, scaledFactors, solveUpper } from './covariance-factor.ts';
import { CrossedObjective } from './crossed-objective.ts';
import type { EngineOptions, EnginePath, ModelReader } from './engine.ts';
import type { familyReader } from './generalised/family-reader.ts';
import { linearReader } from './linear.ts';
import { FactorNewton } from './newton.ts';
import { covarianceInRawUnits, criterionConstant } from './objective.ts';
import { spectralSample } from './spectral-sample.ts';
import type { blocksReader } from './structured/blocks-reader.ts';
import { varianceModels } from './variance-model.ts';

/**
 * Opens the reader of a design's models. Where the `path` of their fits was the spectral one, tests and covariances come from
 * that form too; each form is set up when it is first needed.
 */
export type OpenReader = (
  design: DesignMoments,
  method: 'REML' | 'ML',
  path?: EnginePath,
  information?: EngineOptions['information'],
  nodes?: number,
) => ModelReader;

/** Readers that most runs do not need. */
export interface FurtherReaders {
  readonly family?: typeof familyReader | undefined;
  readonly structured?: typeof blocksReader | undefined;
}

/** Loads the readers that some designs need. */
export async function loadReaders(designs: readonly Pick<DesignMoments, 'family' | 'blocks'>[]): Promise<OpenReader> {
  const [family, structured] = await Promise.all([
    designs.some((design) => design.family) ? import('./generalised/family-reader.ts') : null,
    designs.some((design) => design.blocks) ? import('./structured/blocks-reader.ts') : null,
  ]);
  return readerOpener({ family: family?.familyReader, structured: structured?.blocksReader });
}

/** What opens readers, those of models with random effects alone among them. */
export function readerOpener(further: FurtherReaders): OpenReader {
  return (design, ...rest) => withBetweenWithin(ownReader(further, design, ...rest), design);
}

function ownReader(
  { family, structured }: FurtherReaders,
  ...[design, method, path, information, nodes]: Parameters<OpenReader>
): ModelReader {
  if (design.family) return loaded(family)(design, nodes, method);
  if (design.blocks) return loaded(structured)(design, method, information);
  if (design.terms.length === 0) return linearReader(design, method);
  if (path !== 'spectral') return factorReader(design, method);
  const { p, r } = design;
  let factored: ModelReader | null = null;
  let spectral: ModelReader['smallSample'] | null = null;
  const whole = () => {
    factored ??= factorReader(design, method);
    return factored;
  };
  const smallSample: ModelReader['smallSample'] = (batch, k, theta, sigma, ddf) => {
    spectral ??= spectralSample(design, method);
    return spectral(batch, k, theta, sigma, ddf);
  };
  return {
    smallSample,
    covariance: (batch, k, theta, sigma, ddf) =>
      covarianceInRawUnits(smallSample(batch, k, theta, sigma, ddf).variance.adjusted, r, p, sigma),
    coefficients: (batch, k, theta) => whole().coefficients(batch, k, theta),
    criterion: (batch, k, theta) => whole().criterion(batch, k, theta),
    modes: (batch, k, theta, sigma) => whole().modes(batch, k, theta, sigma),
  };
}

function loaded<T>(reader: T | undefined): T {
  if (!reader) throw new RangeError('the reader of these models was not loaded');
  return reader;
}

/** The reader of models with random terms by the objective of their factors. */
function factorReader(design: DesignMoments, method: 'REML' | 'ML'): ModelReader {
  const objective =
    design.factors.length === 1 ? new BlockObjective(design, method) : new CrossedObjective(design, method);
  const newton = new FactorNewton(objective, Math.exp(-design.logDetW / (2 * design.n)));
  const lambda = new Float64Array(objective.squares);
  const variances = varianceModels(objective);
  const coordinates = new Float64Array(design.p);

  function place(batch: MomentBatch, k: number, theta: Float64Array, scale = 1): number {
    scaledFactors(design.terms, theta, lambda);
    objective.load(batch.responses, k, design.q, scale);
    return objective.evaluate(lambda);
  }

  function criterion(batch: MomentBatch, k: number, theta: Float64Array) {
    const { d } = objective;
    // A power of two that brings the residual variance near 1, as in fitting.
    const scale = 2 ** -Math.round(Math.log2(batch.responses.rss[k] / d) / 2);
    const value = place(batch, k, theta, scale);
    return {
      criterion: criterionConstant(design, method) + value - 2 * d * Math.log(scale),
      sigma: Math.sqrt(objective.S / d) / scale,
    };
  }

  function coefficients(batch: MomentBatch, k: number, theta: Float64Array): Float64Array {
    place(batch, k, theta);
    const { p, r } = design;
    const coordinates = Float64Array.from({ length: p }, (_, i) => batch.responses.qty[k * p + i] + objective.shift[i]);
    return solveUpperVector(r, coordinates);
  }

  /** The model of a method, and the method: Satterthwaite's where Kenward and Roger's is not defined. */
  function varianceModel(
    ddf: DdfMethod,
    value: number,
  ): { readonly variance: VarianceModel; readonly method: DdfMethod } {
    const adjusted = ddf === 'kenward-roger' ? variances.kenwardRoger() : null;
    if (adjusted) return { variance: adjusted, method: ddf };
    newton.standEvaluated(lambda, value);
    const method = ddf === 'kenward-roger' ? 'satterthwaite' : ddf;
    return { variance: variances.satterthwaite(newton), method };
  }

  function smallSample(batch: MomentBatch, k: number, theta: Float64Array, sigma: number, ddf: DdfMethod): SmallSample {
    const value = place(batch, k, theta);
    const { p, r, coefficients: names } = design;
    const { variance, method: used } = varianceModel(ddf, value);
    for (let i = 0; i < p; i++) coordinates[i] = batch.responses.qty[k * p + i] + objective.shift[i];
    return { method: used, names, r, coordinates, sigma, d: objective.d, variance };
  }

  function covariance(batch: MomentBatch, k: number, theta: Float64Array, sigma: number, ddf: DdfMethod): Float64Array {
    place(batch, k, theta);
    const { p, r } = design;
    const C = (ddf === 'kenward-roger' ? variances.kenwardRoger()?.adjusted : undefined) ?? objective.covariance;
    return covarianceInRawUnits(C, r, p, sigma);
  }

  function modes(batch: MomentBatch, k: number, theta: Float64Array, sigma: number) {
    place(batch, k, theta);
    const byFactor = objective.conditional();
    return design.terms.map((term, t) => {
      const { q, factor, column, transform } = term;
      const levels = design.factors[factor].levels.length;
      const width = design.factors[factor].q;
      const { square } = objective.slots[t];
      const G = factorProduct(lambda.subarray(square, square + q * q), q);
      const { projected, information } = byFactor[factor];
      const estimate = new Float64Array(levels * q);
      const standardError = new Float64Array(levels * q);
      const mode = new Float64Array(q);
      const middle = new Float64Array(q * q);
      for (let i = 0; i < levels; i++) {
        for (let a = 0; a < q; a++) {
          mode[a] = 0;
          for (let b = 0; b < q; b++) mode[a] += G[a * q + b] * projected[i * width + column + b];
        }
        for (let a = 0; a < q; a++) {
          for (let b = 0; b < q; b++) {
            let sum = 0;
            for (let c = 0; c < q; c++) {
              for (let e = 0; e < q; e++) {
                sum += G[a * q + c] * information[(i * width + column + c) * width + column + e] * G[e * q + b];
              }
            }
            middle[a * q + b] = G[a * q + b] - sum;
          }
        }
        // Back to raw units: b = T^-1 bt.
        for (let a = q - 1; a >= 0; a--) {
          for (let b = a + 1; b < q; b++) mode[a] -= transform[a * q + b] * mode[b];
          mode[a] /= transform[a * q + a];
          estimate[i * q + a] = mode[a];
        }
        const half = solveUpper(transform, middle, q);
        for (let a = 0; a < q; a++) for (let b = 0; b < q; b++) middle[a * q + b] = half[b * q + a];
        const raw = solveUpper(transform, middle, q);
        for (let a = 0; a < q; a++) standardError[i * q + a] = sigma * Math.sqrt(Math.max(0, raw[a * q + a]));
      }
      return { estimate, standardError };
    });
  }
  return { coefficients, covariance, smallSample, criterion, modes };
}
