import { binet } from './distributions/binet.ts';
import { digamma, pentagamma, tetragamma, trigamma } from './polygamma.ts';

/** Up to here seven terms of Stirling's series reach double precision, derivatives by nu included. */
const ASYMPTOTIC = 1 / 16;

/** Coefficients of nu^(2j+1) in B, and those of its derivatives: by powers of nu^2, the even ones over nu. */
const B0 = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156];
const B1 = B0.map((c, j) => (2 * j + 1) * c);
const B2 = B1.map((c, j) => 2 * j * c).slice(1);
const B3 = B2.map((c, j) => (2 * j + 1) * c);
const B4 = B3.map((c, j) => 2 * j * c).slice(1);

/**
 * Binet's function by the reciprocal of its argument, B(nu) = binet(1 / nu), with derivatives: an odd power series in nu
 * (nu / 12 - nu^3 / 360 + ...), which near zero has none of the cancellation of log Gamma. Beyond 1/16 derivatives are those of
 * log Gamma.
 */
export class ReciprocalBinet {
  /** B and its derivatives, as many as were asked for. */
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
    // x^n times the n-th derivative of binet; d/dnu = -x^2 d/dx.
    const b1 = x * (digamma(x) - Math.log(x)) + 0.5;
    d[1] = -x * b1;
    if (order === 1) return;
    const b2 = x * (x * trigamma(x) - 1) - 0.5;
    d[2] = x * x * (b2 + 2 * b1);
    if (order === 2) return;
    const b3 = x * (x * x * tetragamma(x) + 1) + 1;
    d[3] = -x * x * x * (b3 + 6 * b2 + 6 * b1);
    if (order === 3) return;
    const b4 = x * (x * x * x * pentagamma(x) - 2) - 3;
    d[4] = x * x * x * x * (b4 + 12 * b3 + 36 * b2 + 24 * b1);
  }
}

function horner(c: readonly number[], v: number): number {
  let sum = 0;
  for (let j = c.length - 1; j >= 0; j--) sum = sum * v + c[j];
  return sum;
}
