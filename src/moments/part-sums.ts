/**
 * Sums of entries under one design, run by run: a cell's responses and values, without a call for each. Rows that are not
 * visited count as zeros.
 *
 * A categorical design collapses into strata: an entry then costs two additions, to the sum of its stratum and to the
 * response's sum of squares, whatever p is. Otherwise an entry costs its row's p + (random effects) products. Sums by stratum
 * or level have the response innermost, sums of one response lie together, so that the entries of a cell touch neighbouring
 * memory.
 */
import type { PartSums, PassPart } from '../types/entry-pass.ts';
import { FamilySums } from './family-sums.ts';

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

/** Bytes of the sums of a part. */
export function bytesOfSums(part: PassPart, responses: number): number {
  const own = 2 * responses;
  if (part.kind === 'strata') return 8 * (own + part.strata * responses);
  if (part.kind === 'family') return 8 * (own + (part.rows + part.tail + 2) * responses);
  return 8 * (own + (part.kind === 'rows' ? (part.p + 2 + part.zColumns) * responses : part.count * part.n));
}

type PartOf<K extends PassPart['kind']> = Extract<PassPart, { readonly kind: K }>;

class StrataSums implements PartAccumulator {
  private readonly part: PartOf<'strata'>;
  private readonly responses: number;
  private readonly sums: Float64Array;
  private readonly total: Float64Array;
  /** Whole numbers of 32 bits take half the room in the cache. */
  private readonly seen: Int32Array;

  constructor(part: PartOf<'strata'>, responses: number, allocate: (length: number) => Float64Array) {
    this.part = part;
    this.responses = responses;
    this.sums = allocate(part.strata * responses);
    this.total = allocate(responses);
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
    return { expressed: Float64Array.from(this.seen), total: this.total, sums: [this.sums] };
  }
}

class RowSums implements PartAccumulator {
  private readonly part: PartOf<'rows'>;
  private readonly responses: number;
  private readonly own: Float64Array;
  private readonly zty: Float64Array;
  private readonly total: Float64Array;
  private readonly expressed: Float64Array;

  constructor(part: PartOf<'rows'>, responses: number, allocate: (length: number) => Float64Array) {
    this.part = part;
    this.responses = responses;
    this.own = allocate(responses * (part.p + 2));
    this.zty = allocate(part.zColumns * responses);
    this.total = allocate(responses);
    this.expressed = allocate(responses);
  }

  addRun(i: number, at: Int32Array, from: number, y: Values, first: number, count: number): void {
    const { own, zty, total, expressed, responses } = this;
    const { weight, p, basis, width, columns, z, offset } = this.part;
    const w = weight === null ? 1 : weight[i];
    const o = offset === null ? 0 : offset[i];
    const row = i * p;
    const stride = p + 2;
    for (let e = 0; e < count; e++) {
      const value = y[first + e];
      const g = at[from + e];
      total[g] += w * value * value;
      expressed[g]++;
      const ofResponse = g * stride;
      own[ofResponse] += value;
      for (let k = 0; k < p; k++) own[ofResponse + 1 + k] += value * basis[row + k];
      own[ofResponse + 1 + p] += value * o;
    }
    for (let a = i * width; a < (i + 1) * width; a++) {
      const base = columns[a] * responses;
      const factor = z[a];
      for (let e = 0; e < count; e++) zty[base + at[from + e]] += y[first + e] * factor;
    }
  }

  add(i: number, g: number, y: number): void {
    single[0] = y;
    place[0] = g;
    this.addRun(i, place, 0, single, 0, 1);
  }

  reset(): void {
    zero(this.result());
  }

  result(): PartSums {
    return { expressed: this.expressed, total: this.total, sums: [this.own, this.zty] };
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
