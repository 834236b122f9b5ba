import { CountInterpolation, countNodes, LARGEST_COUNT } from '../moments/count-nodes.ts';
import type { FamilyEvidence } from '../moments/family-evidence.ts';
import { interpolatedTail, type TailSum } from '../moments/family-responses.ts';
import { lowerTriangle } from '../numeric/triangle.ts';
import type { Random } from '../simulate/random.ts';
import { triangleSize } from '../types/parameters.ts';
import { naturalExtras } from './fit-row.ts';
import { inverseLink } from './responses/inverse-link.ts';

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
          for (let k = 0; k < n; k++) {
            const y = Math.min(random.negativeBinomial(Math.exp(eta[i]), 1 / dispersion), LARGEST_COUNT);
            values[i] += y;
            this.addTail(y, 1, values, constant + 1);
          }
          break;
        case 'nbinom1': {
          const mean = Math.exp(eta[i]);
          values[i] = random.negativeBinomial(mean, dispersion / mean);
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
}

/** Every row a pseudo-row of its own. */
function singleRows(evidence: FamilyEvidence): FamilyEvidence {
  const { rows, x, offset, mass, effects, statistics } = evidence;
  const of = Array.from(mass).flatMap((n, i) => new Array<number>(Math.round(n)).fill(i));
  const gather = (values: Float64Array): Float64Array => {
    const width = rows === 0 ? 0 : values.length / rows;
    const out = new Float64Array(of.length * width);
    of.forEach((i, to) => {
      out.set(values.subarray(i * width, (i + 1) * width), to * width);
    });
    return out;
  };
  return {
    ...evidence,
    ...{ rows: of.length, x: gather(x), offset: gather(offset), mass: new Float64Array(of.length).fill(1) },
    effects: effects.map(({ z, codes }) => ({ z: gather(z), codes: Int32Array.from(of, (i) => codes[i]) })),
    width: statistics * of.length + 1,
  };
}
