import { isFitError } from '../../errors.ts';
import type { MomentBatch, ResponseMoments } from '../../moments/moments.ts';
import { type ChunkLimits, type ModelRange, openCut, takeChunk, timeChunk } from '../../plan/device-chunks.ts';
import { FINISHES, type Progress } from '../../types.ts';
import { throwIfAborted } from '../abort.ts';
import { type EngineOptions, emptyFits, type Fits } from '../backend.ts';
import { screenDesign } from '../cpu/screen.ts';
import { spectralEngine } from '../cpu/spectral.ts';
import { type SpectralDesign, spectralDesign } from '../cpu/spectral-design.ts';
import { spectralWriter } from '../cpu/spectral-finish.ts';
import { emptySpectralResponse, recallResponse } from '../cpu/spectral-response.ts';
import { emptyOptimum, finishSpectral, searchSpectral } from '../cpu/spectral-search.ts';
import { BUFFER_USAGE } from './buffers.ts';
import type { DeviceLimits, WebGpu } from './device.ts';
import { link } from './link.ts';
import { openSlot, RESULT_BYTES, type SpectralSlot, WORKGROUP } from './spectral-slot.ts';
import { readOptimum, type SpectralTables, spectralTables } from './spectral-tables.ts';

export interface DeviceRunOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with models done and in all. */
  readonly onProgress?: Progress | undefined;
  /** Bytes that the two chunks in flight may take, on the host and on the device together. */
  readonly memory?: number | undefined;
  /** Models a chunk at most; for tests. */
  readonly maximumChunk?: number | undefined;
}

export interface DeviceOutcome {
  /** One row a response. */
  readonly fits: Fits;
  /** Fits whose device optimum float64 refused, so that the CPU searched again. */
  readonly refits: number;
  /** Why part of the fits, or all, were left to the CPU; null when the device did its part to the end. */
  readonly fallback: string | null;
}

const DEFAULT_MEMORY = 128 * 2 ** 20;
/** A chunk of which more than this share is refused says that the device does not compute what it should. */
const DISTRUST_SHARE = 0.5;
/** Milliseconds of work on the CPU between two looks at the signal. */
const TURN = 40;

const SEARCH_WEBGPU = 1;
const HOST = FINISHES.indexOf('host');
const CPU_REFIT = FINISHES.indexOf('cpu-refit');

/** Linked text of the kernel; `separateMu` for ML, where the log-determinant has eigenvalues of its own. */
export function spectralSearchCode(separateMu: boolean): string {
  return link('kernels/spectral-search', { number: 'f32', constants: { SEPARATE_MU: separateMu ? 1 : 0 } });
}

/**
 * Fits the responses of a design with one scalar random term: the search in f32 on the device, one thread a response,
 * in chunks of which two are in flight; the finish of every fit in float64 on the host. A device that fails on the way
 * costs nothing but time: what is finished stays, the rest is fitted by the CPU engine.
 *
 * @throws FitError AbortError when the signal fires
 */
export async function runSpectralOnDevice(
  gpu: WebGpu,
  batch: MomentBatch,
  options: EngineOptions,
  run: DeviceRunOptions = {},
): Promise<DeviceOutcome> {
  const { design, responses } = batch;
  const columns = design.p + (design.p === 0 ? 0 : options.contrasts.length / design.p);
  const fits = emptyFits(responses.count, columns, 1);
  throwIfAborted(run.signal);
  const state: RunState = { done: 0, refits: 0 };
  let fallback: string | null = null;
  if (!screenDesign(design)) {
    const spectral = spectralDesign(design, options);
    try {
      // Without a non-zero eigenvalue there is nothing to search.
      if (spectral.space.lambda.length > 0) fallback = await searchOnDevice(gpu, spectral, responses, fits, state, run);
    } catch (error) {
      if (!isFitError(error, 'DeviceError')) throw error;
      fallback = error.message;
    }
  }
  if (fallback !== null)
    fallback = `${fallback}: ${responses.count - state.done} of ${responses.count} fits on the CPU`;
  await fitRest(batch, options, fits, state, run);
  return { fits, refits: state.refits, fallback };
}

interface RunState {
  /** Responses before this one are finished. */
  done: number;
  refits: number;
}

