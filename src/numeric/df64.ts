/**
 * Host twin of shaders/num/df64.wgsl: a number as an unevaluated sum of two f32. The host itself computes in float64;
 * this is for splitting and joining what goes to and comes from a device, and to say what its arithmetic must give.
 */

/** High word, low word. */
export type Df64 = readonly [number, number];

/** The nearest pair: about 48 bits. Exact to join again with {@link joinDf64}. */
export function splitDf64(x: number): Df64 {
  const hi = Math.fround(x);
  return [hi, Number.isFinite(hi) ? Math.fround(x - hi) : 0];
}

export function joinDf64([hi, lo]: Df64): number {
  return hi + lo;
}

/** The two transforms that everything is built on; a compiler that rearranges them breaks all. */
export interface Transforms {
  /** a + b rounded, and the rounding error; with `quick`, for |a| >= |b|. */
  sum(a: number, b: number, quick: boolean): Df64;
  /** a * b rounded, and the rounding error. */
  product(a: number, b: number): Df64;
}

/** What a device that keeps to the rules computes, apart from underflow. */
export const EXACT_TRANSFORMS: Transforms = {
  sum(a, b) {
    const s = Math.fround(a + b);
    const bb = Math.fround(s - a);
    return [s, Math.fround(Math.fround(a - Math.fround(s - bb)) + Math.fround(b - bb))];
  },
  product(a, b) {
    // The product of two f32 has 48 bits: exact in float64, and so is its rest.
    const p = Math.fround(a * b);
    return [p, Math.fround(a * b - p)];
  },
};

/** The operations of the shader module in the same order, over given transforms. */
export interface Df64Operations {
  add(a: Df64, b: Df64): Df64;
  sub(a: Df64, b: Df64): Df64;
  mul(a: Df64, b: Df64): Df64;
  div(a: Df64, b: Df64): Df64;
  sqrt(a: Df64): Df64;
}

export function df64Operations({ sum, product }: Transforms = EXACT_TRANSFORMS): Df64Operations {
  const { fround } = Math;
  const add = (a: Df64, b: Df64): Df64 => {
    const high = sum(a[0], b[0], false);
    const low = sum(a[1], b[1], false);
    const first = sum(high[0], fround(high[1] + low[0]), true);
    return sum(first[0], fround(first[1] + low[1]), true);
  };
  /** a - (q * b), for a quotient or root that is right to f32: what remains. */
  const rest = (a: Df64, [p, e]: Df64): number => fround(fround(a[0] - p) - e);
  return {
    add,
    sub: (a, b) => add(a, [-b[0], -b[1]]),
    mul(a, b) {
      const p = product(a[0], b[0]);
      const cross = fround(fround(a[0] * b[1]) + fround(a[1] * b[0]));
      return sum(p[0], fround(p[1] + cross), true);
    },
    div(a, b) {
      const q = fround(a[0] / b[0]);
      const left = fround(rest(a, product(q, b[0])) + fround(a[1] - fround(q * b[1])));
      return sum(q, fround(left / b[0]), true);
    },
    sqrt(a) {
      if (a[0] <= 0) return [0, 0];
      const s = fround(Math.sqrt(a[0]));
      const left = fround(rest(a, product(s, s)) + a[1]);
      return sum(s, fround(fround(0.5 * left) / s), true);
    },
  };
}
