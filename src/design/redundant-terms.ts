import { pivotedCholesky } from '../numeric/cholesky.ts';
import { dot } from '../numeric/dense.ts';
import type { Design, RandomTerm } from '../types/design.ts';
import { isNested } from './crosstab.ts';

/** Means and values that agree to this are one. */
const EQUAL = 1e-9;

/**
 * Notes on random terms whose variances the likelihood does not tell apart, so that what is estimated of them is one of many
 * answers. Columns of one term that depend on each other; terms of the same levels with a column in common: `(f || g)` with a
 * factor is `(1 | g) + (0 + f | g)`, and the indicators of f add up to the intercept; and `(1 | g:f)` beside `(f | g)`, whose
 * covariances hold a variance by level of f already.
 */
export function redundantTermNotes({ random, n }: Pick<Design, 'random' | 'n'>): string[] {
  const notes = random.flatMap((term) =>
    rankOf([term], n) < varying(term, n).length
      ? [`the columns of the random term ${textOf(term)} depend on each other: ${SAME}; leave one out`]
      : [],
  );
  random.forEach((term, t) => {
    for (const other of random.slice(t + 1)) {
      if (overlapping(term, other, n)) notes.push(overlapText(term, other, n));
      else if (contains(term, other, n)) notes.push(containedText(other, term));
      else if (contains(other, term, n)) notes.push(containedText(term, other));
    }
  });
  return notes;
}

const SAME = 'the data do not tell their variances apart';

/** Columns that are not zero throughout. */
function varying({ z, names }: RandomTerm, n: number): Float64Array[] {
  return names.map((_, k) => z.subarray(k * n, (k + 1) * n)).filter((column) => column.some((value) => value !== 0));
}

/** Rank of the columns of some terms. */
function rankOf(terms: readonly RandomTerm[], n: number): number {
  const columns = terms.flatMap((term) => varying(term, n));
  const q = columns.length;
  const sizes = columns.map((column) => Math.sqrt(dot(column, 0, column, 0, n)));
  const gram = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j < q; j++) gram[i * q + j] = dot(columns[i], 0, columns[j], 0, n) / (sizes[i] * sizes[j]);
  }
  return pivotedCholesky(gram, q, new Float64Array(q * q), new Int32Array(q));
}

/**
 * Whether two terms overlap as their structures have it: `diag(x | g)` is a term for each of its columns; the covariances of
 * `ar1(0 + f | g)` are no sum with others, and lie within those of any kind on the same columns.
 */
function overlapping(a: RandomTerm, b: RandomTerm, n: number): boolean {
  if (a.structure === 'ar1' || b.structure === 'ar1') {
    const [inner, outer] = a.structure === 'ar1' ? [a, b] : [b, a];
    const any =
      outer.structure === undefined || (outer.structure === 'ar1' && inner.names.join() === outer.names.join());
    return any && overlap(inner, outer, n) && rankOf([inner, outer], n) === rankOf([outer], n);
  }
  return separate(a, n).some((one) => separate(b, n).some((other) => overlap(one, other, n)));
}

/** The columns of a term with independent effects as terms of their own; other terms as they are. */
function separate(term: RandomTerm, n: number): RandomTerm[] {
  if (term.structure !== 'diag') return [term];
  return term.names.map((name, k) => ({ ...term, names: [name], z: term.z.subarray(k * n, (k + 1) * n) }));
}

/** Whether two terms have the same levels, and a combination of columns in common. */
function overlap(a: RandomTerm, b: RandomTerm, n: number): boolean {
  const same = a.codes === b.codes || (isNested(a.codes, b.codes) && isNested(b.codes, a.codes));
  return same && rankOf([a, b], n) < rankOf([a], n) + rankOf([b], n);
}

/**
 * Whether the covariances of term `a` hold the variance of random intercepts `b`: levels of b lie in those of a, one for each
 * combination of a's columns, of which there are as many as columns.
 */
function contains(a: RandomTerm, b: RandomTerm, n: number): boolean {
  const q = a.names.length;
  // Neighbours' correlations leave no room for a variance of the diagonal alone.
  if (a.structure === 'ar1') return false;
  if (q < 2 || b.names.length !== 1 || b.names[0] !== '(Intercept)') return false;
  if (rankOf([a], n) < q || !isNested(b.codes, a.codes) || isNested(a.codes, b.codes)) return false;
  const patterns: number[][] = [];
  const holder = new Map<string, number>();
  for (let i = 0; i < n; i++) {
    const row = a.names.map((_, k) => a.z[k * n + i]);
    let pattern = patterns.findIndex((known) => known.every((value, k) => Math.abs(value - row[k]) <= EQUAL));
    if (pattern < 0) {
      pattern = patterns.length;
      if (pattern === q) return false;
      patterns.push(row);
    }
    const key = `${a.codes[i]} ${pattern}`;
    const level = holder.get(key);
    if (level === undefined) holder.set(key, b.codes[i]);
    else if (level !== b.codes[i]) return false;
  }
  return new Set(holder.values()).size === holder.size;
}

function textOf({ names, group, structure }: RandomTerm): string {
  const text = `${names.join(' + ')} | ${group}`;
  return structure === undefined ? `'${text}'` : `'${structure}(${text})'`;
}

function containedText(inner: RandomTerm, outer: RandomTerm): string {
  return `the random term ${textOf(inner)} is contained in ${textOf(outer)}: ${SAME}; leave ${textOf(inner)} out`;
}

function overlapText(a: RandomTerm, b: RandomTerm, n: number): string {
  const terms = `the random terms ${textOf(a)} and ${textOf(b)}`;
  if (a.group !== b.group) return `${terms} have the same rows in each level: ${SAME}; keep one of them`;
  const [plain, other] = a.names.length === 1 ? [a, b] : [b, a];
  const indicators = other.names.map((_, k) => other.z.subarray(k * n, (k + 1) * n));
  const isFactor =
    plain.names[0] === '(Intercept)' &&
    indicators.every((column) => column.every((value) => value === 0 || value === 1)) &&
    plain.z.every((_, i) => indicators.reduce((sum, column) => sum + column[i], 0) === 1);
  const remedy = isFactor
    ? `leave the intercept out, or write (1 | ${a.group}:FACTOR) in place of the second`
    : 'leave a column out';
  return `${terms} overlap: ${SAME}; ${remedy}`;
}
