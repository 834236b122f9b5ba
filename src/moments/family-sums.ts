/**
 * Sums of entries by pseudo-row of a family (`family-rows.ts`). An entry costs as many products as its row has nodes, one where
 * none is interpolated, and its count's place in the tail. With G responses the sums are, in this order:
 *
 *     by pseudo-row: rows that share their nodes lie together, G x nodes from first node x G on
 *     sum of the values, unweighted                   G
 *     entries that are no such values                 G
 *     tail: sum of the weights by node of the count   G x tail
 */
import { logFactorial } from '../numeric/log-factorial.ts';
import type { PartSums, PassPart } from '../types/entry-pass.ts';
import { CountInterpolation, LARGEST_COUNT } from './count-nodes.ts';
import { interpolatedTail } from './family-responses.ts';
import type { PartAccumulator, Values } from './part-sums.ts';

type FamilyPart = Extract<PassPart, { readonly kind: 'family' }>;

export class FamilySums implements PartAccumulator {
  private readonly part: FamilyPart;
  private readonly responses: number;
  private readonly sums: Float64Array;
  private readonly plain: Float64Array;
  private readonly faults: Float64Array;
  private readonly tail: Float64Array;
  private readonly constant: Float64Array;
  private readonly seen: Int32Array;
  private readonly addTail = interpolatedTail(new CountInterpolation());

  constructor(part: FamilyPart, responses: number, allocate: (length: number) => Float64Array) {
    this.part = part;
    this.responses = responses;
    this.sums = allocate(part.rows * responses);
    this.plain = allocate(responses);
    this.faults = allocate(responses);
    this.tail = allocate(part.tail * responses);
    this.constant = allocate(responses);
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
      constant[g] += slope * value - (value > 1 ? w * logFactorial(value) : 0);
      if (tail > 0) addTail(value, w, this.tail, g * tail);
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
    const { sums, plain, faults, tail, constant, seen } = this;
    return { expressed: Float64Array.from(seen), total: constant, sums: [sums, plain, faults, tail] };
  }
}

const single = new Float64Array(1);
const place = new Int32Array(1);
