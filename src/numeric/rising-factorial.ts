import { log1p } from './exponential.ts';
import { gaussLegendre } from './gauss-legendre.ts';
import { ReciprocalBinet } from './reciprocal-binet.ts';

/** Whole numbers up to here are summed one by one. */
export const DIRECT = 24;
/** Products beyond this are put away as logarithms. */
const LARGE = 1e150;

/** Below this I_n are sums over eight nodes, exact to 1e-17; their closed forms lose digits like u^-n. */
const QUADRATURE = 0.25;
const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(8);

/**
 * Logarithm of the scaled rising factorial and its derivatives by nu, for many y at one nu (`fix`, then `evaluate`):
 *
 *     R(y, nu) = sum_{k<y} log(1 + k nu) = log Gamma(y + 1/nu) - log Gamma(1/nu) + y log nu
 *
 * for y >= 0 (between whole numbers by the second form) and nu >= 0, R(y, 0) = 0. The difference of Stirling's series,
 * with u = y nu, I_n(u) = int_0^1 t^n / (1 + t u)^n dt and Binet's function as B(nu) = binet(1/nu), has no large parts:
 *
 *     R       = y (log1p(u) - u I_1) - log1p(u) / 2 + B(nu / (1 + u)) - B(nu)
 *     d^n R   = (-1)^(n-1) (n-1)! (y^(n+1) I_n - (y / (1 + u))^n / 2) + d^n [B(nu / (1 + u)) - B(nu)]
 */
export class RisingFactorial {
  value = 0;
  first = 0;
  second = 0;
  third = 0;
  fourth = 0;
  /** R - (y + 1/nu) log1p(y nu) + y, what Stirling's leading terms leave: beyond whole numbers that are summed one by one. */
  rest = 0;
  /** y - nu R' = sum_{k<y} 1 / (1 + k nu), which that difference would not keep; from order 1 on. */
  inverses = 0;
  private nu = 0;
  /** Derivatives of B(nu) that stand ready. */
  private ready = -1;
  private readonly atNu = new ReciprocalBinet();
  private readonly beyond = new ReciprocalBinet();

  fix(nu: number): void {
    this.nu = nu;
    this.ready = -1;
  }

  /** The value and derivatives up to `order`. */
  evaluate(y: number, order: number): void {
    if (y <= DIRECT && Number.isInteger(y)) {
      this.sum(y, order);
      return;
    }
    if (this.ready < order) {
      this.atNu.fill(this.nu, order);
      this.ready = order;
    }
    this.difference(y, order);
  }

  private sum(y: number, order: number): void {
    const { nu } = this;
    let logs = 0;
    // prod (1 + k nu) - 1: sums of positive terms.
    let product = 0;
    let inverses = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    let s4 = 0;
    for (let k = 0; k < y; k++) {
      const step = k * nu;
      product += step + product * step;
      if (product > LARGE) {
        logs += Math.log1p(product);
        product = 0;
      }
      if (order === 0) continue;
      const s = 1 / (1 + step);
      const q = k * s;
      let power = q;
      inverses += s;
      s1 += power;
      s2 += power *= q;
      s3 += power *= q;
      s4 += power * q;
    }
    this.value = logs + Math.log1p(product);
    this.inverses = inverses;
    this.first = s1;
    this.second = -s2;
    this.third = 2 * s3;
    this.fourth = -6 * s4;
  }

  private difference(y: number, order: number): void {
    const { nu, beyond } = this;
    const d = this.atNu.d;
    const u = y * nu;
    const s = 1 / (1 + u);
    const L = log1p(u, s);
    beyond.fill(nu * s, order);
    const b = beyond.d;
    let i1 = 0;
    let i2 = 0;
    let i3 = 0;
    let i4 = 0;
    if (u < QUADRATURE) {
      for (let j = 0; j < 8; j++) {
        const q = NODES[j] / (1 + NODES[j] * u);
        let term = WEIGHTS[j] * q;
        i1 += term;
        i2 += term *= q;
        i3 += term *= q;
        i4 += term * q;
      }
    } else {
      i1 = (u - L) / (u * u);
      if (order > 1) {
        // int (1 - 1/v)^n dv from 1 to 1 + u, over u^(n+1).
        const p1 = u * s;
        const p2 = 0.5 * p1 * (1 + s);
        const p3 = (p1 * (1 + s + s * s)) / 3;
        i2 = (u - 2 * L + p1) / u / u / u;
        i3 = (u - 3 * L + 3 * p1 - p2) / u / u / u / u;
        i4 = (u - 4 * L + 6 * p1 - 4 * p2 + p3) / u / u / u / u / u;
      }
    }
    this.rest = -0.5 * L + b[0] - d[0];
    this.value = y * (L - u * i1) + this.rest;
    if (order === 0) return;
    const ys = y * s;
    const s2 = s * s;
    const change = b[1] * s2 - d[1];
    this.first = y * y * i1 - 0.5 * ys + change;
    this.inverses = y * (u > 0 ? L / u : 1) + nu * (0.5 * ys - change);
    if (order === 1) return;
    // Derivatives of nu / (1 + y nu): s^2, -2 y s^3, 6 y^2 s^4, -24 y^3 s^5.
    this.second = -(y * y * y * i2 - 0.5 * ys * ys) + s2 * (s2 * b[2] - 2 * ys * b[1]) - d[2];
    if (order === 2) return;
    this.third =
      2 * (y * y * y * y * i3 - 0.5 * ys * ys * ys) +
      s2 * (s2 * s2 * b[3] - 6 * ys * s2 * b[2] + 6 * ys * ys * b[1]) -
      d[3];
    if (order === 3) return;
    this.fourth =
      -6 * (y * y * y * y * y * i4 - 0.5 * ys * ys * ys * ys) +
      s2 * (s2 * s2 * s2 * b[4] - 12 * ys * s2 * s2 * b[3] + 36 * ys * ys * s2 * b[2] - 24 * ys * ys * ys * b[1]) -
      d[4];
  }
}
