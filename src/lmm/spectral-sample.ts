/**
 * What tests of fixed effects need of a model with one scalar random term, from the spectral form of its design. With
 * K0 = Z'MZ = U diag(lambda) U', B = Q'Z U (p x Q) and t = 1 / (1 + gamma lambda):
 *
 *     C         = I + gamma sum t b b'       dC/dgamma = sum t^2 b b'
 *     -dlogS/dg = sum z^2 lambda t^2 / S     adjusted  = C + 2 W sum lambda t^3 b b'  (Kenward and Roger)
 *
 * A sum over the distinct eigenvalues for each element, from outer products b b' that are formed once: nothing is factored or
 * inverted for a response, and a hypothesis then costs O(p^2).
 */
import type { DesignMoments } from '../moments/moments.ts';
import { dot } from '../numeric/dense.ts';
import type { VarianceModel } from '../types/inference.ts';
import { triangleSize } from '../types/parameters.ts';
import type { ModelReader } from './engine.ts';
import { emptyOptimum } from './ratio-search.ts';
import { spectralDesign } from './spectral-design.ts';
import { expectedInformation } from './spectral-finish.ts';
import { projectResponse } from './spectral-response.ts';
import { evaluateSpectral } from './spectral-search.ts';
import { isAdjustable } from './variance-model.ts';

/** Eigenvalues this near to each other, relative, are one: a balanced design has few that differ. */
const SAME_EIGENVALUE = 1e-13;

/** The reader of the models of a design with one scalar random term: O(Q^3) once, then O(Q^2 + p^2 distinct eigenvalues) each. */
export function spectralSample(design: DesignMoments, method: 'REML' | 'ML'): ModelReader['smallSample'] {
  const spectral = spectralDesign(design, { method, ddf: 'asymptotic', contrasts: new Float64Array(0) });
  const { lambda, zeros, basis, space, scale } = spectral;
  const { p, r, coefficients: names } = design;
  const { d } = space;
  const Q = lambda.length;
  const { values, products } = distinctProducts(lambda, basis, p);
  const D = values.length;
  const w = new Float64Array(Q);
  const z2 = new Float64Array(Q - zeros);
  const optimum = emptyOptimum();
  const first = new Float64Array(D); // gamma t
  const second = new Float64Array(D); // t^2
  const third = new Float64Array(D); // lambda t^3
  const coordinates = new Float64Array(p);
  const model = new Float64Array(p * p);
  const adjusted = new Float64Array(p * p);
  const changes = new Float64Array(p * p);
  const shift = new Float64Array(1);
  const weights = new Float64Array(1);
  const unadjusted: VarianceModel = { model, adjusted: model, elements: 1, changes, shift, weights };
  const kenwardRoger: VarianceModel = { ...unadjusted, adjusted };

  /** Satterthwaite's shift and weight: the curvature over the factor, so that at gamma = 0 only the scale is left. */
  function observe(gamma: number, within: number): void {
    if (gamma === 0) {
      let S = within;
      let change = 0;
      for (let j = 0; j < z2.length; j++) {
        S += z2[j];
        change += z2[j] * lambda[zeros + j];
      }
      shift[0] = change / S;
      weights[0] = 0;
      return;
    }
    evaluateSpectral(space, z2, within, Math.log(gamma), optimum);
    const { A, slope, curvature } = optimum;
    shift[0] = A / gamma;
    const turned = curvature - 0.5 * slope;
    weights[0] = turned > 0 ? (2 * gamma * gamma) / turned : 0;
  }

  return ({ responses }, k, theta, sigma, ddf) => {
    const root = theta[0] * scale;
    const gamma = root * root;
    const within = projectResponse(spectral, responses, k, w, z2);
    for (let j = zeros; j < Q; j++) w[j] *= gamma / (1 + gamma * lambda[j]);
    for (let a = 0; a < p; a++) coordinates[a] = responses.qty[k * p + a] - dot(basis, a * Q, w, 0, Q);
    for (let i = 0; i < D; i++) {
      const t = 1 / (1 + gamma * values[i]);
      const square = t * t;
      first[i] = gamma * t;
      second[i] = square;
      third[i] = values[i] * square * t;
    }
    fillMatrices(products, first, second, p, model, changes);
    if (ddf === 'kenward-roger') {
      const expected = expectedInformation(lambda, gamma, d);
      shift[0] = expected.shift;
      weights[0] = expected.weight;
      addMatrix(products, third, 2 * expected.weight, p, model, adjusted);
      if (isAdjustable(kenwardRoger, d, p)) {
        return { method: ddf, names, r, coordinates, sigma, d, variance: kenwardRoger };
      }
    }
    observe(gamma, within);
    const method = ddf === 'kenward-roger' ? 'satterthwaite' : ddf;
    return { method, names, r, coordinates, sigma, d, variance: unadjusted };
  };
}

/** Distinct eigenvalues, and for each pair a >= b of rows of B the sum of b_a b_b over each of them: pairs x distinct. */
function distinctProducts(
  lambda: Float64Array,
  basis: Float64Array,
  p: number,
): { values: Float64Array; products: Float64Array } {
  const Q = lambda.length;
  const values: number[] = [];
  const of = Array.from(lambda, (value) => {
    const last = values.length - 1;
    if (last < 0 || value - values[last] > SAME_EIGENVALUE * value) values.push(value);
    return values.length - 1;
  });
  const D = values.length;
  const products = new Float64Array(triangleSize(p) * D);
  for (let a = 0, e = 0; a < p; a++) {
    for (let b = 0; b <= a; b++, e++) {
      for (let j = 0; j < Q; j++) products[e * D + of[j]] += basis[a * Q + j] * basis[b * Q + j];
    }
  }
  return { values: Float64Array.from(values), products };
}

/** model = I + sum first b b' and changes = sum second b b', both p x p. */
function fillMatrices(
  products: Float64Array,
  first: Float64Array,
  second: Float64Array,
  p: number,
  model: Float64Array,
  changes: Float64Array,
): void {
  const D = first.length;
  for (let a = 0, at = 0; a < p; a++) {
    for (let b = 0; b <= a; b++, at += D) {
      const sum = (a === b ? 1 : 0) + dot(products, at, first, 0, D);
      const change = dot(products, at, second, 0, D);
      model[a * p + b] = sum;
      model[b * p + a] = sum;
      changes[a * p + b] = change;
      changes[b * p + a] = change;
    }
  }
}

/** out = matrix + scale sum weight b b', p x p. */
function addMatrix(
  products: Float64Array,
  weight: Float64Array,
  scale: number,
  p: number,
  matrix: Float64Array,
  out: Float64Array,
): void {
  const D = weight.length;
  for (let a = 0, at = 0; a < p; a++) {
    for (let b = 0; b <= a; b++, at += D) {
      const sum = matrix[a * p + b] + scale * dot(products, at, weight, 0, D);
      out[a * p + b] = sum;
      out[b * p + a] = sum;
    }
  }
}
