import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { exp, log1p } from '../../numeric/exponential.ts';
import { logFactorial, stirlingCorrection } from '../../numeric/log-factorial.ts';
import { log1pQuotient, log1pQuotientCurvature, log1pQuotientSlope } from '../../numeric/log1p-quotient.ts';
import { DIRECT, RisingFactorial } from '../../numeric/rising-factorial.ts';
import type { Extras, Remainder, RowDerivatives, RowOrder } from '../family-kernel.ts';
import { SummingKernel } from './response-kernel.ts';

/** A variance above the mean that a search can begin with, at the least. */
const LEAST_START = 0.05;
/** Below this the family is Poisson's to all digits, and 1 / nu may be infinite. */
const POISSON = 1e-200;
/** Counts this far beyond the one before are reached step by step. */
const STEPS = 8;
/** Sums of counts from which on terms as large as they cost digits that matter. */
const LARGE = 2 ** 20;

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
 * and beside the pseudo-rows sum_v M_v [sum_{k<v} log1p(k nu) - log v!] over the counts v, M_v cells each.
 *
 * Terms as large as y eta would cost digits, so that each cell has subtracted what one with the mean count m would have at the mean
 * m, z0 = nu m: with A = log m - log1p(z0) and B = m c(z0), sum y = sum M v and sum n = sum M,
 *
 *     l  becomes  y (eta - A) - y log1p(z) - n (mu c(z) - B),        log v!  becomes  log v! - v A + B
 *
 * and the derivatives by nu accordingly. Of large counts, with q = 1 / z, q0 = 1 / z0, L and R as in `rising-factorial.ts`,
 *
 *     z > 1:    l = -(n / nu) (eta - log m) - (y + n / nu) (log1p(q) - log1p(q0))
 *     tail      R - log v! = [R - (v + 1/nu) log1p(nu v) + v] + (v + 1/nu) log1p(nu v) - v log v - Stirling's correction
 *
 * and the second term of the tail is what a row of one cell with v counts at the mean v has.
 */
export class NegativeBinomialKernel extends SummingKernel {
  readonly hasSecond = true;
  private readonly counts: Float64Array;
  private readonly logs: Float64Array;
  private readonly logFactorials: Float64Array;
  private readonly cells: number;
  private readonly rising = new RisingFactorial();
  /** The mean count and its logarithm, and whether sums of counts are large. */
  private mean = 1;
  private logMean = 0;
  private large = false;
  /** At the nu that `fix` was given last: log1p(z0), log1p(1 / z0), B with two derivatives, and those of A. */
  private logAtMean = 0;
  private inverseLogAtMean = 0;
  private b = 0;
  private b1 = 0;
  private b2 = 0;
  private a1 = 0;
  private a2 = 0;

  constructor(evidence: FamilyEvidence) {
    super(evidence, [0]);
    this.counts = evidence.counts;
    this.logs = evidence.counts.map(Math.log);
    this.logFactorials = evidence.counts.map(logFactorial);
    this.cells = evidence.mass.reduce((sum, mass) => sum + mass, 0);
  }

  override load(values: Float64Array, at: number): void {
    super.load(values, at);
    let total = 0;
    for (let i = at; i < at + this.rows; i++) total += values[i];
    this.mean = total > 0 ? total / this.cells : 1;
    this.logMean = Math.log(this.mean);
    this.large = total > LARGE;
  }

  private fix(nu: number): void {
    const { mean } = this;
    const z = nu * mean;
    const s = 1 / (1 + z);
    this.logAtMean = Math.log1p(z);
    this.inverseLogAtMean = Math.log1p(1 / z);
    const c = log1pQuotient(z, this.logAtMean);
    const c1 = log1pQuotientSlope(z, s, c);
    this.b = mean * c;
    this.b1 = mean * mean * c1;
    this.b2 = mean * mean * mean * log1pQuotientCurvature(z, s, c1);
    this.a1 = -mean * s;
    this.a2 = mean * s * (mean * s);
  }

  /** l of large counts where z > 1, p = z / (1 + z). */
  private farFromPoisson(eta: number, y: number, n: number, nu: number, z: number, p: number): number {
    const inverse = n / nu;
    return -inverse * (eta - this.logMean) - (y + inverse) * (log1p(1 / z, p) - this.inverseLogAtMean);
  }

