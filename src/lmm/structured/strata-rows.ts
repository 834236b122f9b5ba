/**
 * Independent residuals whose standard deviations go by stratum (rows with the same columns of scales), beside the intercepts or
 * slopes of one grouping factor or none: the rows of each level, and sums by stratum of the rows that no random effect touches.
 */
import type { CovarianceBlock } from '../../moments/covariance-evidence.ts';
import type { LoadedResponse } from './block-products.ts';
import type { CovarianceParameters } from './covariance-parameters.ts';
import { packed } from './matrix-products.ts';

export class StrataRows {
  readonly p: number;
  /** p(p+1)/2. */
  readonly triangle: number;
  readonly strata: number;
  readonly levels: number;
  /** Scales of stratum j with columns that are not zero: `places` and `columns` from starts[j] to starts[j + 1]. */
  readonly starts: Int32Array;
  readonly places: Int32Array;
  readonly columns: Float64Array;
  /** Rows by stratum, those behind sums included. */
  readonly counts: Float64Array;
  /** Rows of level d: from first[d] to first[d + 1]; their stratum, z and q (rows x p). */
  readonly first: Int32Array;
  readonly stratum: Int32Array;
  readonly z: Float64Array;
  readonly q: Float64Array;
  /** Sums over rows without random effects by stratum: packed triangles of qq', then of the response q r and r^2. */
  readonly sums: Float64Array;
  readonly sumsQr: Float64Array;
  readonly sumsRr: Float64Array;
  /** The same of all rows, where these are fewer numbers than the rows; null elsewhere. */
  readonly whole: Float64Array | null;
  readonly wholeQr: Float64Array;
  readonly wholeRr: Float64Array;
  /** Residuals of the response by row. */
  readonly r: Float64Array;
  /** Where the response has the numbers of each row, and of each sum: stratum and place, one behind the other. */
  private readonly sources: Int32Array;
  private readonly sumSources: Int32Array;

  constructor({ scales }: CovarianceParameters, blocks: readonly CovarianceBlock[], p: number) {
    const triangle = (p * (p + 1)) / 2;
    const known = new Map<string, number>();
    const [starts, places, columns, counts]: number[][] = [[0], [], [], []];
    const stratumOf = (block: CovarianceBlock, a: number): number => {
      const own = block.scales.subarray(a * scales, (a + 1) * scales);
      const key = own.join();
      const found = known.get(key);
      if (found !== undefined) return found;
      own.forEach((value, c) => {
        if (value === 0) return;
        places.push(c);
        columns.push(value);
      });
      starts.push(places.length);
      counts.push(0);
      known.set(key, known.size);
      return known.size - 1;
    };
    const [first, stratum, sources, sumSources]: number[][] = [[0], [], [], []];
    const [z, q]: number[][] = [[], []];
    const summed: { readonly j: number; readonly block: CovarianceBlock; readonly at: number }[] = [];
    for (const block of blocks) {
      const { size, count, offset, effects } = block;
      const strata = Array.from({ length: size }, (_, a) => stratumOf(block, a));
      for (const j of strata) counts[j] += count;
      if (block.sums) {
        strata.forEach((j, a) => {
          summed.push({ j, block, at: packed(a, a) * triangle });
          sumSources.push(j, offset + packed(a, a) * (p + 1));
        });
        continue;
      }
      for (let s = 0; s < count; s++) {
        for (let a = 0; a < size; a++) {
          stratum.push(strata[a]);
          sources.push(offset + s * size + a);
          z.push(effects.length > 0 ? effects[0].z[a] : 0);
          for (let c = 0; c < p; c++) q.push(block.q[(s * size + a) * p + c]);
        }
        first.push(stratum.length);
      }
    }
    this.p = p;
    this.triangle = triangle;
    this.strata = counts.length;
    this.levels = first.length - 1;
    this.starts = Int32Array.from(starts);
    this.places = Int32Array.from(places);
    this.columns = Float64Array.from(columns);
    this.counts = Float64Array.from(counts);
    this.first = Int32Array.from(first);
    this.stratum = Int32Array.from(stratum);
    this.z = Float64Array.from(z);
    this.q = Float64Array.from(q);
    this.sources = Int32Array.from(sources);
    this.sumSources = Int32Array.from(sumSources);
    this.r = new Float64Array(stratum.length);
    this.sums = new Float64Array(this.strata * triangle);
    this.sumsQr = new Float64Array(this.strata * p);
    this.sumsRr = new Float64Array(this.strata);
    for (const { j, block, at } of summed) {
      for (let i = 0; i < triangle; i++) this.sums[j * triangle + i] += block.q[at + i];
    }
    const isShort = this.strata * (triangle + p + 1) < this.r.length * (p + 1);
    this.whole = isShort ? this.sums.slice() : null;
    this.wholeQr = new Float64Array(isShort ? this.strata * p : 0);
    this.wholeRr = new Float64Array(isShort ? this.strata : 0);
    if (this.whole) {
      for (let a = 0; a < this.r.length; a++) {
        let to = this.stratum[a] * triangle;
        for (let c = 0; c < p; c++) {
          for (let e = 0; e <= c; e++) this.whole[to++] += this.q[a * p + c] * this.q[a * p + e];
        }
      }
    }
  }

  load({ data, from, scale }: LoadedResponse): void {
    const { p, r, q, stratum, sources, sumSources, sumsQr, sumsRr, whole, wholeQr, wholeRr } = this;
    for (let a = 0; a < r.length; a++) r[a] = scale * data[from + sources[a]];
    sumsQr.fill(0);
    sumsRr.fill(0);
    for (let i = 0; i < sumSources.length; i += 2) {
      const j = sumSources[i];
      const at = from + sumSources[i + 1];
      for (let c = 0; c < p; c++) sumsQr[j * p + c] += scale * data[at + c];
      sumsRr[j] += scale * scale * data[at + p];
    }
    if (!whole) return;
    wholeQr.set(sumsQr);
    wholeRr.set(sumsRr);
    for (let a = 0; a < r.length; a++) {
      const j = stratum[a];
      for (let c = 0; c < p; c++) wholeQr[j * p + c] += q[a * p + c] * r[a];
      wholeRr[j] += r[a] * r[a];
    }
  }
}
