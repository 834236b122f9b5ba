import type { Random } from './random.ts';

/**
 * Genes of one stratum (donor x condition x type x batch) sorted into bins of nearly equal rates, so that the silent
 * genes of a cell are skipped, many at a time, by one exponential draw.
 */
export interface Stratum {
  /** Genes, bin after bin. */
  readonly gene: Int32Array;
  /** Expected count in a cell of size 1, in the order of `gene`. */
  readonly rate: Float64Array;
  /** Dispersion, in the order of `gene`. */
  readonly dispersion: Float64Array;
  /** First position of each bin, and the end. */
  readonly binStart: Int32Array;
  /** Per bin, the largest rate and the smallest dispersion: with them the chance of a count bounds that of every gene. */
  readonly binRate: Float64Array;
  readonly binDispersion: Float64Array;
}

/** Width of a bin in log rate: narrower bins reject fewer candidates, wider bins cost less a cell. */
const BIN_WIDTH = 0.2;
const BINS = 128;
/** Above this mean the search for a count from below costs more than a gamma and a Poisson draw. */
const SEARCH_BELOW = 12;

/** Sorts the genes of a stratum by their log rate (natural log of the expected count in a cell of size 1). */
export function buildStratum(logRate: Float64Array, dispersion: Float64Array): Stratum {
  const genes = logRate.length;
  let top = -Infinity;
  for (let gene = 0; gene < genes; gene++) top = Math.max(top, logRate[gene]);
  const bin = new Uint8Array(genes);
  const binStart = new Int32Array(BINS + 1);
  for (let gene = 0; gene < genes; gene++) {
    bin[gene] = Math.min(BINS - 1, Math.floor((top - logRate[gene]) / BIN_WIDTH));
    binStart[bin[gene] + 1]++;
  }
  for (let b = 0; b < BINS; b++) binStart[b + 1] += binStart[b];
  const next = binStart.slice();
  const stratum: Stratum = {
    gene: new Int32Array(genes),
    rate: new Float64Array(genes),
    dispersion: new Float64Array(genes),
    binStart,
    binRate: new Float64Array(BINS),
    binDispersion: new Float64Array(BINS).fill(Infinity),
  };
  for (let gene = 0; gene < genes; gene++) {
    const b = bin[gene];
    const position = next[b]++;
    const rate = Math.exp(logRate[gene]);
    stratum.gene[position] = gene;
    stratum.rate[position] = rate;
    stratum.dispersion[position] = dispersion[gene];
    stratum.binRate[b] = Math.max(stratum.binRate[b], rate);
    stratum.binDispersion[b] = Math.min(stratum.binDispersion[b], dispersion[gene]);
  }
  return stratum;
}

/**
 * Adds the non-zero counts of one cell to `counts` (one value a gene, zero on entry) and returns how many there are.
 *
 * A negative binomial count of mean m and dispersion d is non-zero with chance 1 - exp(-h), h = log(1 + m d)/d. Within
 * a bin candidates come at the rate of the bin's bound H >= h, by exponential gaps (the gap in genes is geometric),
 * and are kept with chance (1 - exp(-h)) / (1 - exp(-H)): the counts are exact draws, not approximations.
 */
export function drawCell(stratum: Stratum, size: number, random: Random, counts: Int32Array): number {
  let found = 0;
  const { gene, rate, dispersion, binStart, binRate, binDispersion } = stratum;
  for (let bin = 0; bin < BINS; bin++) {
    const end = binStart[bin + 1];
    let position = binStart[bin];
    if (position === end) continue;
    const hazard = Math.log1p(size * binRate[bin] * binDispersion[bin]) / binDispersion[bin];
    const bound = -Math.expm1(-hazard);
    for (;;) {
      position += Math.floor(-Math.log(random.coarseUniform()) / hazard);
      if (position >= end) break;
      const target = random.coarseUniform() * bound;
      const mean = size * rate[position];
      const d = dispersion[position];
      const nonZero = -Math.expm1(-Math.log1p(mean * d) / d);
      if (target < nonZero) {
        counts[gene[position]] =
          mean < SEARCH_BELOW ? searchCount(target, nonZero, mean, d) : truncatedCount(random, mean, d);
        found++;
      }
      position++;
    }
  }
  return found;
}

/** The count k >= 1 with P(count > k) <= target < P(count >= k): inversion from the upper tail. */
function searchCount(target: number, nonZero: number, mean: number, dispersion: number): number {
  const size = 1 / dispersion;
  const ratio = (mean * dispersion) / (1 + mean * dispersion);
  let probability = (1 - nonZero) * size * ratio;
  let tail = nonZero - probability;
  let count = 1;
  // The tail is a difference: once a step no longer changes it, only rounding error is left.
  while (target < tail) {
    probability *= ((count + size) / (count + 1)) * ratio;
    const rest = tail - probability;
    if (rest === tail) break;
    tail = rest;
    count++;
  }
  return count;
}

/** A negative binomial count given that it is not zero. */
function truncatedCount(random: Random, mean: number, dispersion: number): number {
  for (;;) {
    const count = random.negativeBinomial(mean, dispersion);
    if (count > 0) return count;
  }
}
