import type { DesignMoments, MomentBatch } from '../../moments/moments.ts';
import { symmetricEigen } from '../../numeric/symmetric-eigen.ts';
import { type Engine, type EngineOptions, type Fits, REASONS } from '../backend.ts';
import { SINGULAR_BELOW, testRows } from '../test-rows.ts';
import { screenDesign, screenResponse, setStatus } from './screen.ts';
import { type SpectralOptimum, searchSpectral, spectralSpace } from './spectral-search.ts';

/** Eigenvalues of Z'MZ below this multiple of the largest are zero: they are exactly so in theory (Z'1 in the span of X). */
const ZERO_EIGENVALUE = 1e-11;
/** Residual variance inside the levels below this multiple of the whole is rounding. */
const ZERO_WITHIN = 1e-13;

/**
 * Engine for one scalar random term (design.md 3a): with M the projection off X, Z'MZ = U diag(lambda) U' once per
 * design; then every evaluation costs O(Q), every coefficient or contrast O(Q), whatever n and p are.
 *
 *     b(gamma) = b_ols - K [gamma w / (1 + gamma lambda)],    C(gamma) = (X'X)^-1 + K diag(gamma / (1 + gamma lambda)) K'
 *     1 / df   = 1 / d + (d log(c S) / du)^2 / f''            Satterthwaite, with c = l'C l and u = log gamma
 */
export function spectralEngine(design: DesignMoments, options: EngineOptions): Engine {
  const { n, p, q: Q } = design;
  const problem = screenDesign(design);
  if (problem) {
    return { fit: (_batch, _k, fits, at) => setStatus(fits, at, problem.status, problem.reason) };
  }
  const factor = design.factors[0];
  const reml = options.method === 'REML';
  const d = reml ? n - p : n;

  // K0 = Z'MZ, its eigenvectors, and K0's coordinates of X.
  const k0 = new Float64Array(Q * Q);
  for (let i = 0; i < Q; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? factor.ztz[i] : 0;
      for (let k = 0; k < p; k++) sum -= factor.ztx[i * p + k] * factor.ztx[j * p + k];
      k0[i * Q + j] = sum;
      k0[j * Q + i] = sum;
    }
  }
  const { values, vectors } = symmetricEigen(k0, Q);
  const largest = values[Q - 1];
  let zeros = 0;
  while (zeros < Q && !(values[zeros] > ZERO_EIGENVALUE * largest)) zeros++;
  const J = Q - zeros;
  const lambda = new Float64Array(Q); // zeros first, then the J others ascending
  for (let j = zeros; j < Q; j++) lambda[j] = values[j];
  // Eigenvectors in rows, so that w = U'(Z'r) reads contiguous memory.
  const ut = new Float64Array(Q * Q);
  for (let j = 0; j < Q; j++) for (let i = 0; i < Q; i++) ut[j * Q + i] = vectors[i * Q + j];

  const { rows, columns } = testRows(design, options.contrasts); // columns x p: l'R^-1
  const K = new Float64Array(columns * Q);
  const variance0 = new Float64Array(columns);
  const basis = new Float64Array(p * Q);
  for (let k = 0; k < p; k++) {
    for (let j = 0; j < Q; j++) {
      let sum = 0;
      for (let i = 0; i < Q; i++) sum += factor.ztx[i * p + k] * ut[j * Q + i];
      basis[k * Q + j] = sum;
    }
  }
  for (let c = 0; c < columns; c++) {
    for (let k = 0; k < p; k++) {
      const l = rows[c * p + k];
      variance0[c] += l * l;
      if (l !== 0) for (let j = 0; j < Q; j++) K[c * Q + j] += l * basis[k * Q + j];
    }
  }
  let logDetX = 0;
  for (let k = 0; k < p; k++) logDetX += 2 * Math.log(Math.abs(design.r[k * p + k]));
  const constant = (reml ? logDetX : 0) - design.logDetW + d * (1 + Math.log((2 * Math.PI) / d));

  const positive = lambda.subarray(zeros);
  const space = spectralSpace(positive, reml ? positive : Float64Array.from(factor.ztz), d);
  const w = new Float64Array(Q);
  const z2 = new Float64Array(J);
  const shrunk = new Float64Array(Q); // gamma w t
  const weight = new Float64Array(Q); // gamma t
  const scale = design.terms[0].transform[0];
  const optimum: SpectralOptimum = {
    gamma: 0,
    u: 0,
    S: 0,
    difference: 0,
    A: 0,
    slope: 0,
    curvature: 0,
    evaluations: 0,
    converged: false,
  };
  const satterthwaite = options.ddf === 'satterthwaite';

  function fit(batch: MomentBatch, k: number, fits: Fits, at: number): void {
    const { responses } = batch;
    const rss = responses.rss[k];
    if (screenResponse(responses.constant[k], rss, fits, at)) return;
    const { ztr } = responses;
    const from = k * Q;
    let between = 0;
    for (let j = 0; j < Q; j++) {
      let sum = 0;
      const row = j * Q;
      if (j >= zeros) {
        for (let i = 0; i < Q; i++) sum += ut[row + i] * ztr[from + i];
        z2[j - zeros] = (sum * sum) / lambda[j];
        between += z2[j - zeros];
      }
      w[j] = sum;
    }
    const within = rss - between;
    if (!(within > ZERO_WITHIN * rss)) {
      setStatus(fits, at, 'perfect_fit', REASONS[6]);
      return;
    }
    searchSpectral(space, z2, within, optimum);
    const { gamma, S, A, curvature } = optimum;
    const sigma2 = S / d;
    fits.sigma[at] = Math.sqrt(sigma2);
    const theta = Math.sqrt(gamma) / scale;
    fits.theta[at * fits.thetas] = theta;
    fits.criterion[at] = constant + optimum.difference + d * Math.log(rss);
    fits.evaluations[at] = optimum.evaluations;
    fits.singular[at] = theta < SINGULAR_BELOW ? 1 : 0;
    fits.gradient[at] = gamma === 0 ? 0 : (optimum.slope * optimum.slope) / (2 * curvature);
    fits.converged[at] = optimum.converged ? 1 : 0;
    if (!optimum.converged) setStatus(fits, at, 'not_converged', REASONS[8]);

    for (let j = 0; j < Q; j++) {
      const gt = gamma / (1 + gamma * lambda[j]);
      weight[j] = gt;
      shrunk[j] = gt * w[j];
    }
    const to = at * columns;
    for (let c = 0; c < columns; c++) {
      let estimate = 0;
      for (let i = 0; i < p; i++) estimate += rows[c * p + i] * responses.qty[k * p + i];
      let variance = variance0[c];
      let change = 0; // d variance / du
      if (gamma > 0) {
        const row = c * Q;
        const inverseGamma = 1 / gamma;
        for (let j = 0; j < Q; j++) {
          const kj = K[row + j];
          const part = kj * kj * weight[j];
          estimate -= kj * shrunk[j];
          variance += part;
          change += part * weight[j];
        }
        change *= inverseGamma; // gamma t^2 = (gamma t)^2 / gamma
      }
      fits.estimate[to + c] = estimate;
      fits.standardError[to + c] = Math.sqrt(sigma2 * variance);
      if (satterthwaite) {
        const u = gamma > 0 ? change / variance - A : 0;
        fits.df[to + c] = gamma > 0 ? 1 / (1 / d + (u * u) / curvature) : d;
      }
    }
  }
  return { fit };
}
