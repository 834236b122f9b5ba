import { insideRoot } from '../../lmm/bootstrap/factor-bootstrap.ts';
import { type SearchStarts, searchStarts } from '../../lmm/covariance-engine.ts';
import { type Elimination, eliminationOrder } from '../../lmm/elimination.ts';
import { termSlots } from '../../lmm/objective.ts';
import { ZERO_WITHIN } from '../../lmm/screen.ts';
import type { DesignMoments, ResponseMoments } from '../../moments/moments.ts';
import { triangleSize } from '../../types/parameters.ts';

/** Sizes to which the tables of all designs of a bin are padded. Padding is zero: it has no level and no response. */
export interface FactorSizes {
  /** Types of levels of the eliminated factor. */
  readonly types: number;
  /** Levels of each factor in the border. */
  readonly border: readonly number[];
}

/** A design as the kernels over factors see it: levels of one type have the same R and N. */
export interface FactorShape {
  readonly design: DesignMoments;
  readonly order: Elimination;
  readonly starts: SearchStarts;
  /** Type of each level, levels of each type, a level of each type. */
  readonly typeOf: Int32Array;
  readonly counts: readonly number[];
  readonly representative: readonly number[];
  /** Degrees of freedom inside the levels. */
  readonly withinRows: number;
}

/** Reduces a design; `collapse` looks for levels of one type, which pays where many responses share the design. */
export function factorShape(design: DesignMoments, collapse: boolean): FactorShape {
  const order = eliminationOrder(design);
  const { levels, q, pointers, touched, R, N } = order;
  const typeOf = new Int32Array(levels);
  const counts: number[] = [];
  const representative: number[] = [];
  const known = new Map<string, number>();
  for (let i = 0; i < levels; i++) {
    let type = counts.length;
    if (collapse) {
      const key = [
        digits(R.subarray(i * q * q, (i + 1) * q * q)),
        touched.subarray(pointers[i], pointers[i + 1]).join(),
        digits(N.subarray(pointers[i] * q, pointers[i + 1] * q)),
      ].join(';');
      type = known.get(key) ?? type;
      known.set(key, type);
    }
    if (type === counts.length) {
      counts.push(0);
      representative.push(i);
    }
    typeOf[i] = type;
    counts[type]++;
  }
  const withinRows = design.n - order.totalRank;
  return { design, order, starts: searchStarts(design), typeOf, counts, representative, withinRows };
}

/** Rounded to 12 digits: sums over rows in another order differ in the last place. */
function digits(values: Float64Array): string {
  return Array.from(values, (v) => (Math.abs(v) < 1e-13 ? '0' : v.toPrecision(12))).join();
}

/** What the models of a bin share: sizes, parameters, and where border columns stand in the padded border. */
export interface FactorLayout {
  readonly q: number;
  readonly p: number;
  readonly types: number;
  /** Columns of the border, [Z_rest X], and of them those of Z_rest. */
  readonly border: number;
  readonly random: number;
  readonly parameters: number;
  /** Columns of a level of any factor, at most. */
  readonly widest: number;
  /** Where the square of each factor begins. */
  readonly squareOf: ReadonlyMap<number, number>;
  /** Elements of all squares of factors, the eliminated factor's first. */
  readonly squares: number;
  readonly starts: number;
  readonly scatter: boolean;
  /** Place of each parameter in the engine's squares, one a term. */
  readonly places: Int32Array;
  readonly engineSquares: number;
  /** First column of each factor of the border in the padded border, in the order of `Elimination.others`. */
  readonly offsets: readonly number[];
  /** The words of `structure` (shaders/lmm/factors.wgsl). */
  readonly structure: Uint32Array<ArrayBuffer>;
}

