import { pivotedCholesky } from '../numeric/cholesky.ts';
import { dot } from '../numeric/dense.ts';
import type { Design, RandomTerm } from '../types.ts';
import { isNested } from './crosstab.ts';

/**
 * A note for each pair of random terms that have the same levels and columns that depend on each other: `(f || g)` with a
 * factor is `(1 | g) + (0 + f | g)`, and the indicators of f add up to the intercept. The likelihood does not tell their
 * variances apart, so that what is estimated of them is one of many answers.
 */
export function redundantTermNotes({ random, n }: Pick<Design, 'random' | 'n'>): string[] {
  return random.flatMap((term, t) =>
    random.slice(t + 1).flatMap((other) => (overlap(term, other, n) ? [noteOf(term, other)] : [])),
  );
}

function overlap(a: RandomTerm, b: RandomTerm, n: number): boolean {
  const same = a.codes === b.codes || (isNested(a.codes, b.codes) && isNested(b.codes, a.codes));
  if (!same) return false;
  const columns = [a, b].flatMap(({ z, names }) => names.map((_, k) => z.subarray(k * n, (k + 1) * n)));
  const q = columns.length;
  const sizes = columns.map((column) => Math.sqrt(dot(column, 0, column, 0, n)));
  const gram = new Float64Array(q * q);
  for (let i = 0; i < q; i++) {
    for (let j = 0; j < q; j++) {
      const scale = sizes[i] * sizes[j];
      gram[i * q + j] = scale > 0 ? dot(columns[i], 0, columns[j], 0, n) / scale : 0;
    }
  }
  return pivotedCholesky(gram, q, new Float64Array(q * q), new Int32Array(q)) < q;
}

function noteOf(a: RandomTerm, b: RandomTerm): string {
  const [first, second] = [a, b].map(({ names, group }) => `'${names.join(' + ')} | ${group}'`);
  if (a.group !== b.group) {
    return `the random terms ${first} and ${second} have the same rows in each level: the data do not tell their variances apart, keep one of them`;
  }
  const [plain, other] = a.names.length === 1 ? [a, b] : [b, a];
  const isFactor = plain.names[0] === '(Intercept)' && other.names.length > 1 && !other.names.includes('(Intercept)');
  const remedy = isFactor
    ? `leave the intercept out, or write (1 | ${a.group}:FACTOR) in place of the second`
    : 'keep one of them';
  return `the random terms ${first} and ${second} overlap: the data do not tell their variances apart; ${remedy}`;
}
