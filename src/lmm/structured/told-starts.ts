/**
 * Starts that the rows of subjects tell by themselves. Where few subjects have two visits the criterion can have a narrow valley at
 * a correlation near one, whose ratio of standard deviations is that of these subjects alone; most rows are of others. Beside an
 * effect of the subjects with standard deviations by visit it has one valley a visit: the residuals of that visit vanish, the
 * effect is what was seen there, and the other visits have the standard deviations of differences from it.
 */
import type { CovarianceBlocks } from '../../moments/covariance-evidence.ts';
import type { LoadedResponse } from './block-products.ts';
import { type CovarianceParameters, correlationsAt } from './covariance-parameters.ts';
import { packed } from './matrix-products.ts';

/** Sums of products of residuals of two visits over the subjects of a group that have both; in the units of the response. */
interface ToldPair {
  count: number;
  product: number;
  first: number;
  second: number;
}

/** A correlation of neighbours this near to one, as the inverse hyperbolic tangent, is far from where searches begin. */
const EXTREME = 1.5;
/** Correlation up to which one is taken for a start: steps across the valley stay in it. */
const MOST_CORRELATION = 0.985;
/** Log of the share that a standard deviation has left which is to vanish. */
const VANISHING = -3;
/** Correlation of neighbours beside an effect that explains it. */
const INDEPENDENT = 0.01;

export class ToldStarts {
  private readonly parameters: CovarianceParameters;
  private readonly evidence: CovarianceBlocks;
  private readonly p: number;

  constructor(parameters: CovarianceParameters, evidence: CovarianceBlocks, p: number) {
    this.parameters = parameters;
    this.evidence = evidence;
    this.p = p;
  }

  /** Whether visits have standard deviations of their own, which no dispersion model has. */
  static serves({ layout: { form, structure, dispersion, visits, scaleOf } }: CovarianceParameters): boolean {
    const scaled = structure !== 'us' && dispersion === 0 && new Set(scaleOf).size > 1;
    return form === 'subjects' && scaled && visits.length > 1;
  }

  /** A point with the correlations and the ratios of standard deviations of neighbouring visits, if one is extreme. */
  correlated(response: LoadedResponse, start: Float64Array): Float64Array | null {
    const { parameters } = this;
    const { layout, structure } = parameters;
    const m = layout.visits.length;
    if (structure.parameters === 0) return null;
    const t = start.slice();
    let extreme = false;
    for (let g = 0; g < layout.groups.length; g++) {
      const pairs = this.pairs(response, g);
      let [weight, whole] = [0, 0];
      let before = 0;
      const ratios = new Float64Array(m);
      for (let v = 1; v < m; v++) {
        const { count, product, first, second } = pairs[packed(v, v - 1)];
        if (count > 1 && first > 0 && second > 0) {
          weight += count;
          whole += count * Math.atanh(limited(product / Math.sqrt(first * second), 1 - 1e-9));
          before += 0.5 * Math.log(second / first);
        }
        ratios[v] = before;
      }
      if (weight === 0) continue;
      const correlation = limited(Math.tanh(whole / weight), MOST_CORRELATION);
      if (Math.abs(whole / weight) > EXTREME) extreme = true;
      const usable =
        structure.parameters > 1 || layout.structure?.startsWith('ar') ? correlation : Math.max(0, correlation);
      structure.start(t, correlationsAt(parameters, g), usable, layout.spacing);
      const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / m;
      for (let v = 0; v < m; v++) {
        const column = layout.scaleOf[g * m + v];
        if (column >= 0) t[column] += ratios[v] - mean;
      }
    }
    return extreme ? t : null;
  }

  /** Points where the residuals of a visit of a group vanish, from a minimum t; `t` of visits whose residuals do is left out. */
  pivots(response: LoadedResponse, t: Float64Array): Float64Array[] {
    const { parameters } = this;
    const { layout, structure } = parameters;
    const m = layout.visits.length;
    const points: Float64Array[] = [];
    for (let g = 0; g < layout.groups.length; g++) {
      const pairs = this.pairs(response, g);
      const columns = Array.from({ length: m }, (_, v) => layout.scaleOf[g * m + v]);
      const largest = columns.reduce((most, c) => (c >= 0 ? Math.max(most, t[c]) : most), Number.NEGATIVE_INFINITY);
      for (let v = 0; v < m; v++) {
        if (columns[v] < 0 || t[columns[v]] < largest + VANISHING) continue;
        const point = t.slice();
        for (let u = 0; u < m; u++) {
          const { count, product, first, second } = pairs[packed(u, v)];
          const square = (first + second - 2 * product) / count;
          if (u !== v && columns[u] >= 0 && square > 0) point[columns[u]] = 0.5 * Math.log(square);
        }
        point[columns[v]] = largest + VANISHING;
        if (structure.parameters > 0)
          structure.start(point, correlationsAt(parameters, g), INDEPENDENT, layout.spacing);
        points.push(point);
      }
    }
    return points;
  }

  /** By packed pair of visits, the later one second. */
  private pairs({ data, from }: LoadedResponse, group: number): ToldPair[] {
    const { layout, blocks } = this.evidence;
    const m = layout.visits.length;
    const pairs = Array.from(
      { length: (m * (m + 1)) / 2 },
      (): ToldPair => ({ count: 0, product: 0, first: 0, second: 0 }),
    );
    for (const { group: own, size, sums, positions, subjects, count, rows, offset } of blocks) {
      if (own !== group) continue;
      const members = rows.length / size;
      // sum r_a r_b of the subjects of a pattern.
      const products = (a: number, b: number): number => {
        if (sums) return data[from + offset + packed(a, b) * (this.p + 1) + this.p] / (a === b ? 1 : 2);
        let sum = 0;
        for (let s = 0; s < members; s++)
          sum += data[from + offset + s * size + a] * data[from + offset + s * size + b];
        return sum;
      };
      for (let a = 0; a < size; a++) {
        for (let b = 0; b < a; b++) {
          if (subjects[a] !== subjects[b]) continue;
          const pair = pairs[packed(positions[a], positions[b])];
          pair.count += count;
          pair.product += products(a, b);
          pair.first += products(b, b);
          pair.second += products(a, a);
        }
      }
    }
    return pairs;
  }
}

function limited(value: number, most: number): number {
  return Math.max(-most, Math.min(most, value));
}
