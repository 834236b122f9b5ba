import { pivotedCholesky } from '../numeric/cholesky.ts';
import { FLAT, newtonStep } from '../numeric/newton-step.ts';
import { triangleSize } from '../types/parameters.ts';
import type { CovarianceObjective } from './objective.ts';

/** Where the search ended. `lambda` is valid until the next call. */
export interface NewtonOutcome {
  lambda: Float64Array;
  /** Criterion without constants. */
  value: number;
  /** Half of g'H^-1 g over the free parameters. */
  decrement: number;
  /** True when no direction of the factor has negative curvature. */
  minimum: boolean;
  evaluations: number;
  failed: boolean;
}

const MAXIMAL_EVALUATIONS = 200;
/** The search goes on until the decrement is far below the certificate (1e-8): variances then have all their digits. */
const DECREMENT_GOAL = 1e-15;
/** A largest curvature below this multiple of the degrees of freedom is rounding. */
const ROUGHNESS = 1e-4;
/** Above the rounding of the criterion's slope, below the certificate. */
const LEAST_GAIN = 1e-12;

/**
 * Damped Newton over relative covariance factors. A variance of zero is a regular point of the factor, but also a
 * stationary one: directions of negative curvature are followed even where the gradient vanishes. Each iteration takes
 * the factor by pivoted Cholesky of the current covariance, largest variance first: with a fixed order a first column
 * near zero makes the later ones nearly exchangeable, and Newton's method crawls.
 */
export class FactorNewton {
  private readonly objective: CovarianceObjective;
  private readonly parameters: number;
  // Parameter (row r, column c) of slot s in pivot order.
  private readonly slotOf: Int32Array;
  private readonly rowOf: Int32Array;
  private readonly columnOf: Int32Array;
  private readonly orders: Int32Array[];
  private readonly lambda: Float64Array;
  private readonly trial: Float64Array;
  private readonly gradient: Float64Array;
  private readonly hessian: Float64Array;
  private readonly jacobian: Float64Array;
  private readonly product: Float64Array;
  private readonly vectors: Float64Array;
  private readonly step: Float64Array;
  private readonly along: Float64Array;
  /** Size of each parameter, in which steps and curvatures are judged. */
  private readonly size: Float64Array;
  /** Typical size of a relative covariance factor: 1, or less where the weights are large. */
  private readonly unit: number;

  constructor(objective: CovarianceObjective, unit = 1) {
    this.objective = objective;
    this.unit = unit;
    let m = 0;
    for (const { q } of objective.slots) m += triangleSize(q);
    this.parameters = m;
    this.slotOf = new Int32Array(m);
    this.rowOf = new Int32Array(m);
    this.columnOf = new Int32Array(m);
    this.orders = objective.slots.map(({ q }) => Int32Array.from({ length: q }, (_, i) => i));
    let at = 0;
    objective.slots.forEach(({ q }, s) => {
      for (let c = 0; c < q; c++) {
        for (let r = c; r < q; r++) {
          this.slotOf[at] = s;
          this.rowOf[at] = r;
          this.columnOf[at++] = c;
        }
      }
    });
    this.lambda = new Float64Array(objective.squares);
    this.trial = new Float64Array(objective.squares);
    this.gradient = new Float64Array(m);
    this.hessian = new Float64Array(m * m);
    this.jacobian = new Float64Array(m * objective.bases);
    this.product = new Float64Array(m * objective.bases);
    this.vectors = new Float64Array(m * m);
    this.step = new Float64Array(m);
    this.along = new Float64Array(objective.bases);
    this.size = new Float64Array(m);
  }

