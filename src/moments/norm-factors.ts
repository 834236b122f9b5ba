/**
 * Factors of normalisation by the trimmed mean of M values (Robinson and Oshlack, "A scaling normalization method for
 * differential expression analysis of RNA-seq data", Genome Biology 11:R25, 2010), with edgeR's defaults: the reference is
 * the sample whose upper quartile is nearest the mean one; 30 % of the log ratios and 5 % of the log intensities are cut
 * from each end; the rest is weighted by inverse asymptotic variances. The factors multiply to 1.
 */
import { meanRanks, median, quantileOfSorted, sorted } from '../numeric/order-statistics.ts';
import type { DenseResponses } from '../types/responses.ts';

const RATIO_TRIM = 0.3;
const INTENSITY_TRIM = 0.05;

/** A factor for each row (sample); the effective library size is its product with the size. */
export function trimmedMeanFactors(counts: DenseResponses, sizes: Float64Array): Float64Array {
  const { rows, names, values } = counts;
  const present = Int32Array.from(names.keys()).filter((k) =>
    values.subarray(k * rows, (k + 1) * rows).some((count) => count > 0),
  );
  if (present.length === 0 || rows < 2) return new Float64Array(rows).fill(1);
  const sample = (i: number) => Float64Array.from(present, (k) => values[k * rows + i]);
  const samples = Array.from({ length: rows }, (_, i) => sample(i));
  const reference = referenceSample(samples, sizes);
  const factors = samples.map((own, i) => factorOf(own, samples[reference], sizes[i], sizes[reference]));
  const logMean = factors.reduce((sum, factor) => sum + Math.log(factor), 0) / rows;
  return Float64Array.from(factors, (factor) => factor / Math.exp(logMean));
}

function referenceSample(samples: readonly Float64Array[], sizes: Float64Array): number {
  const quartiles = samples.map((own, i) => quantileOfSorted(sorted(own), 0.75) / sizes[i]);
  let best = 0;
  if (median(quartiles) < 1e-20) {
    // Too sparse for quartiles: the sample with most square roots of counts.
    const roots = samples.map((own) => own.reduce((sum, count) => sum + Math.sqrt(count), 0));
    roots.forEach((value, i) => {
      if (value > roots[best]) best = i;
    });
    return best;
  }
  const mean = quartiles.reduce((sum, value) => sum + value, 0) / quartiles.length;
  quartiles.forEach((value, i) => {
    if (Math.abs(value - mean) < Math.abs(quartiles[best] - mean)) best = i;
  });
  return best;
}

function factorOf(own: Float64Array, reference: Float64Array, size: number, referenceSize: number): number {
  const ratios: number[] = [];
  const intensities: number[] = [];
  const variances: number[] = [];
  for (let k = 0; k < own.length; k++) {
    if (!(own[k] > 0 && reference[k] > 0)) continue;
    const a = own[k] / size;
    const b = reference[k] / referenceSize;
    ratios.push(Math.log2(a / b));
    intensities.push((Math.log2(a) + Math.log2(b)) / 2);
    variances.push((size - own[k]) / size / own[k] + (referenceSize - reference[k]) / referenceSize / reference[k]);
  }
  if (ratios.every((ratio) => Math.abs(ratio) < 1e-6)) return 1;
  const n = ratios.length;
  const inside = (values: readonly number[], trim: number) => {
    const low = Math.floor(n * trim) + 1;
    const high = n + 1 - low;
    return meanRanks(values).map((rank) => (rank >= low && rank <= high ? 1 : 0));
  };
  const keepRatio = inside(ratios, RATIO_TRIM);
  const keepIntensity = inside(intensities, INTENSITY_TRIM);
  let sum = 0;
  let weight = 0;
  for (let k = 0; k < n; k++) {
    if (keepRatio[k] === 0 || keepIntensity[k] === 0) continue;
    sum += ratios[k] / variances[k];
    weight += 1 / variances[k];
  }
  const f = sum / weight;
  return Number.isNaN(f) ? 1 : 2 ** f;
}
