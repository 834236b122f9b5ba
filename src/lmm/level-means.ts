import type { DesignMoments, FactorMoments } from '../moments/moments.ts';

/** Share of a square that is rounding. */
const ROUNDING = 1e-9;

/**
 * Weighted means of a column a = Q v over the levels of a grouping factor, from moments: A_i / w_i with A_i the sum of the
 * weighted values of level i and w_i that of its weights. One object serves one design after another, as there may be
 * thousands of one shape; its arrays are valid until the next of their kind.
 */
export class LevelMeans {
  private p = 0;
  private r: Float64Array = new Float64Array(0);
  factor: FactorMoments;
  /** Z_i'W^(1/2) Q, J x p, and w_i of the raw intercepts; null for a factor without. */
  private intercepts: { readonly sums: Float64Array; readonly sizes: Float64Array } | null = null;
  /** Whether each column of X is constant within the levels: 1, 0, or -1 where that is not known yet. */
  private constant = new Int8Array(0);
  private column = new Float64Array(0);
  private means = new Float64Array(0);
  private ofColumn = new Float64Array(0);
  /** 1 and -1 for levels on the two sides of a comparison, 0 for those that do not count; space of whoever compares. */
  sides = new Int8Array(0);

  constructor(design: DesignMoments, factor: FactorMoments) {
    this.factor = factor;
    this.open(design, factor);
  }

  open(design: DesignMoments, factor: FactorMoments): this {
    const { p, r } = design;
    const J = factor.levels.length;
    this.factor = factor;
    this.intercepts = interceptSums(design, factor);
    this.p = p;
    this.r = r;
    if (this.constant.length !== p) {
      this.constant = new Int8Array(p);
      this.column = new Float64Array(p);
    }
    if (this.means.length !== J) {
      this.means = new Float64Array(J);
      this.ofColumn = new Float64Array(J);
      this.sides = new Int8Array(J);
    }
    this.constant.fill(-1);
    return this;
  }

  /** Whether the factor has intercepts: it has no means otherwise. */
  get hasMeans(): boolean {
    return this.intercepts !== null;
  }

  /** sum A_i^2 / w_i; NaN without intercepts. */
  shareOf(v: Float64Array): number {
    const { p, intercepts, means } = this;
    if (!intercepts) return Number.NaN;
    const { sums, sizes } = intercepts;
    let share = 0;
    for (let i = 0, at = 0; i < means.length; i++) {
      let own = 0;
      for (let k = 0; k < p; k++, at++) own += sums[at] * v[k];
      if (sizes[i] > 0) share += (own * own) / sizes[i];
    }
    return share;
  }

  /** A_i / w_i of each level; zeros without intercepts. */
  meansOf(v: Float64Array, means = this.means): Float64Array {
    const { p, intercepts } = this;
    if (!intercepts) return means.fill(0);
    const { sums, sizes } = intercepts;
    for (let i = 0, at = 0; i < means.length; i++) {
      let own = 0;
      for (let k = 0; k < p; k++, at++) own += sums[at] * v[k];
      means[i] = sizes[i] > 0 ? own / sizes[i] : 0;
    }
    return means;
  }

  /** Rows of each level, or the sum of their weights; null without intercepts. */
  get sizes(): Float64Array | null {
    return this.intercepts?.sizes ?? null;
  }

  /** Sum of column k of X over the weighted rows. */
  sumOfColumn(k: number): number {
    const means = this.meansOfColumn(k);
    const sizes = this.intercepts?.sizes;
    return sizes ? means.reduce((sum, mean, i) => sum + sizes[i] * mean, 0) : Number.NaN;
  }

  /** Sum of its squares. */
  squaresOfColumn(k: number): number {
    return squareOf(this.columnOf(k));
  }

  /** Means of column k of X. */
  meansOfColumn(k: number): Float64Array {
    return this.meansOf(this.columnOf(k), this.ofColumn);
  }

  /** Whether column k of X has one value in each level. */
  isConstant(k: number): boolean {
    const { constant } = this;
    if (constant[k] < 0) {
      const column = this.columnOf(k);
      constant[k] = this.shareOf(column) >= (1 - ROUNDING) * squareOf(column) ? 1 : 0;
    }
    return constant[k] === 1;
  }

  /** Columns of X that have one value in each level. */
  constantColumns(): number {
    let count = 0;
    for (let k = 0; k < this.p; k++) if (this.isConstant(k)) count++;
    return count;
  }

  /** Column k of X in the orthonormal coordinates, that of R. */
  private columnOf(k: number): Float64Array {
    const { p, r, column } = this;
    for (let i = 0; i < p; i++) column[i] = i <= k ? r[i * p + k] : 0;
    return column;
  }
}

/** v'v. */
export function squareOf(v: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return sum;
}

/** Weights over the columns of a factor that give its raw intercept back (z = zt T); null for a factor without. */
export function interceptPlace(design: DesignMoments, factor: FactorMoments): Float64Array | null {
  const term = design.terms.find((one) => design.factors[one.factor] === factor && one.names.includes('(Intercept)'));
  if (!term) return null;
  const at = term.names.indexOf('(Intercept)');
  const place = new Float64Array(factor.q);
  for (let a = 0; a < term.q; a++) place[term.column + a] = term.transform[a * term.q + at];
  return place;
}

function interceptSums(
  design: DesignMoments,
  factor: FactorMoments,
): { readonly sums: Float64Array; readonly sizes: Float64Array } | null {
  const place = interceptPlace(design, factor);
  if (!place) return null;
  const { p } = design;
  const { q, ztz, ztx, levels } = factor;
  if (q === 1 && place[0] === 1) return { sums: ztx, sizes: ztz };
  const sums = new Float64Array(levels.length * p);
  const sizes = new Float64Array(levels.length);
  for (let i = 0; i < levels.length; i++) {
    for (let a = 0; a < q; a++) {
      const row = i * q + a;
      for (let k = 0; k < p; k++) sums[i * p + k] += place[a] * ztx[row * p + k];
      for (let c = 0; c < q; c++) sizes[i] += place[a] * place[c] * ztz[row * q + c];
    }
  }
  return { sums, sizes };
}

/** The level of `outer` that holds each level of `inner`; null where one lies in several. */
export function holderOf(
  { factors, crosses }: DesignMoments,
  inner: FactorMoments,
  outer: FactorMoments,
): Int32Array | null {
  const holder = new Int32Array(inner.levels.length).fill(-1);
  for (const { a, b, pointers, columns } of crosses) {
    const turned = factors[a] === outer && factors[b] === inner;
    if (!turned && !(factors[a] === inner && factors[b] === outer)) continue;
    for (let i = 0; i + 1 < pointers.length; i++) {
      for (let at = pointers[i]; at < pointers[i + 1]; at++) {
        const [level, held] = turned ? [columns[at], i] : [i, columns[at]];
        if (holder[level] >= 0 && holder[level] !== held) return null;
        holder[level] = held;
      }
    }
    return holder;
  }
  return null;
}