  /** Minimises from the factor `start` (concatenated like the objective's). */
  minimise(start: Float64Array): NewtonOutcome {
    const { objective, lambda, trial, step, parameters: m } = this;
    lambda.set(start);
    let value = objective.evaluate(lambda);
    let evaluations = 1;
    let decrement = Number.POSITIVE_INFINITY;
    let minimum = false;
    const failed = () => ({ lambda, value, decrement: Number.NaN, minimum: false, evaluations, failed: true });
    if (!Number.isFinite(value)) return failed();
    for (;;) {
      this.pivot();
      ({ decrement, minimum } = this.newtonStep());
      if (Number.isNaN(decrement)) return failed();
      if (minimum && decrement <= DECREMENT_GOAL)
        return { lambda, value, decrement, minimum, evaluations, failed: false };
      if (evaluations >= MAXIMAL_EVALUATIONS) break;
      let predicted = 0;
      for (let i = 0; i < m; i++) predicted += this.gradient[i] * step[i];
      let accepted = false;
      // What rounding does to the criterion, so that the last steps are not refused for noise.
      const noise = 1e-13 * (Math.abs(value) + objective.d);
      for (let scale = 1, tries = 0; tries < 30; scale *= tries === 0 ? 0.5 : 0.25, tries++) {
        this.move(scale, trial);
        const next = objective.evaluate(trial);
        evaluations++;
        if (Number.isFinite(next) && next <= value + 1e-4 * scale * predicted + noise) {
          accepted = next < value || decrement > 1e-12;
          lambda.set(trial);
          value = next;
          break;
        }
        if (evaluations >= MAXIMAL_EVALUATIONS || (minimum && decrement < 1e-10)) break;
      }
      if (!accepted) break;
    }
    // The objective may stand at a refused trial: evaluate where we are, and certify that point.
    value = objective.evaluate(lambda);
    this.pivot();
    ({ decrement, minimum } = this.newtonStep());
    return { lambda, value, decrement, minimum, evaluations: evaluations + 1, failed: false };
  }

  /** The outcome of standing at a factor without a step. */
  stand(point: Float64Array): NewtonOutcome {
    return this.standEvaluated(point, this.objective.evaluate(point));
  }

  /** {@link stand} where the objective stands at `point` already, with this value. */
  standEvaluated(point: Float64Array, value: number): NewtonOutcome {
    const { lambda } = this;
    lambda.set(point);
    if (!Number.isFinite(value)) {
      return { lambda, value, decrement: Number.NaN, minimum: false, evaluations: 1, failed: true };
    }
    this.pivot();
    return { lambda, value, ...this.newtonStep(), evaluations: 1, failed: false };
  }

  /** Rewrites the factor of each term by pivoted Cholesky of its covariance; G stays as it is. */
  private pivot(): void {
    const { lambda } = this;
    this.objective.slots.forEach(({ q, square }, s) => {
      if (q === 1) {
        lambda[square] = Math.abs(lambda[square]);
        return;
      }
      const G = new Float64Array(q * q);
      const L = new Float64Array(q * q);
      for (let a = 0; a < q; a++) {
        for (let b = 0; b < q; b++) {
          let sum = 0;
          for (let c = 0; c < q; c++) sum += lambda[square + a * q + c] * lambda[square + b * q + c];
          G[a * q + b] = sum;
        }
      }
      const order = this.orders[s];
      pivotedCholesky(G, q, L, order, 1e-22);
      for (let r = 0; r < q; r++) for (let c = 0; c < q; c++) lambda[square + order[r] * q + c] = L[r * q + c];
    });
  }

  /** Index of the element that parameter k stands for, in the concatenated factors. */
  private place(k: number): number {
    const slot = this.objective.slots[this.slotOf[k]];
    return slot.square + this.orders[this.slotOf[k]][this.rowOf[k]] * slot.q + this.columnOf[k];
  }

  private move(scale: number, out: Float64Array): void {
    out.set(this.lambda);
    for (let k = 0; k < this.parameters; k++) out[this.place(k)] += scale * this.step[k] * this.size[k];
  }

