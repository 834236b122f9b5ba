/**
 * Twin in float64 of shaders/kernels/dense-moments.wgsl: the moments of responses that share a design, in the order and
 * the parts in which a device forms them.
 *
 * With W^(1/2) X = Q R and d = s W^(1/2) (y - offset - c), s a power of two that brings the largest |d| to [1/2, 1) and
 * c a pilot mean:
 *
 *     a = Q'd,  r = d - Q a,  b = Q'r,  r <- r - Q b         ("twice is enough": W. Kahan, in B. N. Parlett,
 *                                                            The Symmetric Eigenvalue Problem, section 6.9)
 *     Q'W^(1/2) (y - offset) = (a + b) / s + c Q'W^(1/2) 1
 *     rss = r'r / s^2,   Z'W^(1/2) r = (sum over the rows of each column of Z) / s
 *
 * Of X that spans the constant, c leaves no residual, so that a large mean costs no digits; otherwise c is 0.
 */
import type { Projector } from './design-moments.ts';

/** What a device reads of a design. */
export interface DenseTables {
  readonly rows: number;
  /** p, and that filled up with columns of zeros to a multiple of 4. */
  readonly p: number;
  readonly columns: number;
  /** Columns of Z. */
  readonly levels: number;
  /** Where the entries of each column of Z begin (levels + 1), and the row of each entry. */
  readonly pointers: Uint32Array;
  readonly entryRows: Uint32Array;
  /** W^(1/2) Z of each entry, times `levelScale`, a power of two. */
  readonly entryValues: Float64Array;
  readonly levelScale: number;
  /** Q, rows x columns row-major. */
  readonly basis: Float64Array;
  /** Q'W^(1/2) 1, length p, where X spans the constant; else null. */
  readonly constant: Float64Array | null;
}

/** Square of the residual of W^(1/2) 1, relative to its own, up to which X spans the constant: rounding. */
const SPANNED = 1e-28;
/** Terms that are summed before they meet the sum of all. */
const PART = 256;

export function denseTables(projector: Projector): DenseTables {
  const { m: rows, q, rootWeight, factors, moments } = projector;
  const { p } = moments;
  const columns = 4 * Math.ceil(p / 4);
  const basis = new Float64Array(rows * columns);
  for (let c = 0; c < p; c++) for (let i = 0; i < rows; i++) basis[i * columns + c] = q[c * rows + i];

  const entries: { readonly rows: number[]; readonly values: number[] }[] = Array.from({ length: moments.q }, () => {
    return { rows: [], values: [] };
  });
  let largest = 0;
  factors.forEach(({ codes, z }, f) => {
    const { q: width, offset } = moments.factors[f];
    for (let i = 0; i < rows; i++) {
      for (let a = 0; a < width; a++) {
        const value = z[i * width + a] * (rootWeight ? rootWeight[i] : 1);
        if (value === 0) continue;
        const entry = entries[offset + codes[i] * width + a];
        entry.rows.push(i);
        entry.values.push(value);
        largest = Math.max(largest, Math.abs(value));
      }
    }
  });
  const pointers = new Uint32Array(moments.q + 1);
  entries.forEach((entry, at) => {
    pointers[at + 1] = pointers[at] + entry.rows.length;
  });
  const levelScale = powerScale(largest);
  const entryRows = new Uint32Array(pointers[moments.q]);
  const entryValues = new Float64Array(pointers[moments.q]);
  entries.forEach((entry, at) => {
    entryRows.set(entry.rows, pointers[at]);
    entryValues.set(
      entry.values.map((value) => value * levelScale),
      pointers[at],
    );
  });
  const constant = spannedConstant(projector);
  return { rows, p, columns, levels: moments.q, pointers, entryRows, entryValues, levelScale, basis, constant };
}

/** Power of two that brings a largest value into [1/2, 1); 1 for 0. */
export function powerScale(largest: number): number {
  if (!(largest > 0)) return 1;
  // The exponent of a normal double is never off by more than one here, which costs nothing.
  return 2 ** -Math.max(-1000, Math.min(1000, Math.floor(Math.log2(largest)) + 1));
}

