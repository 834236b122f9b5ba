import { CountInterpolation, countNodes, LARGEST_COUNT } from '../moments/count-nodes.ts';
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { interpolatedTail, type TailSum } from '../moments/family-responses.ts';
import { lowerTriangle } from '../numeric/triangle.ts';
import type { Random } from '../simulate/random.ts';
import { triangleSize } from '../types/parameters.ts';
import { naturalExtras } from './fit-row.ts';
import { evidenceAt } from './offset-points.ts';
import { inverseLink } from './responses/inverse-link.ts';

/** Rows of one mean from which on their counts are drawn value by value, for each row that the largest of them may be. */
const ROWS_PER_COUNT = 8;
/** Standard deviations above the mean that counts are taken to reach. */
const REACH = 4;
/** Probability beyond which nothing is left but rounding. */
const LEAST_SHARE = 1e-13;
/** Probability of a zero below which the recurrence from it loses digits. */
const LEAST_ZEROS = 1e-200;

/**
 * Draws of responses from a generalised model as numbers of its evidence: new random effects, then the statistics of each
 * pseudo-row given its linear predictor. Sums of Poisson and binomial rows are drawn whole, others row by row. Constants, which depend
 * on no parameter, are zero.
 */
export class FamilySimulator {
  /** What draws are numbers of: that of the fits, but for the counts of a tail, and for rows of nbinom1, each its own. */
  readonly evidence: FamilyEvidence;
  /** Numbers of the last draw. */
  readonly values: Float64Array;
  private readonly eta: Float64Array;
  private readonly addTail: TailSum = interpolatedTail(new CountInterpolation());
  private readonly p: number;

  constructor(evidence: FamilyEvidence) {
    const { family, statistics, rows, x } = evidence;
    this.p = rows === 0 ? 0 : x.length / rows;
    if (family === 'nbinom2') {
      const counts = countNodes(LARGEST_COUNT);
      this.evidence = { ...evidence, counts, width: statistics * rows + 1 + counts.length };
    } else this.evidence = family === 'nbinom1' ? singleRows(evidence) : evidence;
    this.values = new Float64Array(this.evidence.width);
    this.eta = new Float64Array(this.evidence.rows);
  }

  /** Draws into `values`. `theta` are the factors of the random terms. */
  draw(random: Random, beta: Float64Array, theta: Float64Array, extras: Float64Array): void {
    const { evidence, eta, p } = this;
    const { rows, x, offset, effects } = evidence;
    for (let i = 0; i < rows; i++) {
      let sum = offset[i];
      for (let k = 0; k < p; k++) sum += x[i * p + k] * beta[k];
      eta[i] = sum;
    }
    let place = 0;
    for (const { z, codes } of effects) {
      const q = rows === 0 ? 0 : z.length / rows;
      const L = lowerTriangle(theta, place, q);
      place += triangleSize(q);
      const levels = codes.reduce((most, code) => Math.max(most, code + 1), 0);
      const b = new Float64Array(levels * q);
      const u = new Float64Array(q);
      for (let g = 0; g < levels; g++) {
        for (let c = 0; c < q; c++) u[c] = random.normal();
        for (let r = 0; r < q; r++) for (let c = 0; c <= r; c++) b[g * q + r] += L[r * q + c] * u[c];
      }
      for (let i = 0; i < rows; i++) for (let c = 0; c < q; c++) eta[i] += z[i * q + c] * b[codes[i] * q + c];
    }
    this.values.fill(0);
    this.drawRows(random, naturalExtras(evidence.family, extras));
  }

  private drawRows(random: Random, natural: Float64Array): void {
    const { evidence, values, eta } = this;
    const { family, link, rows, mass, statistics } = evidence;
    const constant = statistics * rows;
    const inverse = inverseLink(link);
    const [dispersion] = natural;
    for (let i = 0; i < rows; i++) {
      const n = Math.round(mass[i]);
      switch (family) {
        case 'poisson':
          values[i] = random.poisson(Math.exp(eta[i]));
          break;
        case 'binomial':
          values[i] = random.binomial(n, inverse.mean(eta[i]));
          break;
        case 'nbinom2':
          this.drawCounts(random, i, n, Math.exp(eta[i]), 1 / dispersion);
          break;
        case 'nbinom1': {
          const mean = Math.exp(eta[i]);
          values[i] = mean > 0 ? random.negativeBinomial(mean, dispersion / mean) : 0;
          break;
        }
        case 'Gamma':
          for (let k = 0; k < n; k++) {
            const y = (random.gamma(dispersion) * Math.exp(eta[i])) / dispersion;
            values[i] += y;
            values[constant + 1] += Math.log(y);
            values[constant + 2] += Math.log(y);
          }
          break;
        case 'beta':
          for (let k = 0; k < n; k++) {
            const a = random.gamma(dispersion * inverse.mean(eta[i]));
            const b = random.gamma(dispersion * inverse.mean(-eta[i]));
            values[i] += Math.log(a / (a + b));
            values[rows + i] += Math.log(b / (a + b));
          }
          break;
        default: {
          // Of those that are left, the share of each category among what is not below it.
          let left = n;
          let below = 0;
          for (let j = 0; j < statistics && left > 0; j++) {
            const to = j < natural.length ? inverse.mean(natural[j] - eta[i]) : 1;
            const share = j < natural.length ? Math.min(1, Math.max(0, (to - below) / (1 - below))) : 1;
            const drawn = random.binomial(left, share);
            values[j * rows + i] = drawn;
            left -= drawn;
            below = to;
          }
        }
      }
    }
  }

  /**
   * n negative binomial counts of the pseudo-row i. Of many rows with small counts how many have the count y, of those with y or
   * more, is binomial: a draw a count in place of one a row.
   */
  private drawCounts(random: Random, i: number, n: number, mean: number, nu: number): void {
    const { values, evidence } = this;
    const tail = evidence.statistics * evidence.rows + 1;
    const add = (y: number, rows: number): void => {
      values[i] += rows * y;
      this.addTail(y, rows, values, tail);
    };
    const reach = 1 + mean + REACH * Math.sqrt(mean + nu * mean * mean);
    let share = nu > 0 ? Math.exp(-Math.log1p(nu * mean) / nu) : Math.exp(-mean);
    if (n < ROWS_PER_COUNT * reach || share < LEAST_ZEROS) {
      for (let k = 0; k < n; k++) add(Math.min(random.negativeBinomial(mean, nu), LARGEST_COUNT), 1);
      return;
    }
    const ratio = mean / (1 + nu * mean);
    let above = 1;
    for (let y = 0, left = n; left > 0; y++) {
      // Beyond the mean the share falls slowly, but for what is left of rounding.
      const end = above <= LEAST_SHARE || (y > mean && share <= LEAST_SHARE * above);
      const here = end ? left : random.binomial(left, Math.min(1, share / above));
      if (here > 0) add(y, here);
      left -= here;
      above -= share;
      share *= (ratio * (1 + nu * y)) / (y + 1);
    }
  }
}

/** Every row a pseudo-row of its own. */
function singleRows(evidence: FamilyEvidence): FamilyEvidence {
  const { offset, mass } = evidence;
  const from = Array.from(mass).flatMap((n, i) => new Array<number>(Math.round(n)).fill(i));
  return evidenceAt(evidence, from, {
    offset: Float64Array.from(from, (i) => offset[i]),
    mass: new Float64Array(from.length).fill(1),
  });
}