  evaluateSums(of: Int32Array, eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void {
    this.fix(extras[0]);
    if (order === 1) this.addValues(of, eta, extras[0], out);
    else this.addSlopes(of, eta, extras[0], order, out);
  }

  private addValues(of: Int32Array, eta: Float64Array, nu: number, out: RowDerivatives): void {
    const { rows, mass, values, at, mean: centre, logMean, logAtMean, large } = this;
    const { l, r, w } = out;
    if (nu < POISSON) {
      for (let i = 0; i < rows; i++) {
        const to = of[i];
        const y = values[at + i];
        const mean = mass[i] * exp(eta[i]);
        l[to] += y * (eta[i] - logMean) - (mean - mass[i] * centre);
        r[to] += y - mean;
        w[to] += mean;
      }
      return;
    }
    const inverse = 1 / nu;
    for (let i = 0; i < rows; i++) {
      const to = of[i];
      const e = eta[i];
      const n = mass[i];
      const y = values[at + i];
      const mu = exp(e);
      const z = nu * mu;
      const s = 1 / (1 + z);
      l[to] +=
        large && z > 1
          ? this.farFromPoisson(e, y, n, nu, z, z * s)
          : y * (e - logMean) - (y + n * inverse) * (log1p(z, s) - logAtMean);
      r[to] += (y - n * mu) * s;
      w[to] += mu * (n + nu * y) * s * s;
    }
  }

  private addSlopes(of: Int32Array, eta: Float64Array, nu: number, order: RowOrder, out: RowDerivatives): void {
    const { rows, mass, values, at, logMean, logAtMean, large, a1, a2, b, b1, b2 } = this;
    const { l, r, w, w1, w2, lE, rE, wE, lEE, rEE, wEE, w1E } = out;
    for (let i = 0; i < rows; i++) {
      const to = of[i];
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
      l[to] +=
        large && z > 1
          ? this.farFromPoisson(e, y, n, nu, z, p)
          : y * (e - logMean - (L - logAtMean)) - n * (mu * c - b);
      r[to] += left;
      w[to] += W;
      w1[to] += W * (s - p);
      lE[to] += -y * (ms + a1) - n * (mu * mu * c1 - b1);
      rE[to] += -left * ms;
      wE[to] += ms * s * (y * (s - p) - 2 * n * ms);
      if (order < 3) continue;
      w2[to] += W * (s * s - 4 * p * s + p * p);
      lEE[to] += y * (ms * ms - a2) - n * (mu * mu * mu * log1pQuotientCurvature(z, s, c1) - b2);
      rEE[to] += 2 * left * ms * ms;
      wEE[to] += ms * ms * s * (y * (2 * p - 4 * s) + 6 * n * ms);
      w1E[to] += ms * s * (y * (s - p) + m * ms * (2 * p - 4 * s));
    }
  }

  override remainder(extras: Extras, order: RowOrder, out: Remainder): void {
    const { counts, logFactorials, values, end, rising, cells, logMean, large } = this;
    const nu = extras[0];
    const tail = end + 1;
    rising.fix(nu);
    this.fix(nu);
    const { a1, a2, b, b1, b2 } = this;
    const a = logMean - this.logAtMean;
    let sum = 0;
    /** Cells without counts, which need not be in the tail. */
    let zeros = cells;
    let first = 0;
    let second = 0;
    // The logarithm of the rising factorial of v, and its derivatives.
    let v = 0;
    let R = 0;
    let R1 = 0;
    let R2 = 0;
    for (let j = 0; j < counts.length; j++) {
      const M = values[tail + j];
      const next = counts[j];
      if (M === 0 || next === 0) continue;
      if (next - v <= STEPS && !(large && next > DIRECT) && Number.isInteger(next) && Number.isInteger(v)) {
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
      zeros -= M;
      sum += M * (large && v > DIRECT ? this.largeCount(j, nu) : R - logFactorials[j] + v * a - b);
      first += M * (R1 + v * a1 - b1);
      second += M * (R2 + v * a2 - b2);
    }
    out.value = values[end] + sum - zeros * b;
    if (order === 1) return;
    out.first[0] = first - zeros * b1;
    out.second[0] = second - zeros * b2;
  }

  /** What count j adds to the tail, of large ones that `rising` stands at. */
  private largeCount(j: number, nu: number): number {
    const { counts, logs, rising, logMean, logAtMean, b } = this;
    const v = counts[j];
    const z = nu * v;
    const s = 1 / (1 + z);
    const L = log1p(z, s);
    const row =
      z > 1
        ? this.farFromPoisson(logs[j], v, 1, nu, z, z * s)
        : v * (logs[j] - logMean - (L - logAtMean)) - (v * log1pQuotient(z, L) - b);
    return rising.rest - stirlingCorrection(v) - row;
  }

  /** Moments of the counts about the means, sum (y - mu)^2 - y over sum mu^2; and Poisson's. */
  starts(eta: Float64Array): Extras[] {
    const { rows, mass, values, at, end, counts } = this;
    let excess = 0;
    for (let j = 0; j < counts.length; j++) excess += values[end + 1 + j] * counts[j] * (counts[j] - 1);
    let squares = 0;
    for (let i = 0; i < rows; i++) {
      const mu = exp(eta[i]);
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
