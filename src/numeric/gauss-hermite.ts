import type { Quadrature } from './gauss-legendre.ts';

/**
 * Gauss-Hermite rule of `count` nodes for the standard normal density: sum of weights f(nodes) is E f(Z), exact for polynomials
 * of degree 2 count - 1. Nodes ascend and are symmetric, weights sum to one.
 *
 * Nodes are zeros of the orthonormal polynomial h_n, by Newton's method with the zeros found before divided out, from the
 * largest on; h_{k+1} = (x h_k - sqrt(k) h_{k-1}) / sqrt(k + 1), h_n' = sqrt(n) h_{n-1}, and weights 1 / (n h_{n-1}^2).
 */
export function gaussHermite(count: number): Quadrature {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  let x = 2 * Math.sqrt(count);
  for (let i = 0; i < count >> 1; i++) {
    // Beyond the largest zero that is left Newton's steps go down to it without passing it.
    x += 0.01;
    for (let step = 0; step < 200; step++) {
      const { value, before } = hermite(x, count);
      // Zeros come with their opposites; those found, and the middle one of an odd rule, are divided out.
      let pull = count % 2 === 1 ? 1 / x : 0;
      for (let j = 0; j < i; j++) pull += (2 * x) / (x * x - nodes[count - 1 - j] ** 2);
      const change = value / (Math.sqrt(count) * before - value * pull);
      x -= change;
      if (Math.abs(change) < 1e-15 * x) break;
    }
    // One step of Newton's method on h_n itself takes out the rounding of the quotient.
    const { value, before } = hermite(x, count);
    x -= value / (Math.sqrt(count) * before);
    nodes[count - 1 - i] = x;
    nodes[i] = -x;
    weights[i] = weights[count - 1 - i] = weightAt(x, count);
  }
  if (count % 2 === 1) weights[count >> 1] = weightAt(0, count);
  return { nodes, weights };
}

function weightAt(x: number, count: number): number {
  return 1 / (count * hermite(x, count).before ** 2);
}

/** h_n and h_{n-1}. */
function hermite(x: number, n: number): { value: number; before: number } {
  let before = 0;
  let value = 1;
  for (let k = 0; k < n; k++) {
    const next = (x * value - Math.sqrt(k) * before) / Math.sqrt(k + 1);
    before = value;
    value = next;
  }
  return { value, before };
}
