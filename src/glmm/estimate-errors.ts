/**
 * Errors of what is predicted from a fit. With b the modes of the random effects as functions of the parameters psi = (beta,
 * covariances, extras), V the covariance of their estimates and H the curvature at the modes (as TMB's `sdreport` has it),
 *
 *     Var(x'beta + z'b - truth) = z'H^-1 z + g'V g        g = d(x'beta + z'b)/dpsi = (x, 0) + sum_k z_k db_k/dpsi
 *
 * so that the variances of the random effects do not count as known. Parameters at a bound are held there.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { quadraticForm } from '../numeric/dense.ts';
import { familyCovariance } from './family-covariance.ts';
import type { FamilyObjective } from './family-objective.ts';
import { openFamily } from './open-family.ts';
import { openObjective } from './open-objective.ts';

/** Steps of central differences of the modes, of what moves a linear predictor by one: their error is of its square. */
const STEP = 1e-4;

export class EstimateErrors {
  /** Parameters, and the places of beta and of the extras among them. */
  readonly n: number;
  readonly p: number;
  readonly m: number;
  private readonly evidence: FamilyEvidence;
  private readonly objective: FamilyObjective;
  private covariance = new Float64Array(0);
  /** By parameter and term: derivatives of the modes, levels x q. */
  private slopes: (Float64Array | null)[][] = [];

  constructor(evidence: FamilyEvidence, nodes: number) {
    this.evidence = evidence;
    this.objective = openObjective(evidence, openFamily(evidence), nodes);
    const { p, m, d } = this.objective;
    this.p = p;
    this.m = m;
    this.n = p + m + d;
  }

  /**
   * Goes to a fit: the response whose numbers stand in `values` from `at` on, beta, covariance factors and extras in `theta`.
   *
   * @param modes whether errors of random effects will be asked for
   */
  place(values: Float64Array, at: number, theta: Float64Array, modes: boolean): void {
    const { objective, n, p, m } = this;
    objective.load(values, at);
    const own = objective.parametersOf(theta.subarray(0, p), theta.subarray(p, p + m), theta.subarray(p + m, n));
    objective.evaluate(own, 2);
    // What is held has no error.
    const { search } = familyCovariance(objective, this.evidence.family, own);
    this.covariance = search.map((value) => (Number.isNaN(value) ? 0 : value));
    this.slopes = [];
    if (!modes || m === 0) return;
    this.slopes = Array.from(own, (_, j) => (search[j * n + j] > 0 ? this.differentiate(own, j) : []));
    objective.evaluate(own, 0);
  }

  private differentiate(own: Float64Array, j: number): Float64Array[] {
    const { objective } = this;
    const least = objective.least[j];
    const h = Math.min(STEP * (objective.size?.[j] ?? 1), Number.isFinite(least) ? (own[j] - least) / 2 : Infinity);
    const [before, after] = [own.slice(), own.slice()];
    before[j] -= h;
    after[j] += h;
    const modesAt = (point: Float64Array): Float64Array[] => {
      objective.evaluate(point, 0);
      return objective.modes().map(({ estimate }) => estimate.slice());
    };
    const low = modesAt(before);
    return modesAt(after).map((high, t) => high.map((value, k) => (value - low[t][k]) / (2 * h)));
  }

  /** g of a row: `x` its p numbers from `at` on; levels (-1: none of the fit's) and z by term. */
  gradient(x: Float64Array, at: number, levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): Float64Array {
    const { n, p, slopes } = this;
    const g = new Float64Array(n);
    for (let k = 0; k < p; k++) g[k] = x[at + k];
    for (let t = 0; t < z.length; t++) {
      if (levels[t] < 0) continue;
      const q = z[t].length;
      for (let j = 0; j < n; j++) {
        const own = slopes[j]?.[t];
        if (own) for (let a = 0; a < q; a++) g[j] += own[levels[t] * q + a] * z[t][a];
      }
    }
    return g;
  }

  /** g'V g. */
  variance(g: Float64Array): number {
    return Math.max(0, quadraticForm(this.covariance, 0, g));
  }

  /** z'H^-1 z. */
  effectVariance(levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): number {
    return this.m === 0 ? 0 : this.objective.effectVariance(levels, z);
  }
}
