/**
 * Rows to draw negative binomial counts for, where their offsets are kept as nodes with masses of interpolation, which are no numbers
 * of rows (`moments/offset-nodes.ts`). Masses w_j at nodes o_j have the moments of the n rows of a stratum, so that the Gauss rule
 * of k points that follows from them,
 *
 *     sum_i f(o_i) ~ sum_m v_m f(t_m),    exact for polynomials up to degree 2k - 1,
 *
 * has positive weights: its points are eigenvalues of the Jacobi matrix of the orthogonal polynomials of the measure (Stieltjes's
 * procedure), its weights n times the squared first components of the eigenvectors (G. H. Golub and J. H. Welsch, "Calculation of
 * Gauss quadrature rules", Mathematics of Computation 23 (1969)). Weights are then rounded to whole numbers of rows.
 */
import { type FamilyEvidence, isWhole } from '../moments/family-evidence.ts';
import { symmetricEigen } from '../numeric/symmetric-eigen.ts';

/** Points of a stratum at most. */
const MOST_POINTS = 8;
/** A polynomial whose square has less of the measure than that share vanishes on it. */
const VANISHING = 1e-12;

/** Offsets of rows, and the numbers of rows there. */
export interface OffsetPoints {
  readonly offset: Float64Array;
  readonly mass: Float64Array;
}

/** Whether the masses of a negative binomial's pseudo-rows are interpolated. */
export function hasInterpolatedOffsets({ family, mass }: FamilyEvidence): boolean {
  return family === 'nbinom2' && !mass.every(isWhole);
}

/** The evidence with whole numbers of rows at points that have the moments of the offsets of each stratum; as it is where masses are whole. */
export function withOffsetPoints(evidence: FamilyEvidence): FamilyEvidence {
  if (!hasInterpolatedOffsets(evidence)) return evidence;
  const { rows, offset, mass } = evidence;
  const from: number[] = [];
  const offsets: number[] = [];
  const masses: number[] = [];
  for (let start = 0, end = 0; start < rows; start = end) {
    while (end < rows && isSameStratum(evidence, start, end)) end++;
    const own = { offset: offset.subarray(start, end), mass: mass.subarray(start, end) };
    const points = own.mass.every(isWhole) ? own : wholeMasses(gaussPoints(own));
    points.mass.forEach((rowsThere, m) => {
      if (Math.round(rowsThere) <= 0) return;
      from.push(start);
      offsets.push(points.offset[m]);
      masses.push(Math.round(rowsThere));
    });
  }
  return evidenceAt(evidence, from, { offset: Float64Array.from(offsets), mass: Float64Array.from(masses) });
}

/** Pseudo-rows of counts with the columns and levels of those at some places, and offsets and masses of their own. */
export function evidenceAt(evidence: FamilyEvidence, from: readonly number[], points: OffsetPoints): FamilyEvidence {
  const { rows, x, effects, statistics, counts } = evidence;
  const gather = (values: Float64Array): Float64Array => {
    const width = rows === 0 ? 0 : values.length / rows;
    const out = new Float64Array(from.length * width);
    from.forEach((row, to) => {
      out.set(values.subarray(row * width, (row + 1) * width), to * width);
    });
    return out;
  };
  return {
    ...evidence,
    ...{ rows: from.length, x: gather(x), ...points, width: statistics * from.length + 1 + counts.length },
    effects: effects.map(({ z, codes }) => ({ z: gather(z), codes: Int32Array.from(from, (row) => codes[row]) })),
  };
}

/** Whether two pseudo-rows have the same columns and levels; those of a stratum stand behind each other. */
function isSameStratum({ rows, x, effects }: FamilyEvidence, a: number, b: number): boolean {
  const same = (values: Float64Array): boolean => {
    const width = values.length / rows;
    for (let k = 0; k < width; k++) if (values[a * width + k] !== values[b * width + k]) return false;
    return true;
  };
  return same(x) && effects.every(({ z, codes }) => codes[a] === codes[b] && same(z));
}

/** The Gauss rule of a measure on some nodes whose masses may be negative, but for polynomials of low degree stand for rows. */
export function gaussPoints({ offset, mass }: OffsetPoints): OffsetPoints {
  const nodes = offset.length;
  const total = mass.reduce((sum, value) => sum + value, 0);
  const low = offset.reduce((a, b) => Math.min(a, b));
  const half = (offset.reduce((a, b) => Math.max(a, b)) - low) / 2;
  const t = offset.map((value) => (half > 0 ? (value - low) / half - 1 : 0));
  const inner = (f: Float64Array, g: Float64Array, h?: Float64Array): number => {
    let sum = 0;
    for (let j = 0; j < nodes; j++) sum += mass[j] * f[j] * g[j] * (h ? h[j] : 1);
    return sum / total;
  };
  const alpha: number[] = [];
  const beta: number[] = [];
  let before = new Float64Array(nodes);
  let current = new Float64Array(nodes).fill(1);
  let square = 1;
  const most = Math.min(MOST_POINTS, Math.max(1, Math.floor(nodes / 2)));
  for (let k = 0; k < most; k++) {
    const a = inner(current, current, t) / square;
    alpha.push(a);
    const last = beta[k - 1] ?? 0;
    const next = current.map((value, j) => (t[j] - a) * value - last * before[j]);
    const nextSquare = inner(next, next);
    if (!(nextSquare > VANISHING * square)) break;
    beta.push(nextSquare / square);
    [before, current, square] = [current, next, nextSquare];
  }
  const count = alpha.length;
  const jacobi = new Float64Array(count * count);
  for (let k = 0; k < count; k++) {
    jacobi[k * count + k] = alpha[k];
    if (k + 1 < count) {
      jacobi[k * count + k + 1] = Math.sqrt(beta[k]);
      jacobi[(k + 1) * count + k] = Math.sqrt(beta[k]);
    }
  }
  const { values, vectors } = symmetricEigen(jacobi, count);
  return {
    offset: values.map((value) => low + half * (value + 1)),
    mass: values.map((_, m) => total * vectors[m] ** 2),
  };
}

/** The numbers of rows nearest to some masses with the same sum: what is left over goes to the largest remainders. */
function wholeMasses({ offset, mass }: OffsetPoints): OffsetPoints {
  const whole = mass.map(Math.floor);
  const left = Math.round(mass.reduce((sum, value) => sum + value, 0)) - whole.reduce((sum, value) => sum + value, 0);
  const order = Array.from(mass.keys()).sort((a, b) => mass[b] - whole[b] - (mass[a] - whole[a]) || a - b);
  for (const m of order.slice(0, left)) whole[m]++;
  return { offset, mass: whole };
}
