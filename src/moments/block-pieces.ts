/**
 * The pieces that blocks of a covariance are counted from: the rows of a subject, or fewer and smaller ones that say the same.
 *
 * Means and deviations. Of c rows of one level with independent residuals, the same scale and the same random effects,
 * rows = z u + e with u a unit vector times a number, the part along u has the covariance s^2 + |u|^2 z G z' and what is left
 * of the rows s^2 each, whatever the level: one row a level and kind, and sums over all levels. The same turns c rows of `cs` into a
 * mean of variance s^2 (1 + (c - 1) rho) and c - 1 deviations of s^2 (1 - rho).
 *
 * Neighbours. `ar1`, `ad` and `sp_exp` are Markov: the density of a series is that of all pairs of neighbours over that of all
 * rows between two others, so that log|V| and V^-1 are sums over pairs less sums over single rows, whatever the parameters are
 * (Rue and Held, Gaussian Markov Random Fields, section 2.2).
 */
import { FitError } from '../errors.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import { isMarkov } from '../types/residual.ts';
import type { BlockForm } from './covariance-evidence.ts';
import type { TermMoments } from './factor-moments.ts';
import type { ProjectedRows } from './projected-rows.ts';

export interface BlockPiece {
  readonly group: number;
  /** Rows of one block: their number, and which they are; more than one block where all are alike. */
  readonly size: number;
  readonly rows: readonly number[];
  /** Blocks that count in log|V|. */
  readonly count: number;
  readonly sign: 1 | -1;
  readonly positions: Float64Array;
  readonly subjects: Int32Array;
  readonly scales: Float64Array;
  readonly effects: readonly { readonly z: Float64Array; readonly levels: Int32Array; readonly codes: Int32Array }[];
}

/** The rows of a design, then the means and deviations of some of them. */
export interface BlockRows {
  readonly count: number;
  /** count x p column-major. */
  readonly q: Float64Array;
  /** All of them from the n residuals of a response; valid until the next call. */
  expand(r: Float64Array): Float64Array;
}

/** Rows of a block beyond which it is not formed. */
export const MOST_ROWS = 1500;
/** Rows of a subject beyond which a series goes by means and deviations, or by neighbours. */
export const LONG_SERIES = 12;

