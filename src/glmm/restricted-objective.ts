import type { FamilyEffects, FamilyEvidence } from '../moments/family-evidence.ts';
import { triangleSize } from '../types/parameters.ts';
import { differenceHessian } from './difference-hessian.ts';
import { twiceInverse } from './family-covariance.ts';
import type { FamilyKernel } from './family-kernel.ts';
import { columnSizes, type FamilyObjective } from './family-objective.ts';
import { LaplaceObjective } from './laplace-objective.ts';
import { factorSteps } from './mode-objective.ts';

/**
 * Standard deviation of a coefficient's prior, in linear predictors: flat to all digits. Cholesky factors are as exact whatever
 * the sizes of columns.
 */
const FLAT_PRIOR = 1e7;
/** Steps of the differences that follow coefficients, in units of what moves a linear predictor by one. */
const FOLLOWED = 1e-3;

/**
 * Laplace's criterion with the coefficients integrated out too, under a flat prior ("restricted Laplace"; glmmTMB's REML = TRUE):
 *
 *     f_R = -2 sum l + u'u + log|K| - p log(2 pi)        at the joint mode of (u, beta),  K its curvature:
 *
 *     log|K| = log|H| + log|X'WX - X'WA H^-1 A'WX|
 *
 * It is the criterion of a model whose coefficients are random effects of one level with standard deviations T that are far beyond
 * the data, but for 2 sum log T; so its gradient is that of `LaplaceObjective`. Parameters: theta and extras alone.
 */
export class RestrictedObjective implements FamilyObjective {
  readonly p = 0;
  readonly m: number;
  readonly d: number;
  readonly least: Float64Array;
  readonly most: Float64Array;
  readonly size: Float64Array;
  readonly origin: Float64Array;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
  readonly costlyHessian = true;
  private readonly whole: LaplaceObjective;
  private readonly coefficients: number;
  /** T by coefficient, and the constant. */
  private readonly prior: Float64Array;
  private readonly constant: number;
  /** Parameters of `whole`, and where the parameters here stand among them. */
  private readonly point: Float64Array;
  private readonly places: Int32Array;
  private readonly steps: Float64Array;

  constructor(evidence: FamilyEvidence, kernel: FamilyKernel) {
    const { rows, x, effects } = evidence;
    const p = rows === 0 ? 0 : x.length / rows;
    const fixed: FamilyEffects = { z: x, codes: new Int32Array(rows) };
    const whole = new LaplaceObjective({ ...evidence, x: new Float64Array(0), effects: [...effects, fixed] }, kernel);
    this.whole = whole;
    this.coefficients = p;
    this.m = whole.m - triangleSize(p);
    // Their deviations are beyond those of random effects.
    whole.least.fill(Number.NEGATIVE_INFINITY, this.m, whole.m);
    whole.most.fill(Number.POSITIVE_INFINITY, this.m, whole.m);
    this.d = whole.d;
    const n = this.m + this.d;
    this.places = Int32Array.from({ length: n }, (_, j) => (j < this.m ? j : whole.m + j - this.m));
    const at = (values: Float64Array) => Float64Array.from(this.places, (place) => values[place]);
    this.least = at(whole.least);
    this.most = at(whole.most);
    this.size = at(whole.size);
    this.origin = at(whole.origin);
    this.prior = columnSizes(x, p).map((size) => FLAT_PRIOR * size);
    this.constant = this.prior.reduce((sum, T) => sum - 2 * Math.log(T), -p * Math.log(2 * Math.PI));
    this.point = new Float64Array(whole.m + whole.d);
    for (let j = 0, place = this.m; j < p; place += p - j, j++) this.point[place] = this.prior[j];
    this.gradient = new Float64Array(n);
    this.hessian = new Float64Array(n * n);
    this.steps = new Float64Array(n);
  }

  get eta(): Float64Array {
    return this.whole.eta;
  }

  load(values: Float64Array, at: number): void {
    this.whole.load(values, at);
  }

  /** Coefficients that the next evaluation begins its search of the mode with. */
  startCoefficients(beta: ArrayLike<number>): void {
    const { u } = this.whole.mode;
    u.fill(0);
    const first = this.firstColumn;
    this.prior.forEach((T, j) => {
      u[first + j] = beta[j] / T;
    });
  }