/** The layout of designs that agree with this one in all but their sizes. */
export function factorLayout({ design, order, starts, counts }: FactorShape, sizes: FactorSizes): FactorLayout {
  const { terms, factors, p } = design;
  const { q } = order;
  const squareOf = new Map<number, number>([[order.factor, 0]]);
  const offsets: number[] = [];
  let squares = q * q;
  let random = 0;
  order.others.forEach((other, k) => {
    squareOf.set(other.factor, squares);
    squares += other.q * other.q;
    offsets.push(random);
    random += other.q * sizes.border[k];
  });
  const border = random + p;
  const { slots, squares: engineSquares } = termSlots(terms.map((term) => term.q));
  const words: number[] = [];
  const places: number[] = [];
  const diagonal: { term: number; on: boolean }[] = [];
  terms.forEach((term, t) => {
    const width = factors[term.factor].q;
    for (let c = 0; c < term.q; c++) {
      for (let r = c; r < term.q; r++) {
        words.push(squareOf.get(term.factor) ?? 0, width, term.column + r, term.column + c);
        places.push(slots[t].square + r * term.q + c);
        diagonal.push({ term: t, on: r === c });
      }
    }
  });
  // In all but tiny designs the first start is good enough: what it leaves uncertified, the host tries from the others.
  const tried = starts.tiny ? starts.starts : starts.starts.slice(0, 1);
  const values = tried.flatMap((sizesOfTerms) => diagonal.map(({ term, on }) => (on ? sizesOfTerms[term] : 0)));
  words.push(...new Uint32Array(Float32Array.from(values).buffer));
  order.others.forEach((other, k) => {
    for (let level = 0; level < sizes.border[k]; level++) {
      const first = offsets[k] + level * other.q;
      for (let c = 0; c < other.q; c++) words.push(first, other.q, squareOf.get(other.factor) ?? 0, c);
    }
  });
  for (let k = 0; k < p; k++) words.push(random + k, 1, squares, 0);
  return {
    q,
    p,
    types: sizes.types,
    border,
    random,
    parameters: places.length,
    widest: Math.max(q, ...order.others.map((other) => other.q)),
    squareOf,
    squares,
    starts: tried.length,
    scatter: counts.some((count) => count > 1),
    places: Int32Array.from(places),
    engineSquares,
    offsets,
    structure: Uint32Array.from(words),
  };
}

/** Column of the padded border where column `a` of a design's own border stands. */
export function borderPlaces({ order, design }: FactorShape, { offsets, random }: FactorLayout): Int32Array {
  const places = new Int32Array(order.border);
  order.others.forEach((other, k) => {
    for (let i = 0; i < other.q * other.levels; i++) places[other.offset + i] = offsets[k] + i;
  });
  for (let k = 0; k < design.p; k++) places[order.zColumns + k] = random + k;
  return places;
}

/** Values of a design, and of a response. */
export function designRows({ q, types, border }: FactorLayout): number {
  return 1 + (border * (border + 1)) / 2 + types * (1 + q * q + q * border);
}

export function responseRows(layout: FactorLayout): number {
  return 1 + layout.border + layout.types * typeRows(layout);
}

function typeRows({ q, scatter }: FactorLayout): number {
  return q + (scatter ? triangleSize(q) : 0);
}

/**
 * The design in the kernels' layout, with factors in the unit of the design, so that they are of order one on the
 * device whatever the weights: every column of Z is multiplied by it.
 */
export function factorTable(shape: FactorShape, layout: FactorLayout, d: number): Float64Array {
  const { order, starts, counts, representative } = shape;
  const { q, pointers, touched, zColumns, border: ownBorder } = order;
  const { unit } = starts;
  const places = borderPlaces(shape, layout);
  const out = new Float64Array(designRows(layout));
  out[0] = d;
  for (let a = 0; a < ownBorder; a++) {
    for (let b = 0; b <= a; b++) {
      const high = Math.max(places[a], places[b]);
      const low = Math.min(places[a], places[b]);
      const scale = (a < zColumns ? unit : 1) * (b < zColumns ? unit : 1);
      out[1 + (high * (high + 1)) / 2 + low] = order.rest[a * ownBorder + b] * scale;
    }
  }
  const typeSize = 1 + q * q + q * layout.border;
  counts.forEach((count, type) => {
    const level = representative[type];
    const at = 1 + (layout.border * (layout.border + 1)) / 2 + type * typeSize;
    out[at] = count;
    for (let i = 0; i < q * q; i++) out[at + 1 + i] = order.R[level * q * q + i] * unit;
    const width = pointers[level + 1] - pointers[level];
    for (let c = 0; c < width; c++) {
      const column = touched[pointers[level] + c];
      const scale = column < zColumns ? unit : 1;
      for (let a = 0; a < q; a++) {
        out[at + 1 + q * q + a * layout.border + places[column]] = order.N[pointers[level] * q + a * width + c] * scale;
      }
    }
  });
  return out;
}

