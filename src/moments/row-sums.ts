/**
 * Moments from sums over the rows of a design that does not collapse into strata as a whole, for a covariate by cell say.
 *
 * Of the columns of Q in X = Q R the first ones, up to column j, lie in the span of the first j columns of X. Where random
 * effects, weights and those columns are the same in all rows of a stratum, so are the columns of Q: with the sum S_s of a
 * response in stratum s,
 *
 *     q_j'y = sum_s q_js S_s,   Z'y by the same sums,
 *
 * and an entry costs an addition to its stratum and a product for each column of Q beyond. Where random effects differ by row,
 * it costs a product for every column of Q and every effect.
 */
import { sharedFloats } from '../numeric/shared-array.ts';
import type { Design } from '../types/design.ts';
import type { PartSums, PassPart } from '../types/entry-pass.ts';
import { collapseLeading } from './collapse.ts';
import type { Projector } from './design-moments.ts';
import type { DesignMoments, ResponseMoments } from './moments.ts';
import { rowSums } from './part-sums.ts';

/** Norm, of a column's, by which rows of a stratum may differ and be the same. */
const SAME = 1e-12;

type LeadingStrata = NonNullable<ReturnType<typeof collapseLeading>>;
type RowsPart = Extract<PassPart, { readonly kind: 'rows' }>;

/** What is to be summed, and what the sums say. */
export interface RowSums {
  readonly part: RowsPart;
  /** In words. */
  readonly description: string;
  /** The sum of weighted squares of the offset; 0 without. */
  readonly offsetSquares: number;
  /** Moments of response g from the sums at place k. */
  finish(sums: PartSums, k: number, out: ResponseMoments, g: number): void;
}

/** Sums by at most `limit` strata where there are so few, else by the effects of each row. */
export function rowSumsOf(projector: Projector, design: Design, limit: number): RowSums {
  const strata = collapseLeading(design, limit);
  const { moments, rootWeight, q } = projector;
  const { p } = moments;
  const { n, weights } = design;
  const width = moments.factors.reduce((sum, factor) => sum + factor.q, 0);
  const told = strata ? columnsInStrata(projector, strata) : [];
  const leading = told.length;
  const own = p - leading;
  const basis = sharedFloats(n * own);
  for (let k = 0; k < own; k++) {
    const column = (leading + k) * n;
    for (let i = 0; i < n; i++) basis[i * own + k] = (rootWeight ? rootWeight[i] : 1) * q[column + i];
  }
  const offset = design.offset ? design.offset.map((o, i) => o * (weights ? weights[i] : 1)) : null;
  const common = { kind: 'rows' as const, weight: weights ?? null, p: own, basis, offset };
  if (strata) {
    const { of, representative } = strata;
    const part = { ...common, width: 1, columns: of, z: null, zColumns: representative.length };
    const inStrata = new InStrata(projector, strata, told);
    const words = `${n} rows in ${representative.length} strata, ${own} ${own === 1 ? 'product' : 'products'} an entry beside`;
    return new FinishedRows(part, moments, design, inStrata, words);
  }
  const part = { ...common, width, ...effectsOf(projector, n, width), zColumns: moments.q };
  return new FinishedRows(part, moments, design, null, `${n} rows with ${p} + ${width} products an entry`);
}

/** Entries of Z in each row: their columns, and values times the weight. */
function effectsOf(
  { moments, factors, rootWeight }: Pick<Projector, 'moments' | 'factors' | 'rootWeight'>,
  n: number,
  width: number,
): { readonly columns: Int32Array; readonly z: Float64Array } {
  const columns = new Int32Array(n * width);
  const z = new Float64Array(n * width);
  for (let i = 0; i < n; i++) {
    const weight = rootWeight ? rootWeight[i] ** 2 : 1;
    let at = i * width;
    factors.forEach((factor, f) => {
      const { q, offset } = moments.factors[f];
      for (let a = 0; a < q; a++) {
        columns[at] = offset + factor.codes[i] * q + a;
        z[at++] = weight * factor.z[i * q + a];
      }
    });
  }
  return { columns, z };
}

/**
 * Leading columns of W^(1/2) Q by stratum: means over rows that differ by rounding. Those of columns of X that nearly are
 * combinations of others may differ by more, and are left out with all that follow.
 */
function columnsInStrata(
  { q, rootWeight }: Projector,
  { of, representative, count, leading }: LeadingStrata,
): Float64Array[] {
  const n = of.length;
  const columns: Float64Array[] = [];
  for (let j = 0; j < leading; j++) {
    const value = (i: number) => (rootWeight ? rootWeight[i] : 1) * q[j * n + i];
    const first = Float64Array.from(representative, value);
    // Differences from the first: sums of equal numbers would all be rounded the same way.
    const shift = new Float64Array(count.length);
    let size = 0;
    let within = 0;
    for (let i = 0; i < n; i++) {
      const difference = value(i) - first[of[i]];
      shift[of[i]] += difference;
      within += difference ** 2;
      size += value(i) ** 2;
    }
    for (let s = 0; s < count.length; s++) within -= shift[s] ** 2 / count[s];
    if (!(within <= SAME ** 2 * size)) break;
    columns.push(first.map((one, s) => one + shift[s] / count[s]));
  }
  return columns;
}

