/**
 * Errors of what is predicted from a fit. With b the modes of the random effects as functions of the parameters psi = (beta,
 * covariances, extras), V the covariance of their estimates and H the curvature at the modes (as TMB's `sdreport` has it),
 *
 *     Var(x'beta + z'b - truth) = z'H^-1 z + g'V g        g = d(x'beta + z'b)/dpsi = (x, 0) + sum_k z_k db_k/dpsi
 *
 * so that the variances of the random effects do not count as known. Parameters at a bound are held there. Of restricted fits the
 * coefficients are modes beside those of the random effects: H is the curvature of both, psi the covariances and extras.
 */
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { quadraticForm } from '../numeric/dense.ts';
import { familyCovariance } from './family-covariance.ts';
import type { FamilyObjective } from './family-objective.ts';
import { openFamily } from './open-family.ts';
import { openObjective } from './open-objective.ts';
import { RestrictedObjective } from './restricted-objective.ts';

/** Steps of central differences of the modes, of what moves a linear predictor by one: their error is of its square. */
const STEP = 1e-4;

export class EstimateErrors {
  /** Parameters, and the places of beta and of the extras among them. */
  readonly n: number;
  readonly p: number;
  readonly m: number;
  /** Levels and z of a row without random effects. */
  readonly without: { readonly levels: Int32Array; readonly z: readonly Float64Array[] };
  private readonly evidence: FamilyEvidence;
  private readonly objective: FamilyObjective;
  private readonly restricted: RestrictedObjective | null;
  /** Parameters of the objective stand from here on among all. */
  private readonly first: number;
  private covariance = new Float64Array(0);
  /** By parameter: derivatives of the modes, levels x q by term; of restricted fits those of the coefficients last. */
  private slopes: Float64Array[][] = [];

  /** @param restricted whether the fits are restricted ones */
  constructor(evidence: FamilyEvidence, nodes: number, restricted: boolean) {
    this.evidence = evidence;
    this.restricted = restricted ? new RestrictedObjective(evidence, openFamily(evidence)) : null;
    this.objective = this.restricted ?? openObjective(evidence, openFamily(evidence), nodes);
    const { effects } = evidence;
    this.without = { levels: new Int32Array(effects.length).fill(-1), z: effects.map(() => new Float64Array(0)) };
    const { m, d } = this.objective;
    this.p = evidence.rows === 0 ? 0 : evidence.x.length / evidence.rows;
    this.m = m;
    this.n = this.p + m + d;
    this.first = restricted ? this.p : 0;
  }

  /**
   * Goes to a fit: the response whose numbers stand in `values` from `at` on, beta, covariance factors and extras in `theta`.
   *
   * @param modes whether errors of random effects will be asked for
   */
  place(values: Float64Array, at: number, theta: Float64Array, modes: boolean): void {
    const { objective, restricted, n, p, m, first } = this;
    objective.load(values, at);
    const beta = theta.subarray(0, p);
    const own = objective.parametersOf(beta, theta.subarray(p, p + m), theta.subarray(p + m, n));
    restricted?.startCoefficients(beta);
    objective.evaluate(own, 2);
    const { search } = familyCovariance(objective, this.evidence.family, own);
    this.covariance = new Float64Array(n * n);
    const size = own.length;
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const value = search[i * size + j];
        // What is held has no error.
        if (!Number.isNaN(value)) this.covariance[(first + i) * n + first + j] = value;
      }
    }
    this.slopes = [];
    if (!restricted && (!modes || m === 0)) return;
    this.slopes = Array.from(own, (_, j) => (search[j * size + j] > 0 ? this.differentiate(own, j, beta) : []));
    restricted?.startCoefficients(beta);
    objective.evaluate(own, 0);
  }

  private differentiate(own: Float64Array, j: number, beta: Float64Array): Float64Array[] {
    const { objective, restricted } = this;
    const least = objective.least[j];
    const h = Math.min(STEP * (objective.size?.[j] ?? 1), Number.isFinite(least) ? (own[j] - least) / 2 : Infinity);
    const [before, after] = [own.slice(), own.slice()];
    before[j] -= h;
    after[j] += h;
    const modesAt = (point: Float64Array): Float64Array[] => {
      restricted?.startCoefficients(beta);
      objective.evaluate(point, 0);
      const modes = objective.modes().map(({ estimate }) => estimate.slice());
      return restricted ? [...modes, restricted.beta.slice()] : modes;
    };
    const low = modesAt(before);
    return modesAt(after).map((high, t) => high.map((value, k) => (value - low[t][k]) / (2 * h)));
  }

  /** g of a row: `x` its p numbers from `at` on; levels (-1: none of the fit's) and z by term. */
  gradient(x: Float64Array, at: number, levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): Float64Array {
    const { n, p, slopes, first, restricted } = this;
    const g = new Float64Array(n);
    if (!restricted) for (let k = 0; k < p; k++) g[k] = x[at + k];
    slopes.forEach((own, j) => {
      for (let t = 0; t < z.length; t++) {
        const q = z[t].length;
        if (levels[t] < 0 || own.length === 0) continue;
        for (let a = 0; a < q; a++) g[first + j] += own[t][levels[t] * q + a] * z[t][a];
      }
      const coefficients = restricted ? own.at(-1) : undefined;
      coefficients?.forEach((slope, k) => {
        g[first + j] += slope * x[at + k];
      });
    });
    return g;
  }

  /** g'V g. */
  variance(g: Float64Array): number {
    return Math.max(0, quadraticForm(this.covariance, 0, g));
  }

  /** z'H^-1 z of the same row; of restricted fits with x in it. */
  effectVariance(x: Float64Array, at: number, levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): number {
    const { restricted, m, p, objective } = this;
    if (restricted) return restricted.errorVariance(x.subarray(at, at + p), levels, z);
    return m === 0 ? 0 : objective.effectVariance(levels, z);
  }
}