/** Chunk after chunk until all is done or the device is not to be trusted; then the reason. */
async function searchOnDevice(
  gpu: WebGpu,
  spectral: SpectralDesign,
  responses: ResponseMoments,
  fits: Fits,
  state: RunState,
  run: DeviceRunOptions,
): Promise<string | null> {
  // There the criterion may fall for ever, and how far is a matter of rounding.
  if (spectral.withinRows <= 0) return 'levels and fixed effects leave no rows to search with in single precision';
  const tables = spectralTables(spectral.space);
  const limits = chunkLimits(gpu.limits, tables, spectral.lambda.length, run);
  let cut = openCut(responses.count, limits);
  if (cut.capacity === 0 || tables.design.byteLength > gpu.limits.maxStorageBufferBindingSize) {
    return `${tables.levels} levels exceed the buffers of the device`;
  }
  const finish = chunkFinisher(spectral, tables, responses, fits);
  const buffers: { destroy(): void }[] = [];
  try {
    const pipeline = await gpu.pipeline('spectral search', spectralSearchCode(tables.blocks > 0));
    const designBuffer = await gpu.createBuffer(
      'spectral design',
      tables.design.byteLength,
      BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget,
    );
    buffers.push(designBuffer);
    gpu.upload(designBuffer, tables.design);
    const slots: SpectralSlot[] = [];
    for (let s = 0; s < (responses.count > cut.size ? 2 : 1); s++) {
      const slot = await openSlot(gpu, pipeline, spectral, tables, designBuffer, cut.capacity);
      buffers.push(slot);
      slots.push(slot);
    }

    let flying: Flight | null = null;
    for (let c = 0; ; c++) {
      throwIfAborted(run.signal);
      const taken = takeChunk(cut);
      let next: Flight | null = null;
      if (taken) {
        cut = taken.cut;
        const slot = slots[c % slots.length];
        const models = slot.prepare(responses, taken.range, fits);
        const started = performance.now();
        const { results } = models > 0 ? await slot.start(models) : { results: Promise.resolve(new ArrayBuffer(0)) };
        next = { slot, range: taken.range, models, started, results };
      }
      if (flying) {
        const { slot, range, models, started } = flying;
        const results = await flying.results;
        throwIfAborted(run.signal);
        if (models > 0) cut = timeChunk(cut, models, (performance.now() - started) / 1000);
        const refits = finish(slot, models, results);
        state.refits += refits;
        state.done = range.to;
        run.onProgress?.('fit', state.done, responses.count);
        if (state.done < responses.count && refits > Math.max(DISTRUST_SHARE * models, WORKGROUP / 2)) {
          return `float64 refused ${refits} of ${models} optima of the device`;
        }
      }
      if (!next) return null;
      flying = next;
    }
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

/** A chunk on the device. */
interface Flight {
  readonly slot: SpectralSlot;
  readonly range: ModelRange;
  readonly models: number;
  readonly started: number;
  readonly results: Promise<ArrayBuffer>;
}

function chunkLimits(limits: DeviceLimits, { levels }: SpectralTables, Q: number, run: DeviceRunOptions): ChunkLimits {
  const memory = (run.memory ?? DEFAULT_MEMORY) / 2;
  const maximumMemory = run.maximumChunk === undefined ? memory : Number.POSITIVE_INFINITY;
  const maximumWorkgroups = limits.maxComputeWorkgroupsPerDimension;
  return {
    bytesPerModel: [4 * (levels + 1), RESULT_BYTES],
    maximumBinding: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    memoryPerModel: 8 * (levels + 1) + 8 * Q + 4 * RESULT_BYTES,
    maximumMemory,
    workgroup: WORKGROUP,
    maximumWorkgroups: Math.min(maximumWorkgroups, Math.ceil((run.maximumChunk ?? Infinity) / WORKGROUP)),
  };
}

/** Returns what finishes a chunk in float64 and counts the fits that the CPU had to search again. */
function chunkFinisher(
  spectral: SpectralDesign,
  tables: SpectralTables,
  responses: ResponseMoments,
  fits: Fits,
): (slot: SpectralSlot, models: number, results: ArrayBuffer) => number {
  const { space } = spectral;
  const Q = spectral.lambda.length;
  const write = spectralWriter(spectral);
  const response = emptySpectralResponse(spectral);
  const optimum = emptyOptimum();
  return ({ coordinates, places }, models, results) => {
    const words = new Uint32Array(results);
    const floats = new Float32Array(results);
    let refits = 0;
    for (let i = 0; i < models; i++) {
      const k = places[i];
      recallResponse(spectral, responses.rss[k], coordinates, i * Q, response);
      const { u, evaluations } = readOptimum(words, floats, i, tables.logMean);
      optimum.evaluations = evaluations;
      const held = !Number.isNaN(u) && finishSpectral(space, response.z2, response.within, u, optimum);
      if (!held) {
        searchSpectral(space, response.z2, response.within, optimum);
        refits++;
      }
      write(responses, k, response, optimum, fits, k);
      fits.search[k] = SEARCH_WEBGPU;
      fits.finish[k] = held ? HOST : CPU_REFIT;
    }
    return refits;
  };
}

/** Fits on this thread what is not done, in turns that let others in. */
async function fitRest(
  batch: MomentBatch,
  options: EngineOptions,
  fits: Fits,
  state: RunState,
  { signal, onProgress }: DeviceRunOptions,
): Promise<void> {
  const { count } = batch.responses;
  if (state.done >= count) return;
  const engine = spectralEngine(batch.design, options);
  let turn = Date.now();
  for (let k = state.done; k < count; k++) {
    // A chunk that was prepared but not finished may have left a status here; the engine sets the same again.
    engine.fit(batch, k, fits, k);
    if ((k & 63) === 0 && Date.now() - turn > TURN) {
      onProgress?.('fit', k, count);
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      turn = Date.now();
    }
  }
  state.done = count;
  onProgress?.('fit', count, count);
}
