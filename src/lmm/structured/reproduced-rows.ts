/**
 * Whether fixed and random effects reproduce the rows whose standard deviation can vanish by itself: a stratum, a visit, a group of
 * subjects. With U the rows of such a set, P = I - Z_U (Z_U'Z_U)^- Z_U' and k = rank P, with REML less rank P Q_U,
 *
 *     rest = min_b (r_U - Q_U b)'P (r_U - Q_U b)
 *
 * is what the effects leave of these rows. Where it is nothing and k > 0, the criterion falls by 2 k with every unit of the
 * logarithm of their standard deviation, for ever, whatever the correlations are: how far a search comes before rounding ends it
 * says nothing. The data tell that, in any order of rows and any unit.
 */
import type { CovarianceBlock, CovarianceBlocks } from '../../moments/covariance-evidence.ts';
import type { LoadedResponse } from './block-products.ts';
import type { CovarianceParameters } from './covariance-parameters.ts';
import { packed } from './matrix-products.ts';
import { nearestScales } from './parameter-start.ts';
import { rootOf } from './residual-summary.ts';

/** What the effects leave of some rows: nothing, something, or no row that says anything of it. */
export type LeftOver = 'nothing' | 'something' | 'untold';

/** Sums of squares below this share of those of the rows' own residuals of least squares are rounding of sums. */
const ROUNDED_SUM = 1e-13;
/** Residuals below this share of the response are its rounding. */
const ROUNDED_ROW = 64 * Number.EPSILON;
/** Squared length of a column over what it was before others were taken from it, below which it is a combination of these. */
const LEAST_PIVOT = 1e-11;
/** Distinct rows of scales up to which each is a set of its own, each two of them, and all that there are. */
const MOST_KINDS = { one: 100, two: 12, all: 6 };
/** Distance from a whole number at which coefficients of scales single a set out. */
const WHOLE = 1e-8;
/** Standard deviations within this factor of the smallest count as that. */
const ALIKE = 10;

/** Rows of one standard deviation, whatever t is. */
interface Kind {
  readonly group: number;
  readonly position: number;
  readonly scales: Float64Array;
}

/** Some kinds, 1 each, and the coefficients of scales that are one in their rows and zero in others. */
interface OwnScale {
  readonly set: Uint8Array;
  readonly coefficients: Float64Array;
}

export class ReproducedRows {
  private readonly parameters: CovarianceParameters;
  private readonly evidence: CovarianceBlocks;
  private readonly p: number;
  private readonly reml: boolean;
  private readonly kinds: Kind[] = [];
  /** Kind of each row of each block. */
  private readonly kindOf: readonly Int32Array[];
  /** Sets of kinds whose standard deviation can vanish by itself; null until they are asked for. */
  private made: readonly OwnScale[] | null = null;
  private moves: readonly Float64Array[] | null = null;

  constructor(parameters: CovarianceParameters, evidence: CovarianceBlocks, p: number, reml: boolean) {
    this.parameters = parameters;
    this.evidence = evidence;
    this.p = p;
    this.reml = reml;
    const { scales } = parameters;
    const known = new Map<string, number>();
    this.kindOf = evidence.blocks.map(({ size, group, positions, scales: rows }) =>
      Int32Array.from({ length: size }, (_, a) => {
        const own = rows.slice(a * scales, (a + 1) * scales);
        // `us` alone has lengths of its own by visit.
        const position = parameters.layout.structure === 'us' ? positions[a] : 0;
        const key = `${group} ${position} ${own}`;
        const found = known.get(key) ?? this.kinds.push({ group, position, scales: own }) - 1;
        known.set(key, found);
        return found;
      }),
    );
  }

  /** Whether the effects leave nothing of all rows, or of a set; `whole` is the sum of squares of the response, in the units of its numbers. */
  vanishing(response: LoadedResponse, whole: number): 'all' | 'some' | null {
    const found = this.sets.find(({ set }) => this.leftOf(set, response, whole) === 'nothing');
    return found ? (found.set.includes(0) ? 'some' : 'all') : null;
  }

