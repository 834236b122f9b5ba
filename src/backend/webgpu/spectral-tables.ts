import type { DeviceStart } from '../../lmm/engine.ts';
import { GRID_DECADES } from '../../lmm/ratio-search.ts';
import type { SpectralDesign } from '../../lmm/spectral-design.ts';
import type { SpectralSpace } from '../../lmm/spectral-search.ts';
import type { SearchResults } from './search-kernel.ts';

/** Vectors of four before those of the levels: u, gamma and sum h of the grid, three each; then d and sum mu. */
const HEADER = 10;
const CONSTANTS = 9;
const VECTORS_PER_LEVEL = 3;
/** Scaled so that S(0) / d lies in [1, 4); beyond these powers of two lies no number with digits. */
const MAXIMUM_EXPONENT = 1000;

/** Sizes of the tables of a bin, to which those of smaller designs are padded. */
export interface SpectralSizes {
  /** Levels with a non-zero eigenvalue. */
  readonly levels: number;
  /** Blocks of four eigenvalues in the log-determinant; 0 where they are those of the residual form. */
  readonly blocks: number;
}

export function spectralSizes({ lambda, mu }: SpectralSpace): SpectralSizes {
  return { levels: lambda.length, blocks: mu === lambda ? 0 : Math.ceil(mu.length / 4) };
}

/** Vectors of four of a design. */
export function spectralRows({ levels, blocks }: SpectralSizes): number {
  return HEADER + VECTORS_PER_LEVEL * levels + blocks;
}

/**
 * What kernels/spectral-search.wgsl reads of a design, in the kernel's layout. Eigenvalues are divided by their mean, so
 * that gamma on the device is of order one whatever the design is: u of the host is u of the device less `logMean`.
 * Padding has eigenvalues of zero, which say nothing.
 */
export function spectralTables(
  space: SpectralSpace,
  sizes: SpectralSizes = spectralSizes(space),
): { readonly design: Float32Array<ArrayBuffer>; readonly logMean: number } {
  const { lambda, mu, d } = space;
  let mean = 0;
  for (const value of lambda) mean += value / lambda.length;
  const gammas = GRID_DECADES.map((decade) => 10 ** decade);
  const design = new Float32Array(4 * spectralRows(sizes));
  gammas.forEach((gamma, i) => {
    let sumH = 0;
    for (const value of mu) sumH += ((gamma * value) / mean) * (1 / (1 + (gamma * value) / mean));
    design[i] = Math.log(gamma);
    design[12 + i] = gamma;
    design[24 + i] = sumH;
  });
  for (let j = 0; j < sizes.levels; j++) {
    const value = j < lambda.length ? lambda[j] / mean : 0;
    const at = 4 * (HEADER + VECTORS_PER_LEVEL * j);
    gammas.forEach((gamma, i) => {
      design[at + i] = 1 / (1 + gamma * value);
    });
    design[at + gammas.length] = value;
  }
  let sumMu = 0;
  mu.forEach((value, m) => {
    sumMu += value / mean;
    if (sizes.blocks > 0) design[4 * (HEADER + VECTORS_PER_LEVEL * sizes.levels) + m] = value / mean;
  });
  design.set([d, sumMu], 4 * CONSTANTS);
  return { design, logMean: Math.log(mean) };
}

/**
 * What kernels read of each coefficient and contrast, in units of l'(X'X)^-1 l and with gamma in units of 1 / mean: K^2 of
 * the eigenvalues that are zero, then K sqrt(lambda) of the others; columns x (1 + levels).
 */
export function spectralColumns({ lambda, zeros, columns, k: K, variance0 }: SpectralDesign, mean: number): number[] {
  const Q = lambda.length;
  const values: number[] = [];
  for (let c = 0; c < columns; c++) {
    const unit = variance0[c] * mean; // of K^2
    let fixed = 0;
    for (let j = 0; j < zeros; j++) fixed += K[c * Q + j] ** 2 / unit;
    values.push(fixed);
    for (let j = zeros; j < Q; j++) values.push(K[c * Q + j] * Math.sqrt(lambda[j] / mean / unit));
  }
  return values;
}

/** Power of two by which the sums of squares of a response are multiplied on their way to the device. */
export function responseScale(rss: number, d: number): number {
  const exponent = Math.floor(Math.log2(rss / d));
  return 2 ** -Math.max(-MAXIMUM_EXPONENT, Math.min(MAXIMUM_EXPONENT, exponent));
}

export const OUTCOMES = ['interior', 'boundary', 'unsure'] as const;

/** What the kernel found for the model of a column: log gamma as the engine wants it, and evaluations. */
export function readOptimum({ words, floats, stride }: SearchResults, column: number, logMean: number): DeviceStart {
  const packed = words[stride + column];
  const outcome = OUTCOMES[packed >>> 16];
  let u = Number.NaN;
  if (outcome === 'interior') u = floats[column] - logMean;
  else if (outcome === 'boundary') u = Number.NEGATIVE_INFINITY;
  return { point: Float64Array.of(u), evaluations: packed & 0xffff };
}
