import { isFitError } from '../../errors.ts';
import type { MomentBatch } from '../../moments/moments.ts';
import { type ChunkLimits, type ModelRange, openCut, takeChunk, timeChunk } from '../../plan/device-chunks.ts';
import { FINISHES } from '../../types.ts';
import { throwIfAborted } from '../abort.ts';
import { type EngineOptions, emptyFits, type Fits } from '../backend.ts';
import { BlockObjective } from '../cpu/block-objective.ts';
import { type CovarianceFitter, certified, covarianceEngine, covarianceFitter } from '../cpu/covariance-engine.ts';
import type { NewtonOutcome } from '../cpu/newton.ts';
import { screenDesign } from '../cpu/screen.ts';
import { BLOCK_WORKGROUP, type BlockSlot, openBlockSlot } from './block-slot.ts';
import { type BlockTables, beyondBlockSearch, blockTables, exceedsDispatch, readFactor } from './block-tables.ts';
import { BUFFER_USAGE } from './buffers.ts';
import type { DeviceLimits, WebGpu } from './device.ts';
import { link } from './link.ts';
import type { DeviceOutcome, DeviceRunOptions } from './spectral-run.ts';

const DEFAULT_MEMORY = 128 * 2 ** 20;
/** A chunk of which more than this share is refused says that the device does not compute what it should. */
const DISTRUST_SHARE = 0.5;
/** Milliseconds of work on the CPU between two looks at the signal. */
const TURN = 40;
/** Evaluations of Newton's method from the device's factor beyond which that was no start in the basin. */
export const MAXIMUM_FINISH = 12;
/** Criteria closer than this, in deviance units, are the same optimum. */
const RESOLUTION = 1e-9;

const SEARCH_WEBGPU = 1;
const HOST = FINISHES.indexOf('host');
const CPU_REFIT = FINISHES.indexOf('cpu-refit');

/** Linked text of the kernel for a design. */
export function blockSearchCode(
  { q, p, parameters, scatter }: Pick<BlockTables, 'q' | 'p' | 'parameters' | 'scatter'>,
  method: EngineOptions['method'],
): string {
  const constants = {
    Q_LEVEL: q,
    P: p,
    PARAMETERS: parameters,
    REML: method === 'REML' ? 1 : 0,
    SCATTER: scatter ? 1 : 0,
  };
  return link('kernels/block-search', { number: 'f32', constants });
}

/**
 * Fits the responses of a design with one grouping factor and any terms on it: the search in f32 on the device, one
 * thread a response; the finish of every fit by Newton's method in float64 on the host. A design beyond the kernel, or
 * a device that fails on the way, costs nothing but time: what is finished stays, the rest is fitted by the CPU engine.
 *
 * @throws FitError AbortError when the signal fires
 */
