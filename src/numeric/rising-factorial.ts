/**
 * Logarithm of the scaled rising factorial and its derivatives by nu:
 *
 *     R(y, nu) = sum_{k<y} log(1 + k nu) = log Gamma(y + 1/nu) - log Gamma(1/nu) + y log nu
 *
 * for y >= 0 (between whole numbers by the second form) and nu >= 0, R(y, 0) = 0. The difference of Stirling's series,
 * with u = y nu, I_n(u) = int_0^1 t^n / (1 + t u)^n dt and Binet's function as B(nu) = binet(1/nu), has no large parts:
 *
 *     R       = y (log1p(u) - u I_1) - log1p(u) / 2 + B(nu / (1 + u)) - B(nu)
 *     d^n R   = (-1)^(n-1) (n-1)! (y^(n+1) I_n - (y / (1 + u))^n / 2) + d^n [B(nu / (1 + u)) - B(nu)]
 *
 * B is an odd series in nu up to 1/16, beyond it a polygamma function.
 */
import { binet } from './distributions/binet.ts';
import { gaussLegendre } from './gauss-legendre.ts';
import { digamma, pentagamma, tetragamma, trigamma } from './polygamma.ts';

/** Up to here seven terms of Stirling's series reach double precision, derivatives by nu included. */
const ASYMPTOTIC = 1 / 16;

/** Coefficients of nu^(2j+1) in B, and those of its derivatives: by powers of nu^2, the odd ones over nu. */
const B0 = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
const B1 = B0.map((c, j) => (2 * j + 1) * c);
const B2 = B1.map((c, j) => 2 * j * c).slice(1);
const B3 = B2.map((c, j) => (2 * j + 1) * c);
const B4 = B3.map((c, j) => 2 * j * c).slice(1);

/** Below this I_n are sums over eight nodes, exact to 1e-17; their closed forms lose digits like u^-n. */
const QUADRATURE = 0.25;
const { nodes: NODES, weights: WEIGHTS } = gaussLegendre(8);

function horner(c: readonly number[], v: number): number {
  let sum = 0;
  for (let j = c.length - 1; j >= 0; j--) sum = sum * v + c[j];
  return sum;
}

/** B(nu) and its derivatives up to the fourth. */
class Binet {
  readonly d = new Float64Array(5);

  fill(nu: number, order: number): void {
    const { d } = this;
    if (nu <= ASYMPTOTIC) {
      const v = nu * nu;
      d[0] = nu * horner(B0, v);
      if (order > 0) d[1] = horner(B1, v);
      if (order > 1) d[2] = nu * horner(B2, v);
      if (order > 2) d[3] = horner(B3, v);
      if (order > 3) d[4] = nu * horner(B4, v);
      return;
    }
    const x = 1 / nu;
    d[0] = binet(x);
    if (order === 0) return;
    // Derivatives of binet by x, each times a power of x; d/dnu = -x^2 d/dx.
    const b1 = x * (digamma(x) - Math.log(x)) + 0.5;
    d[1] = -x * b1;
    if (order === 1) return;
    const b2 = x * x * trigamma(x) - x - 0.5;
    d[2] = x * x * (b2 + 2 * b1);
    if (order === 2) return;
    const b3 = x * (x * x * tetragamma(x) + 1) + 1;
    d[3] = -x * x * x * (b3 + 6 * b2 + 6 * b1);
    if (order === 3) return;
    const b4 = x * (x * x * x * pentagamma(x) - 2) - 3;
    d[4] = x * x * x * x * (b4 + 12 * b3 + 36 * b2 + 24 * b1);
  }
}

/** R(y, nu) and derivatives for many y at one nu: `fix` nu, then `evaluate`. */
export class RisingFactorial {
  value = 0;
  first = 0;
  second = 0;
  third = 0;
  fourth = 0;
  /** y - nu R' = sum_{k<y} 1 / (1 + k nu), which that difference would not keep; from order 1 on. */
  inverses = 0;
  private nu = 0;
  private readonly atNu = new Binet();
  private readonly beyond = new Binet();

  /** Derivatives up to `order` will be asked for. */
  fix(nu: number, order: number): void {
    this.nu = nu;
    this.atNu.fill(nu, order);
  }

  evaluate(y: number, order: 0 | 1 | 2 | 3 | 4): void {
    const { nu, beyond, atNu } = this;
    const u = y * nu;
    const s = 1 / (1 + u);
    const L = Math.log1p(u);
    beyond.fill(nu * s, order);
    const b = beyond.d;
    const d = atNu.d;
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
        const cube = u * u * u;
        const p1 = u * s;
        const p2 = 0.5 * p1 * (1 + s);
        const p3 = (p1 * (1 + s + s * s)) / 3;
        i2 = (u - 2 * L + p1) / cube;
        i3 = (u - 3 * L + 3 * p1 - p2) / (cube * u);
        i4 = (u - 4 * L + 6 * p1 - 4 * p2 + p3) / (cube * u * u);
      }
    }
    this.value = y * (L - u * i1) - 0.5 * L + b[0] - d[0];
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
