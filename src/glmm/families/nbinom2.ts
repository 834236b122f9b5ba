import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { exp, log1p } from '../../numeric/exponential.ts';
import { log1pQuotient, log1pQuotientCurvature, log1pQuotientSlope } from '../../numeric/log1p-quotient.ts';
import { RisingFactorial } from '../../numeric/rising-factorial.ts';
import type { Extras, Remainder, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { ResponseKernel } from './response-kernel.ts';

/** A variance above the mean that a search can begin with, at the least. */
const LEAST_START = 0.05;
/** Below this the family is Poisson's to all digits, and 1 / nu may be infinite. */
const POISSON = 1e-200;
/** Counts this far beyond the one before are reached step by step. */
const STEPS = 8;

/**
 * Negative binomial counts of variance mu + nu mu^2, log link, in a form that is Poisson's at nu = 0. A pseudo-row is a node
 * with n cells (its mass) and y counts; z = nu mu, s = 1 / (1 + z), p = z s, c = log1p(z) / z, m = n + nu y:
 *
 *     l     = y eta - y log1p(z) - n mu c(z)           r = (y - n mu) s
 *     W     = mu m s^2       W' = W (s - p)            W'' = W (s^2 - 4 p s + p^2)
 *     l_nu  = -y mu s - n mu^2 c'(z)                   l_nunu = y mu^2 s^2 - n mu^3 c''(z)
 *     r_nu  = -(y - n mu) mu s^2                       r_nunu = -2 mu s r_nu
 *     W_nu  = mu s^2 (y (s - p) - 2 n mu s)            W_nunu = mu^2 s^3 (y (2p - 4s) + 6 n mu s)
 *     W'_nu = mu s^2 (y (s - p) + m mu s (2p - 4s))
 *
 * and beside the pseudo-rows sum_v M_v sum_{k<v} log1p(k nu) over the counts v, M_v cells each.
 */
export class NegativeBinomialKernel extends ResponseKernel {
  readonly hasSecond = true;
  private readonly counts: Float64Array;
  private readonly rising = new RisingFactorial();

  constructor(evidence: FamilyEvidence) {
    super(evidence, [0]);
    this.counts = evidence.counts;
  }

  evaluate(eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void {
    if (order === 1) this.evaluateValues(eta, extras[0], out);
    else this.evaluateSlopes(eta, extras[0], order, out);
  }

  private evaluateValues(eta: Float64Array, nu: number, out: RowDerivatives): void {
    const { rows, mass, values, at } = this;
    const { l, r, w } = out;
    if (nu < POISSON) {
      for (let i = 0; i < rows; i++) {
        const y = values[at + i];
        const mean = mass[i] * exp(eta[i]);
        l[i] = y * eta[i] - mean;
        r[i] = y - mean;
        w[i] = mean;
      }
      return;
    }
    const inverse = 1 / nu;
    for (let i = 0; i < rows; i++) {
      const e = eta[i];
      const n = mass[i];
      const y = values[at + i];
      const mu = exp(e);
      const z = nu * mu;
      const s = 1 / (1 + z);
      l[i] = y * e - (y + n * inverse) * log1p(z, s);
      r[i] = (y - n * mu) * s;
      w[i] = mu * (n + nu * y) * s * s;
    }
  }

  private evaluateSlopes(eta: Float64Array, nu: number, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at } = this;
    const { l, r, w, w1, w2, lE, rE, wE, lEE, rEE, wEE, w1E } = out;
    for (let i = 0; i < rows; i++) {
      const e = eta[i];
      const n = mass[i];
      const y = values[at + i];
      const mu = exp(e);
      const z = nu * mu;
      const s = 1 / (1 + z);
      const p = z * s;
      const L = log1p(z, s);
      const m = n + nu * y;
      const ms = mu * s;
      const left = (y - n * mu) * s;
      const W = ms * s * m;
      const c = log1pQuotient(z, L);
      const c1 = log1pQuotientSlope(z, s, c);
      l[i] = y * (e - L) - n * mu * c;
      r[i] = left;
      w[i] = W;
      w1[i] = W * (s - p);
      lE[i] = -y * ms - n * mu * mu * c1;
      rE[i] = -left * ms;
      wE[i] = ms * s * (y * (s - p) - 2 * n * ms);
      if (order < 3) continue;
      w2[i] = W * (s * s - 4 * p * s + p * p);
      lEE[i] = y * ms * ms - n * mu * mu * mu * log1pQuotientCurvature(z, s, c1);
      rEE[i] = 2 * left * ms * ms;
      wEE[i] = ms * ms * s * (y * (2 * p - 4 * s) + 6 * n * ms);
      w1E[i] = ms * s * (y * (s - p) + m * ms * (2 * p - 4 * s));
    }
  }

  override remainder(extras: Extras, order: RowOrder, out: Remainder): void {
    const { counts, values, end, rising } = this;
    const nu = extras[0];
    const tail = end + 1;
    rising.fix(nu);
    let sum = 0;
    let first = 0;
    let second = 0;
    // The logarithm of the rising factorial of v, and its derivatives.
    let v = 0;
    let R = 0;
    let R1 = 0;
    let R2 = 0;
    for (let j = 0; j < counts.length; j++) {
      const M = values[tail + j];
      if (M === 0) continue;
      const next = counts[j];
      if (next - v <= STEPS && Number.isInteger(next) && Number.isInteger(v)) {
        for (; v < next; v++) {
          R += Math.log1p(v * nu);
          if (order === 1) continue;
          const q = v / (1 + v * nu);
          R1 += q;
          R2 -= q * q;
        }
      } else {
        v = next;
        rising.evaluate(v, order - 1);
        R = rising.value;
        R1 = rising.first;
        R2 = rising.second;
      }
      sum += M * R;
      first += M * R1;
      second += M * R2;
    }
    out.value = values[end] + sum;
    if (order === 1) return;
    out.first[0] = first;
    out.second[0] = second;
  }

  /** Moments of the counts about the means, sum (y - mu)^2 - y over sum mu^2; and Poisson's. */
  starts(eta: Float64Array): Extras[] {
    const { rows, mass, values, at, end, counts } = this;
    let excess = 0;
    for (let j = 0; j < counts.length; j++) excess += values[end + 1 + j] * counts[j] * (counts[j] - 1);
    let squares = 0;
    for (let i = 0; i < rows; i++) {
      const mu = Math.exp(eta[i]);
      excess += mu * (mass[i] * mu - 2 * values[at + i]);
      squares += mass[i] * mu * mu;
    }
    const moment = excess / squares;
    return [Float64Array.of(moment > LEAST_START ? moment : LEAST_START), Float64Array.of(0)];
  }

  means(eta: Float64Array): Float64Array {
    return eta.map(Math.exp);
  }
}