export async function runBlockOnDevice(
  gpu: WebGpu,
  batch: MomentBatch,
  options: EngineOptions,
  run: DeviceRunOptions = {},
): Promise<DeviceOutcome> {
  const { design, responses } = batch;
  const columns = design.p + (design.p === 0 ? 0 : options.contrasts.length / design.p);
  const thetas = design.terms.reduce((sum, { q }) => sum + (q * (q + 1)) / 2, 0);
  const fits = emptyFits(responses.count, columns, thetas);
  throwIfAborted(run.signal);
  const state: RunState = { done: 0, refits: 0 };
  let fallback: string | null = null;
  if (responses.count > 0 && !screenDesign(design)) {
    fallback = beyondBlockSearch(design);
    try {
      fallback ??= await searchOnDevice(gpu, batch, options, fits, state, run);
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

/** A chunk on the device. */
interface Flight {
  readonly slot: BlockSlot;
  readonly range: ModelRange;
  readonly models: number;
  readonly stride: number;
  readonly started: number;
  readonly results: Promise<ArrayBuffer>;
}

/** Chunk after chunk until all is done or the device is not to be trusted; then the reason. */
async function searchOnDevice(
  gpu: WebGpu,
  batch: MomentBatch,
  options: EngineOptions,
  fits: Fits,
  state: RunState,
  run: DeviceRunOptions,
): Promise<string | null> {
  const { design, responses } = batch;
  const objective = new BlockObjective(design, options.method);
  // There the criterion may fall for ever, and how far is a matter of rounding.
  if (objective.withinRows <= design.p)
    return 'levels and fixed effects leave no rows to search with in single precision';
  const fitter = covarianceFitter(design, options, objective);
  if (!fitter.estimable.flat().every(Boolean)) return 'the fixed effects take up a column of the random effects';
  const tables = blockTables(design, objective, fitter);
  if (exceedsDispatch(tables)) return `${tables.types} types of levels take longer than a dispatch may last`;
  let cut = openCut(responses.count, chunkLimits(gpu.limits, tables, run));
  if (cut.capacity === 0 || tables.design.byteLength > gpu.limits.maxStorageBufferBindingSize) {
    return `${tables.types} types of levels exceed the buffers of the device`;
  }
  const finish = chunkFinisher(batch, fitter, tables, fits);
  const created: { destroy(): void }[] = [];
  try {
    const pipeline = await gpu.pipeline('block search', blockSearchCode(tables, options.method));
    const usage = BUFFER_USAGE.storage | BUFFER_USAGE.copyTarget;
    const designBuffer = await gpu.createBuffer('block design', tables.design.byteLength, usage);
    created.push(designBuffer);
    gpu.upload(designBuffer, tables.design);
    const slots: BlockSlot[] = [];
    for (let s = 0; s < (responses.count > cut.size ? 2 : 1); s++) {
      const slot = await openBlockSlot(gpu, pipeline, objective, tables, designBuffer, cut.capacity);
      created.push(slot);
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
        const models = slot.prepare(responses, taken.range);
        const started = performance.now();
        const { results } = models > 0 ? await slot.start(models) : { results: Promise.resolve(new ArrayBuffer(0)) };
        next = { slot, range: taken.range, models, stride: slot.stride, started, results };
      }
      if (flying) {
        const { range, models, started } = flying;
        const results = await flying.results;
        throwIfAborted(run.signal);
        if (models > 0) cut = timeChunk(cut, models, (performance.now() - started) / 1000);
        const refits = await finish(flying, results, run.signal);
        state.refits += refits;
        state.done = range.to;
        run.onProgress?.('fit', state.done, responses.count);
        if (state.done < responses.count && refits > Math.max(DISTRUST_SHARE * models, BLOCK_WORKGROUP / 2)) {
          return `float64 refused ${refits} of ${models} optima of the device`;
        }
      }
      if (!next) return null;
      flying = next;
    }
  } finally {
    for (const buffer of created) buffer.destroy();
  }
}

function chunkLimits(limits: DeviceLimits, { rows, parameters }: BlockTables, run: DeviceRunOptions): ChunkLimits {
  const memory = (run.memory ?? DEFAULT_MEMORY) / 2;
  const resultBytes = 4 * (parameters + 1);
  return {
    bytesPerModel: [4 * rows, resultBytes],
    maximumBinding: Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize),
    memoryPerModel: 8 * rows + 4 * resultBytes,
    maximumMemory: run.maximumChunk === undefined ? memory : Number.POSITIVE_INFINITY,
    workgroup: BLOCK_WORKGROUP,
    maximumWorkgroups: Math.min(
      limits.maxComputeWorkgroupsPerDimension,
      Math.ceil((run.maximumChunk ?? Infinity) / BLOCK_WORKGROUP),
    ),
  };
}

/** Returns what finishes a chunk in float64, in turns, and counts the fits that the CPU had to search again. */
function chunkFinisher(
  batch: MomentBatch,
  fitter: CovarianceFitter,
  tables: BlockTables,
  fits: Fits,
): (flight: Flight, results: ArrayBuffer, signal: AbortSignal | undefined) => Promise<number> {
  const squares = batch.design.terms.reduce((sum, { q }) => sum + q * q, 0);
  const factor = new Float64Array(squares);
  const kept = new Float64Array(squares);

  /** The outcome for the loaded response, and whether the device's factor led to it. */
  const optimum = (evaluations: number): { end: NewtonOutcome; held: boolean } => {
    if (evaluations < 0) return { end: fitter.search(), held: false };
    const first = fitter.refine(factor);
    const total = evaluations + first.evaluations;
    if (certified(first) && first.evaluations <= MAXIMUM_FINISH)
      return { end: { ...first, evaluations: total }, held: true };
    kept.set(first.lambda);
    const end = fitter.search();
    if (!certified(first) || (certified(end) && end.value <= first.value + RESOLUTION)) return { end, held: false };
    // The device's optimum is the lower one, or the only one: the objective has to stand there again.
    return { end: fitter.refine(kept), held: false };
  };

  return async ({ slot, range, models, stride }, results, signal) => {
    const words = new Uint32Array(results);
    const floats = new Float32Array(results);
    let refits = 0;
    let model = 0;
    let turn = Date.now();
    for (let k = range.from; k < range.to; k++) {
      const searched = model < models && slot.places[model] === k;
      const column = searched ? model++ : -1;
      const scale = fitter.load(batch, k, fits, k);
      if (scale === 0) continue;
      const { end, held } = optimum(searched ? readFactor(words, floats, tables, stride, column, factor) : -1);
      fitter.write(batch, k, scale, end, fits, k);
      if (!held) refits++;
      fits.search[k] = SEARCH_WEBGPU;
      fits.finish[k] = held ? HOST : CPU_REFIT;
      if (Date.now() - turn > TURN) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        throwIfAborted(signal);
        turn = Date.now();
      }
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
  const engine = covarianceEngine(batch.design, options);
  let turn = Date.now();
  for (let k = state.done; k < count; k++) {
    engine.fit(batch, k, fits, k);
    if (Date.now() - turn > TURN) {
      onProgress?.('fit', k, count);
      await new Promise((resolve) => setTimeout(resolve, 0));
      throwIfAborted(signal);
      turn = Date.now();
    }
  }
  state.done = count;
  onProgress?.('fit', count, count);
}