/** Q'W^(1/2) 1 where nothing remains of W^(1/2) 1 after two projections. */
function spannedConstant({ m, q, rootWeight, moments }: Projector): Float64Array | null {
  const rest = Float64Array.from({ length: m }, (_, i) => (rootWeight ? rootWeight[i] : 1));
  const whole = rest.reduce((sum, value) => sum + value * value, 0);
  const coordinates = new Float64Array(moments.p);
  for (let pass = 0; pass < 2; pass++) {
    for (let c = 0; c < moments.p; c++) {
      let dot = 0;
      for (let i = 0; i < m; i++) dot += q[c * m + i] * rest[i];
      for (let i = 0; i < m; i++) rest[i] -= q[c * m + i] * dot;
      coordinates[c] += dot;
    }
  }
  return rest.reduce((sum, value) => sum + value * value, 0) <= SPANNED * whole ? coordinates : null;
}

/** A response as a device gets it, and what brings its moments back. */
export interface ScaledResponse {
  /** s and c of the header. */
  readonly scale: number;
  readonly pilot: number;
  /** d'd / s^2, and the same about 0 instead of c. */
  readonly total: number;
  readonly rawTotal: number;
  readonly mean: number;
}

/**
 * Turns a response (length m) into d / s in place, W^(1/2) (y - offset - c). Null where it does not vary, or its squares leave the range in which
 * doubles keep their digits.
 */
export function scaleResponse(projector: Projector, tables: DenseTables, y: Float64Array): ScaledResponse | null {
  const { m, rootWeight, offset, moments } = projector;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let values = 0;
  let rawTotal = 0;
  for (let i = 0; i < m; i++) {
    const value = offset ? y[i] - offset[i] : y[i];
    if (value < low) low = value;
    if (value > high) high = value;
    sum += y[i];
    values += value;
    const weighted = value * (rootWeight ? rootWeight[i] : 1);
    rawTotal += weighted * weighted;
    y[i] = value;
  }
  if (!(high > low) || !(rawTotal < LARGEST) || !(rawTotal > SMALLEST)) return null;
  const pilot = tables.constant ? values / m : 0;
  let largest = 0;
  let total = 0;
  for (let i = 0; i < m; i++) {
    y[i] = (y[i] - pilot) * (rootWeight ? rootWeight[i] : 1);
    const size = Math.abs(y[i]);
    if (size > largest) largest = size;
    total += size * size;
  }
  if (!(total > SMALLEST)) return null;
  return { scale: powerScale(largest), pilot, total, rawTotal, mean: sum / moments.n };
}

/** Sums of squares outside this range have overflowed, or lost digits to underflow. */
const LARGEST = 1e290;
const SMALLEST = 1e-270;

/** What a device leaves of a response: Q'd of both projections (columns each), r'r, and the columns of Z. */
export function denseMoments(tables: DenseTables, d: Float64Array): Float64Array {
  const { rows, columns, levels, pointers, entryRows, entryValues, basis } = tables;
  const out = new Float64Array(2 * columns + 1 + levels);
  const r = Float64Array.from(d);
  const inParts = (from: number, to: number, term: (at: number) => number): number => {
    let whole = 0;
    for (let start = from; start < to; start += PART) {
      let part = 0;
      for (let at = start; at < Math.min(start + PART, to); at++) part += term(at);
      whole += part;
    }
    return whole;
  };
  for (let round = 0; round < 2; round++) {
    const first = round * columns;
    for (let c = 0; c < columns; c++) out[first + c] = inParts(0, rows, (i) => r[i] * basis[i * columns + c]);
    for (let i = 0; i < rows; i++) {
      let fitted = 0;
      for (let c = 0; c < columns; c++) fitted += basis[i * columns + c] * out[first + c];
      r[i] -= fitted;
    }
  }
  out[2 * columns] = inParts(0, rows, (i) => r[i] * r[i]);
  for (let level = 0; level < levels; level++) {
    out[2 * columns + 1 + level] = inParts(pointers[level], pointers[level + 1], (e) => {
      return r[entryRows[e]] * entryValues[e];
    });
  }
  return out;
}
