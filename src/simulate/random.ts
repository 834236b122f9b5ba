/**
 * Seeded random numbers that are the same everywhere: xoshiro128** (Blackman and Vigna 2018) on 32-bit integers.
 *
 * Integers and uniforms are identical on every platform. Normal, gamma, Poisson and negative binomial draws use
 * `Math.log` and `Math.exp`, whose last digit may differ between JavaScript engines: the same engine gives the same
 * numbers, another one may, very rarely, give a different count.
 */

const GOLDEN = 0x9e3779b9;
const TWO_TO_MINUS_32 = 2 ** -32;
const TWO_TO_MINUS_52 = 2 ** -52;

/** Below this mean Poisson draws go by multiplication of uniforms, above it by transformed rejection. */
const POISSON_REJECTION_FROM = 12;

/** Expected successes from which binomial draws are split. */
const BINOMIAL_SPLIT_FROM = 12;

/** A bijection of 32-bit integers with good avalanche (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** log(k!) for k >= 0: exact sums below 10, Stirling's series (error < 1e-10) above. */
function logFactorial(k: number): number {
  if (k < 10) {
    let product = 1;
    for (let i = 2; i <= k; i++) product *= i;
    return Math.log(product);
  }
  const x = k + 1;
  const inverse = 1 / x;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + series;
}

/**
 * One stream of random numbers. Streams of different keys are independent for all practical purposes, so that each
 * gene, donor or cell can own one and results do not depend on the order or the blocks in which they are drawn.
 */
export class Random {
  /** The 128 bits of state; typed, so that engines with 31-bit small integers do not box them. */
  readonly #state = new Int32Array(4);
  #spareNormal = Number.NaN;

  /** @param seed a safe integer; @param keys integers that name the stream (kind, index ...). */
  constructor(seed: number, ...keys: readonly number[]) {
    let hash = mix((seed | 0) ^ GOLDEN);
    for (const key of [Math.floor(seed / 2 ** 32), ...keys]) hash = mix((hash + GOLDEN) ^ mix((key | 0) + GOLDEN));
    for (let i = 0; i < 4; i++) {
      hash = (hash + GOLDEN) | 0;
      this.#state[i] = mix(hash);
    }
  }

  /** A stream that continues from four words of state, not all zero (to compare with published sequences). */
  static fromState(words: readonly [number, number, number, number]): Random {
    const random = new Random(0);
    random.#state.set(words);
    return random;
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    const s = this.#state;
    const s1 = s[1];
    const product = Math.imul(s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    s[2] ^= s[0];
    s[3] ^= s1;
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= s1 << 9;
    s[3] = (s[3] << 11) | (s[3] >>> 21);
    return result;
  }

  /** Uniform on the open interval (0, 1), 52 bits. */
  uniform(): number {
    const high = this.bits() >>> 6;
    const low = this.bits() >>> 6;
    return (high * 67108864 + low + 0.5) * TWO_TO_MINUS_52;
  }

  /** Uniform on (0, 1) with 32 bits: half the cost, for inner loops. */
  coarseUniform(): number {
    return (this.bits() + 0.5) * TWO_TO_MINUS_32;
  }

  /** Integer uniform on 0 .. count - 1 (bias below count / 2^52). */
  integer(count: number): number {
    return Math.floor(this.uniform() * count);
  }

  /** Standard normal, by Marsaglia's polar method. */
  normal(): number {
    const spare = this.#spareNormal;
    if (!Number.isNaN(spare)) {
      this.#spareNormal = Number.NaN;
      return spare;
    }
    for (;;) {
      const a = 2 * this.uniform() - 1;
      const b = 2 * this.uniform() - 1;
      const radius = a * a + b * b;
      if (radius >= 1) continue;
      const factor = Math.sqrt((-2 * Math.log(radius)) / radius);
      this.#spareNormal = b * factor;
      return a * factor;
    }
  }

  /** Gamma with the given shape > 0 and scale 1, by Marsaglia and Tsang (2000). */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * Math.exp(Math.log(this.uniform()) / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.normal();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      if (Math.log(this.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
    }
  }

  /** Poisson with the given mean >= 0: products of uniforms for small means, else PTRS (Hörmann 1993). */
  poisson(mean: number): number {
    if (mean < POISSON_REJECTION_FROM) {
      const limit = Math.exp(-mean);
      let count = 0;
      for (let product = this.uniform(); product > limit; product *= this.uniform()) count++;
      return count;
    }
    const logMean = Math.log(mean);
    const b = 0.931 + 2.53 * Math.sqrt(mean);
    const a = -0.059 + 0.02483 * b;
    const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    const vr = 0.9277 - 3.6224 / (b - 2);
    for (;;) {
      const u = this.uniform() - 0.5;
      const v = this.uniform();
      const us = 0.5 - Math.abs(u);
      const count = Math.floor(((2 * a) / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= vr) return count;
      if (count < 0 || (us < 0.013 && v > us)) continue;
      const logAccept = Math.log((v * inverseAlpha) / (a / (us * us) + b));
      if (logAccept <= count * logMean - mean - logFactorial(count)) return count;
    }
  }

  /**
   * Successes of n trials with probability p each: waiting times between successes where few are expected, else the number below
   * the median of n uniforms and what remains on the side of p (J. H. Ahrens and U. Dieter, Computing 12, 1974, BU).
   */
  binomial(n: number, p: number): number {
    if (!(p > 0) || n <= 0) return 0;
    if (p >= 1) return n;
    if (p > 0.5) return n - this.binomial(n, 1 - p);
    if (n * p < BINOMIAL_SPLIT_FROM) {
      const slope = Math.log1p(-p);
      let count = 0;
      for (let at = Math.ceil(Math.log(this.uniform()) / slope); at <= n; count++) {
        at += Math.max(1, Math.ceil(Math.log(this.uniform()) / slope));
      }
      return count;
    }
    // The k-th smallest of n uniforms is beta.
    const k = Math.floor(n / 2) + 1;
    const a = this.gamma(k);
    const median = a / (a + this.gamma(n + 1 - k));
    return median <= p ? k + this.binomial(n - k, (p - median) / (1 - median)) : this.binomial(k - 1, p / median);
  }

  /** Negative binomial of the given mean and variance `mean + dispersion * mean^2` (a gamma mixture of Poissons). */
  negativeBinomial(mean: number, dispersion: number): number {
    if (dispersion === 0) return this.poisson(mean);
    return this.poisson(this.gamma(1 / dispersion) * dispersion * mean);
  }
}

/** First key of each family of random streams; a number is never used for two purposes. */
export const STREAM = {
  geneMeans: 1,
  geneDispersions: 2,
  geneDonorSds: 3,
  geneEffects: 4,
  geneTypes: 5,
  geneBatches: 6,
  people: 7,
  cells: 8,
  donorEffects: 9,
  counts: 10,
  visitSubjects: 11,
  visitRows: 12,
  visitTruth: 13,
  visitResponses: 14,
  geneSampleSds: 15,
  sampleEffects: 16,
} as const;
