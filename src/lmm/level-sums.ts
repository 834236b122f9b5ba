import type { FactorMoments } from '../moments/moments.ts';
import { dot } from '../numeric/dense.ts';

/** Sizes up to which levels of one size are taken together: rows without weights have few, and what is seen at once costs nothing. */
const FEW_SIZES = 8;
/**
 * Sums over the levels of a scalar random term, in the symbols of `scalar-profile.ts`: of the rows a_j = [B_j r_j] with sizes
 * s_j, as functions of gamma,
 *
 *     M_w + sum (t / s) a a',   sum t^2 B B',   sum s t^3 B B',   sum h,   sum h t
 *
 * Levels of one size have one t. Where there are few sizes, as without weights, the products a a' are summed by size
 * beforehand, and an evaluation takes as many steps as there are sizes.
 */
export class LevelSums {
  /** tr(Z'Z) and tr(B'B). */
  whole = 0;
  taken = 0;
  /** The largest size. */
  largest = 0;
  /** M_w of r: the residual sum of squares inside the levels. */
  within = 0;
  /** The sizes with the levels of each: of a response with many sizes its levels, one by one. */
  sizes = 0;
  readonly s: Float64Array;
  readonly counts: Float64Array;
  /** The place of the size of each level. */
  readonly sizeOf: Int32Array;
  /** a of all levels column by column, (p + 1) x J. */
  readonly a: Float64Array;
  /** At the gamma of the last evaluation, for each size: s t, t / s, t^2 and s t^3. */
  readonly st: Float64Array;
  readonly w0: Float64Array;
  readonly w1: Float64Array;
  readonly w2: Float64Array;
  /** There, rows of lower triangles: M, which its reader may overwrite, H and K; the last row is that of r, and valid in M alone. */
  readonly m: Float64Array;
  readonly h: Float64Array;
  readonly k: Float64Array;
  /** There, sum h and sum h t. */
  shares = 0;
  bends = 0;
  private readonly p: number;
  private readonly J: number;
  /** 1 / s, 0 for levels without weight. */
  private readonly inverse: Float64Array;
  /** Sums over the levels of each size of the products a_i a_l, pair by pair of the lower triangle. */
  private readonly products: Float64Array;
  /** M_w. */
  private readonly inside: Float64Array;

  /** Space for p columns and J levels. */
  constructor(p: number, J: number) {
    const numbers = (length: number) => new Float64Array(length);
    const pairs = ((p + 1) * (p + 2)) / 2;
    this.p = p;
    this.J = J;
    this.s = numbers(J);
    this.counts = numbers(J);
    this.inverse = numbers(J);
    this.sizeOf = new Int32Array(J);
    this.a = numbers((p + 1) * J);
    this.products = numbers(pairs * J);
    this.inside = numbers(pairs);
    this.st = numbers(J);
    this.w0 = numbers(J);
    this.w1 = numbers(J);
    this.w2 = numbers(J);
    this.m = numbers(pairs);
    this.h = numbers(pairs);
    this.k = numbers(pairs);
  }

  /** Takes a factor and response k, multiplied by `scale`; `square` is then its residual sum of squares. */
  load({ ztz, ztx }: FactorMoments, ztr: Float64Array, k: number, scale: number, square: number): void {
    const { p, J, a } = this;
    let whole = 0;
    let taken = 0;
    for (let j = 0; j < J; j++) {
      whole += ztz[j];
      for (let i = 0; i < p; i++) {
        const value = ztx[j * p + i];
        a[i * J + j] = value;
        taken += value * value;
      }
      a[p * J + j] = ztr[k * J + j] * scale;
    }
    this.whole = whole;
    this.taken = taken;
    this.findSizes(ztz);
    this.formProducts(square);
  }

