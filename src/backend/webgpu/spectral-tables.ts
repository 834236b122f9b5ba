import { GRID_DECADES, type SpectralSpace } from '../cpu/spectral-search.ts';

/** Vectors of four before those of the levels: u, gamma and sum h of the grid, three each. */
const HEADER = 9;
const VECTORS_PER_LEVEL = 3;
/** Scaled so that S(0) / d lies in [1, 4); beyond these powers of two lies no number with digits. */
const MAXIMUM_EXPONENT = 1000;

/** What kernels/spectral-search.wgsl reads of a design, in the kernel's layout. */
export interface SpectralTables {
  /** Levels with a non-zero eigenvalue. */
  readonly levels: number;
  /** Blocks of four eigenvalues in the log-determinant; 0 where they are those of the residual form. */
  readonly blocks: number;
  readonly design: Float32Array<ArrayBuffer>;
  readonly d: number;
  /** Sum of the eigenvalues in the log-determinant, scaled. */
  readonly sumMu: number;
  /** log of the mean eigenvalue: u of the host is u of the device minus this. */
  readonly logMean: number;
}

/** Eigenvalues are divided by their mean, so that gamma on the device is of order one whatever the design is. */
export function spectralTables(space: SpectralSpace): SpectralTables {
  const { lambda, mu, d } = space;
  const levels = lambda.length;
  const blocks = mu === lambda ? 0 : Math.ceil(mu.length / 4);
  let mean = 0;
  for (const value of lambda) mean += value / levels;
  const gammas = GRID_DECADES.map((decade) => 10 ** decade);
  const design = new Float32Array(4 * (HEADER + VECTORS_PER_LEVEL * levels + blocks));
  gammas.forEach((gamma, i) => {
    let sumH = 0;
    for (const value of mu) sumH += ((gamma * value) / mean) * (1 / (1 + (gamma * value) / mean));
    design[i] = Math.log(gamma);
    design[12 + i] = gamma;
    design[24 + i] = sumH;
  });
  for (let j = 0; j < levels; j++) {
    const at = 4 * (HEADER + VECTORS_PER_LEVEL * j);
    gammas.forEach((gamma, i) => {
      design[at + i] = 1 / (1 + (gamma * lambda[j]) / mean);
    });
    design[at + gammas.length] = lambda[j] / mean;
  }
  let sumMu = 0;
  mu.forEach((value, m) => {
    sumMu += value / mean;
    if (blocks > 0) design[4 * (HEADER + VECTORS_PER_LEVEL * levels) + m] = value / mean;
  });
  return { levels, blocks, design, d, sumMu, logMean: Math.log(mean) };
}

/** The uniform `Shape` of a dispatch. */
export function shapeUniform(
  { levels, blocks, d, sumMu }: SpectralTables,
  models: number,
  stride: number,
): ArrayBuffer {
  const bytes = new ArrayBuffer(32);
  new Uint32Array(bytes).set([models, stride, levels, blocks]);
  new Float32Array(bytes).set([d, sumMu], 4);
  return bytes;
}

/** Power of two by which the sums of squares of a response are multiplied on their way to the device. */
export function responseScale(rss: number, d: number): number {
  const exponent = Math.floor(Math.log2(rss / d));
  return 2 ** -Math.max(-MAXIMUM_EXPONENT, Math.min(MAXIMUM_EXPONENT, exponent));
}

export const OUTCOMES = ['interior', 'boundary', 'unsure'] as const;

/** What the kernel found for one model. */
export interface DeviceOptimum {
  /** log gamma, -Infinity at gamma = 0, NaN where the device is unsure. */
  readonly u: number;
  readonly evaluations: number;
}

/** Reads result `at` of a read-back: u as bits, then evaluations + 65536 * outcome. */
export function readOptimum(words: Uint32Array, floats: Float32Array, at: number, logMean: number): DeviceOptimum {
  const packed = words[2 * at + 1];
  const outcome = OUTCOMES[packed >>> 16];
  const u =
    outcome === 'interior' ? floats[2 * at] - logMean : outcome === 'boundary' ? Number.NEGATIVE_INFINITY : Number.NaN;
  return { u, evaluations: packed & 0xffff };
}
