/**
 * Wald intervals of covariance parameters of models with structured covariances. Each quantity g(t) is taken to the scale on
 * which its estimate is nearly normal (logarithm of a standard deviation or range, Fisher's z of a correlation over its whole
 * interval), with variance (dg/dt)' cov(t) (dg/dt), cov(t) twice the inverse of the observed Hessian of the criterion, and its
 * limits are taken back (mmrm's and nlme's way: intervals stay inside the parameter's range).
 */
import { type MomentFit, modelLocator } from '../fit/readable-fit.ts';
import { reasonCode, UNTESTED } from '../lmm/intervals/interval-options.ts';
import { covarianceParameters } from '../lmm/structured/covariance-parameters.ts';
import { type CovarianceQuantities, covarianceQuantities } from '../lmm/structured/covariance-quantities.ts';
import { fromNormal, normalSlope, toNormal } from '../lmm/structured/normal-scale.ts';
import type { DesignMoments } from '../moments/moments.ts';
import { studentQuantile } from '../numeric/distributions/student-quantile.ts';
import { STATUSES } from '../types/fit-table.ts';
import { type OpenIntervals, placesByName } from './interval-parameters.ts';

/** Standard deviations below this share of the largest have vanished: their logarithms say nothing. */
const VANISHED = 1e-6;

/** Fills the limits of the covariance parameters that are asked for. */
export function addCovarianceIntervals(result: MomentFit, intervals: OpenIntervals): void {
  const { table } = result;
  const { parameters, chosen, low, high, reason, level } = intervals;
  const z = studentQuantile(0.5 + level / 2, Number.POSITIVE_INFINITY);
  const { locate } = modelLocator(result);
  const known = new Map<DesignMoments, { readonly quantities: CovarianceQuantities; readonly places: number[] }>();
  const find = placesByName(parameters);
  if (!parameters.some(({ effect }, i) => effect !== 'fixed' && chosen[i])) return;
  for (let model = 0; model < table.models; model++) {
    const found = locate(model);
    if (!found) continue;
    const to = model * parameters.length;
    if (STATUSES[table.status[model]] === 'not_converged') {
      for (let i = 0; i < parameters.length; i++) if (chosen[i]) reason[to + i] = reasonCode(UNTESTED);
      continue;
    }
    const { batch, k, reader, theta, sigma } = found;
    const { design } = batch;
    let own = known.get(design);
    if (!own) {
      const quantities = covarianceQuantities(design);
      own = { quantities, places: quantities.members.map(find) };
      if (known.size > KEPT_DESIGNS) known.clear();
      known.set(design, own);
    }
    const { quantities, places } = own;
    const sample = reader.smallSample(batch, k, theta, sigma, 'satterthwaite');
    const covariance = parameterCovariance(design, sample.variance.weights, sample.sigma);
    const values = quantities.values(theta);
    const slopes = quantities.gradients(theta);
    const m = sample.variance.elements;
    const largest = quantities.members.reduce(
      (most, { term }, i) => (term.startsWith('sd__') && values[i] > most ? values[i] : most),
      0,
    );
    quantities.members.forEach(({ scale, term }, i) => {
      const place = places[i];
      if (place < 0 || !chosen[place] || Number.isNaN(values[i])) return;
      let variance = 0;
      for (let a = 0; a < m; a++) {
        for (let b = 0; b < m; b++) variance += slopes[i * m + a] * covariance[a * m + b] * slopes[i * m + b];
      }
      const half = z * Math.sqrt(variance) * normalSlope(scale, values[i]);
      const vanished = term.startsWith('sd__') && !(values[i] > VANISHED * largest);
      if (!(variance > 0) || !Number.isFinite(half) || vanished) {
        reason[to + place] = reasonCode(
          'a standard deviation is estimated as zero, or the data do not tell how uncertain it is: there is no Wald interval',
        );
        return;
      }
      const centre = toNormal(scale, values[i]);
      low[to + place] = fromNormal(scale, centre - half);
      high[to + place] = fromNormal(scale, centre + half);
      reason[to + place] = 0;
    });
  }
}

const KEPT_DESIGNS = 64;

/** Covariance of t in the units of the response: of factors of random terms the reader has it in other ones. */
function parameterCovariance(design: DesignMoments, weights: Float64Array, unit: number): Float64Array {
  if (!design.blocks) throw new RangeError('the design has no blocks of a covariance');
  const { count, terms } = covarianceParameters(design.blocks.layout, design.terms);
  const units = new Float64Array(count).fill(1);
  for (const { structure, offset, parameters } of terms) if (!structure) units.fill(unit, offset, offset + parameters);
  return weights.slice(0, count * count).map((value, i) => value * units[Math.floor(i / count)] * units[i % count]);
}