  /** Evaluates everything at gamma, K where it is asked for. */
  evaluate(gamma: number, second: boolean): void {
    const { p, s, counts, inverse, sizes, products, inside, st, w0, w1, w2, m } = this;
    let sumH = 0;
    let sumHT = 0;
    for (let j = 0; j < sizes; j++) {
      const t = 1 / (1 + gamma * s[j]);
      const own = s[j] * t;
      st[j] = own;
      w0[j] = t * inverse[j];
      w1[j] = t * t;
      w2[j] = own * t * t;
      const h = counts[j] * own;
      sumH += h;
      sumHT += h * t;
    }
    this.shares = gamma * sumH;
    this.bends = gamma * sumHT;
    const pairs = (p * (p + 1)) / 2;
    // What an odd number leaves is taken with the first pair of r.
    for (let at = 0; at < pairs; at += 2) this.sumPairs(at, second);
    for (let at = pairs; at < m.length; at++) m[at] = inside[at] + dot(products, at * sizes, w0, 0, sizes);
  }

  /** Finds the sizes of the levels and their places among them. */
  private findSizes(ztz: Float64Array): void {
    const { J, s, inverse, sizeOf, counts } = this;
    let sizes = 0;
    for (let j = 0; j < J && sizes <= FEW_SIZES; j++) {
      let at = 0;
      while (at < sizes && s[at] !== ztz[j]) at++;
      if (at < sizes) counts[at]++;
      else {
        s[at] = ztz[j];
        counts[at] = 1;
        sizes++;
      }
      sizeOf[j] = at;
    }
    if (sizes > FEW_SIZES) {
      sizes = J;
      for (let j = 0; j < J; j++) {
        s[j] = ztz[j];
        counts[j] = 1;
        sizeOf[j] = j;
      }
    }
    this.sizes = sizes;
    let largest = 0;
    for (let j = 0; j < sizes; j++) {
      inverse[j] = s[j] > 0 ? 1 / s[j] : 0;
      if (s[j] > largest) largest = s[j];
    }
    this.largest = largest;
  }

  /** Forms the products of the columns of a, and M_w. */
  private formProducts(square: number): void {
    const { p, J, a, products, inside, inverse, sizes, sizeOf } = this;
    const together = sizes < J;
    if (together) products.fill(0);
    for (let i = 0, at = 0, to = 0; i <= p; i++) {
      for (let l = 0; l <= i; l++, at++, to += sizes) {
        let x = i * J;
        let y = l * J;
        if (together) for (let j = 0; j < J; j++, x++, y++) products[to + sizeOf[j]] += a[x] * a[y];
        else for (let j = 0; j < J; j++, x++, y++) products[to + j] = a[x] * a[y];
        const sum = dot(products, to, inverse, 0, sizes);
        // Columns that are constant within the levels leave nothing but rounding, which must not be negative.
        inside[at] = i === l ? Math.max(0, (i < p ? 1 : square) - sum) : -sum;
      }
    }
    this.within = inside[inside.length - 1];
  }

  /** Sums two pairs of columns, of which additions need not wait for each other. */
  private sumPairs(at: number, second: boolean): void {
    const { products, inside, sizes, w0, w1, w2, m, h, k } = this;
    let x = at * sizes;
    let y = x + sizes;
    let m0 = inside[at];
    let m1 = inside[at + 1];
    let h0 = 0;
    let h1 = 0;
    if (second) {
      let k0 = 0;
      let k1 = 0;
      for (let j = 0; j < sizes; j++, x++, y++) {
        const one = products[x];
        const other = products[y];
        m0 += one * w0[j];
        m1 += other * w0[j];
        h0 += one * w1[j];
        h1 += other * w1[j];
        k0 += one * w2[j];
        k1 += other * w2[j];
      }
      k[at] = k0;
      k[at + 1] = k1;
    } else {
      for (let j = 0; j < sizes; j++, x++, y++) {
        const one = products[x];
        const other = products[y];
        m0 += one * w0[j];
        m1 += other * w0[j];
        h0 += one * w1[j];
        h1 += other * w1[j];
      }
    }
    m[at] = m0;
    m[at + 1] = m1;
    h[at] = h0;
    h[at + 1] = h1;
  }
}