/** What all rows of a stratum have in common. */
class InStrata {
  /** Leading columns of W^(1/2) Q by stratum. */
  private readonly basis: readonly Float64Array[];
  private readonly columns: Int32Array;
  private readonly z: Float64Array;
  private readonly width: number;

  constructor(
    { rootWeight, factors, moments }: Projector,
    { representative }: LeadingStrata,
    basis: readonly Float64Array[],
  ) {
    this.basis = basis;
    this.width = moments.factors.reduce((sum, factor) => sum + factor.q, 0);
    const strata = representative.length;
    const chosen = factors.map(({ codes, z }, f) => {
      const { q } = moments.factors[f];
      const values = (_: unknown, at: number): number => z[representative[Math.floor(at / q)] * q + (at % q)];
      return { codes: representative.map((i) => codes[i]), z: Float64Array.from({ length: strata * q }, values) };
    });
    const roots = rootWeight && Float64Array.from(representative, (i) => rootWeight[i]);
    const effects = effectsOf({ moments, factors: chosen, rootWeight: roots }, strata, this.width);
    this.columns = effects.columns;
    this.z = effects.z;
  }

  /** Adds a stratum's sum to Q'y and Z'y. */
  add(s: number, sum: number, qty: Float64Array, zty: Float64Array): void {
    const { basis, columns, z, width } = this;
    for (let j = 0; j < basis.length; j++) qty[j] += basis[j][s] * sum;
    for (let a = s * width; a < (s + 1) * width; a++) zty[columns[a]] += z[a] * sum;
  }
}

/** Sums of an offset, as a response has them. */
interface OffsetSums {
  readonly squares: number;
  readonly qty: Float64Array;
  readonly zty: Float64Array;
}

class FinishedRows implements RowSums {
  readonly part: RowsPart;
  readonly description: string;
  private readonly moments: DesignMoments;
  private readonly design: Design;
  private readonly inStrata: InStrata | null;
  private readonly offset: OffsetSums | null;
  private readonly qty: Float64Array;
  private readonly zty: Float64Array;

  constructor(part: RowsPart, moments: DesignMoments, design: Design, inStrata: InStrata | null, description: string) {
    this.part = part;
    this.description = description;
    this.moments = moments;
    this.design = design;
    this.inStrata = inStrata;
    this.qty = new Float64Array(moments.p);
    this.zty = new Float64Array(moments.q);
    this.offset = design.offset ? this.offsetSums(design.offset) : null;
  }

  get offsetSquares(): number {
    return this.offset?.squares ?? 0;
  }

  finish({ total, expressed, sums: [own, columns] }: PartSums, k: number, out: ResponseMoments, g: number): void {
    const { moments, part, qty, zty, design, offset } = this;
    const { p, q } = moments;
    const places = rowSums(part);
    const first = k * places.stride;
    const G = expressed.length;
    this.project(columns, G, k, own, first + places.products);
    let sum = 0;
    if (part.z !== null) sum = own[first + places.plain];
    else for (let s = 0; s < part.zColumns; s++) sum += columns[s * G + k];
    out.mean[g] = sum / design.n;
    let rss = total[k];
    if (offset) {
      // y - o: the offset's own sums are taken off.
      rss += offset.squares - 2 * own[first + places.offset];
      for (let j = 0; j < p; j++) qty[j] -= offset.qty[j];
      for (let c = 0; c < q; c++) zty[c] -= offset.zty[c];
    }
    for (let j = 0; j < p; j++) {
      const value = qty[j];
      rss -= value * value;
      for (const factor of moments.factors) {
        const size = factor.levels.length * factor.q;
        for (let c = 0; c < size; c++) zty[factor.offset + c] -= factor.ztx[c * p + j] * value;
      }
    }
    out.qty.set(qty, g * p);
    out.ztr.set(zty, g * q);
    out.rss[g] = Math.max(0, rss);
  }

  /** Forms Q'y and Z'y of response k of G from its sums, in place. */
  private project(columns: Float64Array, G: number, k: number, products: Float64Array, first: number): void {
    const { qty, zty, part, inStrata, moments } = this;
    qty.fill(0);
    zty.fill(0);
    for (let c = 0; c < part.zColumns; c++) {
      const sum = columns[c * G + k];
      if (inStrata === null) zty[c] = sum;
      else if (sum !== 0) inStrata.add(c, sum, qty, zty);
    }
    const leading = moments.p - part.p;
    for (let j = 0; j < part.p; j++) qty[leading + j] = products[first + j];
  }

  private offsetSums(offset: Float64Array): OffsetSums {
    const { p, basis, width, columns, z, zColumns, weight } = this.part;
    const sums = new Float64Array(zColumns);
    const products = new Float64Array(p);
    let squares = 0;
    offset.forEach((o, i) => {
      squares += (weight ? weight[i] : 1) * o * o;
      for (let k = 0; k < p; k++) products[k] += o * basis[i * p + k];
      for (let a = i * width; a < (i + 1) * width; a++) sums[columns[a]] += o * (z ? z[a] : 1);
    });
    this.project(sums, 1, 0, products, 0);
    return { squares, qty: this.qty.slice(), zty: this.zty.slice() };
  }
}
