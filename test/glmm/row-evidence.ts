/** Evidence of generalised models with every row a pseudo-row, straight from the definitions: the judge of what forms it otherwise. */
import type { FamilyEffects, FamilyEvidence } from '../../src/moments/family-evidence.ts';
import type { FamilyName, LinkName } from '../../src/types/family.ts';

/** A response by row: of binomial successes (and `trials`), of cumulative categories 1 .. J. */
export interface FamilyRowsOf {
  readonly family: FamilyName;
  readonly link: LinkName;
  readonly y: ArrayLike<number>;
  /** rows x p row-major. */
  readonly x: Float64Array;
  /** Columns of the random term, rows x 1, and its levels; without them there is none. */
  readonly z?: Float64Array | undefined;
  readonly codes?: Int32Array | undefined;
  /** Random terms of any columns, in place of `z` and `codes`. */
  readonly effects?: readonly FamilyEffects[];
  readonly offset?: ArrayLike<number> | undefined;
  readonly weights?: ArrayLike<number> | undefined;
  readonly trials?: ArrayLike<number> | undefined;
  readonly categories?: number;
}

/** Stirling's series behind the twentieth factor: exact to rounding, where a sum of a million logarithms is not. */
export function logFactorial(n: number): number {
  let below = 0;
  let x = n + 1;
  for (; x < 20; x++) below += Math.log(x);
  const z = 1 / (x * x);
  const series = (1 / 12 - z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z / 1188)))) / x;
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series - below;
}

/** log y! - (y log y - y). */
function stirlingCorrection(y: number): number {
  if (y < 100) return y > 0 ? logFactorial(y) - y * Math.log(y) + y : 0;
  const z = 1 / (y * y);
  return Math.log(2 * Math.PI * y) / 2 + (1 / 12 - z * (1 / 360 - z / 1260)) / y;
}

const STATISTICS: Readonly<Record<FamilyName, number>> = {
  ...{ binomial: 1, poisson: 1, nbinom2: 1, nbinom1: 1, Gamma: 1, beta: 2, cumulative: 0 },
};

/** Evidence and one response's numbers. */
export function rowEvidence(rows: FamilyRowsOf): { evidence: FamilyEvidence; values: Float64Array } {
  const { family, link, x, z, codes, categories = 0 } = rows;
  const n = rows.y.length;
  const y = Float64Array.from(rows.y);
  const o = Float64Array.from({ length: n }, (_, i) => rows.offset?.[i] ?? 0);
  const w = Float64Array.from({ length: n }, (_, i) => rows.weights?.[i] ?? 1);
  const trials = Float64Array.from({ length: n }, (_, i) => rows.trials?.[i] ?? 1);
  // Logarithms of factorials of large counts are billions: what their sum rounds off is carried (Neumaier).
  const sum = (term: (i: number) => number) => {
    let total = 0;
    let lost = 0;
    for (let i = 0; i < n; i++) {
      const value = term(i);
      const next = total + value;
      lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
      total = next;
    }
    return total + lost;
  };
  let offset = o;
  let mass = w;
  let constant = 0;
  let counts: number[] = [];
  let tail: number[] = [];
  let statistics: Float64Array[] = [];
  if (family === 'binomial') {
    mass = w.map((weight, i) => weight * trials[i]);
    statistics = [w.map((weight, i) => weight * y[i])];
    constant = sum((i) => w[i] * (logFactorial(trials[i]) - logFactorial(y[i]) - logFactorial(trials[i] - y[i])));
  } else if (family === 'poisson') {
    offset = o.map((value, i) => value + Math.log(w[i]));
    mass = new Float64Array(n).fill(1);
    statistics = [w.map((weight, i) => weight * y[i])];
    // That at exp(eta) = S: here every row is a pseudo-row of its own.
    constant = sum((i) => -w[i] * stirlingCorrection(y[i]));
  } else if (family === 'nbinom2' || family === 'nbinom1') {
    statistics = [family === 'nbinom2' ? w.map((weight, i) => weight * y[i]) : y];
    constant = family === 'nbinom1' ? sum((i) => -w[i] * logFactorial(y[i])) : 0;
    if (family === 'nbinom2') {
      counts = Array.from(new Set(y.filter((value) => value > 0))).sort((a, b) => a - b);
      tail = counts.map((count) => sum((i) => (y[i] === count ? w[i] : 0)));
    }
  } else if (family === 'Gamma') {
    offset = new Float64Array(n);
    statistics = [w.map((weight, i) => weight * y[i] * Math.exp(-o[i]))];
    tail = [sum((i) => w[i] * (Math.log(y[i]) - o[i])), sum((i) => w[i] * Math.log(y[i]))];
  } else if (family === 'beta') {
    statistics = [w.map((weight, i) => weight * Math.log(y[i])), w.map((weight, i) => weight * Math.log1p(-y[i]))];
  } else {
    statistics = Array.from({ length: categories }, (_, j) => w.map((weight, i) => (y[i] === j + 1 ? weight : 0)));
  }
  const values = Float64Array.from([...statistics.flatMap((column) => Array.from(column)), constant, ...tail]);
  const evidence: FamilyEvidence = {
    ...{ family, link, rows: n, x, offset, mass },
    effects: rows.effects ?? (z && codes ? [{ z, codes }] : []),
    statistics: STATISTICS[family] || categories,
    counts: Float64Array.from(counts),
    categories: Array.from({ length: categories }, (_, j) => `${j + 1}`),
    width: values.length,
  };
  return { evidence, values };
}