export function blockPieces(
  design: Design,
  { q, rootWeight, factors }: ProjectedRows,
  terms: readonly TermMoments[],
  scales: readonly Float64Array[],
): { readonly pieces: BlockPiece[]; readonly rows: BlockRows; readonly form: BlockForm } {
  const { residual, n, random } = design;
  const p = design.fixed.names.length;
  const positions = residual?.visit
    ? Float64Array.from(residual.visit.codes)
    : (residual?.time?.values ?? new Float64Array(n));
  const subject = (i: number): number => residual?.subject.codes[i] ?? 0;
  const effects = terms.map((term, t) => effectColumns(random[t], term, factors[term.factor], n));
  const components = connectedRows(design);
  for (const rows of components) rows.sort((i, j) => subject(i) - subject(j) || positions[i] - positions[j] || i - j);
  for (const rows of components) refuseSeveralGroups(design, rows);
  const longest = components.reduce((most, rows) => Math.max(most, rows.length), 0);
  const scaleRow = (i: number) => scales.map((column) => column[i]);
  const plain = (rows: readonly number[], at: (i: number) => number, sign: 1 | -1 = 1): BlockPiece => ({
    group: residual?.by ? residual.by.codes[rows[0]] : 0,
    size: rows.length,
    rows,
    count: 1,
    sign,
    positions: Float64Array.from(rows, at),
    subjects: renumbered(rows, subject),
    scales: Float64Array.from(rows.flatMap(scaleRow)),
    effects: effects.map(({ codes, z, q: width }) => {
      const own = rows.flatMap((i) =>
        Array.from({ length: width }, (_, a) => z[i * width + a] * (rootWeight?.[i] ?? 1)),
      );
      return { z: Float64Array.from(own), levels: renumbered(rows, (i) => codes[i]), codes };
    }),
  });

  const shares = new SharedRows(n, q, p);
  if (
    residual?.structure === 'cs' &&
    longest > LONG_SERIES &&
    random.length === 0 &&
    components.every((rows) => isConstant(rows, scaleRow))
  ) {
    const pieces = components.flatMap((rows): BlockPiece[] => {
      const { mean, deviations } = shares.join(rows, () => 1);
      const one = plain(rows.slice(0, 1), () => rows.length);
      return [{ ...one, rows: [mean] }, ...deviationPiece(one, deviations)];
    });
    return { pieces, rows: shares.finish(), form: 'means' };
  }
  if (residual && isMarkov(residual.structure) && random.length === 0 && longest > LONG_SERIES) {
    // Where no scale goes by visit the distance alone tells pairs apart.
    const byVisit = residual.structure !== 'ar1' && residual.structure !== 'sp_exp';
    const pieces = components.flatMap((rows) => {
      if (rows.length === 1) return [plain(rows, (i) => (byVisit ? positions[i] : 0))];
      return rows.slice(1).flatMap((row, k) => {
        const from = byVisit ? 0 : positions[rows[k]];
        const pair = plain([rows[k], row], (i) => positions[i] - from);
        return k === 0 ? [pair] : [pair, plain([rows[k]], (i) => positions[i] - from, -1)];
      });
    });
    return { pieces, rows: shares.finish(), form: 'neighbours' };
  }
  if (!residual && random.length > 0) {
    const pieces = components.flatMap((rows): BlockPiece[] => {
      const alike = new Map<string, number[]>();
      for (const i of rows) {
        const key = [
          scaleRow(i),
          ...effects.map(({ codes, z, q: width }) => [codes[i], ...roundedRow(z, i, width)]),
        ].join(';');
        const known = alike.get(key);
        if (known) known.push(i);
        else alike.set(key, [i]);
      }
      if (alike.size === rows.length) return [plain(rows, () => 0)];
      const deviations: BlockPiece[] = [];
      const firsts: number[] = [];
      const sizes: number[] = [];
      const joined: number[] = [];
      for (const members of alike.values()) {
        const found = shares.join(members, (i) => rootWeight?.[i] ?? 1);
        const [first] = members;
        firsts.push(first);
        sizes.push(found.size);
        joined.push(found.mean);
        deviations.push(
          ...deviationPiece(
            plain([first], () => 0),
            found.deviations,
          ),
        );
      }
      const block = plain(firsts, () => 0);
      const scaled = block.effects.map(({ z, levels, codes }) => {
        const width = z.length / firsts.length;
        const own = z.map((value, at) => {
          const k = Math.floor(at / width);
          return (value / (rootWeight?.[firsts[k]] ?? 1)) * sizes[k];
        });
        return { z: own, levels, codes };
      });
      return [{ ...block, rows: joined, effects: scaled }, ...deviations];
    });
    checkSizes(pieces);
    // Pieces of one kind are read with the levels of the first of them: those of all rows, whichever came later.
    const levels = effects.map(({ codes }) => shares.codesOf(codes));
    const levelled = pieces.map((piece) => ({
      ...piece,
      effects: piece.effects.map((effect, e) => ({ ...effect, codes: levels[e] })),
    }));
    return { pieces: levelled, rows: shares.finish(), form: 'subjects' };
  }
  const pieces = components.map((rows) => plain(rows, (i) => positions[i]));
  checkSizes(pieces);
  return { pieces, rows: shares.finish(), form: 'subjects' };
}

/**
 * Rows that random effects connect have the parameters of one group.
 *
 * @throws DataError
 */
function refuseSeveralGroups({ residual, random }: Design, rows: readonly number[]): void {
  const by = residual?.by;
  if (!residual || !by) return;
  const other = rows.find((row) => by.codes[row] !== by.codes[rows[0]]);
  if (other === undefined) return;
  const [a, b] = [rows[0], other].map((row) => by.levels[by.codes[row]]);
  const factors = [...new Set(random.map(({ group }) => group))].join(' and ');
  throw new FitError('DataError', `${factors} connects rows of '${by.name}' '${a}' and '${b}'`, {
    option: 'residual',
    source: residual.text,
    remedy: `Random effects beside residuals by group are of levels inside the groups: leave ${by.name} out of “residual”, or ${factors} out of the formula.`,
  });
}

/** What is left of some rows beside their mean: rows of the first one's scale without random effects, one fewer than they are. */
function deviationPiece(first: BlockPiece, deviations: readonly number[]): BlockPiece[] {
  if (deviations.length < 2) return [];
  const effects = first.effects.map(({ z, levels, codes }) => ({ z: z.map(() => 0), levels, codes }));
  return [{ ...first, rows: deviations, count: deviations.length - 1, positions: Float64Array.of(0), effects }];
}

/** Means and deviations of rows, numbered behind the rows. */
class SharedRows {
  private readonly n: number;
  private readonly q: Float64Array;
  private readonly p: number;
  private readonly groups: {
    readonly rows: readonly number[];
    readonly along: Float64Array;
    readonly first: number;
  }[] = [];
  private next: number;
  private readonly rowOf: number[] = [];

  constructor(n: number, q: Float64Array, p: number) {
    this.n = n;
    this.q = q;
    this.p = p;
    this.next = n;
  }

