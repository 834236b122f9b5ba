/**
 * The pieces that blocks of a covariance are counted from: the rows of a subject, or fewer and smaller ones that say the same.
 *
 * Means and deviations. Of c rows of one level with independent residuals, the same scale and the same random effects,
 * rows = z u + e with u a unit vector times a number, the part along u has the covariance s^2 + |u|^2 z G z' and what is left
 * of the rows s^2 each, whatever the level: one row a level and kind, and sums over all levels. The same turns c rows of `cs` into a
 * mean of variance s^2 (1 + (c - 1) rho) and c - 1 deviations of s^2 (1 - rho).
 *
 * Subjects of one level with the same visits are turned alike, row by row (`subject-means.ts`).
 *
 * Neighbours. `ar1`, `ad` and `sp_exp` are Markov: the density of a series is that of all pairs of neighbours over that of all
 * rows between two others, so that log|V| and V^-1 are sums over pairs less sums over single rows, whatever the parameters are
 * (Rue and Held, Gaussian Markov Random Fields, section 2.2).
 */

import { FitError } from '../errors.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import { randomTermText } from '../types/parameters.ts';
import { isMarkov } from '../types/residual.ts';
import type { BlockPiece } from './block-piece.ts';
import type { BlockForm } from './covariance-evidence.ts';
import type { TermMoments } from './factor-moments.ts';
import type { ProjectedRows } from './projected-rows.ts';
import { type BlockRows, SharedRows } from './shared-rows.ts';
import { joinSubjects } from './subject-means.ts';

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
    checkSizes(pieces, random);
    return { pieces: withLevels(pieces, shares), rows: shares.finish(), form: 'subjects' };
  }
  const whole = components.map((rows) => plain(rows, (i) => positions[i]));
  const joined = residual && random.length > 0 ? whole.flatMap((piece) => joinSubjects(piece, shares)) : whole;
  const pieces = withLevels(joined, shares);
  checkSizes(pieces, random);
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

/** Pieces of one kind are read with the levels of the first of them: those of all rows, whichever came later. */
function withLevels(pieces: readonly BlockPiece[], shares: SharedRows): BlockPiece[] {
  const levels = pieces[0].effects.map(({ codes }) => shares.codesOf(codes));
  return pieces.map((piece) => ({
    ...piece,
    effects: piece.effects.map((effect, e) => ({ ...effect, codes: levels[e] })),
  }));
}

/** What is left of some rows beside their mean: rows of the first one's scale without random effects, one fewer than they are. */
function deviationPiece(first: BlockPiece, deviations: readonly number[]): BlockPiece[] {
  if (deviations.length < 2) return [];
  const effects = first.effects.map(({ z, levels, codes }) => ({ z: z.map(() => 0), levels, codes }));
  return [{ ...first, rows: deviations, count: deviations.length - 1, positions: Float64Array.of(0), effects }];
}

function isConstant(rows: readonly number[], of: (i: number) => readonly number[]): boolean {
  const first = of(rows[0]);
  return rows.every((i) => of(i).every((value, k) => value === first[k]));
}

function roundedRow(z: Float64Array, i: number, width: number): string[] {
  return Array.from({ length: width }, (_, a) => z[i * width + a].toPrecision(11));
}

/** @throws DataError for blocks that nobody waits for */
function checkSizes(pieces: readonly BlockPiece[], random: readonly RandomTerm[]): void {
  const largest = pieces.reduce((most, { size }) => Math.max(most, size), 0);
  if (largest <= MOST_ROWS) return;
  throw new FitError(
    'DataError',
    `${['subjects', ...random.map(randomTermText)].join(' and ')} join ${largest} rows into one block of the covariance; ${MOST_ROWS} are the most`,
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
