import type { LocatedModel } from '../fit/readable-fit.ts';
import type { OpenReader } from '../lmm/model-reader.ts';
import type { MomentBatch } from '../moments/moments.ts';

/** A parameter beside the coefficients, in the names of `tidy`. */
export interface DeletedParameter {
  readonly effect?: 'ran_pars' | 'dispersion' | 'threshold';
  readonly group: string | null;
  readonly term: string;
  readonly estimate: number;
}

/** Estimates of a model without a level. */
export interface DeletedFit {
  /** Over the coefficients of the model's design. */
  readonly estimate: Float64Array;
  readonly standardError: Float64Array;
  readonly parameters: readonly DeletedParameter[];
}

/**
 * Coefficients and sigma without a level, the relative covariance factor held at that of the whole: one step of the
 * refit. `batches` are the moments without a level, one a level, of the models `models`.
 */
export function fixedThetaFits(
  batches: readonly MomentBatch[],
  models: readonly number[],
  locate: (model: number) => LocatedModel | null,
  method: 'REML' | 'ML',
  openReader: OpenReader,
): (place: number, k: number) => { fit: DeletedFit | null; status: string } {
  const readers = batches.map(({ design }) => openReader(design, method));
  return (place, k) => {
    const found = locate(models[k]);
    const batch = batches[place];
    const { p, n, factors, blocks } = batch.design;
    const units = blocks ? blocks.units.count : factors[0].levels.length;
    if (!found || n <= p || units < 2) return { fit: null, status: 'too_few' };
    const reader = readers[place];
    const { sigma } = reader.criterion(batch, k, found.theta);
    const covariance = reader.covariance(batch, k, found.theta, sigma, 'asymptotic');
    return {
      status: 'ok',
      fit: {
        estimate: reader.coefficients(batch, k, found.theta),
        standardError: Float64Array.from({ length: p }, (_, a) => Math.sqrt(covariance[a * p + a])),
        // Of a structured covariance all is held.
        parameters: blocks ? [] : [{ group: 'Residual', term: 'sd__Observation', estimate: sigma }],
      },
    };
  };
}
