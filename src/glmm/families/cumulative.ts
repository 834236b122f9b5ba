import type { FamilyEvidence } from '../../moments/family-evidence.ts';
import { normalQuantile } from '../../numeric/distributions/normal.ts';
import type { LinkName } from '../../types/family.ts';
import type { Extras, RowDerivatives, RowOrder } from '../family-kernel.ts';
import {
  GumbelInterval,
  type IntervalProbability,
  LogisticInterval,
  NormalInterval,
} from './interval-probabilities.ts';
import { ResponseKernel } from './response-kernel.ts';

/** Rows that a category without any counts for in the first thresholds. */
const LEAST_COUNT = 0.5;

/**
 * Ordinal responses: P(y <= c) = F(a_{c+1} - eta) with thresholds a_1 < a_2 < ...; the extras are a_1 and the logs of the
 * differences. The statistics n_c of a pseudo-row are its rows by category, l = sum n_c log P_c.
 *
 * Extra e moves the thresholds from a_{e+1} on. So it moves categories above c = e as eta does, with the opposite sign, and
 * of category e only the upper end.
 */
export class CumulativeKernel extends ResponseKernel {
  readonly hasSecond = false;
  private readonly categories: number;
  private readonly link: LinkName;
  private readonly interval: IntervalProbability;
  private readonly thresholds: Float64Array;
  /** Differences of thresholds: of category c at c. */
  private readonly widths: Float64Array;

  constructor(evidence: FamilyEvidence) {
    super(evidence, new Array(evidence.categories.length - 1).fill(Number.NEGATIVE_INFINITY));
    this.categories = evidence.categories.length;
    this.link = evidence.link;
    this.interval = openInterval(evidence.link);
    this.thresholds = new Float64Array(this.extras);
    this.widths = new Float64Array(this.extras);
  }

  private place(extras: Extras): void {
    const { thresholds, widths } = this;
    thresholds[0] = extras[0];
    for (let c = 1; c < thresholds.length; c++) {
      widths[c] = Math.exp(extras[c]);
      thresholds[c] = thresholds[c - 1] + widths[c];
    }
  }

  private category(c: number, eta: number, order: 1 | 2): void {
    const { interval, thresholds, widths, categories } = this;
    if (c === 0) interval.below(thresholds[0] - eta, order);
    else if (c === categories - 1) interval.above(thresholds[c - 1] - eta, order);
    else interval.between(thresholds[c - 1] - eta, widths[c], order);
  }

  evaluate(eta: Float64Array, extras: Extras, order: RowOrder, out: RowDerivatives): void {
    const { rows, values, at, categories, interval } = this;
    const { l, r, w, w1, lE, rE, wE } = out;
    this.place(extras);
    const asked = order === 1 ? 1 : 2;
    for (let i = 0; i < rows; i++) {
      let li = 0;
      let ri = 0;
      let wi = 0;
      let w1i = 0;
      for (let c = categories - 1; c >= 0; c--) {
        const n = values[at + c * rows + i];
        const inner = c > 0 && c < categories - 1;
        const to = c * rows + i;
        if (order > 1 && inner) {
          // Categories above, which move as a whole.
          const rate = this.widths[c];
          lE[to] = -rate * ri;
          rE[to] = rate * wi;
          wE[to] = -rate * w1i;
        }
        if (n === 0) continue;
        this.category(c, eta[i], asked);
        li += n * interval.l;
        ri += n * interval.r;
        wi += n * interval.w;
        if (order === 1) continue;
        w1i += n * interval.w1;
        if (!inner) continue;
        lE[to] += n * interval.lWidth;
        rE[to] += n * interval.rWidth;
        wE[to] += n * interval.wWidth;
      }
      l[i] = li;
      r[i] = ri;
      w[i] = wi;
      if (order === 1) continue;
      w1[i] = w1i;
      lE[i] = -ri;
      rE[i] = wi;
      wE[i] = -w1i;
    }
  }

  /** Thresholds at which the categories have their shares of all rows, at the mean linear predictor. */
  starts(eta: Float64Array): Extras[] {
    const { rows, values, at, categories } = this;
    const counts = new Float64Array(categories);
    let total = 0;
    let mean = 0;
    for (let c = 0; c < categories; c++) {
      for (let i = 0; i < rows; i++) {
        const n = values[at + c * rows + i];
        counts[c] += n;
        mean += n * eta[i];
        total += n;
      }
    }
    mean /= total;
    for (let c = 0; c < categories; c++) {
      if (counts[c] >= LEAST_COUNT) continue;
      total += LEAST_COUNT - counts[c];
      counts[c] = LEAST_COUNT;
    }
    const extras = new Float64Array(this.extras);
    let below = 0;
    let before = 0;
    for (let c = 0; c < extras.length; c++) {
      below += counts[c];
      const threshold = this.quantile(below / total);
      extras[c] = c === 0 ? threshold + mean : Math.log(threshold - before);
      before = threshold;
    }
    return [extras];
  }

  private quantile(p: number): number {
    if (this.link === 'probit') return normalQuantile(p);
    return this.link === 'cloglog' ? Math.log(-Math.log1p(-p)) : Math.log(p / (1 - p));
  }

  means(eta: Float64Array, extras: Extras): Float64Array {
    const { rows, categories, interval } = this;
    const probabilities = new Float64Array(rows * categories);
    this.place(extras);
    for (let i = 0; i < rows; i++) {
      for (let c = 0; c < categories; c++) {
        this.category(c, eta[i], 1);
        probabilities[i * categories + c] = Math.exp(interval.l);
      }
    }
    return probabilities;
  }
}

function openInterval(link: LinkName): IntervalProbability {
  if (link === 'probit') return new NormalInterval();
  return link === 'cloglog' ? new GumbelInterval() : new LogisticInterval();
}
