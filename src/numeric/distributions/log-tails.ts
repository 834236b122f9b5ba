/**
 * Logarithms of tails of two distributions with four derivatives, whose digits hold far out. Both are asked for by
 * `evaluate(t, order)`: the value, the first and second derivatives, from order 2 on the third, from order 3 on the fourth.
 */
import { scaledErfc } from './error-function.ts';

export interface LogTail {
  readonly value: number;
  readonly d1: number;
  readonly d2: number;
  readonly d3: number;
  readonly d4: number;
  evaluate(t: number, order: 1 | 2 | 3): void;
}

const LOG_SQRT_TWO_PI = 0.5 * Math.log(2 * Math.PI);
const SQRT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

/** From here on the recurrences of the derivatives cancel, and the asymptotic series reaches double precision. */
const ASYMPTOTIC = 12;

/**
 * The mean excess e(t) = M - t of a normal variable beyond t, M = phi / Q, as sum a_n t^-(2n+1): e = (1 + e' - e^2) / t, so
 * a_0 = 1 and a_{n+1} = -(2n+1) a_n - sum_{i+j=n} a_i a_j.
 */
const EXCESS = excessSeries(16);

function excessSeries(terms: number): number[] {
  const a = [1];
  for (let n = 0; n + 1 < terms; n++) {
    let next = -(2 * n + 1) * a[n];
    for (let i = 0; i <= n; i++) next -= a[i] * a[n - i];
    a.push(next);
  }
  return a;
}

/**
 * log Q(t) of the standard normal upper tail. With the inverse Mills ratio M = phi / Q the derivatives are -M, -M', ...,
 *
 *     M' = M (M - t)      M'' = M' (2M - t) - M      M''' = M'' (2M - t) + 2 M' (M' - 1)
 */
export class NormalUpperTail implements LogTail {
  value = 0;
  d1 = 0;
  d2 = 0;
  d3 = 0;
  d4 = 0;

  evaluate(t: number, order: 1 | 2 | 3): void {
    if (t > ASYMPTOTIC) this.evaluateFarOut(t, order);
    else this.evaluateByRatio(t, order);
  }

  private evaluateByRatio(t: number, order: 1 | 2 | 3): void {
    const half = 0.5 * t * t;
    let M: number;
    if (t >= 0) {
      const erfc = scaledErfc(t * Math.SQRT1_2);
      M = SQRT_TWO_OVER_PI / erfc;
      this.value = Math.log(0.5 * erfc) - half;
    } else {
      const density = Math.exp(-half);
      const lower = 0.5 * density * scaledErfc(-t * Math.SQRT1_2);
      M = (0.5 * SQRT_TWO_OVER_PI * density) / (1 - lower);
      this.value = Math.log1p(-lower);
    }
    const M1 = M * (M - t);
    this.d1 = -M;
    this.d2 = -M1;
    if (order === 1) return;
    const M2 = M1 * (2 * M - t) - M;
    this.d3 = -M2;
    this.d4 = -(M2 * (2 * M - t) + 2 * M1 * (M1 - 1));
  }

  private evaluateFarOut(t: number, order: 1 | 2 | 3): void {
    const v = 1 / (t * t);
    let e = 0;
    let e1 = 0;
    let e2 = 0;
    let e3 = 0;
    for (let n = EXCESS.length - 1; n >= 0; n--) {
      const k = 2 * n + 1;
      e = e * v + EXCESS[n];
      e1 = e1 * v + k * EXCESS[n];
      if (order === 1) continue;
      e2 = e2 * v + k * (k + 1) * EXCESS[n];
      e3 = e3 * v + k * (k + 1) * (k + 2) * EXCESS[n];
    }
    const M = t + e / t;
    this.value = -0.5 * t * t - LOG_SQRT_TWO_PI - Math.log(M);
    this.d1 = -M;
    this.d2 = -(1 - e1 * v);
    this.d3 = (-e2 * v) / t;
    this.d4 = e3 * v * v;
  }
}

/** Below this the series of 1 - u - u / expm1(u) reaches double precision. */
const SERIES = 0.1;
/** Below this the distribution function is u to all digits but a term u / 2. */
const LINEAR = 1e-8;

/**
 * log F(t), F = 1 - exp(-u), u = exp(t), the complementary log-log link's distribution function. With b = 1 - u - d1:
 *
 *     d1 = u / expm1(u)    d2 = d1 b    d3 = d2 b - d1 (u + d2)    d4 = d3 b - 2 d2 (u + d2) - d1 (u + d3)
 *
 * (Its upper tail is log Q = -u, as are all derivatives.)
 */
export class GumbelLowerTail implements LogTail {
  value = 0;
  d1 = 0;
  d2 = 0;
  d3 = 0;
  d4 = 0;

  /** t, or exp(t) too where that is known already; it must be finite. */
  evaluate(t: number, order: 1 | 2 | 3, u = Math.min(Math.exp(t), Number.MAX_VALUE)): void {
    const d1 = u === 0 ? 1 : u / Math.expm1(u);
    let b = 1 - u - d1;
    if (u < SERIES) {
      const v = u * u;
      b = -u * (1 / 2 + u * (1 / 12 - v * (1 / 720 - v * (1 / 30240 - v / 1209600))));
    }
    if (u < LINEAR) this.value = t - 0.5 * u;
    else this.value = u < Math.LN2 ? Math.log(-Math.expm1(-u)) : Math.log1p(-Math.exp(-u));
    const d2 = d1 * b;
    this.d1 = d1;
    this.d2 = d2;
    if (order === 1) return;
    const d3 = d2 * b - d1 * (u + d2);
    this.d3 = d3;
    this.d4 = d3 * b - 2 * d2 * (u + d2) - d1 * (u + d3);
  }
}