  /** Coefficients of scales that move the standard deviation of a set, and of no other rows. */
  get directions(): readonly Float64Array[] {
    this.moves ??= this.sets.filter(({ set }) => set.includes(0)).map(({ coefficients }) => coefficients);
    return this.moves;
  }

  private get sets(): readonly OwnScale[] {
    this.made ??= this.singledOut();
    return this.made;
  }

  /** What they leave of the rows with the smallest standard deviation at t. */
  smallest(t: Float64Array, response: LoadedResponse, whole: number): LeftOver {
    const { parameters } = this;
    const sizes = this.kinds.map(({ group, position, scales }) => {
      let log = 0;
      for (let c = 0; c < scales.length; c++) if (scales[c] !== 0) log += scales[c] * t[c];
      return Math.exp(log) * rootOf(parameters, t, group, position);
    });
    const least = sizes.reduce((least, size) => Math.min(least, size), Number.POSITIVE_INFINITY);
    return this.leftOf(
      Uint8Array.from(sizes, (size) => (size <= ALIKE * least ? 1 : 0)),
      response,
      whole,
    );
  }

  /** All rows, groups, kinds, and levels of columns of zero and another number, as far as the scales can make them vanish alone. */
  private singledOut(): OwnScale[] {
    const { kinds, kindOf, parameters, evidence } = this;
    const { scales, layout } = parameters;
    const sets = new Map<string, Uint8Array>();
    const add = (of: (kind: Kind, k: number) => boolean): void => {
      const set = Uint8Array.from(kinds, (kind, k) => (of(kind, k) ? 1 : 0));
      if (set.includes(1)) sets.set(set.join(''), set);
    };
    add(() => true);
    for (let g = 0; g < layout.groups.length; g++) add(({ group }) => group === g);
    for (let c = 0; c < scales; c++) {
      if (new Set(kinds.map((kind) => kind.scales[c])).size !== 2) continue;
      add((kind) => kind.scales[c] !== 0);
      add((kind) => kind.scales[c] === 0);
    }
    const count = kinds.length;
    for (let own = 0; count <= MOST_KINDS.one && own < count; own++) {
      add((_, k) => k === own);
      for (let other = 0; count <= MOST_KINDS.two && other < own; other++) add((_, k) => k === own || k === other);
    }
    for (let bits = 1; count <= MOST_KINDS.all && bits < 2 ** count; bits++) add((_, k) => (bits >> k) % 2 === 1);
    return [...sets.values()].flatMap((set): OwnScale[] => {
      const coefficients = nearestScales(parameters, evidence, (b, a) => set[kindOf[b][a]]);
      const alone = kinds.every((kind, k) => {
        let value = 0;
        for (let c = 0; c < scales; c++) value += kind.scales[c] * coefficients[c];
        return Math.abs(value - set[k]) < WHOLE;
      });
      return alone ? [{ set, coefficients }] : [];
    });
  }

  private leftOf(set: Uint8Array, response: LoadedResponse, whole: number): LeftOver {
    const { p, evidence, kindOf } = this;
    const width = p + 1;
    const M = new Float64Array(width * width);
    let [free, own] = [0, 0];
    evidence.blocks.forEach((block, b) => {
      const inside = kindOf[b].map((kind) => set[kind]);
      if (!inside.includes(1)) return;
      const P = withoutEffects(block, inside);
      for (let a = 0; a < block.size; a++) free += block.count * P[a * (block.size + 1)];
      addProjected(block, P, response, p, M);
      own += squares(block, inside, response, p);
    });
    const { rest, rank } = eliminate(M, p);
    if (!(free - (this.reml ? rank : 0) > 0.5)) return 'untold';
    return rest <= Math.max(ROUNDED_SUM * own, ROUNDED_ROW ** 2 * whole) ? 'nothing' : 'something';
  }
}

