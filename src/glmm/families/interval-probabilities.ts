/**
 * Probabilities of an ordinal response's categories, log P = log(F(t_1) - F(t_0)) with t_k = a_k - eta, for distribution
 * functions F of three links; r, W and W' by eta as everywhere. `below` has no t_0, `above` no t_1. `between` takes the width
 * d = t_1 - t_0 and keeps all digits of narrow categories; it also gives derivatives by log d, which moves t_1:
 *
 *     lWidth = dl/dlog d      rWidth = dr/dlog d      wWidth = dW/dlog d
 */
import { GumbelLowerTail, NormalUpperTail } from '../../numeric/distributions/log-tails.ts';
import { gaussLegendre } from '../../numeric/gauss-legendre.ts';

type Order = 1 | 2;

export abstract class IntervalProbability {
  l = 0;
  r = 0;
  w = 0;
  /** From order 2 on, as are the derivatives by log d. */
  w1 = 0;
  lWidth = 0;
  rWidth = 0;
  wWidth = 0;
  abstract below(t1: number, order: Order): void;
  abstract between(t0: number, width: number, order: Order): void;
  abstract above(t0: number, order: Order): void;
}

/** F = 1 / (1 + exp(-t)): log P = log F(t_1) + log Q(t_0) + log(1 - exp(-d)), whose last part knows no eta. */
export class LogisticInterval extends IntervalProbability {
  below(t1: number): void {
    const e = Math.exp(-Math.abs(t1));
    const minor = e / (1 + e);
    const q = t1 > 0 ? minor : 1 - minor;
    const pq = minor / (1 + e);
    this.l = Math.min(t1, 0) - Math.log1p(e);
    this.r = -q;
    this.w = pq;
    this.w1 = -pq * Math.sign(-t1) * (1 - 2 * minor);
  }

  above(t0: number): void {
    this.below(-t0);
    this.r = -this.r;
    this.w1 = -this.w1;
  }

  between(t0: number, width: number, order: Order): void {
    this.above(t0);
    const { l, r, w, w1 } = this;
    this.below(t0 + width);
    if (order === 2) {
      this.lWidth = -width * this.r + (width > 0 ? width / Math.expm1(width) : 1);
      this.rWidth = width * this.w;
      this.wWidth = -width * this.w1;
    }
    this.l += l + logOneMinusExp(width);
    this.r += r;
    this.w += w;
    this.w1 += w1;
  }
}

/** F = 1 - exp(-exp(t)): log P = -exp(t_0) + log F(s), s = log(exp(t_1) - exp(t_0)) = t_0 + log expm1(d). */
export class GumbelInterval extends IntervalProbability {
  private readonly tail = new GumbelLowerTail();

  below(t1: number): void {
    const { tail } = this;
    tail.evaluate(t1, 2);
    this.l = tail.value;
    this.r = -tail.d1;
    this.w = -tail.d2;
    this.w1 = tail.d3;
  }

  above(t0: number): void {
    const u = Math.exp(t0);
    this.l = -u;
    this.r = u;
    this.w = u;
    this.w1 = -u;
  }

  between(t0: number, width: number): void {
    const u = Math.exp(t0);
    this.below(t0 + width + logOneMinusExp(width));
    // ds/dlog d = d / (1 - exp(-d)).
    const rate = width > 0 ? width / -Math.expm1(-width) : 1;
    this.lWidth = -this.r * rate;
    this.rWidth = this.w * rate;
    this.wWidth = -this.w1 * rate;
    this.l -= u;
    this.r += u;
    this.w += u;
    this.w1 -= u;
  }
}

/** Categories at most this wide, over which the density changes by exp of this at most, are integrated. */
const NARROW = 1;
const STEEP = 10;
const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(12);
const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * F = Phi. The normal distribution on (t_0, t_1) has the mean r, the variance 1 - W and the third central moment -W'; moving t_1,
 * whose density is f, changes them by f (t_1 - r), f ((t_1 - r)^2 - 1 + W), ... Reflected so that the interval lies above
 * zero; narrow ones by quadrature, others as log Q(t_0) + log(1 - Q(t_1) / Q(t_0)).
 */
export class NormalInterval extends IntervalProbability {
  private readonly lower = new NormalUpperTail();
  private readonly upper = new NormalUpperTail();

  below(t1: number): void {
    this.above(-t1);
    this.r = -this.r;
    this.w1 = -this.w1;
  }

  above(t0: number): void {
    const { lower } = this;
    lower.evaluate(t0, 2);
    this.l = lower.value;
    this.r = -lower.d1;
    this.w = -lower.d2;
    this.w1 = lower.d3;
  }

  between(t0: number, width: number): void {
    const reflected = t0 + 0.5 * width < 0;
    const lower = reflected ? -(t0 + width) : t0;
    // The end that moves, from the mean, and its density times the width.
    let end: number;
    let density: number;
    const middle = lower + 0.5 * width;
    if (width <= NARROW && middle * width <= STEEP) {
      let Z = 0;
      let mean = 0;
      for (let j = 0; j < NODES.length; j++) {
        const x = (NODES[j] - 0.5) * width;
        const p = WEIGHTS[j] * Math.exp(-x * (middle + 0.5 * x));
        Z += p;
        mean += p * x;
      }
      mean /= Z;
      let variance = 0;
      let third = 0;
      for (let j = 0; j < NODES.length; j++) {
        const x = (NODES[j] - 0.5) * width;
        const p = WEIGHTS[j] * Math.exp(-x * (middle + 0.5 * x));
        variance += p * (x - mean) * (x - mean);
        third += p * (x - mean) * (x - mean) * (x - mean);
      }
      this.l = Math.log(width * Z) - 0.5 * middle * middle - LOG_SQRT_TWO_PI;
      this.r = middle + mean;
      this.w = 1 - variance / Z;
      this.w1 = -third / Z;
      const x = reflected ? -0.5 * width : 0.5 * width;
      end = x - mean;
      density = Math.exp(-x * (middle + 0.5 * x)) / Z;
    } else {
      this.above(lower);
      const { l, r, w, w1, upper } = this;
      upper.evaluate(lower + width, 2);
      // Derivatives of log(1 - exp(s)), s = log Q(t_1) - log Q(t_0): -odds s', ...
      const share = Math.exp(upper.value - l);
      const odds = share / (1 - share);
      const odds1 = odds * (1 + odds);
      const s1 = upper.d1 + r;
      const s2 = upper.d2 + w;
      const s3 = upper.d3 - w1;
      this.l = l + Math.log1p(-share);
      this.r = r + odds * s1;
      this.w = w + odds * s2 + odds1 * s1 * s1;
      this.w1 = w1 - odds * s3 - 3 * odds1 * s1 * s2 - odds1 * (1 + 2 * odds) * s1 * s1 * s1;
      end = (reflected ? lower : lower + width) - this.r;
      density = width * (reflected ? r * (1 + odds) : -upper.d1 * odds);
    }
    this.lWidth = density;
    this.wWidth = -density * (end * end - 1 + this.w);
    this.rWidth = density * end;
    if (!reflected) return;
    this.r = -this.r;
    this.w1 = -this.w1;
    this.rWidth = -this.rWidth;
  }
}

/** log(1 - exp(-d)) for d > 0. */
function logOneMinusExp(d: number): number {
  return d < Math.LN2 ? Math.log(-Math.expm1(-d)) : Math.log1p(-Math.exp(-d));
}
