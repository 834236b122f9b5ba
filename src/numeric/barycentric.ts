/**
 * Polynomial interpolation in barycentric form (J.-P. Berrut and L. N. Trefethen, "Barycentric Lagrange interpolation",
 * 2004): lambda_j(x) = (b_j / (x - x_j)) / sum_k b_k / (x - x_k), b_j = 1 / prod_k (x_j - x_k). The lambda sum to 1.
 */

/** Chebyshev points of the second kind, increasing, both ends among them; at least two. */
export function chebyshevPoints(low: number, high: number, count: number): Float64Array {
  const half = (high - low) / 2;
  // By the nearer end, so that the ends are exactly that.
  return Float64Array.from({ length: count }, (_, j) => {
    const fromLow = 2 * Math.sin((Math.PI * j) / (2 * (count - 1))) ** 2;
    return fromLow <= 1 ? low + half * fromLow : high - half * 2 * Math.cos((Math.PI * j) / (2 * (count - 1))) ** 2;
  });
}

/** The weights b of some points, but for a common factor. */
export function barycentricWeights(points: Float64Array): Float64Array {
  // Times the capacity of the interval, by which products of differences neither grow nor shrink.
  const scale = 4 / (points[points.length - 1] - points[0]);
  return points.map((x, j) => {
    let product = 1;
    for (let k = 0; k < points.length; k++) if (k !== j) product *= (x - points[k]) * scale;
    return 1 / product;
  });
}

/** Writes lambda(x) of some points to `out` from `at` on. */
export function lagrangeBasis(
  points: Float64Array,
  weights: Float64Array,
  x: number,
  out: Float64Array,
  at: number,
): void {
  let sum = 0;
  for (let j = 0; j < points.length; j++) {
    const distance = x - points[j];
    if (distance === 0) {
      out.fill(0, at, at + points.length);
      out[at + j] = 1;
      return;
    }
    const value = weights[j] / distance;
    out[at + j] = value;
    sum += value;
  }
  for (let j = 0; j < points.length; j++) out[at + j] /= sum;
}