  /**
   * d G_(a,b) / d parameter k into `jacobian` (parameters x bases), and the chain rule for gradient and Hessian. The
   * parameters are in units of their row of the factor, so that a variance ratio of 1e10 beside one of 1 is no flat
   * direction.
   */
  private chainRule(): void {
    const { objective, parameters: m, jacobian, product, gradient, hessian, lambda, size, unit } = this;
    const { bases } = objective;
    jacobian.fill(0);
    for (let k = 0; k < m; k++) {
      const slot = objective.slots[this.slotOf[k]];
      const { q, square, basis } = slot;
      const c = this.columnOf[k];
      const row = this.orders[this.slotOf[k]][this.rowOf[k]];
      let g = 0;
      let norm = 0;
      for (let b = 0; b < q; b++) norm += lambda[square + row * q + b] ** 2;
      const scale = Math.max(unit, Math.sqrt(norm));
      size[k] = scale;
      for (let b = 0; b < q; b++) {
        const value = scale * lambda[square + b * q + c];
        g += objective.gradient[square + row * q + b] * value;
        const high = Math.max(row, b);
        const low = Math.min(row, b);
        jacobian[k * bases + basis + (high * (high + 1)) / 2 + low] += row === b ? 2 * value : value;
      }
      gradient[k] = 2 * g;
    }
    for (let k = 0; k < m; k++) {
      for (let e = 0; e < bases; e++) {
        let sum = 0;
        for (let f = 0; f < bases; f++) sum += jacobian[k * bases + f] * objective.hessian[f * bases + e];
        product[k * bases + e] = sum;
      }
    }
    for (let k = 0; k < m; k++) {
      for (let l = 0; l <= k; l++) {
        let sum = 0;
        for (let e = 0; e < bases; e++) sum += product[k * bases + e] * jacobian[l * bases + e];
        if (this.slotOf[k] === this.slotOf[l] && this.columnOf[k] === this.columnOf[l]) {
          const { q, square } = objective.slots[this.slotOf[k]];
          const order = this.orders[this.slotOf[k]];
          sum += 2 * size[k] * size[l] * objective.gradient[square + order[this.rowOf[k]] * q + order[this.rowOf[l]]];
        }
        hessian[k * m + l] = sum;
        hessian[l * m + k] = sum;
      }
    }
  }

  /** The modified Newton step of the objective's last evaluation, with the decrement and the sign of the curvature. */
  private newtonStep(): { decrement: number; minimum: boolean } {
    this.chainRule();
    // A criterion that does not depend on the factor at all, the terms' columns being those of X, has rounding for curvature.
    const tolerance = { roughness: ROUGHNESS * this.objective.d, leastGain: LEAST_GAIN };
    return newtonStep(this.gradient, this.hessian, this.vectors, this.step, tolerance);
  }

  /**
   * Half of the variance factor of the delta method: u' H^+ u for u = d log(c S) / d(parameters) at the last evaluated
   * point, with `changes` the derivative with respect to G (over the symmetric basis). Moore-Penrose inverse: where a
   * variance is zero its column of the factor has derivative zero and drops out.
   */
  deltaVariance(changes: Float64Array): number {
    const { parameters: m, jacobian, hessian, vectors, objective, step } = this;
    const { bases } = objective;
    // d(log c S) / d(parameters), in the space of the step, which is not needed any more.
    for (let k = 0; k < m; k++) {
      let change = 0;
      for (let e = 0; e < bases; e++) change += jacobian[k * bases + e] * changes[e];
      step[k] = change;
    }
    let largest = 0;
    for (let i = 0; i < m; i++) largest = Math.max(largest, hessian[i * m + i]);
    let total = 0;
    for (let i = 0; i < m; i++) {
      const curvature = hessian[i * m + i];
      if (!(curvature > 10 * FLAT * largest)) continue;
      let u = 0;
      for (let k = 0; k < m; k++) u += vectors[k * m + i] * step[k];
      total += (u * u) / curvature;
    }
    return total;
  }

  /** The matrix whose quadratic form over changes is {@link deltaVariance}: bases x bases, into `matrix`. */
  deltaMatrix(matrix: Float64Array): void {
    const { parameters: m, jacobian, hessian, vectors, objective, along } = this;
    const { bases } = objective;
    let largest = 0;
    for (let i = 0; i < m; i++) largest = Math.max(largest, hessian[i * m + i]);
    matrix.fill(0);
    for (let i = 0; i < m; i++) {
      const curvature = hessian[i * m + i];
      if (!(curvature > 10 * FLAT * largest)) continue;
      along.fill(0);
      for (let k = 0; k < m; k++) {
        for (let e = 0; e < bases; e++) along[e] += vectors[k * m + i] * jacobian[k * bases + e];
      }
      for (let e = 0; e < bases; e++) {
        for (let f = 0; f < bases; f++) matrix[e * bases + f] += (along[e] * along[f]) / curvature;
      }
    }
  }
}
