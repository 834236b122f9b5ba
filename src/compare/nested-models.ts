import { type RandomDifference, randomDifference, type TermComparison } from '../infer/likelihood-ratio.ts';
import type { Embedding } from '../moments/submodel.ts';
import { pivotedQr, thinQ, upperR } from '../numeric/pivoted-qr.ts';
import type { Design, RandomTerm } from '../types/design.ts';

/** A column is inside a space when what is left of it is below this share of its length (R's rank tolerance). */
const INSIDE = 1e-7;

/** The embedding of `small` in `large`, or null where it is not inside. */
export function embedDesign(small: Design, large: Design): Embedding | null {
  if (small.n !== large.n || !sameNumbers(small.offset, large.offset)) return null;
  const a = columnsInside(small.fixed, large.fixed, small.n);
  if (!a) return null;
  const room = large.random.map(({ names }) => names.length);
  const terms: { into: number; b: Float64Array }[] = [];
  for (const term of small.random) {
    // Terms of the same name first: a larger one may hold it as well.
    const order = [...large.random.keys()].sort(
      (s, t) => nameDistance(term, large.random[s]) - nameDistance(term, large.random[t]),
    );
    let found = false;
    for (const into of order) {
      if (room[into] < term.names.length || !sameGroups(term, large.random[into])) continue;
      const b = columnsInside(
        { names: term.names, x: term.z },
        { names: large.random[into].names, x: large.random[into].z },
        small.n,
      );
      if (!b) continue;
      room[into] -= term.names.length;
      terms.push({ into, b });
      found = true;
      break;
    }
    if (!found) return null;
  }
  return { a, terms };
}

/** What the random terms of the larger model have more. */
export function embeddedDifference(small: Design, large: Design, embedding: Embedding): RandomDifference {
  return randomDifference(termComparisons(small, large, embedding));
}

/** Each random term of the larger model with those of the smaller one inside it. */
export function termComparisons(small: Design, large: Design, { terms }: Embedding): TermComparison[] {
  return large.random.map(({ names }, t) => ({
    effects: names.length,
    inside: terms.flatMap(({ into }, s) => (into === t ? [small.random[s].names.length] : [])),
  }));
}

/** Whether two factors group the rows alike; their levels may be ordered otherwise. */
export function sameGroups(a: Pick<RandomTerm, 'levels' | 'codes'>, b: Pick<RandomTerm, 'levels' | 'codes'>): boolean {
  if (a.levels.length !== b.levels.length) return false;
  if (a.codes === b.codes) return true;
  const image = new Int32Array(a.levels.length).fill(-1);
  for (let i = 0; i < a.codes.length; i++) {
    const from = a.codes[i];
    if (image[from] < 0) image[from] = b.codes[i];
    else if (image[from] !== b.codes[i]) return false;
  }
  // As many levels on both sides, all in use: a map that is single-valued is one to one.
  return true;
}

export function sameNumbers(a: Float64Array | undefined, b: Float64Array | undefined): boolean {
  if (a === b) return true;
  if (!a || !b || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

interface Columns {
  readonly names: readonly string[];
  /** n x names, column-major. */
  readonly x: Float64Array;
}

/** T with small = large T (large columns x small columns, row-major), or null where a column is not inside. */
export function columnsInside(small: Columns, large: Columns, n: number): Float64Array | null {
  const ps = small.names.length;
  const pl = large.names.length;
  const t = new Float64Array(pl * ps);
  const column = ({ x }: Columns, k: number) => x.subarray(k * n, (k + 1) * n);
  const rest: number[] = [];
  for (let k = 0; k < ps; k++) {
    const same = large.names.indexOf(small.names[k]);
    if (same >= 0 && sameNumbers(column(small, k), column(large, same))) t[same * ps + k] = 1;
    else rest.push(k);
  }
  if (rest.length === 0) return t;
  if (pl === 0) return null;
  const f = pivotedQr(large.x, n, pl, 0);
  if (f.rank < pl) return null;
  const q = thinQ(f);
  const r = upperR(f);
  const coordinates = new Float64Array(pl);
  for (const k of rest) {
    const x = column(small, k);
    const left = Float64Array.from(x);
    let whole = 0;
    for (let i = 0; i < n; i++) whole += x[i] * x[i];
    for (let j = 0; j < pl; j++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += q[j * n + i] * left[i];
      for (let i = 0; i < n; i++) left[i] -= sum * q[j * n + i];
      coordinates[j] = sum;
    }
    let outside = 0;
    for (let i = 0; i < n; i++) outside += left[i] * left[i];
    if (outside > INSIDE * INSIDE * whole) return null;
    for (let i = pl - 1; i >= 0; i--) {
      let sum = coordinates[i];
      for (let j = i + 1; j < pl; j++) sum -= r[i * pl + j] * t[j * ps + k];
      t[i * ps + k] = sum / r[i * pl + i];
    }
  }
  return t;
}

function nameDistance(a: RandomTerm, b: RandomTerm): number {
  if (a.group !== b.group) return 2;
  return a.names.join() === b.names.join() ? 0 : 1;
}
