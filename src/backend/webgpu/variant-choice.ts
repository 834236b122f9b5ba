import { isFitError } from '../../errors.ts';
import { type ChunkCut, timeChunk } from '../../plan/device-chunks.ts';
import { fastestVariant, nextVariant, type VariantTimes, withTime } from '../../plan/search-variants.ts';
import type { WebGpu } from './device.ts';
import type { SearchKernel, SearchVariant } from './search-kernel.ts';

/** A variant that is ready to run. */
export interface OpenVariant extends SearchVariant {
  readonly pipeline: GPUComputePipeline;
}

/** What runs on the next chunk; `trial` where it is to run alone and to be timed. */
export interface VariantTurn {
  readonly variant: OpenVariant;
  readonly trial: boolean;
  /** Whether this bin has not run it yet: the first dispatch of a pipeline takes longer on some drivers. */
  readonly fresh: boolean;
}

/** Times by device and kind of design, so that runs of many designs measure once. */
const known = new WeakMap<WebGpu, Map<string, VariantTimes>>();
/** Of variants that a device does not compile: never the fastest, never measured anew. */
const NEVER = { models: 1, seconds: Number.POSITIVE_INFINITY };

/** Chooses among the variants of a kernel by what they take on the device. */
export class VariantChoice {
  private readonly gpu: WebGpu;
  private readonly kernel: SearchKernel;
  private readonly variants: readonly SearchVariant[];
  private readonly times: Map<string, VariantTimes>;
  private readonly used = new Set<string>();

  constructor(gpu: WebGpu, kernel: SearchKernel) {
    this.gpu = gpu;
    this.kernel = kernel;
    this.variants = kernel.variants.filter(({ needs }) => needs === null || gpu.features.has(needs));
    this.times = known.get(gpu) ?? new Map<string, VariantTimes>();
    known.set(gpu, this.times);
  }

  /**
   * What searches the next `models` models. A variant that the device does not compile is left out, but for the first.
   *
   * @throws FitError DeviceError when the first does not compile, or the device is gone
   */
  async next(models: number): Promise<VariantTurn> {
    for (;;) {
      const { variant: number, trial } = nextVariant(this.known(), models);
      const variant = this.variants[number];
      try {
        const pipeline = await this.gpu.pipeline(variant.label, variant.code);
        const fresh = !this.used.has(variant.label);
        this.used.add(variant.label);
        return { variant: { ...variant, pipeline }, trial, fresh };
      } catch (error) {
        this.gpu.check();
        if (number === 0 || !isFitError(error, 'DeviceError')) throw error;
        this.remember(number, NEVER);
      }
    }
  }

  /**
   * Keeps what a trial of `models` models took, and returns the cut for the next chunk: as it was while other variants
   * wait for a trial of the same size, else by the time of the fastest.
   */
  timed(label: string, cut: ChunkCut, models: number, seconds: number): ChunkCut {
    this.remember(
      this.variants.findIndex((variant) => variant.label === label),
      { models, seconds },
    );
    const times = this.known();
    if (nextVariant(times, models).trial) return cut;
    const fastest = times[fastestVariant(times)];
    return fastest ? timeChunk(cut, fastest.models, fastest.seconds) : cut;
  }

  private known(): VariantTimes {
    return this.times.get(this.kernel.variantKey) ?? this.variants.map(() => null);
  }

  private remember(variant: number, time: { models: number; seconds: number }): void {
    this.times.set(this.kernel.variantKey, withTime(this.known(), variant, time));
  }
}
