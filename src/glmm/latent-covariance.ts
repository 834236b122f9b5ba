import type { EstimateErrors } from './estimate-errors.ts';

/**
 * Covariance of the estimates (less the mean of the thresholds, coefficients) of an ordinal model, (p + 1) x (p + 1), where
 * `errors` stand: by variances of sums and differences, 4 Cov(a, b) = Var(a + b) - Var(a - b).
 *
 * @param extras a_1 and the logarithms of the differences of the thresholds
 */
export function latentCovariance(errors: EstimateErrors, extras: Float64Array): Float64Array {
  const { p, m, without } = errors;
  const { levels, z } = without;
  const d = extras.length;
  const size = p + 1;
  // Extra e moves all thresholds from its own on.
  const slopes = extras.map((extra, e) => (e === 0 ? 1 : ((d - e) / d) * Math.exp(extra)));
  const varianceOf = (weights: Float64Array): number => {
    const x = weights.subarray(1);
    const g = errors.gradient(x, 0, levels, z);
    slopes.forEach((slope, e) => {
      g[p + m + e] -= weights[0] * slope;
    });
    return errors.variance(g) + errors.effectVariance(x, 0, levels, z);
  };
  const V = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const [sum, difference] = [1, -1].map((sign) => {
        const weights = new Float64Array(size);
        weights[i] += 1;
        weights[j] += sign;
        return varianceOf(weights);
      });
      V[i * size + j] = (sum - difference) / 4;
      V[j * size + i] = V[i * size + j];
    }
  }
  return V;
}
