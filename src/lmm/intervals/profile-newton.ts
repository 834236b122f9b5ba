import { newtonStep } from '../../numeric/newton-step.ts';
import type { FullDeviance } from '../full-deviance.ts';
import { covarianceOf, type FreeFactor, freeFactor, type HeldParameter, placeFactor } from './held-parameter.ts';

/** Where a search stands: covariances of the random effects (concatenated squares) and s = log sigma^2. */
export interface ProfilePoint {
  readonly covariance: Float64Array;
  readonly s: number;
}

export interface ProfileOutcome extends ProfilePoint {
  /** The deviance without constants. */
  readonly value: number;
  /** Whether the point is a certified minimum over all that is free. */
  readonly certified: boolean;
  /**
   * Whether it is at least stationary with a bounded standard deviation at zero: effects that vanish leave open how the
   * others are turned, so that a saddle in those directions need not be one of the deviance.
   */
  readonly vanishing: boolean;
}

/**
 * Newton decrement at most which a point of a profile counts: its deviance is then known to that, and a limit to a
 * ten-millionth of its distance. More than a fit asks for, so that the rounding of variance ratios of 1e8 passes.
 */
export const PROFILE_CERTIFICATE = 1e-6;
const MAXIMAL_EVALUATIONS = 100;
/** The value at the minimum then has all its digits: the decrement is what it still exceeds it by. */
const DECREMENT_GOAL = 1e-12;
/** What a flat direction must win to be followed: more than the rounding of a profile, far less than its certificate. */
const LEAST_GAIN = 1e-10;
const SMALLEST_SCALE = 1e-9;

/**
 * Minimises the deviance with one covariance parameter held, by damped Newton steps over the free elements of the factor
 * and s. Directions of negative curvature are followed also where the slope vanishes, as in `newton.ts`: a variance of
 * zero is stationary. Standard deviations whose sign matters stop at zero.
 *
 * @param bases T of each term, concatenated squares: the objective's effects are T times those of the factor
 * @param unit typical size of a relative covariance factor
 */
export class ProfileNewton {
  private readonly deviance: FullDeviance;
  private readonly bases: Float64Array;
  private readonly unit: number;
  private readonly factor: Float64Array;
  private readonly inner: Float64Array;

  constructor(deviance: FullDeviance, bases: Float64Array, unit: number) {
    this.deviance = deviance;
    this.bases = bases;
    this.unit = unit;
    this.factor = new Float64Array(bases.length);
    this.inner = new Float64Array(bases.length);
  }

  minimise(held: HeldParameter, x: number, start: ProfilePoint): ProfileOutcome {
    const { slots } = this.deviance.objective;
    const covariance = start.covariance.slice();
    let s = held.kind === 'sigma' ? 2 * Math.log(x) : start.s;
    let free = freeFactor(slots, held, x, covariance);
    let values = free.values;
    let value = this.evaluate(free, values, s);
    const freeS = held.kind !== 'sigma';
    let certified = false;
    let stationary = false;
    for (let evaluations = 1; Number.isFinite(value) && evaluations < MAXIMAL_EVALUATIONS; ) {
      const { step, sizes, decrement, minimum, predicted } = this.step(free, values, s, freeS);
      certified = minimum && decrement <= PROFILE_CERTIFICATE;
      stationary = decrement <= PROFILE_CERTIFICATE;
      if (Number.isNaN(decrement) || (minimum && decrement <= DECREMENT_GOAL)) break;
      const noise = 1e-13 * (Math.abs(value) + this.deviance.objective.d);
      let accepted = false;
      for (
        let scale = 1;
        scale > SMALLEST_SCALE && evaluations < MAXIMAL_EVALUATIONS;
        scale *= scale === 1 ? 0.5 : 0.25
      ) {
        const trial = values.map((v, k) => {
          const next = v + scale * step[k] * sizes[k];
          return free.parameters[k].bounded ? Math.max(0, next) : next;
        });
        const trialS = freeS ? s + scale * step[values.length] : s;
        const next = this.evaluate(free, trial, trialS);
        evaluations++;
        if (Number.isFinite(next) && next <= value + 1e-4 * scale * predicted + noise) {
          accepted = next < value || decrement > 1e-10;
          values = trial;
          s = trialS;
          value = next;
          break;
        }
        if (minimum && decrement < 1e-10) break;
      }
      placeFactor(slots, free, values, this.factor);
      covarianceOf(slots, this.factor, covariance);
      if (!accepted) break;
      free = freeFactor(slots, held, x, covariance);
      values = free.values;
      // The same covariance in a new order: derivatives of the last evaluation are with respect to it and still hold.
    }
    const vanishing = stationary && free.parameters.some(({ bounded }, k) => bounded && values[k] === 0);
    return { covariance, s, value, certified, vanishing };
  }

  private evaluate(free: FreeFactor, values: Float64Array, s: number): number {
    const { factor, inner, bases, deviance } = this;
    const { slots } = deviance.objective;
    placeFactor(slots, free, values, factor);
    for (const { q, square } of slots) {
      for (let a = 0; a < q; a++) {
        for (let c = 0; c < q; c++) {
          let sum = 0;
          for (let b = a; b < q; b++) sum += bases[square + a * q + b] * factor[square + b * q + c];
          inner[square + a * q + c] = sum;
        }
      }
    }
    return deviance.evaluate(inner, s);
  }