  /** Joins rows along a vector; a row alone stays what it is. `size` is the vector's length. */
  join(rows: readonly number[], along: (i: number) => number): { mean: number; deviations: number[]; size: number } {
    const direction = Float64Array.from(rows, along);
    let square = 0;
    for (const value of direction) square += value * value;
    const size = Math.sqrt(square);
    if (rows.length === 1) return { mean: rows[0], deviations: [], size };
    for (let k = 0; k < direction.length; k++) direction[k] /= size;
    const first = this.next;
    this.groups.push({ rows, along: direction, first });
    this.next += rows.length + 1;
    this.rowOf.push(rows[0], ...rows);
    return { mean: first, deviations: rows.map((_, k) => first + 1 + k), size };
  }

  /** Levels of all rows from those of the design's. */
  codesOf(codes: Int32Array): Int32Array {
    return Int32Array.from({ length: this.next }, (_, i) => (i < this.n ? codes[i] : codes[this.rowOf[i - this.n]]));
  }

  finish(): BlockRows {
    const { n, p, groups } = this;
    const count = this.next;
    const values = new Float64Array(count);
    const expand = (r: Float64Array): Float64Array => {
      values.set(r.length > n ? r.subarray(0, n) : r);
      for (const { rows, along, first } of groups) {
        let mean = 0;
        for (let k = 0; k < rows.length; k++) mean += along[k] * r[rows[k]];
        values[first] = mean;
        for (let k = 0; k < rows.length; k++) values[first + 1 + k] = r[rows[k]] - along[k] * mean;
      }
      return values;
    };
    if (groups.length === 0) return { count: n, q: this.q, expand: (r) => r };
    const q = new Float64Array(count * p);
    for (let c = 0; c < p; c++) q.set(expand(this.q.subarray(c * n, (c + 1) * n)), c * count);
    return { count, q, expand };
  }
}

function isConstant(rows: readonly number[], of: (i: number) => readonly number[]): boolean {
  const first = of(rows[0]);
  return rows.every((i) => of(i).every((value, k) => value === first[k]));
}

function roundedRow(z: Float64Array, i: number, width: number): string[] {
  return Array.from({ length: width }, (_, a) => z[i * width + a].toPrecision(11));
}

/** @throws DataError for blocks that nobody waits for */
function checkSizes(pieces: readonly BlockPiece[]): void {
  const largest = pieces.reduce((most, { size }) => Math.max(most, size), 0);
  if (largest <= MOST_ROWS) return;
  throw new FitError(
    'DataError',
    `subjects and random effects join ${largest} rows into one block of the covariance; ${MOST_ROWS} are the most`,
    {
      remedy: 'Leave out the random effects that join subjects, or aggregate the rows of each subject and visit.',
    },
  );
}

/** Columns of a random term by row: those of the moments, or the formula's own where a structure is of these. */
function effectColumns(
  term: RandomTerm,
  { q, column }: TermMoments,
  { codes, z }: ProjectedRows['factors'][number],
  n: number,
): { readonly codes: Int32Array; readonly z: Float64Array; readonly q: number } {
  const out = new Float64Array(n * q);
  const stride = z.length / n;
  for (let i = 0; i < n; i++) {
    for (let a = 0; a < q; a++) out[i * q + a] = term.structure ? term.z[a * n + i] : z[i * stride + column + a];
  }
  return { codes, z: out, q };
}

/** Numbers 0, 1, ... of some values in the order in which they come. */
function renumbered(rows: readonly number[], of: (i: number) => number): Int32Array {
  const known = new Map<number, number>();
  return Int32Array.from(rows, (i) => {
    const value = of(i);
    const found = known.get(value);
    if (found !== undefined) return found;
    known.set(value, known.size);
    return known.size - 1;
  });
}

/** Rows that a subject or a level of a random effect connects, directly or over others. */
function connectedRows(design: Design): number[][] {
  const { n, residual, random } = design;
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root];
    for (let at = i; parent[at] !== root; ) [parent[at], at] = [root, parent[at]];
    return root;
  };
  for (const { codes, levels } of [...(residual ? [residual.subject] : []), ...random]) {
    const first = new Int32Array(levels.length).fill(-1);
    for (let i = 0; i < n; i++) {
      if (first[codes[i]] < 0) first[codes[i]] = i;
      else parent[find(i)] = find(first[codes[i]]);
    }
  }
  const members = new Map<number, number[]>();
  for (let i = 0; i < n; i++) {
    const root = find(i);
    const known = members.get(root);
    if (known) known.push(i);
    else members.set(root, [i]);
  }
  return [...members.values()];
}
