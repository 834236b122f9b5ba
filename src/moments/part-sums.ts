/**
 * Sums of entries under one design, run by run: a cell's responses and values, without a call for each. Rows that are not
 * visited count as zeros.
 *
 * A categorical design collapses into strata: an entry then costs two additions, to the sum of its stratum and to the
 * response's sum of squares, whatever p is. Otherwise an entry costs its row's p + (random effects) products, or an addition to
 * its stratum and a product for each column that strata do not tell. Sums by stratum or level have the response innermost, sums
 * of one response lie together, so that the entries of a cell touch neighbouring memory.
 */
import { logFactorial } from '../numeric/log-factorial.ts';
import type { PartSums, PassPart } from '../types/entry-pass.ts';
import { CountInterpolation, LARGEST_COUNT } from './count-nodes.ts';
import { interpolatedTail } from './family-responses.ts';

export interface PartAccumulator {
  /** Adds `count` values of row i of the design, none of them zero: responses `at[from ..]`, values `y[first ..]`. */
  addRun(i: number, at: Int32Array, from: number, y: Values, first: number, count: number): void;
  /** Adds one value, not zero. */
  add(i: number, g: number, y: number): void;
  /** The sums, whose memory they go on in. */
  result(): PartSums;
  /** Begins again at zero. */
  reset(): void;
}

/** Values as they come out of a file, or normalised. */
export type Values = Float64Array | Float32Array | Int32Array;

/** Accumulates a part for G responses. */
export function accumulatePart(
  part: PassPart,
  responses: number,
  allocate: (length: number) => Float64Array,
): PartAccumulator {
  if (part.kind === 'strata') return new StrataSums(part, responses, allocate);
  if (part.kind === 'family') return new FamilySums(part, responses, allocate);
  return part.kind === 'rows' ? new RowSums(part, responses, allocate) : new GatheredValues(part, responses, allocate);
}

function zero({ expressed, total, sums }: PartSums): void {
  for (const values of [expressed, total, ...sums]) values.fill(0);
}

/** Places of the sums of a family's part. */
export const FAMILY_SUMS = { rows: 0, plain: 1, faults: 2, tail: 3 } as const;

/** Bytes of the sums of a part. */
export function bytesOfSums(part: PassPart, responses: number): number {
  const own = 2 * responses;
  if (part.kind === 'strata') return 8 * (own + part.strata * responses);
  if (part.kind === 'family') return 8 * (own + (part.rows + part.tail + 2) * responses);
  return 8 * (own + (part.kind === 'rows' ? (rowSums(part).stride + part.zColumns) * responses : part.count * part.n));
}

type PartOf<K extends PassPart['kind']> = Extract<PassPart, { readonly kind: K }>;

class StrataSums implements PartAccumulator {
  private readonly part: PartOf<'strata'>;
  private readonly responses: number;
  private readonly sums: Float64Array;
  private readonly total: Float64Array;
  private readonly expressed: Float64Array;
  /** Whole numbers of 32 bits take half the room in the cache. */
  private readonly seen: Int32Array;

  constructor(part: PartOf<'strata'>, responses: number, allocate: (length: number) => Float64Array) {
    this.part = part;
    this.responses = responses;
    this.sums = allocate(part.strata * responses);
    this.total = allocate(responses);
    this.expressed = allocate(responses);
    this.seen = new Int32Array(responses);
  }

  addRun(i: number, at: Int32Array, from: number, y: Values, first: number, count: number): void {
    const { sums, total, seen } = this;
    const { stratum, weight } = this.part;
    const base = stratum[i] * this.responses;
    const w = weight === null ? 1 : weight[i];
    for (let e = 0; e < count; e++) {
      const g = at[from + e];
      const value = y[first + e];
      sums[base + g] += value;
      total[g] += w * value * value;
      seen[g]++;
    }
  }

  add(i: number, g: number, y: number): void {
    const { stratum, weight } = this.part;
    this.sums[stratum[i] * this.responses + g] += y;
    this.total[g] += (weight === null ? 1 : weight[i]) * y * y;
    this.seen[g]++;
  }

