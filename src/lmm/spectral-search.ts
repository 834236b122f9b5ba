import {
  finishRatio,
  GRID_DECADES,
  type RatioOptimum,
  type RatioProfile,
  searchRatio,
  standRatio,
} from './ratio-search.ts';

/**
 * The profiled criterion of a model with one scalar random term in the eigenvalues of its design, over u = log gamma.
 *
 * With z_j^2 = w_j^2 / lambda_j, t = 1 / (1 + gamma lambda), h = 1 - t:
 *
 *     S(u)    = r_w + sum z^2 t                                  residual quadratic form
 *     f - f0  = sum log(1 + gamma mu) + d log(S / S(0))          mu = lambda (REML) or the eigenvalues of Z'WZ (ML)
 *     f'      = sum h_mu - d A,   A = sum z^2 h t / S
 *     f''     = sum h_mu t_mu - d (sum z^2 h t (1 - 2 h) / S + A^2)
 *
 * All sums are of positive terms. What the points of the grid need is computed once per design.
 */
export interface SpectralSpace {
  /** Non-zero eigenvalues of Z'MZ, length J. */
  readonly lambda: Float64Array;
  /** Eigenvalues in the log-determinant: lambda for REML, those of Z'WZ for ML. */
  readonly mu: Float64Array;
  /** n - p for REML, n for ML. */
  readonly d: number;
  /** The points of the grid, with t and the sum of h_mu there; and their u alone. */
  readonly grid: readonly { readonly u: number; readonly t: Float64Array; readonly sumH: number }[];
  readonly points: Float64Array;
  readonly sumMu: number;
}

export function spectralSpace(lambda: Float64Array, mu: Float64Array, d: number): SpectralSpace {
  let mean = 0;
  for (const value of lambda) mean += value / lambda.length;
  const grid = GRID_DECADES.map((decade) => {
    const gamma = 10 ** decade / mean;
    const t = Float64Array.from(lambda, (value) => 1 / (1 + gamma * value));
    let sumH = 0;
    for (const value of mu) sumH += (gamma * value) / (1 + gamma * value);
    return { u: Math.log(gamma), t, sumH };
  });
  let sumMu = 0;
  for (const value of mu) sumMu += value;
  return { lambda, mu, d, grid, points: Float64Array.from(grid, ({ u }) => u), sumMu };
}

/** Fills `out` with the lowest minimum. `z2` has length J; `rw` is the residual sum of squares inside the levels. */
export function searchSpectral(space: SpectralSpace, z2: Float64Array, rw: number, out: RatioOptimum): void {
  searchRatio(new SpectralProfile(space, z2, rw), out);
}

/** `finishRatio` of a response. */
export function finishSpectral(
  space: SpectralSpace,
  z2: Float64Array,
  rw: number,
  u: number,
  out: RatioOptimum,
): boolean {
  return finishRatio(new SpectralProfile(space, z2, rw), u, out);
}

/** `standRatio` of a response. */
export function standSpectral(
  space: SpectralSpace,
  z2: Float64Array,
  rw: number,
  u: number,
  out: RatioOptimum,
): boolean {
  return standRatio(new SpectralProfile(space, z2, rw), u, out);
}

/** Fills gamma, u, S, A, slope and curvature of `out` at a finite u. */
export function evaluateSpectral(
  space: SpectralSpace,
  z2: Float64Array,
  rw: number,
  u: number,
  out: RatioOptimum,
): void {
  new SpectralProfile(space, z2, rw).evaluate(u, out);
}

/** One response in the eigenvalues of its design. */
class SpectralProfile implements RatioProfile {
  readonly grid: Float64Array;
  readonly S0: number;
  private readonly space: SpectralSpace;
  private readonly z2: Float64Array;
  private readonly rw: number;

  constructor(space: SpectralSpace, z2: Float64Array, rw: number) {
    this.space = space;
    this.z2 = z2;
    this.rw = rw;
    this.grid = space.points;
    let S0 = rw;
    for (let j = 0; j < space.lambda.length; j++) S0 += z2[j];
    this.S0 = S0;
  }

  slopeAtZero(): number {
    const { space, z2, S0 } = this;
    const { lambda, d, sumMu } = space;
    let sum = 0;
    for (let j = 0; j < lambda.length; j++) sum += z2[j] * lambda[j];
    return sumMu - (d * sum) / S0;
  }

  slopeOnGrid(g: number): number {
    const { space, z2, rw } = this;
    const { t, sumH } = space.grid[g];
    let S = rw;
    let zht = 0;
    for (let j = 0; j < t.length; j++) {
      const zt = z2[j] * t[j];
      S += zt;
      zht += zt * (1 - t[j]);
    }
    return sumH - (space.d * zht) / S;
  }

  evaluate(u: number, out: RatioOptimum): void {
    const { space, z2, rw } = this;
    const { lambda, mu, d } = space;
    const gamma = Math.exp(u);
    let S = rw;
    let zht = 0;
    let zht2 = 0;
    let sumH = 0;
    let sumHT = 0;
    const J = lambda.length;
    const same = mu === lambda;
    for (let j = 0; j < J; j++) {
      const gl = gamma * lambda[j];
      const t = 1 / (1 + gl);
      const h = gl * t;
      const zt = z2[j] * t;
      const ht = zt * h;
      S += zt;
      zht += ht;
      zht2 += ht * (1 - 2 * h);
      if (same) {
        sumH += h;
        sumHT += h * t;
      }
    }
    if (!same) {
      for (let j = 0; j < mu.length; j++) {
        const gm = gamma * mu[j];
        const t = 1 / (1 + gm);
        sumH += gm * t;
        sumHT += gm * t * t;
      }
    }
    const A = zht / S;
    out.gamma = gamma;
    out.u = u;
    out.S = S;
    out.A = A;
    out.slope = sumH - d * A;
    out.curvature = sumHT - d * (zht2 / S + A * A);
  }

  difference(u: number): number {
    const { space, z2, rw, S0 } = this;
    const { lambda, mu, d } = space;
    const gamma = Math.exp(u);
    let D = 0;
    for (let j = 0; j < lambda.length; j++) {
      const gl = gamma * lambda[j];
      D += (z2[j] * gl) / (1 + gl);
    }
    let logDet = 0;
    for (let j = 0; j < mu.length; j++) logDet += Math.log1p(gamma * mu[j]);
    // log1p keeps the digits of small differences, the direct sum those of large ones.
    if (D < 0.5 * S0) return logDet + d * Math.log1p(-D / S0);
    let direct = rw;
    for (let j = 0; j < lambda.length; j++) direct += z2[j] / (1 + gamma * lambda[j]);
    return logDet + d * Math.log(direct / S0);
  }
}