/** Power of two that brings the residual standard deviation of a response near 1. */
export function factorScale(rss: number, d: number): number {
  return 2 ** -Math.floor(Math.log2(rss / d) / 2);
}

/**
 * Returns what writes response k as column `column` of rows of `stride`: the load of the float64 twins in the kernels'
 * layout; with `words` = 2 their low words follow, in as many further rows. False when the random effects leave nothing of
 * the response.
 */
export function responseReducer(shape: FactorShape, layout: FactorLayout, d: number, words: 1 | 2) {
  const { design, order, typeOf, counts, starts } = shape;
  const { q, levels, pointers, touched, zColumns, N } = order;
  const places = borderPlaces(shape, layout);
  const reduced = new Float64Array(levels * q);
  const values = new Float64Array(responseRows(layout));
  const rows = typeRows(layout);
  const first = 1 + layout.border;
  return (responses: ResponseMoments, k: number, out: Float32Array, column: number, stride: number): boolean => {
    const rss = responses.rss[k];
    if (responses.constant[k] === 1 || !(rss > 0 && Number.isFinite(rss))) return false;
    const scale = factorScale(rss, d);
    const from = k * design.q;
    values.fill(0);
    for (const { factor, offset, q: width, levels: count } of order.others) {
      const at = from + design.factors[factor].offset;
      for (let i = 0; i < width * count; i++) values[1 + places[offset + i]] = scale * responses.ztr[at + i];
    }
    const own = from + design.factors[order.factor].offset;
    let explained = 0;
    // Two passes over the levels: means of each type, then deviations from them.
    for (let i = 0; i < levels; i++) {
      order.project(responses.ztr, own + i * q, i, reduced, i * q);
      const width = pointers[i + 1] - pointers[i];
      const mean = first + typeOf[i] * rows;
      for (let a = 0; a < q; a++) {
        const r = scale * reduced[i * q + a];
        reduced[i * q + a] = r;
        explained += r * r;
        values[mean + a] += r / counts[typeOf[i]];
        const at = pointers[i] * q + a * width;
        for (let c = 0; c < width; c++) values[1 + places[touched[pointers[i] + c]]] -= N[at + c] * r;
      }
    }
    const within = rss * scale * scale - explained;
    if (!(within > ZERO_WITHIN * rss * scale * scale)) return false;
    values[0] = within;
    for (let a = 0; a < zColumns; a++) values[1 + places[a]] *= starts.unit;
    for (let i = 0; i < levels && layout.scatter; i++) {
      if (counts[typeOf[i]] === 1) continue;
      const mean = first + typeOf[i] * rows;
      for (let a = 0; a < q; a++) reduced[i * q + a] -= values[mean + a];
      let to = mean + q;
      for (let a = 0; a < q; a++) {
        for (let b = 0; b <= a; b++) values[to++] += reduced[i * q + a] * reduced[i * q + b];
      }
    }
    for (let row = 0; row < values.length; row++) out[row * stride + column] = values[row];
    for (let row = 0, low = values.length; words === 2 && row < values.length; row++, low++) {
      out[low * stride + column] = values[row] - Math.fround(values[row]);
    }
    return true;
  };
}

/**
 * What kernels/factor-draw.wgsl reads beside the design: G', border x border with G'G the inside of [Z_rest X] in the
 * unit of the design, then the levels of each type in order.
 */
export function drawRoots(
  { order, starts, typeOf, counts }: FactorShape,
  layout: FactorLayout,
): { readonly roots: Float32Array<ArrayBuffer>; readonly rank: number } {
  const { border, zColumns } = order;
  const { inside, rank } = insideRoot(order);
  const roots = new Float32Array(layout.border * layout.border + order.levels);
  for (let a = 0; a < border; a++) {
    const scale = a < zColumns ? starts.unit : 1;
    for (let k = 0; k < rank; k++) roots[a * layout.border + k] = inside[a * border + k] * scale;
  }
  let at = layout.border * layout.border;
  counts.forEach((_, type) => {
    typeOf.forEach((of, level) => {
      if (of === type) roots[at++] = level;
    });
  });
  return { roots, rank };
}