  reset(): void {
    this.sums.fill(0);
    this.total.fill(0);
    this.seen.fill(0);
  }

  result(): PartSums {
    this.expressed.set(this.seen);
    return { expressed: this.expressed, total: this.total, sums: [this.sums] };
  }
}

/** Places of the sums that one response has of a part by rows: that of squares is first, those that are not formed lie nowhere. */
export function rowSums({ p, z, offset }: Pick<PartOf<'rows'>, 'p' | 'z' | 'offset'>): {
  readonly products: number;
  readonly plain: number;
  readonly offset: number;
  readonly stride: number;
} {
  const plain = 1 + p;
  const own = z === null ? plain : plain + 1;
  return { products: 1, plain, offset: own, stride: offset === null ? own : own + 1 };
}

class RowSums implements PartAccumulator {
  private readonly part: PartOf<'rows'>;
  private readonly responses: number;
  private readonly own: Float64Array;
  private readonly zty: Float64Array;
  private readonly total: Float64Array;
  private readonly expressed: Float64Array;
  private readonly seen: Int32Array;

  constructor(part: PartOf<'rows'>, responses: number, allocate: (length: number) => Float64Array) {
    this.part = part;
    this.responses = responses;
    this.own = allocate(responses * rowSums(part).stride);
    this.zty = allocate(part.zColumns * responses);
    this.total = allocate(responses);
    this.expressed = allocate(responses);
    this.seen = new Int32Array(responses);
  }

  addRun(i: number, at: Int32Array, from: number, y: Values, first: number, count: number): void {
    const { part } = this;
    if (part.z === null && part.p === 1 && part.offset === null) this.addToStratum(i, at, from, y, first, count);
    else this.addProducts(i, at, from, y, first, count);
  }

  /** What {@link addProducts} does, for the rows that most matrices come with: strata, and one covariate by cell. */
  private addToStratum(i: number, at: Int32Array, from: number, y: Values, first: number, count: number): void {
    const { own, zty, seen, part } = this;
    const base = part.columns[i] * this.responses;
    const w = part.weight === null ? 1 : part.weight[i];
    const b = part.basis[i];
    for (let e = 0; e < count; e++) {
      const value = y[first + e];
      const g = at[from + e];
      zty[base + g] += value;
      own[2 * g] += w * value * value;
      own[2 * g + 1] += value * b;
      seen[g]++;
    }
  }

  private addProducts(i: number, at: Int32Array, from: number, y: Values, first: number, count: number): void {
    const { own, zty, seen, responses } = this;
    const { weight, p, basis, width, columns, z, offset } = this.part;
    const w = weight === null ? 1 : weight[i];
    const row = i * p;
    const { products, plain, offset: ofOffset, stride } = rowSums(this.part);
    for (let e = 0; e < count; e++) {
      const value = y[first + e];
      const g = at[from + e];
      seen[g]++;
      const square = g * stride;
      own[square] += w * value * value;
      for (let k = 0; k < p; k++) own[square + products + k] += value * basis[row + k];
      if (z !== null) own[square + plain] += value;
      if (offset !== null) own[square + ofOffset] += value * offset[i];
    }
    for (let a = i * width; a < (i + 1) * width; a++) {
      const base = columns[a] * responses;
      const factor = z === null ? 1 : z[a];
      for (let e = 0; e < count; e++) zty[base + at[from + e]] += y[first + e] * factor;
    }
  }

  add(i: number, g: number, y: number): void {
    single[0] = y;
    place[0] = g;
    this.addRun(i, place, 0, single, 0, 1);
  }

  reset(): void {
    for (const values of [this.own, this.zty, this.seen]) values.fill(0);
  }

  result(): PartSums {
    const { own, zty, total, expressed, seen } = this;
    const { stride } = rowSums(this.part);
    for (let g = 0; g < total.length; g++) total[g] = own[g * stride];
    expressed.set(seen);
    return { expressed, total, sums: [own, zty] };
  }
}

