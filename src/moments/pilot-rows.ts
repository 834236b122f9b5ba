import { type BuiltDesign, codedFactors } from '../formula/design.ts';
import { frameVariable } from '../formula/frame.ts';
import type { Design } from '../types/design.ts';
import type { DenseResponses } from '../types/responses.ts';

/**
 * One response on the rows of a whole design with one scalar random term, as `pilot-design.ts` reads it: weights, values and
 * which rows are in use. Rows stand level by level, in all arrays.
 */
export class PilotRows {
  /** The row of the design at each place; the rows of level j begin at `starts[j]`. */
  readonly order: Int32Array;
  readonly starts: Int32Array;
  /** Prior weights and offsets, null without them. */
  private readonly prior: Float64Array | null;
  private readonly offset: Float64Array | null;
  /** Codes of the factors whose levels decide the columns of X. */
  private readonly coded: readonly { readonly codes: Int32Array; readonly seen: Float64Array }[];
  private readonly rows: Int32Array;
  private held: { readonly responses: DenseResponses; readonly k: number } | null = null;
  /**
   * Of the response read last: weights (0 in rows without a value), the rows in use (1, else 0), values (0 elsewhere), and values
   * less offsets (any of them elsewhere); rows in use, and the largest weight.
   */
  readonly w: Float64Array;
  readonly used: Float64Array;
  readonly y: Float64Array;
  readonly relative: Float64Array;
  count = 0;
  largest = 0;
  private readonly present: Int32Array;

  constructor(design: Design) {
    const { n, random, rows } = design;
    const [term] = random;
    const { order, starts } = byLevel(term.codes, term.levels.length);
    this.order = order;
    this.starts = starts;
    this.rows = rows;
    this.prior = design.weights ? this.columns(design.weights) : null;
    this.offset = design.offset ? this.columns(design.offset) : null;
    this.coded = codedOf(design).map(({ codes, levels }) => {
      return { codes: Int32Array.from(order, (i) => codes[i]), seen: new Float64Array(levels) };
    });
    this.w = new Float64Array(n);
    this.used = new Float64Array(n);
    this.y = new Float64Array(n);
    this.relative = new Float64Array(n);
    this.present = new Int32Array(term.levels.length);
  }

  /** Columns over the rows of the design, one after another, in the order that they have here. */
  columns(values: Float64Array): Float64Array {
    const { order } = this;
    const n = order.length;
    const out = new Float64Array(values.length);
    for (let c = 0; c < values.length; c += n) for (let i = 0; i < n; i++) out[c + i] = values[c + order[i]];
    return out;
  }

  /** Reads response k; everything else is about the response read last. */
  read(responses: DenseResponses, k: number): void {
    const { order, rows, w, y, used, relative, prior, offset } = this;
    if (this.held?.responses === responses && this.held.k === k) return;
    this.held = { responses, k };
    const { rows: stride, values, weights } = responses;
    const from = k * stride;
    this.count = 0;
    this.largest = 0;
    let first = order.length;
    for (let i = 0; i < order.length; i++) {
      const at = from + rows[order[i]];
      const weight = (weights ? weights[at] : 1) * (prior ? prior[i] : 1);
      const value = values[at];
      if (Number.isNaN(value) || !(weight > 0)) {
        w[i] = 0;
        used[i] = 0;
        y[i] = 0;
        relative[i] = first < i ? relative[first] : 0;
        continue;
      }
      if (first > i) first = i;
      w[i] = weight;
      used[i] = 1;
      y[i] = value;
      relative[i] = offset ? value - offset[i] : value;
      this.count++;
      if (weight > this.largest) this.largest = weight;
    }
    if (first < order.length) relative.fill(relative[first], 0, first);
  }

  /** Whether a factor that decides the columns of X has a level without rows. */
  lostLevel(): boolean {
    const { coded, used } = this;
    return coded.some(({ codes, seen }) => {
      seen.fill(0);
      for (let i = 0; i < codes.length; i++) seen[codes[i]] += used[i];
      return seen.includes(0);
    });
  }

  /** Places of the levels that have rows; null where all have. */
  presentLevels(): Int32Array | null {
    const { starts, used, present: levels } = this;
    let kept = 0;
    for (let j = 0; j < levels.length; j++) {
      let rows = 0;
      for (let i = starts[j]; i < starts[j + 1]; i++) rows += used[i];
      levels[j] = rows > 0 ? kept++ : -1;
    }
    return kept === levels.length ? null : levels.slice();
  }

  /** sum log w, a logarithm for as many weights as one product holds. */
  logWeights(): number {
    const { w } = this;
    let sum = 0;
    let product = 1;
    for (let i = 0; i < w.length; i++) {
      if (w[i] === 0) continue;
      product *= w[i];
      if (product > 1e-100 && product < 1e100) continue;
      sum += Math.log(product);
      product = 1;
    }
    return sum + Math.log(product);
  }
}

/** Codes of the factors whose levels decide the columns of the design; a design made by hand has none. */
function codedOf(design: Design | BuiltDesign): { readonly codes: Int32Array; readonly levels: number }[] {
  if (!('source' in design)) return [];
  return codedFactors(design.source).flatMap((label) => {
    const variable = frameVariable(design.source.frame, label);
    return variable.kind === 'factor' ? [{ codes: variable.codes, levels: variable.levels.length }] : [];
  });
}

/** Rows sorted by level, and where each level begins. */
function byLevel(codes: Int32Array, levels: number): { readonly order: Int32Array; readonly starts: Int32Array } {
  const starts = new Int32Array(levels + 1);
  for (const code of codes) starts[code + 1]++;
  for (let j = 0; j < levels; j++) starts[j + 1] += starts[j];
  const next = starts.slice();
  const order = new Int32Array(codes.length);
  codes.forEach((code, i) => {
    order[next[code]++] = i;
  });
  return { order, starts };
}