  /** Coefficients at the joint mode of the point evaluated last. */
  get beta(): Float64Array {
    const { u } = this.whole.mode;
    const first = this.firstColumn;
    return this.prior.map((T, j) => T * u[first + j]);
  }

  private get firstColumn(): number {
    const { terms } = this.whole.mode;
    return terms[terms.length - 1].columns[0];
  }

  evaluate(parameters: Float64Array, order: 0 | 1 | 2): number {
    if (order < 2) return this.evaluateExactly(parameters, order as 0 | 1);
    const { whole, m, size, steps } = this;
    factorSteps(whole.mode.terms.slice(0, -1), parameters.subarray(0, m), size, steps, 0);
    const aids = { size: steps, modes: whole.mode.u };
    return differenceHessian(this, (at) => this.evaluateExactly(at, 1), parameters, aids);
  }

  private evaluateExactly(parameters: Float64Array, order: 0 | 1): number {
    const { whole, point, places, gradient, origin } = this;
    for (let j = 0; j < places.length; j++) point[places[j]] = parameters[j];
    const value = whole.evaluate(point, order);
    for (let j = 0; j < places.length; j++) {
      gradient[j] = whole.gradient[places[j]];
      origin[j] = whole.origin[places[j]];
    }
    return value + this.constant;
  }

  theta(parameters: Float64Array): Float64Array {
    for (let j = 0; j < this.m; j++) this.point[j] = parameters[j];
    return this.whole.theta(this.point).slice(0, this.m);
  }

  parametersOf(_beta: Float64Array, theta: Float64Array, extras: Float64Array): Float64Array {
    return Float64Array.of(...theta, ...extras);
  }

  modes(): { readonly estimate: Float64Array; readonly standardError: Float64Array }[] {
    return this.whole.modes().slice(0, -1);
  }

  /** Coefficients held, as elsewhere: their part of H^-1 is left out. */
  effectVariance(levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): number {
    return this.whole.effectVariance([...Array.from(levels), -1], [...z, []]);
  }

  /** (x, z)'K^-1 (x, z): the variance of x'beta + z'b about the mode, theta and extras held. */
  errorVariance(x: Float64Array, levels: ArrayLike<number>, z: readonly ArrayLike<number>[]): number {
    return this.whole.effectVariance([...Array.from(levels), 0], [...z, x]);
  }

  /**
   * Covariances of the coefficients where the objective stands with its Hessian: with theta and extras held, the block of K^-1; and
   * what they add, J V J' with J the derivatives of the mode and V twice the inverse of the Hessian over those at no bound. The
   * objective stands there afterwards, but with no derivatives.
   */
  coefficientCovariances(parameters: Float64Array): { readonly held: Float64Array; readonly whole: Float64Array } {
    const { coefficients: p, prior, least, size, hessian, whole } = this;
    const n = parameters.length;
    const first = this.firstColumn;
    const held = new Float64Array(p * p);
    const column = new Float64Array(whole.mode.plan.columns);
    for (let j = 0; j < p; j++) {
      column.fill(0);
      column[first + j] = 1;
      whole.mode.factor.solve(0, column);
      for (let i = 0; i < p; i++) held[i * p + j] = prior[i] * prior[j] * column[first + i];
    }
    const free = Array.from(parameters.keys()).filter((j) => parameters[j] !== least[j]);
    const V = twiceInverse(hessian, n, free).inverse;
    const beta = this.beta;
    const point = parameters.slice();
    const slopes = free.map((j) => {
      const h = Math.min(FOLLOWED * size[j], (parameters[j] - least[j]) / 2);
      const [up, down] = [h, -h].map((step) => {
        point[j] = parameters[j] + step;
        this.startCoefficients(beta);
        this.evaluateExactly(point, 0);
        return this.beta;
      });
      point[j] = parameters[j];
      return up.map((value, i) => (value - down[i]) / (2 * h));
    });
    this.startCoefficients(beta);
    this.evaluateExactly(parameters, 0);
    const total = held.slice();
    free.forEach((j, a) => {
      free.forEach((k, b) => {
        for (let e = 0; e < p * p; e++) {
          total[e] += slopes[a][Math.floor(e / p)] * V[j * n + k] * slopes[b][e % p];
        }
      });
    });
    return { held, whole: total };
  }
}