/**
 * Sums by pseudo-row of a family (`family-rows.ts`). An entry costs as many products as its row has nodes, one where none is
 * interpolated, and its count's place in the tail. The sums are, in the order of {@link FAMILY_SUMS}:
 *
 *     by pseudo-row: rows that share their nodes lie together, G x nodes from first node x G on
 *     sum of the values, unweighted                   G
 *     entries that are no such values                 G
 *     tail: sum of the weights by node of the count   G x tail
 *
 * and `total`, where there is no tail, sum w (y (o - O) - log y!).
 */
class FamilySums implements PartAccumulator {
  private readonly part: PartOf<'family'>;
  private readonly responses: number;
  private readonly sums: Float64Array;
  private readonly plain: Float64Array;
  private readonly faults: Float64Array;
  private readonly tail: Float64Array;
  private readonly constant: Float64Array;
  private readonly expressed: Float64Array;
  private readonly seen: Int32Array;
  private readonly addTail = interpolatedTail(new CountInterpolation());

  constructor(part: PartOf<'family'>, responses: number, allocate: (length: number) => Float64Array) {
    this.part = part;
    this.responses = responses;
    this.sums = allocate(part.rows * responses);
    this.plain = allocate(responses);
    this.faults = allocate(responses);
    this.tail = allocate(part.tail * responses);
    this.constant = allocate(responses);
    this.expressed = allocate(responses);
    this.seen = new Int32Array(responses);
  }

  addRun(i: number, at: Int32Array, from: number, y: Values, first: number, count: number): void {
    const { sums, plain, constant, seen, responses, addTail } = this;
    const { pointers, share, shift, weight, tail, values } = this.part;
    const start = pointers[i];
    const nodes = pointers[i + 1] - start;
    const base = this.part.first[i] * responses;
    const w = weight === null ? 1 : weight[i];
    const slope = shift === null ? 0 : shift[i];
    for (let e = 0; e < count; e++) {
      const value = y[first + e];
      const g = at[from + e];
      if (values === 'ones' ? value !== 1 : !(value > 0 && value <= LARGEST_COUNT && Math.floor(value) === value)) {
        if (value !== 0) this.faults[g]++;
        continue;
      }
      seen[g]++;
      plain[g] += value;
      if (nodes === 1) sums[base + g] += value * share[start];
      else for (let k = 0, to = base + g * nodes; k < nodes; k++) sums[to + k] += value * share[start + k];
      if (values === 'ones') continue;
      if (tail > 0) addTail(value, w, this.tail, g * tail);
      else constant[g] += slope * value - (value > 1 ? w * logFactorial(value) : 0);
    }
  }

  add(i: number, g: number, y: number): void {
    single[0] = y;
    place[0] = g;
    this.addRun(i, place, 0, single, 0, 1);
  }

  reset(): void {
    for (const values of [this.sums, this.plain, this.faults, this.tail, this.constant, this.seen]) values.fill(0);
  }

  result(): PartSums {
    const { sums, plain, faults, tail, constant, expressed, seen } = this;
    expressed.set(seen);
    return { expressed, total: constant, sums: [sums, plain, faults, tail] };
  }
}

const single = new Float64Array(1);
const place = new Int32Array(1);

/** Keeps the values of some responses. */
class GatheredValues implements PartAccumulator {
  private readonly part: PartOf<'values'>;
  private readonly values: Float64Array;
  private readonly nothing: Float64Array;

  constructor(part: PartOf<'values'>, responses: number, allocate: (length: number) => Float64Array) {
    this.part = part;
    this.values = allocate(part.count * part.n);
    this.nothing = allocate(responses);
  }

  addRun(i: number, at: Int32Array, from: number, y: Values, first: number, count: number): void {
    for (let e = 0; e < count; e++) this.add(i, at[from + e], y[first + e]);
  }

  add(i: number, g: number, y: number): void {
    const at = this.part.at[g];
    if (at >= 0) this.values[at * this.part.n + i] = y;
  }

  reset(): void {
    zero(this.result());
  }

  result(): PartSums {
    return { expressed: this.nothing, total: this.nothing, sums: [this.values] };
  }
}