  /** The modified Newton step at the last evaluated point, in units of `sizes`; the last element is that of s. */
  private step(free: FreeFactor, values: Float64Array, s: number, freeS: boolean) {
    const { deviance, factor, bases: T, unit } = this;
    const { objective, gradient: N, hessian: B, mixed } = deviance;
    const { slots, bases } = objective;
    const m = values.length;
    const total = m + 1;
    placeFactor(slots, free, values, factor);
    const jacobian = new Float64Array(m * bases);
    const gradient = new Float64Array(total);
    const hessian = new Float64Array(total * total);
    const sizes = new Float64Array(m);
    const smallest = unit * Math.exp(0.5 * s);
    // Column `row` of T, and T M direction.
    const lever = free.parameters.map(({ slot, row }) => {
      const { q, square } = slots[slot];
      return Float64Array.from({ length: q }, (_, a) => T[square + a * q + row]);
    });
    free.parameters.forEach(({ slot, row, direction }, k) => {
      const { q, square, basis } = slots[slot];
      let norm = 0;
      const along = new Float64Array(q); // M direction
      for (let c = 0; c < q; c++) {
        norm += factor[square + row * q + c] ** 2;
        for (let a = 0; a < q; a++) along[a] += factor[square + a * q + c] * direction[c];
      }
      sizes[k] = Math.max(smallest, Math.sqrt(norm));
      const moved = new Float64Array(q); // T M direction
      for (let a = 0; a < q; a++) for (let b = a; b < q; b++) moved[a] += T[square + a * q + b] * along[b];
      let e = basis;
      for (let a = 0; a < q; a++) {
        for (let b = 0; b <= a; b++, e++) {
          const change = a === b ? 2 * lever[k][a] * moved[a] : lever[k][a] * moved[b] + lever[k][b] * moved[a];
          jacobian[k * bases + e] = change * sizes[k];
          // dF = <N, dC>: an element off the diagonal stands for two.
          gradient[k] += jacobian[k * bases + e] * N[square + a * q + b] * (a === b ? 1 : 2);
        }
      }
    });
    for (let k = 0; k < m; k++) {
      const product = new Float64Array(bases);
      for (let f = 0; f < bases; f++) {
        if (jacobian[k * bases + f] === 0) continue;
        for (let e = 0; e < bases; e++) product[e] += jacobian[k * bases + f] * B[f * bases + e];
      }
      const { slot, direction } = free.parameters[k];
      for (let l = 0; l <= k; l++) {
        let sum = 0;
        for (let e = 0; e < bases; e++) sum += product[e] * jacobian[l * bases + e];
        const other = free.parameters[l];
        if (other.slot === slot) {
          let inner = 0;
          for (let c = 0; c < direction.length; c++) inner += direction[c] * other.direction[c];
          if (inner !== 0) {
            const { q, square } = slots[slot];
            let form = 0;
            for (let a = 0; a < q; a++) {
              for (let b = 0; b < q; b++) form += lever[k][a] * N[square + a * q + b] * lever[l][b];
            }
            sum += 2 * inner * form * sizes[k] * sizes[l];
          }
        }
        hessian[k * total + l] = sum;
        hessian[l * total + k] = sum;
      }
      let cross = 0;
      for (let e = 0; e < bases; e++) cross += jacobian[k * bases + e] * mixed[e];
      hessian[k * total + m] = cross;
      hessian[m * total + k] = cross;
    }
    gradient[m] = deviance.slope;
    hessian[m * total + m] = deviance.curvature;
    const out = (k: number): void => {
      gradient[k] = 0;
      for (let l = 0; l < total; l++) {
        hessian[k * total + l] = 0;
        hessian[l * total + k] = 0;
      }
    };
    if (!freeS) out(m);
    // At its bound and pushed against it, by its slope or by the step of all: held there.
    let inwards = false;
    free.parameters.forEach(({ bounded }, k) => {
      if (bounded && values[k] === 0 && gradient[k] >= 0) out(k);
    });
    for (;;) {
      const found = modifiedStep(gradient, hessian, total);
      const outwards = free.parameters.findIndex(({ bounded }, k) => bounded && values[k] === 0 && found.step[k] < 0);
      if (outwards < 0) return { ...found, minimum: found.minimum && !inwards, sizes };
      inwards = true; // its slope alone leads inwards: no minimum yet
      out(outwards);
    }
  }
}

/** The step for values that are kept, with the slope along it. */
function modifiedStep(gradient: Float64Array, hessian: Float64Array, m: number) {
  const step = new Float64Array(m);
  const found = newtonStep(gradient, hessian.slice(), new Float64Array(m * m), step, {
    roughness: 0,
    leastGain: LEAST_GAIN,
  });
  let predicted = 0;
  for (let k = 0; k < m; k++) predicted += gradient[k] * step[k];
  return { step, ...found, predicted };
}