/** P over the rows of a block, zero outside the set. */
function withoutEffects({ size, effects }: CovarianceBlock, inside: Int32Array): Float64Array {
  const P = new Float64Array(size * size);
  for (let a = 0; a < size; a++) P[a * (size + 1)] = inside[a];
  for (const { z, levels } of effects) {
    const q = z.length / size;
    const count = levels.reduce((most, level) => Math.max(most, level + 1), 0);
    for (let level = 0; level < count; level++) {
      for (let c = 0; c < q; c++) {
        const column = Float64Array.from(levels, (l, a) => (l === level && inside[a] === 1 ? z[a * q + c] : 0));
        takeColumn(P, size, column);
      }
    }
  }
  return P;
}

/** Takes the direction P x from P, unless there is none. */
function takeColumn(P: Float64Array, size: number, column: Float64Array): void {
  const rest = new Float64Array(size);
  let [before, after] = [0, 0];
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) rest[a] += P[a * size + b] * column[b];
    before += column[a] * column[a];
    after += rest[a] * rest[a];
  }
  if (!(after > LEAST_PIVOT * before)) return;
  for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) P[a * size + b] -= (rest[a] * rest[b]) / after;
}

/** Adds sum (Q, r)'P (Q, r) over the blocks of a kind to M, its lower triangle. */
function addProjected(
  { size, sums, q, offset, count }: CovarianceBlock,
  P: Float64Array,
  { data, from }: LoadedResponse,
  p: number,
  M: Float64Array,
): void {
  const width = p + 1;
  const last = p * width;
  const triangle = (p * width) / 2;
  if (sums) {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b <= a; b++) {
        const weight = P[a * size + b];
        if (weight === 0) continue;
        let at = packed(a, b) * triangle;
        for (let c = 0; c < p; c++) for (let e = 0; e <= c; e++) M[c * width + e] += weight * q[at++];
        at = from + offset + packed(a, b) * width;
        for (let c = 0; c < width; c++) M[last + c] += weight * data[at + c];
      }
    }
    return;
  }
  for (let s = 0; s < count; s++) {
    const value = (a: number, c: number) => (c < p ? q[(s * size + a) * p + c] : data[from + offset + s * size + a]);
    for (let a = 0; a < size; a++) {
      for (let c = 0; c < width; c++) {
        let sum = 0;
        for (let b = 0; b < size; b++) sum += P[a * size + b] * value(b, c);
        for (let e = c; e < width; e++) M[e * width + c] += value(a, e) * sum;
      }
    }
  }
}

/** Sum of squares of the residuals of rows inside. */
function squares(
  { size, sums, offset, count }: CovarianceBlock,
  inside: Int32Array,
  { data, from }: LoadedResponse,
  p: number,
): number {
  let sum = 0;
  for (let a = 0; a < size; a++) {
    if (inside[a] === 0) continue;
    if (sums) sum += data[from + offset + packed(a, a) * (p + 1) + p];
    else for (let s = 0; s < count; s++) sum += data[from + offset + s * size + a] ** 2;
  }
  return sum;
}

/** What is left of the last diagonal element of M after all others, the largest first, and how many there are. */
function eliminate(M: Float64Array, p: number): { readonly rest: number; readonly rank: number } {
  const width = p + 1;
  for (let c = 0; c < width; c++) for (let e = c + 1; e < width; e++) M[c * width + e] = M[e * width + c];
  const first = Float64Array.from({ length: p }, (_, c) => M[c * (width + 1)]);
  const taken = new Uint8Array(p);
  let rank = 0;
  for (;;) {
    let pivot = -1;
    let most = LEAST_PIVOT;
    for (let c = 0; c < p; c++) {
      const share = M[c * (width + 1)] / first[c];
      if (taken[c] === 0 && share > most) [pivot, most] = [c, share];
    }
    if (pivot < 0) return { rest: M[width * width - 1], rank };
    taken[pivot] = 1;
    rank++;
    const own = M[pivot * (width + 1)];
    const row = M.slice(pivot * width, (pivot + 1) * width);
    for (let c = 0; c < width; c++) {
      if (row[c] !== 0) for (let e = 0; e < width; e++) M[c * width + e] -= (row[c] * row[e]) / own;
    }
  }
}
